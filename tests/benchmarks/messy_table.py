"""Does the preparation find the signal of a messy table? Compared with a model that is told where it lies.

Run as ``python -m tests.benchmarks.messy_table [seeds [seconds]]``; two searches of so many seconds for each seed.
"""

from __future__ import annotations

import os
import sys
import tempfile

import numpy as np
from sklearn.metrics import roc_auc_score

from tests.tabular.messy import CATEGORY, TARGET, Messy, draw_messy, reference_score

SECONDS = 20
BELOW, ABOVE, LOSS = 0.02, 0.02, 0.03


def our_score(train: Messy, fresh: Messy, seed: int, seconds: int, ignore: tuple[str, ...] = ()) -> float:
    """Return the ROC AUC of our winner on fresh rows."""
    import automl_magic

    run = automl_magic.fit(train.frame, TARGET, time=seconds, metric="roc_auc", seed=seed, ignore=ignore)
    chances = run.best.predict_proba(fresh.frame.drop(columns=TARGET))[:, 1]
    return float(roc_auc_score(fresh.frame[TARGET] == "y", chances))


def measure(seed: int, seconds: int = SECONDS) -> tuple[float, float, float, float]:
    """Return our score, ours without the category, and the same two of the reference."""
    train, fresh = draw_messy(seed=seed)
    ours, without = our_score(train, fresh, seed, seconds), our_score(train, fresh, seed, seconds, (CATEGORY,))
    return ours, without, reference_score(train, fresh), reference_score(train, fresh, with_category=False)


def main(arguments: list[str]) -> None:
    """Print the table."""
    seeds, seconds = (
        int(arguments[place]) if len(arguments) > place else default for place, default in enumerate((5, SECONDS))
    )
    print(f"{'seed':>4} {'ours':>8} {'without':>8} {'told':>8} {'without':>8}")
    found = []
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # the runs' folders are thrown away
        try:
            for seed in range(seeds):
                found.append(measure(seed, seconds))
                print(f"{seed:>4} " + " ".join(f"{value:>8.4f}" for value in found[-1]), flush=True)
        finally:
            os.chdir(here)
    table = np.array(found)
    print("mean " + " ".join(f"{value:>8.4f}" for value in table.mean(axis=0)))
    if seeds > 1:
        print("  sd " + " ".join(f"{value:>8.4f}" for value in table.std(axis=0, ddof=1)))
    ours, without, told, told_without = table.T
    checks = {
        f"ours at most {BELOW} below the one that is told": ours >= told - BELOW,
        f"ours at least {ABOVE} above ours without the category": ours >= without + ABOVE,
        f"the one that is told loses at least {LOSS} without the category": told - told_without >= LOSS,
    }
    for sentence, holds in checks.items():
        print(f"{sentence}: {int(holds.sum())} of {seeds}")


if __name__ == "__main__":
    main(sys.argv[1:])
