"""Metrics and splitters of a person's own, and steps that she fixes: to the result, the record, the script."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import fbeta_score, make_scorer, mean_pinball_loss, roc_auc_score
from sklearn.model_selection import GroupKFold, KFold, LeaveOneGroupOut, PredefinedSplit, ShuffleSplit
from sklearn.pipeline import make_pipeline

import automl_magic
from automl_magic.errors import AutoMLError, OptionError
from automl_magic.extend import METRICS, SPLITTERS
from automl_magic.plan import Plan

SMALL = {"trials": 1, "workers": 0, "models": ["linear"], "ensemble": False}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    for registry in (METRICS, SPLITTERS):
        for name in ("profit", "takings", "net", "fbeta_score", "mean_pinball_loss", "roc_auc_score", "own metric"):
            registry._members.pop(name, None)
    SPLITTERS._members.clear()


def people(rows=120, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)), columns=list("abc")).assign(team=np.arange(rows) % 6)
    value = frame["a"] - 0.5 * frame["b"] + 0.5 * rng.normal(size=rows)
    return frame.assign(bought=np.where(value > 0, "yes", "no"), spent=np.exp(value))


def profit(y_true, y_pred):
    """Earn 3 for each buyer that is told, lose 1 for each other one."""
    return float(np.where(y_pred == "yes", np.where(y_true == "yes", 3.0, -1.0), 0.0).mean())


def test_a_function_of_truth_and_labels_is_made_large():
    frame = people().drop(columns=["spent", "team"])
    run = automl_magic.fit(
        frame, "bought", metric=profit, cv=3, baseline=LogisticRegression(), **{**SMALL, "trials": 2}
    )
    assert run.metric == {"name": "profit", "label": "profit", "sign": 1} and run.plan.metric == "profit"
    told = profit(frame["bought"], run.best.predict(frame))
    assert run.score.low < told and 0 < run.score.value < 2 and run.score.value != run.score.naive
    assert "profit" in run.summary()[1]


def takings(y_true, y_pred):
    """Return what is earned in all."""
    return len(y_true) * profit(y_true, y_pred)


def net(y_true, y_pred):
    """Return what is earned in all, after what it costs to begin."""
    return takings(y_true, y_pred) - 10.0


def test_a_sum_over_rows_is_corrected_on_the_scale_of_the_folds_and_that_is_said():
    frame = people().drop(columns=["spent", "team"])
    options = {**SMALL, "trials": 3, "cv": 5, "baseline": LogisticRegression()}
    mean, total = (automl_magic.fit(frame, "bought", metric=metric, **options) for metric in (profit, takings))
    assert total.score.naive == pytest.approx(24 * mean.score.naive)
    assert total.score.value == pytest.approx(24 * mean.score.value) and total.score.low < total.score.naive
    assert "takings grows with the number of rows: it is told for 24, as many as a fold has." in total.summary()
    assert not any("grows" in sentence for sentence in mean.summary())
    uncorrected = automl_magic.fit(frame, "bought", metric=net, **options)
    assert uncorrected.score.value == uncorrected.score.naive == pytest.approx(total.score.naive - 10.0)
    assert "not corrected for the search: net changes with the number of rows" in uncorrected.summary()[1]


def test_what_each_fold_scores_is_what_the_function_says_of_its_rows():
    frame = people().drop(columns=["spent", "team"])
    folds = KFold(3, shuffle=True, random_state=1)
    run = automl_magic.fit(frame, "bought", metric=profit, cv=folds, baseline=LogisticRegression(), **SMALL)
    X = frame.drop(columns="bought")
    vote = run.best[-1]
    for fold, (_, test) in enumerate(folds.split(X)):
        said = vote.pipelines_[fold].predict(X.iloc[test])
        assert run.history.best().scores[fold].score == pytest.approx(profit(frame["bought"].iloc[test], said))


@pytest.mark.parametrize(
    ("target", "scorer", "sign"),
    [
        ("bought", make_scorer(fbeta_score, beta=2, pos_label="yes"), 1),
        ("bought", make_scorer(roc_auc_score, response_method="predict_proba"), 1),
        ("spent", make_scorer(mean_pinball_loss, greater_is_better=False, alpha=0.9), -1),
    ],
)
def test_a_scorer_of_scikit_learn_gives_the_scores_that_scikit_learn_gives(target, scorer, sign):
    frame = people().drop(columns=[{"bought": "spent", "spent": "bought"}[target], "team"])
    folds = KFold(3, shuffle=True, random_state=1)
    own = LogisticRegression() if target == "bought" else Ridge()
    run = automl_magic.fit(frame, target, metric=scorer, cv=folds, baseline=own, **SMALL)
    X, y = frame.drop(columns=target), frame[target]
    for fold, (_, test) in enumerate(folds.split(X)):
        expected = scorer(run.best[-1].pipelines_[fold], X.iloc[test], y.iloc[test])
        assert run.history.best().scores[fold].score == pytest.approx(expected)
    assert run.metric["sign"] == sign and np.sign(run.score.value) == 1
    assert run.score.low < run.score.value < run.score.high


@pytest.mark.parametrize(
    "splitter",
    [
        ShuffleSplit(4, test_size=0.25, random_state=3),
        PredefinedSplit([-1] * 60 + [0] * 30 + [1] * 30),
        GroupKFold(3),
        LeaveOneGroupOut(),
    ],
    ids=lambda splitter: type(splitter).__name__,
)
def test_a_splitter_makes_the_folds_the_vote_and_the_script(splitter):
    frame = people().drop(columns="bought")
    group = {"group": "team"} if "Group" in type(splitter).__name__ else {"ignore": ["team"]}
    run = automl_magic.fit(frame, "spent", cv=splitter, baseline=Ridge(), **group, **SMALL)
    pairs = list(splitter.split(frame, frame["spent"], frame["team"]))
    assert len(run.history.best().scores) == len(pairs) == len(run.best[-1].pipelines_)
    assert f"{len(pairs)} folds of your own {type(splitter).__name__}." in run.history.about["splits"]
    X = frame[["a", "b", "c"]]
    again = run.best[-1].pipelines_[0]
    train = pairs[0][0]
    assert np.allclose(again.predict(X.iloc[:5]), _fitted_again(again, X.iloc[train], frame["spent"].iloc[train], X))
    space = {"df": frame, "__name__": "made"}
    exec(run.code(), space)
    assert np.array_equal(space["best"].predict(X), run.best.predict(X))


def _fitted_again(model, X, y, rows):
    from sklearn.base import clone

    return clone(model).fit(X, y).predict(rows.iloc[:5])


def test_a_run_goes_on_and_is_made_again_with_them():
    frame = people().drop(columns=["spent", "team"])
    given = {"metric": profit, "cv": KFold(3, shuffle=True, random_state=1)}
    automl_magic.fit(frame, "bought", name="own", baseline=LogisticRegression(), **given, **SMALL)
    METRICS._members.pop("profit")
    SPLITTERS._members.clear()  # as in another session
    with pytest.raises(OptionError, match="splitter of your own is given anew"):
        automl_magic.resume("own", frame, baseline=LogisticRegression(), trials=2, workers=0)
    longer = automl_magic.resume("own", frame, baseline=LogisticRegression(), trials=2, workers=0, **given)
    assert sum(longer.history.counts().values()) == 2
    assert automl_magic.rerun("own", frame, baseline=LogisticRegression(), workers=0, **given).is_same


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"metric": 7}, "must be a name, a scorer or a function. Got int"),
        ({"metric": lambda estimator, X, y: 0.0}, "Got a function of (estimator, X, y)"),
        ({"metric": lambda y_true: 0.0}, "Got a function of (y_true)"),
        ({"metric": lambda y_true, y_pred: y_true + 1}, 'The metric "own metric" fails'),
        ({"metric": lambda y_true, y_pred: "good"}, 'The metric "own metric" fails: ValueError'),
        ({"cv": object()}, "cv must be a number of folds or a splitter. Got object"),
        ({"cv": KFold}, "Got the class KFold instead"),
        ({"cv": ShuffleSplit(2)}, "makes other folds each time it is asked"),
        ({"cv": GroupKFold(3)}, "cannot split these rows"),
        ({"cv": "KFolt"}, "or a splitter. Got"),
    ],
)
def test_what_is_no_metric_or_splitter_is_refused_before_the_search(options, says):
    frame = people().drop(columns=["spent", "team"])
    with pytest.raises(AutoMLError) as caught:
        automl_magic.fit(frame, "bought", **{**SMALL, **options})
    assert says in caught.value.message and caught.value.hint


def test_a_function_may_not_take_the_name_of_a_metric_that_there_is():
    def accuracy(y_true, y_pred):
        return 0.0

    with pytest.raises(OptionError, match='There is a metric named "accuracy" already'):
        automl_magic.fit(people(), "bought", metric=accuracy, **SMALL)


def test_folds_that_score_what_they_learn_from_are_refused():
    class Leaky:
        def split(self, X, y=None, groups=None):
            yield np.arange(len(X)), np.arange(30)

        def get_n_splits(self, X=None, y=None, groups=None):
            return 1

    with pytest.raises(AutoMLError, match="scores 30 rows that it learns from"):
        automl_magic.fit(people(), "spent", cv=Leaky(), **SMALL)


def test_variables_of_the_cell_are_taken_where_no_metric_has_that_name():
    from automl_magic.notebook.cell import with_own

    names = {"profit": profit, "mae": profit, "folds": KFold(3)}
    assert with_own({"metric": "profit", "cv": "folds"}, names) == {"metric": "profit", "cv": "KFold"}
    assert "profit" in METRICS and "KFold" in SPLITTERS
    assert with_own({"metric": "mae", "cv": "5"}, names) == {"metric": "mae", "cv": "5"}
    assert Plan.create(target="y", cv="KFold").cv == "KFold"


def test_the_estimators_take_them():
    frame = people()
    model = automl_magic.AutoMLClassifier(trials=2, workers=0, models=["linear"], metric=profit, cv=KFold(2))
    model.fit(frame[["a", "b"]], frame["bought"])
    assert model.run_.metric["name"] == "profit" and len(model.best_[-1].pipelines_) == 2


def test_steps_are_fixed_by_assigning_values_and_left_out_by_naming_columns():
    frame = people().drop(columns="bought")

    def fixed(space):
        space.models("linear")
        space["prepare.scale"] = "standard"
        space["prepare.skew"] = "log"
        space["linear.alpha"] = 2.0

    run = automl_magic.fit(frame, "spent", space=fixed, ignore=["team", "c"], trials=3, workers=0, cv=2, ensemble=False)
    model = run.best[-1].pipelines_[0]
    assert list(model.feature_names_in_) == ["a", "b"] and model[-1].alpha == 2.0
    names = {type(step).__name__ for step in model.named_steps["prepare"]["columns"].transformers_[0][1]}
    assert {"StandardScaler", "Unskew"} <= names
    made = [trial for trial in run.history.trials.values() if trial.config.get("model") == "linear"]
    assert made and all(trial.config["prepare.scale"] == "standard" for trial in made)


def test_a_whole_pipeline_may_be_fixed_too():
    own = make_pipeline(Ridge(alpha=3.0))
    frame = people()[["a", "b", "spent"]]
    run = automl_magic.fit(frame, "spent", space=own, trials=2, workers=0, cv=2, baseline=Ridge(), ensemble=False)
    assert run.best[-1].pipelines_[0][-1].alpha == 3.0
