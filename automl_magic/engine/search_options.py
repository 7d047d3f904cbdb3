"""A searcher as a person names it, with or without options: `grid`, `grid(points=5)`."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

from automl_magic.errors import OptionError, did_you_mean
from automl_magic.extend import SEARCHERS

FORM = re.compile(r"\s*([^\s()]+)\s*(?:\((.*)\)\s*)?", re.DOTALL)
EXAMPLE = "Example: grid(points=5)."


def searcher_of(text: str) -> Any:
    """Return a fresh searcher for a text: its name in the registry, and its options in brackets.

    Raises
    ------
    OptionError
        If there is no such searcher, the text cannot be read, or the searcher does not take these options.

    Examples
    --------
    >>> searcher_of("grid(points=5)").points
    5
    """
    name, options = name_and_options(text)
    make = SEARCHERS.get(name)
    known = [
        parameter.name
        for parameter in inspect.signature(make).parameters.values()
        if parameter.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    ]
    for option in options:
        if option not in known:
            hint = f"Its options: {', '.join(known)}." if known else f"Write {name} alone."
            raise OptionError(f'The searcher "{name}" has no option "{option}".{did_you_mean(option, known)}', hint)
    return make(**options)


def name_and_options(text: str) -> tuple[str, dict[str, Any]]:
    """Return the name of a searcher and its options; values are numbers, strings, true or false.

    Raises
    ------
    OptionError
        If the text cannot be read.
    """
    form = FORM.fullmatch(text)
    if form is None:
        raise OptionError(f"search must be the name of a searcher. Got {text!r} instead.", EXAMPLE)
    name, inside = form.group(1), form.group(2)
    if inside is None:
        return name, {}
    try:
        call = ast.parse(f"f({inside})", mode="eval").body
        if not isinstance(call, ast.Call) or call.args or any(keyword.arg is None for keyword in call.keywords):
            raise ValueError
        return name, {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError):
        raise OptionError(f"The options of a searcher must be name=value. Got {text!r} instead.", EXAMPLE) from None


def split_searchers(text: str) -> list[str]:
    """Return the searchers of a text with commas between them; those within brackets part options.

    Examples
    --------
    >>> split_searchers("grid, de(population=10, crossover=0.9),tpe")
    ['grid', 'de(population=10, crossover=0.9)', 'tpe']
    """
    return [word.strip() for word in re.split(r",(?![^()]*\))", text) if word.strip()]


def whole_number(searcher: str, name: str, value: Any, least: int) -> int:
    """Return an option that must be a whole number of at least `least`.

    Raises
    ------
    OptionError
        If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise OptionError(
            f"{name} of {searcher} must be a whole number of at least {least}. Got {value!r} instead.",
            f"Example: {searcher}({name}={max(least, 5)}).",
        )
    return value


def number_within(searcher: str, name: str, value: Any, low: float, high: float) -> float:
    """Return an option that must be a number above `low`, and `high` at most.

    Raises
    ------
    OptionError
        If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low < value <= high:
        raise OptionError(
            f"{name} of {searcher} must be a number above {low:g}, and {high:g} at most. Got {value!r} instead.",
            f"Example: {searcher}({name}={(low + high) / 2:g}).",
        )
    return float(value)
