"""What the fields of an architecture may be: one check for values and for holes that may take them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from automl_magic.engine.holes import Choice, Float, Int, as_hole
from automl_magic.engine.keys import is_number, plain, shown
from automl_magic.errors import SpaceError, did_you_mean
from automl_magic.networks.graph import FUNCTIONS

WIDEST = 4096


class Field(Protocol):
    """What one field may be."""

    @property
    def words(self) -> str:
        """What is allowed, in words."""

    def allows(self, value: Any) -> bool:
        """Whether a value is allowed."""


@dataclass(frozen=True)
class Whole:
    """A whole number, perhaps an odd one."""

    low: int = 1
    high: int = WIDEST
    odd: bool = False

    @property
    def words(self) -> str:
        """What is allowed, in words."""
        return f"{'an odd' if self.odd else 'a whole'} number from {self.low} to {self.high}"

    def allows(self, value: Any) -> bool:
        """Whether a value is allowed."""
        within = is_number(value) and self.low <= value <= self.high
        return bool(within and value == int(value) and not (self.odd and value % 2 == 0))


@dataclass(frozen=True)
class Share:
    """A share: at least 0 and below 1."""

    words: str = "at least 0 and below 1"

    def allows(self, value: Any) -> bool:
        """Whether a value is allowed."""
        return bool(is_number(value) and 0 <= value < 1)


@dataclass(frozen=True)
class OneOf:
    """One of a few values."""

    allowed: tuple[Any, ...]

    @property
    def words(self) -> str:
        """What is allowed, in words."""
        return f"one of {shown(self.allowed)}"

    def allows(self, value: Any) -> bool:
        """Whether a value is allowed."""
        return any(type(value) is type(one) and value == one for one in self.allowed)


@dataclass(frozen=True)
class Optional:
    """None, or what another field may be."""

    field: Field

    @property
    def words(self) -> str:
        """What is allowed, in words."""
        return f"None or {self.field.words}"

    def allows(self, value: Any) -> bool:
        """Whether a value is allowed."""
        return value is None or self.field.allows(value)


FLAG = OneOf((False, True))
ACTIVATION = OneOf(FUNCTIONS)
NORM = OneOf(("none", "batch", "layer"))
HEAD = OneOf(("mean", "max", "flatten"))
EMBEDDING = Optional(Whole(1, 1024))


def check(family: str, fields: Mapping[str, Field], values: Mapping[str, Any]) -> None:
    """Check values, or holes in their place, against what the fields may be.

    Raises
    ------
    SpaceError
        If one is not allowed, or a hole may become what is not.
    """
    for name, value in values.items():
        field = fields.get(name)
        for one in () if field is None else _possible(value):
            if field is not None and not field.allows(one):
                near = did_you_mean(one, field.allowed) if isinstance(field, OneOf) else ""
                raise SpaceError(f"{family}: {name} must be {field.words}. Got {one!r} instead.{near}", _hint(field))


def _hint(field: Field) -> str | None:
    if isinstance(field, Whole) and field.odd:
        return "An odd kernel has a middle, which keeps a map as large as it was: write Choice(3, 5, 7)."
    return None


def _possible(value: Any) -> Iterator[Any]:
    """Yield the values that a hole may take, of a range those that tell; or the value itself."""
    hole = as_hole(value)
    if hole is None:
        yield plain(value)
    elif isinstance(hole, Choice):
        for option in hole.options:
            yield from _possible(option)
    elif isinstance(hole, Int):
        yield from dict.fromkeys((hole.low, min(hole.low + 1, hole.high), hole.high))
    elif isinstance(hole, Float):
        yield from (hole.low, hole.high)
