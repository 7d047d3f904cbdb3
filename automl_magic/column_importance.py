"""Which columns the result of a run needs: their permutation importance as numbers, as a table and in words."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automl_magic.result import short

if TYPE_CHECKING:
    import pandas as pd

    from automl_magic.engine.history import History

TOPIC = "columns"  # of the finding in a run's record
KEPT = 200  # columns and groups that a record holds
NAMED = 3  # that a sentence names
SHOWN = 15  # columns and groups in the HTML view
LISTED = 4  # columns of a group that are named


@dataclass(frozen=True)
class ColumnWorth:
    """What the score loses when a column is shuffled, or the columns of a group together.

    Attributes
    ----------
    columns : tuple of str
        One column, or those of a group that stand for each other.
    loss : float
        In units of the metric; above 0: the score becomes worse.
    error, low, high : float
        Standard error and 95 % interval of the loss; NaN where there is no telling.
    inside : bool
        Whether it is a column of the group that stands before it.
    """

    columns: tuple[str, ...]
    loss: float
    error: float
    low: float
    high: float
    inside: bool = False

    @property
    def name(self) -> str:
        """The column's name, or the names of a group's columns with plus signs between them."""
        return " + ".join(self.columns)

    @property
    def stands_out(self) -> bool:
        """Whether the loss is beyond noise; without an interval, whether there is one."""
        return self.low > 0 if math.isfinite(self.low) else self.loss > 0


@dataclass(frozen=True)
class ColumnImportance:
    """What each column is worth to the result of a run, the dearest first, the columns of a group behind it.

    Attributes
    ----------
    worths : tuple of ColumnWorth
        Columns and groups.
    folds, repeats, rows : int
        On how many folds it was measured, how often on each, and on how many rows in all.
    of : int
        How many columns were measured, where `worths` holds the first of them only.
    """

    worths: tuple[ColumnWorth, ...]
    folds: int
    repeats: int
    rows: int
    of: int

    @property
    def leading(self) -> list[ColumnWorth]:
        """The groups, and the columns that are in none."""
        return [worth for worth in self.worths if not worth.inside]

    def table(self) -> pd.DataFrame:
        """Return one row for each column and each group; see `Record.column_importance`."""
        import pandas as pd

        group, rows = None, []
        for worth in self.worths:
            group = group if worth.inside else worth.name
            own = group if worth.inside else None
            rows.append((worth.name, worth.loss, worth.error, worth.low, worth.high, own))
        return pd.DataFrame(rows, columns=["column", "importance", "error", "low", "high", "group"])

    def told(self, label: str) -> list[str]:
        """Return sentences on the columns that are used most; `label` names the metric."""
        dearest = [worth for worth in self.leading if worth.stands_out][:NAMED]
        if not dearest:
            return [f"No column stands out: the {label} loses no more than chance when one of them is shuffled."]
        named = [
            f"{listed(worth.columns)}{' together' * (len(worth.columns) > 1)} ({short(worth.loss)})"
            for worth in dearest
        ]
        sentences = [f"It uses these columns most (loss in {label} when shuffled): {', '.join(named)}."]
        for group in dearest:
            if len(group.columns) > 1:
                place = self.worths.index(group) + 1
                alone = [f"{worth.name} {short(worth.loss)}" for worth in self.worths[place : place + LISTED]]
                more = ", …" * (len(group.columns) > LISTED)
                sentences.append(
                    f"{listed(group.columns)} stand for each other: together {short(group.loss)}, "
                    f"alone {', '.join(alone[: len(group.columns)])}{more}."
                )
        return sentences

    def html_table(self, label: str, first: int = SHOWN) -> str:
        """Return the dearest columns as an HTML table that opens at a click; every text is escaped."""
        heads = ["column", f"loss in {label} when shuffled", "95 % interval"]
        head = "".join(f"<th style='text-align:left'>{html.escape(text)}</th>" for text in heads)
        last = self.leading[first : first + 1]
        shown = self.worths[: self.worths.index(last[0])] if last else self.worths
        body = "".join(map(_html_row, shown))
        more = f"<p style='margin:.3em 0'>and {len(self.leading) - first} more</p>" if last else ""
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
        return f"<details><summary>Which columns it needs</summary>{table}</details>"

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values, at most `KEPT` columns and groups."""
        values = [
            {
                "columns": list(worth.columns),
                "loss": worth.loss,
                "error": _known(worth.error),
                "low": _known(worth.low),
                "high": _known(worth.high),
                "inside": worth.inside,
            }
            for worth in self.worths[:KEPT]
        ]
        return {"values": values, "folds": self.folds, "repeats": self.repeats, "rows": self.rows, "of": self.of}


def importance_of(worths: Sequence[ColumnWorth], groups: Sequence[ColumnWorth], **counts: int) -> ColumnImportance:
    """Return columns and groups in order, each column of a group behind it."""
    at_home = {column: group for group in groups for column in group.columns}
    leading = [*groups, *(worth for worth in worths if worth.columns[0] not in at_home)]
    ordered: list[ColumnWorth] = []
    for worth in sorted(leading, key=lambda worth: -worth.loss):
        inner = [one for one in worths if at_home.get(one.columns[0]) is worth] if len(worth.columns) > 1 else []
        ordered.append(worth)
        for one in sorted(inner, key=lambda one: -one.loss):
            ordered.append(ColumnWorth(one.columns, one.loss, one.error, one.low, one.high, inside=True))
    return ColumnImportance(tuple(ordered), of=len(worths), **counts)


def found_in(history: History) -> ColumnImportance | None:
    """Return what a run's record says of its columns; None where it says nothing, or not as a run writes it."""
    value = history.finding(TOPIC)
    try:
        return None if value is None else from_json(value)
    except (KeyError, TypeError, ValueError):
        return None


def from_json(value: Mapping[str, Any]) -> ColumnImportance:
    """Return what `to_json` wrote.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is something else.
    """
    worths = tuple(_worth_of(one) for one in value["values"])
    if worths and worths[0].inside:
        raise ValueError("a column's group is missing")
    counts = {name: value[name] for name in ("folds", "repeats", "rows", "of")}
    if not all(isinstance(count, int) and not isinstance(count, bool) and count >= 0 for count in counts.values()):
        raise ValueError("a count is no number")
    return ColumnImportance(worths, **counts)


def _html_row(worth: ColumnWorth) -> str:
    together = " together: they stand for each other" if len(worth.columns) > 1 else " alone" if worth.inside else ""
    known = math.isfinite(worth.low)
    cells = [
        listed(worth.columns) + together,
        short(worth.loss),
        f"{short(worth.low)} to {short(worth.high)}" if known else "–",
    ]
    indent = ";padding-left:2em" if worth.inside else ""
    looks = [f"text-align:left{indent}", "text-align:left", "text-align:left"]
    told = "".join(f"<td style='{look}'>{html.escape(cell)}</td>" for look, cell in zip(looks, cells, strict=True))
    return f"<tr>{told}</tr>"


def _worth_of(value: Mapping[str, Any]) -> ColumnWorth:
    columns, inside = value["columns"], value["inside"]
    if not (isinstance(columns, list) and columns and all(isinstance(name, str) for name in columns)):
        raise ValueError("a column has no name")
    if not isinstance(inside, bool) or (inside and len(columns) > 1):
        raise ValueError("a group stands inside another")
    error, low, high = (_number(value[name]) for name in ("error", "low", "high"))
    loss = _number(value["loss"])
    if math.isnan(loss):
        raise ValueError("a loss is no number")
    return ColumnWorth(tuple(columns), loss, error, low, high, inside)


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < math.inf:
        raise ValueError("a loss is no number")
    return float(value)


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def listed(names: Sequence[str]) -> str:
    """Return names in words: "a, b and c"; of many the first ones.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(list("abcdefg"))
    ('a, b and c', 'a, b, c, d and 3 more')
    """
    shown = [*names[:LISTED], f"{len(names) - LISTED} more"] if len(names) > LISTED + 1 else list(names)
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
