"""Keys of options: JSON scalars, compared so that True and 1 differ and 1 and 1.0 do not."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Iterable
from typing import Any

RANK = {type(None): 0, bool: 1, int: 2, float: 2, str: 3}


def plain(value: Any) -> Any:
    """Return a scalar of numpy, or of a class that inherits from a built-in one, as the built-in one.

    Examples
    --------
    >>> import numpy
    >>> plain(numpy.int64(3))
    3
    """
    if type(value) in RANK:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        return value.item()
    return value


def is_scalar(value: Any) -> bool:
    """Whether JSON has a scalar for `value`: null, true, false, a finite number, a string."""
    return type(value) in RANK and not (isinstance(value, float) and not math.isfinite(value))


def is_number(value: Any) -> bool:
    """Whether `value` is a real number, of Python or numpy; True is none."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def same_key(one: Any, other: Any) -> bool:
    """Whether two keys are the same; True and 1 are not, 1 and 1.0 are."""
    return RANK.get(type(one)) == RANK.get(type(other)) and bool(one == other)


def find_key(key: Any, keys: Iterable[Any]) -> int | None:
    """Return the place of `key` among `keys`, or None."""
    key = plain(key)
    return next((place for place, other in enumerate(keys) if same_key(key, other)), None)


def order_of(key: Any) -> tuple[int, Any]:
    """Return what keys are sorted by, whatever their types."""
    rank = RANK.get(type(key), 4)
    return rank, 0 if key is None else key


def snake_case(name: str) -> str:
    """Return a class name in snake_case.

    Examples
    --------
    >>> snake_case("HistGradientBoostingClassifier"), snake_case("SVC"), snake_case("MLPClassifier")
    ('hist_gradient_boosting_classifier', 'svc', 'mlp_classifier')
    """
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", spaced).lower()


def shown(keys: Iterable[Any]) -> str:
    """Return keys as a list in words."""
    return ", ".join(repr(key) for key in keys)
