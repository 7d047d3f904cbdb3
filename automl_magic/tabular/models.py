"""The zoo: which families are searched, what is tried first, the line to beat, and a person's own template."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from automl_magic.engine.events import Config
from automl_magic.engine.holes import Choice, as_hole
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.errors import OptionError, SpaceError
from automl_magic.extend import MODELS
from automl_magic.tabular import boosters, families
from automl_magic.tabular.class_weights import do_weights_matter, weighted
from automl_magic.tabular.constraining import can, constrained, constraints_told
from automl_magic.tabular.metrics import Metric
from automl_magic.tabular.prepare import preparation, roles_of
from automl_magic.tabular.sizes import smallest_class
from automl_magic.tabular.steps import CleanTable
from automl_magic.tabular.task import Table

BASELINE = "hist_gb"
UNTUNED = {
    "learning_rate": 0.1,
    "early_stopping": "auto",
    "max_iter": 100,
    "max_leaf_nodes": 31,
    "min_samples_leaf": 20,
    "l2_regularization": 0.0,
    "max_features": 1.0,
}  # scikit-learn's defaults of what is searched of the baseline
FIRST = ("linear", "lightgbm", "extra_trees", "catboost", "mlp", "forest", "xgboost", "svm", "knn")
UNASKED = ("dummy", "network")  # families that are searched where they are asked for only
SHARED = ("prepare.", "features.", "class_weight")  # how labels begin that families share
NEAR = 10_000  # rows above which support vectors and neighbours are too slow
CALIBRATED = 10  # rows of the rarest class that the calibration of support vectors needs


def families_for(table: Table) -> tuple[str, ...]:
    """Return the families that are searched on a table when none is named."""
    left_out = {*UNASKED, *boosters.missing()}
    if len(table.y) > NEAR:
        left_out |= {"svm", "knn"}
    if smallest_class(table) < CALIBRATED:
        left_out |= {"svm"}
    return tuple(key for key in _in_order(MODELS.keys()) if key not in left_out)


def _in_order(keys: Iterable[Any]) -> list[Any]:
    """Return keys with the baseline's first, then quick and different families, then the rest as they come."""
    keys = list(keys)
    known = [key for key in (BASELINE, *FIRST) if key in keys]
    return known + [key for key in keys if key not in known]


def zoo(
    table: Table,
    models: Iterable[str] | None = None,
    exclude: Iterable[str] = (),
    metric: Metric | None = None,
    more: Iterable[str] = (),
) -> SearchSpace:
    """Return the space of the families.

    Parameters
    ----------
    table : Table
        What they are made for.
    models : iterable of str, optional
        The families to keep; none named: all that fit the table.
    exclude : iterable of str
        Families to leave out.
    metric : Metric, optional
        What is searched for: it decides whether weights of the classes are searched.
    more : iterable of str
        Families that are searched beside those.

    Raises
    ------
    OptionError
        If a family is unknown or not installed, or none is left.
    """
    named, left_out = _names(models), _names(exclude)
    for key in (*named, *left_out):
        MODELS.get(key)
    wanted = [key for key in _names((*(named or families_for(table)), *more)) if key not in left_out]
    keys = [key for key in wanted if can(key, table)]
    if wanted and not keys:
        told = " ".join(constraints_told(table, wanted)[-1:])
        raise OptionError(f"No family of models is left. {told}", "Name others, or none, with models.")
    if not keys:
        raise OptionError("No family of models is left.", "Exclude fewer of them.")
    templates = {key: constrained(key, MODELS.get(key)(table), table) for key in keys}
    if metric is not None and do_weights_matter(table, metric):
        templates = {key: weighted(template) for key, template in templates.items()}
    return compile_space(Choice(**templates))


def demands_told(
    table: Table, models: Iterable[str] | None = None, exclude: Iterable[str] = (), more: Iterable[str] = ()
) -> list[str]:
    """Return sentences on what is demanded of every model, and which of the families asked for are left out for it."""
    families, left_out = (*(_names(models) or families_for(table)), *more), _names(exclude)
    return constraints_told(table, [key for key in families if key not in left_out])


def _names(given: Iterable[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(dict.fromkeys(given))


def baseline(table: Table) -> Any:
    """Return the line to beat, not fitted: scikit-learn's untuned HistGradientBoosting behind our preparation."""
    space = compile_space(Choice(**{BASELINE: constrained(BASELINE, families.hist_gb(table), table)}))
    return space.make(baseline_config(space) or {})


def baseline_config(space: SearchSpace) -> Config | None:
    """Return the configuration of a zoo's space that is the line to beat, or None where the space lacks it."""
    labels = {f"{BASELINE}.{name}": value for name, value in UNTUNED.items()}
    ours = [label for label in space.declared if label.startswith(f"{BASELINE}.")]
    if "model" not in space or BASELINE not in space["model"].options or sorted(ours) != sorted(labels):
        return None
    if any(label.startswith((f"{BASELINE}.", *SHARED)) for label, _ in space.assigned):
        return None
    found = _or_none(space, {"model": BASELINE, **labels})
    untouched = found is not None and all(
        found[label] == space.declared[label].default for label in found if label.startswith(SHARED)
    )
    return found if untouched else None


def _or_none(space: SearchSpace, config: Config) -> Config | None:
    """Return the completed configuration, or None where the space does not hold it."""
    try:
        return space.validate(config)
    except SpaceError:
        return None


def wrap(template: Any, table: Table) -> Any:
    """Return a person's own template behind our preparation; of a choice, each option for itself.

    It is left as it is where the table needs none (numbers without gaps), or where the template reads columns itself:
    it holds a `ColumnTransformer` or a preparation of ours.
    """
    if not needs_preparation(table):
        return template
    if isinstance(template, Choice):
        pairs = [(key, wrap(option, table)) for key, option in zip(template.keys, template.options, strict=True)]
        return Choice.of(pairs, default=template.default, name=template.name)
    if as_hole(template) is not None or isinstance(template, dict) or reads_columns(template):
        return template
    return Pipeline([("prepare", preparation(table, "dense")), ("model", template)])


def is_same(wrapped: Any, template: Any) -> bool:
    """Whether `wrap` has left a template as it was."""
    if isinstance(wrapped, Choice) and isinstance(template, Choice):
        return all(is_same(one, other) for one, other in zip(wrapped.options, template.options, strict=True))
    return wrapped is template


def needs_preparation(table: Table) -> bool:
    """Whether a table is more than numbers without gaps."""
    used = [column for column in table.columns if column.is_used]
    whole = len(used) == len(table.columns) and not any(column.missing or column.is_converted for column in used)
    return not (roles_of(table).are_plain and whole and all(dtype.kind in "iuf" for dtype in table.X.dtypes))


def reads_columns(template: Any) -> bool:
    """Whether a template holds a step that reads the raw table."""
    if isinstance(template, ColumnTransformer | CleanTable):
        return True
    if isinstance(template, Choice):
        return any(reads_columns(option) for option in template.options)
    if isinstance(template, list | tuple):
        return any(reads_columns(part) for part in template)
    if isinstance(template, BaseEstimator):
        return any(reads_columns(part) for part in template.get_params(deep=False).values())
    return False
