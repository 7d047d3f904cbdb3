"""The frozen, validated description of a run: what the cell says and what `fit` takes."""

from __future__ import annotations

import csv
import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from automl_magic.errors import OptionError, did_you_mean

DEFAULT_SECONDS = 60.0
TASKS = ("auto", "classification", "regression")
UNITS = {"ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
EXAMPLES = {
    "trials": "20",
    "seed": "7",
    "cv": "5",
    "test": "0.2",
    "workers": "2",
    "lag": "4",
    "scheduler": "median",
    "ensemble": "False",
    "task": "classification",
    "models": "linear,forest",
    "exclude": "svm,knn",
    "ignore": "name,ticket",
    "name": "first_try",
    "repeats": "10",
}
LATER = {
    "nas": "networks in the ordinary cell",
    "max_latency": "limits on latency",
    "max_size": "limits on size",
    "max_fit": "limits on the time of a fit",
}


@dataclass(frozen=True)
class Plan:
    """Say what a run is to do. Make one with `Plan.create`, which validates.

    Attributes
    ----------
    target : str or None
        Name of the target column; None when y is given apart.
    task : str
        "auto", "classification" or "regression".
    metric : str or None
        A scorer name of scikit-learn or a short one; None for the task's default.
    models, exclude : tuple of str
        Families to keep (empty: all) and to leave out.
    time : float or None
        Seconds of the search. With neither `time` nor `trials`: 60.
    trials : int or None
        Number of trials. Without `time` the run is repeatable.
    seed : int
        Seeds the split, the search and every fit.
    search : str
        Name of the searcher, with its options in brackets where it is given any: "grid(points=5)".
    cv : int or str
        Number of folds, "auto" or "holdout".
    group, order : str or None
        Column whose groups stay together, column that gives the order of time.
    test : float or None
        Share of the rows kept apart and scored once.
    ignore : tuple of str
        Columns to leave out.
    name : str or None
        Name of the run; None for one made from the time of day.
    workers : int or None
        Processes; 0 for none (in process), None for one each CPU.
    lag : int
        Steps that may be open when the next is decided, under a budget of trials.
    scheduler : str or None
        Which trials end early and which go on: "forgiving", "median", "halving", "first_fold" or "none". None:
        for a table "first_fold" where the time is limited, else "forgiving"; "none" for a function and in a race.
    ensemble : bool
        Whether the best may be a weighted mean of several pipelines, where that is better beyond noise.
    """

    target: str | None = None
    task: str = "auto"
    metric: str | None = None
    models: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    time: float | None = None
    trials: int | None = None
    seed: int = 0
    search: str = "tpe"
    cv: int | str = "auto"
    group: str | None = None
    order: str | None = None
    test: float | None = None
    ignore: tuple[str, ...] = ()
    name: str | None = None
    workers: int | None = None
    lag: int = 4
    scheduler: str | None = None
    ensemble: bool = True

    @classmethod
    def create(cls, **options: Any) -> Plan:
        """Validate `options` (the attributes by name) and return the plan.

        Raises
        ------
        OptionError
            For an unknown option, a malformed value, or values that exclude each other.

        Examples
        --------
        >>> Plan.create(target="price", time="2m").time
        120.0
        """
        options = _without_later(options)
        known = [field.name for field in dataclasses.fields(cls)]
        for name in options:
            if name not in known:
                raise OptionError(
                    f'No option named "{name}".{did_you_mean(name, known)}', f"Known: {', '.join(known)}."
                )
        given = {name: value for name, value in options.items() if value is not None}
        clean = {name: CHECKS[name](name, value) if name in CHECKS else value for name, value in given.items()}
        if clean.get("time") is None and clean.get("trials") is None:
            clean["time"] = DEFAULT_SECONDS
        return cls(**clean)

    @property
    def is_repeatable(self) -> bool:
        """Whether the same plan gives the same trials again: no clock decides."""
        return self.time is None

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Plan:
        """Return the plan that `to_json` wrote."""
        return cls.create(**dict(record))


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
    example = f"Write for example {name}=60 (seconds) or {name}='2m'."
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


def _without_later(options: dict[str, Any]) -> dict[str, Any]:
    """Drop options of a later version where they ask for nothing; refuse them where they ask."""
    for name, what in LATER.items():
        if options.get(name):
            raise OptionError(f"{name}: {what} come in a later version.", "Leave the option out.")
    return {name: value for name, value in options.items() if name not in LATER}


def example(name: str) -> str:
    """Return how an option is written, in Python and in a cell."""
    value = EXAMPLES.get(name, "1")
    written = value if value.replace(".", "").isdigit() else f'"{value}"'
    return f"For example {name}={written} in Python, or --{name} {value} in a cell."


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
        raise OptionError(
            f'{name} must be a number of folds, "auto" or "holdout". Got "{value}" instead.', example(name)
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
}
