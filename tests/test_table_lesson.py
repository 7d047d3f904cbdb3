"""The exercise of the lesson on tables: who finds the leak, and what it promised, is right; the rest is explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pytest

import automl_magic
from automl_magic.errors import OptionError
from automl_magic.lessons import check

Search: TypeAlias = Callable[..., Any]
ROWS = 400  # half of them kept apart


def houses() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rows to learn from, with the share of "yes" in their house, and rows kept apart with what is known of it.

    Most houses have one or two rows, so that the share holds the row's own answer; `persons` counts rows, no answers.
    """
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"house": [f"h{place}" for place in rng.integers(0, 300, ROWS)], "age": rng.normal(size=ROWS)})
    frame["sold"] = np.where(frame["age"] + rng.normal(size=ROWS) > 0, "yes", "no")
    train, apart = frame.iloc[: ROWS // 2], frame.iloc[ROWS // 2 :]
    share, persons = (train["sold"] == "yes").groupby(train["house"]).mean(), train["house"].value_counts()
    made = [
        table.assign(
            share=table["house"].map(share).fillna(share.mean()), persons=table["house"].map(persons).fillna(0)
        )
        for table in (train, apart)
    ]
    return made[0], made[1]


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Search:
    """Return a function that searches without some columns, once for all tests."""
    train, apart = houses()

    @cache
    def without(*names: str, metric: str = "roc_auc") -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path_factory.mktemp("search"))
            options: dict[str, Any] = {"trials": 2, "workers": 0, "cv": 3, "seed": 0, "models": ["linear"]}
            return automl_magic.fit(train, "sold", test=apart, ignore=["house", *names], metric=metric, **options)

    return without


def said(*answers: Any) -> tuple[list[bool], str]:
    found = check("leak", *answers)
    return [is_there for is_there, _ in found.points], repr(found)


def gap(run: Any) -> float:
    return float(run.score.value - run.test_score)


def test_the_leak_fools_cross_validation_and_its_correction_and_not_the_rows_kept_apart(search: Search) -> None:
    leaky, mended = search(), search("share")
    assert leaky.score.naive > 0.95 and leaky.score.low > 0.95 and leaky.test_score < mended.test_score
    assert mended.score.low < mended.test_score < mended.score.high


def test_the_leak_left_out_named_and_measured_is_right(search: Search) -> None:
    leaky = search()
    points, text = said(leaky, search("share"), "share", round(gap(leaky), 2))
    assert points == [True, True, True] and '"share" was it' in text and "too much: it promises" in text


def test_a_metric_of_which_lower_is_better_is_turned_round(search: Search) -> None:
    leaky, mended = search(metric="log_loss"), search("share", metric="log_loss")
    assert said(leaky, mended, "share", -gap(leaky))[0] == [True, True, True]
    assert "the other way round" in said(leaky, mended, "share", gap(leaky))[1]


def test_an_innocent_column_left_out_closes_no_gap(search: Search) -> None:
    points, text = said(search(), search("persons"), "persons", 0.0)
    assert points == [False, False, False] and "still fooled" in text and "it is another one" in text
    assert "compare what the first search promises" in text


def test_a_name_is_not_enough_without_leaving_it_out(search: Search) -> None:
    points, text = said(search(), search("persons"), "share", gap(search()))
    assert points == [False, False, True] and 'what happens without "share"? The second one leaves out "per' in text
    assert "is fooled just as well" not in text and "change nothing else" in said(search(), search(), "share", 0)[1]


def test_two_columns_left_out_at_once_do_not_tell_which_it_was(search: Search) -> None:
    points, text = said(search(), search("persons", "share"), "share", gap(search()))
    assert points == [True, False, True] and 'leaves out "persons" and "share": which of them' in text


def test_other_differences_of_scores_are_explained(search: Search) -> None:
    leaky, mended = search(), search("share")
    for number, hint in (
        (-gap(leaky), "the other way round"),
        (leaky.score.value - mended.score.value, "between the promises of two models"),
        (0.5, "compare what the first search promises"),
    ):
        points, text = said(leaky, mended, "share", number)
        assert points == [True, True, False] and hint in text


def test_what_the_correction_took_off_is_not_what_the_leak_added(search: Search) -> None:
    leaky = search()
    lucky = replace(leaky, score=replace(leaky.score, naive=leaky.score.value + 0.01))
    assert "It cannot know of a leak" in said(lucky, search("share"), "share", 0.01)[1]


def test_the_runs_in_the_wrong_order_are_seen(search: Search) -> None:
    points, text = said(search("share"), search(), "share", gap(search()))
    assert points == [False] and "Give the one with the leak first" in text


def test_without_rows_kept_apart_nobody_can_say(search: Search) -> None:
    leaky, mended = search(), search("share")
    for runs, place in (
        ((replace(leaky, test_score=None), mended), "first"),
        ((leaky, replace(mended, test_score=None)), "second"),
    ):
        points, text = said(*runs, "share", gap(leaky))
        assert points == [False] and f"the {place} search kept no rows apart" in text


def test_another_kind_of_answer_is_refused_in_words(search: Search) -> None:
    run = search()
    for answers, words in (
        ((), "the results of two searches. Got NoneType"),
        ((run, 7), "the results of two searches. Got int"),
        ((run, run), "The column is a name in quotes. Got NoneType"),
        ((run, run, "share", "much"), "is a number. Got str"),
        ((run, run, "share", True), "is a number. Got bool"),
    ):
        with pytest.raises(OptionError, match=words):
            check("leak", *answers)
