"""How soon does a searcher find a good network? `python -m tests.benchmarks.architectures [seeds] [searcher ...]`.

On NAS-Bench-201 (Dong and Yang 2020; the extra `bench` holds its tables): a cell of six edges with five operations
each, 15,625 networks, all of them trained beforehand. Regret is the accuracy, in points, that the best network found
lacks to the best of all, by the mean over the stored seeds; printed are the medians after 30, 75 and 150 networks.
"""

from __future__ import annotations

import statistics
import sys

from scipy.stats import wilcoxon

from automl_magic.engine.events import FoldScore
from automl_magic.engine.history import Trial, View
from automl_magic.engine.holes import Choice
from automl_magic.engine.search_options import searcher_of
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import compile_space
from tests.benchmarks.functions import Options
from tests.benchmarks.tables import table

SEARCHERS = ("random", "tpe", "evolution", "local", "reinforce", "hybrid")
TABLES = ("nas201_cifar100", "nas201_imagenet")
AFTER = (30, 75, 150)


def regrets(search: str, name: str, seed: int) -> list[float]:
    """Return the regret of one run after each network."""
    problem = table(name)
    holes = {label: Choice(*kind.values) for label, kind in problem.space.items() if isinstance(kind, Options)}
    space, searcher = compile_space(holes), searcher_of(search)
    trials: list[Trial] = []
    found, best = [], float("inf")
    for step in range(AFTER[-1]):
        config = searcher(View(space, tuple(trials), (), step, seed), generator_of(seed, "search", step))
        loss = problem.call(config)
        scores = {0: FoldScore(-loss, 0.1)}
        trials.append(Trial(step, step, config, search, step, 0.0, state="done", scores=scores, score=-loss))
        best = min(best, loss)
        found.append(best - problem.minimum)
    return found


def main() -> None:
    """Print a table for each data set."""
    words = sys.argv[1:]
    seeds = int(words.pop(0)) if words and words[0].isdigit() else 20
    searchers = tuple(words) or SEARCHERS
    for name in TABLES:
        print(f"{name}, {seeds} seeds: median regret in points after " + ", ".join(map(str, AFTER)))
        last = {}
        for search in searchers:
            curves = [regrets(search, name, seed) for seed in range(seeds)]
            last[search] = [curve[-1] for curve in curves]
            medians = [statistics.median(curve[after - 1] for curve in curves) for after in AFTER]
            print(f"  {search:12s}" + "".join(f"{median:8.2f}" for median in medians), flush=True)
        if {"hybrid", "evolution"} <= last.keys() and last["hybrid"] != last["evolution"]:
            chance = wilcoxon(last["hybrid"], last["evolution"], alternative="greater").pvalue
            print(f"  hybrid worse than evolution after {AFTER[-1]}: paired Wilcoxon p = {chance:.3f}")


if __name__ == "__main__":
    main()
