"""Which rows a trial learns from and which it is scored on: the folds of a run, drawn once."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
)

from automl_magic.errors import DataError, OptionError
from automl_magic.extend import SPLITTERS
from automl_magic.tabular.counting import codes_and_levels, counts_of
from automl_magic.tabular.own_splits import own_pairs
from automl_magic.tabular.target import FEWEST

if TYPE_CHECKING:
    from automl_magic.tabular.task import Table

Rows: TypeAlias = NDArray[np.int64]
Pair: TypeAlias = tuple[Rows, Rows]

FOLDS = 5
LARGE = 100_000  # rows above which one part is held out instead of folds
HUGE = 250_000  # rows above which that part is a tenth instead of a fifth
SMALL = ((500, 3), (1_000, 2))  # below so many rows, so many repeats of the folds


@dataclass(frozen=True)
class Splits:
    """The folds of a run.

    Attributes
    ----------
    pairs : tuple of (rows to learn from, rows to score)
        One pair for each fold, in the order in which a trial visits them; positions in the table.
    repeats : int
        How often the whole table is split.
    why : str
        One plain sentence that says how the rows are split.
    splitter : object
        The splitter of scikit-learn that made the pairs.
    places : tuple of int
        Which of the splitter's pairs these are: all, but for folds that cannot be used.
    uses : str
        What the splitter reads besides the rows: "", "groups", or "order" (the rows are sorted first).
    voters : tuple of int
        The folds whose models make the final predictor. In the order of time only the last one, which learnt most.
    warnings : tuple of str
        What had to be done differently, in words.
    """

    pairs: tuple[Pair, ...]
    repeats: int
    why: str
    splitter: Any
    places: tuple[int, ...]
    uses: str = ""
    voters: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()

    def entries(self) -> tuple[Rows, Rows]:
        """Return the rows that are scored, fold after fold, and the fold of each: both of shape (n_entries,)."""
        rows = np.concatenate([test for _, test in self.pairs])
        folds = np.repeat(np.arange(len(self.pairs)), [len(test) for _, test in self.pairs])
        return rows, folds


def make_splits(table: Table, cv: int | str = "auto", seed: int = 0) -> Splits:
    """Split the rows of a table for cross-validation.

    Parameters
    ----------
    table : Table
        Its `groups` stay together, its `order` is the order of time.
    cv : int or str
        A number of folds; "holdout" for one part held out; "auto" for five folds, repeated below 1,000 rows, and one
        part held out above 100,000; or the name of a registered splitter.
    seed : int
        Seeds the shuffling.

    Raises
    ------
    OptionError
        If `cv` is none of these, or both groups and an order are given.
    DataError
        If the rows cannot be split: too few rows, groups, or rows of a class.
    """
    rows = len(table.y)
    if isinstance(cv, str) and cv in SPLITTERS:
        return _own(table, SPLITTERS.get(cv))
    _check(table, cv, rows)
    share = _held_out(cv, rows)
    if table.order is not None:
        return _by_time(table, np.asarray(table.order), cv, share)
    wanted, notes = (1, []) if share else _number_of_folds(table, cv, rows)
    stratified = (
        table.task.kind != "regression"
        and _smallest_class(table) >= 2
        and int((share or 1.0) * rows) >= len(table.task.classes)
    )
    if table.groups is not None:
        splitter: Any = _group_splitter(stratified, wanted, share, seed)
    elif share:
        splitter = (StratifiedShuffleSplit if stratified else ShuffleSplit)(1, test_size=share, random_state=seed)
    else:
        splitter = _row_splitter(table, wanted, cv, seed)
    repeats = splitter.n_repeats if isinstance(splitter, RepeatedKFold | RepeatedStratifiedKFold) else 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a small class: said in our own words
        y = table.y if table.task.kind == "regression" else codes_and_levels(table.y)[0]
        pairs = list(splitter.split(np.zeros(rows), y, table.groups))
    places, dropped = _usable(table, pairs, range(len(pairs)))
    kept = tuple(pairs[place] for place in places)
    uses = "" if table.groups is None else "groups"
    why = _sentence(table, wanted, repeats, share)
    return Splits(kept, repeats, why, splitter, places, uses, tuple(range(len(kept))), (*notes, *dropped))


def _own(table: Table, splitter: Any) -> Splits:
    """Return the folds of a person's splitter; all of their models vote."""
    if table.order is not None:
        raise OptionError("The order of time is a splitter of its own.", "Give either order or a splitter.")
    pairs = own_pairs(table, splitter)
    places, dropped = _usable(table, pairs, range(len(pairs)))
    kept = tuple(pairs[place] for place in places)
    scored = len(np.unique(np.concatenate([test for _, test in kept])))
    left = f" {len(table.y) - scored} of {len(table.y)} rows are never scored." if scored < len(table.y) else ""
    why = f"{len(kept)} fold{'s' * (len(kept) != 1)} of your own {type(splitter).__name__}.{left}"
    uses = "" if table.groups is None else "groups"
    return Splits(kept, 1, why, splitter, places, uses, tuple(range(len(kept))), tuple(dropped))


def _check(table: Table, cv: int | str, rows: int) -> None:
    known = (
        cv in ("auto", "holdout")
        if isinstance(cv, str)
        else isinstance(cv, int) and not isinstance(cv, bool) and cv >= 2
    )
    if not known:
        raise OptionError(
            f"cv must be a number of folds from 2 on, or holdout, or auto. Got {cv!r} instead.",
            "Try cv=5, in a cell --cv 5.",
        )
    if table.groups is not None and table.order is not None:
        raise OptionError("Rows can be split by groups or by time, not by both.", "Give either group or order.")
    if rows < FEWEST:
        raise DataError(f"A search needs at least {FEWEST} rows with a target. Got {rows}.", "Give more rows.")
    if table.task.kind != "regression":
        codes, labels = codes_and_levels(table.y)
        counts = np.bincount(codes)
        if len(labels) == 2 and counts.min() < 2:
            raise DataError(
                f'One class of the target "{table.task.target}" has one row: it cannot be both learnt and checked.',
                "Give at least two rows of each class, better ten.",
            )


def _held_out(cv: int | str, rows: int) -> float:
    """Return the share of the rows to hold out, or 0 for folds."""
    if cv == "holdout" or (cv == "auto" and rows > LARGE):
        return 0.1 if rows > HUGE else 0.2
    return 0.0


def _smallest_class(table: Table) -> int:
    return int(counts_of(table.y).min())


def _number_of_folds(table: Table, cv: int | str, rows: int) -> tuple[int, list[str]]:
    """Return how many folds the data allow, and a sentence where that is fewer than wanted."""
    wanted = FOLDS if isinstance(cv, str) else cv
    most, why = rows // 2, f"there are only {rows} rows"
    if table.groups is not None:
        groups = len(np.unique(table.groups))
        if groups < 2:
            raise DataError("The group column has one group only: nothing is left to check on.", "Leave group out.")
        if groups < most:
            most, why = groups, f"there are only {groups} groups"
    if table.task.kind == "binary" and _smallest_class(table) < most:
        most, why = _smallest_class(table), f"the smaller class has only {_smallest_class(table)} rows"
    if wanted > most:
        return max(2, most), [f"{max(2, most)} folds instead of {wanted}: {why}."]
    if table.task.kind == "multiclass" and _smallest_class(table) < wanted:
        return wanted, [
            f"The smallest class has fewer rows than there are folds ({_smallest_class(table)}): some folds lack it."
        ]
    return wanted, []


def _row_splitter(table: Table, folds: int, cv: int | str, seed: int) -> Any:
    rows = len(table.y)
    repeats = next((count for limit, count in SMALL if rows < limit), 1) if cv == "auto" else 1
    plain = table.task.kind == "regression" or counts_of(table.y).max() < folds
    if repeats > 1:
        repeated = RepeatedKFold if plain else RepeatedStratifiedKFold
        return repeated(n_splits=folds, n_repeats=repeats, random_state=seed)
    return (KFold if plain else StratifiedKFold)(n_splits=folds, shuffle=True, random_state=seed)


def _group_splitter(stratified: bool, folds: int, share: float, seed: int) -> Any:
    if share:
        return GroupShuffleSplit(1, test_size=share, random_state=seed)
    return (StratifiedGroupKFold if stratified else GroupKFold)(n_splits=folds, shuffle=True, random_state=seed)


def _by_time(table: Table, order: NDArray[Any], cv: int | str, share: float) -> Splits:
    """Learn from the past, score on what follows; rows are sorted by `order` (ties keep their place)."""
    rows = len(order)
    folds = FOLDS if isinstance(cv, str) else min(cv, rows - 1)
    notes = (
        [f"{folds} folds instead of {cv}: there are only {rows} rows."]
        if not isinstance(cv, str) and folds < cv
        else []
    )
    sorted_rows = np.argsort(order, kind="stable")
    splitter = TimeSeriesSplit(
        n_splits=2 if share else max(2, min(folds, rows - 1)), test_size=max(1, int(share * rows)) if share else None
    )
    pairs = [(sorted_rows[train], sorted_rows[test]) for train, test in splitter.split(sorted_rows)]
    places, dropped = _usable(table, pairs, range(len(pairs) - 1 if share else 0, len(pairs)))
    kept = tuple(pairs[place] for place in places)
    why = _time_sentence(len(kept), bool(share))
    return Splits(kept, 1, why, splitter, places, "order", (len(kept) - 1,), (*notes, *dropped))


def _usable(table: Table, pairs: Sequence[Pair], places: range) -> tuple[tuple[int, ...], list[str]]:
    """Return the folds, out of `places`, that hold more than one class on both sides."""
    if table.task.kind == "regression":
        return tuple(places), []
    kept = tuple(place for place in places if all(_classes(table, side) > 1 for side in pairs[place]))
    if not kept:
        raise DataError(
            "No way of splitting the rows leaves more than one class on both sides.",
            "Give more rows, or leave group and order out.",
        )
    lost = len(places) - len(kept)
    return kept, [f"{lost} of {len(places)} folds were left out: they hold one class only."] if lost else []


def _classes(table: Table, rows: Rows) -> int:
    return len(pd.unique(np.asarray(table.y)[rows]))


def _sentence(table: Table, folds: int, repeats: int, share: float) -> str:
    together = ", each group whole in one part" if table.groups is not None else ""
    if share:
        return f"{share:.0%} of the rows are held out and scored{together}."
    again = f", {repeats} times over since the table is small" if repeats > 1 else ""
    return f"{folds}-fold cross-validation{again}{together}."


def _time_sentence(folds: int, held_out: bool) -> str:
    if held_out:
        return "The latest rows are held out and scored; the earlier ones are learnt from."
    return f"{folds} folds in the order of time: each is scored on rows later than those it learns from."
