"""Calibrate the winner when a search has ended: choose its threshold, or a temperature, and keep it where it helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from automl_magic.engine.history import History, Trial
from automl_magic.engine.seeds import seed_of
from automl_magic.ensembling import BEYOND, gain_of
from automl_magic.errors import RunError
from automl_magic.members import files_of
from automl_magic.problem import Problem
from automl_magic.result import short
from automl_magic.tabular.artefacts import read_predictions
from automl_magic.tabular.calibrating import Calibration, calibration_from, chosen_value, cross_fitted, kind_for
from automl_magic.tabular.fallback import LAST_RESORT
from automl_magic.tabular.judges import judge_for

if TYPE_CHECKING:
    from automl_magic.running import Run

FOUND = "calibration"  # the topic of the finding in a run's record
SHARE = 0.5  # of the time that is left
OFF = "--no-calibrate"


@dataclass(frozen=True, eq=False)
class Calibrated:
    """What was calibrated, and the out-of-fold prediction with it, each fold's chosen on the others."""

    calibration: Calibration
    prediction: NDArray[Any]


def calibrated_at_end(run: Run[Any], problem: Problem, best: Trial) -> Calibrated | None:
    """Return the calibration of the winner of a run; None where it is not better beyond noise, or has no meaning.

    Parameters
    ----------
    run, problem : Run, Problem
        The run; a part of what is left of its time bounds the choice.
    best : Trial
        The trial, or the ensemble, that won.
    """
    allowed = run.left()
    if not run.plan.calibrate or best.state != "done" or best.config == LAST_RESORT or allowed <= 0:
        return None
    if kind_for(problem.metric, problem.table.task.classes) is None:
        return None
    kept = (1 - SHARE) * allowed if np.isfinite(allowed) else 0.0
    try:
        prediction = read_predictions(run.folder, files_of(best, "prediction"))
    except (RunError, ValueError, KeyError):  # of a run that is taken up again, they may be gone or cut short
        return None
    return calibrated_with(problem, prediction, seed_of(run.plan.seed, FOUND), lambda: run.left() - kept)


def calibrated_with(
    problem: Problem, prediction: NDArray[Any], seed: int = 0, left: Callable[[], float] = lambda: float("inf")
) -> Calibrated | None:
    """Return what to calibrate by out-of-fold predictions; None where that is not better beyond noise.

    As of an ensemble, the gain must be larger than its standard error.
    """
    metric, classes = problem.metric, problem.table.task.classes
    kind = kind_for(metric, classes)
    y, folds, units = problem.entries()
    weights = problem.entry_weights()
    if kind is None or prediction.shape != (len(y), len(classes)):
        return None
    is_ordered = problem.splits.uses == "order"
    more: dict[str, Any] = {"units": units, "weights": weights, "is_ordered": is_ordered, "left": left}
    told = cross_fitted(kind, metric, y, prediction, folds, classes, **more)
    if told is None:
        return None
    gain, error = gain_of(problem, prediction, told, seed, left)
    if not gain > BEYOND * error:  # neither where there was no time to tell
        return None
    value = chosen_value(kind, metric, y, prediction, classes, weights, left)
    if left() <= 0:
        return None
    scores = judge_for(metric, y, [prediction, told], folds, classes, weights).compare(np.ones((1, len(y))))[0]
    before, after = (float(metric.natural(float(score))) for score in scores)
    return Calibrated(Calibration(kind, value, before, after), told)


def found_in(history: History) -> Calibration | None:
    """Return what a run's record says of its calibration; None where it says nothing, or not as a run writes it."""
    value = history.finding(FOUND)
    try:
        return None if value is None else calibration_from(value)
    except (KeyError, TypeError, ValueError):
        return None


def calibration_told(calibration: Calibration, problem: Problem) -> str:
    """Return a sentence on what was calibrated, and what that brings."""
    after, before = short(calibration.after), short(calibration.before)
    label, value = problem.metric.label, short(calibration.value)
    if calibration.kind == "threshold":
        called = problem.table.task.classes[1]
        return (
            f'Rows are called "{called}" from a chance of {value} on: {label} {after} over the folds '
            f"(0.5 would give {before}); {OFF} leaves it at 0.5."
        )
    how = "less" if calibration.value > 1 else "more"
    return (
        f"Its chances are calibrated (temperature {value}: {how} sure of themselves): {label} {after} over the folds "
        f"instead of {before}; {OFF} leaves them as they are."
    )
