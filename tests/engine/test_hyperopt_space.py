"""To hyperopt and back."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hyperopt import hp
from hyperopt.base import Domain
from hyperopt.pyll import scope
from hyperopt.pyll.stochastic import sample as hyperopt_sample
from hypothesis import given, settings
from hypothesis import strategies as some

from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.hyperopt_space import config_to_vals, domain_of, from_hyperopt, to_hyperopt, vals_to_config
from automl_magic.engine.space import compile_space
from automl_magic.errors import SpaceError
from tests.engine.spaces import SHARED, zoo


def drawn(tree, rng):
    """Draw from a tree of hyperopt's nodes: the values by label."""
    found = {}

    def flatten(part):
        for label, value in part.items():
            if isinstance(value, dict):
                found[label] = value["key"]
                flatten(value)
            elif label != "key":
                found[label] = value

    flatten(hyperopt_sample(tree, rng))
    return found


def test_hyperopt_draws_the_same_labels_and_values_within_the_space() -> None:
    for space in (zoo(), compile_space(SHARED)):
        tree, rng = to_hyperopt(space), np.random.default_rng(0)
        for _ in range(100):
            found = drawn(tree, rng)
            keys = {str(key): key for parameter in space.parameters for key in parameter.options}
            config = {
                label: keys.get(value, value) if isinstance(value, str) else value for label, value in found.items()
            }
            assert space.contains(config), config


def test_a_label_is_one_node_also_where_it_counts_in_several_branches() -> None:
    space = compile_space(SHARED)
    assert set(Domain(lambda values: 0.0, to_hyperopt(space)).params) == set(space.labels)


def test_a_choice_is_over_the_options_of_now_and_what_is_fixed_is_not_sampled() -> None:
    space = zoo().models("svc", "forest").fix("svc.C", 2).narrow("svc.kernel", options=["poly", "linear"])
    vals = config_to_vals(space, space.validate({"model": "svc", "svc.kernel": "poly"}))
    assert vals == {
        "model": [0],
        "svc.kernel": [1],
        "forest.max_depth": [],
        "forest.n_estimators": [],
        "forest.max_depth.value": [],
    }
    assert set(domain_of(space).params) == set(vals)
    assert vals_to_config(space, vals) == {"model": "svc", "svc.C": 2.0, "svc.kernel": "poly"}
    assert set(domain_of(zoo().models("linear")).params) == {"linear.C"}


@pytest.mark.parametrize("hole", [Int(1, 4), Int(1, 4, log=True)])
def test_end_values_of_whole_numbers_have_their_whole_share(hole) -> None:
    space, rng = compile_space({"n": hole}), np.random.default_rng(0)
    tree = to_hyperopt(space)
    theirs = Counter(hyperopt_sample(tree, rng)["n"] for _ in range(2000))
    ours = Counter(space.sample(rng)["n"] for _ in range(2000))
    assert set(theirs) == set(ours) == {1, 2, 3, 4}
    assert all(abs(theirs[value] - ours[value]) < 150 for value in ours)


@settings(max_examples=200, deadline=None, database=None)
@given(some.integers(0, 2**32 - 1), some.booleans())
def test_a_configuration_survives_the_way_to_hyperopt_and_back_exactly(seed, narrowed) -> None:
    for space in (zoo(), compile_space(SHARED)):
        space = space.narrow("svc.C", 0.3, 1.7) if narrowed else space
        config = space.sample(np.random.default_rng(seed))
        vals = config_to_vals(space, config)
        assert vals_to_config(space, vals) == config
        assert vals_to_config(space, {label: np.array(values) for label, values in vals.items()}) == config


def test_labels_that_are_missing_take_their_defaults() -> None:
    assert vals_to_config(zoo(), {"model": [2]}) == {"model": "linear", "linear.C": 1.0}
    assert config_to_vals(zoo().models("svc"), {"model": "linear", "linear.C": 1.0})["svc.C"] == []


def test_a_prior_is_handed_on_and_what_lies_outside_is_moved_to_the_edge() -> None:
    space = compile_space({"x": Float(0, 1, prior=(1, 5)), "n": Int(1, 99, log=True, prior=(10, 1))})
    assert Domain(lambda values: 0.0, to_hyperopt(space)).params["x"].name == "normal"
    assert vals_to_config(space, {"x": [7.0], "n": [400.0]}) == {"x": 1.0, "n": 99}


def test_nodes_of_hyperopt_become_holes_of_the_same_label() -> None:
    tree = {
        "a": hp.uniform("a", -5, 10),
        "b": hp.loguniform("b", np.log(1e-3), np.log(10)),
        "c": hp.quniform("c", 1, 9, 1),
        "d": hp.randint("d", 5),
        "e": hp.randint("e", 2, 5),
        "f": hp.uniformint("f", 1, 7),
        "g": hp.qloguniform("g", np.log(1), np.log(100), 1),
        "h": [hp.choice("h", ["rbf", "linear", None])],
        "i": scope.int(hp.quniform("i", 2, 10, 4)),
        "j": hp.quniform("j", 0, 1, 0.25),
        "own": Float(0, 1),
        "constant": 7,
    }
    space = compile_space(from_hyperopt(tree))
    bounds = {label: (space[label].kind, space[label].low, space[label].high) for label in "abcdefg"}
    assert bounds == {
        "a": ("float", -5, 10),
        "b": ("float", pytest.approx(1e-3), pytest.approx(10)),
        "c": ("int", 1, 9),
        "d": ("int", 0, 4),
        "e": ("int", 2, 4),
        "f": ("int", 1, 7),
        "g": ("int", 1, 100),
    }
    assert space["b"].log and space["g"].log
    assert space["h"].options == ("rbf", "linear", None)
    assert space["i"].options == (0, 4, 8) and space["j"].options == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert space["own"].high == 1 and space.make(space.default())["constant"] == 7


def test_a_normal_distribution_is_cut_at_three_deviations_and_kept_as_prior() -> None:
    space = compile_space(from_hyperopt({"x": hp.normal("x", 10, 2), "y": hp.lognormal("y", 0, 1)}))
    assert (space["x"].low, space["x"].high, space["x"].prior, space["x"].default) == (4, 16, (10, 2), 10)
    assert space["y"].log and space["y"].prior == (1, 1) and space["y"].high == pytest.approx(np.exp(3))


def test_nested_choices_keep_their_conditions_and_find_telling_keys() -> None:
    tree = hp.choice(
        "kind",
        [
            {"type": "svm", "C": hp.lognormal("svm_C", 0, 1)},
            {"type": "tree", "depth": hp.choice("depth", [None, hp.randint("deep", 3, 9)])},
        ],
    )
    space = compile_space(from_hyperopt(tree))
    assert space["kind"].options == ("svm", "tree")
    assert space["svm_C"].conditions == ((("kind", "svm"),),)
    assert space["deep"].conditions == ((("kind", "tree"), ("depth", "value")),)
    assert space.make({"kind": "tree", "depth": "value", "deep": 4}) == {"type": "tree", "depth": 4}
    assert compile_space(from_hyperopt(hp.choice("c", [("case 1", 1), ("case 2", hp.uniform("u", 0, 1))])))[
        "c"
    ].options == ("case 1", "case 2")
    assert compile_space(from_hyperopt(hp.choice("c", [{"a": 1}, {"b": hp.uniform("u", 0, 1)}])))["c"].options == (
        "option_0",
        "option_1",
    )


def test_a_node_that_is_used_twice_is_one_parameter() -> None:
    node = hp.uniform("x", 0, 1)
    space = compile_space(from_hyperopt({"k": hp.choice("k", [{"t": "a", "x": node}, {"t": "b", "x": node}])}))
    assert len(space["x"].conditions) == 2


def test_weights_of_a_choice_are_drawn_by_and_handed_back() -> None:
    space = compile_space(from_hyperopt({"p": hp.pchoice("p", [(0.1, "a"), (0.9, "b")])}))
    rng = np.random.default_rng(0)
    assert 850 < sum(space.sample(rng)["p"] == "b" for _ in range(1000)) < 950
    tree = to_hyperopt(space)
    assert 850 < sum(hyperopt_sample(tree, rng)["p"]["key"] == "b" for _ in range(1000)) < 950
    assert space.fix("p", "a").sample(rng) == {"p": "a"}


@pytest.mark.parametrize(
    "node",
    [
        1 + hp.uniform("x", 0, 1),
        hp.qnormal("x", 0, 1, 1),
        hp.quniform("x", 0, 1000, 5),
        scope.int(hp.uniform("x", 0, 9)),
    ],
)
def test_what_has_no_hole_is_refused_with_the_fix(node) -> None:
    with pytest.raises(SpaceError, match="Use"):
        from_hyperopt({"x": node})


def test_a_choice_of_ours_may_hold_nodes_of_hyperopt() -> None:
    tree = from_hyperopt({"x": hp.uniform("x", 0, 1), "k": Choice("a", "b")})
    assert set(compile_space(tree).labels) == {"x", "k"}
