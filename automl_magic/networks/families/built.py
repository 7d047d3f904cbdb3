"""What a builder returns: an architecture with holes, which is shown as it was written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from automl_magic.engine.holes import Build
from automl_magic.engine.keys import snake_case
from automl_magic.errors import SpaceError


class Built(Build):
    """An architecture with holes.

    Parameters
    ----------
    factory : type
        The class of the concrete architecture.
    arguments : mapping
        What the builder was given, for whoever looks at it.
    **holes : object
        Values and holes, by the fields of the class.
    """

    def __init__(self, factory: type, arguments: Mapping[str, Any], /, **holes: Any) -> None:
        super().__init__(factory, **holes)
        self.arguments = dict(arguments)

    def __repr__(self) -> str:
        parts = (f"{name}={value!r}" for name, value in self.arguments.items() if value is not None)
        return f"{snake_case(self.factory.__name__)}({', '.join(parts)})"


def check_parts(family: str, noun: str, parts: Iterable[Any], kind: Any) -> None:
    """Refuse what stands in the place of a layer, node or block and is none.

    Raises
    ------
    SpaceError
        If a part is of another class.
    """
    for place, part in enumerate(parts, start=1):
        if not isinstance(part, kind):
            raise SpaceError(
                f"{family}: {noun}{place} must be a {noun}. Got {part!r} instead.",
                f'Name what is in it: space["{family}.{noun}{place}.…"] = …',
            )
