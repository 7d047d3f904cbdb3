"""A table ready to be searched: read, its folds drawn, its metric chosen, rows kept apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from automl_magic.errors import DataError, did_you_mean
from automl_magic.plan import Plan
from automl_magic.tabular.constraining import with_class_weight, with_monotone
from automl_magic.tabular.converting import frame_from, quoted
from automl_magic.tabular.leaks import copies_across, groups_in_both, order_unused, rows_in_both
from automl_magic.tabular.metrics import Metric, metric_for
from automl_magic.tabular.own_metric import check_metric
from automl_magic.tabular.prepare import screened
from automl_magic.tabular.reading import frame_of
from automl_magic.tabular.splits import Splits, make_splits
from automl_magic.tabular.task import Table, read_table


@dataclass(frozen=True)
class Problem:
    """A table ready to be searched.

    Attributes
    ----------
    table : Table
        The rows that are searched on.
    apart : Table or None
        Rows kept apart, scored once at the end.
    splits : Splits
        The folds.
    metric, beside : Metric
        What is made good, and what is shown beside it.
    warnings : tuple of str
        What may make the result worth less, in words.
    """

    table: Table
    apart: Table | None
    splits: Splits
    metric: Metric
    beside: Metric
    warnings: tuple[str, ...] = ()

    def entries(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Return truth and fold of each row that is scored, fold after fold, and the unit in which it is drawn.

        A unit is the row itself, which repeated folds score more than once, or its group where there are groups.
        """
        rows, folds = self.splits.entries()
        groups = self.table.groups
        return np.asarray(self.table.y)[rows], folds, rows if groups is None else np.asarray(groups)[rows]

    def entry_weights(self) -> np.ndarray[Any, Any] | None:
        """Return what each row that is scored counts, as of `entries`; None where all count alike."""
        return None if self.table.weights is None else np.asarray(self.table.weights)[self.splits.entries()[0]]


def read_problem(plan: Plan, data: Any, y: Any = None, test: Any = None, sample_weight: Any = None) -> Problem:
    """Read the table and decide task, metric and folds; `sample_weight` are weights that are no column of it.

    Raises
    ------
    DataError, OptionError
        If the table cannot be searched, or an option does not fit it.
    """
    options: dict[str, Any] = {"task": plan.task, "group": plan.group, "order": plan.order, "ignore": plan.ignore}
    weights = plan.sample_weight if sample_weight is None else sample_weight
    table = read_table(data, plan.target, y, weights=weights, **options)
    table = with_class_weight(with_monotone(table, plan.monotone), plan.class_weight)
    apart = None
    if test is not None:
        test = frame_of(test)[0] if isinstance(test, str | Path) else test
        there = _check_test(table, test)
        options["ignore"] = [name for name in plan.ignore if str(name) in there]
        apart = read_table(test, plan.target, weights=plan.sample_weight, **options)
    elif plan.test is not None:
        table, apart = keep_apart(table, plan.test, plan.seed)
    metric, beside = metric_for(table.task, plan.metric)
    check_metric(metric, table.y, table.task.classes, table.weights)
    splits = make_splits(table, plan.cv, plan.seed)
    doubts = [screened(table), copies_across(table, splits), order_unused(table)]
    if test is not None and apart is not None:
        doubts += _doubts_of_test(table, apart, plan.group, data, test)
    warned = (*table.warnings, *splits.warnings, *(doubt for doubt in doubts if doubt is not None))
    return Problem(table, apart, splits, metric, beside, warned)


def _check_test(table: Table, test: Any) -> list[str]:
    """Refuse a test table that lacks a column that is learnt from, or the target; return the names of its columns."""
    frame, own = frame_of(test)
    there = [str(name) for name in frame.columns]
    wanted = [column.name for column in table.columns if column.is_used]
    wanted += [] if own is not None else [table.task.target]
    missing = [name for name in wanted if name not in there]
    if missing:
        near = did_you_mean(missing[0], [name for name in there if name not in wanted])
        raise DataError(
            f"test: the test table has no column named {quoted(missing)}.{near}",
            "Give it the columns of the training table and the target, or leave those out of the search: ignore=… in "
            "Python, --ignore … in a cell.",
        )
    return there


def _doubts_of_test(table: Table, apart: Table, group: str | None, data: Any, test: Any) -> list[str | None]:
    """Return what a test table has in common with the training table."""
    shared = None
    if group is not None:
        ours, theirs = (frame_from(frame_of(given)[0])[str(group)] for given in (data, test))
        shared = groups_in_both(ours, theirs, str(group))
    return [rows_in_both(table, apart), shared]


def keep_apart(table: Table, share: float, seed: int) -> tuple[Table, Table]:
    """Split a table in two; the second has `share` of the rows: the last by order, whole groups, or drawn by class."""
    from sklearn.model_selection import GroupShuffleSplit, train_test_split

    rows = np.arange(len(table.y))
    if table.order is not None:
        by_time = np.argsort(table.order, kind="stable")
        cut = len(rows) - max(1, round(share * len(rows)))
        first, second = np.sort(by_time[:cut]), np.sort(by_time[cut:])
    elif table.groups is not None:
        first, second = next(GroupShuffleSplit(1, test_size=share, random_state=seed).split(rows, groups=table.groups))
    else:
        classes, counts = (
            np.unique(table.y, return_counts=True) if table.task.kind != "regression" else ((), np.array([0]))
        )
        strata = table.y if counts.min() >= 2 else None
        first, second = train_test_split(rows, test_size=share, random_state=seed, stratify=strata)
    return rows_of(table, np.sort(first)), rows_of(table, np.sort(second))


def rows_of(table: Table, rows: np.ndarray[Any, Any]) -> Table:
    """Return the table with these rows only."""
    parts: dict[str, Any] = {
        name: None if getattr(table, name) is None else getattr(table, name)[rows]
        for name in ("groups", "order", "weights")
    }
    return replace(table, X=table.X.iloc[rows].reset_index(drop=True), y=table.y[rows], **parts)
