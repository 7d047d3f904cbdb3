"""What is tried first: proven configurations that differ in kind, chosen by the task, the table's size and the time.

The shapes of boosted trees matter more than their tuning: random cuts, few leaves and many leaves each win on other
tables. So several are tried, of each family that is installed.

The values are rounded from published defaults, but for the learning rates: on nine tables .03 to .08 gave the same loss
within about 1 %, at .08 with half of the rounds, which are what predictions cost.

- Holzmüller, Grinsztajn, Steinwart (2024), "Better by default", arXiv 2407.04491, table B.1 (LightGBM, XGBoost,
  CatBoost);
- Erickson and others (2025), "TabArena", arXiv 2506.16791, and AutoGluon's portfolio of 2025 (random cuts: medians);
- Erickson and others (2020), "AutoGluon-Tabular", arXiv 2003.06505 (forests, with entropy for classes).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from automl_magic.engine.events import Config
from automl_magic.engine.first_fold import RACE
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import SpaceError
from automl_magic.tabular.boosters import BOOSTERS
from automl_magic.tabular.costs import Sizes, cost_of
from automl_magic.tabular.features import MAKE, on_made_features
from automl_magic.tabular.task import Table

Values: TypeAlias = Mapping[str, Any]
Shape: TypeAlias = tuple[str, Callable[["Traits"], Values]]

FASTEST = 0.25  # learning rate, and
HASTE = 4.0  # the factor, up to which one is raised where the time is short
UNHURRIED = ("network",)  # families whose rate is not raised: how long they take does not hang on it
TOO_DEAR = 3.0  # times its share of the time, beyond which a configuration that cannot be cut short is left out


class Traits:
    """What the shapes are chosen by."""

    def __init__(self, table: Table, space: SearchSpace) -> None:
        families = space["model"].options
        self.has_boosters = any(name in families for name in BOOSTERS)
        self.made = (on_made_features(space) or {}).get(MAKE)  # which features can be made, None where none can
        self.rows, self.classes = len(table.y), len(table.task.classes)
        self.is_regression = table.task.kind == "regression"

    def leaf(self, most: int) -> int:
        """Return the fewest rows of a leaf: fewer than usual in a small table."""
        return int(min(most, max(2, self.rows / 40)))


def _random_cuts(traits: Traits) -> Values:
    return {
        "extra_trees": True,
        "learning_rate": 0.07,
        "num_leaves": 39,
        "min_child_samples": 3,
        "subsample": 0.88,
        "colsample_bytree": 0.46,
        "reg_alpha": 0.24,
        "reg_lambda": 0.36,
    }


def _few_leaves(traits: Traits) -> Values:
    return {
        "extra_trees": False,
        "learning_rate": 0.07,
        "num_leaves": 6,
        "min_child_samples": traits.leaf(15),
        "subsample": 0.8,
        "colsample_bytree": 0.5,
        "reg_alpha": 0.01,
        "reg_lambda": 1.0,
    }


def _many_leaves(traits: Traits) -> Values:
    return {
        "extra_trees": False,
        "learning_rate": 0.05,
        "num_leaves": 100 if traits.is_regression else 50,
        "min_child_samples": 3 if traits.is_regression else traits.leaf(40),
        "subsample": 0.7 if traits.is_regression else 0.75,
        "colsample_bytree": 1.0,
        "reg_alpha": 1e-4,
        "reg_lambda": 1e-4,
    }


def _catboost(traits: Traits) -> Values:
    return {"learning_rate": 0.08, "depth": 6, "l2_leaf_reg": 3.0, "subsample": 0.8, "random_strength": 1.0}


def _xgboost(traits: Traits) -> Values:
    return {
        "learning_rate": 0.05 if traits.is_regression else 0.08,
        "max_depth": 8 if traits.is_regression else 6,
        "min_child_weight": 2.0 if traits.is_regression else 1e-3,
        "subsample": 0.7 if traits.is_regression else 0.65,
        "colsample_bylevel": 0.9,
        "reg_alpha": 1e-4,
        "reg_lambda": 1.0 if traits.is_regression else 1e-4,
    }


def _hist_gb(leaves: int, rate: float, share: float) -> Callable[[Traits], Values]:
    def values(traits: Traits) -> Values:
        return {
            "early_stopping": True,
            "learning_rate": rate,
            "max_leaf_nodes": leaves,
            "min_samples_leaf": traits.leaf(15),
            "l2_regularization": 1.0,
            "max_features": share,
        }

    return values


def _extra_trees(traits: Traits) -> Values:
    return {
        "max_features": 0.75 if traits.is_regression else "sqrt",
        "min_samples_leaf": 1 if traits.classes > 2 else 2,
        "min_samples_split": 2,
    }


def _forest(traits: Traits) -> Values:
    return {"max_features": 0.4, "min_samples_leaf": 1 if traits.classes > 2 else 2}


def _on_made_features(traits: Traits) -> Values:
    return {**(_random_cuts(traits) if traits.has_boosters else _hist_gb(15, 0.05, 0.5)(traits)), MAKE: traits.made}


def _residual(traits: Traits) -> Values:
    return {"architecture": "residual_mlp"}


def _as_declared(traits: Traits) -> Values:
    return {}


BOOSTED: tuple[Shape, ...] = (
    ("linear", _as_declared),
    ("lightgbm", _random_cuts),
    ("catboost", _catboost),
    ("lightgbm", _few_leaves),
    ("lightgbm", _on_made_features),
    ("mlp", _as_declared),
    ("network", _as_declared),
    ("extra_trees", _extra_trees),
    ("lightgbm", _many_leaves),
    ("xgboost", _xgboost),
    ("network", _residual),
    ("hist_gb", _hist_gb(15, 0.05, 0.5)),
    ("svm", _as_declared),
    ("knn", _as_declared),
    ("forest", _forest),
)
PLAIN: tuple[Shape, ...] = (
    ("linear", _as_declared),
    ("hist_gb", _hist_gb(15, 0.05, 0.5)),
    ("extra_trees", _extra_trees),
    ("mlp", _as_declared),
    ("network", _as_declared),
    ("hist_gb", _hist_gb(5, 0.08, 0.5)),
    ("hist_gb", _on_made_features),
    ("network", _residual),
    ("svm", _as_declared),
    ("knn", _as_declared),
    ("hist_gb", _hist_gb(48, 0.04, 0.7)),
    ("forest", _forest),
)


def portfolio(
    space: SearchSpace, table: Table, sizes: Sizes, seconds: float | None = None, slots: int = 1
) -> tuple[Config, ...]:
    """Return what is tried before the searcher is asked, in this order.

    Parameters
    ----------
    space : SearchSpace
        Of families, or of one pipeline: then its defaults alone. What it does not hold is left out; of a family of
        which it holds none of these, its first values are tried.
    table, sizes : Table, Sizes
        What they are to be fitted on.
    seconds : float, optional
        The time of the run: where it is short, boosters learn faster, and what would take too long is left out.
    slots : int
        Fits that run at once.

    Returns
    -------
    tuple of dict
        Complete configurations, no two the same.
    """
    if "model" not in space:
        alone = _or_none(space, {})
        return () if alone is None else (alone,)
    families, traits = list(space["model"].options), Traits(table, space)
    shapes = [(family, make) for family, make in (BOOSTED if traits.has_boosters else PLAIN) if family in families]
    shapes = [(family, make) for family, make in shapes if make is not _on_made_features or traits.made is not None]
    allowance = None if seconds is None else RACE * seconds * slots / max(1, len(shapes))
    whole = [_or_none(space, {"model": family, **_labelled(family, make(traits))}) for family, make in shapes]
    there = {config["model"] for config in whole if config is not None}
    whole += [_or_none(space, {"model": family}) for family in families if family not in there]
    found = [_in_time(space, config, sizes, allowance) for config in whole if config is not None]
    return tuple(config for place, config in enumerate(found) if config is not None and config not in found[:place])


def _labelled(family: str, values: Values) -> Config:
    """Return values by label: names of a family's own get it in front, those that families share have a dot."""
    return {name if "." in name else f"{family}.{name}": value for name, value in values.items()}


def _in_time(space: SearchSpace, config: Config, sizes: Sizes, allowance: float | None) -> Config | None:
    """Return a configuration that learns so much faster that it fits into its share of the time, or None."""
    if allowance is None:
        return config
    rate = f"{config['model']}.learning_rate"
    if rate not in config or config["model"] in UNHURRIED:
        return None if _is_too_dear(space, config, sizes, allowance) else config
    haste = _cost(space, config, sizes) / allowance
    if not haste > 1:
        return config
    faster = min(FASTEST, config[rate] * min(HASTE, haste))
    return _or_none(space, {**config, rate: round(faster, 4)}) or config


def _is_too_dear(space: SearchSpace, config: Config, sizes: Sizes, allowance: float | None) -> bool:
    return allowance is not None and _cost(space, config, sizes) > TOO_DEAR * allowance


def _cost(space: SearchSpace, config: Config, sizes: Sizes) -> float:
    prefix = f"{config['model']}."
    values = {label.removeprefix(prefix): value for label, value in space.values_of(config).items()}
    return cost_of(config["model"], values, sizes)


def _or_none(space: SearchSpace, config: Config) -> Config | None:
    """Return the completed configuration, or None where the space does not hold it."""
    try:
        return space.validate(config)
    except SpaceError:
        return None
