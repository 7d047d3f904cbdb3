"""The cell: from the option line and the body to what the API is called with."""

from __future__ import annotations

import builtins
import keyword
import os
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from automl_magic.errors import OptionError, did_you_mean
from automl_magic.notebook.options import BY_NAME, EXAMPLE, Request, visible
from automl_magic.option_values import seconds_of
from automl_magic.own_parts import named
from automl_magic.plan import Plan

RACE_ONLY = ("repeats", "on", "from", "prune")
NETWORKS_ONLY = ("ablation", "epochs", "max-params", "max-macs", "max-memory", "input")
NOT_IN_PLAN = (
    *("out", "background", "quiet", "baseline", "data", "config", "maximize", "speed", "no-ensemble", "no-calibrate"),
    *RACE_ONLY,
    "ablation",
)
OF_OTHERS = {
    "race": (RACE_ONLY, "race", "%automl race df --target y --search grid,random,tpe"),
    "nas": (NETWORKS_ONLY, "search over networks", "%%automl nas X y --time 120s --max-params 50k"),
    "replay": (("speed",), "replay", "%automl replay best --speed 20"),
}
SWITCHES = ("ensemble", "calibrate")  # that are on, but for their --no-
CAP = "AUTOML_MAX_SECONDS"
PROTECTED = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
SHELL_NAMES = ("In", "Out", "get_ipython", "exit", "quit", "_", "__", "___")


def with_config(request: Request) -> dict[str, Any]:
    """Return the options, those of the file of --config beneath those of the line.

    Raises
    ------
    OptionError
        If the file cannot be read or holds what is no option.
    """
    options = dict(request.options)
    file = options.pop("config", None)
    if file is None:
        return options
    try:
        with open(file, "rb") as stream:
            held = tomllib.load(stream)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise OptionError(
            f'The file "{file}" of --config cannot be read: {error}.',
            'It must be a TOML file with one option a line: target = "price"',
        ) from None
    given = {name.replace("_", "-"): value for name, value in held.items()}
    for name in given:
        if name not in BY_NAME:
            raise OptionError(
                f'No option "{name}" (in {file}).{did_you_mean(name, BY_NAME)}', "%%automl? lists them all."
            )
    return {**given, **options}


@dataclass(frozen=True)
class Cap:
    """The longest time that a search may take, and who says so."""

    seconds: float
    who: str


def cap_of(max_time: float | None) -> Cap | None:
    """Return the cap of the trait `max_time` and of the environment's AUTOML_MAX_SECONDS, the shorter one; or None.

    Raises
    ------
    OptionError
        If one of them is no number above 0.
    """
    caps = []
    for who, given in (("AutoMLMagics.max_time", max_time), (CAP, os.environ.get(CAP))):
        if given is None or str(given).strip() == "":
            continue
        try:
            caps.append(Cap(seconds_of(float(given), who), who))
        except ValueError:
            raise OptionError(
                f"{who} must be a number of seconds above 0. Got {given!r} instead.", "For example 600."
            ) from None
    return min(caps, key=lambda cap: cap.seconds, default=None)


def plan_of(options: Mapping[str, Any], defaults: Mapping[str, Any], cap: Cap | None, kind: type[Plan] = Plan) -> Plan:
    """Return the plan of the options.

    Parameters
    ----------
    options : mapping
        By the option's name.
    defaults : mapping
        What the magic's traits set.
    cap : Cap or None
        Shortens `time`. A run that is limited by `trials` alone keeps its plan, so that it repeats; who starts it ends
        it when the cap is reached.
    kind : type
        `Plan`, or `NetworkPlan` for networks.
    """
    chosen = {name.replace("-", "_"): value for name, value in options.items() if name not in NOT_IN_PLAN}
    if not any(limit in chosen for limit in ("time", "trials", "epochs")):
        chosen["time"] = defaults.get("time")
    if chosen.get("time") is not None:
        chosen["time"] = _duration(chosen["time"])
        if cap is not None:
            chosen["time"] = min(chosen["time"], cap.seconds)
    chosen.setdefault("workers", defaults.get("workers"))
    for name in [name for name in SWITCHES if f"no-{name}" in options]:
        if name in options:
            raise OptionError(f"--{name} and --no-{name} exclude each other.", "Keep one of them.")
        chosen[name] = False
    if isinstance(chosen.get("test"), str) and not _is_share(chosen["test"]):
        del chosen["test"]
    return kind.create(**chosen)


def with_own(options: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with a metric and a splitter that are variables of the person registered under their names.

    A name that is known otherwise keeps its meaning.
    """
    found = dict(options)
    metric, cv = (names.get(str(options.get(name))) for name in ("metric", "cv"))
    if "metric" in options and callable(metric) and not _is_metric(str(options["metric"])):
        found["metric"] = metric
    if "cv" in options and hasattr(cv, "split") and not isinstance(cv, str):
        found["cv"] = cv
    return named(found)


def _is_metric(name: str) -> bool:
    from automl_magic.extend import METRICS
    from automl_magic.tabular.metrics import SHORT
    from automl_magic.tabular.own_metric import is_own

    return name in SHORT or (name in METRICS and not is_own(METRICS.get(name)))


def refuse_of_others(options: Mapping[str, Any], of: str = "table") -> None:
    """Raise an OptionError, if an option is given that means something in another kind of cell alone.

    Parameters
    ----------
    options : mapping
        By the option's name.
    of : str
        What the cell searches or does: "table", "race" or "nas".
    """
    for kind, (names, what, example) in OF_OTHERS.items():
        for name in () if kind == of else names:
            if name in options and not (name == "repeats" and "ablation" in options):
                raise OptionError(f"--{name} belongs to a {what}.", f"Example: {example}")


def _duration(text: Any) -> float:
    """Return seconds; a number without a unit is refused, since it could mean minutes."""
    example = "Example: --time 60s, --time 2m, --time 1m30s, --time 1h"
    try:
        return seconds_of(str(text))
    except OptionError as error:
        raise OptionError(f"--{error.message}", example) from None


def _is_share(text: str) -> bool:
    return text.rstrip("%").replace(".", "", 1).isdigit()


def test_data(options: Mapping[str, Any], names: Mapping[str, Any]) -> Any:
    """Return the table of --test, or None where it is a share; of "X_test,y_test" both."""
    text = options.get("test")
    if not isinstance(text, str) or _is_share(text):
        return None
    pair = [part.strip() for part in text.split(",")]
    if len(pair) == 2 and text not in names and all(part.isidentifier() for part in pair):
        return tuple(variable(part, names) for part in pair)
    return data_named(text, names)


def data_of(request: Request, options: Mapping[str, Any], names: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the table and the target that is given apart (or None).

    Raises
    ------
    OptionError
        If no data are named, too many, or there is no such variable or file.
    """
    given = list(request.names)
    if "data" in options:
        given = [part for part in str(options["data"]).replace(",", " ").split() if part] + given
    if not given:
        raise OptionError("No data are named.", EXAMPLE)
    written = next((part for part in given if part.partition("=")[0] in BY_NAME), None)
    if written is not None:
        raise OptionError(f'"{written}" is read as the name of data.', f"Options begin with two dashes: --{written}")
    if len(given) > 2:
        raise OptionError(f"Too many names: {' '.join(given)}. Give one table, or X and y.", EXAMPLE)
    data = data_named(given[0], names)
    if len(given) == 2 and given[1] not in names and given[1] in map(str, getattr(data, "columns", ())):
        raise OptionError(
            f'No variable named "{given[1]}", but "{given[0]}" has a column of that name.',
            f"If it is to be predicted: --target {given[1]}",
        )
    return data, (variable(given[1], names) if len(given) == 2 else None)


def weights_of(plan: Plan, data: Any, names: Mapping[str, Any]) -> tuple[Plan, Any]:
    """Return the plan, and the variable of --sample-weight where the table has no column of that name.

    The plan then names no column. Of a file the columns are not known yet: there it is a column.
    """
    name = plan.sample_weight
    if name is None or name not in names or isinstance(data, str | os.PathLike) or np.ndim(names[name]) == 0:
        return plan, None
    held = data.get("data", data) if isinstance(data, dict) else data  # of a Bunch
    columns = held if isinstance(held, dict) else getattr(held, "columns", ())
    if name in [str(column) for column in columns]:
        return plan, None
    return replace(plan, sample_weight=None), names[name]


def data_named(name: str, names: Mapping[str, Any]) -> Any:
    """Return the variable of that name, or the path, where it looks like one."""
    if name in names and name.isidentifier():
        return names[name]
    if Path(name).suffix.lower() in (".csv", ".parquet", ".pq", ".gz", ".txt") or "/" in name or os.sep in name:
        return name
    return variable(name, names)


def variable(name: str, names: Mapping[str, Any]) -> Any:
    """Return a variable of the user.

    Raises
    ------
    OptionError
        If there is none of that name.
    """
    if name not in names:
        raise OptionError(
            f'No variable named "{name}".{did_you_mean(name, visible(names))}', "Run the cell that makes it first."
        )
    return names[name]


def checked_out(name: str, names: Mapping[str, Any]) -> str:
    """Return the name of the variable to write.

    Raises
    ------
    OptionError
        If it is no name, or would hide something else than an earlier result.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or hasattr(builtins, name) or name in SHELL_NAMES:
        raise OptionError(
            f'--out must be the name of a new variable. Got "{name}" instead.', "Example: --out price_model"
        )
    for taken in (name, f"{name}_run"):
        held = names.get(taken)
        if isinstance(held, PROTECTED) or hasattr(held, "columns") or hasattr(held, "dtype"):
            kind = type(held).__name__
            raise OptionError(
                f'--out would overwrite "{taken}", which is a {kind}.', "Choose another name, for example --out model."
            )
    return name
