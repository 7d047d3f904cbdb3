"""The epochs after which networks are compared: few for much to learn from, more where there is time."""

from __future__ import annotations

import itertools

import pytest

from automl_magic.networks.levels import TOPS, levels_for


@pytest.mark.parametrize("rows", [4, 10, 100, 1_000, 30_000, 10_000_000])
@pytest.mark.parametrize("values", [1, 40, 784, 150_528])
def test_more_time_never_trains_less(rows: int, values: int) -> None:
    tops = [levels_for(rows, seconds, values)[-1] for seconds in (0, 1, 10, 60, 600, 86_400)]
    assert tops == sorted(tops) and tops[0] == TOPS[0]
    assert tops[-1] <= levels_for(rows, None, values)[-1]


@pytest.mark.parametrize(("rows", "seconds"), itertools.product((4, 150, 4_000, 10**6), (None, 5.0, 120.0)))
def test_levels_rise_by_a_factor(rows: int, seconds: float | None) -> None:
    levels = levels_for(rows, seconds)
    assert 2 <= len(levels) <= 4 and levels[0] >= 1
    assert all(upper == 3 * lower for lower, upper in itertools.pairwise(levels))


def test_wider_rows_and_more_of_them_are_trained_for_fewer_epochs() -> None:
    assert levels_for(6_800, 120, 784)[-1] < levels_for(6_800, 120, 4)[-1]
    assert levels_for(60_000, 120, 40)[-1] < levels_for(600, 120, 40)[-1]
