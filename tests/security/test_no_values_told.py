"""S10: a value of the data is found in no record, no log and no message, whatever fails."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

import automl_magic
from automl_magic.engine.scrubbing import Known, scrubbed
from automl_magic.engine.slot import reason_of
from automl_magic.errors import AutoMLError

TEXT = "".join(["zebra", "Vault", str(7 * 11 * 13), "q"])  # made here, so that no source holds it
NUMBER = 7 * 104933 + 0.25
CANARIES = (TEXT, TEXT.lower(), str(NUMBER), str(int(NUMBER)))


def quotes_it(X: Any) -> None:
    raise ValueError(f"row {list(X.iloc[0])} is bad, so is {X['note'].iloc[0]}")


def converts_it(X: Any) -> None:
    StandardScaler().fit(X[["note"]])


def looks_it_up(X: Any) -> None:
    print({}[X["note"].iloc[0]])


def prints_it_and_dies(X: Any) -> None:
    print(X["note"].iloc[0], X["pay"].iloc[0], flush=True)
    os._exit(3)


FAILURES = {function.__name__: function for function in (quotes_it, converts_it, looks_it_up, prints_it_and_dies)}


class Careless(ClassifierMixin, BaseEstimator):
    """Fail with a value of the data in its mouth."""

    def __init__(self, way: str = "quotes_it") -> None:
        self.way = way

    def fit(self, X: Any, y: Any) -> Careless:
        """Fail."""
        self.classes_ = np.unique(y)
        if self.way != "works":
            FAILURES[self.way](X)
        return self

    def predict(self, X: Any) -> Any:
        """Return the first class."""
        return np.repeat(self.classes_[0], len(X))


@pytest.fixture
def table(flowers: pd.DataFrame) -> pd.DataFrame:
    """Return the flowers with canaries in texts, numbers, dates, numbers in texts and mixed values."""
    frame = flowers.copy()
    rows = len(frame)
    frame["note"] = [TEXT] * 80 + ["short"] * (rows - 80)
    frame["pay"] = np.r_[np.full(80, NUMBER), np.arange(rows - 80)]
    frame["told"] = [TEXT if row % 60 == 0 else str(row) for row in range(rows)]
    frame["mixed"] = [row if row % 2 else TEXT for row in range(rows)]
    frame["when"] = ["2024-01-05"] * (rows - 1) + [TEXT]
    frame["who"] = [f"{TEXT}{row}" for row in range(rows)]
    frame["always"] = TEXT
    frame["rare"] = [TEXT] + ["common"] * (rows - 1)
    frame["large"] = np.r_[np.inf, np.full(rows - 1, NUMBER)]
    return frame


def none_in(texts: dict[str, str]) -> None:
    """Fail if a canary is found, and say where."""
    found = {
        where: text[max(0, text.find(canary) - 150) :][:300]
        for where, text in texts.items()
        for canary in CANARIES
        if canary in text
    }
    assert not found


def records(folder: Path) -> dict[str, str]:
    """Return what the run wrote but for its predictions and models."""
    return {
        str(file): file.read_text(errors="replace")
        for file in folder.rglob("*")
        if file.is_file() and file.parent.name != "artefacts"
    }


@pytest.mark.parametrize("target", ["kind", "class", "pay"])
@pytest.mark.filterwarnings("always")
def test_s10_a_run_tells_no_value(
    own_folder: Path,
    table: pd.DataFrame,
    quick: dict[str, Any],
    target: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    recwarn: pytest.WarningsRecorder,
) -> None:
    caplog.set_level(logging.DEBUG)
    table["class"] = np.where(table["kind"] == "rose", TEXT, "other")
    if target != "class":
        table = table.drop(columns="class")
    run = automl_magic.fit(table, target=target, name="told", **quick)
    run.save(own_folder / "saved.jsonl")
    texts = records(own_folder)
    texts |= {"printed": "".join(capfd.readouterr()), "logged": caplog.text}
    texts |= {"warned": " ".join(str(warning.message) for warning in recwarn)}
    if target != "class":  # the names of classes may be told to the person
        texts |= {"summary": " ".join(run.summary()), "shown": run._repr_html_() + repr(run)}
    texts |= {"notes": " ".join(note.text for note in run.history.notes)}
    assert any("journal" in where for where in texts)
    none_in(texts)


@pytest.mark.parametrize("workers", [0, 1])
def test_s10_failures_tell_no_value(
    own_folder: Path, table: pd.DataFrame, workers: int, capfd: pytest.CaptureFixture[str]
) -> None:
    ways = [way for way in FAILURES if workers or way != "prints_it_and_dies"]
    take = ColumnTransformer(
        [("all", "passthrough", list(table.columns.drop("kind")))], verbose_feature_names_out=False
    )
    take.set_output(transform="pandas")
    space = Pipeline([("take", take), ("model", Careless(way=automl_magic.Choice("works", *ways)))])
    plan = {"search": "grid", "trials": len(ways) + 2, "workers": workers, "cv": 2, "metric": "accuracy"}
    run = automl_magic.fit(table, target="kind", space=space, name="told", **plan)
    reasons = [trial.reason or "" for trial in run.history.trials.values() if trial.state == "failed"]
    assert len(reasons) == len(ways), reasons
    run.save(own_folder / "saved.jsonl")
    texts = records(own_folder) | {"printed": "".join(capfd.readouterr())}
    texts |= {"reasons": " ".join(reasons), "summary": " ".join(run.summary()), "shown": run._repr_html_()}
    none_in(texts)
    whole = [trial.error or "" for trial in run.history.trials.values() if trial.state == "failed"]
    assert all(TEXT in error for error in whole), "the whole text is there for who debugs, in memory"


def test_s10_a_run_without_a_result_tells_no_value(own_folder: Path, table: pd.DataFrame) -> None:
    with pytest.raises(AutoMLError) as caught:
        automl_magic.fit(
            table, target="kind", space=Careless(), baseline=Careless(), trials=1, workers=0, cv=2, name="told"
        )
    none_in(records(own_folder) | {"error": str(caught.value)})
    assert "is bad" in str(caught.value)


def raised(work: Callable[[], Any], known: tuple[Any, ...] = ()) -> str:
    """Return how what `work` raises is told."""
    with pytest.raises(Exception) as caught:
        work()
    return reason_of(caught.value, known)


def test_s10_messages_stay_helpful() -> None:
    X, y = np.ones((20, 2)), np.repeat([0, 1], 10)
    assert raised(lambda: LogisticRegression(C=-3.5).fit(X, y), ({"C": -3.5},)) == (
        "InvalidParameterError: The 'C' parameter of LogisticRegression must be a float in the range (0.0, inf]. "
        "Got -3.5 instead."
    )
    assert raised(lambda: KNeighborsClassifier(50).fit(X, y).predict(X), (50, 20)).endswith(
        "Expected n_neighbors <= n_samples_fit, but n_neighbors = 50, n_samples_fit = 20, n_samples = 20"
    )
    assert raised(lambda: LogisticRegression().fit(X * np.nan, y)) == "ValueError: Input X contains NaN."
    assert raised(lambda: 1 / 0) == "ZeroDivisionError: division by zero"
    assert raised(lambda: None + 1) == "TypeError: unsupported operand type(s) for +: 'NoneType' and 'int'"  # type: ignore[operator]
    assert raised(lambda: [][3]) == "IndexError: list index out of range"
    told = raised(lambda: float(TEXT))
    assert told.startswith("ValueError: could not convert string to float: '…' (raised by <lambda> in ")


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "bad: {}",
        "a '{}' b",
        'a "{}" b',
        "[{}]",
        "x={}",
        "it's {}",
        "<{}>",
        "id-{}",
        "a.b@{}.org",
        "'it''s {}",
        "ä{}",
    ],
)
@pytest.mark.parametrize("secret", [TEXT, "Grmblfx", "Łódź", "41.5", "-4711", "4e7", "2024-03-05", "O'Grmblfx", "日本"])
def test_s10_no_form_of_a_value_stays(text: str, secret: str) -> None:
    told = scrubbed(text.format(secret), Known(["bad", "id"]))
    assert secret not in told and "…" in told
