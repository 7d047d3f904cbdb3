"""The saved picture: it shows what was found, and stands with few, failed and far trials."""

from __future__ import annotations

import base64
from typing import Any

from IPython.core.formatters import DisplayFormatter

from automl_magic.engine.budget import Budget
from automl_magic.engine.control import Control
from automl_magic.engine.events import TrialEnded
from automl_magic.engine.history import History
from automl_magic.notebook.charts import as_png, told, trial_curve
from tests.engine.climbing import climbing_study
from tests.engine.toy import ToyEvaluator, toy_study

ABOUT = {"metric": {"name": "loss", "label": "loss", "sign": -1}, "models": [], "title": "toy", "searcher": "random"}


def history_of(**fields: Any) -> History:
    """Return the history of a toy run."""
    study = toy_study(about=ABOUT, **fields)
    list(study.events())
    return study.history


def test_the_picture_names_metric_and_direction_and_shows_every_trial() -> None:
    history = history_of()
    axes = trial_curve(history).axes[0]
    assert axes.get_ylabel() == "loss (lower is better)" and axes.get_xlabel() == "trial"
    assert sum(len(dots.get_offsets()) for dots in axes.collections) == 12


def test_a_notebook_shows_the_picture_where_nobody_has_loaded_pyplot() -> None:
    shown, _ = DisplayFormatter().format(trial_curve(history_of()))
    assert shown["image/png"].startswith(b"\x89PNG")


def test_a_far_bad_trial_is_drawn_at_the_edge_not_left_out() -> None:
    history = history_of(budget=Budget(trials=40))
    axes = trial_curve(history).axes[0]
    low, high = axes.get_ylim()
    shown = [offset[1] for dots in axes.collections for offset in dots.get_offsets()]
    assert len(shown) == 40 and all(low <= value <= high for value in shown)


def test_pictures_stand_before_the_first_trial_and_with_failures_alone() -> None:
    assert base64.b64decode(as_png(trial_curve(History())))[:4] == b"\x89PNG"
    failing = history_of(evaluator=ToyEvaluator(fails="raise"))
    assert base64.b64decode(as_png(trial_curve(failing)))[:4] == b"\x89PNG"
    assert "12 trials" in told(failing)


def test_what_a_person_did_is_marked_a_star_for_each_point_a_line_for_each_act() -> None:
    control = Control()
    control.enqueue({"x": 1.5})
    control.narrow("x", 0.0, 2.0)
    axes = trial_curve(history_of(control=control)).axes[0]
    named = {str(dots.get_label()): dots for dots in axes.collections}
    assert len(named["you"].get_offsets()) == 1
    assert [line.get_label() for line in axes.lines if line.get_linestyle() == ":"] == ["steered"]
    assert "you" not in {str(dots.get_label()) for dots in trial_curve(history_of()).axes[0].collections}


def test_to_hold_or_stop_a_run_is_not_to_steer_it() -> None:
    control = Control()
    control.pause()
    control.proceed()
    control.stop()
    history = history_of(control=control)
    assert [act.kind for act in history.steered] == ["pause", "continue", "stop"]
    assert not [line for line in trial_curve(history).axes[0].lines if line.get_linestyle() == ":"]


def test_a_trial_that_waits_on_a_rung_has_a_dashed_outline_and_the_legend_says_so() -> None:
    history = History()
    study = climbing_study(about=ABOUT, budget=Budget(trials=9))
    for event in study.events():
        if isinstance(event, TrialEnded) and event.state == "pruned":
            break  # as it is while the run goes on
        history.apply(event)
    waiting = history.counts()["paused"]
    assert waiting >= 3 and f"{waiting} paused" in told(history)
    groups = trial_curve(history).axes[0].collections
    dashed = [dots for dots in groups if dots.get_linestyle()[0][1] is not None]
    assert sum(len(dots.get_offsets()) for dots in dashed) == waiting
    assert [dots.get_label() for dots in dashed if not len(dots.get_offsets())] == ["paused"]
    assert "paused" not in {str(dots.get_label()) for dots in trial_curve(history_of()).axes[0].collections}
