"""The draft that a cell's body changes, and the code that makes its edits again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from automl_magic.engine.draft import SpaceDraft
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.parameters import Parameter
from automl_magic.errors import SpaceError
from tests.engine.spaces import zoo

NAMES = {"Float": Float, "Int": Int, "Choice": Choice}


def run(code, space):
    """Run a cell's body on a draft of `space`."""
    draft = SpaceDraft(space)
    exec(code, {**NAMES, "space": draft, "only_linear": only_linear})
    return draft.space


def only_linear(values) -> bool:
    return values["model"] == "linear"


def test_the_body_of_the_documentation_does_what_it_says() -> None:
    body = """
space.models("forest", "linear")
space["linear.C"] = Float(0.02, 0.2, log=True)
space["forest.n_estimators"] = 300
space["forest.bootstrap"] = False
space.rule("forest.max_depth * forest.n_estimators <= 4000")
space.start({"model": "linear", "linear.C": 0.1})
"""
    space = run(body, zoo())
    assert space["model"].options == ("forest", "linear")
    assert (space["linear.C"].low, space["linear.C"].high) == (0.02, 0.2)
    assert space["forest.n_estimators"].is_fixed
    assert space.starts == ({"model": "linear", "linear.C": 0.1},)
    assert [rule.text for rule in space.rules] == ["forest.max_depth * forest.n_estimators <= 4000"]


def test_a_draft_reads_like_a_mapping() -> None:
    draft = SpaceDraft(zoo())
    assert "svc.C" in draft and "svc.Q" not in draft
    assert list(draft) == list(draft.labels) and len(draft) == len(zoo().parameters)
    assert isinstance(draft["svc.C"], Parameter)
    assert "svc.C: a number from 0.01 to 100" in repr(draft)
    draft["svc.C"] = 2
    del draft["svc.C"]
    assert draft.space["svc.C"] == zoo()["svc.C"]
    with pytest.raises(SpaceError, match='Did you mean "svc.C"'):
        draft["svc.c"] = 1


def test_a_mistake_leaves_the_draft_as_it_was() -> None:
    draft = SpaceDraft(zoo())
    before = draft.space
    with pytest.raises(SpaceError):
        draft.models("nothing")
    assert draft.space is before


def test_code_makes_every_kind_of_edit_again() -> None:
    space = (
        zoo()
        .models("svc", "forest")
        .narrow("svc.C", 0.5, 2)
        .drop("svc.kernel", "linear")
        .fix("forest.n_estimators", 50)
        .fix("forest.bootstrap", False)
        .search("forest.min_samples_leaf", Int(1, 20, default=2))
        .rule("forest.max_depth * 2 <= 40")
        .rule('svc.kernel != "poly" or svc.C < 1')
        .rule(only_linear)
        .models("svc", "forest", "linear")
        .start({"model": "linear"})
    )
    again = run(space.to_code(), zoo())
    assert again.to_json() == space.to_json() and again.fingerprint() == space.fingerprint()
    assert zoo().to_code() == ""
    assert zoo().models("svc").to_code() == 'space.models("svc")'
    assert zoo().narrow("svc.C", 0.5, 2).to_code() == 'space["svc.C"] = Float(0.5, 2.0, log=True)'


BOUNDS = {
    "svc.C": (1e-2, 1e2),
    "linear.C": (1e-3, 1e3),
    "forest.n_estimators": (10, 500),
    "forest.max_depth.value": (3, 30),
}
OPTIONS = {
    "model": ["svc", "forest", "linear"],
    "svc.kernel": ["rbf", "linear", "poly"],
    "forest.max_depth": [None, "value"],
}


@some.composite
def edits(draw):
    """One edit as a function of a space."""
    kind = draw(some.sampled_from(["narrow", "options", "fix", "assign", "search", "free", "rule", "drop"]))
    if kind in ("narrow", "search"):
        label = draw(some.sampled_from(list(BOUNDS)))
        low, high = sorted(draw(some.tuples(*[some.floats(*BOUNDS[label])] * 2)))
        if label in ("forest.n_estimators", "forest.max_depth.value"):
            low, high = int(low), int(high)
            hole = Int(low, high)
        else:
            hole = Float(low, high, log=draw(some.booleans()))
        return lambda space: space.narrow(label, low, high) if kind == "narrow" else space.search(label, hole)
    label = draw(some.sampled_from(list(OPTIONS)))
    if kind == "options":
        keys = draw(some.lists(some.sampled_from(OPTIONS[label]), min_size=1, unique=True))
        return lambda space: space.narrow(label, options=keys)
    if kind in ("drop", "fix"):
        key = draw(some.sampled_from(OPTIONS[label]))
        return lambda space: space.drop(label, key) if kind == "drop" else space.fix(label, key)
    if kind == "assign":
        name, value = draw(
            some.sampled_from([("forest.bootstrap", False), ("svc.probability", True), ("linear.tol", 0.1)])
        )
        return lambda space: space.fix(name, value)
    if kind == "rule":
        text = draw(
            some.sampled_from(
                [
                    "svc.C <= 50 or svc.kernel == 'rbf'",
                    "forest.max_depth * forest.n_estimators <= 9000",
                    "linear.C > 0.002",
                ]
            )
        )
        return lambda space: space.rule(text)
    free = draw(some.sampled_from([*BOUNDS, *OPTIONS]))
    return lambda space: space.free(free)


@settings(max_examples=200, deadline=None, database=None)
@given(some.lists(edits(), max_size=8), some.integers(0, 2**32 - 1))
def test_after_any_edits_draws_lie_inside_round_trip_and_the_code_makes_them_again(chain, seed) -> None:
    space = zoo()
    for edit in chain:
        try:
            space = edit(space)
        except SpaceError:
            continue  # refused: the space is as it was
    rng = np.random.default_rng(seed)
    try:
        config = space.sample(rng)
    except SpaceError:
        return  # what is left meets no rule, and the error says so
    assert space.contains(config)
    assert space.validate(config) == config
    assert space.config_of(space.make(config)) == config
    again = run(space.to_code(), zoo())
    assert again.fingerprint() == space.fingerprint()
    assert again.sample(np.random.default_rng(seed)) == config
