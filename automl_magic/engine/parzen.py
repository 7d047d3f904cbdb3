"""Mixtures of joint kernels: one product kernel for each trial over all labels that count together.

A number has a normal kernel truncated to its bounds, a category a kernel that puts most of its weight on the trial's
option. A label that a trial lacks has the kernel of the prior. Everything is in the coordinates of `columns.Column`.

References
----------
Bergstra, Bardenet, Bengio, Kegl (2011), "Algorithms for Hyper-Parameter Optimization", NeurIPS, section 4: the mixtures
and the bandwidth from neighbours. Watanabe (2023), arXiv 2304.11127, section 3: joint kernels, weights, the least
bandwidth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from automl_magic.engine.columns import Column

Floats: TypeAlias = NDArray[np.float64]
TINY = 1e-300
FEW = 16  # values of a number, up to which gaps between trials do not widen its kernels: half a step is wide enough


class Layout:
    """The columns that are drawn together, as arrays.

    Parameters
    ----------
    columns : sequence of Column
        In the order of the mixtures' coordinates.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self.places = np.array([column.place for column in columns], dtype=np.intp)
        self.numbers = np.array([not column.options for column in columns], dtype=bool)
        self.categories = [(place, column) for place, column in enumerate(columns) if column.options]
        numbers = [column for column in columns if not column.options]
        self.low = np.array([0.0 if column.is_bounded else -np.inf for column in numbers])
        self.high = np.array([1.0 if column.is_bounded else np.inf for column in numbers])
        self.centre = np.array([0.5 if column.is_bounded else 0.0 for column in numbers])
        self.stepped = np.array([bool(column.step) for column in numbers], dtype=bool)
        self.steps = [Steps(column) for column in numbers if column.step]
        self.few = np.array([column.values <= FEW for column in numbers], dtype=bool)
        self.is_of_few = bool(self.few.all())
        self.has_prior = any(column.prior is not None for column in columns)
        self.prior_mean, self.prior_deviation = self.centre.copy(), np.ones(len(numbers))
        for place, column in enumerate(numbers):
            if column.prior is not None:
                self.prior_mean[place], self.prior_deviation[place] = column.prior
        self.shares = [
            None if column.prior is None else np.array(column.prior) / sum(column.prior)
            for _, column in self.categories
        ]


class Steps:
    """The edges between the values of a stepped number, as coordinates."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self.first, self.last = column.multiples
        self.low, self.high = (0.0, 1.0) if column.is_bounded else (-np.inf, np.inf)

    def nearest(self, points: Floats) -> Floats:
        """Return the numbers of steps nearest to some coordinates."""
        z = self.column.zero + self.column.scale * points
        number = (np.exp(np.minimum(z, 700.0)) if self.column.log else z) / self.column.step
        return np.clip(np.round(number), self.first, self.last)

    def coordinates(self, number: Floats) -> Floats:
        """Return the coordinates of numbers of steps, moved within the bounds."""
        value = number * self.column.step
        if self.column.log:
            value = np.log(np.maximum(value, self.column.step / 4))
        return np.clip((value - self.column.zero) / self.column.scale, self.low, self.high)

    def edges(self, number: Floats) -> tuple[Floats, Floats]:
        """Return the lower and the upper edges of what is rounded to numbers of steps."""
        return (
            np.where(number <= self.first, self.low, self._edge(number - 0.5)),
            np.where(number >= self.last, self.high, self._edge(number + 0.5)),
        )

    def half_widths(self, points: Floats) -> Floats:
        """Return half the distance between the edges around each of some coordinates, at most 1."""
        low, high = self.edges(self.nearest(points))
        return np.asarray(np.minimum((high - low) / 2.0, 1.0))

    def _edge(self, number: Floats) -> Floats:
        value = number * self.column.step
        if self.column.log:
            value = np.log(np.maximum(value, TINY))
        return np.clip((value - self.column.zero) / self.column.scale, self.low, self.high)


@dataclass(frozen=True, eq=False)
class Kernels:
    """A mixture.

    Attributes
    ----------
    layout : Layout
        Of its d columns.
    log_weights : array of shape (m,)
        Logarithms of the kernels' shares.
    means, widths : array of shape (m, numbers)
        Of the truncated normal kernels.
    options : array of shape (m, categories)
        The trials' options; NaN where the kernel is the prior.
    spill : array of shape (categories,)
        Weight that a category's kernel leaves to all options, where its own has 1.
    shares : list of array of shape (options,)
        Of the options under the prior, for each category; None where they are equal.
    """

    layout: Layout
    log_weights: Floats
    means: Floats
    widths: Floats
    options: Floats
    spill: Floats
    shares: Sequence[Floats | None]

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Return `count` draws, of shape (count, d); stepped numbers are on their steps."""
        layout = self.layout
        chosen = _places(rng.random(count), np.exp(self.log_weights), len(self.log_weights))
        drawn = np.empty((count, len(layout.columns)))
        drawn[:, layout.numbers] = self._draw_numbers(chosen, rng)
        for number, (place, column) in enumerate(layout.categories):
            option, shares = self.options[chosen, number], self.shares[number]
            own = rng.random(count) * (1.0 + self.spill[number]) < 1.0
            other = _places(rng.random(count), shares, column.options)
            drawn[:, place] = np.where(own & ~np.isnan(option), option, other)
        return drawn

    def _draw_numbers(self, chosen: NDArray[np.intp], rng: np.random.Generator) -> Floats:
        layout, means, widths = self.layout, self.means[chosen], self.widths[chosen]
        low, high = ndtr((layout.low - means) / widths), ndtr((layout.high - means) / widths)
        share = low + rng.random(means.shape) * (high - low)
        points: Floats = means + widths * ndtri(share.clip(TINY, 1.0 - 1e-16))
        points = points.clip(layout.low, layout.high)
        for place, steps in zip(np.flatnonzero(layout.stepped), layout.steps, strict=True):
            points[:, place] = steps.coordinates(steps.nearest(points[:, place]))
        return points

    def given(self, settled: Mapping[int, int]) -> Kernels:
        """Return the mixture under the condition that some categories, by the places of their columns, are settled."""
        logs = self.log_weights
        for number, (_, column) in enumerate(self.layout.categories):
            if column.place in settled:
                logs = logs + self._log_category(number, np.array([settled[column.place]]))[0]
        if logs is self.log_weights:
            return self
        greatest = logs.max()
        return replace(self, log_weights=logs - greatest - np.log(np.exp(logs - greatest).sum()))

    def log_density(self, points: Floats) -> Floats:
        """Return the logarithms of the density at `points` of shape (n, d).

        For numbers without a step it is a density, for categories and stepped numbers a probability.
        """
        layout = self.layout
        logs = np.broadcast_to(self.log_weights, (len(points), len(self.log_weights))).copy()
        numbers = points[:, layout.numbers]
        logs += self._log_smooth(numbers[:, ~layout.stepped])
        if layout.steps:
            logs += self._log_stepped(numbers[:, layout.stepped])
        for number, (place, _) in enumerate(layout.categories):
            logs += self._log_category(number, points[:, place].astype(np.intp))
        greatest = logs.max(axis=1)
        total: Floats = greatest + np.log(np.exp(logs - greatest[:, None]).sum(axis=1))
        return total

    def _log_smooth(self, points: Floats) -> Floats:
        smooth = ~self.layout.stepped
        means, widths = self.means[:, smooth], self.widths[:, smooth]
        precision = widths**-2.0
        square = (points**2) @ precision.T - 2.0 * points @ (means * precision).T + (means**2 * precision).sum(axis=1)
        inside = self._inside(means, widths, self.layout.low[smooth], self.layout.high[smooth])
        constant = np.log(widths * inside).sum(axis=1) + 0.5 * np.log(2.0 * np.pi) * means.shape[1]
        return np.asarray(-0.5 * square - constant)

    def _log_stepped(self, points: Floats) -> Floats:
        """Return the logarithms of the kernels' masses between the edges of the points' steps."""
        stepped = self.layout.stepped
        means, widths = self.means[:, stepped], self.widths[:, stepped]
        inside = self._inside(means, widths, self.layout.low[stepped], self.layout.high[stepped])
        logs = np.broadcast_to(-np.log(inside).sum(axis=1), (len(points), len(means))).copy()
        for place, steps in enumerate(self.layout.steps):
            values, back = np.unique(steps.nearest(points[:, place]), return_inverse=True)
            low, high = ((edge[:, None] - means[:, place]) / widths[:, place] for edge in steps.edges(values))
            upper = low + high > 0.0  # the upper tail is mirrored: near 1 the differences would be lost
            mass = ndtr(np.where(upper, -low, high)) - ndtr(np.where(upper, -high, low))
            logs += np.log(np.maximum(mass, TINY))[back]
        return logs

    @staticmethod
    def _inside(means: Floats, widths: Floats, low: Floats, high: Floats) -> Floats:
        return np.asarray(ndtr((high - means) / widths) - ndtr((low - means) / widths))

    def _log_category(self, number: int, options: NDArray[np.intp]) -> Floats:
        shares, column = self.shares[number], self.layout.categories[number][1]
        prior = np.full((len(options), 1), 1.0 / column.options) if shares is None else shares[options][:, None]
        own = self.options[:, number]
        spill = self.spill[number] * prior
        equal = options[:, None] == own
        density = np.where(equal, spill + 1.0, spill) / (1.0 + self.spill[number])
        return np.log(np.maximum(np.where(np.isnan(own), prior, density), TINY))


def _places(draws: Floats, shares: Floats | None, count: int) -> NDArray[np.intp]:
    """Return places from 0 to count - 1, drawn after their shares; None for equal ones."""
    if shares is None:
        return np.minimum((draws * count).astype(np.intp), count - 1)
    cumulated = np.cumsum(shares)
    return np.asarray(np.minimum(np.searchsorted(cumulated, draws * cumulated[-1], side="right"), count - 1))


def neighbour_widths(points: Floats, least: float) -> Floats:
    """Return for each point, along the first axis, the wider of the gaps to its neighbours; 1 where it has none.

    Parameters
    ----------
    points : array of shape (m, d)
        Coordinates; NaN where a trial lacks the label.
    least : float
        The least width.
    """
    if len(points) == 0:
        return points.copy()
    order = np.argsort(points, axis=0, kind="stable")
    gaps = np.diff(np.take_along_axis(points, order, axis=0), axis=0)
    nothing = np.full((1, points.shape[1]), np.nan)
    wider = np.fmax(np.concatenate([nothing, gaps]), np.concatenate([gaps, nothing]))
    widths = np.empty_like(points)
    np.put_along_axis(widths, order, wider, axis=0)
    return np.where(np.isnan(widths), 1.0, widths.clip(least, 1.0))


def kernels_of(layout: Layout, rows: Floats, weights: Floats, trust: float, least: float) -> Kernels:
    """Return the mixture of some trials and of the prior, which has the weight of a mean trial.

    Parameters
    ----------
    layout : Layout
        Of d columns.
    rows : array of shape (m, d)
        The trials' coordinates; NaN where one lacks a label.
    weights : array of shape (m,)
        Not negative.
    trust : float
        From 0 to 1: the share of a person's prior in the prior's kernel; the rest is flat.
    least : float
        The least width of a kernel, as a share of the range. That of a stepped number has half a step at least: where
        many trials have the same value, its neighbours would never be drawn. A number of few values has this width
        everywhere.
    """
    mean_weight = float(weights.mean()) if len(weights) else 1.0
    numbers, categories = rows[:, layout.numbers], rows[:, ~layout.numbers]
    means = np.where(np.isnan(numbers), layout.centre, numbers)
    widths = neighbour_widths(numbers, least)
    for place, steps in zip(np.flatnonzero(layout.stepped), layout.steps, strict=True):
        narrowest = steps.half_widths(means[:, place]).clip(least, 1.0)
        is_fixed = layout.few[place] & ~np.isnan(numbers[:, place])
        widths[:, place] = np.where(is_fixed, narrowest, np.maximum(widths[:, place], narrowest))
    added = [(layout.centre, np.ones_like(layout.centre), 1.0 - trust if layout.has_prior else 1.0)]
    if layout.has_prior and trust > 0.0:
        added.append((layout.prior_mean, layout.prior_deviation, trust))
    weights = np.concatenate([weights, [mean_weight * share for *_, share in added]])
    count = len(weights)
    with np.errstate(divide="ignore"):
        log_weights = np.log(weights / weights.sum())
    nothing = np.full((len(added), categories.shape[1]), np.nan)
    shares = [
        None if prior is None else trust * prior + (1.0 - trust) * (prior > 0.0) / np.count_nonzero(prior)
        for prior in layout.shares
    ]
    return Kernels(
        layout,
        log_weights,
        np.concatenate([means, [mean for mean, *_ in added]]),
        np.concatenate([widths, [width for _, width, _ in added]]),
        np.concatenate([categories, nothing]),
        np.array([column.options / count for _, column in layout.categories]),
        shares,
    )
