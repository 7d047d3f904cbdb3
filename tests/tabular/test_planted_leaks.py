"""On labels that are drawn by chance no pipeline may seem to know anything: all that is fitted is fitted in the folds.

Where it matters a case is scored wrongly as well, with the preparation fitted on all rows before the split: this shows
that the test can fail.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

from automl_magic.tabular.evaluate import TableEvaluator
from automl_magic.tabular.metrics import metric_for
from automl_magic.tabular.models import zoo
from automl_magic.tabular.splits import make_splits
from automl_magic.tabular.task import read_table

ROWS, FOLDS, DRAWS = 300, 3, 2
NOISE = 0.08  # more than three standard errors of the mean area under the curve of two draws, .033 each


def noise(rng: np.random.Generator, columns: int) -> pd.DataFrame:
    return pd.DataFrame(rng.normal(size=(ROWS, columns))).add_prefix("x")


def words(rng: np.random.Generator, name: str, levels: int) -> dict[str, list[str]]:
    return {name: [f"{name} {level}" for level in rng.integers(0, levels, ROWS)]}


def keyed(rng: np.random.Generator) -> pd.DataFrame:
    return noise(rng, 1).assign(**words(rng, "customer", 150))


def crossed(rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {**words(rng, "one", 6), **words(rng, "two", 6), **words(rng, "three", 6), **words(rng, "four", 6)}
    )


def grouped(rng: np.random.Generator) -> pd.DataFrame:
    return noise(rng, 6).assign(**words(rng, "town", 60), **words(rng, "shop", 8))


def written(rng: np.random.Generator) -> pd.DataFrame:
    texts = [" ".join(rng.choice([f"word{place}" for place in range(300)], 12)) for _ in range(ROWS)]
    return noise(rng, 1).assign(note=texts)


def tailed(rng: np.random.Generator) -> pd.DataFrame:
    return np.exp(noise(rng, 8))


KEPT = {"features.keep": "important"}
CASES: dict[str, tuple[Any, str, dict[str, Any], float | None]] = {  # table, family, values, least area done wrongly
    "target encoding": (keyed, "linear", {"prepare.high_cardinality": "both"}, 0.75),
    "crosses": (crossed, "hist_gb", {"features.make": "groups"}, 0.6),
    "groups": (grouped, "hist_gb", {"features.make": "groups"}, 0.6),
    "arithmetic": (lambda rng: noise(rng, 40), "hist_gb", {"features.make": "arithmetic", **KEPT}, 0.6),
    "selection": (lambda rng: noise(rng, 500), "linear", KEPT, 0.7),
    "correlation": (lambda rng: noise(rng, 50), "linear", {"features.keep": "distinct"}, None),
    "components": (lambda rng: noise(rng, 50), "linear", {"features.pca": "instead"}, None),
    "text": (written, "linear", {"prepare.text_components": 20}, None),
    "scaling": (tailed, "linear", {"prepare.scale": "quantile", "prepare.skew": "log"}, None),
}
SMALL = {"hist_gb.max_iter": 30}


def case(name: str, draw: int) -> tuple[Any, Any, dict[str, Any], Any]:
    """Return table, space, configuration and folds."""
    make, family, values, _ = CASES[name]
    rng = np.random.default_rng(draw)
    frame = make(rng)
    table = read_table(frame, y=rng.permutation(np.arange(ROWS) % 2))
    space = zoo(table, (family,))
    small = {label: value for label, value in SMALL.items() if label.startswith(family)}
    return table, space, space.validate({"model": family, **values, **small}), make_splits(table, FOLDS, seed=draw)


def as_a_run_does(name: str, draw: int, folder: Path) -> float:
    """Return the mean area over the folds."""
    table, space, config, splits = case(name, draw)
    evaluator = TableEvaluator(table, splits, *metric_for(table.task, "roc_auc"), space, folder)
    return float(np.mean([evaluator.evaluate(config, fold, seed=fold).score for fold in range(evaluator.folds)]))


def wrongly(name: str, draw: int) -> float:
    """Return the mean area over the folds where the preparation was fitted on all rows before the split."""
    table, space, config, splits = case(name, draw)
    pipeline = space.make(config)
    X = pipeline[:-1].fit(table.X, table.y).transform(table.X)
    found = []
    for train, test in splits.pairs:
        model = clone(pipeline[-1]).fit(X[train], table.y[train])
        found.append(roc_auc_score(table.y[test], model.predict_proba(X[test])[:, 1]))
    return float(np.mean(found))


@pytest.mark.parametrize("name", CASES)
def test_random_labels_cannot_be_told(name, tmp_path):
    found = [as_a_run_does(name, draw, tmp_path) for draw in range(DRAWS)]
    assert abs(np.mean(found) - 0.5) < NOISE, found


@pytest.mark.parametrize("name", [name for name, (*_, least) in CASES.items() if least is not None])
def test_they_can_be_told_where_the_preparation_has_seen_the_rows_that_are_scored(name):
    assert wrongly(name, 0) > CASES[name][3]
