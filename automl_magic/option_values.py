"""What the value of an option may be: durations, sizes, names, pairs; each is read, or refused with an example."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from automl_magic.errors import OptionError, did_you_mean

TASKS = ("auto", "classification", "regression")
UNITS = {"ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
INPUTS = ("auto", "table", "sequence", "image", "text")
COUNTS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
BYTES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
EXAMPLES = {
    "trials": "20",
    "seed": "7",
    "cv": "5",
    "test": "0.2",
    "workers": "2",
    "lag": "4",
    "scheduler": "median",
    "ensemble": "False",
    "calibrate": "False",
    "nas": "True",
    "task": "classification",
    "models": "linear,forest",
    "exclude": "svm,knn",
    "ignore": "name,ticket",
    "name": "first_try",
    "repeats": "10",
    "max_latency": "50ms",
    "max_size": "10MB",
    "max_fit": "20s",
    "monotone": "area:1,age:-1",
    "class_weight": "balanced",
    "sample_weight": "weight",
    "epochs": "500",
    "max_params": "50k",
    "max_macs": "2M",
    "max_memory": "200MB",
    "input": "image",
}


def seconds_of(text: str | float, name: str = "time") -> float:
    """Return a duration in seconds.

    Parameters
    ----------
    text : str or float
        "90s", "2m", "1m30s", "1h", "500ms"; a number means seconds.
    name : str
        The option, for the message.

    Raises
    ------
    OptionError
        If it is no duration, or not above 0.

    Examples
    --------
    >>> seconds_of("1m30s")
    90.0
    """
    number, words = {"max_latency": ("0.05", "50ms"), "max_fit": ("20", "20s")}.get(name, ("60", "2m"))
    cell = f" In a cell: --{flag_of(name)} {words}." if name in CHECKS else ""
    example = f"Write for example {name}={number} (seconds) or {name}='{words}'.{cell}"
    if isinstance(text, bool) or not isinstance(text, int | float | str):
        raise OptionError(f"{name} must be a duration. Got {text!r} instead.", example)
    if isinstance(text, str):
        parts = re.findall(r"(\d+(?:\.\d+)?)\s*(ms|sec|s|min|m|h)", text.strip().lower())
        if not parts or re.sub(r"\s", "", text.strip().lower()) != "".join(number + unit for number, unit in parts):
            raise OptionError(f'{name} must be a duration with a unit. Got "{text}" instead.', example)
        seconds = sum(float(number) * UNITS[unit] for number, unit in parts)
    else:
        seconds = float(text)
    if not math.isfinite(seconds) or seconds <= 0:
        raise OptionError(f"{name} must be above 0. Got {text!r} instead.", example)
    return seconds


def bytes_of(text: str | float, name: str = "max_size") -> int:
    """Return a size in bytes.

    Parameters
    ----------
    text : str or int
        "10MB", "800kB", "1.5GB", "512KiB"; a number means bytes.
    name : str
        The option, for the message.

    Raises
    ------
    OptionError
        If it is no size, or less than a byte.

    Examples
    --------
    >>> bytes_of("1.5MB")
    1500000
    """
    hint = f"Write for example {name}='10MB', or {name}=10_000_000 (bytes). In a cell: --{flag_of(name)} 10MB."
    wrong = OptionError(f"{name} must be a size. Got {text!r} instead.", hint)
    if isinstance(text, bool) or not isinstance(text, int | float | str):
        raise wrong
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(b|[kmg]i?b)?", str(text).strip().lower())
    if found is None or not math.isfinite(float(found[1])):
        raise wrong
    size = int(float(found[1]) * BYTES[found[2] or "b"])
    if size < 1:
        raise OptionError(f"{name} must be at least a byte. Got {text!r} instead.", hint)
    return size


def count_of(text: str | float, name: str) -> int:
    """Return a count: "50k", "1.5M", or a number.

    Raises
    ------
    OptionError
        If it is no count, or less than 1.

    Examples
    --------
    >>> count_of("1.5M", "max_params")
    1500000
    """
    found = re.fullmatch(r"(\d+(?:[._]\d+)*)\s*([kmg]?)", str(text).strip().lower())
    try:
        number = int(float(found[1].replace("_", "")) * COUNTS[found[2]]) if found is not None else 0
    except ValueError:
        number = 0
    if isinstance(text, bool) or number < 1:
        raise OptionError(f"{name} must be a count of at least 1. Got {text!r} instead.", example(name))
    return number


def example(name: str) -> str:
    """Return how an option is written, in Python and in a cell."""
    value = EXAMPLES.get(name, "1")
    return f"For example {both_ways(name, value, ' in Python, or ')} in a cell."


def both_ways(name: str, value: str, between: str = " in Python, ") -> str:
    """Return an option with its value as Python writes it, then as a cell does.

    Examples
    --------
    >>> both_ways("max_size", "10MB")
    'max_size="10MB" in Python, --max-size 10MB'
    """
    if value == "True":
        return f"{name}=True{between}--{flag_of(name)}"
    if value == "False":
        return f"{name}=False{between}--no-{flag_of(name)}"
    written = value if value.replace(".", "").isdigit() else f'"{value}"'
    return f"{name}={written}{between}--{flag_of(name)} {value}"


def flag_of(name: str) -> str:
    """Return the name of an option as a cell writes it."""
    return name.replace("_", "-")


def _whole(least: int) -> Any:
    def check(name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float | str) or not _is_whole(value):
            raise OptionError(
                f"{name} must be a whole number of at least {least}. Got {value!r} instead.", example(name)
            )
        if int(value) < least:
            raise OptionError(f"{name} must be at least {least}. Got {value!r} instead.", example(name))
        return int(value)

    return check


def whole_number(name: str, value: Any, least: int = 1) -> int:
    """Return a whole number of at least `least` that was given under a name.

    Raises
    ------
    OptionError
        If it is none.
    """
    number: int = _whole(least)(name, value)
    return number


def _is_whole(value: Any) -> bool:
    try:
        return float(value) == int(value)
    except (ValueError, OverflowError):
        return False


def _names(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str):  # names that hold a comma stand in quotes
        parts = next(csv.reader([value], skipinitialspace=True), [])
        return tuple(part.strip() for part in parts if part.strip())
    if isinstance(value, Iterable):
        return tuple(value)
    raise OptionError(f"{name} must be a name or a list of names. Got {value!r} instead.", example(name))


def _folds(name: str, value: Any) -> int | str:
    if value in ("auto", "holdout"):
        return str(value)
    if isinstance(value, str) and not value.isdigit():
        from automl_magic.extend import SPLITTERS

        if value in SPLITTERS:
            return value
        own = f" Splitters of your own: {', '.join(SPLITTERS)}." if SPLITTERS.keys() else ""
        raise OptionError(
            f'{name} must be a number of folds, "auto", "holdout" or a splitter. Got "{value}" instead.{own}',
            f"{example(name)} A splitter of your own is given anew in each session: {name}=KFold(5) in Python, "
            f"in a cell --{name} and the name of a variable that holds it.",
        )
    folds: int = _whole(2)(name, value)
    return folds


def _share(name: str, value: Any) -> float:
    hint = f"{example(name)} A fifth of the rows is then kept apart."
    try:
        text = str(value).strip()
        share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise OptionError(f"{name} must be a share between 0 and 1. Got {value!r} instead.", hint) from None
    if not 0 < share < 1:
        raise OptionError(f"{name} must be a share between 0 and 1. Got {value!r} instead.", hint)
    return share


def _one_of(*allowed: str) -> Any:
    def check(name: str, value: Any) -> str:
        if value not in allowed:
            near = did_you_mean(value, allowed)
            raise OptionError(
                f"{name} must be one of {', '.join(allowed)}. Got {value!r} instead.{near}", example(name)
            )
        return str(value)

    return check


def _run_name(name: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[\w][\w.-]{0,79}", value):
        raise OptionError(
            f"{name} must be letters, digits, - _ and dots, at most 80. Got {value!r} instead.", example(name)
        )
    return value


def _searcher(name: str, value: Any) -> str:
    from automl_magic.engine.search_options import searcher_of

    searcher_of(str(value))
    return str(value)


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise OptionError(f"{name} must be True or False. Got {value!r} instead.", example(name))
    return value


def _pairs(name: str, value: Any) -> list[tuple[str, Any]]:
    """Return names with a value each: of a mapping, of pairs, or of the text "name:value,name:value"."""
    wrong = f"{name} must be names with a value each. Got {value!r} instead."
    if isinstance(value, Mapping):
        return [(str(key), part) for key, part in value.items()]
    if not isinstance(value, str):
        try:
            return [(str(key), part) for key, part in value]
        except (TypeError, ValueError):
            raise OptionError(wrong, example(name)) from None
    parts = [part.rpartition(":") for part in _names(name, value)]
    if not parts or not all(key.strip() and part.strip() for key, _, part in parts):
        raise OptionError(wrong, example(name))
    return [(key.strip(), part.strip()) for key, _, part in parts]


def _directions(name: str, value: Any) -> tuple[tuple[str, int], ...]:
    found = []
    for column, direction in _pairs(name, value):
        if isinstance(direction, bool) or str(direction).removeprefix("+") not in ("-1", "0", "1"):
            raise OptionError(
                f'{name}: the direction of "{column}" must be 1 (up), -1 (down) or 0. Got {direction!r} instead.',
                example(name),
            )
        found.append((column, int(direction)))
    twice = next((column for place, (column, _) in enumerate(found) if column in dict(found[:place])), None)
    if twice is not None:
        raise OptionError(f'{name}: "{twice}" is given twice.', "Keep one of them.")
    return tuple(found)


def _class_weight(name: str, value: Any) -> str | tuple[tuple[str, float], ...]:
    if isinstance(value, str) and ":" not in value:
        return str(_one_of("balanced")(name, value))
    found = []
    for label, weight in _pairs(name, value):
        try:
            number = float(weight)
        except (TypeError, ValueError):
            number = math.nan
        if isinstance(weight, bool) or not 0 < number < math.inf:
            raise OptionError(
                f'{name}: the weight of "{label}" must be a number above 0. Got {weight!r} instead.',
                f'{example(name)} Or {name}={{"yes": 3, "no": 1}}, in a cell --{flag_of(name)} yes:3,no:1.',
            )
        found.append((label, number))
    if not found:
        raise OptionError(f"{name} must name a class. Got {value!r} instead.", example(name))
    return tuple(found)


def _column(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise OptionError(f"{name} must be the name of a column. Got {type(value).__name__} instead.", example(name))
    return value


def _scheduler(name: str, value: Any) -> str:
    from automl_magic.extend import SCHEDULERS

    SCHEDULERS.get(str(value))
    return str(value)


CHECKS = {
    "task": _one_of(*TASKS),
    "models": _names,
    "exclude": _names,
    "ignore": _names,
    "time": lambda name, value: seconds_of(value, name),
    "trials": _whole(1),
    "seed": _whole(0),
    "search": _searcher,
    "cv": _folds,
    "test": _share,
    "name": _run_name,
    "workers": _whole(0),
    "lag": _whole(1),
    "scheduler": _scheduler,
    "ensemble": _switch,
    "calibrate": _switch,
    "nas": _switch,
    "max_latency": lambda name, value: seconds_of(value, name),
    "max_size": lambda name, value: bytes_of(value, name),
    "max_fit": lambda name, value: seconds_of(value, name),
    "monotone": _directions,
    "class_weight": _class_weight,
    "sample_weight": _column,
    "epochs": _whole(1),
    "max_params": lambda name, value: count_of(value, name),
    "max_macs": lambda name, value: count_of(value, name),
    "max_memory": lambda name, value: bytes_of(value, name),
    "input": _one_of(*INPUTS),
}
