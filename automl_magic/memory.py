"""Does the table fit into memory, once for each worker? Else fewer workers, a sample of the rows, or a refusal."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from automl_magic.engine import memory
from automl_magic.engine.memory import in_words
from automl_magic.errors import DataError
from automl_magic.plan import Plan
from automl_magic.problem import Problem, keep_apart
from automl_magic.tabular.columns import Column
from automl_magic.tabular.prepare import MANY
from automl_magic.tabular.splits import make_splits
from automl_magic.tabular.task import Table

PROCESS = 250e6  # bytes of a worker that has imported everything and holds no data
TORCH = 200e6  # and of one that has imported torch as well
COPIES = 3  # of the prepared numbers that a fit holds at once, roughly
USED = 0.8  # share of the free memory that is planned with
FEWEST = 1_000  # rows of which a sample is still worth a search
TEXT = 50  # numbers that a text becomes
DATE = 8  # numbers that a date becomes
CSV = 1.5  # bytes in memory for each byte of a CSV file, at least; a Parquet file is compressed, so this is little


def bytes_of_fit(table: Table) -> float:
    """Return about how many bytes one worker needs for one fit, the process itself included."""
    numbers = sum(_width(column, len(table.task.classes)) for column in table.columns)
    return PROCESS + 8.0 * len(table.y) * (COPIES * numbers + len(table.columns))


def _width(column: Column, classes: int) -> int:
    """Return how many numbers a column becomes."""
    if not column.is_used:
        return 0
    if column.role == "category":
        return column.levels if column.levels <= MANY else max(1, classes)
    return {"text": TEXT, "date": DATE}.get(column.role, 1)


def check_file(data: Any) -> None:
    """Refuse a file that is larger than what is free.

    Raises
    ------
    DataError
        If it is.
    """
    if not isinstance(data, str | Path) or not os.path.isfile(data):
        return
    size, free = os.path.getsize(data), memory.available_memory()
    if CSV * size > free:
        raise DataError(
            f'"{data}" has {in_words(size)} and needs at least {in_words(CSV * size)} of memory; '
            f"{in_words(free)} are free.",
            "Read a part of it, for example pandas.read_csv(path, nrows=1_000_000), and give that.",
        )


@dataclass(frozen=True)
class Fitting:
    """What of a problem fits into memory.

    Attributes
    ----------
    problem : Problem
        The problem, or one of fewer rows.
    slots : int
        Workers that fit.
    share : float or None
        Share of the rows, where not all are used.
    said : str or None
        A sentence where that is less than was asked for.
    """

    problem: Problem
    slots: int
    share: float | None = None
    said: str | None = None


def fit_into_memory(plan: Plan, problem: Problem, slots: int, before: Mapping[str, Any] | None = None) -> Fitting:
    """Return what fits into memory.

    Parameters
    ----------
    plan, problem, slots
        What is to be done, and with how many workers.
    before : mapping, optional
        What the record of a run that is resumed says: the share of the rows stays as it was.

    Raises
    ------
    DataError
        If not even a sample fits.
    """
    table = problem.table
    free = USED * memory.available_memory()
    process = PROCESS + (TORCH if plan.has_networks else 0.0)
    needed = bytes_of_fit(table) + process - PROCESS
    fitting = int(free // needed)
    if before is not None:
        share = before.get("share")
        return Fitting(problem if share is None else _part(plan, problem, share), max(1, min(slots, fitting)), share)
    if fitting >= slots:
        return Fitting(problem, slots)
    told = f"A fit on this table needs about {in_words(needed)} of memory, and {in_words(free)} can be used"
    if fitting >= 1:
        said = f"{told}: {fitting} worker{'s' * (fitting > 1)} instead of {slots}."
        return Fitting(problem, fitting, said=said)
    share = max(0.0, free - process) / (needed - process)
    rows = int(share * len(table.y))
    too_large = DataError(
        f"The table is too large: {told[0].lower()}{told[1:]}. It has {len(table.y):,} rows and "
        f"{len(table.columns):,} columns.",
        "Leave out columns with ignore, give a sample (df.sample(…)), or free memory: del what is not needed.",
    )
    if rows < FEWEST:
        raise too_large
    try:
        part = _part(plan, problem, share)
    except (DataError, ValueError):  # so few rows cannot be split any more
        raise too_large from None
    drawn = "the latest ones" if table.order is not None else "drawn at random"
    said = f"{told}: the search uses {len(part.table.y):,} of the {len(table.y):,} rows, {drawn}, and one worker."
    return Fitting(part, 1, share, said)


def _part(plan: Plan, problem: Problem, share: float) -> Problem:
    """Return the problem on a share of its rows."""
    part = keep_apart(problem.table, share, plan.seed)[1]
    return replace(problem, table=part, splits=make_splits(part, plan.cv, plan.seed))


def slots_for_sure(slots: int) -> int:
    """Return how many processes may be made before the table is known."""
    return max(1, min(slots, int(USED * memory.available_memory() // (2 * PROCESS))))


def limit_mb(slots: int) -> int:
    """Return the megabytes that one worker may use before it is ended: its share of what is free now, or more."""
    return max(1_000, int(0.9 * memory.available_memory() / max(1, slots) / 2**20))
