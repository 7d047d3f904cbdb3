"""Rows of what is worked out from a run: which parameters mattered, the steps of a trial."""

from __future__ import annotations

from dataclasses import asdict
from typing import cast

from automl_magic.engine.history import History
from automl_magic.importance import LEAST, parameter_importance
from automl_magic.notebook.protocol import ImportanceRow, PipelineRow, PipelineStep
from automl_magic.stages import described

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


def pipeline_rows(history: History, trial: int) -> list[PipelineRow]:
    """Return the one row with the steps of a trial; none where there is no such trial."""
    found = history.trials.get(trial)
    if found is None or not history.about:
        return []
    steps = [cast(PipelineStep, asdict(step)) for step in described(history, found)]
    return [{"kind": "pipeline", "trial": trial, "steps": steps}]
