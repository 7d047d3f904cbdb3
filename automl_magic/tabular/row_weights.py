"""What each row of a table counts: read from a column or given apart, checked, and told in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from automl_magic.engine.holes import Build, Choice
from automl_magic.errors import DataError
from automl_magic.tabular.converting import quoted
from automl_magic.tabular.reading import beside
from automl_magic.tabular.weighted_fits import takes_weights

if TYPE_CHECKING:
    from automl_magic.engine.space import SearchSpace
    from automl_magic.tabular.task import Table

OPTION = "sample_weight"
BOOSTERS = ("automl_magic.tabular.boosters", "automl_magic.tabular.constraining")  # whose makers are ours
SMALL, LARGE = 0.1, 10.0  # mean weights outside of which regularization is another than that of so many rows
WAY_OUT = "Give each row a number from 0 on: what it counts, 0 for not at all."


def numbers_of(series: pd.Series[Any], named: str) -> np.ndarray[Any, Any]:
    """Return weights as floats, NaN where there are none; `named` is what an error calls them.

    Raises
    ------
    DataError
        If some are no numbers.
    """
    values = series.astype(object) if isinstance(series.dtype, pd.CategoricalDtype) else series
    if getattr(values.dtype, "kind", "O") in "mMc":
        raise DataError(f"{named} must hold numbers. Got {values.dtype} instead.", WAY_OUT)
    numbers = pd.to_numeric(values, errors="coerce")
    wrong = int((numbers.isna() & ~values.isna()).sum())
    if wrong:
        raise DataError(f"{named} must hold numbers. {wrong} of {len(values)} values are none.", WAY_OUT)
    return np.asarray(numbers.to_numpy(dtype=float, na_value=np.nan))


def given_apart(weights: Any, frame: pd.DataFrame) -> pd.Series[Any]:
    """Return weights that are no column of the table, one for each row.

    Raises
    ------
    DataError
        If there are more or fewer than rows, or they stand in another order.
    """
    return beside(weights, frame, OPTION, OPTION)


def check_weights(weights: np.ndarray[Any, Any], named: str) -> None:
    """Refuse weights that are missing, infinite or negative.

    Raises
    ------
    DataError
        If some are; it says how many.
    """
    for are, what in (
        (np.isnan(weights), "missing"),
        (np.isinf(weights), "infinite"),
        (weights < 0, "negative"),
    ):
        if are.any():
            raise DataError(f"{named}: {int(are.sum())} of {len(weights)} weights are {what}.", WAY_OUT)


def weights_notes(weights: np.ndarray[Any, Any], without: int) -> list[str]:
    """Say how many rows count nothing, and where the weights are of another size than counts of rows."""
    notes = []
    if without:
        notes.append(f"{without} of {len(weights) + without} rows have the weight 0 and are left out.")
    mean = float(weights.mean())
    if not SMALL <= mean <= LARGE:
        notes.append(
            f"The mean weight is {mean:.3g}. Regularization and the limits of trees take the sum of the weights as the "
            "number of rows: divide the weights by their mean where it is not meant so."
        )
    return notes


def weights_told(table: Table) -> list[str]:
    """Return the sentence that says by what rows are weighted, or none."""
    if table.weights is None:
        return []
    by = "the sample_weight given" if table.weighted_by is None else quoted([table.weighted_by])
    return [f"Rows are weighted by {by}, in each fit and each score."]


def unweighted_told(space: SearchSpace, baseline: Any = None) -> list[str]:
    """Return a sentence on the models of a space, and a baseline, whose fits take no weights, or none."""
    names = [name for name, model in _models_in(space) if not takes_weights(model)]
    names += [] if baseline is None or takes_weights(baseline) else ["the baseline"]
    if not names:
        return []
    verb, them = ("takes", "it is") if len(names) == 1 else ("take", "they are")
    return [f"{', '.join(names)} {verb} no weights of rows: {them} fitted without and scored with them."]


def _is_our_booster(template: Any) -> bool:
    last = template.steps[-1][1] if hasattr(template, "steps") else template
    return isinstance(last, Build) and getattr(last.factory, "__module__", "") in BOOSTERS


def _models_in(space: SearchSpace) -> Iterable[tuple[str, Any]]:
    """Yield each model of a space with its name, made of defaults; but for our boosters, which take weights."""
    families = space["model"].options if "model" in space.labels else [None]
    template = space.template
    options = dict(zip(template.keys, template.options, strict=True)) if isinstance(template, Choice) else {}
    for key in families:
        if _is_our_booster(options.get(key)):  # to make one is to import its package, which takes its time
            continue
        try:
            made = space.make(space.validate({} if key is None else {"model": key}))
        except Exception:  # a rule wants more to be said, or a factory of a person's own does
            continue
        last = made.steps[-1][1] if hasattr(made, "steps") else made
        yield type(last).__name__ if key is None else str(key), made
