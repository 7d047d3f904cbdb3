"""Every family of the zoo learns from every kind of table, and the zoo is what was asked for."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from automl_magic.engine.holes import Choice, Float
from automl_magic.engine.space import compile_space
from automl_magic.errors import OptionError
from automl_magic.extend import MODELS
from automl_magic.tabular import boosters
from automl_magic.tabular.model_steps import BoundedTarget, CodedLabels
from automl_magic.tabular.models import (
    baseline,
    baseline_config,
    families_for,
    needs_preparation,
    wrap,
    zoo,
)
from automl_magic.tabular.prepare import preparation
from automl_magic.tabular.sizes import most_rounds, most_trees
from automl_magic.tabular.task import Table, read_table
from tests.tabular.messy import TARGET, draw_messy
from tests.tabular.test_prepare import messy

FAMILIES = (
    "hist_gb",
    "linear",
    "lightgbm",
    "extra_trees",
    "catboost",
    "mlp",
    "forest",
    "xgboost",
    "svm",
    "knn",
    "dummy",
)
TASKS = ("numbers", "messy", "multiclass", "regression")
QUICK = {
    "hist_gb.learning_rate": 0.25,
    "forest.n_estimators": 50,
    "extra_trees.n_estimators": 50,
    "lightgbm.learning_rate": 0.25,
    "xgboost.learning_rate": 0.25,
    "catboost.learning_rate": 0.25,
}


def table_of(kind: str) -> Table:
    if kind == "numbers":
        X, y = make_classification(200, 8, random_state=0)
        return read_table(X, y=y.astype(bool))
    frame = messy(240)
    signal = frame["age [years]"].fillna(60) / 10 + (frame[" colour "] == "red") * 2
    if kind == "regression":
        return read_table(frame.assign(y=signal * 1e4), "y")
    if kind == "multiclass":
        return read_table(frame.assign(y=pd.cut(signal, 3, labels=["low", "mid", "high"]).astype(str)), "y")
    return read_table(frame.assign(y=np.where(signal > signal.median(), "yes", "no")), "y")


TABLES = {kind: table_of(kind) for kind in TASKS}


def configs_of(space: Any, family: str, number: int) -> list[Any]:
    """The first values and some random ones, with few trees."""
    small = {label: value for label, value in QUICK.items() if label.startswith(f"{family}.")}
    drawn = [space.models(family).sample(np.random.default_rng(seed)) for seed in range(number)]
    return [space.validate({"model": family}), *({**config, **small} for config in drawn)]


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_learns_and_predicts_rows_that_hold_what_training_did_not(family, kind):
    pytest.importorskip(family) if family in boosters.BOOSTERS else None
    table = TABLES[kind]
    space = zoo(table, (family,))
    fresh = table.X.iloc[:20].astype(object).copy()
    fresh.iloc[::3] = None
    if kind != "numbers":
        fresh.loc[1, "shop"], fresh.loc[1, " colour "] = "elsewhere", "violet"
    for config in configs_of(space, family, 2):
        pipeline = space.make(config)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", ConvergenceWarning)
            pipeline.fit(table.X, table.y)
            predicted = pipeline.predict(fresh)
        assert predicted.shape == (20,)
        if kind == "regression":
            assert np.isfinite(predicted).all()
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            chances = pipeline.predict_proba(fresh)
        assert chances.shape == (20, len(table.task.classes)) and np.allclose(chances.sum(axis=1), 1, atol=1e-5)
        assert tuple(pipeline.classes_) == table.task.classes and set(predicted) <= set(table.task.classes)
        assert isinstance(predicted[0], type(table.y[0]))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_copied_pickled_and_draws_the_same(family):
    pytest.importorskip(family) if family in boosters.BOOSTERS else None
    table = TABLES["messy"]
    space = zoo(table, (family,))
    pipeline = space.make(configs_of(space, family, 1)[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        told = pipeline.fit(table.X, table.y).predict_proba(table.X)
        again = clone(pipeline).fit(table.X, table.y).predict_proba(table.X)
    assert np.allclose(told, again)
    assert np.allclose(pickle.loads(cloudpickle.dumps(pipeline)).predict_proba(table.X), told)


def test_the_zoo_finds_the_signal_of_a_messy_table():
    train, fresh = draw_messy(rows=2_500, fresh=2_500)
    table = read_table(train.frame, TARGET)
    space = zoo(table, ("linear", "hist_gb"))
    for family, least in (("linear", 0.74), ("hist_gb", 0.71)):
        fitted = space.make(space.validate({"model": family})).fit(table.X, table.y)
        chances = fitted.predict_proba(fresh.frame)[:, 1]
        assert roc_auc_score(fresh.frame[TARGET] == "y", chances) > least


def test_the_zoo_holds_the_families_that_were_asked_for():
    table = TABLES["numbers"]
    installed = [family for family in FAMILIES if family != "dummy" and family not in boosters.missing()]
    assert list(zoo(table)["model"].options) == installed
    assert zoo(table, ("linear", "hist_gb"))["model"].options == ("linear", "hist_gb")
    assert zoo(table, "dummy")["model"].options == ("dummy",)
    assert "forest" not in zoo(table, None, ["forest"])["model"].options
    assert {"hist_gb.learning_rate", "linear.C", "mlp.depth", "mlp.width", "svm.C"} <= set(zoo(table).labels)
    regression = zoo(TABLES["regression"])
    assert {"linear.alpha", "mlp.width", "svm.gamma", "prepare.rare"} <= set(regression.labels)


def test_a_family_that_is_unknown_or_not_installed_is_answered_with_what_to_do(monkeypatch):
    table = TABLES["numbers"]
    with pytest.raises(OptionError, match='No model named "hist_gp". Did you mean "hist_gb"') as caught:
        zoo(table, ("hist_gp",))
    assert "Known: " in str(caught.value)
    with pytest.raises(OptionError, match='Did you mean "forest"'):
        zoo(table, (), ("forrest",))
    with pytest.raises(OptionError, match="No family of models is left"):
        zoo(table, ("linear",), ("linear",))
    monkeypatch.setattr(boosters, "missing", lambda: ("catboost",))
    with pytest.raises(OptionError, match=r'"catboost" is not installed.\npip install "automl_magic\[boost\]"'):
        zoo(table, ("catboost",))
    assert "catboost" not in zoo(table)["model"].options


def test_slow_families_and_many_trees_are_for_small_tables_only():
    rows = 12_000
    rng = np.random.default_rng(0)
    large = read_table(rng.normal(size=(rows, 20)), y=rng.integers(0, 2, rows))
    assert not {"svm", "knn"} & set(families_for(large)) and {"svm", "knn"} <= set(families_for(TABLES["numbers"]))
    assert most_rounds(large) < most_rounds(TABLES["numbers"]) == 500 and most_trees(large) < 300
    assert zoo(large, ("svm",))["model"].options == ("svm",)  # asked for by name
    rare = read_table(np.arange(60).reshape(-1, 1) % 7, y=["a", "b"] * 28 + ["c"] * 4)
    assert "svm" not in families_for(rare)


def test_a_family_of_ones_own_joins_the_zoo():
    @MODELS.register("own")
    def own(table: Table) -> Pipeline:
        model = LogisticRegression(C=Float(0.1, 10, log=True))
        return Pipeline([("prepare", preparation(table, "dense")), ("model", model)])

    try:
        assert "own.C" in zoo(TABLES["messy"])
    finally:
        del MODELS._members["own"]


def test_the_baseline_is_scikit_learns_own():
    table = TABLES["messy"]
    line = baseline(table)
    untuned = make_pipeline(line[:-1], HistGradientBoostingClassifier(random_state=0))
    told = clone(line).fit(table.X, table.y).predict_proba(table.X)
    assert np.array_equal(clone(untuned).fit(table.X, table.y).predict_proba(table.X), told)
    space = zoo(table)
    config = baseline_config(space)
    assert config is not None and config["model"] == "hist_gb" and space.contains(config)
    assert np.array_equal(space.make(config).fit(table.X, table.y).predict_proba(table.X), told)


def test_where_the_space_lacks_the_baseline_there_is_no_configuration_of_it():
    table = TABLES["messy"]
    space = zoo(table)
    assert baseline_config(zoo(table, ("linear",))) is None
    assert baseline_config(space.narrow("hist_gb.learning_rate", 0.2, 0.3)) is None
    assert baseline_config(space.drop("model", "hist_gb")) is None
    assert baseline_config(space.fix("hist_gb.max_bins", 63)) is None
    assert baseline_config(compile_space(LogisticRegression(C=Float(0.1, 10)))) is None
    assert baseline_config(space.narrow("forest.n_estimators", 60, 70)) is not None


def test_a_template_of_ones_own_stands_behind_the_preparation_where_the_table_needs_it():
    plain, table = TABLES["numbers"], TABLES["messy"]
    own = Choice(make_pipeline(StandardScaler(), SVC(C=Float(0.01, 100, log=True))), LogisticRegression())
    assert not needs_preparation(plain) and wrap(own, plain) is own
    wrapped = compile_space(wrap(own, table))
    assert wrapped["model"].options == ("svc", "logistic_regression") and "svc.C" in wrapped
    assert "prepare.scale" in wrapped and wrapped.make(wrapped.default()).fit(table.X, table.y).predict(table.X).size
    single = compile_space(wrap(LogisticRegression(C=Float(0.1, 10)), table))
    assert "C" in single and "prepare.scale" in single


def test_a_template_that_reads_columns_itself_is_left_as_it_is():
    table = TABLES["messy"]
    reading = make_pipeline(
        ColumnTransformer([("a", "passthrough", ["count{:}"])]), LogisticRegression(C=Float(0.1, 1))
    )
    ours = Pipeline([("prepare", preparation(table, "dense")), ("model", LogisticRegression())])
    assert wrap(reading, table) is reading and wrap(ours, table) is ours
    both = wrap(Choice(reading=reading, plain=LogisticRegression()), table)
    assert both.options[0] is reading and list(both.options[1].named_steps) == ["prepare", "model"]
    assert compile_space(both)["model"].options == ("reading", "plain")


@pytest.mark.parametrize("change", [{"a": [1.0, None] * 30}, {"a": ["1", "2"] * 30}, {"key": np.arange(60)}])
def test_numbers_with_gaps_texts_or_keys_need_preparation(change):
    frame = pd.DataFrame({"a": np.random.default_rng(0).normal(size=60)}).assign(**change)
    assert needs_preparation(read_table(frame, y=[0, 1, 1] * 20))


def test_bounded_targets_stay_near_what_was_seen():
    X = np.linspace(0, 1, 50).reshape(-1, 1)
    bounded = BoundedTarget(LinearRegression()).fit(X, 1e6 * X.ravel() + 5e6)
    assert np.allclose(bounded.predict(X), 1e6 * X.ravel() + 5e6)
    assert bounded.predict([[100.0], [-100.0]]).tolist() == pytest.approx([6.1e6, 4.9e6])
    assert BoundedTarget(LinearRegression()).fit(X, np.ones(50)).predict(X).tolist() == [1.0] * 50


def test_coded_labels_give_back_what_was_given():
    X = np.random.default_rng(0).normal(size=(60, 2))
    for y in (np.where(X[:, 0] > 0, "yes", "no").astype(object), X[:, 0] > 0, np.where(X[:, 0] > 0, 7, -1)):
        model = CodedLabels(LogisticRegression()).fit(X, y)
        assert set(model.classifier_.classes_) == {0, 1} and (model.predict(X) == y).mean() > 0.9
        assert model.classes_.tolist() == np.unique(y).tolist()
