"""How near does the estimate of a fit's cost come to measured seconds, family by family and table by table?

Run as ``python -m tests.benchmarks.cost_estimate``. For tables that had no part in the constants it draws
configurations of every family, fits each on one fold, and prints for each family the seconds of the processor, those
estimated, by what factor they differ, and the rank correlation over all fits; then, for each table, that of the
families' means, which is what the rule for the next family uses. ``--fit`` measures other tables instead and prints the
constants that `automl_magic/tabular/costs.py` holds: least squares of relative errors, none below 0.

One process and one thread. The seconds are those of the processor, since others may use the machine.
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import argparse
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from automl_magic.engine.seeds import generator_of
from automl_magic.plan import Plan
from automl_magic.table_run import read_search
from automl_magic.tabular.costs import TERMS, cost_of, sizes_of
from automl_magic.tabular.evaluate import predict_with, set_seeds

FIT = [  # rows, columns, classes (0: a number), share of the columns that are categories
    (300, 6, 2, 0.0),
    (500, 25, 4, 0.3),
    (700, 12, 0, 0.0),
    (1500, 8, 3, 0.5),
    (1800, 30, 2, 0.0),
    (2500, 10, 0, 0.3),
    (4000, 6, 2, 0.2),
]
JUDGE = [(400, 15, 3, 0.4), (1000, 20, 0, 0.0), (3000, 12, 2, 0.0)]
FAMILIES = [name for name in TERMS if name != "dummy"]


def made(rows: int, columns: int, classes: int, share: float, seed: int = 0) -> pd.DataFrame:
    """Return a table made by a few products and sums of normal numbers, some of them cut into categories."""
    rng = generator_of(seed, "table", rows, columns)
    X = rng.normal(size=(rows, columns))
    signal = X[:, :3].sum(axis=1) + X[:, 0] * X[:, 1] + np.sin(2 * X[:, 2]) + rng.normal(size=rows)
    frame = pd.DataFrame(X, columns=[f"c{place}" for place in range(columns)])
    for place in range(int(share * columns)):
        frame[f"c{place}"] = pd.cut(X[:, place], 6, labels=list("abcdef")).astype(str)
    cut = pd.qcut(signal, classes, labels=[f"k{number}" for number in range(classes)]) if classes else signal
    frame["y"] = np.asarray(cut)
    return frame


def tables(is_fit: bool) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """Yield name, table and target."""
    for rows, columns, classes, share in FIT if is_fit else JUDGE:
        yield f"{rows} x {columns}, {classes or 'no'} classes", made(rows, columns, classes, share), "y"
    if is_fit:
        return
    from sklearn import datasets

    import automl_magic

    yield "titanic", automl_magic.load_data("titanic"), "survived"
    for name in ("breast_cancer", "wine", "diabetes"):
        frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
        yield name, frame.assign(target=frame["target"].astype(str)) if name != "diabetes" else frame, "target"


def measured(name: str, frame: pd.DataFrame, target: str, draws: int) -> list[dict[str, Any]]:
    """Return a row for each fit: family, terms, seconds and estimate."""
    rows = []
    for family in FAMILIES:
        search = read_search(Plan.create(target=target, trials=1, models=[family], workers=0), frame)
        evaluator = search.evaluator(tempfile.mkdtemp())
        sizes = sizes_of(search.problem.table, search.problem.splits)
        rng = generator_of("cost", name, family)
        for _ in range(draws):
            config = search.space.sample(rng)
            found = search.space.values_of(config)
            values = {label.removeprefix(f"{family}."): value for label, value in found.items()}
            pipeline = set_seeds(evaluator.estimator(config, False), 0)
            table, (train, test) = search.problem.table, search.problem.splits.pairs[0]
            begun = time.process_time()
            pipeline.fit(table.X.iloc[train], table.y[train])
            predict_with(pipeline, table.X.iloc[test], table.task, search.problem.metric)
            seconds = time.process_time() - begun
            told = cost_of(family, values, sizes)
            terms = TERMS[family](values, sizes)
            row = {"table": name, "family": family, "seconds": seconds, "told": told, "terms": terms}
            rows.append({**row, "values": values, "sizes": sizes})
    return rows


def fitted(rows: list[dict[str, Any]]) -> None:
    """Print the constants of each family."""
    from scipy.optimize import nnls

    for family in FAMILIES:
        own = [row for row in rows if row["family"] == family]
        seconds = np.array([row["seconds"] for row in own])
        terms = np.array([row["terms"] for row in own]) / seconds[:, None]
        scale = np.maximum(terms.max(axis=0), 1e-300)
        constants = nnls(terms / scale, np.ones(len(own)))[0] / scale
        print(f'    "{family}": ({", ".join(f"{constant:.2g}" for constant in constants)}),', flush=True)


def judged(rows: list[dict[str, Any]]) -> None:
    """Print how near the estimates come."""
    from scipy.stats import spearmanr

    print(
        f"{'family':12}{'fits':>6}{'measured':>10}{'estimated':>11}{'within a factor of (median, 90 %)':>36}{'rank':>7}"
    )
    for family in FAMILIES:
        own = [row for row in rows if row["family"] == family]
        seconds, told = (np.array([row[key] for row in own]) for key in ("seconds", "told"))
        off = np.exp(np.abs(np.log(told / seconds)))
        factors = f"{np.median(off):.2f}, {np.quantile(off, 0.9):.2f}"
        rank = spearmanr(seconds, told).statistic
        print(f"{family:12}{len(own):6}{np.median(seconds):10.3f}{np.median(told):11.3f}{factors:>36}{rank:7.2f}")
    means: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        means[row["table"]][row["family"]].append((row["seconds"], row["told"]))
    print("\nThe families' mean seconds on each table")
    for table, of in means.items():
        pairs = np.array([np.mean(values, axis=0) for values in of.values()])
        spread = pairs[:, 0].max() / pairs[:, 0].min()
        rank = spearmanr(pairs[:, 0], pairs[:, 1]).statistic
        print(f"{table:28} dearest / cheapest {spread:6.0f}   rank correlation {rank:5.2f}")
    everything = np.array([(row["seconds"], row["told"]) for row in rows])
    print(f"all {len(rows)} fits: rank correlation {spearmanr(everything[:, 0], everything[:, 1]).statistic:.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fit", action="store_true", help="print constants instead of judging them")
    parser.add_argument("--draws", type=int, default=3, help="configurations for each family and table")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rows: list[dict[str, Any]] = []
    for name, frame, target in tables(options.fit):
        rows += measured(name, frame, target, options.draws)
    (fitted if options.fit else judged)(rows)


if __name__ == "__main__":
    main()
