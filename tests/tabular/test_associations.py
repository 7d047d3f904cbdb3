"""How closely columns are associated, and which stand for each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from automl_magic.tabular.associations import associations, column_groups
from automl_magic.tabular.columns import columns_of


def mixed(rows: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    amount = rng.normal(size=rows)
    town = rng.choice(["Ulm", "Bonn", "Kiel", "Jena"], rows)
    return pd.DataFrame(
        {
            "amount": amount,
            "in_cents": np.exp(amount) * 100,  # monotone, not linear
            "band": pd.cut(amount, 6, labels=list("abcdef")).astype(str),
            "town": town,
            "district": [f"{name} {'south' if name == 'Kiel' else 'north'}" for name in town],
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(rows) * 7 % 400, unit="D"),
            "year": 2020 + (np.arange(rows) * 7 % 400) / 366,
            "alone": rng.normal(size=rows),
            "word": rng.choice(list("xyz"), rows),
        }
    )


def groups(frame: pd.DataFrame, **options: float) -> list[set[str]]:
    return [{frame.columns[place] for place in group} for group in column_groups(frame, columns_of(frame), **options)]


def test_numbers_dates_and_categories_that_tell_the_same_are_groups() -> None:
    frame = mixed()
    found = groups(frame)
    assert {"amount", "in_cents", "band"} in found and {"town", "district"} in found and {"day", "year"} in found
    assert len(found) == 3


def test_gaps_are_passed_over_and_a_table_too_wide_or_of_one_column_has_no_groups() -> None:
    frame = mixed()
    frame.loc[::3, "in_cents"] = np.nan
    frame.loc[::5, "band"] = None
    assert {"amount", "in_cents", "band"} in groups(frame)
    assert groups(frame, work=1_000) == [] and groups(frame[["amount"]]) == []
    assert groups(mixed(30)[["alone", "word"]]) == []


def test_ranks_are_correlated_as_scipy_does_it_and_gaps_pair_by_pair() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(300, 3)), columns=list("abc"))
    frame["b"] += frame["a"]
    found = associations(frame, columns_of(frame))
    assert found == pytest.approx(np.abs(spearmanr(frame).statistic), abs=1e-9)
    frame.loc[:99, "c"] = np.nan
    known = frame["c"].notna()
    within = np.corrcoef(frame["a"].rank()[known], frame["c"].rank()[known])[0, 1]
    assert associations(frame, columns_of(frame))[0, 2] == pytest.approx(abs(within), abs=1e-9)


def test_chance_makes_no_association_however_many_levels_there_are() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"one": rng.choice(list("abcdefghijklmnop"), 400), "other": rng.choice(list("rstuvw"), 400)})
    frame["number"] = rng.normal(size=400)
    found = associations(frame, columns_of(frame))
    assert np.array_equal(found, found.T) and (np.diag(found) == 1).all()
    assert found[np.triu_indices(3, 1)].max() < 0.25


def test_a_chain_of_pairs_is_not_one_group() -> None:
    rng = np.random.default_rng(3)
    first, second, third = rng.normal(size=(3, 2_000))
    frame = pd.DataFrame({"a": first, "b": first + 0.8 * second, "c": first + 1.6 * second + 0.1 * third})
    close = associations(frame, columns_of(frame))
    assert close[0, 1] > 0.7 and close[1, 2] > 0.7 and close[0, 2] < 0.7
    assert max(map(len, column_groups(frame, columns_of(frame)))) == 2
