"""What every registered searcher must do, those of other packages included."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from automl_magic.engine.events import FoldScore
from automl_magic.engine.history import Trial, View
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.searchers import identity
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.extend import SEARCHERS

STEPS = 16  # beyond the random draws with which model-based searchers begin
OURS = ("random", "grid", "tpe", "hyperopt")


def spaces() -> dict[str, SearchSpace]:
    """Return spaces of each form: numbers, conditions, rules, narrowed, with options of one kind and another."""
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


def views(space: SearchSpace, proposals: list[Any]) -> Iterator[View]:
    """Yield what is known at each step, while `proposals` grows; the last two trials are still running."""
    while True:
        trials = [trial_of(step, config) for step, config in enumerate(proposals[:-2]) if space.contains(config)]
        yield View(space, tuple(trials), tuple(proposals[-2:]), len(proposals))


def run(search: str, space: SearchSpace, steps: int = STEPS, seed: int = 0, fresh: bool = False) -> list[Any]:
    """Return what a searcher proposes; with `fresh`, a new one is asked at each step, as after a resume."""
    searcher = SEARCHERS.get(search)()
    proposals: list[Any] = []
    for view, step in zip(views(space, proposals), range(steps), strict=False):
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
def test_a_finite_space_ends_or_goes_on_with_valid_proposals(search: str) -> None:
    space = compile_space({"n": Int(1, 3), "kind": Choice("a", "b")})
    searcher = SEARCHERS.get(search)()
    tried: list[Any] = []
    answers = []
    for step in range(9):
        view = View(space, tuple(trial_of(place, config) for place, config in enumerate(tried)), (), step)
        answers.append(searcher(view, generator_of(0, "search", step)))
        tried += [answers[-1]] if answers[-1] is not None else []
    assert all(config is None or space.contains(config) for config in answers)
    ended = [place for place, config in enumerate(answers) if config is None]
    assert not ended or ended == list(range(ended[0], 9))  # what has ended stays so
    if search in OURS:
        assert len({identity(config) for config in tried}) == len(tried) == 6


@pytest.mark.parametrize("state", ["failed", "pruned", "done"])
@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_trials_of_one_state_only_and_equal_scores_are_taken(search: str, state: str) -> None:
    space = SPACES["mixed"]
    configs = run("random", space, 14)
    score = None if state == "failed" else 0.0
    trials = tuple(
        Trial(step, step, config, "random", 0, 0.0, state=state, score=score)  # type: ignore[arg-type]
        for step, config in enumerate(configs)
    )
    config = SEARCHERS.get(search)()(View(space, trials, (), 14), generator_of(0, "search", 14))
    assert config is not None and space.contains(config)


@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_a_searcher_has_a_name(search: str) -> None:
    name = SEARCHERS.get(search)().name
    assert isinstance(name, str) and name
