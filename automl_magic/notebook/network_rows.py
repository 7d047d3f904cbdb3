"""Rows of a search over neural networks: how each learned, how large it is, what is allowed, and one as blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from automl_magic.engine.caps import costs_of, seconds_in_words
from automl_magic.engine.history import History, Trial
from automl_magic.notebook.protocol import (
    CurvePoint,
    LimitsRow,
    NetworkArc,
    NetworkBox,
    NetworkRow,
    Refusal,
    Row,
    SizeRow,
)
from automl_magic.result import model_of, short

if TYPE_CHECKING:
    from automl_magic.engine.space import SearchSpace

Draw: TypeAlias = Callable[[History, Trial], Mapping[str, Any] | None]
REFUSED = "refused"  # the topic of the finding that counts them: {"refused": [{"why": …, "count": …}]}
DIGITS = 6  # of a score after an epoch
TOLD = 5  # networks of the front that are told in words


def is_of_networks(history: History) -> bool:
    """Whether a run searches neural networks."""
    return history.about.get("networks") is True


def network_rows(history: History, trials: Iterable[Trial], why: Mapping[int, str | None]) -> list[Row]:
    """Return the rows on trials that have changed: how they learned, how large they are.

    Parameters
    ----------
    history : History
        The run.
    trials : iterable of Trial
        Those of which rows are wanted.
    why : mapping of int to str or None
        Why the line of a trial ends, by its number.
    """
    found: list[Row] = []
    for trial in trials:
        points = curve_of(history, trial)
        if points:
            found.append({"kind": "learning", "trial": trial.id, "points": points, "why": why.get(trial.id)})
        size = size_row(trial)
        if size is not None:
            found.append(size)
    return found


def curve_of(history: History, trial: Trial) -> list[CurvePoint]:
    """Return the scores after the epochs of a trial, rung after rung, in the metric's natural sign; means over folds.

    A rung that was begun anew, as by a run that went on, has the epochs of its last time.
    """
    sign = history.about["metric"]["sign"]
    means: list[float] = []
    for rung in sorted(trial.results):
        curves = [result.curve for result in trial.results[rung].values() if result.curve]
        longest = max(map(len, curves), default=0)
        for epoch in range(longest):
            scores = [curve[epoch] for curve in curves if len(curve) > epoch]
            means.append(sign * sum(scores) / len(scores))
    return [
        {"epoch": epoch, "score": _rounded(score) if math.isfinite(score) else None}
        for epoch, score in enumerate(means, start=1)
    ]


def size_row(trial: Trial) -> SizeRow | None:
    """Return how large the network of a trial is; None where nothing of it is known."""
    costs = costs_of(trial.scores)
    parameters, multiply_adds, latency = (
        _number(costs.get(name)) for name in ("parameters", "multiply_adds", "latency")
    )
    if parameters is None and multiply_adds is None and latency is None:
        return None
    return {
        "kind": "size",
        "trial": trial.id,
        "parameters": _whole(parameters),
        "multiply_adds": _whole(multiply_adds),
        "latency_ms": None if latency is None else _rounded(1000 * latency),
    }


def size_in_words(trial: Trial) -> str:
    """Return how large the network of a trial is: "12,345 parameters, one row in 0.21 ms"; "" where nobody knows."""
    costs = costs_of(trial.scores)
    parts = [f"{costs['parameters']:,.0f} parameters"] if "parameters" in costs else []
    return ", ".join(parts + ([f"one row in {seconds_in_words(costs['latency'])}"] if "latency" in costs else []))


def refusals(history: History) -> int:
    """Return how often the record says what was refused."""
    return sum(found.topic == REFUSED for found in history.findings)


def limits_row(history: History) -> LimitsRow:
    """Return the limits of a run as it was begun (seconds and bytes in its record), and what was refused by now."""
    told: Any = history.about.get("limits")
    limits = told if isinstance(told, Mapping) else {}
    latency, memory = (_number(limits.get(name)) for name in ("latency", "memory"))
    counted = (history.finding(REFUSED) or {}).get("refused")
    refused: list[Refusal] = [
        {"why": str(one.get("why", "")), "count": one["count"]}
        for one in (counted if isinstance(counted, list) else [])
        if isinstance(one, Mapping) and isinstance(one.get("count"), int) and one["count"] > 0
    ]
    return {
        "kind": "limits",
        "parameters": _whole(_number(limits.get("parameters"))),
        "multiply_adds": _whole(_number(limits.get("multiply_adds"))),
        "latency_ms": None if latency is None else _rounded(1000 * latency),
        "memory_mb": None if memory is None else _rounded(memory / 1e6),
        "refused": sorted(refused, key=lambda one: -one["count"]),
    }


def drawing_rows(
    history: History, trial: int, space: SearchSpace | None = None, draw: Draw | None = None
) -> list[NetworkRow]:
    """Return the one row with the blocks of a trial's network; none where there is no such trial.

    Parameters
    ----------
    history : History
        The run, or its record.
    trial : int
        The number of the trial.
    space : SearchSpace, optional
        What is searched, while the run is under way.
    draw : callable, optional
        Returns the blocks of a trial of a history and how they are connected, None where it does not know them: the
        row has none then. Default: `network_drawing.drawing_of`.
    """
    found = history.trials.get(trial)
    if found is None or not history.about:
        return []
    drawn = (draw or _drawer(space))(history, found) or {}
    row: NetworkRow = {
        "kind": "network",
        "trial": trial,
        "title": f"{model_of(found)}{_counted(size_in_words(found))}",
        "boxes": [_box(one) for one in drawn.get("boxes", ())],
        "arcs": [_arc(one) for one in drawn.get("arcs", ())],
    }
    return [row]


def _drawer(space: SearchSpace | None) -> Draw:
    from automl_magic.network_drawing import drawing_of

    return lambda history, trial: drawing_of(history, trial, space)


def _box(box: Mapping[str, Any]) -> NetworkBox:
    width = box.get("width")
    return {
        "id": str(box["id"]),
        "label": str(box["label"]),
        "kind": str(box.get("kind", "")),
        "width": None if width is None else int(width),
        "shape": [int(size) for size in box.get("shape", ())],
        "parameters": int(box.get("parameters") or 0),
        "multiply_adds": int(box.get("multiply_adds") or 0),
        "text": str(box.get("text", "")),
    }


def _arc(arc: Mapping[str, Any]) -> NetworkArc:
    return {"from": str(arc["from"]), "to": str(arc["to"]), "label": str(arc.get("label") or "")}


def front_of(history: History) -> list[Trial]:
    """Return the trials than which no smaller one is as good, by the number of parameters, the smallest first."""
    sized = [
        (costs_of(trial.scores)["parameters"], trial)
        for trial in history.trials.values()
        if trial.score is not None
        and not trial.hidden
        and trial.state != "failed"
        and "parameters" in costs_of(trial.scores)
    ]
    front: list[Trial] = []
    for _, trial in sorted(sized, key=lambda one: (one[0], -(one[1].score or 0.0), one[1].id)):
        if not front or (trial.score or 0.0) > (front[-1].score or 0.0):
            front.append(trial)
    return front


def told(history: History) -> list[str]:
    """Return lines for where no picture of the networks can be shown; none of a run that searches something else."""
    if not is_of_networks(history):
        return []
    front = front_of(history)
    shown = front[-TOLD:]
    metric = history.about["metric"]
    lines = [f"{_counted_networks(front)} than which no smaller one is as good:"] if front else []
    for trial in shown:
        epochs = len(curve_of(history, trial))
        after = f" after {epochs} epoch{'s' * (epochs != 1)}" if epochs else ""
        score = short(float(metric["sign"] * (trial.score or 0.0)))
        lines.append(
            f"trial {trial.id}, {model_of(trial)}{_counted(size_in_words(trial))}: {metric['label']} {score}{after}"
        )
    for one in limits_row(history)["refused"]:
        lines.append(f"{one['count']} refused: {one['why']}")
    return lines


def _counted_networks(front: Sequence[Trial]) -> str:
    if len(front) == 1:
        return "One network"
    return f"{len(front)} networks" + (f", the {TOLD} largest here," if len(front) > TOLD else "")


def _counted(words: str) -> str:
    return f", {words}" if words else ""


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None
