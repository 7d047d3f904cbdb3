"""`run.best` is an ordinary fitted estimator: it travels, clones, is cross-validated, and reads raw rows."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

import automl_magic
from automl_magic import Float
from automl_magic.result import RunResult
from automl_magic.tabular import boosters
from automl_magic.tabular.vote import VoteClassifier, VoteRegressor
from tests.messy_people import fresh, people

TARGETS = ("left", "grade", "worth")
FEATURES = [name for name in people(10).columns if name not in TARGETS]
FORBIDDEN = ("automl_magic.notebook", "IPython", "ipywidgets", "anywidget", "ipykernel", "matplotlib", "hyperopt")
LOAD = """
import pickle, sys
for name in {forbidden!r}:
    sys.modules[name] = None  # whoever imports it gets an ImportError
import numpy as np, pandas as pd
for name in {names!r}:
    best = pickle.load(open(name + ".best", "rb"))
    rows = pd.read_pickle(name + ".rows")
    told = best.predict(rows)
    assert list(told) == list(np.load(name + ".told.npy", allow_pickle=True)), name
    if hasattr(best, "predict_proba"):
        assert np.array_equal(best.predict_proba(rows), np.load(name + ".chances.npy")), name
    print(name, list(best.feature_names_in_)[0], best.n_features_in_)
assert not [name for name, module in sys.modules.items() if module and name.startswith("automl_magic.notebook")]
"""


def run_on(target: str, **options: Any) -> RunResult:
    plain = {"models": ["linear"], "trials": 2, "workers": 0, "cv": 3}
    return automl_magic.fit(people()[[*FEATURES, target]], target, **{**plain, **options})


@pytest.fixture(scope="module", params=[*TARGETS, "left apart"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, RunResult]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("run"))
        target = str(request.param).split()[0]
        holdout = {"cv": "holdout"} if "apart" in request.param else {}
        return target, run_on(target, models=["linear", "hist_gb"], **holdout)


def answers(best: Any, rows: pd.DataFrame) -> np.ndarray[Any, Any]:
    return np.asarray(best.predict_proba(rows) if hasattr(best, "predict_proba") else best.predict(rows))


def test_it_has_what_users_of_scikit_learn_look_for(run: tuple[str, RunResult]) -> None:
    target, result = run
    best, table = result.best, people()
    assert list(best.feature_names_in_) == FEATURES and best.n_features_in_ == len(FEATURES)
    if target == "worth":
        assert is_regressor(best) and not hasattr(best, "classes_") and not hasattr(best, "predict_proba")
    else:
        assert is_classifier(best) and list(best.classes_) == sorted(table[target].unique())
        assert best.predict_proba(table[FEATURES]).shape == (len(table), table[target].nunique())
    assert best.score(table[FEATURES], table[target]) > 0.4
    assert "Pipeline" in repr(best) and best._repr_html_()


def test_it_pickles_and_reads_raw_rows_that_hold_what_training_did_not(run: tuple[str, RunResult]) -> None:
    best, rows = run[1].best, fresh()
    expected = answers(best, rows)
    assert pd.notna(expected).all() and len(expected) == len(rows)
    for again in (pickle.loads(pickle.dumps(best)), cloudpickle.loads(cloudpickle.dumps(best))):
        assert np.array_equal(answers(again, rows), expected)
    assert np.array_equal(answers(best, rows[FEATURES]), expected)  # the order of columns does not matter
    assert np.allclose(answers(best, rows.head(1)), expected[:1])  # nor what other rows there are
    assert np.array_equal(answers(best, rows.astype(object)), expected)
    copy = rows.copy(deep=True)
    best.predict(rows)
    pd.testing.assert_frame_equal(rows, copy)


def test_it_clones_and_is_cross_validated_and_tuned_further(run: tuple[str, RunResult]) -> None:
    target, result = run
    table = people(240, seed=3)
    X, y = table[FEATURES], table[target]
    again = clone(result.best).fit(X, y)
    assert answers(again, fresh()).shape == answers(result.best, fresh()).shape
    assert len(again.predict(fresh())) == 40 and list(again.feature_names_in_) == FEATURES
    scores = cross_val_score(result.best, X, y, cv=2)
    assert np.isfinite(scores).all() and scores.mean() > 0.25
    assert not hasattr(clone(result.best)[-1], "classes_")
    seeds = [name for name in result.best.get_params(deep=True) if name.endswith("random_state")]
    if target == "left" and seeds:
        GridSearchCV(result.best, {seeds[0]: [1]}, cv=2).fit(X, y)


def test_a_whole_result_and_a_fitted_estimator_pickle(run: tuple[str, RunResult]) -> None:
    again = pickle.loads(pickle.dumps(run[1]))
    assert np.array_equal(answers(again.best, fresh()), answers(run[1].best, fresh()))
    assert again.leaderboard().equals(run[1].leaderboard()) and again.summary() == run[1].summary()
    assert again.code() == run[1].code() and again._repr_html_() == run[1]._repr_html_()


def test_it_predicts_in_a_process_without_the_notebook_part(tmp_path: Path) -> None:
    best = {}
    for family in ("linear", "mlp", "svm", *boosters.BOOSTERS):
        if family not in boosters.missing():
            best[family] = run_on("grade" if family == "xgboost" else "left", models=[family], trials=1, cv=2).best
    best["numbers"] = run_on("worth", models=["extra_trees"], trials=1, cv=2).best
    for name, model in best.items():
        (tmp_path / f"{name}.best").write_bytes(pickle.dumps(model))
        fresh().to_pickle(tmp_path / f"{name}.rows")
        np.save(tmp_path / f"{name}.told.npy", model.predict(fresh()), allow_pickle=True)
        if hasattr(model, "predict_proba"):
            np.save(tmp_path / f"{name}.chances.npy", model.predict_proba(fresh()))
    code = LOAD.format(forbidden=FORBIDDEN, names=list(best))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [word for name in best for word in (name, "age", str(len(FEATURES)))]


def test_a_vote_over_groups_is_fitted_again_with_its_groups() -> None:
    table = people().assign(team=np.repeat(np.arange(30), 5))
    result = automl_magic.fit(
        table[[*FEATURES, "team", "left"]], "left", group="team", models="linear", trials=1, workers=0
    )
    X, y = table[FEATURES], table["left"]
    again = clone(result.best).fit(X, y, vote__groups=table["team"])
    assert again.predict(fresh()).shape == (40,)
    scores = cross_val_score(result.best, X, y, cv=2, params={"vote__groups": table["team"]})
    assert np.isfinite(scores).all()


@parametrize_with_checks(
    [VoteClassifier([LogisticRegression()], cv=2), VoteRegressor([Ridge()], cv=2)],
)
def test_the_vote_passes_scikit_learns_checks(estimator: Any, check: Any) -> None:
    """All of them: none is expected to fail."""
    check(estimator)


def test_a_clone_learns_from_a_frame_of_polars() -> None:
    polars = pytest.importorskip("polars")
    table = polars.from_pandas(people()[["age", "paid", "note", "left"]])
    result = automl_magic.fit(table, "left", models="linear", trials=1, cv=2, workers=0)
    X, rows = table.drop("left"), people(9, seed=4)[["note", "age", "paid"]]
    assert clone(result.best).fit(X, table["left"]).predict(rows).shape == (9,)


CELLS = """
class Own(LogisticRegression):
    pass

def shift(values):
    return values + 1
"""


def test_a_class_of_the_notebook_is_named_with_how_to_take_it_along(monkeypatch: pytest.MonkeyPatch) -> None:
    main = sys.modules["__main__"]
    names: dict[str, Any] = {"__name__": "__main__", "LogisticRegression": LogisticRegression}
    exec(CELLS, names)
    for name in ("Own", "shift"):
        monkeypatch.setattr(main, name, names[name], raising=False)
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(80, 3)), columns=list("abc"))
    table = X.assign(y=np.where(X["a"] > 0, "yes", "no"))
    template = make_pipeline(FunctionTransformer(names["shift"]), names["Own"](C=Float(0.1, 10.0, log=True)))
    result = automl_magic.fit(table, "y", space=template, metric="accuracy", trials=3, cv=2, workers=0)
    told = [sentence for sentence in result.said if "notebook" in sentence]
    if not result.history.best().hidden:
        assert len(told) == 1 and '"Own"' in told[0] and '"shift"' in told[0] and "cloudpickle" in told[0]
        assert told[0] in repr(result) and "Also needed: your own Own" in result.code()
    again = cloudpickle.loads(cloudpickle.dumps(result.best))
    assert np.array_equal(again.predict(X), result.best.predict(X))


def test_a_class_of_a_package_needs_no_word() -> None:
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(80, 3)), columns=list("abc"))
    template = RandomForestClassifier(n_estimators=5, max_features=Float(0.3, 1.0))
    result = automl_magic.fit(X.assign(y=X["a"] > 0), "y", space=template, trials=2, cv=2, workers=0)
    assert not any("notebook" in sentence for sentence in result.said)
