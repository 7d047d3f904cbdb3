"""`%automl race`: its options, its panel, and saved runs laid over one another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from IPython.display import display

from automl_magic.errors import OptionError
from automl_magic.notebook import cell as cells
from automl_magic.notebook import live
from automl_magic.notebook.frontend import front_end
from automl_magic.notebook.options import Request
from automl_magic.notebook.resumed import names_of
from automl_magic.notebook.watching import copied
from automl_magic.plan import Plan
from automl_magic.race_result import RaceResult
from automl_magic.racing import EXAMPLE, Race

DEFAULTS = {"out": "race", "trials": "20"}
SEARCH = "grid,random,tpe"
REFUSED = ("test", "baseline", "lag")  # of an ordinary search, not of a race
OF_FILES = ("from", "out", "quiet")


class RacePanel(live.LivePanel):
    """Show a race while it goes: the same panel, with another widget, picture and line."""

    script = "race.js"

    def _line(self, elapsed: float | None = None) -> str:
        return str(self._race.line())

    @property
    def _race(self) -> Race:
        race: Any = self._run
        assert race is not None
        found: Race = race
        return found

    def _has_trials(self) -> bool:
        return any(lane.history.trials for lane in self._race.lanes)

    def _ended(self) -> int:
        return sum(lane.made for lane in self._race.lanes)

    def _picture(self) -> tuple[dict[str, str], dict[str, Any]]:
        return picture_of(self._race.so_far())

    def _make_widget(self, run: Any) -> Any:
        from automl_magic.notebook.race_widget import RaceWidget

        return RaceWidget(run)

    def _push(self, run: Any, *, is_due: bool) -> None:
        """Send what changed, at most once a second: a race has several runs, and each row is a whole curve."""
        if self._widget is not None and self._widget.ready.is_set() and is_due:
            self._widget.renew()


def picture_of(result: RaceResult) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the picture of a race with its words, and what a page is told of it."""
    from automl_magic.notebook import charts, race_chart

    told = race_chart.told(result)
    data = {"image/png": charts.as_png(race_chart.race_chart(result)), "text/plain": told}
    return data, {"image/png": {"width": 860, "alt": told}}


def searchers_of(options: dict[str, Any]) -> str:
    """Take the searchers out of the options; refuse what means nothing in a race.

    Raises
    ------
    OptionError
        For such an option.
    """
    for name in REFUSED:
        if name in options:
            raise OptionError(f"--{name} means nothing in a race.", EXAMPLE)
    return str(options.pop("search", SEARCH))


def begin(
    request: Request, options: Mapping[str, Any], plan: Plan, search: str, space: Any, names: Mapping[str, Any]
) -> Race:
    """Start the race that a cell asks for."""
    from automl_magic import api

    told: dict[str, Any] = {"search": search, "repeats": options.get("repeats", 2), "space": space}
    told |= {"maximize": bool(options.get("maximize")), "prune": bool(options.get("prune"))}
    on = options.get("on")
    if on is not None:
        if request.names or "data" in options or "target" in options:
            raise OptionError(
                "A race is run on a table or, with --on, on a function. Got both.", "Example: %automl race --on branin"
            )
        return api.begin_race(plan, on=names[on] if on in names and callable(names[on]) else on, **told)
    data, y = cells.data_of(request, options, names)
    plan, weights = cells.weights_of(plan, data, names)
    given = {**names_of(request, options), "sample_weight": None if weights is None else options["sample-weight"]}
    if options.get("background"):
        data, y, weights = copied(data), copied(y), copied(weights)
    return api.begin_race(plan, data, y=y, sample_weight=weights, names=given, **told)


def lay_over(request: Request, options: Mapping[str, Any], shell: Any) -> Any:
    """Show saved runs in one picture, bind the result, and return it to be shown.

    Raises
    ------
    OptionError
        If there are no such files, or another option is given.
    """
    from automl_magic import api

    for name in options:
        if name not in OF_FILES:
            raise OptionError(
                f"--{name} means nothing with --from: the runs are shown as they were saved.",
                'Example: %automl race --from "class/*.jsonl"',
            )
    out = cells.checked_out(options.get("out", DEFAULTS["out"]), shell.user_ns)
    files = [part.strip() for part in str(options["from"]).split(",") if part.strip()]
    result = api.race(files=[*files, *request.names])
    shell.user_ns[out] = result
    if options.get("quiet"):
        return None
    if front_end(shell) != "none":
        data, metadata = picture_of(result)
        display(data, metadata=metadata, raw=True)
    return result
