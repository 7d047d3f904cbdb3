"""Which family next: every one gets its turn, shifting or stretching changes nothing, dear ones must earn it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl_magic.engine.families import Arm, Fork, by_promise, costs_of

LOSSES = st.lists(st.floats(0, 100), min_size=3, max_size=20)


def fork(losses: Sequence[Sequence[float]], costs: Sequence[float] = (), pending: Sequence[int] = ()) -> Fork:
    """Return a fork of arms with some losses, each trial of an arm costing the same."""
    arms, turn = [], 0
    for place, own in enumerate(losses):
        turns = np.arange(turn, turn + len(own))
        turn += len(own)
        cost = np.full(len(own), costs[place] if costs else np.nan)
        waiting = pending[place] if pending else 0
        arms.append(Arm(place, 3, 1 / len(losses), np.array(own, dtype=float), turns, cost, waiting))
    return Fork("model", tuple(arms), 0, turn)


def chosen(given: Fork, seed: int = 0) -> Any:
    return by_promise(given, np.random.default_rng(seed))


def played(
    draw: Sequence[Callable[[np.random.Generator], float]], turns: int, costs: Sequence[float] = ()
) -> list[int]:
    """Return the arms that are chosen when each draws its losses from a distribution."""
    rng = np.random.default_rng(1)
    losses: list[list[float]] = [[] for _ in draw]
    order = []
    for turn in range(turns):
        option = by_promise(fork(losses, costs), np.random.default_rng(turn))
        assert option is not None
        losses[option].append(draw[option](rng))
        order.append(option)
    return order


def test_every_family_begins_with_some_trials_in_turns() -> None:
    order = played([lambda rng, level=level: level + rng.random() for level in range(5)], 15)
    assert sorted(order) == sorted(list(range(5)) * 3) and sorted(order[:5]) == list(range(5))


@settings(max_examples=40, deadline=None)
@given(st.lists(LOSSES, min_size=2, max_size=6), st.floats(-1000, 1000), st.floats(0.01, 100))
def test_shifting_and_stretching_all_losses_changes_no_choice(
    losses: list[list[float]], shift: float, factor: float
) -> None:
    losses = [[round(value, 3) for value in own] for own in losses]
    moved = [[shift + factor * value for value in own] for own in losses]
    one, other = fork(losses), fork(moved)
    promised = {chosen(one, seed) for seed in range(8)}
    assert promised & {chosen(other, seed) for seed in range(8)}


def test_the_better_family_gets_most_of_the_trials_and_none_is_forgotten() -> None:
    draw = [lambda rng: 1.0 + rng.random(), lambda rng: 0.3 + rng.random(), lambda rng: 1.2 + rng.random()]
    order = played(draw, 90)
    counts = [order.count(option) for option in range(3)]
    assert counts[1] > 0.5 * 90 and min(counts) >= 4


def test_failures_and_huge_losses_draw_nobody_and_harm_nobody() -> None:
    draw = [lambda rng: np.inf, lambda rng: rng.random(), lambda rng: 1e12 * (1 + rng.random())]
    order = played(draw, 60)
    assert order.count(1) >= 40
    assert all(chosen(fork([[np.inf] * 3, [np.inf] * 3])) in (0, 1) for _ in range(3))


def test_a_trial_that_is_pending_counts_as_one_that_was_made() -> None:
    assert chosen(fork([[], [], []], pending=[2, 1, 2])) == 1


def test_a_family_that_takes_twenty_times_as_long_gets_fewer_trials_unless_it_is_better() -> None:
    same = [lambda rng: rng.random(), lambda rng: rng.random()]
    dear = played(same, 60, costs=[20.0, 1.0]).count(0)
    equal = played(same, 60, costs=[1.0, 1.0]).count(0)
    assert dear <= 12 and dear < equal
    better = played([lambda rng: rng.random() - 1.5, lambda rng: rng.random()], 60, costs=[20.0, 1.0]).count(0)
    assert better > 2 * dear


def test_costs_are_relative_and_what_nobody_told_is_middling() -> None:
    given_ = fork([[1.0], [1.0], [1.0]], costs=[2.0, 6.0, np.nan])
    assert costs_of(given_.arms) == pytest.approx([0.5, 1.5, 1.0])


def test_the_same_history_and_generator_give_the_same_family() -> None:
    given_ = fork([[3.0, 1.0, 2.0], [0.5, 4.0, 2.0], [1.0, 1.0, 1.0]])
    assert {chosen(given_, 3) for _ in range(5)} == {chosen(given_, 3)}
