"""Local search climbs and begins anew; a policy comes to draw what was rewarded; the hybrid takes turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from automl_magic.engine.events import Config, FoldScore
from automl_magic.engine.history import Trial, View
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.hybrid import STARTUP, Hybrid
from automl_magic.engine.local import LocalSearch, neighbours
from automl_magic.engine.reinforce import Reinforce, softmax
from automl_magic.engine.searchers import identity
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.errors import OptionError

OPTIONS = ("skip", "conv1", "conv3", "pool")
EDGES = compile_space({f"edge{number}": Choice(*OPTIONS) for number in range(4)})
BRANCHES = compile_space(
    {"net": Choice(deep={"layers": Int(1, 9), "rate": Float(0.0, 1.0)}, wide={}), "x": Float(0, 1)}
)

Score = Callable[[Any], float | None]


def searched(searcher: Any, space: SearchSpace, score: Score, steps: int, seed: int = 0) -> list[Trial]:
    """Return the trials of a searcher, one after the other; what scores None has failed."""
    trials: list[Trial] = []
    for step in range(steps):
        view = View(space, tuple(trials), (), step, seed)
        config = searcher(view, generator_of(seed, "search", step))
        if config is None:
            break
        value = score(config)
        scores = {} if value is None else {0: FoldScore(value, 0.1)}
        state: Any = "failed" if value is None else "done"
        trials.append(Trial(step, step, config, "search", step, 0.0, state=state, scores=scores, score=value))
    return trials


def scored(configs: list[Config], score: Score) -> list[Trial]:
    """Return trials of these configurations, in their order."""
    return [
        Trial(step, step, config, "search", step, 0.0, state="done", score=score(config))
        for step, config in enumerate(configs)
    ]


def edges(*options: str) -> Config:
    return EDGES.validate({f"edge{number}": option for number, option in enumerate(options)})


def convs(config: Any) -> float:
    return float(sum(config[f"edge{number}"] == "conv3" for number in range(4)))


def trap(config: Any) -> float:
    """Return a score whose best place is no neighbour of anything good: all pools."""
    return 9.0 if all(value == "pool" for value in config.values()) else convs(config)


def apart(one: Any, other: Any) -> int:
    return sum(one[label] != other[label] for label in one.keys() & other.keys())


def test_local_search_climbs_one_place_at_a_time() -> None:
    trials = searched(LocalSearch(0.1), EDGES, convs, 40)
    best = next(step for step, trial in enumerate(trials) if trial.score == 4.0)
    assert best <= 4 * 4 * 3
    place = trials[0]
    for trial in trials[1 : best + 1]:
        assert apart(trial.config, place.config) == 1
        place = trial if trial.score > place.score else place  # type: ignore[operator]


def test_local_search_begins_anew_where_nothing_beside_is_better() -> None:
    top = edges("conv3", "conv3", "conv3", "conv3")
    trials = scored([top, *neighbours(EDGES, top, 0.1)], convs)
    searcher, rng = LocalSearch(0.1), generator_of(0)
    start = searcher(View(EDGES, tuple(trials), (), len(trials), 0), rng)
    assert start is not None and apart(start, top) > 1
    trials = scored([*(trial.config for trial in trials), start], convs)
    after = searcher(View(EDGES, tuple(trials), (), len(trials), 0), rng)
    assert after is not None and apart(after, start) == 1, "from there it climbs again"


def test_local_search_comes_to_every_configuration_once() -> None:
    trials = searched(LocalSearch(0.1), EDGES, trap, 300)
    assert len({trial.key for trial in trials}) == len(trials) == len(OPTIONS) ** 4


def test_a_trial_that_comes_late_moves_local_search_only_if_it_is_better() -> None:
    first, better = edges("pool", "pool", "pool", "pool"), edges("conv3", "pool", "pool", "pool")
    late, best_late = edges("pool", "pool", "pool", "skip"), edges("pool", "conv3", "pool", "pool")
    trials = scored([first, better, late], convs)  # `late` is beside the first place, which was left by then
    assert LocalSearch(0.1).place(View(EDGES, tuple(trials), (), 3, 0)) is trials[1]
    trials = scored(
        [first, better, best_late], lambda config: 2 * convs(config) if config == best_late else convs(config)
    )
    assert LocalSearch(0.1).place(View(EDGES, tuple(trials), (), 3, 0)) is trials[2]


def test_neighbours_differ_in_one_active_value_and_are_the_same_each_time() -> None:
    config = BRANCHES.validate({"net": "deep", "net.deep.layers": 4, "net.deep.rate": 0.5, "x": 0.5})
    found = list(neighbours(BRANCHES, config, 0.1))
    assert found == list(neighbours(BRANCHES, config, 0.1))
    assert all(BRANCHES.contains(one) and apart(one, config) == 1 for one in found)
    assert {one["net.deep.layers"] for one in found if "net.deep.layers" in one} == {3, 4, 5}
    assert len(found) == 1 + 2 + 2 + 2  # another option, and each number a step up and down
    back = next(neighbours(BRANCHES, BRANCHES.validate({"net": "wide", "x": 0.5}), 0.1))
    assert back["net"] in ("deep", "wide")


def test_a_policy_comes_to_draw_what_is_rewarded() -> None:
    searcher = Reinforce(0.3, 8)
    space = compile_space({f"edge{number}": Choice(*OPTIONS) for number in range(6)})
    trials = searched(searcher, space, lambda config: sum(value == "conv3" for value in config.values()), 150)
    chances = [softmax(logits) for logits in searcher.policy(View(space, tuple(trials), (), 150, 0)).values()]
    place = next(iter(space.ordered)).options.index("conv3")
    assert np.mean([chance[place] for chance in chances]) > 0.6
    assert np.mean([trial.score for trial in trials[-30:]]) > 3.0, "chance gives 1.5; nothing is drawn twice"


def test_only_what_was_active_learns_and_a_failure_is_the_worst() -> None:
    searcher = Reinforce(0.3, 8)
    wide, deep = (
        BRANCHES.validate(one)
        for one in ({"net": "wide", "x": 0.1}, {"net": "deep", "net.deep.layers": 9, "net.deep.rate": 0.9, "x": 0.1})
    )
    told: list[Trial] = []
    for step, (config, score) in enumerate([(wide, 1.0), (wide, 2.0), (deep, None)]):
        state: Any = "done" if score else "failed"
        told.append(Trial(step, step, config, "search", step, 0.0, state=state, score=score))
    before = searcher.policy(View(BRANCHES, tuple(told[:2]), (), 2, 0))
    after = searcher.policy(View(BRANCHES, tuple(told), (), 3, 0))
    assert not before["net.deep.layers"].any() and not before["net.deep.rate"].any()
    assert after["net.deep.layers"][-1] < 0 < after["net.deep.layers"][0]
    options = next(one for one in BRANCHES.ordered if one.label == "net").options
    assert (
        after["net"][options.index("wide")] > before["net"][options.index("wide")] > after["net"][options.index("deep")]
    )


def test_the_hybrid_changes_one_of_the_best_at_odd_steps() -> None:
    trials = searched(Hybrid(3), EDGES, convs, 40)
    for step, trial in enumerate(trials[STARTUP:], start=STARTUP):
        if step % 2:
            best = sorted(trials[:step], key=lambda one: -one.score)[:3]  # type: ignore[operator]
            known = {identity(one.config) for one in trials[:step]}
            free = [
                one for parent in best for one in neighbours(EDGES, parent.config, 0.1) if identity(one) not in known
            ]
            assert not free or min(apart(trial.config, parent.config) for parent in best) == 1


@pytest.mark.parametrize(
    "make", [lambda: LocalSearch(0.0), lambda: Reinforce(0.0, 8), lambda: Reinforce(0.3, 1), lambda: Hybrid(0)]
)
def test_an_option_without_meaning_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(OptionError):
        make()
