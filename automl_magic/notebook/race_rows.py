"""Rows for the panel of a race: one for the race, one for each searcher, one for the plane of a test function."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from automl_magic.engine.functions import FUNCTIONS
from automl_magic.engine.history import RunState
from automl_magic.notebook.protocol import PlaneRow, RaceRow, RunnerRow
from automl_magic.notebook.race_chart import band, heights, plane_of
from automl_magic.race_result import Lane, RaceResult

RaceRows = list[RaceRow | RunnerRow | PlaneRow]


def race_rows(result: RaceResult, line: str, *, is_over: bool = True, has_plane: bool = True) -> RaceRows:
    """Return the rows of a race.

    Parameters
    ----------
    result : RaceResult
        Under way or ended.
    line : str
        Where it stands, in one sentence.
    is_over : bool
        Whether it has ended.
    has_plane : bool
        Whether the plane, which never changes, is among them.
    """
    found: RaceRows = [race_row(result, line, is_over)]
    if has_plane and (plane := plane_row(result)) is not None:
        found.append(plane)
    found += [runner_row(result, name, place) for place, name in enumerate(result.names)]
    return found


def race_row(result: RaceResult, line: str, is_over: bool) -> RaceRow:
    """Return what the race is and where it stands."""
    repeat = max((lane.repeat for lane in result.lanes), default=0)
    function = FUNCTIONS.get(result.function or "")
    return {
        "kind": "race",
        "title": result.title,
        "metric": result.metric["label"],
        "better": "higher" if result.metric["sign"] > 0 else "lower",
        "repeat": repeat + 1,
        "repeats": result.repeats,
        "state": "ended" if is_over else _state(result),
        "line": line,
        "verdict": list(result.verdict().sentences) if is_over and result.lanes else [],
        "minimum": None if function is None or result.metric["sign"] > 0 else function.minimum,
    }


def runner_row(result: RaceResult, name: str, place: int) -> RunnerRow:
    """Return the curves of one searcher."""
    lanes = result.of(name)
    now = lanes[-1]
    middle, low, high = band(lanes)
    ended = [
        trial
        for trial in sorted(now.history.trials.values(), key=lambda trial: trial.id)
        if not trial.hidden and trial.state not in ("running", "paused")
    ]
    scores = [found for lane in lanes if (found := result.natural(lane.score)) is not None]
    return {
        "kind": "runner",
        "place": place,
        "name": name,
        "made": now.made,
        "of": now.history.plan.get("trials"),
        "best": float(np.median(scores)) if scores else None,
        "runs": len(lanes),
        "middle": _plain(middle),
        "low": _plain(low),
        "high": _plain(high),
        "dots": [result.natural(trial.score) if trial.state == "done" else None for trial in ended],
        "looked": _looked(result, now),
    }


def plane_row(result: RaceResult) -> PlaneRow | None:
    """Return the contours of a test function of two numbers; None where there is none."""
    function = plane_of(result)
    if function is None:
        return None
    x, y, height = heights(function)
    (across, first), (up, second) = function.space.items()
    drawn: Any = Figure().subplots().contour(x, y, height, levels=9)
    lines = [segment for level in drawn.allsegs for segment in level if len(segment) > 1]
    return {
        "kind": "plane",
        "across": across,
        "up": up,
        "reach": [first.low, first.high, second.low, second.high],
        "contours": [[_within(function.space, point) for point in segment[::2]] for segment in lines],
        "valleys": [_within(function.space, (place[across], place[up])) for place in function.places],
    }


def _looked(result: RaceResult, lane: Lane) -> list[list[float]]:
    """Return where a searcher has looked in this repeat, in the order of its trials."""
    function = plane_of(result)
    if function is None:
        return []
    across, up = function.space
    trials = sorted(lane.history.trials.values(), key=lambda trial: trial.id)
    return [
        _within(function.space, (trial.config[across], trial.config[up])) for trial in trials if trial.score is not None
    ]


def _within(space: Any, point: Iterable[float]) -> list[float]:
    """Return a point as shares of the ranges, with three digits."""
    pairs = zip(space.values(), point, strict=True)
    return [round(float((value - hole.low) / (hole.high - hole.low)), 3) for hole, value in pairs]


def _state(result: RaceResult) -> RunState:
    """Return the state of a race that goes on: that of the runs of this repeat."""
    states = {lane.history.status for lane in result.lanes if lane.repeat == result.lanes[-1].repeat}
    order: tuple[RunState, ...] = ("stopping", "paused", "running", "starting")
    return next((state for state in order if state in states), "running")


def _plain(values: Any) -> list[float | None]:
    """Return a curve as JSON values of five significant digits."""
    return [float(f"{value:.5g}") if np.isfinite(value) else None for value in values]
