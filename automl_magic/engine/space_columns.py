"""A search space as columns, trials as rows; a row back as a configuration."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automl_magic.engine.columns import Column, Columns
from automl_magic.engine.events import Config
from automl_magic.engine.history import Trial, View
from automl_magic.engine.hyperopt_space import sampled
from automl_magic.engine.keys import find_key, same_key
from automl_magic.engine.observations import DONE, FAILED, Evidence, Rows, pruned
from automl_magic.engine.order import order_of_trial
from automl_magic.engine.parameters import Alternatives, Parameter, bounded, nearest
from automl_magic.engine.space import SearchSpace

Floats: TypeAlias = NDArray[np.float64]
FOLDS = 1000  # more than a trial has, so that a rung outweighs them


def columns_of_space(space: SearchSpace) -> Columns:
    """Return the columns of what is not fixed, in the order of draws: how a space is written changes nothing."""
    varied = {parameter.label for parameter in sampled(space)}
    chosen = [parameter for parameter in space.ordered if parameter.label in varied]
    places = {parameter.label: place for place, parameter in enumerate(chosen)}
    options = {parameter.label: parameter.options for parameter in space.ordered}
    conditions = [_conditions(parameter.conditions, places, options) for parameter in chosen]
    forks = {place for alternatives in conditions for pairs in alternatives for place, _ in pairs}
    return Columns(
        tuple(
            _column(parameter, place, alternatives, place in forks)
            for place, (parameter, alternatives) in enumerate(zip(chosen, conditions, strict=True))
        )
    )


def _conditions(
    alternatives: Alternatives, places: dict[str, int], options: dict[str, tuple[Any, ...]]
) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return the conditions by place and option: those that what is fixed meets need not be asked about."""
    found = []
    for pairs in alternatives:
        asked = []
        for label, key in pairs:
            option = find_key(key, options[label])
            if option is None:
                break
            if label in places:
                asked.append((places[label], option))
        else:
            found.append(tuple(asked))
    return ((),) if () in found else tuple(found)


def _column(
    parameter: Parameter, place: int, conditions: tuple[tuple[tuple[int, int], ...], ...], is_fork: bool
) -> Column:
    label, prior = parameter.label, parameter.prior
    if parameter.kind == "choice":
        shares = prior and [
            next(share for key, share in prior if same_key(key, option)) for option in parameter.options
        ]
        told = tuple(share / sum(shares) for share in shares) if shares else None
        return Column(label, place, len(parameter.options), prior=told, conditions=conditions, is_fork=is_fork)
    whole = parameter.kind == "int"
    half = 0.5 if whole else 0.0  # every whole number has its whole share of the scale, the end values too
    low, high, centre = parameter.low - half, parameter.high + half, prior[0] if prior else 0.0
    if parameter.log:
        low, high, centre = math.log(low), math.log(high), math.log(centre) if prior else 0.0
    scale = high - low
    believed = ((centre - low) / scale, prior[1] / scale) if prior else None
    return Column(
        label,
        place,
        low=low,
        high=high,
        zero=low,
        scale=scale,
        log=parameter.log,
        step=1.0 if whole else 0.0,
        whole=whole,
        prior=believed,
        conditions=conditions,
    )


class SpaceRows:
    """The trials of a run as one space sees them, each read once and told again when it has changed.

    Trials may be missing from a view and come back: the row of each stays.

    Parameters
    ----------
    space : SearchSpace
        The space. It is not kept, so that it can be the key of a weak dictionary.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.columns = columns_of_space(space)
        self.ordered = space.ordered
        self._options = {parameter.label: parameter.options for parameter in space.ordered}
        self._parameters = space.parameters
        self._rows = Rows(len(self.columns.all))
        self._known: dict[int, tuple[Trial, int]] = {}
        self._tried: set[bytes] = set()

    def evidence(self, view: View) -> Evidence:
        """Return what a view holds."""
        rows = np.fromiter(
            (self._row_of(trial, view.cost) for trial in view.trials), dtype=np.intp, count=len(view.trials)
        )
        return self._rows.evidence(rows, self._coordinates_of(view.pending))

    def _row_of(self, trial: Trial, cost: Callable[[Trial], float] | None) -> int:
        known = self._known.get(trial.id)
        if known is not None and known[0] is trial:
            return known[1]
        if known is None or known[0].config != trial.config:
            coordinates = self.coordinates(trial.config)
            self._tried.add(coordinates.tobytes())
            row = self._rows.append(coordinates)
        else:
            row = known[1]
        self._rows.tell(row, *_told(trial), math.nan if cost is None else cost(trial))
        self._known[trial.id] = (trial, row)
        return row

    def _coordinates_of(self, configs: Iterable[Config]) -> Floats:
        rows = [self.coordinates(config) for config in configs]
        return np.array(rows).reshape(len(rows), len(self.columns.all))

    def coordinates(self, config: Config) -> Floats:
        """Return the row of a configuration; NaN where a label does not count or its value is not known."""
        row = np.full(len(self.columns.all), np.nan)
        for column in self.columns.all:
            if column.label in config:
                value = config[column.label]
                place = find_key(value, self._options[column.label]) if column.options else value
                row[column.place] = np.nan if place is None else column.coordinate(place)
        return row

    def tried(self, view: View) -> set[bytes]:
        """Return the rows of what need not be proposed but for the trials: it is awaited, or a person ended it."""
        return {self.coordinates(config).tobytes() for config in (*view.pending, *view.skipped)}

    def is_tried(self, config: Config, besides: set[bytes]) -> bool:
        """Whether a configuration was tried, or is among those besides."""
        row = self.coordinates(config).tobytes()
        return row in self._tried or row in besides

    def config(self, row: Floats) -> Config:
        """Return the configuration of a row; what is fixed has its one value."""
        config: Config = {}
        by_label = {self.columns.all[place].label: place for place in np.flatnonzero(~np.isnan(row)).tolist()}
        for parameter in self._parameters:
            if parameter.is_active(config):
                place = by_label.get(parameter.label)
                config[parameter.label] = (
                    nearest(parameter, parameter.default)
                    if place is None
                    else self._value(parameter, self.columns.all[place], float(row[place]))
                )
        return config

    def _value(self, parameter: Parameter, column: Column, coordinate: float) -> Any:
        value = column.value(coordinate)
        if column.options:
            return self._options[column.label][value]
        return bounded(value, parameter.low, parameter.high, column.whole)


def _told(trial: Trial) -> tuple[float, float]:
    """Return standing and loss of a trial."""
    tier, rung, folds, loss = order_of_trial(trial)
    if tier == 2 or not math.isfinite(loss):
        return FAILED, math.inf
    return (DONE if tier == 0 else pruned(-rung * FOLDS - folds)), loss
