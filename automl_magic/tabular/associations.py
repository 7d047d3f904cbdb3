"""Which columns stand for each other: how closely any two are associated, and the groups that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from automl_magic.engine.seeds import generator_of
from automl_magic.tabular.columns import Column
from automl_magic.tabular.converting import dates_from, flags_from, numbers_from, places_from, words_from

Array = NDArray[np.float64]

CLOSE = 0.7  # association from which columns count as standing for each other, after Dormann et al. (2013)
LEVELS = 30  # of a category; the rarer ones count as one
ROWS = (200, 2_000)  # fewest and most rows that are looked at
WORK = 2e8  # rows x columns² that take about a tenth second
FEWEST = 20  # rows on which both columns must be known


def column_groups(
    X: pd.DataFrame, columns: Sequence[Column], close: float = CLOSE, seed: int = 0, work: float = WORK
) -> list[tuple[int, ...]]:
    """Return the groups of columns of which every two are closely associated, by their places.

    They are found by complete linkage, so that no chain of loose pairs makes a group.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_columns)
        The features.
    columns : sequence of Column
        What each was taken to be, in the order of X.
    close : float
        The least association within a group.
    seed : int
        Draws the rows that are looked at.
    work : float
        Bounds the rows; a table too wide for it has no groups.

    Returns
    -------
    list of tuple of int
        Each of at least two places; a column is in one group at most.

    References
    ----------
    Dormann et al. (2013), "Collinearity: a review of methods to deal with it and a simulation study evaluating their
    performance", Ecography 36, abstract: from about 0.7 on, estimates are distorted badly.
    """
    places = [place for place, column in enumerate(columns) if column.role not in ("text", "id", "constant")]
    width = sum(min(LEVELS, columns[at].levels + 1) if columns[at].role == "category" else 1 for at in places)
    rows = int(min(ROWS[1], work // max(1, width**2)))
    if len(places) < 2 or min(rows, len(X)) < min(ROWS[0], len(X)):
        return []
    if len(X) > rows:
        X = X.iloc[np.sort(generator_of(seed, "associations").permutation(len(X))[:rows])]
    found = associations(X.iloc[:, places], [columns[place] for place in places])
    distance = squareform(np.clip(1.0 - found, 0.0, 1.0), checks=False)
    labels = fcluster(linkage(distance, "complete"), 1.0 - close, "distance")
    groups = [tuple(places[at] for at in np.flatnonzero(labels == label)) for label in np.unique(labels)]
    return sorted(group for group in groups if len(group) > 1)


def associations(X: pd.DataFrame, columns: Sequence[Column]) -> Array:
    """Return how closely each two columns are associated, from 0 to 1.

    Numbers, flags, ordered levels and dates: the absolute rank correlation on the rows where both are known. A category
    and one of these: the correlation ratio of the ranks, adjusted for the number of levels. Two categories: Cramér's V,
    corrected for chance; missing is a level of a category.

    Returns
    -------
    ndarray of shape (n_columns, n_columns)
        Symmetric, with ones on the diagonal.

    References
    ----------
    Bergsma (2013), "A bias-correction for Cramér's V and Tschuprow's T", Journal of the Korean Statistical Society 42,
    section 3. Kelley (1935), "An unbiased correlation ratio measure", PNAS 21.
    """
    found = np.eye(len(columns))
    words = [at for at, column in enumerate(columns) if column.role == "category"]
    amounts = [at for at, column in enumerate(columns) if column.role != "category"]
    ranks = _ranks(X, columns, amounts)
    found[np.ix_(amounts, amounts)] = _rank_correlations(ranks)
    if words:
        spread = [_spread(X.iloc[:, at]) for at in words]
        starts = np.cumsum([0, *(part.shape[1] for part in spread[:-1])])
        levels = np.concatenate(spread, axis=1)
        found[np.ix_(words, words)] = _cramers_v(levels, starts)
        if amounts:
            found[np.ix_(words, amounts)] = told = _correlation_ratios(levels, starts, ranks)
            found[np.ix_(amounts, words)] = told.T
    np.fill_diagonal(found, 1.0)
    return found


def _ranks(X: pd.DataFrame, columns: Sequence[Column], places: Sequence[int]) -> Array:
    """Return the ranks of the known values, centred, shape (n_rows, n_places); NaN where a value is missing."""
    ranks = np.empty((len(X), len(places)))
    for number, at in enumerate(places):
        ranks[:, number] = pd.Series(_amounts(X.iloc[:, at], columns[at])).rank().to_numpy()
        known = np.isfinite(ranks[:, number])
        ranks[:, number] -= ranks[known, number].mean() if known.any() else 0.0
    return ranks


def _amounts(series: pd.Series[Any], column: Column) -> Array:
    if column.role == "boolean":
        return np.asarray(flags_from(series), dtype=float)
    if column.role == "ordered":
        return np.asarray(places_from(series, list(column.order)), dtype=float)
    if column.role == "date":
        times = dates_from(series, column.layout)
        return np.where(np.isnat(times), np.nan, times.astype("int64").astype(float))
    values = np.asarray(numbers_from(series, column.layout), dtype=float)
    return np.where(np.isfinite(values), values, np.nan)


def _spread(series: pd.Series[Any]) -> Array:
    """Return a column of 0 and 1 for each of the commonest levels; the rest, and what is missing, have one each."""
    codes, levels = pd.factorize(words_from(series))
    codes = np.where(codes < 0, len(levels), codes)
    counts = np.bincount(codes, minlength=len(levels) + 1)
    kept = np.argsort(-counts, kind="stable")[: LEVELS - 1]
    place = np.full(len(counts), len(kept))
    place[kept] = np.arange(len(kept))
    spread = np.zeros((len(codes), len(kept) + 1))
    spread[np.arange(len(codes)), place[codes]] = 1.0
    return spread[:, spread.any(axis=0)]


def _rank_correlations(ranks: Array) -> Array:
    """Return the absolute correlations of centred ranks, each on the rows where both are known."""
    known = np.isfinite(ranks).astype(float)
    filled = np.where(known > 0, ranks, 0.0)
    counts = known.T @ known
    sums, squares = filled.T @ known, (filled**2).T @ known
    with np.errstate(divide="ignore", invalid="ignore"):
        products = filled.T @ filled - sums * sums.T / counts
        spreads = squares - sums**2 / counts
        found = np.abs(products) / np.sqrt(spreads * spreads.T)
    return np.where((counts >= FEWEST) & np.isfinite(found), np.minimum(found, 1.0), 0.0)


def _correlation_ratios(levels: Array, starts: NDArray[np.int64], ranks: Array) -> Array:
    """Return how much of each column's ranks each category tells, shape (n_categories, n_places).

    `levels` of all categories stand beside each other; those of one begin at its place in `starts`.
    """
    known = np.isfinite(ranks).astype(float)
    filled = np.where(known > 0, ranks, 0.0)
    counts, sums = levels.T @ known, levels.T @ filled
    rows, seen = known.sum(axis=0), np.add.reduceat(counts > 0, starts, axis=0, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = filled.sum(axis=0) ** 2 / rows
        total = (filled**2).sum(axis=0) - mean
        between = np.add.reduceat(np.where(counts > 0, sums**2 / counts, 0.0), starts, axis=0) - mean
        told = 1 - (1 - between / total) * (rows - 1) / (rows - seen)
    sound = (rows >= FEWEST) & (rows > seen) & np.isfinite(told)
    return np.sqrt(np.where(sound, np.clip(told, 0.0, 1.0), 0.0))


def _cramers_v(levels: Array, starts: NDArray[np.int64]) -> Array:
    """Return Bergsma's corrected V of each two categories; `levels` and `starts` as of `_correlation_ratios`."""
    rows, counts = len(levels), levels.sum(axis=0)
    sizes = np.diff([*starts, levels.shape[1]]).astype(float)
    if rows < FEWEST:
        return np.zeros((len(sizes), len(sizes)))
    expected = np.outer(counts, counts) / rows
    differ = (levels.T @ levels - expected) ** 2 / expected
    phi = np.add.reduceat(np.add.reduceat(differ, starts, axis=0), starts, axis=1) / rows
    phi = np.maximum(0.0, phi - np.outer(sizes - 1, sizes - 1) / (rows - 1))
    corrected = sizes - (sizes - 1) ** 2 / (rows - 1)
    least = np.minimum.outer(corrected, corrected) - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.sqrt(phi / least)
    return np.where((least > 0) & np.isfinite(found), np.minimum(found, 1.0), 0.0)
