"""The bundled table."""

from __future__ import annotations

from importlib.resources import files

import pytest

from automl_magic.errors import OptionError
from automl_magic.tabular.tables import TABLES, load_data


def test_titanic_has_numbers_words_gaps_and_a_target_of_two_classes():
    table = load_data("titanic")
    assert table.shape == (1309, 7) and load_data().equals(table)
    assert table["survived"].value_counts().to_dict() == {"no": 809, "yes": 500}
    assert table["age"].isna().sum() == 263 and table.drop(columns="age").notna().all(axis=None)


def test_its_order_tells_nothing_of_the_target():
    table = load_data("titanic")
    first = table.iloc[: len(table) // 2]["survived"].eq("yes").mean()
    assert abs(first - table["survived"].eq("yes").mean()) < 0.03


def test_every_bundled_table_has_its_source_in_the_read_me():
    text = (files("automl_magic") / "data" / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in TABLES.values()) and "Licence" in text


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(OptionError, match='No bundled table named "titanik". Did you mean "titanic"'):
        load_data("titanik")
