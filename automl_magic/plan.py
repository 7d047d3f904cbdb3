"""The frozen, validated description of a run: what the cell says and what `fit` takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automl_magic.errors import OptionError, did_you_mean
from automl_magic.option_values import CHECKS

DEFAULT_SECONDS = 60.0
NETWORK = "network"  # the family


@dataclass(frozen=True)
class Plan:
    """Say what a run is to do. Make one with `Plan.create`, which validates.

    Attributes
    ----------
    target : str or None
        Name of the target column; None when y is given apart.
    task : str
        "auto", "classification" or "regression".
    metric : str or None
        A scorer name of scikit-learn or a short one, or the name of one of your own; None for the task's default.
    models, exclude : tuple of str
        Families to keep (empty: all) and to leave out.
    time : float or None
        Seconds of the search. With neither `time` nor `trials`: 60.
    trials : int or None
        Number of trials. Without `time` the run is repeatable.
    seed : int
        Seeds the split, the search and every fit.
    search : str
        Name of the searcher, with its options in brackets where it is given any: "grid(points=5)".
    cv : int or str
        Number of folds, "auto" or "holdout", or the name of a splitter of your own.
    group, order : str or None
        Column whose groups stay together, column that gives the order of time.
    test : float or None
        Share of the rows kept apart and scored once.
    ignore : tuple of str
        Columns to leave out.
    name : str or None
        Name of the run; None for one made from the time of day.
    workers : int or None
        Processes; 0 for none (in process), None for one each CPU.
    lag : int
        Steps that may be open when the next is decided, under a budget of trials.
    scheduler : str or None
        Which trials end early and which go on: "forgiving", "median", "halving", "first_fold" or "none". None:
        for a table "first_fold" where the time is limited, else "forgiving"; "none" for a function and in a race.
    ensemble : bool
        Whether the best may be a weighted mean of several pipelines, where that is better beyond noise.
    calibrate : bool
        Whether the threshold of two classes, or the probabilities, may be calibrated for the metric when the search has
        ended, where that is better beyond noise.
    nas : bool
        Whether networks compete with the other families on a table: multilayer perceptrons, plain and residual.
    max_latency : float or None
        Seconds that the result may take to predict 1,000 rows in one call.
    max_size : int or None
        Bytes that the result may take as a pickle.
    max_fit : float or None
        Seconds that a fit on one fold may take.
    monotone : tuple of (str, int)
        Columns with the direction in which the prediction, of two classes the chance of the second one in sorted
        order, only goes: 1 up, -1 down. A mapping, or the text "area:1,age:-1", is read as well.
    class_weight : str, tuple of (str, float), or None
        "balanced", or classes with the weight of their rows in each fit: a mapping, or the text "yes:3,no:1".
    sample_weight : str or None
        Column that says what each row counts, in each fit and each score.
    """

    target: str | None = None
    task: str = "auto"
    metric: str | None = None
    models: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    time: float | None = None
    trials: int | None = None
    seed: int = 0
    search: str = "tpe"
    cv: int | str = "auto"
    group: str | None = None
    order: str | None = None
    test: float | None = None
    ignore: tuple[str, ...] = ()
    name: str | None = None
    workers: int | None = None
    lag: int = 4
    scheduler: str | None = None
    ensemble: bool = True
    calibrate: bool = True
    nas: bool = False
    max_latency: float | None = None
    max_size: int | None = None
    max_fit: float | None = None
    monotone: tuple[tuple[str, int], ...] = ()
    class_weight: str | tuple[tuple[str, float], ...] | None = None
    sample_weight: str | None = None

    @classmethod
    def create(cls, **options: Any) -> Plan:
        """Validate `options` (the attributes by name) and return the plan.

        Raises
        ------
        OptionError
            For an unknown option, a malformed value, or values that exclude each other.

        Examples
        --------
        >>> Plan.create(target="price", time="2m").time
        120.0
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for name in options:
            if name not in known:
                raise OptionError(
                    f'No option named "{name}".{did_you_mean(name, known)}', f"Known: {', '.join(known)}."
                )
        given = {name: value for name, value in options.items() if value is not None}
        clean = {name: CHECKS[name](name, value) if name in CHECKS else value for name, value in given.items()}
        if clean.get("time") is None and clean.get("trials") is None:
            clean["time"] = DEFAULT_SECONDS
        return cls(**clean)

    @property
    def is_repeatable(self) -> bool:
        """Whether the same plan gives the same trials again: no clock decides."""
        return self.time is None

    @property
    def has_networks(self) -> bool:
        """Whether networks in PyTorch are among the families on a table."""
        return (self.nas or NETWORK in self.models) and NETWORK not in self.exclude

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}
        weights = self.class_weight
        plain["class_weight"] = dict(weights) if isinstance(weights, tuple) else weights
        return {**plain, "monotone": dict(self.monotone)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Plan:
        """Return the plan that `to_json` wrote."""
        return cls.create(**dict(record))


def weights_given(given: Any) -> tuple[str | None, Any]:
    """Return the column that holds the weights of the rows, which is part of a plan, and the values given apart."""
    is_name = isinstance(given, str) or (hasattr(given, "__index__") and not hasattr(given, "__len__"))
    return (str(given), None) if is_name else (None, given)


def weights_again(plan: Plan, given: Any) -> Any:
    """Return the weights given apart for a run that was begun with a plan.

    Raises
    ------
    OptionError
        If a column is named that is not the plan's.
    """
    column, values = weights_given(given)
    if column is not None and column != plan.sample_weight:
        had = "none" if plan.sample_weight is None else f'"{plan.sample_weight}"'
        raise OptionError(
            f'The run was begun with {had} as the column of the weights. Got "{column}" instead.',
            "Leave sample_weight out: the column is part of the run.",
        )
    return values
