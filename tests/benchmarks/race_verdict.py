"""Is the verdict of a race right? A tie must seldom be called, a difference of one standard deviation nearly always.

Run as ``python -m tests.benchmarks.race_verdict [seeds]``; 100 seeds take a few minutes on one core.

The tie: random search under two names, with different draws, 20 repeats on a test function. The difference: the same
runs, one of the two made better by one standard deviation of the paired differences. With three names, the third is a
tie too, and a claim about any pair counts.
"""

from __future__ import annotations

import sys

import numpy as np

from automl_magic.engine.budget import Budget
from automl_magic.engine.function import FunctionEvaluator
from automl_magic.engine.functions import FUNCTIONS
from automl_magic.engine.space import compile_space
from automl_magic.engine.study import Study
from automl_magic.engine.workers import InProcess
from automl_magic.racing import Entrant, entrants_of
from automl_magic.verdict import judge

REPEATS, TRIALS, SEEDS = 20, 20, 100
WANTED = {"tie": (0.0, 0.10), "difference": (0.90, 1.0)}


def best_of_run(name: str, entrant: Entrant, seed: int, trials: int) -> float:
    """Return the best score of one searcher on a test function, as a race would find it."""
    function = FUNCTIONS[name]
    space = compile_space(dict(function.space))
    study = Study(
        space=space,
        evaluator=FunctionEvaluator(function.call, space, -1),
        searcher=entrant.searcher(),
        budget=Budget(trials=trials),
        workers=InProcess(),
        seed=seed,
    )
    for _ in study.events():
        pass
    best = study.history.best()
    assert best is not None and best.score is not None
    return best.score


def scores_of(name: str, entrants: tuple[Entrant, ...], seed: int, trials: int) -> dict[str, list[float]]:
    """Return the scores of a race of 20 repeats: repeat r has the seed `seed * 1000 + r` for all."""
    return {
        entrant.name: [best_of_run(name, entrant, seed * 1000 + repeat, trials) for repeat in range(REPEATS)]
        for entrant in entrants
    }


def claims(seeds: int, trials: int = TRIALS, name: str = "branin", several: int = 2) -> tuple[int, int]:
    """Return in how many of `seeds` races a difference was claimed: of a tie, and of a planted difference."""
    entrants = entrants_of(["random"] * several)
    first, second = entrants[0].name, entrants[1].name
    tie = difference = 0
    for seed in range(seeds):
        scores = scores_of(name, entrants, seed, trials)
        tie += any(duel.is_shown for duel in judge(scores).duels)
        spread = float(np.std(np.subtract(scores[first], scores[second]), ddof=1))
        planted = {**scores, first: [score + spread for score in scores[first]]}
        duels = judge(planted).duels
        difference += any(duel.is_shown and duel.first == first and duel.second == second for duel in duels)
    return tie, difference


def main(arguments: list[str]) -> int:
    """Print a line for each function; return 1 where the verdict is wrong too often."""
    seeds = int(arguments[0]) if arguments else SEEDS
    print(f"{seeds} races of {REPEATS} repeats, {TRIALS} trials each; claimed at the level of .05")
    print(f"{'function':<12} {'names':>5} {'tie claimed':>12} {'difference found':>17}")
    failed = 0
    for name, several in (("branin", 2), ("hartmann6", 2), ("rosenbrock5", 2), ("branches", 2), ("branin", 3)):
        tie, difference = claims(seeds, name=name, several=several)
        is_right = tie <= WANTED["tie"][1] * seeds and (difference >= WANTED["difference"][0] * seeds or several > 2)
        failed += not is_right
        print(f"{name:<12} {several:>5} {tie:>12} {difference:>17}{'' if is_right else '   WRONG'}", flush=True)
    print(
        f"wanted: a tie claimed in at most {0.1 * seeds:g}, a difference between two found in at least {0.9 * seeds:g}"
    )
    return min(1, failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
