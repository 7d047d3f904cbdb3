"""The verdict of a race: the test is Wilcoxon's, the correction Holm's, and what cannot be told is said."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, wilcoxon

from automl_magic.verdict import holm, judge, least, signed_rank
from tests.benchmarks.race_verdict import claims


@pytest.mark.parametrize("pairs", [3, 6, 12, 25, 40])
def test_without_ties_it_is_scipys_exact_test(pairs: int) -> None:
    rng = np.random.default_rng(pairs)
    for _ in range(20):
        differences = rng.normal(0.3, 1.0, pairs)
        assert signed_rank(differences) == pytest.approx(wilcoxon(differences, method="exact").pvalue)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
@settings(max_examples=60, deadline=None)
def test_with_ties_every_way_of_giving_signs_is_counted(differences: list[int]) -> None:
    values = [value for value in differences if value != 0]
    if not values:
        assert signed_rank(differences) == 1.0
        return
    ranks = rankdata(np.abs(values))
    sums = [sum(rank for rank, sign in zip(ranks, signs, strict=True) if sign) for signs in _signs(len(values))]
    above = sum(rank for rank, value in zip(ranks, values, strict=True) if value > 0)
    tail = min(np.mean([found <= above for found in sums]), np.mean([found >= above for found in sums]))
    assert signed_rank(differences) == pytest.approx(min(1.0, 2 * tail))


def _signs(count: int) -> list[tuple[int, ...]]:
    return list(itertools.product((0, 1), repeat=count))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_lowers_keeps_the_order_and_is_bonferroni_for_the_least(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(after >= before for before, after in zip(p_values, adjusted, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert list(np.asarray(adjusted)[order]) == sorted(adjusted)
    assert adjusted[int(order[0])] == pytest.approx(min(1.0, len(p_values) * min(p_values)))


@pytest.mark.parametrize("searchers", [2, 3, 4, 6])
def test_below_the_least_number_of_repeats_nothing_can_be_shown_and_from_it_on_something_can(searchers: int) -> None:
    needed = least(searchers * (searchers - 1) // 2)
    for repeats, can in ((needed - 1, False), (needed, True)):
        scores = {f"s{place}": [float(place + 10 * repeat * place) for repeat in range(repeats)] for place in range(2)}
        scores |= {f"s{place}": scores["s0"] for place in range(2, searchers)}
        found = judge(scores)
        assert any(duel.is_shown for duel in found.duels) == can


def test_too_few_repeats_are_said_with_the_number_that_would_do() -> None:
    found = judge({"grid": [0.8, 0.81], "random": [0.82, 0.83], "tpe": [0.84, 0.85]})
    assert "Too few to tell: 2 repeats" in str(found) and "from 7 repeats on" in str(found)
    assert not any(duel.is_shown for duel in found.duels)


def test_the_winner_is_named_first_wherever_it_stands() -> None:
    better, worse = [float(value) for value in range(10, 20)], [value - 0.1 * value for value in range(10)]
    for scores in ({"a": better, "b": worse}, {"b": worse, "a": better}):
        assert str(judge(scores)).startswith("a beats b (p = .002): better in 10 of 10 repeats")


def test_who_is_ahead_is_told_by_what_the_test_looks_at() -> None:
    small, large = [-0.01] * 11, [10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0]
    duel = judge({"a": [*small, *large], "b": [0.0] * 20}).duels[0]
    assert (duel.first, duel.wins) == ("a", 9)


def test_a_repeat_that_one_has_not_is_left_out_for_that_pair_alone() -> None:
    scores = {"a": [1.0, 2.0, None, 4.0], "b": [0.0, None, 1.0, 3.0], "c": [0.5, 1.5, 2.5, 3.5]}
    assert [duel.repeats for duel in judge(scores).duels] == [2, 3, 3]


def test_equal_scores_are_said_to_be_equal_and_claim_nothing() -> None:
    found = judge({"grid": [0.5] * 12, "random": [0.5] * 12})
    assert "nothing differs" in str(found) and not found.duels[0].is_shown


def test_the_estimate_is_that_of_the_repeats_that_differ_and_the_equal_ones_are_counted() -> None:
    ahead = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    for scores in ({"a": [*ahead, *[0.0] * 9], "b": [0.0] * 16}, {"b": [0.0] * 16, "a": [*ahead, *[0.0] * 9]}):
        found = judge(scores)
        assert (found.duels[0].difference, found.duels[0].equal) == (0.4, 9)
        assert str(found) == (
            "a beats b (p = .016): better in 7 of 16 repeats, equal in 9, by about 0.4 in those that differ."
        )


def test_equal_repeats_are_counted_also_where_no_difference_is_shown() -> None:
    found = judge({"a": [1.0, -1.1, 1.2, -1.3, 1.4, -1.5, 0.0, 0.0], "b": [0.0] * 8})
    assert "better in 3 of 8 repeats, equal in 2)" in str(found)


def test_no_difference_shown_is_not_called_equality() -> None:
    rng = np.random.default_rng(0)
    found = judge({"a": list(rng.normal(size=15)), "b": list(rng.normal(size=15))})
    assert "no difference is shown" in str(found) and "does not prove them equal" in str(found)


def test_nothing_finished_is_said() -> None:
    assert "no repeat was finished" in str(judge({"a": [None], "b": [1.0]}))


def test_on_a_test_function_a_planted_tie_is_seldom_and_a_planted_difference_nearly_always_claimed() -> None:
    tie, difference = claims(seeds=12, trials=8)
    assert tie <= 3 and difference >= 9


@pytest.mark.parametrize("seed", range(40))
def test_the_estimate_never_contradicts_the_test(seed: int) -> None:
    drawn = np.random.default_rng(seed)
    differences = np.where(drawn.random(40) < 0.55, -0.1, 1.0) * drawn.random(40)  # many small losses, some large wins
    verdict = judge({"a": list(differences), "b": [0.0] * 40})
    assert verdict.duels[0].difference >= 0, "who is said to be ahead is not behind by the estimate"
