"""Does the table fit into memory, once for each worker? Else fewer workers, a sample of the rows, or a refusal."""

from __future__ import annotations

import os
from dataclasses import replace
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


def fit_into_memory(plan: Plan, problem: Problem, slots: int) -> tuple[Problem, int, str | None]:
    """Return the problem, or one of fewer rows, the workers that fit into memory, and a sentence where that is less.

    Raises
    ------
    DataError
        If not even a sample fits.
    """
    table = problem.table
    free = USED * memory.available_memory()
    needed = bytes_of_fit(table)
    fitting = int(free // needed)
    if fitting >= slots:
        return problem, slots, None
    told = f"A fit on this table needs about {in_words(needed)} of memory, and {in_words(free)} can be used"
    if fitting >= 1:
        return problem, fitting, f"{told}: {fitting} worker{'s' * (fitting > 1)} instead of {slots}."
    share = max(0.0, free - PROCESS) / (needed - PROCESS)
    rows = int(share * len(table.y))
    if rows < FEWEST:
        raise DataError(
            f"The table is too large: {told[0].lower()}{told[1:]}. It has {len(table.y):,} rows and "
            f"{len(table.columns):,} columns.",
            "Leave out columns with ignore, give a sample (df.sample(…)), or free memory: del what is not needed.",
        )
    part = keep_apart(table, share, plan.seed)[1]
    splits = make_splits(part, plan.cv, plan.seed)
    said = f"{told}: the search uses {len(part.y):,} of the {len(table.y):,} rows, drawn at random, and one worker."
    if table.order is not None:
        said = said.replace("drawn at random", "the latest ones")
    return replace(problem, table=part, splits=splits), 1, said


def limit_mb(slots: int) -> int:
    """Return the megabytes that one worker may use before it is ended: its share of what is free now, or more."""
    return max(1_000, int(0.9 * memory.available_memory() / max(1, slots) / 2**20))
