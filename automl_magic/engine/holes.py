"""The holes of a search space: what a person writes in place of a value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from automl_magic.errors import SpaceError

Kind: TypeAlias = Literal["float", "int", "choice"]
Alternatives: TypeAlias = tuple[tuple[tuple[str, Any], ...], ...]


def _check_range(hole: Float | Int) -> None:
    kind = type(hole).__name__
    for bound in (hole.low, hole.high):
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not math.isfinite(bound):
            raise SpaceError(f"{kind} bounds must be finite numbers. Got {bound!r} instead.")
    if hole.low > hole.high:
        raise SpaceError(
            f"{kind}: low must not be above high. Got {hole.low} and {hole.high}.",
            f"Write {kind}({hole.high}, {hole.low}).",
        )
    if hole.log and hole.low <= 0:
        raise SpaceError(f"{kind} with log=True must have low above 0. Got {hole.low}.", "Raise low, or leave log out.")
    if hole.default is not None and not hole.low <= hole.default <= hole.high:
        raise SpaceError(f"{kind}: default must lie between {hole.low} and {hole.high}. Got {hole.default}.")


@dataclass(frozen=True)
class Float:
    """A real number to be found; both bounds included.

    Parameters
    ----------
    low, high : float
        Bounds.
    log : bool
        Search on a logarithmic scale.
    default : float, optional
        Tried first; else the middle on its scale.
    prior : object, optional
        What is expected of it; kept for searchers that use one.
    name : str, optional
        A label of its own. Holes of one name are one parameter.

    Raises
    ------
    SpaceError
        If low is above high, log is asked for from 0 or below, or the default lies outside.

    Examples
    --------
    >>> Float(0.001, 1.0, log=True)
    Float(0.001, 1.0, log=True)
    """

    low: float
    high: float
    log: bool = False
    default: float | None = None
    prior: Any = None
    name: str | None = None

    def __post_init__(self) -> None:
        _check_range(self)
        object.__setattr__(self, "low", float(self.low))
        object.__setattr__(self, "high", float(self.high))

    def __repr__(self) -> str:
        return _shown(self)


@dataclass(frozen=True)
class Int:
    """A whole number to be found; both bounds included. Parameters as of `Float`.

    Examples
    --------
    >>> Int(3, 200, log=True)
    Int(3, 200, log=True)
    """

    low: int
    high: int
    log: bool = False
    default: int | None = None
    prior: Any = None
    name: str | None = None

    def __post_init__(self) -> None:
        _check_range(self)
        for field in ("low", "high", "default"):
            value = getattr(self, field)
            if value is not None and int(value) != value:
                raise SpaceError(f"Int bounds and default must be whole numbers. Got {value!r} instead.", "Use Float.")
            object.__setattr__(self, field, None if value is None else int(value))

    def __repr__(self) -> str:
        return _shown(self)


def _shown(hole: Float | Int) -> str:
    parts = [repr(hole.low), repr(hole.high)]
    parts += [f"{name}={getattr(hole, name)!r}" for name in ("log", "default", "prior", "name") if getattr(hole, name)]
    return f"{type(hole).__name__}({', '.join(parts)})"


class Choice:
    """One of several options: values, holes, estimators with holes of their own.

    Parameters
    ----------
    *options : object
        The options. Each has a key: see `key_of`.
    default : object, optional
        The option (or its key) that is tried first; else the first one.
    name : str, optional
        A label of its own.
    **named : object
        Further options under keys of your choice.

    Raises
    ------
    SpaceError
        If there is no option, two have equal keys, or the default is none of them.

    Examples
    --------
    >>> Choice("rbf", "linear").keys
    ('rbf', 'linear')
    """

    def __init__(self, *options: Any, default: Any = None, name: str | None = None, **named: Any) -> None:
        pairs = [(key_of(option), option) for option in options] + list(named.items())
        if not pairs:
            raise SpaceError("Choice needs at least one option.", 'Write for example Choice("rbf", "linear").')
        seen: list[Any] = []
        for key, _ in pairs:
            if any(same_key(key, other) for other in seen):
                raise SpaceError(
                    f"Choice has two options of the key {key!r}.",
                    "Give them keys of your own: Choice(first=…, second=…).",
                )
            seen.append(key)
        self.options = tuple(option for _, option in pairs)
        self.keys = tuple(seen)
        self.name = name
        self.default = self.keys[0] if default is None else self._key_of_default(default)

    def _key_of_default(self, default: Any) -> Any:
        for key, option in zip(self.keys, self.options, strict=True):
            if option is default or same_key(key, default):
                return key
        raise SpaceError(f"Choice: default must be one of {', '.join(map(repr, self.keys))}. Got {default!r}.")

    def __repr__(self) -> str:
        parts = [
            repr(option) if same_key(key_of(option), key) else f"{key}={option!r}"
            for key, option in zip(self.keys, self.options, strict=True)
        ]
        parts += [] if same_key(self.default, self.keys[0]) else [f"default={self.default!r}"]
        parts += [] if self.name is None else [f"name={self.name!r}"]
        return f"Choice({', '.join(parts)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Choice) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))


class Build:
    """An object made by a call with the chosen values, for what cannot be copied or has no `get_params`.

    Parameters
    ----------
    factory : callable
        Called with the values as keywords.
    **holes : object
        Values and holes.
    """

    def __init__(self, factory: Callable[..., Any], **holes: Any) -> None:
        if not callable(factory):
            raise SpaceError(f"Build needs something to call. Got {type(factory).__name__} instead.")
        self.factory = factory
        self.holes = holes

    def __repr__(self) -> str:
        parts = [
            getattr(self.factory, "__name__", repr(self.factory)),
            *(f"{key}={value!r}" for key, value in self.holes.items()),
        ]
        return f"Build({', '.join(parts)})"


@dataclass(frozen=True)
class Parameter:
    """A hole with its label, as the searchers see it.

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
        Tried first.
    prior : object
        As written.
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
            return any(same_key(value, key) for key in self.options)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return self.low <= value <= self.high and (self.kind == "float" or int(value) == value)

    def is_active(self, config: dict[str, Any]) -> bool:
        """Whether `config` makes the parameter count."""
        return any(
            all(label in config and same_key(config[label], key) for label, key in alternative)
            for alternative in self.conditions
        )


def same_key(one: Any, other: Any) -> bool:
    """Whether two keys are the same; True and 1 are not."""
    return type(one) is type(other) and bool(one == other)


def key_of(option: Any) -> Any:
    """Return the key of an option.

    A string, number, true, false or null is its own key; a bare hole has the key "value"; an estimator its class name
    in snake_case, a pipeline that of its last step; anything else its repr.

    Examples
    --------
    >>> key_of("rbf"), key_of(None), key_of(Int(1, 3))
    ('rbf', None, 'value')
    """
    if option is None or isinstance(option, bool | int | float | str):
        return option
    if isinstance(option, Float | Int | Choice) or of_scipy(option) is not None:
        return "value"
    if isinstance(option, Build):
        return snake_case(getattr(option.factory, "__name__", type(option.factory).__name__))
    if hasattr(option, "get_params") and not isinstance(option, type):
        steps = getattr(option, "steps", None)
        return key_of(steps[-1][1]) if steps else snake_case(type(option).__name__)
    return repr(option)


def snake_case(name: str) -> str:
    """Return a class name in snake_case.

    Examples
    --------
    >>> snake_case("HistGradientBoostingClassifier"), snake_case("SVC"), snake_case("MLPClassifier")
    ('hist_gradient_boosting_classifier', 'svc', 'mlp_classifier')
    """
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", spaced).lower()


def of_scipy(value: Any) -> Float | Int | None:
    """Return the hole that a frozen distribution of scipy.stats (loguniform, uniform, randint) stands for, else None.

    Raises
    ------
    SpaceError
        For another distribution.
    """
    distribution = getattr(value, "dist", None)
    if distribution is None or not type(value).__module__.startswith("scipy.stats"):
        return None
    name = distribution.name
    low, high = value.support()
    if name in ("loguniform", "reciprocal"):
        return Float(float(low), float(high), log=True)
    if name == "uniform":
        return Float(float(low), float(high))
    if name == "randint":
        return Int(int(low), int(high))
    raise SpaceError(f"scipy.stats.{name} is no hole here.", "Use loguniform, uniform, randint, or Float and Int.")


def as_hole(value: Any) -> Float | Int | Choice | None:
    """Return `value` as a hole, or None when it is none."""
    return value if isinstance(value, Float | Int | Choice) else of_scipy(value)


def middle(hole: Float | Int) -> Any:
    """Return the default of a number: as written, else the middle on its scale."""
    if hole.default is not None:
        return hole.default
    centre = math.sqrt(hole.low * hole.high) if hole.log else (hole.low + hole.high) / 2
    return rounded(centre, hole.low, hole.high) if isinstance(hole, Float) else round(centre)


def rounded(value: float, low: float, high: float) -> float:
    """Return `value` with 12 significant digits, within the bounds: so it is the same on every processor."""
    return min(max(float(f"{value:.12g}"), low), high)
