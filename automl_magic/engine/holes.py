"""The holes of a search space: what a person writes in place of a value."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from automl_magic.engine.keys import find_key, is_number, is_scalar, plain, same_key, shown, snake_case
from automl_magic.errors import SpaceError, did_you_mean

BARE = "value"  # the key of a bare hole inside a choice
UNSET: Any = object()


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
    prior : pair of float, optional
        Centre and standard deviation of what is expected; draws follow this normal distribution, cut at the bounds.
        With `log` the deviation is that of the natural logarithm.
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
    prior: tuple[float, float] | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        for field in ("low", "high", "default"):
            object.__setattr__(self, field, _finite(self, field, float))
        _check_number(self)

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
    prior: tuple[float, float] | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        for field in ("low", "high", "default"):
            object.__setattr__(self, field, _finite(self, field, int))
        _check_number(self)

    def __repr__(self) -> str:
        return _shown(self)


class Choice:
    """One of several options: values, holes, estimators with holes of their own.

    Parameters
    ----------
    *options : object
        The options. Each has a key: see `key_of`.
    default : object, optional
        The option (or its key) that is tried first; else the first one.
    name : str, optional
        A label of its own. Choices of one name are one parameter.
    **named : object
        Further options under keys of your own.

    Raises
    ------
    SpaceError
        If there is no option, two have equal keys, or the default is none of them.

    Examples
    --------
    >>> Choice("rbf", "linear").keys
    ('rbf', 'linear')
    >>> Choice(None, Int(3, 30), default=None).keys
    (None, 'value')
    """

    def __init__(self, *options: Any, default: Any = UNSET, name: str | None = None, **named: Any) -> None:
        self._set([*((key_of(option), option) for option in options), *named.items()], default, name)

    @classmethod
    def of(cls, pairs: Iterable[tuple[Any, Any]], default: Any = UNSET, name: str | None = None) -> Choice:
        """Return a choice of (key, option) pairs, for keys that are no keywords."""
        choice = cls.__new__(cls)
        choice._set([(plain(key), option) for key, option in pairs], default, name)
        return choice

    def _set(self, pairs: list[tuple[Any, Any]], default: Any, name: str | None) -> None:
        if not pairs:
            raise SpaceError(
                "Choice must have at least one option. Got none.", 'Write for example Choice("rbf", "linear").'
            )
        _check_name(self, name)
        self.keys = tuple(key for key, _ in pairs)
        self.options = tuple(option for _, option in pairs)
        self.name = name
        self.prior: tuple[tuple[Any, float], ...] | None = None  # (key, weight) pairs; of hyperopt's pchoice
        for place, key in enumerate(self.keys):
            if find_key(key, self.keys[:place]) is not None:
                raise SpaceError(
                    f"Choice must have different keys. Got {key!r} twice.", "Give keys: Choice(small=…, large=…)."
                )
        self.default = self._default(default)

    def _default(self, default: Any) -> Any:
        if default is UNSET or (default is None and find_key(None, self.keys) is None):
            return self.keys[0]
        for key, option in zip(self.keys, self.options, strict=True):
            if option is default or same_key(key, plain(default)):
                return key
        near = did_you_mean(default, self.keys)
        raise SpaceError(f"Choice: default must be one of {shown(self.keys)}. Got {default!r} instead.{near}")

    def __repr__(self) -> str:
        pairs = zip(self.keys, self.options, strict=True)
        parts = [repr(option) if same_key(key_of(option), key) else f"{key}={option!r}" for key, option in pairs]
        parts += [] if same_key(self.default, self.keys[0]) else [f"default={self.default!r}"]
        parts += [] if self.name is None else [f"name={self.name!r}"]
        return f"Choice({', '.join(parts)})"


class Build:
    """An object made by a call with the chosen values, for what cannot be copied or has no `get_params`.

    Parameters
    ----------
    factory : callable
        Called with the values as keywords.
    **holes : object
        Values and holes.

    Attributes
    ----------
    unnamed : tuple of str
        Values that add no name of their own to labels, as the last step of a pipeline adds none.
    """

    unnamed: tuple[str, ...] = ()

    def __init__(self, factory: Callable[..., Any], /, **holes: Any) -> None:
        if not callable(factory):
            raise SpaceError(f"Build must be given something to call. Got {type(factory).__name__} instead.")
        self.factory = factory
        self.holes = holes

    def __repr__(self) -> str:
        parts = [_name_of(self.factory), *(f"{key}={value!r}" for key, value in self.holes.items())]
        return f"Build({', '.join(parts)})"


def key_of(option: Any) -> Any:
    """Return the key of an option.

    A string, finite number, true, false or null is its own key; a bare hole has the key "value"; an estimator its
    class name in snake_case, a pipeline that of its last step; anything else its repr.

    Raises
    ------
    SpaceError
        If the repr holds a memory address, which would be another one in the next session.

    Examples
    --------
    >>> key_of("rbf"), key_of(None), key_of(Int(1, 3)), key_of((50, 50))
    ('rbf', None, 'value', '(50, 50)')
    """
    literal = plain(option)
    if is_scalar(literal):
        return literal
    if as_hole(option) is not None:
        return BARE
    if isinstance(option, Build):
        return snake_case(_name_of(option.factory))
    if hasattr(option, "get_params") and not isinstance(option, type):
        steps = getattr(option, "steps", None)
        return key_of(steps[-1][1]) if steps else snake_case(type(option).__name__)
    text = repr(option)
    if " at 0x" not in text:
        return text
    if isinstance(getattr(option, "__name__", None), str) and option.__name__.isidentifier():
        return str(option.__name__)
    raise SpaceError(f"The option {text} has no name that lasts.", "Give it a key: Choice(small=…, large=…).")


def as_hole(value: Any) -> Float | Int | Choice | None:
    """Return `value` as a hole, or None when it is none."""
    return value if isinstance(value, Float | Int | Choice) else of_scipy(value)


def of_scipy(value: Any) -> Float | Int | None:
    """Return the hole that a frozen distribution of scipy.stats stands for, else None.

    Raises
    ------
    SpaceError
        For a distribution other than loguniform, uniform and randint.
    """
    distribution = getattr(value, "dist", None)
    if distribution is None or not type(value).__module__.startswith("scipy.stats"):
        return None
    low, high = value.support()  # of randint, high is the last value already
    shift = value.kwds.get("loc", value.args[2] if len(value.args) > 2 else 0)
    if distribution.name in ("loguniform", "reciprocal") and shift == 0:
        return Float(float(low), float(high), log=True)
    if distribution.name == "uniform":
        return Float(float(low), float(high))
    if distribution.name == "randint":
        return Int(int(low), int(high))
    raise SpaceError(
        f"scipy.stats.{distribution.name} must be loguniform, uniform or randint here.", "Use Float or Int."
    )


def _finite(hole: Float | Int, field: str, kind: type[float] | type[int]) -> Any:
    value: Any = getattr(hole, field)
    if value is None and field == "default":
        return None
    name = type(hole).__name__
    if not is_number(value) or not math.isfinite(value):
        raise SpaceError(f"{name}: {field} must be a finite number. Got {value!r} instead.")
    if kind is int and int(value) != value:
        raise SpaceError(f"Int: {field} must be a whole number. Got {value!r} instead.", "Use Float for real numbers.")
    return kind(value)


def _check_number(hole: Float | Int) -> None:
    kind, low, high = type(hole).__name__, hole.low, hole.high
    if low > high:
        raise SpaceError(f"{kind}: low must not be above high. Got {low} and {high}.", f"Write {kind}({high}, {low}).")
    if hole.log and low <= 0:
        raise SpaceError(f"{kind}: low must be above 0 with log=True. Got {low}.", "Raise low, or leave log=True out.")
    if hole.default is not None and not low <= hole.default <= high:
        raise SpaceError(f"{kind}: default must lie between {low} and {high}. Got {hole.default}.")
    if hole.prior is not None:
        _check_prior(hole, hole.prior)
    _check_name(hole, hole.name)


def _check_prior(hole: Float | Int, prior: Any) -> None:
    is_pair = isinstance(prior, list | tuple) and len(prior) == 2
    numeric = is_pair and all(isinstance(part, numbers.Real) and math.isfinite(part) for part in prior)
    if not numeric or not prior[1] > 0 or (hole.log and prior[0] <= 0):
        hint = "With log=True the centre is above 0 and the deviation that of the logarithm." if hole.log else None
        raise SpaceError(
            f"{type(hole).__name__}: prior must be (centre, deviation above 0). Got {prior!r} instead.", hint
        )
    object.__setattr__(hole, "prior", (float(prior[0]), float(prior[1])))


def _check_name(hole: Float | Int | Choice, name: Any) -> None:
    if name is not None and not (isinstance(name, str) and name.strip()):
        raise SpaceError(f"{type(hole).__name__}: name must be a text. Got {name!r} instead.")


def _shown(hole: Float | Int) -> str:
    parts = [repr(hole.low), repr(hole.high)]
    parts += ["log=True"] if hole.log else []
    parts += [
        f"{name}={getattr(hole, name)!r}" for name in ("default", "prior", "name") if getattr(hole, name) is not None
    ]
    return f"{type(hole).__name__}({', '.join(parts)})"


def _name_of(factory: Any) -> str:
    return str(getattr(factory, "__name__", None) or type(factory).__name__)
