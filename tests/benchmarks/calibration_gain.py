"""Does calibrating the winner pay on rows that nobody saw, and is its score told right?

Run as ``python -m tests.benchmarks.calibration_gain [seeds] [tables] [trials]``; about half a minute a search on one
core. A part of the rows of real tables is searched, the others are scored, by the winner as it was found and as it was
calibrated: F1 and balanced accuracy by a threshold, log loss by a temperature. Both are of the same search.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.metrics import balanced_accuracy_score, f1_score, log_loss
from sklearn.model_selection import train_test_split

MOST = 1500  # rows that are searched
METRICS = ("f1", "balanced_accuracy", "logloss")
TABLES = ("titanic", "cancer", "digits")
OWN = "CALIBRATION_TABLES"  # a folder with further tables as .parquet files, their target in the column "y"


def table_of(name: str) -> pd.DataFrame:
    """Return a table with its target as the column "y"."""
    if name == "titanic":
        from automl_magic import load_data

        return load_data("titanic").rename(columns={"survived": "y"})
    if name in ("cancer", "digits"):
        loaded = load_breast_cancer if name == "cancer" else load_digits
        frame: pd.DataFrame = loaded(as_frame=True).frame.rename(columns={"target": "y"})
        return frame.assign(y="class " + frame["y"].astype(str))
    return pd.read_parquet(Path(os.environ[OWN]) / f"{name}.parquet")


def score_of(metric: str, best: Any, X: pd.DataFrame, y: Any) -> float:
    """Return the score on rows that nobody saw; higher is better."""
    if metric == "logloss":
        chances = np.clip(best.predict_proba(X), 1e-15, 1.0)
        return -float(log_loss(y, chances / chances.sum(axis=1, keepdims=True), labels=best.classes_))
    called = best.predict(X)
    return float(
        f1_score(y, called, pos_label=best.classes_[1]) if metric == "f1" else balanced_accuracy_score(y, called)
    )


def measure(name: str, metric: str, seed: int, trials: int) -> tuple[float, float, float, float | None]:
    """Return the scores on new rows before and after, the score that was told, and what was calibrated, if anything."""
    import automl_magic

    frame = table_of(name)
    size = min(MOST, len(frame) // 2)
    known, new = train_test_split(frame, train_size=size, random_state=seed, stratify=frame["y"])
    run = automl_magic.fit(
        known.reset_index(drop=True), "y", trials=trials, metric=metric, seed=seed, task="classification", workers=0
    )
    X, found = new.drop(columns="y"), run.history.finding("calibration")
    plain = run.best if found is None else run.best[-1].estimator_
    told = run.score.value if run.metric["sign"] > 0 else -run.score.value
    before, after = (score_of(metric, model, X, new["y"]) for model in (plain, run.best))
    return before, after, told, None if found is None else found["value"]


def lines(seeds: int, tables: list[str], trials: int) -> Iterator[str]:
    """Yield a line for each search, and one for each metric at the end."""
    gains: dict[str, list[float]] = {metric: [] for metric in METRICS}
    searches = dict.fromkeys(METRICS, 0)
    for name in tables:
        binary = table_of(name)["y"].nunique() == 2
        for metric in METRICS if binary else METRICS[-1:]:
            for seed in range(seeds):
                before, after, told, value = measure(name, metric, seed, trials)
                searches[metric] += 1
                gains[metric] += [] if value is None else [after - before]
                kept = "kept off" if value is None else f"{value:.3g}, {after - before:+.4f}"
                yield f"{name} {metric} seed {seed}: {before:.4f} -> {after:.4f}, told {told:.4f} ({kept})"
    for metric, found in gains.items():
        if searches[metric]:
            wins = sum(gain > 0 for gain in found)
            mean = float(np.mean(found)) if found else 0.0
            yield f"{metric}: used in {len(found)} of {searches[metric]}, better in {wins}, mean gain {mean:+.4f}"


def main() -> None:
    """Search every table, and print."""
    warnings.simplefilter("ignore")
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    tables = sys.argv[2].split(",") if len(sys.argv) > 2 else list(TABLES)
    trials = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for line in lines(seeds, tables, trials):
            print(line, flush=True)


if __name__ == "__main__":
    main()
