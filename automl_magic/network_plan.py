"""The description of a search over networks: a plan with budgets and limits of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from automl_magic.errors import OptionError
from automl_magic.plan import Plan

OF_TABLES = (
    *("cv", "group", "order", "ensemble", "calibrate", "nas", "max_size", "max_fit"),
    *("monotone", "class_weight", "sample_weight", "nas"),
)


@dataclass(frozen=True)
class NetworkPlan(Plan):
    """Say what a search over networks is to do. Make one with `NetworkPlan.create`, which validates.

    Of `Plan`'s attributes it has target, task, metric, models and exclude (families of networks), time, trials, seed,
    search, test, ignore, name, workers, lag, scheduler and max_latency; here that is in seconds for a single row.

    Attributes
    ----------
    epochs : int or None
        Epochs of training over all networks together. Without `time` the run is repeatable.
    max_params : int or None
        The most parameters that a network may have.
    max_macs : int or None
        The most multiplications with an addition that the prediction of one row may take.
    max_memory : int or None
        The most bytes that training may take: weights, gradients, the optimiser's state and activations, estimated.
    input : str
        What a row of X is: "auto", "table", "sequence", "image" or "text".
    """

    search: str = "hybrid"
    epochs: int | None = None
    max_params: int | None = None
    max_macs: int | None = None
    max_memory: int | None = None
    input: str = "auto"

    @classmethod
    def create(cls, **options: Any) -> NetworkPlan:
        """Validate `options` (the attributes by name) and return the plan.

        Raises
        ------
        OptionError
            For an unknown option, a malformed value, or one that means nothing for networks.

        Examples
        --------
        >>> NetworkPlan.create(epochs=200, max_params="50k").max_params
        50000
        """
        plain = Plan()
        for name in OF_TABLES:
            if options.get(name) not in (None, (), [], {}, getattr(plain, name)):
                raise OptionError(
                    f"{name} means nothing to a search over networks.",
                    "Leave it out; the ordinary search on a table has it.",
                )
        found: Any = super().create(**options)
        is_limited = options.get("time") is not None or found.epochs is None
        made: NetworkPlan = found if is_limited else replace(found, time=None)
        return made

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> NetworkPlan:
        """Return the plan that `to_json` wrote."""
        return cls.create(**dict(record))
