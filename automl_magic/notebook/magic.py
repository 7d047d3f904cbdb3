"""`%automl` and `%%automl`: parse, call the API, show, bind."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Float, Int, Unicode
from traitlets.config import Configurable

from automl_magic.errors import AutoMLError, OptionError
from automl_magic.notebook import cell as cells
from automl_magic.notebook.frontend import bind_output, front_end, parent_of
from automl_magic.notebook.options import LATER, Request, help_text, parse_line
from automl_magic.notebook.runs import Runs

if TYPE_CHECKING:
    from automl_magic.running import Run

WARMED = (
    "anywidget",
    "automl_magic.table_run",
    "automl_magic.notebook.widget",
    "automl_magic.notebook.charts",
    "hyperopt",
)
DEMO = """%%automl {name} --target survived --time 30s
# Each line below is an option that you may take: remove its "#".
# space.models("hist_gb", "linear", "forest")                    # keep these families
# space["hist_gb.learning_rate"] = Float(0.02, 0.2, log=True)    # narrow a parameter
# space.rule("hist_gb.max_leaf_nodes <= 100")                    # forbid"""


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
        if request.command == "tune":
            return self._tune(request, cell, line)
        if request.command is not None:
            return self._command(request)
        if not request.names and not request.options and cell is None:
            return self._command(Request("help", ()))
        return self._search(request, cell, line)

    # -- searches ---------------------------------------------------------------------------------------------------

    def _search(self, request: Request, cell: str | None, line: str) -> Any:
        from automl_magic import api

        options, names = cells.with_config(request), self.shell.user_ns
        self.runs.need_none()
        out = cells.checked_out(options.get("out", "best"), names)
        plan = self._plan(options)
        data, y = cells.data_of(request, options, names)
        baseline = cells.variable(options["baseline"], names) if "baseline" in options else None
        space = cells.body_of(cell, line, names, self.shell)
        run = api.begin(plan, data, y=y, space=space, test=cells.test_data(options, names), baseline=baseline)
        return self._attend(run, out, options)

    def _tune(self, request: Request, cell: str | None, line: str) -> Any:
        from automl_magic import api

        options, names = cells.with_config(request), self.shell.user_ns
        self.runs.need_none()
        out = cells.checked_out(options.get("out", "best"), names)
        if len(request.names) != 1:
            raise OptionError("tune needs one function.", "Example: %%automl tune f --trials 50")
        function = cells.variable(request.names[0], names)
        body = cells.body_of(cell, line, names, self.shell)
        space = None if body is None else body(None)
        if space is None:
            raise OptionError(
                "tune needs a space: the body's last value.", 'Example: {"x": Float(-5, 10), "n": Int(1, 9)}'
            )
        run = api.begin_tune(self._plan(options), function, space, maximize=bool(options.get("maximize")))
        return self._attend(run, out, options)

    def _plan(self, options: dict[str, Any]) -> Any:
        return cells.plan_of(options, {"time": self.time, "workers": self.workers}, self.max_time)

    def _attend(self, run: Run[Any], out: str, options: dict[str, Any]) -> Any:
        """Show the run, wait for it (or not, with --background), and bind its result."""
        self.runs.add(run)
        quiet = bool(options.get("quiet"))
        panel = None if quiet else self._panel()
        if panel is not None:
            panel.show(run)
        if options.get("background") and front_end(self.shell) == "widgets":
            self._follow(run, panel, out)
            return None
        result = None
        try:
            result = run.wait()
        finally:
            if panel is not None:
                panel.close(result)
        self._bind(out, result)
        return None if quiet else result

    def _panel(self) -> Any:
        from automl_magic.notebook.live import LivePanel

        return LivePanel()

    def _follow(self, run: Run[Any], panel: Any, out: str) -> None:
        """Bind the result of a run in the background when it ends, and say so in the cell that began it."""
        parent = parent_of(self.shell)

        def follow() -> None:
            bind_output(self.shell, parent)
            run.done.wait()
            try:
                result = run.result()
            except AutoMLError as error:
                if panel is not None:
                    panel.close(None)
                print(f"{type(error).__name__}: {error}", flush=True)
                return
            if panel is not None:
                panel.close(result)
            self._bind(out, result)
            from IPython.display import display

            display(result)

        threading.Thread(target=follow, name=f"automl-follow-{run.name}", daemon=True).start()

    def _bind(self, out: str, result: Any) -> None:
        self.shell.user_ns[out] = result.best
        self.shell.user_ns[f"{out}_run"] = result

    # -- sub-commands -----------------------------------------------------------------------------------------------

    def _command(self, request: Request) -> Any:
        commands: dict[str, Callable[[], Any]] = {
            "help": lambda: print(help_text()),
            "demo": self._demo,
            "runs": lambda: print(self.runs.told()),
            "status": self._status,
            "stop": lambda: self._steer("stop"),
            "pause": lambda: self._steer("pause"),
            "continue": lambda: self._steer("proceed"),
            "skip": lambda: self._steer("skip"),
            "leaderboard": lambda: self._result_of(request).leaderboard(),
            "code": lambda: self._code(request),
        }
        assert request.command is not None
        return commands[request.command]()

    def _demo(self) -> None:
        from automl_magic.api import load_data

        name = "titanic" if "titanic" not in self.shell.user_ns else "titanic_demo"
        self.shell.user_ns[name] = load_data("titanic")
        print(f"The table is in the variable {name}. Run the cell below.")
        self.shell.set_next_input(DEMO.format(name=name), replace=False)

    def _code(self, request: Request) -> None:
        result = self._result_of(request)
        if not hasattr(result, "code"):
            raise OptionError(
                "tune found values, not a pipeline: there is no script.", "The values are in the variable of --out."
            )
        self.shell.set_next_input(result.code(), replace=False)

    def _status(self) -> None:
        from automl_magic.notebook.rows import status_line

        run = self.runs.last()
        print(status_line(run.history, None if run.done.is_set() else run.elapsed()))

    def _steer(self, what: str) -> None:
        run = self.runs.running()
        if run is None:
            raise OptionError("No run is under way.", "%automl runs lists those that ended.")
        getattr(run.control, what)()

    def _result_of(self, request: Request) -> Any:
        """Return the result that a name stands for, or that of the last run."""
        if not request.names:
            return self.runs.last().result(timeout=0) if self.runs.last().done.is_set() else self._not_yet()
        names = self.shell.user_ns
        for name in (f"{request.names[0]}_run", request.names[0]):
            if hasattr(names.get(name), "leaderboard"):
                return names[name]
        raise OptionError(
            f'"{request.names[0]}" is no result of a search.', "Name the variable of --out, for instance best."
        )

    def _not_yet(self) -> Any:
        raise OptionError("The run is still under way.", "%automl stop ends it and keeps its best.")


def load(shell: Any) -> None:
    """Register magic and completion in a shell, and begin to import what the first search needs."""
    from automl_magic.notebook.complete import matcher_for

    if getattr(shell, "_automl_matcher", None) is not None:
        return
    magics = AutoMLMagics(shell)
    AutoMLMagics.automl.__doc__ = help_text()
    shell.register_magics(magics)
    shell._automl_matcher = matcher_for(shell)
    shell.Completer.custom_matchers.append(shell._automl_matcher)
    shell.input_transformers_cleanup.append(without_body)
    threading.Thread(target=_warm, name="automl-warm", daemon=True).start()


def unload(shell: Any) -> None:
    """Undo `load`."""
    matcher = getattr(shell, "_automl_matcher", None)
    if matcher in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.remove(matcher)
    shell._automl_matcher = None
    if without_body in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(without_body)
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("automl", None)


def without_body(lines: list[str]) -> list[str]:
    """Make a line magic of a cell that is one line `%%automl …`: IPython refuses cell magics without a body."""
    if lines and lines[0].startswith("%%automl") and not "".join(lines[1:]).strip():
        return [lines[0][1:], *lines[1:]]
    return lines


def _warm() -> None:
    """Import what the first search needs, so that it begins at once. No process, no file."""
    for name in WARMED:
        with contextlib.suppress(ImportError, OSError):  # what is missing is named when it is needed
            importlib.import_module(name)
