"""What of a pipeline was written in the notebook itself: no other process can import it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from automl_magic.tabular.converting import quoted


def homemade(estimator: Any) -> tuple[str, ...]:
    """Return the names of the classes and functions of `__main__` that an estimator is made of, each once.

    Examples
    --------
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> homemade(FunctionTransformer(abs))
    ()
    """
    named = (getattr(part, "__name__", "") for part in _makers(estimator) if _is_of_main(part))
    return tuple(dict.fromkeys("lambda" if name == "<lambda>" else name for name in named))


def homemade_told(estimator: Any) -> list[str]:
    """Return a sentence on how to take such a pipeline along, or none."""
    names = homemade(estimator)
    if not names:
        return []
    them = "it" if len(names) == 1 else "them"
    return [
        f"best holds what was written in this notebook: {quoted(names)}. Plain pickle cannot load {them} in another "
        f"process: save best with cloudpickle, or put {them} into a module and search again."
    ]


def _makers(value: Any) -> Iterator[Any]:
    """Yield the classes and functions that a value is made of, at any depth."""
    if isinstance(value, functools.partial):
        yield from _makers((value.func, *value.args, *value.keywords.values()))
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from _makers(part)
    elif isinstance(value, dict):
        yield from _makers(list(value.values()))
    elif isinstance(value, type) or hasattr(value, "__code__"):
        yield value
    else:
        yield type(value)
        if hasattr(value, "get_params"):
            yield from _makers(list(value.get_params(deep=False).values()))


def _is_of_main(part: Any) -> bool:
    return getattr(part, "__module__", None) == "__main__" or getattr(part, "__name__", "") == "<lambda>"
