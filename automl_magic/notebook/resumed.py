"""`%automl resume`: which run, under which limits, and on which of the person's variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl_magic.errors import OptionError
from automl_magic.notebook.cell import Cap, data_named, test_data, variable
from automl_magic.notebook.options import Request
from automl_magic.option_values import seconds_of

ALLOWED = ("time", "trials", "workers", "out", "background", "quiet", "data", "test", "baseline")
USAGE = "Example: %automl resume run-20260131-101500, or with new limits: %automl resume RUN --trials 80"


def names_of(request: Request, options: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the names that stand for data, y, test and baseline, for the record of the run."""
    given = [*str(options.get("data", "")).replace(",", " ").split(), *request.names]
    data, y = [*given, None, None][:2]
    return {"data": data, "y": y, "test": options.get("test"), "baseline": options.get("baseline")}


def run_named(request: Request, options: Mapping[str, Any]) -> str:
    """Return the name of the run.

    Raises
    ------
    OptionError
        If none is named, or an option is given that belongs to a new run.
    """
    if not request.names:
        raise OptionError("resume needs the name of a run.", USAGE)
    for name in options:
        if name not in ALLOWED:
            raise OptionError(
                f"--{name} cannot be changed when a run is resumed: it goes on as it was begun.",
                f"New limits can be given: --time, --trials, --workers. {USAGE}",
            )
    return request.names[0]


def limits_of(options: Mapping[str, Any], cap: Cap | None) -> dict[str, Any]:
    """Return the new limits that are given, the time no longer than the cap."""
    limits = {name: options[name] for name in ("time", "trials", "workers") if name in options}
    if "time" in limits:
        seconds = seconds_of(str(limits["time"]), "--time")
        limits["time"] = seconds if cap is None else min(seconds, cap.seconds)
    return {name: int(value) if name != "time" and str(value).isdigit() else value for name, value in limits.items()}


def recalled(
    recorded: Mapping[str, Any], request: Request, options: Mapping[str, Any], names: Mapping[str, Any]
) -> dict[str, Any]:
    """Return data, y, test, baseline and weights: the variables that the line names, else those that the run was given.

    Parameters
    ----------
    recorded : mapping
        The names in the run's record. They are looked up, never evaluated.
    request, options
        What the line says.
    names : mapping
        The person's variables.

    Raises
    ------
    OptionError
        If a variable is not there any more; it says which cell to run.
    """
    line = names_of(Request(None, request.names[1:], {}), options)
    if line["data"] is not None:
        recorded = {**recorded, "data": line["data"], "y": line["y"]}
    recorded = {**recorded, **{name: line[name] for name in ("test", "baseline") if line[name] is not None}}
    data, y, baseline, weights = (recorded.get(name) for name in ("data", "y", "baseline", "sample_weight"))
    return {
        "data": None if data is None else data_named(str(data), names),
        "y": None if y is None else variable(str(y), names),
        "test": test_data(recorded, names),
        "baseline": None if baseline is None else variable(str(baseline), names),
        "sample_weight": None if weights is None else variable(str(weights), names),
    }
