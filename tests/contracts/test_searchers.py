"""What every registered searcher must do, those of other packages included."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hyperopt import hp

from automl_magic.engine.events import FoldScore
from automl_magic.engine.history import Trial, View
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.hyperopt_space import from_hyperopt
from automl_magic.engine.searchers import identity
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.extend import SEARCHERS

STEPS = 16  # beyond the random draws with which hyperopt's begin
LONG = 60  # beyond those of every searcher


def spaces() -> dict[str, SearchSpace]:
    """Return spaces of each form: numbers, conditions, rules, narrowed, with options of one kind and another."""
    deep = Choice(one=Choice(p=Choice(Int(1, 9), None), q=Float(0, 1)), two={"a": Int(2, 2), "b": Choice("u")})
    shared = Choice(left={"p": Float(0, 1, name="p")}, right={"p": Float(0, 1, name="p")}, none={})
    priors = {
        "x": Float(0.0, 10.0, prior=(9.0, 1.0)),
        "rate": Float(1e-6, 1.0, log=True, prior=(1e-3, 2.0)),
        "n": Int(1, 1000, log=True, prior=(10, 0.5)),
        "kind": from_hyperopt(hp.pchoice("kind", [(0.8, "a"), (0.1, "b"), (0.1, 3)])),
    }
    plain = compile_space({"x": Float(-5.0, 5.0), "rate": Float(1e-6, 1.0, log=True), "n": Int(1, 9)})
    branches = compile_space(
        {"model": Choice(a=Float(1e-3, 1.0, log=True), b=Choice(None, Int(1, 5)), c=True), "z": Float(0.0, 1.0)}
    )
    mixed = compile_space({"kind": Choice("round", "square", None, 3), "x": Float(0, 1), "n": Int(1, 1000, log=True)})
    return {
        "plain": plain,
        "branches": branches,
        "mixed": mixed,
        "ruled": mixed.rule("x <= 0.5 or kind == 'round'"),
        "narrowed": plain.narrow("x", 1.0, 2.0).fix("n", 3),
        "one option": branches.narrow("model", options=["b"]),
        "one parameter": compile_space({"x": Float(-1.0, 1.0)}),
        "nested": compile_space({"deep": deep, "z": Float(0, 1)}),
        "shared": compile_space({"side": shared, "n": Int(1, 50)}),
        "priors": compile_space(priors),
        "tight": plain.rule("x * n >= 36"),
    }


SPACES = spaces()


def trial_of(step: int, config: Any) -> Trial:
    """Return an ended trial: most are done, some failed or were pruned."""
    state = ("done", "done", "failed", "pruned", "done")[step % 5]
    score = None if state == "failed" else -(hash_of(config) % 1000) / 100
    scores = {} if score is None else {0: FoldScore(score, 0.1)}
    return Trial(step, step, config, "random", step, 0.0, state=state, scores=scores, score=score)  # type: ignore[arg-type]


def hash_of(config: Any) -> int:
    return int.from_bytes(identity(config).encode()[-7:], "big")


def views(space: SearchSpace, proposals: list[Any], seed: int = 0) -> Iterator[View]:
    """Yield what is known at each step, while `proposals` grows; the last two trials are still running."""
    while True:
        trials = [trial_of(step, config) for step, config in enumerate(proposals[:-2]) if space.contains(config)]
        yield View(space, tuple(trials), tuple(proposals[-2:]), len(proposals), seed)


def run(search: str, space: SearchSpace, steps: int = STEPS, seed: int = 0, fresh: bool = False) -> list[Any]:
    """Return what a searcher proposes; with `fresh`, a new one is asked at each step, as after a resume."""
    searcher = SEARCHERS.get(search)()
    proposals: list[Any] = []
    for view, step in zip(views(space, proposals, seed), range(steps), strict=False):
        searcher = SEARCHERS.get(search)() if fresh else searcher
        config = searcher(view, generator_of(seed, "search", step))
        if config is None:
            break
        proposals.append(config)
    return proposals


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_proposals_lie_in_the_space_and_are_complete(search: str, name: str) -> None:
    space = SPACES[name]
    found = run(search, space)
    assert found
    assert len({identity(config) for config in found}) == len(found)
    for config in found:
        assert space.contains(config)
        assert space.validate(config) == config
        assert set(config) == set(space.active(config))
        assert json.loads(json.dumps(config, allow_nan=False)) == config


@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_the_same_seed_and_results_give_the_same_proposals_also_from_a_fresh_searcher(search: str) -> None:
    for name in ("branches", "ruled"):
        first = run(search, SPACES[name], seed=3)
        assert run(search, SPACES[name], seed=3) == first
        assert run(search, SPACES[name], seed=3, fresh=True) == first


@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_nothing_that_is_shown_is_changed(search: str) -> None:
    space = SPACES["mixed"]
    proposals = run("random", space, 14)
    view = next(views(space, proposals))
    before = (repr(view.trials), repr(view.pending), space.fingerprint(), space.to_json())
    SEARCHERS.get(search)()(view, generator_of(0, "search", 14))
    assert (repr(view.trials), repr(view.pending), space.fingerprint(), space.to_json()) == before


@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_a_space_that_is_narrowed_in_mid_run_is_kept_to(search: str) -> None:
    searcher = SEARCHERS.get(search)()
    proposals = run("random", SPACES["plain"], 12)
    for space in (SPACES["plain"], SPACES["plain"].narrow("x", 2.0, 3.0), SPACES["plain"]):
        for view, step in zip(views(space, proposals), range(3), strict=False):
            config = searcher(view, generator_of(0, "search", len(proposals), step))
            assert config is not None and space.contains(config)
            proposals.append(config)


@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_a_finite_space_ends_when_every_configuration_was_proposed_once(search: str) -> None:
    space = compile_space({"n": Int(1, 3), "kind": Choice("a", "b", c=Choice(True, False))}).rule(
        "n < 3 or kind == 'a'"
    )
    searcher = SEARCHERS.get(search)()
    tried: list[Any] = []
    answers = []
    for step in range(13):
        view = View(space, tuple(trial_of(place, config) for place, config in enumerate(tried)), (), step)
        answers.append(searcher(view, generator_of(0, "search", step)))
        tried += [answers[-1]] if answers[-1] is not None else []
    assert [config is None for config in answers] == [False] * 9 + [True] * 4  # what has ended stays so
    assert {identity(config) for config in tried} == {identity(config) for config in space.grid(3)}


@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_the_same_view_has_the_same_answer_whatever_the_searcher_was_asked_before(search: str) -> None:
    space = SPACES["branches"]
    searcher, proposals = SEARCHERS.get(search)(), run("random", space, LONG)
    some = [next(views(space, proposals[:count])) for count in (0, 2, 30, LONG)]
    first = [searcher(view, generator_of(1, view.asked)) for view in some]
    again = [searcher(view, generator_of(1, view.asked)) for view in reversed(some)]
    assert list(reversed(again)) == first and None not in first


@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_the_order_in_which_a_space_is_written_changes_nothing(search: str) -> None:
    parts = {
        "model": {"a": Float(1e-3, 1.0, log=True), "b": Choice(None, Int(1, 5))},
        "z": Float(0.0, 1.0),
        "k": Int(1, 9),
    }
    one = compile_space({**parts, "model": Choice.of(parts["model"].items())})
    turned = dict(reversed(parts.items()))
    other = compile_space({**turned, "model": Choice.of(list(parts["model"].items())[::-1], default="a")})
    assert one.labels != other.labels and one.fingerprint() == other.fingerprint()
    assert run(search, one, 30) == run(search, other, 30)


@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_a_long_run_over_conditions_repeats_and_proposes_nothing_twice(search: str) -> None:
    found = run(search, SPACES["nested"], LONG)
    assert len({identity(config) for config in found}) == len(found)
    assert len(found) == LONG or search == "grid"
    assert run(search, SPACES["nested"], LONG) == found
    assert all(SPACES["nested"].contains(config) for config in found)


@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_what_a_person_skipped_is_not_proposed_again(search: str) -> None:
    space = compile_space({"n": Int(1, 3), "kind": Choice("a", "b")})
    configs = list(space.grid(3))
    for left in range(6):
        skipped = (*configs[:left], *configs[left + 1 :])
        view = View(space, (), (), 5, skipped=skipped)
        assert SEARCHERS.get(search)()(view, generator_of(0, "search", 5)) == configs[left]


@pytest.mark.parametrize("state", ["failed", "pruned", "done"])
@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_trials_of_one_state_only_and_equal_scores_are_taken(search: str, state: str) -> None:
    space = SPACES["mixed"]
    configs = run("random", space, 30)
    score = None if state == "failed" else 0.0
    trials = tuple(
        Trial(step, step, config, "random", 0, 0.0, state=state, score=score)  # type: ignore[arg-type]
        for step, config in enumerate(configs)
    )
    config = SEARCHERS.get(search)()(View(space, trials, (), 30), generator_of(0, "search", 30))
    assert config is not None and space.contains(config)


@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_a_searcher_has_a_name(search: str) -> None:
    name = SEARCHERS.get(search)().name
    assert isinstance(name, str) and name
