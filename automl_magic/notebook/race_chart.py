"""The picture of a race: each searcher by itself, and all of them on one, with bands over the repeats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from automl_magic.engine.functions import FUNCTIONS, TestFunction
from automl_magic.engine.history import History
from automl_magic.extend import CHARTS
from automl_magic.notebook.charts import COLOURS, SHAPES
from automl_magic.notebook.picture import Picture
from automl_magic.race_result import Lane, RaceResult

LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
NAMED = 6  # runs that have a colour of their own; of more saved runs the best have
GREY = "#9aa1a9"
FEW = 5  # repeats below which a band is the whole range, else the middle half
NARROW = 12  # letters of a label beyond which it takes two lines
FEW_TICKS = 4  # for which a small picture has room
NET = 60  # points each way of the net that contours are made from
SPAN = 3.0  # how far below the middle half of the curves, in its widths, a picture still reaches


@CHARTS.register("race")
def race_chart(result: RaceResult, width: float = 9.0) -> Figure:
    """Draw a race.

    Parameters
    ----------
    result : RaceResult
        Ended or under way.
    width : float
        Inches.

    Returns
    -------
    Figure
    """
    names = list(result.names)
    shown = names if len(names) <= NAMED else result.placed()[:NAMED]
    is_flat = plane_of(result) is not None
    top = 0.0 if not result.is_paired else 2.6 if is_flat else 2.1
    figure = Picture(figsize=(width, top + 3.3), layout="constrained", facecolor="white")
    if not result.is_paired:
        _overlay(figure.subplots(), result, shown)
        return figure
    parts: Any = figure.subfigures(2, 1, height_ratios=[top, 3.3])
    above, below = parts
    bounds = _bounds(result)
    panels = np.atleast_1d(above.subplots(1, len(names), sharex=True, sharey=True))
    for place, (name, axes) in enumerate(zip(names, panels, strict=True)):
        if is_flat:
            _where_it_looks(axes, result, name, place)
        else:
            _by_itself(axes, result, name, place, bounds)
        axes.set_title(_plain(name), fontsize=10, color=COLOURS[place % len(COLOURS)])
    if not is_flat:
        panels[0].set_ylabel(_label(result))
    _overlay(below.subplots(), result, shown)
    return figure


def trace(history: History) -> list[float]:
    """Return the best so far, in the metric's natural sign, after each trial that has ended; NaN before the first.

    Lines to beat outside the space are left out; a trial that failed counts as one.
    """
    sign = history.about.get("metric", {"sign": 1})["sign"]
    trials = sorted((trial for trial in history.trials.values() if not trial.hidden), key=lambda trial: trial.id)
    best, found = -np.inf, []
    for trial in trials:
        if trial.state in ("running", "paused"):
            break
        if trial.state == "done" and trial.score is not None:
            best = max(best, trial.score)
        found.append(sign * best if np.isfinite(best) else float("nan"))
    return found


def band(lanes: Sequence[Lane]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return median, lower and upper edge of the best so far over the repeats, trial by trial.

    A run that has ended earlier than others, since its grid was exhausted, stays at its best. With fewer than five
    repeats the band is the whole range, else the middle half.
    """
    traces = [found for lane in lanes if (found := trace(lane.history))]
    if not traces:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    longest = max(map(len, traces))
    ended = [lane.history.status == "ended" for lane in lanes if trace(lane.history)]
    table = np.full((len(traces), longest), np.nan)
    for row, (values, is_over) in enumerate(zip(traces, ended, strict=True)):
        table[row, : len(values)] = values
        if is_over:
            table[row, len(values) :] = values[-1]
    edges = (0, 100) if len(traces) < FEW else (25, 75)
    kept = ~np.isnan(table).all(axis=0)
    parts = [np.full(longest, np.nan) for _ in range(3)]
    for part, share in zip(parts, (50, *edges), strict=True):
        part[kept] = np.nanpercentile(table[:, kept], share, axis=0)
    return parts[0], parts[1], parts[2]


# -- the small pictures -------------------------------------------------------------------------------------------


def _by_itself(axes: Axes, result: RaceResult, name: str, place: int, bounds: tuple[float, float] | None) -> None:
    """Draw the trials of one searcher as dots, those of each repeat, and its best so far as lines."""
    colour, shape = COLOURS[place % len(COLOURS)], SHAPES[place % len(SHAPES)]
    sign = result.metric["sign"]
    for lane in result.of(name):
        trials = [trial for trial in lane.history.trials.values() if not trial.hidden]
        numbers = {trial.id: number for number, trial in enumerate(sorted(trials, key=lambda one: one.id), start=1)}
        scored = [trial for trial in trials if trial.score is not None and trial.state == "done"]
        scores = np.array([sign * (trial.score or 0.0) for trial in scored])
        shown = scores if bounds is None else np.clip(scores, *bounds)
        places = [numbers[trial.id] for trial in scored]
        axes.scatter(places, shown, s=10, marker=shape, facecolors="none", edgecolors=colour, linewidths=0.7, alpha=0.6)
        best = trace(lane.history)
        axes.step(range(1, len(best) + 1), best, where="post", color=colour, linewidth=1.1)
    _tidy(axes, bounds)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=FEW_TICKS, integer=True))


def plane_of(result: RaceResult) -> TestFunction | None:
    """Return the test function that was raced on, where it has two numbers."""
    function = FUNCTIONS.get(result.function or "")
    return function if function is not None and len(function.space) == 2 else None


def heights(function: TestFunction) -> tuple[Any, Any, Any]:
    """Return x, y and the logarithm of the height above the minimum on a net, of a function of two numbers."""
    (across, first), (up, second) = function.space.items()
    x, y = np.linspace(first.low, first.high, NET), np.linspace(second.low, second.high, NET)
    height = np.array([[function.call({across: one, up: other}) for one in x] for other in y])
    return x, y, np.log10(height - function.minimum + 0.3)


def _where_it_looks(axes: Axes, result: RaceResult, name: str, place: int) -> None:
    """Draw the contours of a function of two numbers, and where one searcher has looked: late trials are darker."""
    function = plane_of(result)
    assert function is not None
    across, up = function.space
    axes.contour(*heights(function), levels=9, colors="#b9c0c8", linewidths=0.8)
    for valley in function.places:
        axes.plot(valley[across], valley[up], marker="+", color="#20262e", markersize=9, markeredgewidth=1.6)
    for lane in result.of(name):
        ended = [trial for trial in lane.history.trials.values() if trial.score is not None]
        shades: Any = np.linspace(0.25, 1.0, max(1, len(ended)))[: len(ended)]
        axes.scatter(
            [trial.config[across] for trial in ended],
            [trial.config[up] for trial in ended],
            s=14,
            marker=SHAPES[place % len(SHAPES)],
            color=COLOURS[place % len(COLOURS)],
            alpha=shades,
            linewidths=0,
            clip_on=False,
            zorder=3,
        )
    axes.set_xlabel(across)
    axes.set_ylabel(up if place == 0 else "")
    axes.tick_params(labelsize=8)


# -- the overlay --------------------------------------------------------------------------------------------------


def _overlay(axes: Axes, result: RaceResult, shown: Sequence[str]) -> None:
    bounds = _bounds(result)
    for name in result.names:
        if name not in shown:
            middle, _, _ = band(result.of(name))
            axes.step(range(1, len(middle) + 1), middle, where="post", color=GREY, linewidth=0.8, alpha=0.7)
    for place, name in enumerate(shown):
        middle, low, high = band(result.of(name))
        if not len(middle):
            continue
        numbers = np.arange(1, len(middle) + 1)
        colour, style = COLOURS[place % len(COLOURS)], LINES[place % len(LINES)]
        if len(result.of(name)) > 1:
            axes.fill_between(numbers, low, high, step="post", color=colour, alpha=0.14, linewidth=0)
        every = max(1, len(numbers) // 6)
        marked: dict[str, Any] = {
            "marker": SHAPES[place % len(SHAPES)],
            "markersize": 5,
            "markevery": (place % every, every),
        }
        drawn: dict[str, Any] = {"drawstyle": "steps-post", "linestyle": style, "linewidth": 1.8, "color": colour}
        axes.plot(numbers, middle, label=_plain(name), **drawn, **marked)
    function = FUNCTIONS.get(result.function or "")
    if function is not None and result.metric["sign"] < 0:
        axes.axhline(function.minimum, color="#8a8a8a", linewidth=1.0, linestyle=":")
    _tidy(axes, bounds)
    axes.set_xlabel("trial")
    axes.set_ylabel(_label(result))
    axes.set_title(_caption(result), fontsize=10)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=9, handlelength=3.2)


def _caption(result: RaceResult) -> str:
    runs = max((len(result.of(name)) for name in result.names), default=0)
    if runs <= 1:
        others = len(result.names) - NAMED
        return "Best so far" + (f"; in grey {others} more runs" if others > 0 else "")
    kind = "the whole range" if runs < FEW else "the middle half"
    return f"Best so far: median and {kind} of {runs} repeats"


def _label(result: RaceResult) -> str:
    label = _plain(result.metric["label"])
    between = "\n" if len(label) > NARROW else " "
    return f"{label}{between}(lower is better)" if result.metric["sign"] < 0 else label


def _tidy(axes: Axes, bounds: tuple[float, float] | None) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(labelsize=8)
    if bounds is not None:
        margin = max((bounds[1] - bounds[0]) * 0.06, 1e-9)
        axes.set_ylim(bounds[0] - margin, bounds[1] + margin)


def _bounds(result: RaceResult) -> tuple[float, float] | None:
    """Return bounds that hold every curve's end and keep bad beginnings from squeezing it; None for few values."""
    traces = [[value for value in trace(lane.history) if np.isfinite(value)] for lane in result.lanes]
    values = [value for found in traces for value in found]
    if len(values) < 4:
        return None
    low, high = np.percentile(values, [25, 75])
    reach = max(high - low, 1e-9) * SPAN
    ends = [found[-1] for found in traces if found]
    if result.metric["sign"] > 0:
        return float(min(max(min(values), low - reach), *ends, max(values))), float(max(values))
    return float(min(values)), float(max(min(max(values), high + reach), *ends, min(values)))


def _plain(text: str) -> str:
    """Return a name so that matplotlib shows it as it is: neither a formula ($) nor one left out of the legend (_)."""
    shown = str(text).replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def told(result: RaceResult) -> str:
    """Return in words what the picture shows."""
    ends = []
    for name in result.names:
        middle, _, _ = band(result.of(name))
        if len(middle) and np.isfinite(middle[-1]):
            ends.append(f"{name} {middle[-1]:.4g} after {len(middle)} trials")
    return f"Best so far of each searcher: {'; '.join(ends) if ends else 'no trial has ended yet'}."
