"""The preparation takes raw tables as they come, and finds what is in them."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score, roc_auc_score

from automl_magic.engine.space import compile_space
from automl_magic.errors import DataError
from automl_magic.tabular.encoders import LevelCounts, LevelMeans, MostTelling, SoftScaler, Unskew
from automl_magic.tabular.prepare import preparation
from automl_magic.tabular.steps import CleanTable, DateParts, TextTopics
from automl_magic.tabular.task import Table, read_table

KINDS = ("trees", "dense")


def messy(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    """A bit of everything, under awkward names."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 12, rows)
    frame = pd.DataFrame(
        {
            "age [years]": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(40, 10, rows)),
            "income,<b>": rng.lognormal(8, 1, rows),
            "count{:}": rng.integers(0, 9, rows),
            "price 🎈": [f"{value:.2f}" for value in rng.normal(9, 2, rows)],
            "member": rng.choice(np.array([True, False, None], dtype=object), rows),
            "size": pd.Categorical(rng.choice(["S", "M", "L"], rows), ["S", "M", "L"], ordered=True),
            " colour ": rng.choice(np.array(["red", "green", "blue", None], dtype=object), rows),
            "shop": [f"shop {number}" for number in rng.integers(0, 80, rows)],
            "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D"),
            "paid": pd.Series(pd.date_range("2021", periods=rows, freq="h")).dt.strftime("%d.%m.%Y %H:%M"),
            "note": [" ".join(rng.choice(["red", "box", "late", "gift", "home"], length)) for length in lengths],
            "took": pd.to_timedelta(rng.integers(0, 99, rows), unit="min"),
            "key": [f"k{number:06d}" for number in rng.permutation(10_000)[:rows]],
            "empty": np.nan,
            "always": "same",
        }
    )
    frame["y"] = np.where(rng.random(rows) < 0.5, "no", "yes")
    return frame


def prepared(table: Table, kind: str, seed: int | None = None) -> Any:
    space = compile_space(preparation(table, kind))
    return space.make(space.default() if seed is None else space.sample(np.random.default_rng(seed)))


@pytest.fixture(params=KINDS)
def fitted(request: pytest.FixtureRequest) -> tuple[Table, Any]:
    table = read_table(messy(), "y")
    return table, prepared(table, request.param).fit(table.X, table.y)


def alike(one: Any, other: Any) -> bool:
    return bool(np.allclose(one, other, equal_nan=True))


def test_its_holes_are_shared_by_name():
    table = read_table(messy(), "y")
    labels = {kind: compile_space(preparation(table, kind)).labels for kind in KINDS}
    both = {"prepare.rare", "prepare.high_cardinality", "prepare.text_components", "features.keep"}
    assert set(labels["trees"]) == {*both, "features.make"}
    assert set(labels["dense"]) == {*both, "prepare.skew", "prepare.scale", "features.pca"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_configuration_gives_numbers_without_a_warning(kind):
    table = read_table(messy(), "y")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(6):
            steps = prepared(table, kind, seed)
            found = steps.fit_transform(table.X, table.y)
            assert found.dtype == float and found.shape == (400, len(steps.get_feature_names_out()))
            assert not np.isinf(found).any() and (kind == "trees" or not np.isnan(found).any())


def test_trees_see_gaps_and_dense_models_see_where_they_were(fitted):
    table, steps = fitted
    found, names = steps.transform(table.X), list(steps.get_feature_names_out())
    if "numbers__missingindicator_age [years]" in names:
        flags = found[:, names.index("numbers__missingindicator_age [years]")]
        assert len(np.unique(flags)) == 2
    else:
        ages = found[:, names.index("numbers__age [years]")]
        assert np.array_equal(np.isnan(ages), table.X["age [years]"].isna())
    assert not any("key" in name or "empty" in name or "always" in name for name in names)


def test_columns_may_come_in_another_order_with_others_among_them(fitted):
    table, steps = fitted
    expected = steps.transform(table.X)
    assert alike(steps.transform(table.X[table.X.columns[::-1]]), expected)
    with pytest.warns(UserWarning, match='Ignored columns.*: "more"'):
        assert alike(steps.transform(table.X.assign(more=1)), expected)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert alike(steps.transform(messy()), expected)  # the target itself may stay
        assert alike(steps.transform(table.X.drop(columns=["key", "empty"])), expected)  # and what is not used may go
    assert alike(steps.transform(table.X.set_axis(np.arange(400) * 3)), expected)


def test_a_missing_column_is_named(fitted):
    table, steps = fitted
    with pytest.raises(DataError, match='No column named "shop" in the table. Did you mean "shops"'):
        steps.transform(table.X.rename(columns={"shop": "shops"}))
    with pytest.raises(DataError, match="must have 15 columns. Got 3"):
        steps.transform(table.X.to_numpy()[:, :3])
    with pytest.raises(DataError, match='More than one column is named "shop"'):
        steps.transform(pd.concat([table.X, table.X[["shop"]]], axis=1))


def test_levels_and_gaps_that_training_did_not_see_are_taken(fitted):
    table, steps = fitted
    new = table.X.iloc[:20].copy().astype(object)
    new.iloc[::2] = None
    new.loc[1, "shop"], new.loc[3, " colour "], new.loc[5, "size"] = "nowhere", "violet", "XXL"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = steps.transform(new)
    assert found.shape[0] == 20 and not np.isinf(found).any()


def test_types_may_shift(fitted):
    table, steps = fitted
    expected = steps.transform(table.X)
    shifted = table.X.assign(
        **{
            "age [years]": table.X["age [years]"].astype(str),
            "count{:}": table.X["count{:}"].astype(float),
            "price 🎈": table.X["price 🎈"].astype(float),
            "member": table.X["member"].astype("boolean"),
            "size": table.X["size"].astype(str),
            " colour ": table.X[" colour "].astype("category"),
            "when": table.X["when"].astype(str),
            "paid": pd.to_datetime(table.X["paid"], format="%d.%m.%Y %H:%M"),
        }
    )
    assert alike(steps.transform(shifted), expected)
    assert alike(steps.transform(table.X.to_numpy(dtype=object)), expected)
    polars = pytest.importorskip("polars")
    assert alike(steps.transform(polars.from_pandas(table.X)), expected)


def test_values_that_are_no_numbers_or_dates_any_more_are_refused_without_naming_them(fitted):
    table, steps = fitted
    for name, kind in (("income,<b>", "numbers"), ("when", 'dates like "2026-01-31"')):
        with pytest.raises(DataError, match=f"held {kind} in training") as caught:
            steps.transform(table.X.assign(**{name: "canary"}))
        assert "canary" not in str(caught.value)


def test_whole_numbers_as_categories_are_the_same_as_floats():
    frame = pd.DataFrame({"code": pd.Categorical([1, 2, 3] * 20), "a": np.arange(60) % 7, "y": [0, 1] * 30})
    table = read_table(frame, "y")
    steps = prepared(table, "dense").fit(table.X, table.y)
    assert alike(steps.transform(table.X), steps.transform(table.X.assign(code=table.X["code"].astype(float))))


def test_names_that_are_no_strings_work_at_prediction_too():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=[0, 1, 2])
    table = read_table(frame, y=[0, 1] * 30)
    steps = prepared(table, "trees").fit(table.X, table.y)
    assert list(table.X.columns) == [0, 1, 2] and alike(steps.transform(frame), frame)


def test_infinite_and_huge_values_do_no_harm():
    frame = pd.DataFrame({"a": [np.inf, -np.inf, 1e300, -1e300, 1.0, 2.0] * 10, "y": [0, 1, 1] * 20})
    table = read_table(frame, "y")
    trees = prepared(table, "trees").fit_transform(table.X, table.y)
    assert np.isnan(trees[:2]).all() and np.isfinite(trees[2:6].astype(np.float32)).all()
    assert np.isfinite(prepared(table, "dense").fit_transform(table.X, table.y)).all()


def test_it_is_cloned_copied_pickled_and_draws_the_same(fitted):
    table, steps = fitted
    expected = steps.transform(table.X)
    for again in (copy.deepcopy(steps), pickle.loads(pickle.dumps(steps)), clone(steps).fit(table.X, table.y)):
        assert alike(again.transform(table.X), expected)
    assert steps[:1].get_params()["clean__numbers"] == ["age [years]", "income,<b>", "count{:}", "price 🎈", "took"]


def test_a_part_of_the_rows_may_lack_almost_everything():
    frame = messy(60)
    frame.loc[:40, ["note", "shop", " colour ", "when", "age [years]"]] = None
    table = read_table(frame, "y")
    for kind in KINDS:
        steps = prepared(table, kind)
        steps.fit(table.X.iloc[:30], table.y[:30])
        assert steps.transform(table.X).shape[0] == 60


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_category_of_many_levels_is_used_well(kind, task):
    rng = np.random.default_rng(0)
    effect, level = rng.normal(size=300), rng.integers(0, 300, 3_000)
    signal = effect[level] + 0.5 * rng.normal(size=3_000)
    y: Any = signal
    if task == "binary":
        y = np.where(signal > 0, "yes", "no").astype(object)
    elif task == "multiclass":
        y = pd.cut(signal, [-9, -0.6, 0.6, 9], labels=["low", "mid", "high"]).astype(object)
    frame = pd.DataFrame({"level": [f"l{number}" for number in level], "noise": rng.normal(size=3_000), "y": y})
    table = read_table(frame, "y")
    steps = prepared(table, kind)
    train = steps.fit_transform(table.X.iloc[:2_000], table.y[:2_000])
    test = steps.transform(table.X.iloc[2_000:])
    if task == "regression":
        assert r2_score(table.y[2_000:], Ridge().fit(train, table.y[:2_000]).predict(test)) > 0.6
        return
    chances = LogisticRegression().fit(train, table.y[:2_000]).predict_proba(test)
    chances = chances[:, 1] if task == "binary" else chances
    assert roc_auc_score(table.y[2_000:], chances, multi_class="ovr") > 0.85


def test_rare_classes_and_few_rows_do_not_break_the_means_of_levels():
    X = pd.DataFrame({"a": ["x", "y", None] * 4}, dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for y in ([0] * 12, ["a"] * 10 + ["b", "c"], ["a"] * 11 + ["b"], [1.5] * 12):
            means = LevelMeans().fit(X, y)
            assert len(means.transform(X)) == 12 and len(means.get_feature_names_out()) == means.transform(X).shape[1]
        assert len(LevelMeans("numbers").fit_transform(X[:3], [1.0, 2.0, 3.0])) == 3


def test_the_means_of_levels_do_not_tell_a_row_its_own_target():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.permutation(1_000).astype(str)}, dtype=object)
    y = rng.integers(0, 2, 1_000)
    assert abs(roc_auc_score(y, LevelMeans().fit_transform(X, y)[:, 0]) - 0.5) < 0.06


def test_frequencies_are_counted():
    counts = LevelCounts().fit(pd.DataFrame({"a": ["x", "x", None, "y"]}))
    found = counts.transform(pd.DataFrame({"a": ["x", "y", None, "z"]}))
    assert np.allclose(np.expm1(found[:, 0]), [2, 1, 1, 0])


def test_dates_come_apart():
    days = pd.DataFrame({"when": pd.to_datetime(["1970-01-02", "2024-12-31", None])})
    parts = DateParts().fit(days)
    found = dict(zip(parts.get_feature_names_out(), parts.transform(days).T, strict=True))
    assert found["when_days"][:2].tolist() == [1.0, 20088.0] and np.isnan(found["when_days"][2])
    assert found["when_month"][1] == 12 and found["when_weekday"][1] == 1 and found["when_yearday"][1] == 366
    assert "when_hour" not in found  # the same in all rows
    around = DateParts(cyclic=True).fit(days)
    assert "when_weekday_sin" in around.get_feature_names_out()


def test_texts_are_measured_and_their_topics_found():
    rng = np.random.default_rng(0)
    kinds = [("cat", "dog", "pet"), ("tax", "bank", "loan")]
    labels = rng.integers(0, 2, 200)
    texts = pd.DataFrame({"t": [" ".join(rng.choice(kinds[label], 4)) for label in labels]})
    topics = TextTopics(components=3).fit(texts)
    found = topics.transform(texts)
    assert list(topics.get_feature_names_out())[:3] == ["t_words", "t_characters", "t_topic0"]
    assert (found[:, 0] == 4).all() and found[0, 1] == len(texts["t"][0])
    assert max(abs(np.corrcoef(found[:, 2:].T, labels)[-1][:-1])) > 0.9
    empty = pd.DataFrame({"t": ["", "", "?"]})
    assert TextTopics().fit_transform(empty).tolist() == [[0, 0], [0, 0], [1, 1]]


def test_scalers_bear_tails_and_constants():
    X = np.column_stack([np.append(np.arange(99.0), 1e30), np.full(100, 5.0), np.append(np.zeros(99), 1.0)])
    found = SoftScaler().fit(X).transform(X)
    assert np.abs(found).max() <= 3.0 and (found[:, 1] == 0).all() and found[-1, 2] > 1
    skewed = np.column_stack([np.random.default_rng(0).lognormal(0, 2, 500), np.linspace(-1, 1, 500)])
    drawn = Unskew().fit(skewed).transform(skewed)
    assert np.allclose(drawn[:, 0], np.log1p(skewed[:, 0])) and np.array_equal(drawn[:, 1], skewed[:, 1])


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match='"trees" or "dense"'):
        preparation(read_table(messy(), "y"), "tree")


def test_without_this_package_the_refusal_is_a_plain_error():
    assert issubclass(CleanTable.refusal, ValueError)


@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_of_very_many_columns_the_most_telling_are_kept(kind):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 50)) * 10.0 ** rng.integers(-3, 9, 50)
    X[::5, 7], X[:, 3] = np.nan, 4.0
    signal = np.nan_to_num(X[:, 7]) / np.nanstd(X[:, 7]) - X[:, 20] / X[:, 20].std()
    y = signal if kind == "numbers" else np.digitize(signal, [-1, 1])
    step = MostTelling(2).fit(X, y)
    assert step.kept_.tolist() == [7, 20]
    assert np.array_equal(step.transform(X), X[:, [7, 20]], equal_nan=True)
    assert step.get_feature_names_out().tolist() == ["x7", "x20"]
