"""Is the time kept? `python -m tests.benchmarks.budget [seconds ...] [shape ...]`, by default 5, 20 and 60 s.

Twelve tables, from 300 rows of 2,000 columns to 1,000,000 of 30, and a baseline that takes ten times the time: seconds
from the call of `fit` to its return, against the bound of 1.05 T + 1 s; how many trials ended, what won, and the peak
memory of this process and of its workers together (shared pages counted once for each). Workers are cold at the first.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import psutil
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification, make_regression

import automl_magic
import automl_magic.table_run  # as `%load_ext` does in a notebook: what a search needs is imported

SECONDS = (5.0, 20.0, 60.0)
WORDS = np.array("the a of red blue small large old new house river boat tree road town hill north south".split())  # noqa: SIM905


class Slow(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose fit takes ten times the time of the run."""

    def __init__(self, seconds: float = 50.0) -> None:
        self.seconds = seconds

    def fit(self, X: Any, y: Any) -> Slow:
        """Sleep."""
        time.sleep(self.seconds)
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return equal chances."""
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))

    def predict(self, X: Any) -> Any:
        """Return the first class."""
        return np.repeat(self.classes_[0], len(X))


def classes(rows: int, columns: int, number: int = 2, seed: int = 0) -> pd.DataFrame:
    """Return a table of numbers with classes to predict."""
    useful = min(columns, max(5, number.bit_length() + 2))
    X, y = make_classification(rows, columns, n_informative=useful, n_redundant=0, n_classes=number, random_state=seed)
    frame = pd.DataFrame(X, columns=[f"x{place}" for place in range(columns)])
    return frame.assign(y=np.char.add("class ", y.astype(str)))


def numbers(rows: int, columns: int, seed: int = 0) -> pd.DataFrame:
    """Return a table of numbers with a number to predict."""
    X, y = make_regression(rows, columns, n_informative=min(columns, 10), noise=10.0, random_state=seed)
    return pd.DataFrame(X, columns=[f"x{place}" for place in range(columns)]).assign(y=y)


def levels(frame: pd.DataFrame, number: int, name: str = "town", seed: int = 0) -> pd.DataFrame:
    """Add a category of so many levels that says something of the target."""
    rng = np.random.default_rng(seed)
    codes = (np.argsort(np.argsort(frame["x0"])) * number // len(frame) + rng.integers(0, 9, len(frame))) % number
    return frame.assign(**{name: np.array([f"{name} {code}" for code in range(number)], dtype=object)[codes]})


def texts(frame: pd.DataFrame, words: int, seed: int = 0) -> pd.DataFrame:
    """Add a column of texts."""
    drawn = WORDS[np.random.default_rng(seed).integers(0, len(WORDS), (len(frame), words))]
    return frame.assign(text=[" ".join(line) for line in drawn])


def messy(frame: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Add gaps, dates, numbers as words, a key, and a constant."""
    rng = np.random.default_rng(seed)
    rows = len(frame)
    frame = levels(levels(frame, 12, "kind", seed), 30, "place", seed)
    gaps = frame["x1"].mask(rng.random(rows) < 0.2)
    when = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**6, rows), unit="min")
    price = pd.Series(rng.integers(1, 10**4, rows)).astype(str)
    return frame.assign(x1=gaps, when=when, price=price, key=np.arange(rows), same=1)


SHAPES: dict[str, Callable[[], pd.DataFrame]] = {
    "1,000,000 x 30, messy": lambda: messy(classes(1_000_000, 24)),
    "1,000,000 x 30, number": lambda: numbers(1_000_000, 30),
    "300 x 2,000": lambda: classes(300, 2_000),
    "300 x 2,000, number": lambda: numbers(300, 2_000),
    "20,000 x 10, 400 levels": lambda: levels(classes(20_000, 9), 400),
    "20,000 x 20, 40 classes": lambda: classes(20_000, 20, 40),
    "10,000 x 6, texts": lambda: texts(classes(10_000, 5), 12),
    "150 x 4": lambda: classes(150, 4),
    "2,000 x 15, messy": lambda: messy(classes(2_000, 9)),
    "99,000 x 30": lambda: classes(99_000, 30),
    "240,000 x 12, 3 classes, test": lambda: classes(240_000, 12, 3),
    "5,000 x 10, fits of 10 T": lambda: classes(5_000, 10),
}


@contextlib.contextmanager
def watched_memory() -> Iterator[list[float]]:
    """Keep the peak of the resident memory of this process and its children, in MB."""
    peak, over = [0.0], threading.Event()

    def look() -> None:
        me = psutil.Process()
        while not over.wait(0.2):
            total = 0
            for process in (me, *me.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    total += process.memory_info().rss
            peak[0] = max(peak[0], total / 2**20)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def measure(name: str, frame: pd.DataFrame, seconds: float) -> float:
    """Run one search, print its line, and return the seconds taken over the bound."""
    more: dict[str, Any] = {"test": 0.2} if "test" in name else {}
    if "fits of 10 T" in name:
        more = {"space": Slow(10 * seconds), "baseline": Slow(10 * seconds)}
    with watched_memory() as peak:
        begun = time.perf_counter()
        run = automl_magic.fit(frame, target="y", time=seconds, **more)
        taken = time.perf_counter() - begun
    bound = 1.05 * seconds + 1
    ended = sum(trial.state in ("done", "pruned") for trial in run.history.trials.values())
    won = run.said[1].split(":")[0][:44]
    print(
        f"{name:31s} {seconds:5.0f} {taken:7.2f} {taken / bound:6.2f} {ended:6d}  {won:44s} {peak[0]:7.0f}", flush=True
    )
    return taken / bound


def main() -> None:
    """Measure all shapes at all times."""
    times = [float(word) for word in sys.argv[1:] if word.replace(".", "").isdigit()] or list(SECONDS)
    wanted = [word for word in sys.argv[1:] if not word.replace(".", "").isdigit()]
    chosen = [name for name in SHAPES if not wanted or any(word in name for word in wanted)]
    os.chdir(tempfile.mkdtemp())
    warnings.simplefilter("ignore", UserWarning)
    print(f"{'table':31s} {'asked':>5s} {'taken':>7s} {'ratio':>6s} {'trials':>6s}  {'best':44s} {'MB':>7s}")
    worst = (0.0, "", 0.0)
    for name in chosen:
        frame = SHAPES[name]()
        for seconds in times:
            worst = max(worst, (measure(name, frame, seconds), name, seconds))
    kept = "kept" if worst[0] <= 1 else "NOT kept"
    print(f"Worst: {worst[0]:.2f} of 1.05 T + 1 s ({worst[1]}, {worst[2]:g} s): {kept}.")


if __name__ == "__main__":
    main()
