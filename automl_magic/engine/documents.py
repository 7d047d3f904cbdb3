"""hyperopt's trial documents as rows: each is read once, and again only while its result is awaited or has changed."""

from __future__ import annotations

import math
import operator
from collections import Counter
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automl_magic.engine.columns import Columns
from automl_magic.engine.observations import DONE, FAILED, Evidence, Rows

Floats: TypeAlias = NDArray[np.float64]
NEW, RUNNING, ENDED = 0, 1, 2  # hyperopt's states of a job; 3 is an error, which is an end too


class Documents:
    """The documents of one Trials object, in the columns of one Domain.

    A document is known by its place in the list: hyperopt's ids collide once documents were filtered.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._forget()

    def _forget(self) -> None:
        self._read: list[Any] = []
        self._states: list[Any] = []
        self._losses: list[Any] = []
        self._rows = Rows(len(self.columns.all))
        self.seen: Counter[bytes] = Counter()

    def read(self, trials: Any) -> None:
        """Take into account what was added, told, taken away or changed since the last call."""
        documents = _documents(trials)
        known = len(self._read)
        if len(documents) < known or not all(map(operator.is_, documents, self._read)):
            self._forget()
            known = 0
        for document in documents[known:]:
            row = self._coordinates(document)
            self._rows.append(row)
            self.seen[row.tobytes()] += 1
        states = [document["state"] for document in documents]
        losses = [document["result"].get("loss") for document in documents]
        if states[:known] != self._states or losses[:known] != self._losses:
            before = zip(self._states, self._losses, strict=True)
            changed = [row for row, told in enumerate(before) if (states[row], losses[row]) != told]
        else:
            changed = []
        for row in [*changed, *range(known, len(documents))]:
            self._rows.tell(row, *_told(documents[row]))
        self._read, self._states, self._losses = list(documents), states, losses

    def _coordinates(self, document: Any) -> Floats:
        vals = document["misc"]["vals"]
        row = np.full(len(self.columns.all), np.nan)
        for column in self.columns.all:
            found = vals.get(column.label)
            if found is not None and len(found):
                row[column.place] = column.coordinate(found[0])
        return row

    def evidence(self) -> Evidence:
        """Return what is known now."""
        states = np.array(self._states, dtype=np.intp)
        return self._rows.evidence(np.flatnonzero(states >= ENDED), self._rows.coordinates[states < ENDED])


def _documents(trials: Any) -> list[Any]:
    """Return all documents, also those that ended in an exception: hyperopt hides these from its own estimator."""
    documents = getattr(trials, "_dynamic_trials", None)
    if not isinstance(documents, list) or len(documents) < len(trials.trials):
        return list(trials.trials)
    key = getattr(trials, "_exp_key", None)
    return documents if key is None else [document for document in documents if document["exp_key"] == key]


def _told(document: Any) -> tuple[float, float, float]:
    """Return standing, loss and cost of a document; what has no finite loss has failed."""
    result = document["result"]
    loss, cost = result.get("loss"), result.get("cost")
    cost = math.nan if cost is None else float(cost)
    if document["state"] != ENDED or result.get("status") != "ok" or loss is None or not math.isfinite(loss):
        return FAILED, math.inf, cost
    return DONE, float(loss), cost
