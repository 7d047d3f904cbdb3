"""The bad inputs: what is given, and whether the right answer is an error, a warning or silence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

QUICK = "--models linear --trials 2 --workers 0 --cv 2"
Names = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One bad input.

    Attributes
    ----------
    id : str
        The row of the table, and what the case is about where a row has several.
    answer : str
        "E": an error that names the offender and says what to do. "W": a warning that names it, and a result. "S": a
        result, and no word.
    says : tuple of str
        What must stand in the error or the warning: the offender, and the way out.
    names : callable
        Returns the variables that the cell sees.
    line : str
        The option line.
    body : str
        The body.
    check : callable, optional
        Called with the run and the variables, where there is a result.
    in_python : bool
        Whether `fit` is called with the same, too.
    """

    id: str
    answer: str
    says: tuple[str, ...]
    names: Callable[[], Names]
    line: str = "df --target y " + QUICK
    body: str = ""
    check: Callable[[Any, Names], None] | None = None
    in_python: bool = True


def table(rows: int = 40, seed: int = 0, **columns: Any) -> pd.DataFrame:
    """Return two numbers, a town, and a target that both noise and signal make; `columns` are added or replaced."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=rows), "b": rng.normal(size=rows)})
    frame["town"] = rng.choice(["Ulm", "Bonn", "Kiel"], rows)
    frame["y"] = np.where(frame["a"] + rng.normal(size=rows) > 0, "yes", "no")
    return frame.assign(**columns)


def given(frame: Any, **more: Any) -> Callable[[], Names]:
    """Return a function that returns the variables: the table as df, and others."""
    return lambda: {"df": frame() if callable(frame) else frame, **more}


def draw(seed: int, rows: int = 40) -> np.ndarray[Any, Any]:
    """Return numbers that say nothing."""
    return np.random.default_rng(seed).normal(size=rows)


def same_as_plain(change: Callable[[pd.DataFrame], Any]) -> Callable[[Any, Names], None]:
    """Return a check that the run predicts as one on the plain table does, and takes a table changed like its own."""

    def check(run: Any, names: Names) -> None:
        import automl_magic

        plain = automl_magic.fit(table(), "y", models=["linear"], trials=2, workers=0, cv=2)
        expected = plain.best.predict_proba(table().drop(columns="y"))
        assert np.allclose(run.best.predict_proba(change(table().drop(columns="y"))), expected)

    return check


def predicts(run: Any, names: Names) -> None:
    """Check that the result takes the table that it was learnt from."""
    df = names["df"]
    features = df.drop(columns="y") if isinstance(df, pd.DataFrame) and "y" in df else df
    assert len(run.best.predict(features)) == features.shape[0]


def column(name: str, role: str, levels: int | None = None) -> Callable[[Any, Names], None]:
    """Return a check of what a column was taken to be, and that the result takes the table."""

    def check(run: Any, names: Names) -> None:
        from automl_magic.tabular.columns import columns_of

        found = next(found for found in columns_of(names["df"].drop(columns="y")) if found.name == name)
        assert found.role == role and (levels is None or found.levels == levels)
        predicts(run, names)

    return check


def rows_used(count: int) -> Callable[[Any, Names], None]:
    """Return a check of the number of rows that were searched on."""

    def check(run: Any, names: Names) -> None:
        assert run.history.about["rows"] == count
        predicts(run, names)

    return check


EVIL = "<script>alert('x')</script>"
STRANGE = {"a": EVIL, "b": "  größe 📏 & <b>more</b>", "town": 'x{y}: [z], "q"'}


def escaped(run: Any, names: Names) -> None:
    """Check that no name becomes markup, and that the script of the result runs."""
    shown = run._repr_html_()
    assert "<script>" not in shown and "<b>more" not in shown
    features = names["df"].drop(columns="y")
    space: Names = {"df": names["df"]}
    exec(compile(run.code(), "<code>", "exec"), space)
    assert len(run.best.predict(features)) == 40


TABLES = (
    Case("B01-no-rows", "E", ("empty", "0 rows", "at least 4 rows"), given(table().iloc[:0])),
    Case("B01-nothing", "E", ("empty", "0 columns"), given(pd.DataFrame())),
    Case("B02-one-row", "E", ("at least 4 rows", "Got 1", "more rows"), given(table().iloc[:1].assign(y=0.5))),
    Case(
        "B02-fewer-rows-than-folds",
        "W",
        ("3 folds instead of 10", "only 6 rows"),
        given(lambda: table(6).assign(y=draw(3, 6))),
        "df --target y --models linear --trials 2 --workers 0 --cv 10",
        check=predicts,
    ),
    Case("B03", "E", ('"y"', "one class", "another target"), given(table(y="yes"))),
    Case("B03-number", "E", ('"y"', "one value", "another target"), given(table(y=1.5))),
    Case("B04", "E", ('"y"', "no value", "another target"), given(table(y=None))),
    Case(
        "B05",
        "W",
        ('7 rows without "y"',),
        given(lambda: table(y=[None] * 7 + list(table()["y"][7:]))),
        check=rows_used(33),
    ),
    Case("B06", "W", ("one value only", '"flat"'), given(table(flat="same")), check=column("flat", "constant")),
    Case("B07", "W", ("empty", '"void"'), given(table(void=np.nan)), check=column("void", "constant")),
    Case(
        "B08",
        "E",
        ('More than one column is named "a"', "Rename"),
        given(table().set_axis(["a", "a", "t", "y"], axis=1)),
    ),
    Case("B09", "S", (), given(table().rename(columns=STRANGE)), check=escaped),
    Case(
        "B10",
        "S",
        (),
        given(table().rename(columns={"a": "a[0]{}", "b": "b: 1, 2", "town": "['t']<>"})),
        "df --target y --models linear,lightgbm,xgboost --trials 4 --workers 0 --cv 2",
        check=lambda run, names: (predicts(run, names), _all_done(run))[0],
    ),
    Case(
        "B10-left-out",
        "S",
        (),
        given(table().rename(columns={"b": "b, c"}), gone=["b, c"]),
        "df --target y --ignore {gone} " + QUICK,
        check=lambda run, names: _columns_are(run, 2),
    ),
    Case("B11-whole-numbers", "S", (), given(table().set_axis([0, 1, 2, "y"], axis=1)), check=predicts),
    Case("B11-target", "S", (), given(table().set_axis([0, 1, 2, 3], axis=1)), "df --target 3 " + QUICK),
    Case(
        "B11-mixed",
        "E",
        ('More than one column is named "1"', "Rename"),
        given(table().set_axis([1, "1", "t", "y"], axis=1)),
    ),
    Case(
        "B12",
        "W",
        ("read as numbers", '"price"'),
        given(table(price=[f" {number:.2f}" for number in draw(5)])),
        check=column("price", "number"),
    ),
    Case(
        "B12-written",
        "W",
        ('"price" is read as numbers: "$" and "," were taken away',),
        given(lambda: table(b=table()["b"] * 1000).assign(price=[f"${1000 * number:,.2f}" for number in draw(5)])),
        check=lambda run, names: _same(
            run, names, table(b=table()["b"] * 1000).assign(price=[round(1000 * number, 2) for number in draw(5)])
        ),
    ),
    Case(
        "B13",
        "W",
        ("several types", '"mix"'),
        given(table(mix=["x", 1, 2.5, True] * 10)),
        check=column("mix", "category"),
    ),
    Case("B14", "W", ("missing", '"far"'), given(table(far=[np.inf, *draw(5)[1:]])), check=column("far", "number")),
    Case("B15", "W", ("1e30", '"far"'), given(table(far=[1e300, *draw(5)[1:]])), check=column("far", "number")),
    Case("B15-target", "E", ('"y"', "1e+100", "logarithm"), given(table(y=[1e300, *draw(2)[1:]]))),
    Case(
        "B16",
        "W",
        ("identifiers", '"key"', '"code"'),
        given(table(key=range(100, 140), code=[f"c{number:03d}" for number in range(40)])),
        check=column("code", "id"),
    ),
    Case(
        "B17",
        "S",
        (),
        given(
            table(
                when=pd.date_range("2020", periods=40, freq="7h", tz="Europe/Berlin")
                .to_series()
                .sample(frac=1, random_state=0)
                .array
            )
        ),
        check=lambda run, names: _expands(run, names, "when"),
    ),
    Case(
        "B18",
        "S",
        (),
        given(lambda: table(b=pd.to_timedelta(table()["b"] * 3600, unit="s"))),
        check=lambda run, names: _same(run, names, table().assign(b=table()["b"] * 3600)),
    ),
    Case("B19", "E", ('"list"', "lists", "ignore"), given(table(list=[[1, 2]] * 40))),
    Case(
        "B20",
        "S",
        (),
        given(
            table()
            .convert_dtypes()
            .assign(
                n=pd.array([1, None, 3, 4] * 10, dtype="Int64"),
                f=pd.array([True, None, False, True] * 10, dtype="boolean"),
            )
        ),
        check=predicts,
    ),
    Case(
        "B21",
        "S",
        (),
        given(table(town=pd.Categorical(["Ulm", None, "Bonn", "Kiel", None] * 8))),
        check=column("town", "category", 3),
    ),
    Case("B22", "E", ('"z"', "complex", "ignore"), given(table(z=[1j, 2.0] * 20))),
    Case(
        "B23",
        "E",
        ("several levels", "Flatten", "df.columns ="),
        given(table().set_axis(pd.MultiIndex.from_product([["u"], ["a", "b", "town", "y"]]), axis=1)),
    ),
    Case("B24", "S", (), given(table().set_axis([7] * 40, axis=0)), check=same_as_plain(lambda frame: frame)),
)
XY = "X y " + QUICK


def pair(y: Any, X: Any = None) -> Callable[[], Names]:
    """Return a function that returns features and target as two variables."""
    return lambda: {"X": table().drop(columns="y") if X is None else X, "y": y}


def _sparse() -> Any:
    from scipy import sparse

    return sparse.random(40, 6, density=0.6, random_state=0, format="csr")


def _polars() -> Any:
    import polars

    return polars.DataFrame(table().to_dict("list"))


def _arrow() -> Any:
    import pyarrow

    return pyarrow.Table.from_pydict(table().to_dict("list"))


TARGETS = (
    Case(
        "B25",
        "E",
        ("different orders", "y.loc[X.index]"),
        pair(table()["y"].iloc[::-1]),
        XY,
    ),
    Case(
        "B25-twice",
        "E",
        ("different orders",),
        pair(table()["y"].set_axis([1] * 2 + [0] * 38), table().drop(columns="y").set_axis([0] * 38 + [1] * 2)),
        XY,
    ),
    Case(
        "B25-other-labels",
        "W",
        ("other index", "one after the other"),
        pair(table()["y"].set_axis(range(100, 140)), table().drop(columns="y").set_axis(range(50, 90))),
        XY,
    ),
    Case("B25-reset", "S", (), pair(table()["y"].set_axis(range(100, 140))), XY),
    Case("B26", "E", ("30 values and 40 rows", "same rows"), pair(table()["y"].iloc[:30]), XY),
    Case(
        "B27",
        "S",
        (),
        lambda: {"X": _sparse(), "y": table()["y"].to_numpy()},
        XY,
        check=lambda run, names: _takes(run, names["X"]),
    ),
    Case(
        "B27-frame",
        "S",
        (),
        lambda: {"X": pd.DataFrame.sparse.from_spmatrix(_sparse()), "y": table()["y"]},
        XY,
        check=lambda run, names: _takes(run, names["X"]),
    ),
    Case("B28", "S", (), given(_polars), check=same_as_plain(lambda frame: _polars().drop("y"))),
    Case("B29", "S", (), given(_arrow), check=same_as_plain(lambda frame: _arrow().drop_columns("y"))),
    Case(
        "B30",
        "W",
        ("1 class has one row",),
        given(lambda: table(y=[*np.tile(["u", "v", "w"], 13), "lone"])),
        check=predicts,
    ),
    Case(
        "B31",
        "W",
        ("smaller class", "0.5%", "average_precision"),
        given(lambda: table(400, y=np.arange(400) % 200 == 7)),
        check=predicts,
    ),
    Case("B32-words", "S", (), given(table()), check=lambda run, names: _classes_are(run, ["no", "yes"])),
    Case(
        "B32-flags",
        "S",
        (),
        given(lambda: table(y=table()["y"] == "yes")),
        check=lambda run, names: _classes_are(run, [False, True]),
    ),
    Case(
        "B33",
        "W",
        ('"y"', "two numbers", "task=regression"),
        given(lambda: table(y=np.where(table()["y"] == "yes", 1.0, 2.0))),
    ),
    Case(
        "B34",
        "E",
        ('"y"', "40 different values in 40 rows", "another target"),
        given(table(y=[f"n{number}" for number in range(40)])),
    ),
    Case("B35", "E", ('"y"', "one type", "int, str", "astype(str)"), given(table(y=[1, "one"] * 20))),
    Case("B36", "S", (), pair(table()[["y"]]), XY, check=lambda run, names: _classes_are(run, ["no", "yes"])),
    Case(
        "B37-renamed",
        "W",
        ('"copy"', "tells the target", "--ignore copy"),
        given(lambda: table(copy=table()["y"].map({"no": "B", "yes": "A"}))),
    ),
    Case("B37-encoded", "W", ('"copy"', "tells the target"), given(lambda: table(copy=(table()["y"] == "yes") * 1.0))),
    Case(
        "B37-with-gaps",
        "W",
        ('"copy"', "tells the target"),
        given(lambda: table(copy=(table()["y"] == "yes").where(draw(1) < 1))),
    ),
    Case(
        "B37-finer",
        "W",
        ('"copy"', "tells the target"),
        given(lambda: table(copy=table()["y"] + np.tile(["1", "2"], 20))),
    ),
    Case(
        "B37-noisy",
        "W",
        ('"copy"', "tells the target"),
        given(lambda: table(copy=(table()["y"] == "yes") + 0.1 * draw(1).clip(-3, 3))),
    ),
    Case(
        "B37-filled-for-one-class",
        "W",
        ('"ended"', "tells the target"),
        given(lambda: table(ended=np.where(table()["y"] == "yes", draw(1), np.nan))),
    ),
    Case("B37-number", "W", ('"copy"', "tells the target"), given(lambda: table(y=draw(2), copy=draw(2)))),
    Case("B37-monotone", "W", ('"copy"', "tells the target"), given(lambda: table(y=draw(2), copy=-np.exp(draw(2))))),
    Case("B37-rounded", "W", ('"copy"', "tells the target"), given(lambda: table(y=draw(2), copy=draw(2).round(2)))),
    Case(
        "B37-words",
        "W",
        ('"copy"', "tells the target"),
        given(lambda: table(y=draw(2), copy=[f"{number:.6f}" for number in draw(2)])),
    ),
    Case("B38-target-alone", "E", ("no column but the target", "learn from"), given(table()[["y"]])),
    Case(
        "B38-all-ignored",
        "E",
        ("No column is left", "Ignore fewer"),
        given(table()),
        "df --target y --ignore a,b,town " + QUICK,
    ),
    Case("B38-all-constant", "E", ("empty or constant", "differ"), given(table(a=1, b=None, town="Ulm"))),
    Case("B39", "E", ('"yy"', 'Did you mean "y"', "columns are"), given(table()), "df --target yy " + QUICK),
    Case("B39-none", "E", ("which column is to be predicted", "Name it"), given(table()), "df " + QUICK),
    Case("B40", "E", ('a column "y" as well', "drop"), pair(table()["y"], table()), XY),
    Case("B40-ignored", "E", ('"y" is the target', "ignore"), given(table()), "df --target y --ignore y " + QUICK),
    Case("B40-group", "E", ('"y" is the target', "group"), given(table()), "df --target y --group y " + QUICK),
)


def _all_done(run: Any) -> None:
    assert {trial.state for trial in run.history.trials.values() if not trial.hidden} == {"done"}


def _columns_are(run: Any, count: int) -> None:
    assert run.history.about["columns"] == count


def _classes_are(run: Any, classes: list[Any]) -> None:
    assert run.best.classes_.tolist() == classes


def _takes(run: Any, X: Any) -> None:
    dense = X.sparse.to_dense() if isinstance(X, pd.DataFrame) else X.toarray()
    assert np.array_equal(run.best.predict(X), run.best.predict(dense))


def _expands(run: Any, names: Names, name: str) -> None:
    """Check that a date in another zone is the same moment of the day on the wall, and that the date counts."""
    from automl_magic.tabular.converting import dates_from
    from automl_magic.tabular.steps import DateParts

    parts = DateParts().fit(pd.DataFrame({name: dates_from(names["df"][name])}))
    assert {"days", "month", "weekday", "hour"} - {part for _, part in parts.parts_} <= {"month"}
    predicts(run, names)


def _same(run: Any, names: Names, plain: pd.DataFrame) -> None:
    import automl_magic

    other = automl_magic.fit(plain, "y", models=["linear"], trials=2, workers=0, cv=2)
    ours = run.best.predict_proba(names["df"].drop(columns="y"))
    assert np.allclose(ours, other.best.predict_proba(plain.drop(columns="y")))


def _file(text: str) -> Path:
    path = Path("table.csv")
    path.write_text(text)
    return path


# -- options, names and the body ---------------------------------------------------------------------------------------


class Locked:
    """A model with a lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {}

    def set_params(self, **_: Any) -> Any:
        return self

    def fit(self, X: Any, y: Any) -> Any:
        return self

    def predict(self, X: Any) -> Any:
        return np.zeros(len(X))


class Bare:
    """A model that cannot be searched."""

    def fit(self, X: Any, y: Any) -> Any:
        return self

    def predict(self, X: Any) -> Any:
        return np.zeros(len(X))


class Broken(LogisticRegression):
    """A model that fails in four ways, one of them rarely."""

    reasons = ["no fuel"] * 3 + ["no wheels"] * 2 + ["no road"] * 2 + ["no driver", "no idea"]

    def fit(self, X: Any, y: Any) -> Any:
        reason = Broken.reasons.pop(0)
        Broken.reasons.append(reason)
        raise ValueError(reason)


MODELS: Names = {"LogisticRegression": LogisticRegression, "Locked": Locked, "Bare": Bare, "Broken": Broken}
BODY = "df --target y --trials 2 --workers 0 --cv 2"


def options(text: str) -> str:
    """Return an option line on the plain table."""
    return f"df --target y --models linear --workers 0 --cv 2 {text}"


def mistake(id: str, says: tuple[str, ...], text: str, in_python: bool = True, **names: Any) -> Case:
    """Return a case of an option line that is answered with an error."""
    return Case(id, "E", says, given(table(), **names), text, in_python=in_python)


def body(id: str, says: tuple[str, ...], text: str, line: str = BODY, **names: Any) -> Case:
    """Return a case of a body that is answered with an error."""
    return Case(id, "E", says, given(table(), **MODELS, **names), line, text, in_python=False)


OPTIONS = (
    mistake("B44-zero", ("above 0", "time", "60s"), options("--time 0s"), in_python=False),
    mistake("B44-negative", ("time", "60s"), options("--time -5s"), in_python=False),
    mistake("B44-nan", ("time", "60s"), options("--time nan"), in_python=False),
    mistake("B44-no-unit", ("unit", '"60"', "60s"), options("--time 60"), in_python=False),
    mistake("B46", ("--taget", 'Did you mean "target"', "%%automl?"), "df --taget y " + QUICK, in_python=False),
    mistake("B46-value", ("cv", '"many"', "--cv 5"), "df --target y --models linear --trials 1 --cv many"),
    mistake("B46-task", ("task", "regresion", 'Did you mean "regression"'), options("--trials 1 --task regresion")),
    mistake("B46-model", ('"linaer"', 'Did you mean "linear"'), "df --target y --trials 1 --models linaer"),
    mistake("B46-search", ('"tbe"', 'Did you mean "tpe"'), options("--trials 1 --search tbe")),
    mistake("B46-share", ("test", "0.2"), options("--trials 1 --test 1.5")),
    mistake("B46-weights", ("--class-weight balanced in a cell",), options("--trials 1 --class-weight balancd")),
    mistake("B46-weights-numbers", ("--class-weight yes:3,no:1",), options("--trials 1 --class-weight yes:-3")),
    mistake("B46-size", ("--max-size 10MB",), options("--trials 1 --max-size many")),
    mistake("B46-latency", ("--max-latency 50ms",), options("--trials 1 --max-latency soon")),
    mistake("B46-workers", ("--workers 2 in a cell",), options("--trials 1").replace("--workers 0", "--workers -1")),
    mistake("B46-trials", ("trials", "20"), options("--trials 0")),
    mistake("B46-column", ('"twon"', 'Did you mean "town"'), options("--trials 1 --ignore twon")),
    mistake("B47-unknown", ('"rocauc"', 'Did you mean "roc_auc"', "accuracy"), options("--trials 1 --metric rocauc")),
    mistake("B47-not-fitting", ('"rmse"', "two classes", "Those that fit", "auc"), options("--trials 1 --metric rmse")),
    body("B48", ("SyntaxError", ":3", "x = (1"), "y = 1\nx = (1"),
    mistake("B49", ('"dff"', 'Did you mean "df"'), "dff --target y " + QUICK, in_python=False),
    mistake("B49-baseline", ('"tre"', 'Did you mean "tree"'), options("--trials 1 --baseline tre"), False, tree=1),
    mistake("B49-column", ('"y"', '"df" has a column', "--target y"), "df y " + QUICK, in_python=False),
    mistake("B49-dashes", ('"target=y"', "--target=y"), "df target=y " + QUICK, in_python=False),
    mistake("B49-no-data", ("No data are named", "Example"), "--target y " + QUICK, in_python=False),
    mistake("B50", ("no table", "Got int", "pandas"), "n --target y " + QUICK, n=42),
    mistake("B50-file", ('No file "none.csv"', "path"), "none.csv --target y " + QUICK),
    mistake("B50-array", ("no table", "1 dimension"), "n --target y " + QUICK, n=np.zeros(5)),
    mistake("B51-builtin", ('"print"', "--out price_model"), options("--trials 1 --out print"), in_python=False),
    mistake("B51-module", ('"np"', "module", "another name"), options("--trials 1 --out np"), in_python=False, np=np),
    mistake("B51-frame", ('"df"', "DataFrame", "another name"), options("--trials 1 --out df"), in_python=False),
    mistake("B51-run", ('"m_run"', "DataFrame"), options("--trials 1 --out m"), in_python=False, m_run=table()),
    mistake("B51-array", ('"v"', "ndarray"), options("--trials 1 --out v"), in_python=False, v=np.zeros(3)),
    mistake("B52", ('"3x"', "--out price_model"), options("--trials 1 --out 3x"), in_python=False),
    mistake("B52-keyword", ('"class"', "--out price_model"), options("--trials 1 --out class"), in_python=False),
    body("B54", ('"lock"', "Locked", "cannot be pickled", "__getstate__"), "Locked()"),
    body("B54-in-a-choice", ('"lock"', "Locked"), "Choice(LogisticRegression(), Locked())"),
    body("B54-processes", ('"lock"', "Locked"), "Locked()", "df --target y --trials 2 --workers 1 --cv 2"),
    mistake("B54-baseline", ('"lock"', "Locked"), options("--trials 1 --baseline mine"), mine=Locked()),
    body("B55-no-get_params", ("Bare", "no get_params", "BaseEstimator"), "Bare()"),
    body("B55-no-predict", ("StandardScaler", "no predict", "classifier"), "Scaler()", Scaler=StandardScaler),
    body("B55-in-a-choice", ("Bare", "no get_params"), "Choice(a=LogisticRegression(), b=Bare())"),
    body("B55-class", ("LogisticRegression()", "instance"), "LogisticRegression"),
    body("B55-other-task", ("Ridge", '"y"', "classifier"), "Ridge()", Ridge=Ridge),
    mistake("B55-baseline", ("DataFrame", "no fit, no predict"), options("--trials 1 --baseline df")),
    body(
        "B56",
        ("No trial gave a result", "no fuel (3x)", "no wheels (2x)", "no road (2x)", "Look at these errors"),
        "Broken(C=Float(0.1, 9))",
        "df --target y --trials 8 --workers 0 --cv 2 --baseline broken",
        broken=Broken(),
    ),
    body("B60-low-above-high", ("low", "5", "Float(1"), "LogisticRegression(C=Float(5, 1))"),
    body("B60-log-of-zero", ("log=True", "above 0", "Raise low"), "LogisticRegression(C=Float(0, 1, log=True))"),
    body("B60-empty", ("Choice", "at least one option", "Write"), "LogisticRegression(C=Choice())"),
    body("B60-space", ("linear.C", "0.001 to 1000"), "space['linear.C'] = 9999.0"),
)


# -- rows on both sides ------------------------------------------------------------------------------------------------


def twice() -> pd.DataFrame:
    """Return thirty rows, ten of them twice."""
    return pd.concat([table(30), table(30).iloc[:10]], ignore_index=True)


def dated() -> pd.DataFrame:
    """Return rows in the order of a date."""
    return table(when=pd.date_range("2020", periods=40))


ROWS = (
    Case("B58", "W", ("order of", '"when"', "--order when"), given(dated)),
    Case(
        "B58-one-row-each",
        "W",
        ("group of its own", '"who"'),
        given(table(who=range(40))),
        "df --target y --group who " + QUICK,
    ),
    Case(
        "B58-same-time",
        "W",
        ('"when"', "same in all rows"),
        given(table(when=3)),
        "df --target y --order when " + QUICK,
    ),
    Case(
        "B58-groups-apart",
        "W",
        ('2 of the 2 groups of "who"', "test table"),
        given(table(who=np.arange(40) % 8), later=table(20, seed=9, who=np.arange(20) % 2)),
        "df --target y --group who --test later " + QUICK,
    ),
    Case("B58-order-given", "S", (), given(dated), "df --target y --order when " + QUICK),
    Case("B59", "W", ("rows are scored", "equal row", "drop_duplicates", "--group"), given(twice)),
    Case(
        "B59-alike-by-chance",
        "S",
        (),
        given(lambda: twice().assign(a=twice()["a"].round(), b=1.0 * (twice()["b"] > 0))),
    ),
    Case(
        "B59-kept-together",
        "S",
        (),
        given(lambda: twice().assign(who=[*range(30), *range(10)])),
        "df --target y --group who " + QUICK,
    ),
    Case(
        "B67",
        "W",
        ("10 of the 15 rows", "test table", "Leave them out"),
        given(table(), later=pd.concat([table().tail(10), table(5, seed=8)])),
        "df --target y --test later " + QUICK,
    ),
    Case(
        "B67-lacking-a-column",
        "E",
        ('the test table has no column named "town"', 'Did you mean "Town"?', "--ignore"),
        given(table(), later=table(seed=8).rename(columns={"town": "Town"})),
        "df --target y --test later " + QUICK,
    ),
    Case(
        "B67-lacking-the-target",
        "E",
        ('the test table has no column named "y"',),
        given(table(), later=table(seed=8).drop(columns="y")),
        "df --target y --test later " + QUICK,
    ),
    Case(
        "B67-lacking-what-is-not-learnt-from",
        "W",
        ("identifiers", '"key"'),
        given(table(key=range(40), name="x"), later=table(seed=8)),
        "df --target y --ignore name --test later " + QUICK,
    ),
    Case("B67-new-rows", "S", (), given(table(), later=table(seed=8)), "df --target y --test later " + QUICK),
)


def wide() -> pd.DataFrame:
    """Return 40 rows of 8,000 numbers."""
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 8_000))).add_prefix("c")
    return pd.concat([frame, table()[["y"]]], axis=1)


WIDE = (Case("B70", "W", ("8,000 columns", "1,000", "ignore"), given(wide), in_python=False),)


# -- when the result predicts ------------------------------------------------------------------------------------------


def learnt(rows: int = 60) -> pd.DataFrame:
    """Return a table of every kind of column."""
    return table(
        rows,
        when=pd.Series(pd.date_range("2020", periods=rows, freq="D")).sample(frac=1, random_state=1).array,
        flag=np.arange(rows) % 3 == 0,
        size=pd.Categorical(np.tile(["S", "M", "L"], rows // 3), ["S", "M", "L"], ordered=True),
        zip=[f"0{1000 + number % 7}" for number in range(rows)],
        code=pd.Categorical(np.arange(rows) % 4),
        day=pd.date_range("2020", periods=rows, freq="D").strftime("%d.%m.%Y")[::-1],
        price=[f"${900 + 7 * (number % 31):,}" for number in range(rows)],
        note=[f"the {number % 7} of the {number % 11}" for number in range(rows)],
    )


def some(dates: pd.Series[Any]) -> pd.Series[Any]:
    """Return dates as texts, one of which is none."""
    return pd.Series(["soon", *dates.astype(str)[1:]])


@dataclass(frozen=True)
class Later:
    """What is given to a fitted result, and the right answer; `change` is made to the table that was learnt from."""

    id: str
    answer: str
    says: tuple[str, ...]
    change: Callable[[pd.DataFrame], Any]


LATER = (
    Later("B41", "S", (), lambda df: df.assign(town=["Rome", *df["town"][1:]])),
    Later("B41-all", "S", (), lambda df: df.assign(town="Rome")),
    Later("B42-missing", "E", ('"town"', "in training", "same columns"), lambda df: df.drop(columns="town")),
    Later("B42-renamed", "E", ('"town"', 'Did you mean "towns"'), lambda df: df.rename(columns={"town": "towns"})),
    Later("B42-more", "W", ('"more"', "Ignored"), lambda df: df.assign(more=1)),
    Later("B42-order", "S", (), lambda df: df[df.columns[::-1]]),
    Later("B42-with-target", "S", (), lambda df: df.assign(y="no")),
    Later("B43-number-word", "E", ('"a"', "numbers", "as it was"), lambda df: df.assign(a="high")),
    Later("B43-number-date", "E", ('"a"', "numbers"), lambda df: df.assign(a=pd.Timestamp("2020"))),
    Later("B43-word-number", "E", ('"town"', "words", "float64"), lambda df: df.assign(town=0.5)),
    Later("B43-date-number", "E", ('"when"', "dates", "int64"), lambda df: df.assign(when=20200101)),
    Later("B43-date-word", "E", ('"when"', "dates"), lambda df: df.assign(when="soon")),
    Later("B43-date-layout", "E", ('"day"', 'like "31.01.2026"'), lambda df: df.assign(day="2020-01-31")),
    Later(
        "B43-date-some", "W", ('"when"', 'like "2026-01-31"', "1 values"), lambda df: df.assign(when=some(df["when"]))
    ),
    Later("B43-written", "E", ('"price"', 'like "$1,234.5"'), lambda df: df.assign(price="1.234,5 €")),
    Later("B43-empty", "E", ("no rows", "at least one"), lambda df: df.iloc[:0]),
    Later("B43-one-row", "E", ("Got Series", "df.iloc[[0]]"), lambda df: df.iloc[0]),
    Later("B43-one-value", "E", ("Got list",), lambda df: df["a"].tolist()),
    Later("B43-no-values", "E", ("Got list",), lambda df: []),
    Later("B43-number", "E", ("Got int",), lambda df: 3),
    Later("B43-text", "E", ("Got str",), lambda df: "table.csv"),
    Later("B43-dicts", "S", (), lambda df: df.to_dict("records")),
    Later("B43-columns", "S", (), lambda df: df.to_dict("list")),
    Later("B43-lists", "S", (), lambda df: df.astype(object).to_numpy().tolist()),
    Later("B43-flag-word", "E", ('"flag"', "true and false"), lambda df: df.assign(flag="maybe")),
    Later("B41-ordered", "S", (), lambda df: df.assign(size="XXL")),
    Later("B43-level-number", "E", ('"size"', "words"), lambda df: df.assign(size=3)),
    Later("B43-some", "W", ('"a"', "1 values"), lambda df: df.assign(a=["high", *df["a"][1:].astype(str)])),
    Later("B43-text-of-numbers", "S", (), lambda df: df.assign(a=df["a"].astype(str))),
    Later("B43-zeros-lost", "E", ('"zip"', "words"), lambda df: df.assign(zip=df["zip"].astype(int))),
    Later("B43-codes", "S", (), lambda df: df.assign(code=df["code"].astype(float))),
    Later("B43-gaps", "S", (), lambda df: df.assign(a=None, town=None, when=None)),
)
