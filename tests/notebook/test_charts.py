"""The saved picture: it shows what was found, and stands with few, failed and far trials."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import numpy as np
from IPython.core.formatters import DisplayFormatter

from automl_magic.engine.budget import Budget
from automl_magic.engine.control import Control
from automl_magic.engine.events import RunStarted, TrialEnded, TrialStarted
from automl_magic.engine.history import History
from automl_magic.notebook.charts import (
    COLOURS,
    OF_MEAN,
    RINGS,
    SHAPES,
    as_png,
    families_of,
    mark_of,
    told,
    trial_curve,
)
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
    assert [line.get_label() for line in axes.lines if line.get_linestyle() == ":"] == ["by hand"]
    assert "you" not in {str(dots.get_label()) for dots in trial_curve(history_of()).axes[0].collections}


def test_families_have_the_marks_of_the_panel_in_its_order() -> None:
    source = Path(__file__).parents[2] / "widgets" / "src"
    block = (source / "marks.ts").read_text(encoding="utf-8").split("const SHAPES")[1].split("];")[0]
    rings = re.findall(r"ring\((\d+), (-?\d+)(?:, ([\d.]+))?\)", block)
    assert tuple((int(corners), int(turn), float(inner or 1)) for corners, turn, inner in rings) == RINGS
    light = (source / "theme.css").read_text(encoding="utf-8")
    assert tuple(re.findall(r"--am-c\d: (#[0-9a-f]{6});", light)[:10]) == COLOURS
    assert OF_MEAN[0] == re.findall(r"--am-best: (#[0-9a-f]{6});", light)[0]
    top = [float(np.abs(shape.vertices[:, 1].max())) for shape in SHAPES[1:]]
    assert top[1] == 1.0 and top[3] < 1.0, "the third points up, the fifth down"


def test_no_two_families_and_no_family_and_the_ensemble_share_a_mark() -> None:
    marks = [mark_of(place) for place in range(40)]
    assert len({(colour, str(shape)) for colour, shape in marks}) == 40
    assert OF_MEAN not in marks and OF_MEAN[1] not in SHAPES


def test_families_that_were_not_announced_follow_in_the_order_in_which_they_appear() -> None:
    history = History()
    history.apply(RunStarted("run", {}, {}, 1, 0, {"models": ["b", "a"]}))
    for number, model in [(0, "d"), (1, "a"), (2, "c"), (-1, "ensemble")]:
        history.apply(TrialStarted(number, number, {"model": model}, "random", 0))
    assert families_of(history) == ["b", "a", "d", "c"]


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
