"""A whole run from Python: what comes back, that it repeats, and how mistakes are answered."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import automl_magic
from automl_magic import Choice, Float
from automl_magic.engine.events import TrialStarted
from automl_magic.errors import AutoMLError, DataError, OptionError, RunError


def features_of(flowers: pd.DataFrame) -> pd.DataFrame:
    """Return the table without its target."""
    return flowers.drop(columns="kind")


def trials_of(run: Any) -> list[tuple[Any, ...]]:
    """Return what must repeat."""
    return [(trial.id, trial.config, trial.state, trial.score, trial.origin) for trial in run.history.trials.values()]


def test_a_run_leaves_a_fitted_pipeline_an_honest_score_and_a_leaderboard(
    flowers: pd.DataFrame, quick: dict[str, Any]
) -> None:
    run = automl_magic.fit(flowers, target="kind", **quick)
    chances = run.best.predict_proba(features_of(flowers))
    assert chances.shape == (240, 2) and set(run.best.predict(features_of(flowers))) <= {"rose", "lily"}
    board = run.leaderboard()
    assert list(board.columns) == [
        *("model", "score", "spread", "seconds", "state", "origin"),
        *("latency_ms", "size_mb", "params"),
    ]
    assert len(board) == 3 and board.index.name == "trial"
    done = board[board["state"] == "done"]["score"]
    assert done.is_monotonic_decreasing and run.score.naive == pytest.approx(done.iloc[0], abs=0.02)
    assert run.score.low <= float(run.score) <= run.score.high
    assert board.loc[0, "origin"] == "baseline" and run.baseline == pytest.approx(board.loc[0, "score"])


def test_the_first_trial_is_scikit_learns_untuned_boosting(flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    run = automl_magic.fit(flowers, target="kind", **{**quick, "trials": 1})
    plain = HistGradientBoostingClassifier().get_params()
    model = run.best.steps[-1][1]
    first = model.pipelines_[0] if hasattr(model, "pipelines_") else run.best
    found = first.steps[-1][1].get_params()
    assert {name: value for name, value in found.items() if name != "random_state"} == {
        name: value for name, value in plain.items() if name != "random_state"
    }


def test_the_same_plan_gives_the_same_trials_and_predictions_with_any_number_of_workers(flowers: pd.DataFrame) -> None:
    options: dict[str, Any] = {"models": ["linear", "knn", "hist_gb"], "trials": 14, "cv": 3, "seed": 5}
    runs = [automl_magic.fit(flowers, target="kind", workers=workers, **options) for workers in (0, 1, 2)]
    for run in runs[1:]:
        assert trials_of(run) == trials_of(runs[0])
        assert np.array_equal(
            run.best.predict_proba(features_of(flowers)), runs[0].best.predict_proba(features_of(flowers))
        )
        assert run.score == runs[0].score


def test_best_pickles_clones_and_takes_what_it_never_saw(flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    run = automl_magic.fit(flowers, target="kind", **quick)
    fresh = features_of(flowers).head(3).assign(soil=["peat", None, "clay"], width=[np.nan, 1.0, 2.0])
    again = pickle.loads(pickle.dumps(run.best))
    assert np.array_equal(again.predict_proba(fresh), run.best.predict_proba(fresh))
    assert np.isfinite(run.best.predict_proba(fresh)).all()
    refitted = clone(run.best).fit(features_of(flowers), flowers["kind"])
    assert refitted.score(features_of(flowers), flowers["kind"]) > 0.7
    mixed = fresh[fresh.columns[::-1]]
    assert np.array_equal(run.best.predict_proba(mixed), run.best.predict_proba(fresh))
    with pytest.raises(ValueError, match="soil"):
        run.best.predict(fresh.drop(columns="soil"))


def test_a_template_of_ones_own_is_searched_and_beats_or_meets_a_hidden_baseline(
    flowers: pd.DataFrame, quick: dict[str, Any]
) -> None:
    template = Choice(
        make_pipeline(StandardScaler(with_mean=Choice(True, False)), SVC(C=Float(1e-2, 1e2, log=True))),
        LogisticRegression(C=Float(1e-3, 1e3, log=True)),
    )
    options = {key: value for key, value in quick.items() if key != "models"}
    run = automl_magic.fit(flowers, target="kind", space=template, **options)
    models = set(run.leaderboard()["model"])
    assert models <= {"svc", "logistic_regression", "baseline", "ensemble"} and "baseline" in models
    assert run.history.baseline().hidden and run.baseline is not None
    assert sum(run.history.counts().values()) == 3


def test_a_pipeline_that_one_has_today_is_the_line_to_beat(flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    numbers = features_of(flowers)[["width", "length"]].assign(kind=flowers["kind"])
    run = automl_magic.fit(numbers, target="kind", baseline=LogisticRegression(), **quick)
    assert run.history.baseline().hidden and 0.5 < run.baseline < 1.0


def test_a_draft_of_the_default_space_is_changed_by_a_function(flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    def body(space: Any) -> None:
        space.models("hist_gb")
        space["hist_gb.learning_rate"] = Float(0.02, 0.04)
        space["hist_gb.max_leaf_nodes"] = 40

    run = automl_magic.fit(flowers, target="kind", space=body, **quick)
    searched = [trial for trial in run.history.trials.values() if not trial.hidden]
    assert all(0.02 <= trial.config["hist_gb.learning_rate"] <= 0.04 for trial in searched)
    assert all(trial.config["hist_gb.max_leaf_nodes"] == 40 for trial in searched)


@pytest.mark.parametrize("kind", ["number", "several"])
def test_regression_and_many_classes_work_as_well(flowers: pd.DataFrame, quick: dict[str, Any], kind: str) -> None:
    table = flowers.assign(kind=flowers["width"] * 3 + 0.1 if kind == "number" else flowers["soil"] + flowers["kind"])
    run = automl_magic.fit(table, target="kind", **quick)
    expected = "neg_root_mean_squared_error" if kind == "number" else "neg_log_loss"
    assert run.metric["name"] == expected and run.metric["sign"] == -1
    board = run.leaderboard()
    done = board[board["state"] == "done"]["score"]
    assert (done > 0).all() and done.is_monotonic_increasing
    assert len(run.best.predict(features_of(table))) == 240


def test_rows_kept_apart_are_scored_once_and_never_trained_on(flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    run = automl_magic.fit(flowers, target="kind", test=0.25, **quick)
    assert run.test_score is not None and 0.5 < run.test_score <= 1.0
    assert run.history.about["rows"] == 180
    other = automl_magic.fit(flowers.head(200), target="kind", test=flowers.tail(40), **quick)
    assert other.test_score is not None and other.history.about["rows"] == 200


def test_a_saved_record_holds_every_event_and_no_value_of_the_data(
    flowers: pd.DataFrame, quick: dict[str, Any], tmp_path: Path
) -> None:
    canary = flowers.assign(soil=flowers["soil"].replace("clay", "canary-value-7431"))
    run = automl_magic.fit(canary, target="kind", **quick)
    text = run.save(tmp_path / "run.jsonl").read_text()
    assert "canary-value-7431" not in text
    assert len([line for line in text.splitlines() if json.loads(line)["event"] == "TrialStarted"]) == 3
    folder = next((tmp_path / ".automl").glob("run-*"))
    assert "canary-value-7431" not in (folder / "journal.jsonl").read_text()


def test_the_summary_says_task_winner_gain_and_count(flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    run = automl_magic.fit(flowers, target="kind", **quick)
    text = " ".join(run.summary())
    for part in ('"kind" is predicted as one of 2 classes', "won: ROC AUC", "baseline", "3 trials", "width"):
        assert part in text
    shown = run._repr_html_()
    assert "<script>" not in shown and "ROC AUC" in shown
    heads, first = (
        [part.split("<")[0] for part in shown.split(f"<{tag} style='text-align:left'>")[1:3]] for tag in ("th", "td")
    )
    assert heads == ["", "trial"] and first == ["1", str(run.leaderboard().index[0])]
    assert "`%automl code`" in text and "<code>%automl code</code>" in shown and "`" not in shown


def test_text_from_the_data_is_escaped_in_html(flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    evil = flowers.rename(columns={"width": "<script>alert(1)</script>", "kind": "<b>kind</b>"})
    run = automl_magic.fit(evil, target="<b>kind</b>", **quick)
    assert "<script>" not in run._repr_html_() and "<b>" not in run._repr_html_()


def test_when_every_trial_fails_the_reasons_are_named(flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    class Broken(LogisticRegression):
        def fit(self, X: Any, y: Any) -> Any:
            raise ValueError("the wheels came off")

    options = {key: value for key, value in quick.items() if key != "models"}
    with pytest.raises(RunError, match="the wheels came off"):
        automl_magic.fit(flowers, target="kind", space=Broken(C=Float(0.1, 1.0)), baseline=Broken(), **options)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"target": "knid"}, DataError, 'Did you mean "kind"'),
        ({"target": "kind", "metric": "rocauc"}, OptionError, "roc_auc"),
        ({"target": "kind", "metric": "rmse"}, OptionError, "does not fit"),
        ({"target": "kind", "models": ["hist_gp"]}, OptionError, 'Did you mean "hist_gb"'),
        ({"target": "kind", "ignore": ["sol"]}, DataError, 'Did you mean "soil"'),
        ({}, DataError, "No target"),
    ],
)
def test_a_mistake_is_answered_at_once_with_what_was_meant(
    flowers: pd.DataFrame, options: dict[str, Any], error: type, said: str
) -> None:
    with pytest.raises(AutoMLError, match=said) as caught:
        automl_magic.fit(flowers, trials=1, workers=0, **options)
    assert isinstance(caught.value, error)
    assert not Path(".automl").exists()


def test_a_run_of_a_budget_of_seconds_ends_in_time(flowers: pd.DataFrame) -> None:
    import time

    begun = time.monotonic()
    run = automl_magic.fit(flowers, target="kind", time=3, workers=2)
    assert time.monotonic() - begun < 12
    assert "3 s" in run.history.reason and run.best is not None
    assert "Not repeatable" in run.history.about["repeatable"]


def test_tune_finds_small_and_large_values_of_a_function() -> None:
    from hyperopt import hp

    space = {"x": Float(-5, 10), "y": hp.uniform("y", 0, 15)}

    def bowl(values: dict[str, float]) -> float:
        return (values["x"] - 2) ** 2 + (values["y"] - 7) ** 2

    low = automl_magic.tune(bowl, space, trials=60, workers=0)
    assert low.score < 6 and low.best.keys() == {"x", "y"} and bowl(low.best) == pytest.approx(low.score)
    high = automl_magic.tune(bowl, space, trials=30, workers=0, maximize=True)
    assert high.score > 60
    begun = [event for event in low.events if isinstance(event, TrialStarted)]
    assert len(begun) == 60


def test_tune_counts_results_that_are_no_number_as_failures() -> None:
    with pytest.raises(RunError, match="must return one number"):
        automl_magic.tune(lambda values: "fine", {"x": Float(0, 1)}, trials=4, workers=0)
