"""Data preparation as a template: from the raw table to numbers, with holes where the search may choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from automl_magic.engine.holes import Choice, Int
from automl_magic.errors import DataError
from automl_magic.tabular.encoders import LevelCounts, LevelMeans, MostTelling, SoftScaler, Unskew
from automl_magic.tabular.features import directions, keeping, making
from automl_magic.tabular.quick import QuickColumnTransformer, QuickOneHotEncoder, QuickOrdinalEncoder
from automl_magic.tabular.steps import CleanTable, DateParts, TextTopics
from automl_magic.tabular.task import Table

Parts: TypeAlias = list[tuple[str, Any, list[str] | slice]]

MANY = 20  # levels from which a category is encoded by the target instead of by codes or columns of its own

WIDE, TOLD = 5_000, 1_000  # columns of numbers from which each fit keeps the most telling ones, and how many

CleanTable.refusal = DataError  # in a script of its own it is a plain ValueError


@dataclass(frozen=True)
class Roles:
    """The names of a table's columns by what is done with them.

    Attributes
    ----------
    numbers, booleans, dates, texts : list of str
        Columns of these roles.
    ordered : list of str
        Columns of ordered levels, read as the level's place.
    few, many : list of str
        Categories with at most, and with more than, `MANY` levels.
    """

    numbers: list[str]
    booleans: list[str]
    ordered: list[str]
    few: list[str]
    many: list[str]
    dates: list[str]
    texts: list[str]

    @property
    def amounts(self) -> list[str]:
        """Columns that are numbers once they are read."""
        return self.numbers + self.booleans + self.ordered

    @property
    def are_plain(self) -> bool:
        """Whether all columns are numbers."""
        return not (self.booleans or self.ordered or self.few or self.many or self.dates or self.texts)


def screened(table: Table) -> str | None:
    """Say that a table has so many columns that each fit chooses among them, or None."""
    columns = len(roles_of(table).amounts)
    if columns <= WIDE:
        return None
    return (
        f"The table has {columns:,} columns of numbers: each fit keeps the {TOLD:,} that tell most of the target on "
        "the rows that it learns from. Fewer columns make the search faster and surer: ignore those that cannot matter."
    )


def roles_of(table: Table) -> Roles:
    """Return the used columns by what is done with them: categories are split by the number of their levels."""

    def named(role: str) -> list[str]:
        return [column.name for column in table.columns if column.role == role]

    categories = [column for column in table.columns if column.role == "category"]
    few = [column.name for column in categories if column.levels <= MANY]
    many = [column.name for column in categories if column.levels > MANY]
    return Roles(named("number"), named("boolean"), named("ordered"), few, many, named("date"), named("text"))


def preparation(table: Table, kind: str) -> Pipeline:
    """Return the preparation of a table as a template.

    Parameters
    ----------
    table : Table
        Its columns and their roles decide the steps.
    kind : str
        "trees": gaps stay, categories become codes or means. "dense": gaps are filled, numbers scaled, categories
        spread.

    Returns
    -------
    Pipeline
        It takes the raw table. Its holes have the shared names prepare.… and features.…, so that all families search
        them as one.

    Raises
    ------
    ValueError
        If `kind` is neither.
    """
    if kind not in ("trees", "dense"):
        raise ValueError(f'kind must be "trees" or "dense". Got {kind!r} instead.')
    roles = roles_of(table)
    parts = _for_trees(table, roles) if kind == "trees" else _dense(table, roles)
    columns = QuickColumnTransformer(parts, sparse_threshold=0.0)
    return Pipeline([("clean", _cleaning(table, roles)), ("columns", columns), *_choosing(table, roles, kind)])


def _choosing(table: Table, roles: Roles, kind: str) -> list[tuple[str, Choice]]:
    """Return the steps that leave columns out again, or turn them into fewer ones."""
    levels = {column.name: column.levels for column in table.columns}
    whole = len(roles.amounts) + len(roles.many) + len(roles.dates) + len(roles.texts)
    spread = whole + sum(levels[name] for name in roles.few)
    holes = {
        "keep": keeping(table, whole + len(roles.few), in_place=kind == "trees"),
        "directions": directions(spread) if kind == "dense" else None,
    }
    return [(name, hole) for name, hole in holes.items() if hole is not None]


def _cleaning(table: Table, roles: Roles) -> CleanTable:
    """Return the step that reads the raw table; what the table lacks is not mentioned."""
    by_name = {column.name: column for column in table.columns}
    given = {
        "numbers": roles.numbers,
        "booleans": roles.booleans,
        "ordered": {name: list(by_name[name].order) for name in roles.ordered},
        "categories": roles.few + roles.many,
        "dates": {name: by_name[name].layout for name in roles.dates},
        "texts": roles.texts,
        "left_out": list(table.left_out),
        "written": {name: layout for name in roles.numbers if (layout := by_name[name].layout) is not None},
    }
    return CleanTable(**{name: value for name, value in given.items() if value})


def _for_trees(table: Table, roles: Roles) -> Parts:
    codes = QuickOrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=_rare(table))
    parts: Parts = [
        ("numbers", MostTelling(TOLD) if len(roles.amounts) > WIDE else "passthrough", _places(roles)),
        ("categories", codes, roles.few),
        ("levels", _levels(table), roles.many),
        ("dates", DateParts(), roles.dates),
        ("texts", _topics(), roles.texts),
        *_made(table, roles),
    ]
    return [part for part in parts if part[2]]


def _made(table: Table, roles: Roles) -> Parts:
    """Return the part that makes columns of others, where it can; it reads numbers and levels as they are cleaned."""
    if len(roles.amounts) > WIDE:
        return []
    directed = {name for name, _ in table.monotone}  # what is made of them would break their directions
    numbers, booleans, ordered = (
        [name for name in names if name not in directed] for names in (roles.numbers, roles.booleans, roles.ordered)
    )
    categories = roles.few + roles.many
    hole = making(table, len(numbers) + len(ordered), len(categories) + len(booleans) + len(ordered))
    return [] if hole is None else [("made", hole, numbers + booleans + ordered + categories)]


def _dense(table: Table, roles: Roles) -> Parts:
    spread = QuickOneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=_rare(table), sparse_output=False, dtype=float
    )
    parts: Parts = [
        ("numbers", _filled(table, len(roles.amounts)), _places(roles)),
        ("categories", spread, roles.few),
        ("levels", _scaled(encode=_levels(table)), roles.many),
        ("dates", _scaled(split=DateParts(cyclic=True), fill=SimpleImputer(keep_empty_features=True)), roles.dates),
        ("texts", _scaled(read=_topics()), roles.texts),
    ]
    return [part for part in parts if part[2]]


def _places(roles: Roles) -> list[str] | slice:
    """Return the names of the columns that are numbers once they are read; of very many, that they come first.

    ColumnTransformer looks each name up in a list.
    """
    return roles.amounts if len(roles.amounts) <= WIDE else slice(0, len(roles.amounts))


def _filled(table: Table, columns: int) -> Pipeline:
    """Fill gaps and flag them, draw in long tails where that pays, scale."""
    fill = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    skew = Choice(none="passthrough", log=Unskew(), name="prepare.skew")
    points = max(2, min(200, len(table.y) // 6))  # the smallest part to learn from holds about a sixth of the rows
    quantile = QuantileTransformer(n_quantiles=points, output_distribution="normal", random_state=0)
    scale = Choice(soft=SoftScaler(), standard=StandardScaler(), quantile=quantile, name="prepare.scale")
    first = [("screen", MostTelling(TOLD))] if columns > WIDE else []
    return Pipeline([*first, ("fill", fill), ("skew", skew), ("scale", scale)])


def _scaled(**steps: Any) -> Pipeline:
    return Pipeline([*steps.items(), ("scale", StandardScaler())])


def _levels(table: Table) -> Choice:
    """Encode categories of many levels by the target, cross-fitted; or by that and by how often they occur."""

    def means() -> LevelMeans:
        return LevelMeans("numbers") if table.task.kind == "regression" else LevelMeans()

    both = FeatureUnion([("means", means()), ("counts", LevelCounts())])
    return Choice(target=means(), both=both, name="prepare.high_cardinality")


def _rare(table: Table) -> Int:
    """Return how many rows a level needs to stand on its own."""
    most = max(2, min(50, len(table.y) // 50))
    return Int(1, most, log=True, default=min(5, most), name="prepare.rare")


def _topics() -> TextTopics:
    components: Any = Int(2, 50, log=True, default=10, name="prepare.text_components")
    return TextTopics(components)
