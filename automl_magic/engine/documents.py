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
ENDED = 2  # hyperopt's states of a job: 0 new, 1 running, 2 done, 3 an error, which is an end too
WATCHED = 500  # the newest documents, in which a result that was changed after the end is noticed


class Documents:
    """The documents of one Trials object, in the columns of one Domain.

    A document is known by its place in the list: hyperopt's ids collide once documents were filtered.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._forget()

    def _forget(self) -> None:
        self._read: list[Any] = []
        self._told: dict[int, tuple[Any, Any, Any]] = {}
        self._rows = Rows(len(self.columns.all))
        self._awaited: dict[int, None] = {}
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
        for row in {*self._awaited, *range(max(0, known - WATCHED), len(documents))}:
            document = documents[row]
            told = document["state"], document["result"].get("status"), document["result"].get("loss")
            if row >= known or told != self._told[row]:
                self._take(row, document, told)
        self._read = documents[:]

    def _take(self, row: int, document: Any, told: tuple[Any, Any, Any]) -> None:
        self._told[row] = told
        self._rows.tell(row, *_told(document))
        if told[0] < ENDED:
            self._awaited[row] = None
        else:
            self._awaited.pop(row, None)

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
        is_ended = np.ones(self._rows.count, dtype=bool)
        awaited = list(self._awaited)
        is_ended[awaited] = False
        return self._rows.evidence(np.flatnonzero(is_ended), self._rows.coordinates[awaited])


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
