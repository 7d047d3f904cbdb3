"""Mixtures of joint kernels: densities that are whole, draws that follow them, kernels that know steps and options."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kstest

from automl_magic.engine.columns import Column
from automl_magic.engine.parzen import Kernels, Layout, kernels_of, neighbour_widths

SMOOTH = Column("x", 0, low=-5.0, high=10.0, zero=-5.0, scale=15.0)
LOG = Column("c", 0, low=math.log(1e-3), high=0.0, zero=math.log(1e-3), scale=-math.log(1e-3), log=True)
WHOLE = Column("n", 0, low=1.0, high=9.0, zero=1.0, scale=8.0, step=1.0, whole=True)
LOG_STEPS = Column("q", 0, low=0.0, high=math.log(64), zero=0.0, scale=math.log(64), log=True, step=4.0)
OPTIONS = Column("k", 0, options=4)
NORMAL = Column("z", 0, zero=3.0, scale=2.0)


def mixture(column: Column, rows: list[float], trust: float = 0.0) -> Kernels:
    """Return the mixture of some trials of one column."""
    return kernels_of(Layout([column]), np.array(rows, dtype=float)[:, None], np.ones(len(rows)), trust, 0.03)


@pytest.mark.parametrize("column", [SMOOTH, LOG])
@pytest.mark.parametrize("rows", [[], [0.0], [0.2, 0.21, 0.9, 1.0]])
def test_the_density_of_a_bounded_number_is_one_in_all(column: Column, rows: list[float]) -> None:
    places = (np.arange(20_000) + 0.5) / 20_000
    assert np.exp(mixture(column, rows).log_density(places[:, None])).mean() == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize("column", [WHOLE, LOG_STEPS])
def test_the_masses_of_steps_are_one_in_all_also_at_the_ends(column: Column) -> None:
    first, last = column.multiples
    values = [column.coordinate(number * column.step) for number in np.arange(first, last + 1)]
    masses = np.exp(mixture(column, [values[0], values[-1], 0.4]).log_density(np.array(values)[:, None]))
    assert masses.sum() == pytest.approx(1.0, abs=1e-6) and (masses > 0).all()


def test_the_shares_of_options_are_one_in_all_and_the_trials_own_are_larger() -> None:
    shares = np.exp(mixture(OPTIONS, [2.0, 2.0, 1.0]).log_density(np.arange(4.0)[:, None]))
    assert shares.sum() == pytest.approx(1.0) and shares[2] > shares[1] > shares[0] == pytest.approx(shares[3])


@pytest.mark.parametrize("column", [SMOOTH, NORMAL])
def test_draws_follow_the_density(column: Column) -> None:
    kernels = mixture(column, [0.1, 0.15, 0.8])
    drawn = kernels.draw(4000, np.random.default_rng(0))[:, 0]
    grid = np.linspace(*((0.0, 1.0) if column.is_bounded else (-8.0, 8.0)), 20_001)
    density = np.exp(kernels.log_density(grid[:, None]))
    cumulated = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(grid))])
    assert kstest(drawn, lambda x: np.interp(x, grid, cumulated / cumulated[-1])).pvalue > 0.01


def test_draws_of_steps_and_options_follow_their_masses() -> None:
    for column, rows in ((WHOLE, [0.0, 0.5, 1.0]), (OPTIONS, [3.0, 3.0, 0.0])):
        kernels = mixture(column, rows)
        drawn = kernels.draw(8000, np.random.default_rng(1))[:, 0]
        values, counts = np.unique(drawn, return_counts=True)
        masses = np.exp(kernels.log_density(values[:, None]))
        assert np.abs(counts / 8000 - masses).max() < 0.02


def test_kernels_are_as_wide_as_the_gap_to_a_neighbour_but_never_narrower_than_the_least() -> None:
    widths = neighbour_widths(np.array([[0.5], [0.1], [0.1], [0.9]]), 0.03)[:, 0]
    assert widths == pytest.approx([0.4, 0.03, 0.4, 0.4])


def test_a_label_that_a_trial_lacks_has_the_kernel_of_the_prior() -> None:
    layout = Layout([Column("x", 0, low=0, high=1), Column("y", 1, low=0, high=1)])
    kernels = kernels_of(layout, np.array([[0.3, np.nan]]), np.ones(1), 0.0, 0.03)
    assert kernels.means[0].tolist() == [0.3, 0.5] and kernels.widths[0].tolist() == [1.0, 1.0]


def test_a_prior_draws_near_what_a_person_expects_and_fades_with_its_trust() -> None:
    expected = Column("x", 0, low=0.0, high=1.0, prior=(0.9, 0.05))
    near = {
        trust: (np.abs(mixture(expected, [], trust).draw(500, np.random.default_rng(0)) - 0.9) < 0.15).mean()
        for trust in (0.0, 0.5, 1.0)
    }
    assert near[1.0] > 0.95 and near[0.0] < 0.4 and near[0.0] < near[0.5] < near[1.0]
