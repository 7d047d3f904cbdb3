"""Spaces edited at random under every searcher: nothing breaks, and nothing is proposed outside."""

from __future__ import annotations

import random
from typing import Any

import pytest

from automl_magic.engine.events import FoldScore, FoldScored, RunStarted, TrialEnded, TrialStarted
from automl_magic.engine.guiding import carried_over
from automl_magic.engine.history import History
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.errors import SpaceError
from automl_magic.extend import SEARCHERS
from tests.notebook.random_edits import value_in

EDITS = 300  # over all searchers
SEARCH = tuple(SEARCHERS.keys())
KINDS = ("narrow", "widen", "fix", "free", "drop", "add", "hole", "log", "options", "rule", "unassign")


def declared() -> SearchSpace:
    """Return a space with numbers, conditions, and values that are not searched yet."""
    model = Choice(a={"c": Float(1e-3, 1.0, log=True), "d": 0.5}, b={"k": Choice("p", "q", "r"), "n": Int(1, 30)}, c={})
    return compile_space({"model": model, "x": Float(-5.0, 5.0), "m": Int(1, 9), "u": 0.25, "v": "low", "w": 3})


def holes_for(label: str, draw: random.Random) -> Any:
    """Return another hole for a parameter: wider, of another scale, with options added, removed or in another order."""
    low = draw.choice((1e-4, 0.1, 1.0))
    numbers = (
        Float(low, low * 50, log=draw.random() < 0.5),
        Int(1, draw.randint(2, 40)),
        Float(-draw.random() * 9, 9.0),
    )
    words = draw.sample(("p", "q", "r", "s", "low", "high"), draw.randint(1, 6))
    return Choice(*words) if label in ("model.b.k", "v") else draw.choice(numbers)


def edited(space: SearchSpace, draw: random.Random) -> SearchSpace:
    """Return the space after one edit; it may ask for what cannot be, which is a SpaceError."""
    kind, one = draw.choice(KINDS), draw.choice(list(space.declared.values()))
    if kind == "narrow" and one.kind != "choice":
        low, high = sorted(value_in(one, draw) for _ in range(2))
        return space.narrow(one.label, low, high)
    if kind in ("narrow", "options") and one.kind == "choice":
        return space.narrow(one.label, options=draw.sample(one.options, draw.randint(1, len(one.options))))
    if kind == "widen":
        return space.narrow(one.label, *(() if one.kind == "choice" else (one.low, one.high)))
    if kind == "fix":
        return space.fix(one.label, value_in(one, draw))
    if kind == "drop":
        return space.drop(one.label, draw.choice(one.options or ("none",)))
    if kind in ("add", "hole", "log"):
        label = draw.choice(("u", "v", "w", "model.a.d", "x", "m", "model.b.k"))
        return space.search(label, holes_for(label, draw))
    if kind == "rule":
        return space.rule(f"x <= {draw.uniform(-2, 5)!r} or m > {draw.randint(1, 6)}")
    return space.free(one.label)


@pytest.mark.parametrize("search", SEARCH)
def test_random_edits_break_no_searcher_and_it_proposes_inside_the_space(search: str) -> None:
    draw, history, searcher = random.Random(search), History(), SEARCHERS.get(search)()
    history.apply(RunStarted("run", {}, {}, 1, 0, {}))
    space, done, step, ended = declared(), 0, 0, 0
    while done < -(-EDITS // len(SEARCH)):
        if done:
            space = declared() if draw.random() < 0.1 else space
        try:
            space = edited(space, draw)
        except SpaceError:
            continue
        done += 1
        for _ in range(2):
            view = history.view(space, step)
            assert all(space.contains(trial.config) for trial in view.trials)
            config = searcher(view, generator_of(0, step))
            if config is None:
                ended += 1
                break
            assert space.contains(config) and space.validate(config) == config
            history.apply(TrialStarted(step, step, config, search, 0))
            score = draw.gauss(0, 1)
            history.apply(FoldScored(step, 0, FoldScore(score, 0.1)))
            state: Any = draw.choice(("done", "done", "done", "failed", "pruned", "stopped"))
            history.apply(TrialEnded(step, state, None if state == "failed" else score, 0.0, 0.1))
            step += 1
    assert step > done / 2 and ended < done


def test_a_trial_guides_with_the_value_that_a_label_really_had_before_it_was_searched() -> None:
    space = declared()
    config = {"model": "c", "x": 1.0, "m": 3}
    new = space.search("u", Float(0.0, 1.0)).search("v", Choice("high", "low")).search("w", Choice(None, Int(1, 9)))
    found = {**config, "u": 0.25, "v": "low", "w": "value", "w.value": 3}
    assert carried_over(new, config, space.compiled) == found
    assert carried_over(space.search("u", Float(0.5, 1.0)), config, space.compiled) is None  # it was 0.25
    assert carried_over(space.fix("u", 0.75).search("u", Float(0.5, 1.0)), config, space.fix("u", 0.75).compiled) == {
        **config,
        "u": 0.75,
    }


def test_options_are_told_by_their_keys_and_what_is_gone_no_longer_guides() -> None:
    space = declared()
    config = {"model": "b", "model.b.k": "q", "model.b.n": 4, "x": 1.0, "m": 3}
    turned = space.search("model.b.k", Choice("s", "r", "q"))
    assert carried_over(turned, config, space.compiled) == config
    assert carried_over(space.search("model.b.k", Choice("p", "r")), config, space.compiled) is None
    assert carried_over(space.drop("model", "b"), config, space.compiled) is None
    assert carried_over(space.narrow("x", 2.0, 3.0), config, space.compiled) is None
    assert carried_over(space.search("m", Float(0.0, 9.0)), config, space.compiled) == {**config, "m": 3.0}


def test_a_logarithmic_scale_is_refused_where_bounds_are_not_above_0() -> None:
    with pytest.raises(SpaceError, match="log"):
        declared().search("x", Float(-5.0, 5.0, log=True))


def test_a_history_tells_a_view_of_an_edited_space_and_of_steps_that_are_known() -> None:
    history, space = History(), declared()
    history.apply(RunStarted("run", {}, {}, 1, 7, {}))
    for step, x in enumerate((-4.0, -1.0, 1.0, 4.0)):
        history.view(space, step)
        history.apply(TrialStarted(step, step, {"model": "c", "x": x, "m": 3}, "random", 0))
        history.apply(TrialEnded(step, "stopped" if step == 1 else "done", x, 0.0, 0.1))
    view = history.view(space, 4, until=2)
    assert ([trial.id for trial in view.trials], len(view.pending), len(view.skipped), view.seed) == ([0, 2], 1, 1, 7)
    narrowed = history.view(space.narrow("x", 0.0, 5.0).search("u", Float(0, 1)), 4)
    assert [trial.config["u"] for trial in narrowed.trials] == [0.25, 0.25]
    assert [trial.id for trial in history.view(space, 4, until=0).trials] == [0]
    assert [trial.id for trial in history.view(space, 4).trials] == [0, 2, 3]
