"""One parameter of a space: a hole with its label, as searchers see it, and what may be done to it alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.keys import find_key, is_number, same_key, shown
from automl_magic.errors import SpaceError, did_you_mean

Kind: TypeAlias = Literal["float", "int", "choice"]
Pairs: TypeAlias = tuple[tuple[str, Any], ...]
Alternatives: TypeAlias = tuple[Pairs, ...]


@dataclass(frozen=True)
class Parameter:
    """A hole with its label.

    Attributes
    ----------
    label : str
        Its dotted path.
    kind : str
        "float", "int" or "choice".
    low, high, log
        Of a number.
    options : tuple
        Keys of a choice.
    default : object
        Tried first; within the bounds or options.
    prior : tuple or None
        Of a number (centre, deviation); of a choice (key, weight) pairs.
    conditions : tuple of tuple of (label, key)
        It is active when all pairs of one alternative hold; ((),) is always.
    """

    label: str
    kind: Kind
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    options: tuple[Any, ...] = ()
    default: Any = None
    prior: Any = None
    conditions: Alternatives = ((),)

    @property
    def is_fixed(self) -> bool:
        """Whether one value is left."""
        return len(self.options) == 1 if self.kind == "choice" else self.low == self.high

    def allows(self, value: Any) -> bool:
        """Whether `value` is of the right type and within the bounds or options."""
        if self.kind == "choice":
            return find_key(value, self.options) is not None
        if not is_number(value):
            return False
        return bool(self.low <= value <= self.high) and (self.kind == "float" or int(value) == value)

    def clean(self, value: Any) -> Any:
        """Return an allowed value in its one JSON form: the key as declared, an int, a float."""
        if self.kind == "choice":
            place = find_key(value, self.options)
            return value if place is None else self.options[place]
        return int(value) if self.kind == "int" else float(value)

    def is_active(self, config: Mapping[str, Any]) -> bool:
        """Whether `config` makes the parameter count."""
        return holds(self.conditions, config)


def holds(conditions: Alternatives, config: Mapping[str, Any]) -> bool:
    """Whether `config` meets all pairs of one alternative."""
    for pairs in conditions:
        for label, key in pairs:
            if label not in config or not same_key(config[label], key):
                break
        else:
            return True
    return False


def parameter_of(label: str, hole: Float | Int | Choice, conditions: Pairs) -> Parameter:
    """Return the parameter of a hole."""
    if isinstance(hole, Choice):
        return Parameter(label, "choice", 0.0, 0.0, False, hole.keys, hole.default, hole.prior, (conditions,))
    kind: Kind = "int" if isinstance(hole, Int) else "float"
    return Parameter(label, kind, hole.low, hole.high, hole.log, (), middle(hole), hole.prior, (conditions,))


def middle(hole: Float | Int) -> Any:
    """Return the default of a number: as written, else the middle on its scale."""
    if hole.default is not None:
        return hole.default
    if hole.prior is not None:
        centre = hole.prior[0]
    else:
        centre = math.sqrt(hole.low) * math.sqrt(hole.high) if hole.log else hole.low / 2 + hole.high / 2
    return bounded(centre, hole.low, hole.high, isinstance(hole, Int))


def bounded(value: float, low: float, high: float, whole: bool = False) -> Any:
    """Return `value` within the bounds, a whole number or one of 12 significant digits.

    Twelve digits make a computed value the same on every processor, and exact in JSON.
    """
    if whole:
        return min(max(round(value), int(low)), int(high))
    return min(max(float(f"{value:.12g}"), low), high)


def nearest(parameter: Parameter, value: Any) -> Any:
    """Return `value` where it is allowed, else the allowed value nearest to it."""
    if parameter.allows(value):
        return value
    if parameter.kind == "choice":
        return parameter.options[0]
    return bounded(value, parameter.low, parameter.high, parameter.kind == "int")


def with_bounds(declared: Parameter, now: Parameter, low: float | None, high: float | None) -> Parameter:
    """Return `declared` with other bounds; a bound that is None stays as it is now.

    Raises
    ------
    SpaceError
        If a bound is no finite number, lies outside the declared ones, or low is above high.
    """
    label = declared.label
    low = now.low if low is None else low
    high = now.high if high is None else high
    for bound in (low, high):
        if not is_number(bound) or not math.isfinite(bound):
            raise SpaceError(f'The bounds of "{label}" must be finite numbers. Got {bound!r} instead.')
    if declared.kind == "int":
        low, high = math.ceil(low), math.floor(high)
    else:
        low, high = float(low), float(high)
    if low > high:
        raise SpaceError(f'"{label}": low must not be above high. Got {low:.12g} and {high:.12g}.')
    if not (declared.low <= low and high <= declared.high):
        kind = "Int" if declared.kind == "int" else "Float"
        raise SpaceError(
            f'"{label}" must lie between {declared.low:.12g} and {declared.high:.12g}. Got {low:.12g} to {high:.12g}.',
            f'To go beyond, declare it anew: space["{label}"] = {kind}({low!r}, {high!r}).',
        )
    return _with_default(replace(declared, low=low, high=high))


def with_options(declared: Parameter, options: Iterable[Any]) -> Parameter:
    """Return `declared` with these options only, in the declared order.

    Raises
    ------
    SpaceError
        If there is none, or one is not declared.
    """
    if isinstance(options, str | bytes) or not isinstance(options, Iterable):
        raise SpaceError(
            f'The options of "{declared.label}" must be a list. Got {options!r} instead.', f"Write [{options!r}]."
        )
    known = f"Declared: {shown(declared.options)}."
    places = set()
    for key in options:
        place = find_key(key, declared.options)
        if place is None:
            raise SpaceError(f'"{declared.label}" has no option {key!r}.{did_you_mean(key, declared.options)}', known)
        places.add(place)
    if not places:
        raise SpaceError(f'"{declared.label}" must keep at least one option. Got none.', known)
    return _with_default(replace(declared, options=tuple(declared.options[place] for place in sorted(places))))


def _with_default(parameter: Parameter) -> Parameter:
    return replace(parameter, default=nearest(parameter, parameter.default))


def merged(one: Parameter, other: Parameter) -> Parameter:
    """Return the parameter that two holes of one name stand for: it counts where either does.

    Raises
    ------
    SpaceError
        If they differ.
    """
    if replace(one, conditions=()) != replace(other, conditions=()):
        raise SpaceError(
            f'Holes of one name must be equal, and "{one.label}" is not.', "Give one of them another name."
        )
    return replace(
        one, conditions=one.conditions + tuple(pairs for pairs in other.conditions if pairs not in one.conditions)
    )


def describe(parameter: Parameter) -> str:
    """Return in words what is allowed."""
    if parameter.kind == "choice":
        return ("one of " if len(parameter.options) > 1 else "") + shown(parameter.options)
    kind = "a whole number" if parameter.kind == "int" else "a number"
    return f"{kind} from {parameter.low:.12g} to {parameter.high:.12g}"


def parameter_to_json(now: Parameter, declared: Parameter) -> dict[str, Any]:
    """Return a parameter as JSON, with its declared bounds and options ("full_…") beside those of now."""
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
        "prior": now.prior and [list(part) if isinstance(part, tuple) else part for part in now.prior],
        "conditions": [[[label, key] for label, key in pairs] for pairs in now.conditions],
    }
