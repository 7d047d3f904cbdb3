"""What it costs that the mixtures see 500 trials at most: regret at 1,000 evaluations with the cap and without.

    python -m tests.benchmarks.capped_history

Paired seeds; each seed is a function of its kind with another shift and scale.
"""

from __future__ import annotations

import sys
import time
import warnings
from functools import partial

import numpy as np

from automl_magic.engine.joint import Settings
from automl_magic.engine.tpe import suggest
from tests.benchmarks.functions import PLAIN, Problem
from tests.benchmarks.rivals import flat, hyperopt_space

EVALUATIONS = 1000
SEEDS = range(10)
CAPS = {"500 rows": 500, "all rows": 10**6}


def regret_of(problem: Problem, seed: int, rows: int) -> float:
    """Return how far the best of a search is from the minimum."""
    from hyperopt import Trials, fmin

    trials = Trials()
    fmin(
        lambda values: problem.call(flat(values)),
        hyperopt_space(problem.space),
        algo=partial(suggest, settings=Settings(rows=rows)),
        max_evals=EVALUATIONS,
        trials=trials,
        rstate=np.random.default_rng(seed),
        show_progressbar=False,
        verbose=False,
    )
    return float(min(trials.losses()) - problem.minimum) / problem.scale


def main() -> None:
    """Print the median regrets, the quartiles, and who is ahead by pairs."""
    warnings.simplefilter("ignore")
    print(
        f"{EVALUATIONS} evaluations, seeds {SEEDS.start} to {SEEDS.stop - 1}: median regret [quartiles], CPU s of a run"
    )
    for name, make in PLAIN.items():
        regrets, seconds = {}, {}
        for cap, rows in CAPS.items():
            begin = time.process_time()
            regrets[cap] = np.array([regret_of(make(seed), seed, rows) for seed in SEEDS])
            seconds[cap] = (time.process_time() - begin) / len(SEEDS)
        capped, whole = regrets.values()
        for cap, found in regrets.items():
            low, middle, high = np.quantile(found, (0.25, 0.5, 0.75))
            print(f"{name:12} {cap:10} {middle:10.4g} [{low:8.3g}, {high:8.3g}] {seconds[cap]:6.1f}")
        ahead, behind = int((capped < whole).sum()), int((capped > whole).sum())
        print(f"{name:12} with the cap ahead in {ahead}, behind in {behind} of {len(SEEDS)} pairs")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
