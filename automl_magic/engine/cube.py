"""The space as a unit cube: each value has its share of its parameter's range, and each share its value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from statistics import NormalDist
from typing import Any

from automl_magic.engine.events import Config
from automl_magic.engine.keys import find_key, same_key
from automl_magic.engine.parameters import Parameter, bounded

NORMAL = NormalDist()


def value_at(parameter: Parameter, share: float) -> Any:
    """Return the value below which `share` of the parameter's range lies: uniform on its scale, or after its prior.

    Parameters
    ----------
    parameter : Parameter
        Equal lengths of the cube are equally probable values: so a uniform share gives a draw of the parameter.
    share : float
        From 0 to 1, 1 excluded.

    Examples
    --------
    >>> value_at(Parameter("rate", "float", 0.01, 100.0, log=True), 0.75)
    10.0
    >>> [value_at(Parameter("n", "int", 1, 4), share) for share in (0.0, 0.24, 0.26, 0.99)]
    [1, 1, 2, 4]
    """
    if parameter.is_fixed:
        return parameter.options[0] if parameter.kind == "choice" else parameter.low
    if parameter.kind == "choice":
        ends = _ends(parameter)
        return parameter.options[next((place for place, end in enumerate(ends) if share < end), len(ends) - 1)]
    low, high, whole = parameter.low, parameter.high, parameter.kind == "int"
    if whole and not parameter.log and parameter.prior is None:
        return min(int(low) + int(share * (high - low + 1)), int(high))
    below, above = _edges(parameter)
    if parameter.prior is not None:
        place = _under_prior(parameter, below, above, share)
    else:
        place = below + share * (above - below)
    return bounded(math.exp(place) if parameter.log else place, low, high, whole)


def share_of(parameter: Parameter, value: Any) -> float:
    """Return a share whose value is `value`, the middle one of an option or a whole number; 0.5 for a fixed one.

    Examples
    --------
    >>> share_of(Parameter("n", "int", 1, 4), 2)
    0.375
    """
    if parameter.is_fixed:
        return 0.5
    if parameter.kind == "choice":
        place = find_key(value, parameter.options) or 0
        begin, end = (0.0, *_ends(parameter))[place : place + 2]
        return (begin + end) / 2
    if parameter.kind == "int" and parameter.log:
        return (_share_on_scale(parameter, value - 0.5) + _share_on_scale(parameter, value + 0.5)) / 2
    return _share_on_scale(parameter, value)


def config_at(ordered: Sequence[Parameter], shares: Mapping[str, float]) -> Config:
    """Return the configuration at a point of the cube; the coordinates of inactive parameters mean nothing."""
    config: Config = {}
    for parameter in ordered:
        if parameter.is_active(config):
            config[parameter.label] = value_at(parameter, shares[parameter.label])
    return config


def _ends(parameter: Parameter) -> list[float]:
    """Return where the share of each option ends."""
    if parameter.prior is None:
        return [(place + 1) / len(parameter.options) for place in range(len(parameter.options))]
    weights = [next(weight for other, weight in parameter.prior if same_key(key, other)) for key in parameter.options]
    return [total / sum(weights) for total in accumulate(weights)]


def _edges(parameter: Parameter) -> tuple[float, float]:
    """Return the ends of the range on its scale; each whole number has its whole share of it, the end values too."""
    half = 0.5 if parameter.kind == "int" else 0.0
    low, high = parameter.low - half, parameter.high + half
    return (math.log(low), math.log(high)) if parameter.log else (low, high)


def _share_on_scale(parameter: Parameter, value: float) -> float:
    below, above = _edges(parameter)
    place = min(max(math.log(value) if parameter.log else float(value), below), above)
    if parameter.prior is None:
        return (place - below) / (above - below)
    centre, deviation = _normal(parameter)
    first, last = _probability((below - centre) / deviation), _probability((above - centre) / deviation)
    if last <= first:
        return 0.5
    return (_probability((place - centre) / deviation) - first) / (last - first)


def _normal(parameter: Parameter) -> tuple[float, float]:
    """Return centre and deviation of a prior on the parameter's scale."""
    centre, deviation = parameter.prior
    return (math.log(centre) if parameter.log else centre), deviation


def _under_prior(parameter: Parameter, below: float, above: float, share: float) -> float:
    """Return the place on the scale by inverting the prior's distribution, cut off at the bounds."""
    centre, deviation = _normal(parameter)
    first, last = (below - centre) / deviation, (above - centre) / deviation
    sign = -1.0 if first > 0 else 1.0  # the far end on the right is seen as one on the left, where numbers are finer
    begin, end = _probability(sign * first), _probability(sign * last)
    wanted = begin + share * (end - begin)
    if not 0 < wanted < 1:  # the bounds lie so far out that nothing is left of the prior there
        return min(max(centre, below), above)
    return min(max(centre + deviation * sign * NORMAL.inv_cdf(wanted), below), above)


def _probability(deviations: float) -> float:
    return 0.5 * math.erfc(-deviations / math.sqrt(2.0))
