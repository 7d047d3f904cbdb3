"""`%automl` and `%%automl`: parse, call the API, show, bind."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Float, Int, Unicode
from traitlets.config import Configurable

from automl_magic.errors import AutoMLError, OptionError
from automl_magic.network_plan import NetworkPlan
from automl_magic.notebook import cell as cells
from automl_magic.notebook.attend import Wishes, attend
from automl_magic.notebook.body import body_of, template_of
from automl_magic.notebook.commands import obey, replay_named
from automl_magic.notebook.opening import Below
from automl_magic.notebook.options import LATER, Request, help_text, parse_line
from automl_magic.notebook.resumed import limits_of, names_of, recalled, run_named
from automl_magic.notebook.runs import Runs
from automl_magic.notebook.warming import Warming
from automl_magic.notebook.watching import Watched, copied
from automl_magic.plan import Plan


@magics_class
class AutoMLMagics(Magics, Configurable):
    """The magic and its settings.

    Attributes
    ----------
    time, workers, max_time
        Defaults and cap, set by ``%config AutoMLMagics.time = "30s"``.
    """

    time = Unicode("60s", help="How long a search takes when neither --time nor --trials is given.").tag(config=True)
    workers = Int(None, allow_none=True, help="Processes; none: one each CPU.").tag(config=True)
    max_time = Float(None, allow_none=True, help="No search takes longer than so many seconds.").tag(config=True)

    shell: Any

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.runs = Runs()

    @no_var_expand
    @line_cell_magic
    def automl(self, line: str, cell: str | None = None) -> Any:
        """Search; see `help_text`, which takes the place of this text."""
        request = parse_line(line, self.shell.user_ns)
        if request.command in LATER:
            raise OptionError(
                f"%automl {request.command} comes in a later version.", "%automl help lists what there is."
            )
        searches = {"tune": self._tune, "resume": self._resume, "nas": self._nas, "race": self._race}
        if request.command in searches:
            return _without_frames(searches[request.command], request, cell, line)
        if request.command == "space":
            return self._space(request, cell, line)
        if request.command == "replay":
            return replay_named(request, self.shell, self.runs)
        if request.command is not None:
            return obey(request.command, request.names, self.shell, self.runs)
        if not request.names and not request.options and cell is None:
            return obey("help", (), self.shell, self.runs)
        return _without_frames(self._search, request, cell, line)

    def _search(self, request: Request, cell: str | None, line: str) -> Any:
        from automl_magic import api

        options, names = cells.with_config(request), self.shell.user_ns
        plan, wishes = self._read(options)
        data, y = cells.data_of(request, options, names)
        baseline = cells.variable(options["baseline"], names) if "baseline" in options else None
        test = cells.test_data(options, names)
        body = body_of(cell, line, names, self.shell)
        space = None if body is None else _template_by(body)
        plan, weights = cells.weights_of(plan, data, names)
        given = {**names_of(request, options), "sample_weight": None if weights is None else options["sample-weight"]}
        if wishes.in_background:
            wishes = replace(wishes, watched=tuple(Watched.of(name, names) for name in request.names))
            data, y, weights = copied(data), copied(y), copied(weights)
        parts = {"y": y, "space": space, "test": test, "baseline": baseline, "sample_weight": weights}
        return self._attend(api.begin(plan, data, **parts, names=given), wishes)

    def _resume(self, request: Request, cell: str | None, line: str) -> Any:
        """Go on with a run; its table and what else it was given are looked up by the names that it recorded."""
        from automl_magic.continuing import go_on
        from automl_magic.notebook import networks
        from automl_magic.past import open_past

        options, names = cells.with_config(request), self.shell.user_ns
        wishes = self._read({name: value for name, value in options.items() if name != "test"})[1]
        run = run_named(request, options)
        past = open_past(run, **limits_of(options, wishes.cap))
        try:
            given = recalled(past.about.get("names", {}), request, options, names)
            words = networks.vocabulary if past.is_of_networks else dict
            body = body_of(cell, line, names, self.shell, words)
            is_draft = past.is_of_a_table or past.is_of_networks
            space = None if body is None else _template_by(body) if is_draft else body(None)
            if wishes.in_background and past.is_of_a_table:
                read = [
                    name for name in (*request.names[1:], str(past.about.get("names", {}).get("data"))) if name in names
                ]
                wishes = replace(wishes, watched=tuple(Watched.of(name, names) for name in read[:1]))
                given |= {name: copied(given[name]) for name in ("data", "y", "sample_weight")}
            begun = go_on(past, given.pop("data"), space=space, **given)
        except BaseException:
            past.close()
            raise
        return self._attend(begun, wishes)

    def _tune(self, request: Request, cell: str | None, line: str) -> Any:
        from automl_magic import api

        options, names = cells.with_config(request), self.shell.user_ns
        plan, wishes = self._read(options)
        if len(request.names) != 1:
            raise OptionError("tune needs one function.", "Example: %%automl tune f --trials 50")
        function = cells.variable(request.names[0], names)
        body = body_of(cell, line, names, self.shell)
        space = None if body is None else body(None)
        if space is None:
            raise OptionError(
                "tune needs a space: the body's last value.", 'Example: {"x": Float(-5, 10), "n": Int(1, 9)}'
            )
        maximize, name = bool(options.get("maximize")), request.names[0]
        return self._attend(api.begin_tune(plan, function, space, maximize=maximize, name=name), wishes)

    def _nas(self, request: Request, cell: str | None, line: str) -> Any:
        """Search a network; see `notebook/networks.py`."""
        from automl_magic.notebook import networks

        options = networks.with_defaults(cells.with_config(request))
        plan, wishes = self._read(options, "nas")
        body = body_of(cell, line, self.shell.user_ns, self.shell, networks.vocabulary)
        space = None if body is None else _template_by(body)
        if options.get("ablation"):
            return networks.ablate(request, options, plan, space, wishes, self.shell)
        begun, wishes = networks.begin(request, options, plan, space, wishes, self.shell.user_ns)
        return self._attend(begun, wishes)

    def _space(self, request: Request, cell: str | None, line: str) -> Any:
        """Open an editor of the space that a cell with this line and body would search, and bind it."""
        from automl_magic.notebook.opening import open_editor

        options, names = cells.with_config(request), self.shell.user_ns
        cells.refuse_of_others(options)
        out = cells.checked_out(options.pop("out", "space_editor"), names)
        options = cells.with_own(options, names)
        plan = cells.plan_of(options, {"time": self.time, "workers": self.workers}, cells.cap_of(self.max_time))
        body = body_of(cell, line, names, self.shell)
        space = None if body is None else _template_by(body)
        run = Below(self.shell, self.runs.need_none, self._search_below)
        names[out] = open_editor(request, options, plan, space, self.shell, run)
        return names[out]

    def _search_below(self, code: str) -> Any:
        """Search in the background, by the code of a cell."""
        first, _, body = code.partition("\n")
        line = f"{first.removeprefix('%%automl')} --background"
        return _without_frames(self._search, parse_line(line, self.shell.user_ns), body, line)

    def _race(self, request: Request, cell: str | None, line: str) -> Any:
        """Let searchers race; see `notebook/race.py`."""
        from automl_magic.notebook import race

        options = cells.with_config(request)
        if "from" in options:
            return race.lay_over(request, options, self.shell)
        body = body_of(cell, line, self.shell.user_ns, self.shell)
        space = None if body is None else body(None) if "on" in options else _template_by(body)
        search = race.searchers_of(options)
        options = {**race.DEFAULTS, **options} if "time" not in options else {"out": race.DEFAULTS["out"], **options}
        plan, wishes = self._read(options, "race")
        begun = race.begin(request, options, plan, search, space, self.shell.user_ns)
        return self._attend(begun, replace(wishes, panel=None if wishes.is_quiet else race.RacePanel()))

    def _read(self, options: dict[str, Any], of: str = "table") -> tuple[Any, Wishes]:
        """Return the plan, and what the cell wishes besides."""
        cells.refuse_of_others(options, of)
        kind = NetworkPlan if of == "nas" else Plan
        self.runs.need_none()
        out = cells.checked_out(options.get("out", "best"), self.shell.user_ns)
        cap = cells.cap_of(self.max_time)
        options = cells.with_own(options, self.shell.user_ns)
        plan = cells.plan_of(options, {"time": self.time, "workers": self.workers}, cap, kind)
        return plan, Wishes(out, bool(options.get("quiet")), bool(options.get("background")), cap)

    def _attend(self, run: Any, wishes: Wishes) -> Any:
        """Attend the run; return what the cell shows: the result, with its table and sentences."""
        self.runs.add(run)
        result = attend(run, wishes, self.shell)
        if isinstance(result, threading.Thread):
            self.runs.follow(run, result)
            return None
        if wishes.is_quiet:
            self.shell.displayhook.update_user_ns(result)  # `_` is the run, though nothing is shown
            return None
        return result


def _without_frames(search: Any, request: Request, cell: str | None, line: str) -> Any:
    """Search; an interrupt that ends the cell without a result is said in words, not by our frames."""
    try:
        return search(request, cell, line)
    except KeyboardInterrupt:
        raise Interrupted() from None


class Interrupted(AutoMLError):
    """The person left the cell by an interrupt before there was a result."""

    def __init__(self) -> None:
        super().__init__("Interrupted before there was a result.", "No variable was written.")

    def __reduce__(self) -> tuple[type[Interrupted], tuple[()]]:  # type: ignore[override]
        return type(self), ()


def _template_by(body: Any) -> Any:
    """Return what makes the space out of a draft, by the cell's body."""
    return lambda draft: template_of(body(draft))


AutoMLMagics.automl.__doc__ = help_text()


def load(shell: Any) -> None:
    """Register magic and completion in a shell, and begin to import what the first search needs."""
    from automl_magic.notebook.complete import matcher_for

    if getattr(shell, "_automl_undo", None) is not None:
        return
    magics, matcher = AutoMLMagics(shell), matcher_for(shell)
    shell.register_magics(magics)
    shell.Completer.custom_matchers.append(matcher)
    shell.input_transformers_cleanup.append(without_body)
    shell._automl_undo = (magics, matcher, Warming(shell))


def unload(shell: Any) -> None:
    """Undo `load`; a run in the background is stopped."""
    undo = getattr(shell, "_automl_undo", None)
    if undo is None:
        return
    magics, matcher, warming = undo
    shell._automl_undo = None
    warming.close()
    if magics.runs.running() is not None:
        magics.runs.stop()
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("automl", None)
    shell.magics_manager.registry.pop(type(magics).__name__, None)
    for held, member in (
        (shell.configurables, magics),
        (shell.Completer.custom_matchers, matcher),
        (shell.input_transformers_cleanup, without_body),
    ):
        if member in held:
            held.remove(member)


def without_body(lines: list[str]) -> list[str]:
    """Make a line magic of a cell that is one line `%%automl …`: IPython refuses cell magics without a body."""
    if lines and re.match(r"%%automl(\s|\?|$)", lines[0]) and not "".join(lines[1:]).strip():
        return [lines[0][1:], *lines[1:]]
    return lines
