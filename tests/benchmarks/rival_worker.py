"""One system on one table: fit, predict, say what it took. It runs in the system's own interpreter.

`python -P rival_worker.py FOLDER`: the folder holds X.parquet, y.parquet and asked.json; written are answer.json and
prediction.parquet. The test rows are read only when the fit has ended, and their target is not there.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

AUC, LOSS, RMSE = "binary", "multiclass", "regression"  # the kinds of task, each scored by one measure


class Asked(NamedTuple):
    """What a system is asked for: `preset` is what stands behind the colon of its name."""

    kind: str
    budget: float
    seed: int
    preset: str
    folder: Path


class Fitted(NamedTuple):
    """A model, and what its system said of it."""

    model: Any
    said: dict[str, float] = {}


def automl_magic(X: Any, y: Any, asked: Asked) -> Fitted:
    """Fit this project: a search over the table, its best as the model."""
    import automl_magic as ours

    presets: dict[str, dict[str, Any]] = {
        "": {},
        "noboost": {"exclude": ["lightgbm", "xgboost", "catboost"]},
        "single": {"ensemble": False},
    }
    metric = {AUC: "roc_auc", LOSS: "neg_log_loss", RMSE: "neg_root_mean_squared_error"}[asked.kind]
    task: Any = "regression" if asked.kind == RMSE else "classification"
    more = presets[asked.preset]
    run = ours.fit(
        X.assign(target=y.to_numpy()),
        target="target",
        time=asked.budget,
        seed=asked.seed,
        metric=metric,
        task=task,
        **more,
    )
    return Fitted(run.best, {"told": float(run.score), "low": run.score.low, "high": run.score.high})


def histgb(X: Any, y: Any, asked: Asked) -> Fitted:
    """Fit scikit-learn's gradient boosting with its defaults and native categories."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if asked.kind == RMSE else HistGradientBoostingClassifier
    return Fitted(kind(categorical_features="from_dtype", random_state=asked.seed).fit(X, y))


def flaml(X: Any, y: Any, asked: Asked) -> Fitted:
    """Fit FLAML with its defaults."""
    from flaml import AutoML

    model = AutoML()
    task = "regression" if asked.kind == RMSE else "classification"
    metric = {AUC: "roc_auc", LOSS: "log_loss", RMSE: "rmse"}[asked.kind]
    told = {"task": task, "metric": metric, "time_budget": asked.budget, "seed": asked.seed}
    model.fit(X_train=X, y_train=y, log_file_name=str(asked.folder / "flaml.log"), **told)
    return Fitted(model)


def autogluon(X: Any, y: Any, asked: Asked) -> Fitted:
    """Fit AutoGluon; a preset other than `medium_quality` is the colon's."""
    from autogluon.tabular import TabularPredictor

    metric = {AUC: "roc_auc", LOSS: "log_loss", RMSE: "root_mean_squared_error"}[asked.kind]
    folder = str(asked.folder / "autogluon")
    predictor = TabularPredictor(label="target", problem_type=asked.kind, eval_metric=metric, path=folder)
    table = X.assign(target=y.to_numpy())
    return Fitted(predictor.fit(table, time_limit=asked.budget, presets=asked.preset or "medium_quality"))


SYSTEMS = {made.__name__: made for made in (automl_magic, histgb, flaml, autogluon)}
IMPORTS = {"histgb": "sklearn.ensemble", "autogluon": "autogluon.tabular"}  # what is imported before the clock runs


def predicted(model: Any, X: Any, kind: str) -> pd.DataFrame:
    """Return one column "value", or one of each class's chances by the class's name."""
    if kind == RMSE:
        return pd.DataFrame({"value": pd.Series(model.predict(X)).to_numpy()})
    chances = model.predict_proba(X)
    if isinstance(chances, pd.DataFrame):
        return chances.rename(columns=str).reset_index(drop=True)
    return pd.DataFrame(chances, columns=[str(label) for label in model.classes_])


def latency_of(model: Any, X: Any, kind: str) -> float:
    """Return the seconds for 1,000 raw rows, the middle one of three."""
    thousand = X.sample(1000, replace=len(X) < 1000, random_state=0).reset_index(drop=True)
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        predicted(model, thousand, kind)
        times.append(time.perf_counter() - begun)
    return sorted(times)[1]


def main(folder: Path) -> None:
    """Answer what the folder asks."""
    told = json.loads((folder / "asked.json").read_text())
    name, _, preset = told["system"].partition(":")
    asked = Asked(told["kind"], told["budget"], told["seed"], preset, folder)
    answer: dict[str, Any] = {}
    X, y = pd.read_parquet(folder / "X.parquet"), pd.read_parquet(folder / "y.parquet")["target"]
    __import__(IMPORTS.get(name, name))
    try:
        begun = time.perf_counter()
        model, said = SYSTEMS[name](X, y, asked)
        answer["fit_s"] = time.perf_counter() - begun
        unseen = pd.read_parquet(folder / "unseen.parquet")
        predicted(model, unseen, asked.kind).to_parquet(folder / "prediction.parquet")
        answer["latency_1000_s"] = latency_of(model, unseen, asked.kind)
        answer["info"] = dict(said)
    except Exception as error:  # a system that fails is a row of the table
        answer["error"] = f"{type(error).__name__}: {error}"[:300]
        traceback.print_exc()
    (folder / "answer.json").write_text(json.dumps(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
