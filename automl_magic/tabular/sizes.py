"""How much work a table allows for one fit: plain functions of its sizes, so that every run decides the same."""

from __future__ import annotations

from automl_magic.tabular.counting import counts_of
from automl_magic.tabular.task import Table

FEW_ROWS, FEW_BORDERS, MOST_BORDERS = 1_000, 128, 254
USUAL = 4_000 * 20  # numbers in a table for which the whole range is open


def work(table: Table) -> float:
    """Return how much larger a table is than a usual one, at least 1; classes beyond two count as well."""
    numbers = len(table.y) * max(1, len(table.columns)) * max(1, len(table.task.classes) - 1)
    return max(1.0, numbers / USUAL)


def most_rounds(table: Table, most: int = 500) -> int:
    """Return the largest number of rounds of boosting: it falls with the root of the table's size, down to 100."""
    return max(100, int(most / work(table) ** 0.5))


def stopped_rounds(table: Table, most: int) -> int:
    """Return after how many rounds of boosting a fit ends that the held-out rows have not ended: 200 at least."""
    return max(200, int(most / work(table) ** 0.5))


def borders(table: Table) -> int:
    """Return between how many values of a column CatBoost may cut; on few rows all of them cost more than the rows."""
    return FEW_BORDERS if len(table.y) <= FEW_ROWS else MOST_BORDERS


def most_epochs(table: Table, most: int = 60) -> int:
    """Return the passes of a network over the rows: they fall with the root of their number above 10,000."""
    return max(12, int(most / max(1.0, len(table.y) / 10_000) ** 0.5))


def most_trees(table: Table, most: int = 300) -> int:
    """Return the largest number of trees of a forest: it falls with the root of the table's size, down to 20."""
    return max(20, int(most / work(table) ** 0.5))


def smallest_class(table: Table) -> int:
    """Return the number of rows of the rarest class; all rows for a regression."""
    if table.task.kind == "regression":
        return len(table.y)
    return int(counts_of(table.y).min())


def share_of_rows(table: Table, most: int = 20_000) -> float:
    """Return the share of the rows that one tree of a forest is to see, at most `most` of them."""
    return min(1.0, most / len(table.y))
