"""Is the mean of the fold models as good as one refit on all rows? `python -m tests.benchmarks.vote_or_refit [seeds]`.

Each family's first values, on real tables of scikit-learn: half of the rows to learn from, half to score. The loss is
log loss or RMSE over that of the refit: below 1 the vote is better.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import train_test_split

from automl_magic.engine.space import compile_space
from automl_magic.extend import MODELS
from automl_magic.tabular.splits import make_splits
from automl_magic.tabular.task import read_table

TABLES = {"cancer": load_breast_cancer, "wine": load_wine, "digits": load_digits, "diabetes": load_diabetes}
FAMILIES = ("hist_gb", "linear", "forest", "extra_trees", "mlp", "knn")


def losses(table: str, family: str, seed: int) -> tuple[float, float]:
    """Return the loss of the vote and of the refit."""
    X, y = TABLES[table](return_X_y=True)
    X, X_new, y, y_new = train_test_split(
        X, y, test_size=0.5, random_state=seed, stratify=None if table == "diabetes" else y
    )
    known = read_table(X, y=y)
    space = compile_space(MODELS.get(family)(known))
    pipeline = space.make(space.default())
    voters = [
        clone(pipeline).fit(known.X.iloc[train], known.y[train]) for train, _ in make_splits(known, 5, seed).pairs
    ]
    refit = clone(pipeline).fit(known.X, known.y)
    fresh = known.X.iloc[:0].reindex(range(len(X_new)))
    fresh.loc[:, :] = X_new
    return loss_of([*voters], fresh, y_new), loss_of([refit], fresh, y_new)


def loss_of(models: list[Any], X: Any, y: Any) -> float:
    """Return the loss of the mean of the models' predictions."""
    if hasattr(models[0], "predict_proba"):
        chances = np.mean([model.predict_proba(X) for model in models], axis=0)
        return float(log_loss(y, np.clip(chances, 1e-6, 1.0) / np.clip(chances, 1e-6, 1.0).sum(axis=1, keepdims=True)))
    return float(root_mean_squared_error(y, np.mean([model.predict(X) for model in models], axis=0)))


def main(arguments: list[str]) -> None:
    """Print the table: for each family and table the median ratio over the seeds, and how often the vote won."""
    seeds = int(arguments[0]) if arguments else 5
    warnings.simplefilter("ignore")
    print(f"{'vote / refit':<14}" + "".join(f"{table:>12}" for table in TABLES))
    ratios: list[float] = []
    for family in FAMILIES:
        row = []
        for table in TABLES:
            pairs = np.array([losses(table, family, seed) for seed in range(seeds)])
            row.append(pairs[:, 0] / pairs[:, 1])
        ratios += [float(value) for values in row for value in values]
        print(f"{family:<14}" + "".join(f"{np.median(values):>12.3f}" for values in row), flush=True)
    found = np.array(ratios)
    print(f"median {np.median(found):.3f}, the vote better in {(found < 1).sum()} of {len(found)}")


if __name__ == "__main__":
    main(sys.argv[1:])
