"""Go on with a run whose record lies in a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from automl_magic.errors import OptionError
from automl_magic.past import Past, open_past
from automl_magic.plan import weights_again
from automl_magic.running import Run


def begin_resume(
    run: str | os.PathLike[str],
    data: Any = None,
    *,
    y: Any = None,
    space: Any = None,
    test: Any = None,
    baseline: Any = None,
    sample_weight: Any = None,
    time: str | float | None = None,
    trials: int | None = None,
    workers: int | None = None,
) -> Run[Any]:
    """Start `resume` in its own thread; parameters as there."""
    past = open_past(run, time=time, trials=trials, workers=workers)
    try:
        weights = weights_again(past.plan, sample_weight)
        return go_on(past, data, y=y, space=space, test=test, baseline=baseline, sample_weight=weights)
    except BaseException:
        past.close()
        raise


def go_on(
    past: Past,
    data: Any,
    *,
    y: Any = None,
    space: Any = None,
    test: Any = None,
    baseline: Any = None,
    sample_weight: Any = None,
) -> Run[Any]:
    """Start a run that is open; `data` is the table, or the function of `tune`."""
    given = data_of(past, data)
    if past.is_of_networks:
        from automl_magic.network_run import begin_networks

        plan: Any = past.plan
        return begin_networks(plan, given, y, space=space, test=test, past=past)
    if past.is_of_a_table:
        from automl_magic.table_run import begin_search

        parts = {"y": y, "space": space, "test": test, "baseline": baseline, "sample_weight": sample_weight}
        return begin_search(past.plan, given, **parts, past=past)
    from automl_magic.function_run import begin_tuning

    if space is None:
        raise OptionError(
            "The search was for the values of a function.", "Give it and its space: resume(run, f, space=…)."
        )
    maximize = past.about["metric"]["sign"] > 0
    return begin_tuning(past.plan, given, space, maximize=maximize, start=None, past=past)


def data_of(past: Past, data: Any) -> Any:
    """Return the table, or the function; a table that was a file is read again.

    Raises
    ------
    OptionError
        If nothing is given and there is no such file.
    """
    if data is not None:
        return data
    name = past.about.get("names", {}).get("data")
    is_function = not (past.is_of_a_table or past.is_of_networks)
    if not is_function and isinstance(name, str) and Path(name).suffix and Path(name).is_file():
        return name
    what = "function" if is_function else "table" if past.is_of_a_table else "X, and y,"
    again = "f, space=…" if is_function else "df" if past.is_of_a_table else "X, y=y"
    called = f', "{name}" at the time,' if isinstance(name, str) else ""
    raise OptionError(
        f"The record of a run holds no data: the {what}{called} must be given again.",
        f'Example: automl_magic.resume("{past.folder.name}", {again})',
    )
