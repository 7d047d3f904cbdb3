"""The exported script stands alone and predicts what the winner predicts."""

from __future__ import annotations

import ast
import subprocess
import sys
import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from automl_magic.export import script
from automl_magic.expressions import WIDTH, Writer
from automl_magic.pasting import paste
from automl_magic.tabular.artefacts import load_vote
from automl_magic.tabular.evaluate import TableEvaluator
from automl_magic.tabular.metrics import metric_for
from automl_magic.tabular.splits import make_splits
from automl_magic.tabular.steps import CleanTable, TextTopics
from automl_magic.tabular.task import read_table
from automl_magic.tabular.vote import VoteClassifier

SEEDS = [11, 12, 13, 14, 15]


def people(rows=240, seed=0):
    """A table with numbers, gaps, words, a text and awkward names."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(40, 10, rows)),
            'a "quoted" name': rng.choice(["red", "green", "blue"], rows),
            "income [€]": rng.lognormal(0, 1, rows),
            "note": rng.choice(["one two", "two three four", "five six"], rows),
            "team": rng.integers(0, 40, rows),
            "when": rng.permutation(rows),
        }
    )
    signal = frame["age"].fillna(50) / 10 + (frame['a "quoted" name'] == "red") + rng.normal(size=rows)
    return frame.assign(target=np.where(signal > signal.median(), "yes", "no"), value=signal)


def preparing(model):
    clean = CleanTable(numbers=["age", "income [€]"], categories=['a "quoted" name'], texts=["note"])
    parts = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["age", "income [€]"]),
            ("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ['a "quoted" name']),
            ("note", TextTopics(components=2), ["note"]),
        ]
    )
    return Pipeline([("clean", clean), ("parts", parts), ("model", model)])


class One:
    """A space of one pipeline."""

    def __init__(self, pipeline):
        self.pipeline = pipeline

    def make(self, config):
        import copy

        return copy.deepcopy(self.pipeline)


def compare(tmp_path, frame, pipeline, target="target", cv=3, group=None, order=None, fresh=False):
    """Return the winner's predictions, those of the script, and the script."""
    drop = tuple(name for name in ("target", "value") if name != target and name in frame)
    table = read_table(frame, target, group=group, order=order, ignore=drop)
    splits = make_splits(table, cv, seed=4)
    evaluator = TableEvaluator(table, splits, *metric_for(table.task), One(pipeline), tmp_path)
    seeds = [10 + fold for fold in range(evaluator.folds)]
    results = [evaluator.evaluate({}, fold, seed=seeds[fold]) for fold in range(evaluator.folds)]
    best = load_vote(tmp_path, {fold: one.artefacts["model"] for fold, one in enumerate(results)}, table.task, splits)
    code = script(pipeline, table, splits, seeds, group=group, order=order)
    assert "automl_magic" not in code
    rows = frame[list(table.X.columns)]
    ask = "predict" if table.task.kind == "regression" else "predict_proba"
    run = in_a_fresh_process if fresh else here
    return getattr(best, ask)(rows), run(tmp_path, code, frame, rows, ask), code


def here(tmp_path, code, frame, rows, ask):
    space = {"df": frame.copy(), "__name__": "made"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(code, space)
    return getattr(space["best"], ask)(rows)


def in_a_fresh_process(tmp_path, code, frame, rows, ask):
    frame.to_pickle(tmp_path / "df.pkl")
    rows.to_pickle(tmp_path / "rows.pkl")
    (tmp_path / "made.py").write_text(code, encoding="utf-8")
    program = f"""
import sys, pandas, numpy
space = {{"df": pandas.read_pickle("df.pkl"), "__name__": "made"}}
exec(open("made.py", encoding="utf-8").read(), space)
assert not any(name.startswith("automl_magic") for name in sys.modules)
numpy.save("told.npy", space["best"].{ask}(pandas.read_pickle("rows.pkl")))
"""
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr + code
    return np.load(tmp_path / "told.npy")


def test_the_script_predicts_exactly_what_the_winner_predicts(tmp_path):
    pipeline = preparing(RandomForestClassifier(n_estimators=12, max_depth=np.int64(4), random_state=0))
    expected, told, code = compare(tmp_path, people(), pipeline, fresh=True)
    assert np.array_equal(expected, told)
    assert "random_state=seed" in code and "n_estimators=12" in code and "max_depth=4" in code
    assert "class VoteClassifier" in code and "class TextTopics" in code and "class VoteRegressor" not in code
    assert "class DateParts" not in code  # only what is used
    assert "min_samples_split" not in code  # and only what differs from the defaults


def test_a_regression_with_repeated_folds_and_groups(tmp_path):
    pipeline = preparing(RandomForestRegressor(n_estimators=5))
    expected, told, code = compare(tmp_path, people(), pipeline, "value", "auto", group="team")
    assert np.array_equal(expected, told) and "vote__groups=groups" in code
    expected, told, code = compare(tmp_path, people(60), pipeline, "value", "auto")
    assert np.array_equal(expected, told) and "RepeatedKFold(n_splits=5, n_repeats=3, random_state=4)" in code


@pytest.mark.parametrize("options", [{"cv": "holdout"}, {"order": "when"}, {"order": "when", "cv": "holdout"}])
def test_one_model_instead_of_a_vote(tmp_path, options):
    expected, told, code = compare(tmp_path, people(), preparing(LogisticRegression(C=0.3)), **options)
    assert np.array_equal(expected, told) and "Vote" not in code


def test_dates_as_texts_give_the_order_of_time(tmp_path):
    frame = people()
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(frame["when"], unit="D")
    frame = frame.assign(when=days.dt.strftime("%d.%m.%Y"))
    expected, told, code = compare(tmp_path, frame, preparing(LogisticRegression()), order="when")
    assert np.array_equal(expected, told) and "%d.%m.%Y" in code


def test_numbers_with_separators_and_units_are_read_alike_in_the_script(tmp_path):
    frame = people()
    frame = frame.assign(
        age=[f"{value:.1f} years".replace(".", ",") if value == value else "n/a" for value in frame["age"]],
        **{"income [€]": [f"€{1000 * value:,.2f}" for value in frame["income [€]"]]},
        when=[f"{value + 990:,}" for value in frame["when"]],
    )
    pipeline = preparing(RandomForestClassifier(n_estimators=5, random_state=0))
    pipeline.named_steps["clean"].set_params(written={"age": "1234,5 years", "income [€]": "€1,234.5"})
    expected, told, code = compare(tmp_path, frame, pipeline, order="when", fresh=True)
    assert np.array_equal(expected, told) and '"income [€]": "€1,234.5"' in code
    read = pipeline.named_steps["clean"].fit(frame.drop(columns="when")).transform(frame)
    plain = people()[["age", "income [€]"]].to_numpy() * [1, 1000]
    assert np.allclose(read[["age", "income [€]"]], plain, atol=0.06, equal_nan=True)


def test_numbers_alone_rows_without_a_target_and_labels_that_are_numbers(tmp_path):
    frame = people()[["income [€]", "when"]].assign(target=np.tile([1.0, 0.0, 2.0, np.nan], 60))
    model = make_pipeline(StandardScaler(), MLPClassifier((5, 3), max_iter=20))
    expected, told, code = compare(tmp_path, frame, model)
    assert np.array_equal(expected, told) and "hidden_layer_sizes=(5, 3)" in code


def test_folds_that_cannot_be_used_are_left_out_in_the_script_too(tmp_path):
    frame = people().assign(team=np.repeat(np.arange(6), 40))
    frame["target"] = np.where(frame["team"] == 1, "no", frame["target"])
    pipeline = preparing(LogisticRegression())
    table = read_table(frame, "target", group="team", ignore=("value",))
    assert len(make_splits(table, 6, seed=4).pairs) == 5
    expected, told, code = compare(tmp_path, frame, pipeline, cv=6, group="team")
    assert np.array_equal(expected, told) and "kept" in code


def test_lines_are_at_most_a_hundred_columns_and_the_code_is_python():
    names = [f"a rather long name of a column {number}" for number in range(40)]
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 40)), columns=names).assign(y=np.arange(50.0))
    table = read_table(frame, "y")
    pipeline = Pipeline([("clean", CleanTable(numbers=names)), ("model", RandomForestRegressor(min_samples_leaf=3))])
    code = script(
        pipeline, table, make_splits(table), SEEDS * 3, source="a table.csv", remarks=["RMSE 3.1", "Two\nlines"]
    )
    ast.parse(code)
    made = code[code.index("def make_pipeline") :]
    assert max(len(line) for line in made.splitlines()) <= WIDTH
    assert 'df = pd.read_csv("a table.csv")' in code and "# RMSE 3.1" in code and "# lines" in code


def square(values):
    return values**2


VALUES = [
    None,
    True,
    3,
    -2.5,
    "text",
    'with "quotes"',
    "line\nbreak",
    (1,),
    (),
    [],
    {},
    {"a": [1, 2], 3: None},
    {1, 2},
    frozenset([1]),
    slice(1, None),
    np.float64(0.1),
    np.int32(4),
    np.array([[1, 2], [3, 4]]),
    np.array([1.0, 2.0], dtype=np.float32),
    np.array(["a", None], dtype=object),
    np.log1p,
    np.float32,
    np.dtype("float32"),
    int,
    f_classif,
    LogisticRegression,
    partial(f_classif, y=1),
    float("inf"),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_from_its_code(value):
    again = evaluate(value)
    if isinstance(value, np.ndarray):
        assert value.dtype == again.dtype and np.array_equal(value, again)
    elif isinstance(value, partial):
        assert (value.func, value.args, value.keywords) == (again.func, again.args, again.keywords)
    else:
        assert value == again


def evaluate(value):
    writer = Writer()
    code = writer.write(value)
    names = {}
    for module, name in writer.imports:
        exec(f"from {module} import {name}" if name else f"import {module} as np", names)
    return eval(code, names)


@pytest.mark.parametrize(
    "model",
    [
        SimpleImputer(missing_values=np.nan, strategy="constant", fill_value="none"),
        SimpleImputer(missing_values=-1),
        OrdinalEncoder(categories=[["a", "b"]], handle_unknown="use_encoded_value", unknown_value=np.nan),
        FunctionTransformer(np.log1p, np.expm1, validate=True),
        SelectKBest(partial(f_classif), k=3),
        make_pipeline(ColumnTransformer([("a", "drop", ["x"]), ("b", "passthrough", [1])], remainder=StandardScaler())),
    ],
    ids=lambda model: type(model).__name__,
)
def test_an_estimator_comes_back_from_its_code(model):
    assert repr(evaluate(model)) == repr(model)


def test_not_a_number_comes_back_as_such():
    assert np.isnan(evaluate(float("nan")))


def test_what_was_defined_in_a_session_is_named_as_still_needed():
    namespace = {"__name__": "__main__"}
    exec("def square(values):\n    return values ** 2\nnameless = lambda values: values", namespace)
    frame = people()[["income [€]"]].assign(target=people()["target"])
    table = read_table(frame, "target")
    for function, name in ((namespace["square"], "square"), (namespace["nameless"], "your_function_1")):
        pipeline = make_pipeline(FunctionTransformer(function), LogisticRegression())
        code = script(pipeline, table, make_splits(table, 3), [1, 2, 3])
        ast.parse(code)
        assert f"# Also needed: your own {name}" in code and f"func={name}" in code


def test_a_step_that_is_refined_for_the_search_is_written_as_the_step_itself():
    refined = type("Refined", (CleanTable,), {"__module__": "automl_magic.tabular.prepare"})
    writer = Writer()
    assert writer.write(refined(numbers=["a"])) == 'CleanTable(numbers=["a"])' and writer.own == {
        "CleanTable": CleanTable
    }


def test_a_pasted_class_brings_what_it_needs_and_nothing_else():
    pasted = paste([VoteClassifier])
    text = "\n".join(pasted.sources)
    assert "def chances_of" in text and "class FoldVote" in text and "class VoteRegressor" not in text
    assert text.index("class FoldVote") < text.index("class VoteClassifier")
    assert "import numpy as np" in pasted.imports and not any("RegressorMixin" in line for line in pasted.imports)
