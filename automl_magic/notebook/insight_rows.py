"""Rows of what is worked out from a run: which parameters mattered, the steps of a trial."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import cast

from automl_magic.column_importance import TOPIC, found_in
from automl_magic.engine.history import History
from automl_magic.importance import LEAST, parameter_importance
from automl_magic.interactions import Insight, insight_of
from automl_magic.notebook.protocol import (
    ColumnsRow,
    ColumnWorth,
    ImportanceRow,
    InsightGroup,
    InsightRow,
    PipelineRow,
    PipelineStep,
    Row,
)
from automl_magic.stages import described

NO_COLUMNS: ColumnsRow = {"kind": "columns", "folds": 0, "repeats": 0, "rows": 0, "of": 0, "values": []}
BETWEEN = 2.0  # seconds between two reckonings of what mattered


def importance_rows(history: History) -> list[ImportanceRow]:
    """Return the one row that says which parameters mattered; none while too few trials are done to tell."""
    done = history.counts()["done"]
    if done < LEAST:
        return []
    groups = parameter_importance(history)
    return [
        {
            "kind": "importance",
            "trials": done,
            "groups": [
                {
                    "model": group.model,
                    "trials": group.trials,
                    "values": [{"label": label, "share": round(share, 4)} for label, share in group.shares],
                }
                for group in groups
            ],
        }
    ]


class ImportanceClock:
    """Say when what mattered is to be reckoned anew: new trials are done, and some time has gone by."""

    def __init__(self) -> None:
        self._at = float("-inf")
        self._done = 0

    def rows(self, history: History, now: float, is_last: bool = False) -> list[ImportanceRow]:
        """Return the new row, or nothing.

        Parameters
        ----------
        history : History
            The run.
        now : float
            A clock's time in seconds.
        is_last : bool
            Whether the run has ended: then no time needs to have gone by.
        """
        if now - self._at < BETWEEN and not is_last:
            return []
        done = history.counts()["done"]
        if done == self._done:
            return []
        self._at, self._done = now, done
        return importance_rows(history)


def insight_row(history: History) -> InsightRow:
    """Return the row that says how many parameters matter, which act together and where to narrow."""
    done = history.counts()["done"]
    return {"kind": "insight", "trials": done, "groups": [_insight_group(one) for one in insight_of(history).groups]}


def _insight_group(insight: Insight) -> InsightGroup:
    return {
        "model": insight.model,
        "trials": insight.trials,
        "parameters": insight.parameters,
        "matter": [{"label": label, "share": round(share, 4)} for label, share in insight.matter],
        "pairs": [
            {"one": pair.one, "other": pair.other, "share": round(pair.share, 4)} for pair in insight.interactions
        ],
        "told": round(insight.told, 4),
        "narrowings": [
            {
                "label": one.label,
                "low": one.low,
                "high": one.high,
                "options": list(one.options),
                "kept": round(one.kept, 4),
                "cut": round(one.cut, 4),
                "code": one.code,
            }
            for one in insight.narrowings
        ],
    }


class InsightTeller:
    """Answer a view that asks for insight, in a thread of its own: it takes some tenths of a second, or more.

    So an update costs nothing for it, and a run at which nobody looks never reckons it.
    """

    def __init__(self) -> None:
        self._busy = threading.Lock()

    def tell(self, history: History, push: Callable[[list[Row]], None]) -> None:
        """Begin to work out the row and push it; while one is being worked out, do nothing."""
        if self._busy.acquire(blocking=False):
            threading.Thread(target=self._work, args=(history, push), name="automl-insight", daemon=True).start()

    def _work(self, history: History, push: Callable[[list[Row]], None]) -> None:
        try:
            push([insight_row(history)])
        finally:
            self._busy.release()


def columns_found(history: History) -> int:
    """Return how often the record says what columns are worth."""
    return sum(found.topic == TOPIC for found in history.findings)


def columns_rows(history: History) -> list[ColumnsRow]:
    """Return the one row that says which columns the result needs; none where the record does not say."""
    found = found_in(history)
    if found is None:
        return []
    values: list[ColumnWorth] = [
        {
            "columns": list(worth.columns),
            "loss": worth.loss,
            "low": worth.low if math.isfinite(worth.low) else None,
            "high": worth.high if math.isfinite(worth.high) else None,
            "inside": worth.inside,
        }
        for worth in found.worths
    ]
    row: ColumnsRow = {
        "kind": "columns",
        "folds": found.folds,
        "repeats": found.repeats,
        "rows": found.rows,
        "of": found.of,
        "values": values,
    }
    return [row]


def pipeline_rows(history: History, trial: int) -> list[PipelineRow]:
    """Return the one row with the steps of a trial; none where there is no such trial."""
    found = history.trials.get(trial)
    if found is None or not history.about:
        return []
    steps = [cast(PipelineStep, asdict(step)) for step in described(history, found)]
    return [{"kind": "pipeline", "trial": trial, "steps": steps}]
