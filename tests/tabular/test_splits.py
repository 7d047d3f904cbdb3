"""How the rows of a table are split, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from automl_magic.errors import DataError, OptionError
from automl_magic.tabular import splits as module
from automl_magic.tabular.splits import make_splits
from tests.tabular.small import small_table


def test_five_folds_score_every_row_once_in_equal_shares_of_the_classes():
    table = small_table(rows=1000)
    splits = make_splits(table)
    rows, folds = splits.entries()
    assert sorted(rows) == list(range(1000)) and splits.repeats == 1 and len(splits.pairs) == 5
    assert [(table.y[rows[folds == fold]] == "yes").sum() for fold in range(5)] == [100] * 5
    assert all(not set(train) & set(test) for train, test in splits.pairs)


@pytest.mark.parametrize("rows, repeats", [(100, 3), (600, 2), (1000, 1)])
def test_a_small_table_is_split_several_times_over(rows, repeats):
    for kind in ("binary", "regression"):
        splits = make_splits(small_table(kind, rows))
        assert splits.repeats == repeats and len(splits.pairs) == 5 * repeats
        assert np.bincount(splits.entries()[0]).tolist() == [repeats] * rows


def test_the_seed_decides_the_folds():
    table = small_table(rows=1000)
    first, again, other = (make_splits(table, seed=seed).entries()[0].tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_a_large_table_has_one_part_held_out(monkeypatch):
    monkeypatch.setattr(module, "LARGE", 900)
    splits = make_splits(small_table(rows=1000))
    assert len(splits.pairs) == 1 and len(splits.pairs[0][1]) == 200 and "20%" in splits.why
    assert splits.voters == (0,)


def test_holdout_keeps_the_shares_of_the_classes():
    table = small_table(rows=300)
    _, test = make_splits(table, "holdout").pairs[0]
    assert (table.y[test] == "yes").sum() == 30


def test_a_number_of_folds_is_kept_as_given():
    splits = make_splits(small_table(rows=100), 3)
    assert len(splits.pairs) == 3 and splits.repeats == 1 and "3-fold" in splits.why


@pytest.mark.parametrize("cv", ["holdout", "auto", 4])
@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_a_group_is_never_on_both_sides(kind, cv):
    groups = np.random.default_rng(0).integers(0, 30, 400)
    for train, test in make_splits(small_table(kind, 400, groups=groups), cv).pairs:
        assert not set(groups[train]) & set(groups[test])


def test_fewer_groups_than_folds_give_fewer_folds_and_say_so():
    splits = make_splits(small_table("regression", groups=np.arange(200) % 3))
    assert len(splits.pairs) == 3 and "only 3 groups" in splits.warnings[0]


@pytest.mark.parametrize("cv", ["holdout", "auto", 3])
def test_no_row_is_scored_by_a_model_of_its_future(cv):
    order = np.random.default_rng(0).permutation(200)
    splits = make_splits(small_table(order=order), cv)
    assert all(order[train].max() < order[test].min() for train, test in splits.pairs)
    assert splits.voters == (len(splits.pairs) - 1,) and splits.uses == "order"
    assert len(splits.pairs[-1][1]) + len(splits.pairs[-1][0]) == 200


def test_a_rare_class_gives_fewer_folds_and_says_so():
    table = small_table()
    table.y = np.where(np.arange(200) < 3, "yes", "no").astype(object)
    splits = make_splits(table)
    assert len(splits.pairs) == 9 and "only 3 rows" in splits.warnings[0]  # three folds, three times
    assert all((table.y[test] == "yes").sum() == 1 for _, test in splits.pairs)


def test_a_rare_class_among_many_keeps_the_folds_and_says_so():
    table = small_table("multiclass", 1000)
    table.y[np.flatnonzero(table.y == "low")[2:]] = "high"
    splits = make_splits(table)
    assert len(splits.pairs) == 5 and "some folds lack it" in splits.warnings[0]


def test_a_class_of_one_row_among_many_can_be_held_out():
    table = small_table("multiclass", 1000)
    table.y[np.flatnonzero(table.y == "low")[1:]] = "high"
    assert len(make_splits(table, "holdout").pairs) == 1
    assert len(make_splits(table, 5).pairs) == 5


def test_folds_of_one_class_are_left_out_and_it_says_so():
    table = small_table(order=np.arange(200))
    table.y = np.where(np.arange(200) < 80, "no", table.y).astype(object)
    splits = make_splits(table)
    assert len(splits.pairs) < 5 and "left out" in splits.warnings[-1] and len(splits.places) == len(splits.pairs)


@pytest.mark.parametrize("cv", [1, 0, -3, True, "many", 2.5, None])
def test_a_number_of_folds_that_cannot_be_meant_is_refused(cv):
    with pytest.raises(OptionError, match="cv must be a number of folds"):
        make_splits(small_table(), cv)


def test_more_folds_than_rows_become_fewer_folds():
    splits = make_splits(small_table("regression", 10), 50)
    assert len(splits.pairs) == 5 and "only 10 rows" in splits.warnings[0]


def test_what_cannot_be_split_is_refused_with_the_reason():
    with pytest.raises(DataError, match="at least 4 rows"):
        make_splits(small_table("regression", 3))
    with pytest.raises(DataError, match="one group"):
        make_splits(small_table(groups=np.zeros(200)))
    with pytest.raises(OptionError, match="not by both"):
        make_splits(small_table(groups=np.arange(200), order=np.arange(200)))
    lonely = small_table()
    lonely.y = np.where(np.arange(200) < 1, "yes", "no").astype(object)
    with pytest.raises(DataError, match='One class of the target "y" has one row'):
        make_splits(lonely)


def test_the_splitter_gives_the_same_pairs_again():
    table = small_table(rows=300)
    splits = make_splits(table)
    again = list(splits.splitter.split(table.X, table.y))
    assert all((a[0] == b[0]).all() and (a[1] == b[1]).all() for a, b in zip(splits.pairs, again, strict=True))
