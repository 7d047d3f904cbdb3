"""Single parameters: other bounds, other options, merged, spread over a grid, shown as JSON and as code."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from automl_magic.engine.holes import Float, Int, Parameter, rounded, same_key
from automl_magic.errors import SpaceError, did_you_mean


def with_bounds(declared: Parameter, now: Parameter, low: float | None, high: float | None) -> Parameter:
    """Return `declared` with other bounds; a bound that is None stays as it is now.

    Raises
    ------
    SpaceError
        If a bound is no finite number, lies outside the declared ones, or low is above high.
    """
    low = now.low if low is None else low
    high = now.high if high is None else high
    for bound in (low, high):
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not math.isfinite(bound):
            raise SpaceError(f'The bounds of "{declared.label}" must be finite numbers. Got {bound!r} instead.')
    if declared.kind == "int":
        low, high = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    if low > high:
        raise SpaceError(f'"{declared.label}": low must not be above high. Got {low:g} and {high:g}.')
    if not (declared.low <= low and high <= declared.high):
        raise SpaceError(
            f'"{declared.label}" lies between {declared.low:g} and {declared.high:g}. Got {low:g} to {high:g}.',
            f'To go beyond, assign a new range: space["{declared.label}"] = Float(…) or Int(…).',
        )
    bounds = (int(low), int(high)) if declared.kind == "int" else (float(low), float(high))
    return replace(declared, low=bounds[0], high=bounds[1])


def with_options(declared: Parameter, options: Any) -> Parameter:
    """Return `declared` with these options only, in the declared order.

    Raises
    ------
    SpaceError
        If there is none, or one is not declared.
    """
    wanted = list(options or ())
    if not wanted:
        raise SpaceError(
            f'"{declared.label}" needs at least one option.', f"Declared: {', '.join(map(str, declared.options))}."
        )
    for key in wanted:
        if not any(same_key(key, option) for option in declared.options):
            near = did_you_mean(key, declared.options)
            raise SpaceError(
                f'"{declared.label}" has no option {key!r}.{near}',
                f"Declared: {', '.join(map(str, declared.options))}.",
            )
    return replace(
        declared, options=tuple(option for option in declared.options if any(same_key(option, key) for key in wanted))
    )


def merged(one: Parameter, other: Parameter) -> Parameter:
    """Return the parameter that two holes of one name stand for: it counts where either does.

    Raises
    ------
    SpaceError
        If they differ.
    """
    if replace(one, conditions=()) != replace(other, conditions=()):
        raise SpaceError(f'Two different holes have the name "{one.label}".', "Give one of them another name.")
    alternatives = one.conditions + tuple(pairs for pairs in other.conditions if pairs not in one.conditions)
    return replace(one, conditions=alternatives)


def spread(parameter: Parameter, points: int) -> list[Any]:
    """Return `points` values from bound to bound on the parameter's scale, or all options."""
    if parameter.kind == "choice":
        return list(parameter.options)
    low, high = parameter.low, parameter.high
    if low == high or points == 1:
        return [int(low) if parameter.kind == "int" else low]
    shares = [place / (points - 1) for place in range(points)]
    if parameter.log:
        values = [math.exp(math.log(low) + share * (math.log(high) - math.log(low))) for share in shares]
    else:
        values = [low + share * (high - low) for share in shares]
    if parameter.kind == "int":
        return sorted({min(max(round(value), int(low)), int(high)) for value in values})
    return [rounded(value, low, high) for value in values]


def parameter_to_json(now: Parameter, declared: Parameter) -> dict[str, Any]:
    """Return a parameter as JSON, with its declared bounds and options beside those of now."""
    number = now.kind != "choice"
    return {
        "label": now.label,
        "kind": now.kind,
        "low": now.low if number else None,
        "high": now.high if number else None,
        "log": now.log,
        "options": list(now.options),
        "full_low": declared.low if number else None,
        "full_high": declared.high if number else None,
        "full_options": list(declared.options),
        "default": now.default,
        "conditions": [[[label, key] for label, key in pairs] for pairs in now.conditions],
    }


def code_of(parameter: Parameter) -> str:
    """Return the line of a cell's body that gives a parameter its bounds or options."""
    if parameter.kind == "choice":
        if parameter.label == "model":
            return f"space.models({', '.join(map(repr, parameter.options))})"
        if parameter.is_fixed:
            return f"space[{parameter.label!r}] = {parameter.options[0]!r}"
        return f"space.narrow({parameter.label!r}, options={list(parameter.options)!r})"
    if parameter.is_fixed:
        return f"space[{parameter.label!r}] = {parameter.low!r}"
    hole = (Int if parameter.kind == "int" else Float)(parameter.low, parameter.high, log=parameter.log)  # type: ignore[arg-type]
    return f"space[{parameter.label!r}] = {hole!r}"
