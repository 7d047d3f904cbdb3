"""Is the ensemble better than the best single pipeline, on rows that nobody saw, and is its score told right?

Run as ``python -m tests.benchmarks.ensemble_gain [seeds] [tables] [trials]``; about a minute a table and seed on two
cores. Half of the rows of real tables are searched, the others scored. Both come from the same trials. The loss is log
loss or RMSE over that of the single pipeline: below 1 the ensemble is better, and 1 where it was not chosen.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import train_test_split

LOADED = {"cancer": load_breast_cancer, "wine": load_wine, "digits": load_digits, "diabetes": load_diabetes}
TABLES = ("titanic", *LOADED)


def table_of(name: str) -> pd.DataFrame:
    """Return a table with its target as the column "y"."""
    if name == "titanic":
        from automl_magic import load_data

        return load_data("titanic").rename(columns={"survived": "y"})
    frame: pd.DataFrame = LOADED[name](as_frame=True).frame.rename(columns={"target": "y"})
    return frame if name == "diabetes" else frame.assign(y="class " + frame["y"].astype(str))


def loss_of(best: Any, X: pd.DataFrame, y: Any) -> float:
    """Return log loss or RMSE on rows that nobody saw."""
    if not hasattr(best, "predict_proba"):
        return float(root_mean_squared_error(y, best.predict(X)))
    chances = np.clip(best.predict_proba(X), 1e-6, 1.0)
    return float(log_loss(y, chances / chances.sum(axis=1, keepdims=True), labels=best.classes_))


def measure(name: str, seed: int, trials: int) -> tuple[float, float, float, bool]:
    """Return the losses of single pipeline and ensemble on new rows, what was told, and whether it was chosen."""
    import automl_magic

    frame = table_of(name)
    strata = None if name == "diabetes" else frame["y"]
    known, new = train_test_split(frame, test_size=0.5, random_state=seed, stratify=strata)
    metric = "rmse" if name == "diabetes" else "logloss"
    X, losses, told = new.drop(columns="y"), [], 0.0
    is_mean = False
    for ensemble in (False, True):
        run = automl_magic.fit(
            known.reset_index(drop=True), "y", trials=trials, metric=metric, seed=seed, ensemble=ensemble
        )
        losses.append(loss_of(run.best, X, new["y"]))
        told, is_mean = float(run.score), run.history.best().origin == "ensemble"
    return losses[0], losses[1], told, is_mean


def main(arguments: list[str]) -> None:
    """Print the table: for each table the median ratio and its range, how often it won, and told over true loss."""
    seeds = int(arguments[0]) if arguments else 5
    tables = arguments[1].split(",") if len(arguments) > 1 else TABLES
    trials = int(arguments[2]) if len(arguments) > 2 else 14
    warnings.simplefilter("ignore")
    print(
        f"{'table':<10}{'ensemble / single':>20}{'range':>16}{'better':>8}{'worse':>7}{'chosen':>8}{'told / true':>13}"
    )
    ratios: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in tables:
            rows = [measure(name, seed, trials) for seed in range(seeds)]
            found = np.array([mean / single for single, mean, _, _ in rows])
            told = np.median([said / mean for _, mean, said, _ in rows])
            spread = f"{found.min():.3f}-{found.max():.3f}"
            counts = f"{(found < 1).sum():>8}{(found > 1).sum():>7}{sum(row[3] for row in rows):>8}"
            print(f"{name:<10}{np.median(found):>20.3f}{spread:>16}{counts}{told:>13.3f}", flush=True)
            ratios += found.tolist()
    found = np.array(ratios)
    print(f"geometric mean {np.exp(np.log(found).mean()):.3f}; better {(found < 1).sum()}, worse {(found > 1).sum()}")


if __name__ == "__main__":
    main(sys.argv[1:])
