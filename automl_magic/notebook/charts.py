"""The pictures that are saved with a notebook: matplotlib, without pyplot, in the panel's colours and shapes."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from automl_magic.engine.history import BASELINE, ENSEMBLE, History, Trial
from automl_magic.extend import CHARTS
from automl_magic.notebook.picture import Picture
from automl_magic.result import model_of

# The panel's colours (widgets/src/theme.css), after Okabe and Ito (2008), and its shapes (marks.ts): a circle, then
# rings of corners, the first at so many degrees clockwise from the right, of stars with the radius of the inner ones.
COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#b4558f", "#b88700", "#3f9bd8", "#7a5c3e", "#6557b8", "#5f7d1f", "#5a6470"
)  # fmt: skip
RINGS = (
    (4, 45, 1.0),
    (3, -90, 1.0),
    (4, 0, 1.0),
    (3, 90, 1.0),
    (4, 45, 0.4),
    (6, 0, 1.0),
    (4, -90, 0.4),
    (5, -90, 1.0),
    (3, 0, 1.0),
)
OF_MEAN = ("#20262e", "P")  # the colour and the mark of an ensemble, which is no family
YOU = "you"  # the origin of a point that the person set
HELD = ("pause", "continue", "stop")  # what a person does to a run without steering it
PAUSED_LINE = (0.0, (1.6, 1.2))  # the outline of a trial that waits on a rung is dashed
SPAN = 3.0  # how far below the middle half of the scores, in its widths, the picture still reaches


def _ring(corners: int, turn: float, inner: float) -> Path:
    """Return the outline of a regular polygon or star."""
    count = corners if inner == 1.0 else 2 * corners
    angles = np.deg2rad(turn + 360.0 * np.arange(count) / count)
    radii = np.where(np.arange(count) % 2 == 1, inner, 1.0)
    points = np.column_stack([radii * np.cos(angles), -radii * np.sin(angles)])
    return Path(np.vstack([points, points[:1]]), closed=True)


SHAPES: tuple[Any, ...] = ("o", *(_ring(*ring) for ring in RINGS))


def mark_of(place: int) -> tuple[str, Any]:
    """Return colour and shape of a family by its place; beyond the tenth the shapes come again in other colours."""
    return COLOURS[(place + place // len(SHAPES)) % len(COLOURS)], SHAPES[place % len(SHAPES)]


def families_of(history: History) -> list[str]:
    """Return the families in the order of their marks, as in the panel: those announced, then others as they come."""
    announced = list(history.about.get("models", []))
    return list(dict.fromkeys([*announced, *(model_of(one) for one in history.trials.values() if one.id >= 0)]))


@CHARTS.register("trial_curve")
def trial_curve(history: History, size: tuple[float, float] = (7.2, 3.2)) -> Figure:
    """Draw each trial as a dot by family, the best so far as a line, the baseline as a dashed line.

    Parameters
    ----------
    history : History
        The run, ended or not.
    size : tuple of float
        Width and height in inches.

    Returns
    -------
    Figure
    """
    figure = Picture(figsize=size, layout="constrained", facecolor="white")
    axes: Axes = figure.subplots()
    metric = history.about.get("metric", {"label": "score", "sign": 1})
    sign = metric["sign"]
    trials = [trial for trial in history.trials.values() if trial.score is not None and not trial.hidden]
    bounds = _bounds([sign * (trial.score or 0.0) for trial in trials], sign)
    for place, model in enumerate(families_of(history)):
        _dots(axes, [trial for trial in trials if model_of(trial) == model], place, model, sign, bounds)
    _paused(axes, trials)
    _best_so_far(axes, trials, sign)
    _line_to_beat(axes, history, sign)
    _by_hand(axes, history, trials, bounds)
    last = max([9, *(trial.id for trial in trials)])
    mean = _mean_of_trials(axes, history, max([0, *(trial.id for trial in trials)]) + 1)
    if mean is not None and bounds is not None:
        bounds = min(bounds[0], mean), max(bounds[1], mean)
    if bounds is not None:
        margin = max((bounds[1] - bounds[0]) * 0.06, 1e-9)
        axes.set_ylim(bounds[0] - margin, bounds[1] + margin)
    axes.set_xlabel("trial")
    axes.set_ylabel(_plain(metric["label"]) + (" (lower is better)" if sign < 0 else ""))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(-0.5, last + (1.5 if mean is not None else 0.5))
    if trials:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
    return figure


def _dots(
    axes: Axes, trials: Sequence[Trial], place: int, model: str, sign: int, bounds: tuple[float, float] | None
) -> None:
    colour, shape = mark_of(place)
    whole = [trial for trial in trials if trial.state == "done"]
    waiting = [trial for trial in trials if trial.state == "paused"]
    partial = [trial for trial in trials if trial.state not in ("done", "paused")]
    label: str | None = _plain(model)
    for group, face, line in ((whole, colour, "-"), (partial, "none", "-"), (waiting, "none", PAUSED_LINE)):
        if group:
            scores = np.array([sign * (trial.score or 0.0) for trial in group])
            shown = scores if bounds is None else np.clip(scores, *bounds)
            places = [trial.id for trial in group]
            look: dict[str, Any] = {"facecolors": face, "edgecolors": colour, "linestyles": [line]}
            axes.scatter(places, shown, s=26, marker=shape, label=label, **look)
            label = None


def _paused(axes: Axes, trials: Sequence[Trial]) -> None:
    """Say in the legend what a dashed outline means, where there is one."""
    if any(trial.state == "paused" for trial in trials):
        look: dict[str, Any] = {"facecolors": "none", "edgecolors": "#333333", "linestyles": [PAUSED_LINE]}
        axes.scatter([], [], s=26, label="paused", **look)


def _plain(text: str) -> str:
    """Return a name so that matplotlib shows it as it is: neither a formula ($) nor one left out of the legend (_)."""
    shown = text.replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def _best_so_far(axes: Axes, trials: Sequence[Trial], sign: int) -> None:
    done = [trial for trial in trials if trial.state == "done"]
    if not done:
        return
    best = sign * np.maximum.accumulate([trial.score or 0.0 for trial in done])
    places = [trial.id for trial in done] + [max(trial.id for trial in trials)]
    axes.step(places, [*best, best[-1]], where="post", color="#333333", linewidth=1.4, label="best so far")


def _line_to_beat(axes: Axes, history: History, sign: int) -> None:
    beaten = next((trial for trial in history.trials.values() if trial.origin == BASELINE), None)
    if beaten is not None and beaten.score is not None and beaten.state == "done":
        axes.axhline(sign * beaten.score, color="#8a8a8a", linewidth=1.2, linestyle="--", label="baseline")


def _mean_of_trials(axes: Axes, history: History, column: int) -> float | None:
    """Draw the ensemble behind the last trial, and return its score; None without one."""
    made = [trial for trial in history.trials.values() if trial.id < 0 and trial.score is not None]
    if not made:
        return None
    score = float(history.about.get("metric", {"sign": 1})["sign"] * (made[-1].score or 0.0))
    colour, shape = OF_MEAN
    face = colour if made[-1].state == "done" else "none"
    axes.scatter([column], [score], s=40, marker=shape, facecolors=face, edgecolors=colour, label=ENSEMBLE, zorder=3)
    return score


def _by_hand(axes: Axes, history: History, trials: Sequence[Trial], bounds: tuple[float, float] | None) -> None:
    """Mark what a person did: a star for each of their points, a dotted line where they changed space or run."""
    sign = history.about.get("metric", {"sign": 1})["sign"]
    own = [trial for trial in trials if trial.origin == YOU]
    if own:
        scores = np.array([sign * (trial.score or 0.0) for trial in own])
        shown = scores if bounds is None else np.clip(scores, *bounds)
        places = [trial.id for trial in own]
        axes.scatter(places, shown, s=150, marker="*", color="#222222", edgecolors="white", zorder=3, label=YOU)
    steered = {act.step for act in history.steered if act.kind not in HELD}
    for number, place in enumerate(sorted({edit.last_trial for edit in history.edits} | steered)):
        label = "by hand" if number == 0 else None
        axes.axvline(place + 0.5, color="#8a8a8a", linewidth=0.9, linestyle=":", zorder=0, label=label)


def _bounds(scores: Sequence[float], sign: int) -> tuple[float, float] | None:
    """Return bounds that keep far bad scores, drawn at the edge, from squeezing the rest; None for few scores."""
    if len(scores) < 4:
        return None
    low, high = np.percentile(scores, [25, 75])
    width = max(high - low, 1e-9) * SPAN
    if sign > 0:
        return float(max(min(scores), low - width)), float(max(scores))
    return float(min(scores)), float(min(max(scores), high + width))


def as_png(figure: Figure) -> str:
    """Return a figure as PNG in base64."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=144)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def bundle(history: History) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the picture of a run as an output of a cell, with its words beside it, and the output's metadata."""
    words = told(history)
    data = {"image/png": as_png(trial_curve(history)), "text/plain": words}
    return data, {"image/png": {"width": 720, "alt": words}}


def told(history: History) -> str:
    """Return in words what the picture shows."""
    from automl_magic.notebook import network_rows
    from automl_magic.notebook.rows import status_line

    return "\n".join([f"Trial curve. {status_line(history)}.", *network_rows.told(history)])
