"""Permutation importance over folds: planted truth, errors, and the time that it may take."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl_magic.extend import METRICS
from automl_magic.tabular.column_losses import Fold
from automl_magic.tabular.judges import scores_on
from automl_magic.tabular.metrics import Metric
from automl_magic.tabular.permuting import LEAST, Permuting

TRUE = {"a": 2.0, "b": 1.0}


@dataclass
class Line:
    """A model that knows the truth; it counts its calls and may be slow."""

    seconds: float = 0.0  # for each row
    calls: list[int] = field(default_factory=list)

    def predict(self, X: pd.DataFrame) -> Any:
        self.calls.append(len(X))
        time.sleep(self.seconds * len(X))
        return X["a"].to_numpy() * TRUE["a"] + X["b"].to_numpy() * TRUE["b"]


def permuting(
    name: str = "neg_root_mean_squared_error", rows: int = 1_000, classes: Any = (), **more: Any
) -> Permuting:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(rows, 3)), columns=["a", "noise", "b"])
    y = TRUE["a"] * X["a"] + TRUE["b"] * X["b"] + rng.normal(size=rows)
    labels = np.where(y > 0, classes[1], classes[0]) if classes else y.to_numpy()
    metric = METRICS.get(name)
    assert isinstance(metric, Metric)

    def predict(model: Line, frame: pd.DataFrame) -> Any:
        value = model.predict(frame)
        return np.column_stack([1 / (1 + np.exp(value)), 1 / (1 + np.exp(-value))]) if classes else value

    units = [(0,), (1,), (2,), (0, 2)]
    scores = partial(_scores, metric, classes)
    return Permuting(X, labels, units, predict, scores, **more)


def _scores(metric: Metric, classes: Any, y: Any, predictions: Any, weights: Any) -> Any:
    return scores_on(metric, y, predictions, weights, classes)


def folds(rows: int = 1_000, count: int = 5, model: Line | None = None) -> list[Fold]:
    parts = np.array_split(np.arange(rows), count)
    return [Fold(part, rows - len(part), lambda: model or Line()) for part in parts]


def test_the_loss_of_a_column_is_what_the_errors_say() -> None:
    found = permuting().losses(folds(), repeats=10)
    assert found is not None and (found.folds, found.repeats, found.rows) == (5, 10, 1_000)
    for loss, weight in zip(found.of, (TRUE["a"] ** 2, 0.0, TRUE["b"] ** 2, 5.0), strict=True):
        truth = np.sqrt(1 + 2 * weight) - 1  # a shuffled column adds twice its variance to the square of the error
        assert loss.low <= truth <= loss.high and loss.value == pytest.approx(truth, abs=0.25)
    assert found.of[1].value == found.of[1].error == 0.0  # the model does not look at it


@pytest.mark.parametrize("name", ["roc_auc", "neg_log_loss", "f1", "average_precision"])
def test_any_metric_will_do_also_where_a_fold_lacks_a_class(name: str) -> None:
    one = permuting(name, classes=("no", "yes"))
    by_class = np.argsort(one.y, kind="stable")
    parts = [by_class[:100], *np.array_split(np.random.default_rng(0).permutation(by_class[100:]), 4)]
    found = one.losses([Fold(part, 800, Line) for part in parts], repeats=3)
    assert found is not None and found.folds >= 4
    a, noise, b, both = found.of
    assert both.value > a.value > b.value > 0.01 and noise.value == 0.0 and a.low > 0


def test_a_single_fold_has_an_error_from_its_rows_and_folds_that_differ_widen_it() -> None:
    single = permuting().losses(folds(count=1), repeats=4)
    several = permuting().losses(folds(), repeats=4)
    assert single is not None and several is not None and single.folds == 1
    assert 0 < single.of[0].error < several.of[0].error  # folds share rows that are learnt from
    groups = np.repeat(np.arange(100), 10)  # a row says ten times the same
    one = permuting()
    X = one.X.iloc[::10].loc[one.X.iloc[::10].index.repeat(10)].reset_index(drop=True)
    y = np.repeat(one.y[::10], 10)
    apart = Permuting(X, y, one.units, one.predict, one.scores).losses(folds(count=1), 4)
    together = Permuting(X, y, one.units, one.predict, one.scores, groups=groups).losses(folds(count=1), 4)
    assert apart is not None and together is not None
    assert together.of[2].error > 1.5 * apart.of[2].error


def test_the_same_seed_gives_the_same_and_rows_are_drawn_from_a_large_fold() -> None:
    first, again = (permuting(seed=3).losses(folds(), repeats=2, rows=150) for _ in range(2))
    assert first == again and first is not None and first.rows == 5 * 150
    assert first != permuting(seed=4).losses(folds(), repeats=2, rows=150)


def test_shuffled_copies_are_predicted_together() -> None:
    model = Line()
    assert permuting().losses(folds(model=model), repeats=1) is not None
    assert model.calls == [200, 800, *[1_000] * 4]


@pytest.mark.parametrize("seconds", [0.3, 1.0])
def test_it_ends_in_time_with_fewer_rows_or_repeats(seconds: float) -> None:
    begun = time.perf_counter()
    found = permuting().losses(
        folds(model=Line(seconds=1e-4)), 1_000, left=lambda: seconds - (time.perf_counter() - begun)
    )
    assert time.perf_counter() - begun < 1.3 * seconds + 0.1
    assert found is not None and found.folds >= 1 and found.rows >= LEAST and found.of[0].value > 1


def test_nothing_is_told_where_the_time_does_not_suffice_for_the_fewest_rows() -> None:
    begun = time.perf_counter()
    slow = folds(model=Line(seconds=2e-3))
    assert permuting().losses(slow, 5, left=lambda: 0.2 - (time.perf_counter() - begun)) is None
    assert permuting().losses(folds(), 5, left=lambda: 0.0) is None
