"""Is the corrected score right? On noise it must be a half, with signal its interval must hold the truth.

Run as ``python -m tests.benchmarks.honest_score [seeds]``; about 20 s a seed on two cores.
"""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

ROWS, COLUMNS, TRIALS, FRESH = 1_000, 10, 20, 20_000
SIGNAL = 1.4


def draw(rows: int, seed: int, signal: float) -> pd.DataFrame:
    """Return a table of numbers whose target depends on three of them; at `SIGNAL` about .8 of area can be reached."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, COLUMNS))
    logit = signal * (0.9 * X[:, 0] + 0.8 * X[:, 1] * (X[:, 2] > 0) + 0.6 * X[:, 2])
    frame = pd.DataFrame(X, columns=[f"c{place}" for place in range(COLUMNS)])
    return frame.assign(y=np.where(rng.random(rows) < 1 / (1 + np.exp(-logit)), "yes", "no"))


def measure(seed: int, signal: float, **options: Any) -> tuple[float, float, float, float, float]:
    """Return the corrected score, its interval, the uncorrected score, and the truth on fresh rows."""
    import automl_magic

    run = automl_magic.fit(draw(ROWS, seed, signal), "y", trials=TRIALS, metric="roc_auc", seed=seed, **options)
    fresh = draw(FRESH, 10_000 + seed, signal)
    truth = roc_auc_score(fresh["y"] == "yes", run.best.predict_proba(fresh.drop(columns="y"))[:, 1])
    score = run.score
    return score.value, score.low, score.high, score.naive, float(truth)


def report(name: str, signal: float, seeds: int) -> None:
    """Measure over several seeds and print a line for each and one for all."""
    found = []
    for seed in range(seeds):
        found.append(measure(seed, signal))
        print(f"{name:>8} {seed:>4} " + " ".join(f"{value:>8.4f}" for value in found[-1]), flush=True)
    table = np.array(found)
    mean, spread = table.mean(axis=0), table.std(axis=0, ddof=1) if seeds > 1 else np.zeros(5)
    inside = int(((table[:, 1] <= table[:, 4]) & (table[:, 4] <= table[:, 2])).sum())
    print(f"{name:>8} mean " + " ".join(f"{value:>8.4f}" for value in mean))
    print(f"{name:>8}   sd " + " ".join(f"{value:>8.4f}" for value in spread))
    print(f"{name:>8} truth inside the interval: {inside} of {seeds}")
    if signal == 0:
        print(f"{name:>8} |mean - .5| = {abs(mean[0] - 0.5):.4f} (at most .02), uncorrected above: {mean[3] > mean[0]}")
    else:
        error = (table[:, 0] - table[:, 4]).mean()
        print(f"{name:>8} mean error {error:+.4f}; wanted inside: {int(np.ceil(0.8 * seeds))}")


def main(arguments: list[str]) -> None:
    """Print the table."""
    seeds = int(arguments[0]) if arguments else 20
    print(f"{'data':>8} {'seed':>4} {'score':>8} {'low':>8} {'high':>8} {'naive':>8} {'truth':>8}")
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # the runs' folders are thrown away
        try:
            report("noise", 0.0, seeds)
            report("signal", SIGNAL, seeds)
        finally:
            os.chdir(here)


if __name__ == "__main__":
    main(sys.argv[1:])
