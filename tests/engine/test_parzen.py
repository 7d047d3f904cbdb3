"""Mixtures of joint kernels: they are distributions, draws follow them, a label that a trial lacks has the prior."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from automl_magic.engine.columns import Column
from automl_magic.engine.parzen import Kernels, Layout, kernels_of, neighbour_widths

UNIT = Column("x", 0, low=-2.0, high=3.0, zero=-2.0, scale=5.0)
LOG = Column("x", 0, low=math.log(1e-3), high=math.log(10.0), zero=math.log(1e-3), scale=math.log(1e4), log=True)
NORMAL = Column("x", 0, zero=3.0, scale=2.0)
SMOOTH = {
    "uniform": UNIT,
    "loguniform": LOG,
    "normal": NORMAL,
    "lognormal": replace(NORMAL, log=True),
    "with a prior": replace(UNIT, prior=(0.2, 0.1)),
}
STEPPED = {
    "quniform": Column("x", 0, low=1.0, high=10.0, zero=1.0, scale=9.0, step=3.0),
    "whole": Column("x", 0, low=0.5, high=9.5, zero=0.5, scale=9.0, step=1.0, whole=True),
    "qloguniform": replace(LOG, low=0.0, high=math.log(60.0), zero=0.0, scale=math.log(60.0), step=2.0),
    "qnormal": replace(NORMAL, step=0.5),
    "qlognormal": Column("x", 0, zero=1.0, scale=0.7, log=True, step=1.0),
}
CATEGORIES = {
    "choice": Column("x", 0, options=4),
    "pchoice": Column("x", 0, options=3, prior=(0.7, 0.3, 0.0)),
    "randint": Column("x", 0, options=9, first=5),
}


def mixture(column: Column, trust: float = 0.5, trials: int = 6) -> Kernels:
    """Return the mixture of a few trials of one column."""
    rng = np.random.default_rng(3)
    low, high = (0.0, float(column.options - 1)) if column.options else (0.02, 0.98)
    rows = rng.uniform(low, high, (trials, 1))
    if column.options:
        rows = np.minimum(np.round(rows), 1.0)
    rows[-1] = np.nan
    return kernels_of(Layout([column]), rows, rng.uniform(0.5, 2.0, trials), trust, 0.03)


@pytest.mark.parametrize("name", SMOOTH)
def test_the_density_of_a_number_integrates_to_one(name: str) -> None:
    column = SMOOTH[name]
    low, high = (0.0, 1.0) if column.is_bounded else (-12.0, 12.0)
    points = np.linspace(low, high, 40_001)
    density = np.exp(mixture(column).log_density(points[:, None]))
    assert np.trapezoid(density, points) == pytest.approx(1.0, abs=1e-4)


def values_of(column: Column) -> list[float]:
    """Return all values of a stepped number that have any weight."""
    first, last = column.multiples
    last = min(last, 4000)
    return [number * column.step for number in range(int(max(first, -400)), int(last) + 1)]


@pytest.mark.parametrize("name", STEPPED)
def test_the_probabilities_of_a_stepped_number_sum_to_one(name: str) -> None:
    column = STEPPED[name]
    points = np.array([[column.coordinate(value)] for value in values_of(column)])
    assert np.exp(mixture(column).log_density(points)).sum() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("name", CATEGORIES)
def test_the_probabilities_of_a_category_sum_to_one(name: str) -> None:
    column = CATEGORIES[name]
    points = np.arange(float(column.options))[:, None]
    assert np.exp(mixture(column).log_density(points)).sum() == pytest.approx(1.0)


@pytest.mark.parametrize("name", SMOOTH)
def test_draws_of_a_number_follow_its_density(name: str) -> None:
    from scipy.stats import kstest

    column, kernels = SMOOTH[name], mixture(SMOOTH[name])
    low, high = (0.0, 1.0) if column.is_bounded else (-12.0, 12.0)
    points = np.linspace(low, high, 40_001)
    shares = np.cumsum(np.exp(kernels.log_density(points[:, None]))) * (points[1] - points[0])
    drawn = [kernels.draw(4000, np.random.default_rng(seed))[:, 0] for seed in range(9)]
    chances = [kstest(one, lambda x: np.interp(x, points, shares / shares[-1])).pvalue for one in drawn]
    assert np.median(chances) > 0.05


@pytest.mark.parametrize("name", [*STEPPED, *CATEGORIES])
def test_draws_of_what_has_steps_follow_its_probabilities(name: str) -> None:
    column = {**STEPPED, **CATEGORIES}[name]
    kernels = mixture(column)
    drawn, counts = np.unique(kernels.draw(6000, np.random.default_rng(4))[:, 0], return_counts=True)
    expected = 6000 * np.exp(kernels.log_density(drawn[:, None]))
    often = expected > 20
    statistic = float(((counts - expected) ** 2 / expected)[often].sum())
    assert often.sum() > 1
    assert statistic < often.sum() + 4 * math.sqrt(2 * often.sum())


def test_labels_of_a_trial_stay_together() -> None:
    columns = [UNIT, replace(UNIT, label="y", place=1)]
    rows = np.array([[0.1, 0.9], [0.9, 0.1]] * 10)
    drawn = kernels_of(Layout(columns), rows, np.ones(20), 0.0, 0.03).draw(500, np.random.default_rng(0))
    assert np.corrcoef(drawn.T)[0, 1] < -0.7


def test_a_label_that_a_trial_lacks_has_the_kernel_of_the_prior() -> None:
    layout, points = Layout([UNIT]), np.linspace(0, 1, 11)[:, None]
    lacking = kernels_of(layout, np.full((3, 1), np.nan), np.ones(3), 0.0, 0.03)
    nothing = kernels_of(layout, np.empty((0, 1)), np.empty(0), 0.0, 0.03)
    assert lacking.log_density(points) == pytest.approx(nothing.log_density(points))


def test_an_option_without_weight_in_a_prior_is_never_drawn() -> None:
    for trust in (0.0, 0.5, 1.0):
        drawn = mixture(CATEGORIES["pchoice"], trust).draw(2000, np.random.default_rng(1))
        assert 2.0 not in drawn


def test_a_width_is_the_wider_gap_to_a_neighbour_and_never_below_the_least() -> None:
    points = np.array([[0.1], [0.5], [0.11], [np.nan], [0.111]])
    widths = neighbour_widths(points, 0.03)[:, 0]
    assert widths == pytest.approx([0.03, 0.389, 0.03, 1.0, 0.389])


def test_a_density_far_from_every_kernel_is_finite() -> None:
    rows: Any = np.full((3, 1), 1.0)
    kernels = kernels_of(Layout([STEPPED["whole"]]), rows, np.array([1.0, 1.0, 1e-9]), 0.0, 0.03)
    assert np.isfinite(kernels.log_density(np.array([[0.0], [1.0]]))).all()


def test_a_mixture_under_a_condition_is_the_joint_density_over_the_marginal() -> None:
    columns = [Column("kind", 0, options=3), replace(UNIT, place=1)]
    rows = np.array([[0.0, 0.2], [1.0, 0.8], [1.0, 0.7], [np.nan, 0.5]])
    kernels = kernels_of(Layout(columns), rows, np.array([1.0, 2.0, 1.0, 1.0]), 0.0, 0.03)
    grid = np.linspace(0, 1, 2001)
    joint = np.exp(kernels.log_density(np.column_stack([np.ones(2001), grid])))
    only = kernels.given({0: 1})
    drawn = only.draw(2000, np.random.default_rng(0))[:, 1]
    conditional = joint / np.trapezoid(joint, grid)
    expected = float(np.trapezoid(conditional * grid, grid))
    assert drawn.mean() == pytest.approx(expected, abs=0.02)
    assert np.exp(only.log_weights).sum() == pytest.approx(1.0)


@pytest.mark.parametrize("name", STEPPED)
def test_trials_of_one_value_let_its_neighbours_be_drawn(name: str) -> None:
    column = STEPPED[name]
    layout = Layout([column])
    centre = 0.5 if column.is_bounded else 0.0
    value = min(values_of(column), key=lambda one: abs(column.coordinate(one) - centre))
    rows = np.full((200, 1), column.coordinate(value))
    drawn = kernels_of(layout, rows, np.ones(200), 0.0, 0.001).draw(4000, np.random.default_rng(0))[:, 0]
    told = [column.value(float(point)) for point in drawn]
    assert told.count(value) > 0.5 * len(told)
    beside = sum(abs(one - value) == pytest.approx(column.step) for one in told)
    assert beside > 0.05 * len(told)


@pytest.mark.parametrize(("last", "is_fixed"), [(10, True), (200, False)])
def test_gaps_between_trials_widen_the_kernels_of_a_number_only_where_it_has_many_values(
    last: int, is_fixed: bool
) -> None:
    column = Column("x", 0, low=0.5, high=last + 0.5, zero=0.5, scale=float(last), step=1.0, whole=True)
    rows = np.array([[column.coordinate(round(share * last))] for share in (0.1, 0.5, 1.0)])
    widths = kernels_of(Layout([column]), rows, np.ones(3), 0.0, 0.03).widths[:3, 0]
    assert widths == pytest.approx([0.5 / last] * 3 if is_fixed else [0.4, 0.5, 0.5])


def test_a_number_of_few_values_that_a_trial_lacks_has_the_width_of_the_prior() -> None:
    rows = np.array([[np.nan], [0.5]])
    widths = kernels_of(Layout([STEPPED["whole"]]), rows, np.ones(2), 0.0, 0.03).widths[:, 0]
    assert widths == pytest.approx([1.0, 0.5 / 9, 1.0])


def test_a_space_has_few_values_where_every_number_has() -> None:
    few = [STEPPED["whole"], CATEGORIES["choice"]]
    assert Layout(few).is_of_few and Layout([CATEGORIES["randint"]]).is_of_few
    for many in (UNIT, STEPPED["qnormal"], STEPPED["qloguniform"]):
        assert not Layout([*few, many]).is_of_few
