"""The search space: configurations, edits, rules, draws and grids."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from automl_magic.engine.editing import rebased
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.space import compile_space
from automl_magic.errors import SpaceError
from tests.engine.spaces import zoo


def draws(space, count=200, seed=0):
    rng = np.random.default_rng(seed)
    return [space.sample(rng) for _ in range(count)]


# -- configurations --------------------------------------------------------------------------------


def test_a_configuration_holds_the_active_labels_only_and_is_json() -> None:
    space = zoo()
    for config in draws(space):
        assert set(config) == set(space.active(config))
        assert space.contains(config)
        assert json.loads(json.dumps(config)) == config
        assert space.contains(json.loads(json.dumps(config)))


def test_the_default_takes_first_options_written_defaults_and_middles() -> None:
    assert zoo().default() == {"model": "svc", "svc.C": 1.0, "svc.kernel": "rbf"}
    assert zoo().models("linear").default() == {"model": "linear", "linear.C": 1.0}


def test_validate_completes_and_cleans() -> None:
    space = zoo()
    config = space.validate({"model": "forest", "forest.n_estimators": np.int64(20), "forest.max_depth": "value"})
    assert config == {
        "model": "forest",
        "forest.n_estimators": 20,
        "forest.max_depth": "value",
        "forest.max_depth.value": 16,
    }
    assert type(config["forest.n_estimators"]) is int
    assert type(space.validate({"svc.C": 1})["svc.C"]) is float


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"svc.c": 1}, 'No parameter "svc.c" in the space. Did you mean "svc.C"'),
        ({"model": "svm"}, "one of 'svc', 'forest', 'linear'. Got 'svm' instead. Did you mean \"svc\""),
        ({"svc.C": 1e9}, "a number from 0.01 to 100. Got 1000000000.0 instead"),
        ({"model": "forest", "svc.C": 1}, "\"svc.C\" does not count in this configuration: it needs model = 'svc'"),
        ({"model": "forest", "forest.n_estimators": 1.5}, "a whole number from 10 to 500. Got 1.5"),
        ({"model": "forest", "forest.n_estimators": True}, "Got True"),
        ({"model": "forest", "forest.bootstrap": True}, "It is not searched: assign it"),
        ([("model", "svc")], "must be a dict"),
    ],
)
def test_validate_says_what_is_wrong(config, says) -> None:
    with pytest.raises(SpaceError) as caught:
        zoo().validate(config)
    assert says in str(caught.value)


def test_contains_is_exact() -> None:
    space = zoo()
    good = {"model": "svc", "svc.C": 1.0, "svc.kernel": "rbf"}
    assert space.contains(good)
    bad = [{}, {"model": "svc", "svc.C": 1.0}, {**good, "linear.C": 1.0}, {**good, "svc.C": "1"}, {**good, "other": 1}]
    assert not any(
        space.contains(config) for config in [*bad, {**good, "svc.C": float("nan")}, {**good, "model": ["svc"]}]
    )


def test_true_and_one_are_told_apart_in_configurations() -> None:
    space = compile_space({"x": Choice(True, 1)})
    assert space.make({"x": True})["x"] is True and space.make({"x": 1})["x"] == 1
    assert space.contains({"x": 1}) and not compile_space({"x": Choice(True, "a")}).contains({"x": 1})


# -- edits -----------------------------------------------------------------------------------------


def test_an_edit_returns_a_new_space_and_shares_what_was_compiled() -> None:
    space = zoo()
    narrowed = space.narrow("svc.C", high=1)
    assert space["svc.C"].high == 100 and narrowed["svc.C"].high == 1
    assert narrowed.compiled is space.compiled and narrowed.declared["svc.C"].high == 100


def test_what_was_narrowed_can_be_widened_up_to_what_was_declared() -> None:
    space = zoo().narrow("svc.C", 0.5, 2).narrow("svc.C", low=0.1)
    assert (space["svc.C"].low, space["svc.C"].high) == (0.1, 2)
    assert space.free("svc.C")["svc.C"] == zoo()["svc.C"]
    with pytest.raises(SpaceError, match="must lie between 0.01 and 100"):
        space.narrow("svc.C", high=200)


def test_a_default_outside_the_new_bounds_moves_to_the_nearest_value() -> None:
    assert zoo().narrow("linear.C", low=10)["linear.C"].default == 10
    assert zoo().drop("svc.kernel", "rbf")["svc.kernel"].default == "linear"
    assert zoo().narrow("svc.kernel", options=["poly", "linear"])["svc.kernel"].options == ("linear", "poly")


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda s: s.narrow("svc.c", 1, 2), 'Did you mean "svc.C"'),
        (lambda s: s.narrow("svc.C", 3, 2), "low must not be above high"),
        (lambda s: s.narrow("svc.C", "a"), "finite numbers"),
        (lambda s: s.narrow("svc.C", options=["a"]), "is a number: give low and high"),
        (lambda s: s.narrow("svc.kernel", 1, 2), "is a choice: give options"),
        (lambda s: s.narrow("svc.kernel", options=[]), "at least one option"),
        (lambda s: s.narrow("svc.kernel", options="rbf"), "must be a list"),
        (lambda s: s.narrow("svc.kernel", options=["rfb"]), 'Did you mean "rbf"'),
        (lambda s: s.narrow("forest.n_estimators", 10.2, 10.8), "low must not be above high"),
        (lambda s: s.fix("svc.kernel", "sigmoid"), 'declare it anew: space["svc.kernel"] = Choice('),
        (lambda s: s.fix("svc.C", 1000), "a number from 0.01 to 100. Got 1000"),
        (lambda s: s.fix("forest.bootstarp", True), 'Did you mean "forest.bootstrap"'),
        (lambda s: s.fix("svc", SVC()), 'No parameter "svc"'),
        (lambda s: s.fix("svc.C", Float(1, 2)), "Use search"),
        (lambda s: s.search("svc.C", 3), "Write Float, Int or Choice"),
        (lambda s: s.search("svc.Q", Float(0, 1)), 'No parameter "svc.Q"'),
        (lambda s: s.free("svc.c"), 'Did you mean "svc.C"'),
        (lambda s: s.drop("svc.kernel", "rfb"), 'Did you mean "rbf"'),
        (lambda s: s.drop("svc.C", 1), "It is a number"),
        (lambda s: s.models("linaer"), 'Did you mean "linear"'),
        (lambda s: s.models(), "at least one option"),
        (lambda s: s.rule("svc.c > 1"), 'Did you mean "svc.C"'),
        (lambda s: s.rule("svc.kernel > 1"), "Compare it with =="),
        (lambda s: s.start({"modle": "svc"}), 'Did you mean "model"'),
        (lambda s: compile_space({"x": Float(0, 1)}).models("a"), "no choice of models"),
    ],
)
def test_every_edit_is_checked_and_says_what_to_do(edit, says) -> None:
    with pytest.raises(SpaceError) as caught:
        edit(zoo())
    assert says in str(caught.value)


def test_a_fixed_hole_keeps_its_label_and_one_value() -> None:
    space = zoo().fix("svc.C", 2).fix("svc.kernel", "poly").models("svc")
    assert all(config == {"model": "svc", "svc.C": 2.0, "svc.kernel": "poly"} for config in draws(space, 5))
    assert space["svc.C"].is_fixed and space["svc.kernel"].is_fixed


def test_a_value_of_a_bare_hole_may_be_given_to_its_choice() -> None:
    space = zoo().fix("forest.max_depth", 7).models("forest")
    assert space.default()["forest.max_depth"] == "value" and space.default()["forest.max_depth.value"] == 7
    assert (
        zoo().fix("forest.max_depth", None).models("forest").make(zoo().validate({"model": "forest"})).max_depth is None
    )
    start = zoo().start({"model": "forest", "forest.max_depth": 9}).starts[0]
    assert (start["forest.max_depth"], start["forest.max_depth.value"]) == ("value", 9)


def test_a_parameter_that_is_no_hole_is_assigned_in_the_template() -> None:
    space = (
        zoo()
        .fix("forest.bootstrap", False)
        .fix("svc.standardscaler.with_std", False)
        .fix("forest.class_weight", {0: 1, 1: 9})
    )
    assert space.labels == zoo().labels
    forest = space.make(space.validate({"model": "forest"}))
    assert forest.bootstrap is False and forest.class_weight == {0: 1, 1: 9}
    assert space.make(space.validate({"model": "svc"})).steps[0][1].with_std is False
    back = space.free("forest.bootstrap")
    assert back.make(back.validate({"model": "forest"})).bootstrap is True
    assert back.make(back.validate({"model": "svc"})).steps[0][1].with_std is False
    assert zoo().template is not space.template and space.template.options[1].bootstrap is True


def test_a_whole_step_can_be_replaced() -> None:
    space = zoo().fix("svc.standardscaler", "passthrough")
    assert space.make(space.validate({"model": "svc"})).steps[0][1] == "passthrough"


def test_a_hole_can_be_put_at_any_parameter() -> None:
    space = (
        zoo()
        .narrow("svc.C", high=1)
        .search("forest.min_samples_leaf", Int(1, 20))
        .search("svc.C", Float(1, 1e6, log=True))
    )
    assert space["forest.min_samples_leaf"].conditions == ((("model", "forest"),),)
    assert space["svc.C"].high == 1e6
    replaced = space.search("forest.max_depth", Int(2, 5))
    assert "forest.max_depth.value" not in replaced and replaced["svc.C"].high == 1e6
    assert replaced.make(replaced.validate({"model": "forest"})).max_depth in range(2, 6)
    deeper = compile_space(LogisticRegression()).search("C", Choice(1.0, Float(2, 3)))
    assert deeper.labels == ("C", "C.value")


def test_the_choice_at_the_top_can_be_declared_anew() -> None:
    space = zoo().search("model", Choice(SVC(gamma=Float(0.1, 1))))
    assert space.labels == ("model", "svc.gamma")


def test_a_hole_within_the_declared_one_narrows_so_that_it_can_be_widened_again() -> None:
    space = zoo().search("svc.C", Float(0.1, 1, log=True, default=0.2)).search("svc.kernel", Choice("linear", "rbf"))
    assert (space["svc.C"].low, space["svc.C"].high, space["svc.C"].default) == (0.1, 1, 0.2)
    assert space.declared["svc.C"].high == 100
    assert space["svc.kernel"].options == ("rbf", "linear") and space["svc.kernel"].default == "linear"
    assert zoo().search("svc.C", Float(0.1, 1)).declared["svc.C"].high == 1  # another scale is another hole


def test_assignments_may_follow_one_another() -> None:
    space = zoo().search("forest.max_features", Choice("sqrt", Float(0.1, 1))).fix("forest.max_features.value", 0.5)
    assert space["forest.max_features.value"].is_fixed
    again = space.search("forest.max_features", Float(0.2, 0.3))
    assert [label for label, _ in again.assigned] == ["forest.max_features"]
    assert again.make(again.validate({"model": "forest"})).max_features == 0.25
    anew = zoo().search("svc.C", Float(1, 5)).search("svc.C", Float(1, 5, log=True))
    assert anew.assigned == () and anew.declared["svc.C"].high == 100
    top = zoo().fix("forest.bootstrap", False).search("model", Choice(svm=SVC(C=Float(1, 2))))
    assert top.fix("svm.C", 1).make({"model": "svm", "svm.C": 1}).C == 1


def test_narrowing_elsewhere_outlives_a_hole_that_is_put_in() -> None:
    space = zoo().models("svc", "forest").narrow("svc.C", 0.5, 2).search("forest.min_samples_leaf", Int(1, 20))
    assert space["model"].options == ("svc", "forest") and space["svc.C"].high == 2


# -- rules -----------------------------------------------------------------------------------------


def test_every_draw_meets_the_rules() -> None:
    space = (
        zoo().models("forest").rule("forest.max_depth * forest.n_estimators <= 2000").rule("forest.n_estimators > 50")
    )
    for config in draws(space):
        depth = config.get("forest.max_depth.value")
        assert config["forest.n_estimators"] > 50
        assert depth is None or depth * config["forest.n_estimators"] <= 2000
    assert {config["forest.max_depth"] for config in draws(space)} == {None, "value"}


def test_a_rule_reads_what_the_parameter_really_gets() -> None:
    space = compile_space(
        Choice(
            forest=RandomForestClassifier(n_estimators=Choice(small=10, large=500), max_depth=Choice(None, Int(3, 9)))
        )
    )
    small = space.validate({"forest.n_estimators": "small"})
    assert space.values_of(small)["forest.n_estimators"] == 10
    assert space.values_of(small)["forest.max_depth"] is None
    assert space.rule("forest.n_estimators <= 10").contains(small)
    assert space.rule("forest.min_samples_leaf == 1 and forest.bootstrap").contains(small)
    assert not space.fix("forest.min_samples_leaf", 5).rule("forest.min_samples_leaf == 1").contains(small)
    assert (
        space.fix("forest.max_depth", 5).values_of(space.fix("forest.max_depth", 5).default())["forest.max_depth"] == 5
    )
    assert "svc.C" not in zoo().values_of({"model": "linear", "linear.C": 1.0})


def test_a_rule_that_computes_with_a_choice_of_text_and_numbers_is_told_the_label_of_the_number() -> None:
    space = compile_space(RandomForestClassifier(max_features=Choice("sqrt", Float(0.1, 1))))
    with pytest.raises(SpaceError, match="Write max_features.value"):
        space.rule("max_features < 0.5")
    assert space.rule("max_features.value < 0.5").contains({"max_features": "sqrt"})


def test_rules_that_nothing_meets_are_named() -> None:
    space = zoo().models("svc").rule("svc.C < 50").rule("svc.C > 1000")
    with pytest.raises(SpaceError, match=r"'svc.C > 1000' refused 10,000 and .* of 10,000 draws"):
        space.sample(np.random.default_rng(0))


def test_a_function_may_be_a_rule() -> None:
    space = zoo().rule(lambda values: values["model"] != "svc")
    assert all(config["model"] != "svc" for config in draws(space, 50))


def test_a_rule_is_checked_again_when_its_label_goes() -> None:
    space = zoo().rule("forest.max_depth.value <= 10")
    with pytest.raises(SpaceError, match="no parameter"):
        space.search("forest.max_depth", Int(2, 5))


def test_a_start_is_completed_and_must_meet_the_rules() -> None:
    assert zoo().start({"model": "linear"}).starts == ({"model": "linear", "linear.C": 1.0},)
    with pytest.raises(SpaceError, match="breaks the rule"):
        zoo().rule("linear.C > 5").start({"model": "linear", "linear.C": 1})


# -- draws and grids -------------------------------------------------------------------------------


def test_draws_repeat_and_do_not_depend_on_the_order_in_which_the_space_is_written() -> None:
    one = compile_space({"x": Float(0, 1), "k": Choice("a", "b", c=Choice(1, 2)), "n": Int(1, 9)})
    kinds = Choice.of([("c", Choice(2, 1, default=1)), ("b", "b"), ("a", "a")], default="a")
    other = compile_space({"n": Int(1, 9), "k": kinds, "x": Float(0, 1)})
    assert draws(one) == draws(one) == draws(other)
    assert one.fingerprint() == other.fingerprint()
    assert list(map(str, one.grid())) == list(map(str, other.grid()))


def test_whole_numbers_and_options_are_drawn_equally_often_ends_included() -> None:
    space = compile_space({"n": Int(1, 4), "k": Choice(*"abcd")})
    for label in ("n", "k"):
        counts = Counter(config[label] for config in draws(space, 4000))
        assert len(counts) == 4 and all(850 < count < 1150 for count in counts.values())


def test_a_logarithmic_scale_gives_each_decade_its_share() -> None:
    values = [config["x"] for config in draws(compile_space({"x": Float(1e-3, 1, log=True)}), 3000)]
    assert all(900 < sum(low <= value < low * 10 for value in values) < 1100 for low in (1e-3, 1e-2, 1e-1))
    whole = [config["n"] for config in draws(compile_space({"n": Int(1, 1000, log=True)}), 3000)]
    assert min(whole) == 1 and max(whole) > 900 and sum(value < 32 for value in whole) > 1400


def test_a_prior_shapes_the_draws_within_the_bounds() -> None:
    space = compile_space(
        {"x": Float(0, 10, prior=(9, 1)), "n": Int(1, 1000, log=True, prior=(10, 0.5)), "e": Float(0, 1, prior=(50, 1))}
    )
    found = draws(space, 500)
    assert all(space.contains(config) for config in found)
    assert np.median([config["x"] for config in found]) > 8
    assert 8 < np.median([config["n"] for config in found]) < 12
    assert space.default()["x"] == 9 and {config["e"] for config in found} == {1.0}


def test_a_grid_visits_every_combination_that_counts() -> None:
    space = compile_space({"k": Choice(a=Float(0, 1), b=Choice("p", "q"))})
    assert list(space.grid(3)) == [{"k": "a", "k.a": value} for value in (0.0, 0.5, 1.0)] + [
        {"k": "b", "k.b": key} for key in "pq"
    ]
    assert space.grid_size(3) == 5
    assert len(list(zoo().rule("svc.C < 1").grid(2))) < zoo().grid_size(2)


@pytest.mark.parametrize("points", [1, 2, 3])
def test_the_size_of_a_grid_is_counted_without_making_it(points) -> None:
    shared = Choice("x", Int(1, 9), name="shared")
    space = compile_space(Choice(a=[shared, Float(0, 1)], b=[shared], c=Choice("u", v=Int(1, 2), name="c.kind")))
    assert space.grid_size(points) == len(list(space.grid(points)))
    assert zoo().grid_size(points) == len(list(zoo().grid(points)))


def test_a_grid_of_as_many_points_as_numbers_has_them_all_also_on_a_logarithmic_scale() -> None:
    assert [config["n"] for config in compile_space({"n": Int(1, 10, log=True)}).grid(10)] == list(range(1, 11))


def test_the_size_of_a_grid_over_many_choices_is_counted_at_once() -> None:
    space = compile_space({f"c{place}": Choice("a", Int(1, 9)) for place in range(40)})
    assert space.grid_size(3) == 4**40


def test_an_empty_space_has_one_configuration() -> None:
    space = compile_space(LogisticRegression())
    assert space.sample(np.random.default_rng(0)) == {} == space.default()
    assert list(space.grid()) == [{}] and space.contains({})


def test_edits_are_carried_over_to_a_template_with_more_parts() -> None:
    models = {"svc": SVC(C=Float(0.01, 100, log=True), kernel="rbf"), "linear": LogisticRegression(C=Float(0.1, 9))}
    space = compile_space(Choice(**models)).narrow("svc.C", 0.1, 1).rule("svc.C < 0.5").search("svc.gamma", Float(1, 2))
    edited = space.models("svc").fix("svc.kernel", "poly").start({"svc.C": 0.2})
    scaler = StandardScaler(with_mean=Choice(True, False))
    written = Choice(**{key: make_pipeline(scaler, model) for key, model in models.items()})
    moved = rebased(edited, written)
    assert set(moved.labels) - set(edited.labels) == {"svc.standardscaler.with_mean", "linear.standardscaler.with_mean"}
    assert all(moved[label] == edited[label] for label in edited.labels)
    assert moved.rules == edited.rules and all(moved.contains(start) for start in moved.starts)
    assert moved.starts[0]["svc.C"] == 0.2
    assert moved.make(moved.sample(np.random.default_rng(0)))[-1].kernel == "poly"
    assert moved.untouched().fingerprint() == compile_space(written).fingerprint()
    assert rebased(edited, edited.template).fingerprint() == edited.fingerprint()


# -- what others read ------------------------------------------------------------------------------


def test_json_holds_what_sliders_need() -> None:
    shown = zoo().narrow("svc.C", 0.1, 1).rule("svc.C < 5").start({"model": "linear"}).to_json()
    row = next(parameter for parameter in shown["parameters"] if parameter["label"] == "svc.C")
    assert (row["low"], row["high"], row["full_low"], row["full_high"], row["log"]) == (0.1, 1.0, 0.01, 100.0, True)
    assert row["conditions"] == [[["model", "svc"]]]
    assert shown["rules"] == ["svc.C < 5"] and shown["starts"][0]["model"] == "linear"
    assert json.loads(json.dumps(shown)) == shown


def test_the_fingerprint_tells_spaces_apart() -> None:
    space = zoo()
    edits = [
        space,
        space.narrow("svc.C", high=1),
        space.models("svc"),
        space.fix("forest.bootstrap", False),
        space.rule("svc.C < 5"),
        space.search("forest.min_samples_leaf", Int(1, 9)),
        compile_space(Choice(svc=LogisticRegression(C=Float(1, 2)))),
        compile_space(Choice(svc=SVC(C=Float(1, 2)))),
    ]
    assert len({edit.fingerprint() for edit in edits}) == len(edits)
    assert zoo().fingerprint() == space.start({"model": "svc"}).fingerprint()
