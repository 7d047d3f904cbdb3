"""What a searcher was told, as rows of numbers that grow with each trial; which of them the mixtures see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.intp]
DONE, FAILED = 0.0, 3.0  # standings; a pruned trial's lies between


def pruned(progress: float) -> float:
    """Return the standing of a trial that was ended early: behind those done, and the later it was the better."""
    return 1.0 + 1.0 / (1.0 + progress)


class Rows:
    """Coordinates, standing, loss and cost of trials, one row each, in arrays that double when they are full."""

    def __init__(self, columns: int) -> None:
        self.count = 0
        self._coordinates = np.full((64, columns), np.nan, order="F")  # forks are looked up column by column
        self._told = np.full((64, 3), np.nan)

    def append(self, coordinates: Floats) -> int:
        """Add a row whose result is not known yet; return its place."""
        if self.count == len(self._told):
            more = np.full_like(self._coordinates, np.nan)
            self._coordinates = np.asfortranarray(np.concatenate([self._coordinates, more]))
            self._told = np.concatenate([self._told, np.full_like(self._told, np.nan)])
        self._coordinates[self.count] = coordinates
        self.count += 1
        return self.count - 1

    def tell(self, row: int, standing: float, loss: float, cost: float = np.nan) -> None:
        """Set the result of a row."""
        self._told[row] = standing, loss, cost

    @property
    def coordinates(self) -> Floats:
        """Coordinates of all rows, of shape (count, columns); NaN where a label did not count."""
        return self._coordinates[: self.count]

    def evidence(self, ended: Places, pending: Floats) -> Evidence:
        """Return what is known of the rows that ended, beside the coordinates of what is awaited."""
        told = self._told[ended]
        return Evidence(self._coordinates, ended, told[:, 0], told[:, 1], told[:, 2], pending)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the estimator may know.

    Attributes
    ----------
    table : array of shape (rows, columns)
        Coordinates of trials, NaN where a label did not count. It is not copied: histories are long.
    ended : array of shape (n,)
        The rows of the trials that ended, in the order of evaluation. Other arrays call them by their place here.
    standings, losses, costs : array of shape (n,)
        See `pruned`; lower is better.
    pending : array of shape (p, columns)
        Coordinates of the trials whose results are awaited.
    """

    table: Floats
    ended: Places
    standings: Floats
    losses: Floats
    costs: Floats
    pending: Floats

    def column(self, place: int) -> Floats:
        """Return the coordinates of all ended trials in one column."""
        return np.asarray(self.table[self.ended, place])

    def coordinates(self, among: Places, places: Places) -> Floats:
        """Return the coordinates of some ended trials in some columns."""
        return np.asarray(self.table[np.ix_(self.ended[among], places)])

    def with_pending(self, row: Floats) -> Evidence:
        """Return the same with one more trial that is awaited."""
        pending = np.concatenate([self.pending, row[None]])
        return replace(self, pending=pending)

    def best(self, among: Places, count: int) -> Places:
        """Return the best `count` of some rows, the best first: by standing, loss and place."""
        losses = self.losses[among]
        if len(among) > 4 * count and np.count_nonzero(self.standings[among] == DONE) >= count:
            losses = np.where(self.standings[among] == DONE, losses, np.inf)
            among = among[losses <= np.partition(losses, count - 1)[count - 1]]
            losses = self.losses[among]
        order = np.lexsort((among, losses, self.standings[among]))
        return np.asarray(among[order[:count]])


def scattered(places: Places) -> NDArray[np.uint64]:
    """Return a fixed number for each place that looks random (splitmix64), to draw the same sample at every call.

    References
    ----------
    Steele, Lea, Flood (2014), "Fast Splittable Pseudorandom Number Generators", OOPSLA, figure 17.
    """
    mixed = places.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def capped(rows: Places, limit: int) -> Places:
    """Return at most `limit` of the rows, in order: the newest half, and of the others a fixed sample."""
    if len(rows) <= limit:
        return rows
    newest = limit // 2
    older = rows[: len(rows) - newest]
    kept = older[np.argpartition(scattered(older), limit - newest - 1)[: limit - newest]]
    return np.concatenate([np.sort(kept), rows[len(rows) - newest :]])
