"""How soon does a searcher find a good network? `python -m tests.benchmarks.architectures [seeds] [options]`.

On NAS-Bench-201 (the extra `teach` holds its tables): a cell of six edges with five operations each, 15,625 networks,
all of them trained beforehand. Regret is the accuracy, in points, that the best network found lacks to the best of all,
by the mean over the stored seeds. Printed are the medians after 75 and 150 networks and the mean after 150, and whether
the hybrid is worse than evolution, by a paired test. `--lag 4` proposes while four networks are still being trained, as
a race does.
"""

from __future__ import annotations

import argparse
import statistics
import sys

from scipy.stats import wilcoxon

from automl_magic.engine.events import FoldScore
from automl_magic.engine.functions import function_named
from automl_magic.engine.history import Trial, View
from automl_magic.engine.search_options import searcher_of, split_searchers
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import compile_space

SEARCHERS = "random,tpe,evolution,de,local,reinforce,hybrid"
TABLES = "cifar100,imagenet"
AFTER = (75, 150)
LEVEL = 0.05
ENOUGH = 0.2  # points that the hybrid may lack on cifar100 after 150 networks


def regrets(search: str, name: str, seed: int, lag: int = 0) -> list[float]:
    """Return the regret of one run after each network."""
    function = function_named(f"nasbench201-{name}")
    space, searcher = compile_space(dict(function.space)), searcher_of(search)
    trials: list[Trial] = []
    found, best = [], float("inf")
    for step in range(AFTER[-1]):
        known, open_still = trials[: max(0, step - lag)], trials[max(0, step - lag) :]
        view = View(space, tuple(known), tuple(trial.config for trial in open_still), step, seed)
        config = searcher(view, generator_of(seed, "search", step))
        error = function.call(space.make(config))
        scores = {0: FoldScore(-error, 0.1)}
        trials.append(Trial(step, step, config, search, step, 0.0, state="done", scores=scores, score=-error))
        best = min(best, error)
        found.append(best - function.minimum)
    return found


def print_table(name: str, curves: dict[str, list[list[float]]]) -> list[str]:
    """Print the lines of one table; return what falls short."""
    middle = {}
    for search, ran in curves.items():
        middle[search] = [statistics.median(curve[after - 1] for curve in ran) for after in AFTER]
        mean = statistics.fmean(curve[-1] for curve in ran)
        print(f"  {search:24s}" + "".join(f"{one:8.2f}" for one in middle[search]) + f"{mean:8.2f}")
    short = []
    if name == "cifar100" and middle.get("hybrid", (0.0,))[-1] > ENOUGH:
        short.append(f"{name}: the hybrid's median is {middle['hybrid'][-1]:.2f}, and not at most {ENOUGH}")
    for search in ("evolution", "reinforce"):
        if {search, "random"} <= middle.keys() and middle[search][-1] >= middle["random"][-1]:
            short.append(f"{name}: {search} is not below random")
    if {"hybrid", "evolution"} <= curves.keys():
        ours, theirs = ([curve[-1] for curve in curves[search]] for search in ("hybrid", "evolution"))
        chance = 1.0 if ours == theirs else float(wilcoxon(ours, theirs, alternative="greater").pvalue)
        print(f"  hybrid worse than evolution after {AFTER[-1]}: paired Wilcoxon p = {chance:.3f}")
        if chance < LEVEL:
            short.append(f"{name}: the hybrid is worse than evolution")
    return short


def main() -> int:
    """Print a table for each data set; return 1 where something falls short."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.architectures")
    parser.add_argument("seeds", nargs="?", type=int, default=100)
    parser.add_argument("--searchers", default=SEARCHERS, help="with commas")
    parser.add_argument("--tables", default=TABLES, help="of cifar10, cifar100, imagenet, with commas")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--lag", type=int, default=0, help="networks that are still open when the next is proposed")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    short = []
    for name in options.tables.split(","):
        told = f"medians after {' and '.join(map(str, AFTER))}, mean after {AFTER[-1]}"
        print(f"{name}, {options.seeds} seeds: regret in points, {told}", flush=True)
        searchers = split_searchers(options.searchers)
        curves = {search: [regrets(search, name, seed, options.lag) for seed in seeds] for search in searchers}
        short += print_table(name, curves)
    for one in short:
        print(f"FALLS SHORT  {one}")
    return int(bool(short))


if __name__ == "__main__":
    sys.exit(main())
