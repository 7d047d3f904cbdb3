"""The live panel under a cell: shown when the run begins, renewed while it goes, frozen when it ends."""

from __future__ import annotations

import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from IPython import get_ipython
from IPython.display import display, update_display

from automl_magic.notebook.frontend import FrontEnd, bound_to_cell, can_hear_while_busy, front_end
from automl_magic.notebook.insight_rows import ImportanceClock, InsightTeller, pipeline_rows
from automl_magic.notebook.network_rows import drawing_rows
from automl_magic.notebook.protocol import CodeRow, Message, Row
from automl_magic.notebook.recipe import of_run
from automl_magic.notebook.rows import NOTHING, Seen, rows, status_line
from automl_magic.notebook.space_rows import Measure

if TYPE_CHECKING:
    from automl_magic.running import Run

TICK = 0.1  # seconds between two batches
RENEWED = 1.0  # seconds between two renewals of the line, and of the picture where there is no widget
PATIENCE = 2.0  # seconds that the widget has to answer
PRINTED = 5.0  # seconds between two printed lines where nothing can be renewed
SILENT = (
    "The live panel did not answer: install anywidget and ipywidgets\n"
    "where the Jupyter server runs, too. A picture is renewed each second instead;\n"
    "end the search with ■."
)
DEAF = (
    "The live panel needs ipykernel 7 or later: this kernel hears no button while a cell runs.\n"
    "A picture is renewed each second instead; end the search with ■."
)
MISSING = "The panel's script is missing from this installation of automl_magic, so a picture is shown instead."


class _Kept:
    """The panels of ended runs that a page shows which was opened anew: it knows nothing of the picture's place."""

    def __init__(self) -> None:
        self._widgets: list[Any] = []

    def leave(self, widget: Any) -> None:
        """Close a panel whose run has ended, or keep it until the next run where the page was opened anew."""
        if widget.views > 1:
            self._widgets.append(widget)
        else:
            widget.close()

    def close(self) -> None:
        """Close what was kept."""
        while self._widgets:
            self._widgets.pop().close()


_KEPT = _Kept()


class LivePanel:
    """Show a run while it goes.

    Used by the cell, and by a program: ``fit(df, target="y", panel=LivePanel())``. What it shows depends on what is
    there: the interactive panel, a picture that is renewed, or lines of text.
    """

    def __init__(self) -> None:
        self._shell: Any = get_ipython()
        self._front: FrontEnd = front_end(self._shell)
        self._ids = {part: f"automl-{part}-{uuid.uuid4().hex[:12]}" for part in ("panel", "line")}
        self._closed = threading.Event()
        self._widget: Any = None
        self._shows_picture = False
        self._why_picture = ""
        self._printed = 0  # trials that had ended when a line was last printed
        self._seen: Seen = NOTHING
        self._importance = ImportanceClock()
        self._insight = InsightTeller()
        self._measure = Measure()
        self._run: Run[Any] | None = None

    def show(self, run: Run[Any]) -> None:
        """Show the run and renew what is shown until `close`."""
        self._run = run
        if self._front == "widgets":
            self._open_widget(run)
        if self._front != "none":
            display({"text/plain": self._line()}, raw=True, display_id=self._ids["line"])
        self._thread = threading.Thread(
            target=bound_to_cell(self._shell, self._renew), name="automl-panel", daemon=True
        )
        self._thread.start()

    def close(self, result: Any = None) -> None:
        """Put the picture in the panel's place and the last line under it."""
        self._closed.set()
        if self._run is None:
            return
        self._thread.join(5)
        line = self._line()
        if self._front == "none":
            print(line)
            return
        self._why_picture = ""
        if self._has_trials():
            self._draw(is_new=self._front == "reader")
        elif self._front == "widgets":
            update_display({"text/plain": "No trial was begun."}, raw=True, display_id=self._ids["panel"])
        self._say(line)
        if self._widget is not None:
            self._push(self._run, is_due=True)
            _KEPT.leave(self._widget)

    # -- what is shown: a race shows something else -----------------------------------------------------------------

    script = "panel.js"

    def _line(self, elapsed: float | None = None) -> str:
        """Return the line under the panel."""
        assert self._run is not None
        return status_line(self._run.history, elapsed)

    def _has_trials(self) -> bool:
        """Whether there is something to draw."""
        return self._run is not None and bool(self._run.history.trials)

    def _ended(self) -> int:
        """Return how many trials have ended."""
        assert self._run is not None
        return sum(trial.state != "running" for trial in self._run.history.trials.values())

    def _picture(self) -> tuple[dict[str, str], dict[str, Any]]:
        """Return the picture with its words, and what a page is told of it."""
        from automl_magic.notebook import charts

        assert self._run is not None
        return charts.bundle(self._run.history)

    def _make_widget(self, run: Any) -> Any:
        """Return the interactive panel."""
        from automl_magic.notebook.widget import PanelWidget

        return PanelWidget(lambda: self._rows(run, NOTHING), lambda message: self._hear(run, message))

    # -- the widget -------------------------------------------------------------------------------------------------

    def _open_widget(self, run: Run[Any]) -> None:
        """Show the widget where it can be heard, else what the picture will take the place of."""
        from automl_magic.notebook.widget import STATIC

        if not (STATIC / self.script).exists() or not can_hear_while_busy(self._shell):
            self._why_picture = DEAF if (STATIC / self.script).exists() else MISSING
            self._shows_picture = True
            display({"text/plain": self._line()}, raw=True, display_id=self._ids["panel"])
            return
        _KEPT.close()
        self._widget = self._make_widget(run)
        self._display_widget(run)

    def _hear(self, run: Run[Any], message: Message) -> list[Row]:
        """Answer a question of the view; pass all else on to the run."""
        if message["kind"] == "describe":
            return list(pipeline_rows(run.history, message["trial"]))
        if message["kind"] == "network":
            return list(drawing_rows(run.history, message["trial"], run.space()))
        if message["kind"] == "insight":
            self._insight.tell(run.history, self._widget.push)
            return []
        return obey(run, message, self._measure)

    def _display_widget(self, run: Run[Any], *, update: bool = False) -> None:
        """Put the widget in its place; its text stands for it where widgets cannot be shown."""
        bundle = self._widget._repr_mimebundle_()
        data = dict(bundle[0] if isinstance(bundle, tuple) else bundle)
        data["text/plain"] = self._line()
        display(data, raw=True, display_id=self._ids["panel"], update=update)

    def _rows(self, run: Run[Any], since: Seen) -> list[Row]:
        return rows(run.history, since, run.elapsed(), lambda history: self._measure.row(history, run.space()))

    def _push(self, run: Run[Any], *, is_due: bool) -> None:
        """Send the rows that changed; the status alone once a second."""
        if self._widget is None or not self._widget.ready.is_set():
            return
        if run.history.version != self._seen.version or is_due:
            until = Seen.of(run.history)
            mattered = self._importance.rows(run.history, time.monotonic(), is_last=self._closed.is_set())
            self._widget.push([*self._rows(run, self._seen), *mattered])
            self._seen = until

    # -- renewing ---------------------------------------------------------------------------------------------------

    def _renew(self) -> None:
        assert self._run is not None
        run = self._run
        begun = renewed = printed = time.monotonic()
        while not self._closed.wait(TICK):
            now = time.monotonic()
            is_due = now - renewed >= RENEWED
            self._push(run, is_due=is_due)
            if self._front != "widgets" and now - printed >= PRINTED:
                printed = now
                self._print(run)
            if is_due:
                renewed = now
                if self._front == "widgets":
                    self._choose(run, waited=now - begun)
                if self._front != "none":
                    self._say(self._line(run.elapsed()))

    def _print(self, run: Run[Any]) -> None:
        """Print a line where nothing can be renewed, if trials have ended since the last one."""
        ended = self._ended()
        if ended != self._printed:
            self._printed = ended
            print(self._line(run.elapsed()), flush=True)

    def _choose(self, run: Run[Any], waited: float) -> None:
        """Show the picture while the widget is silent; put the widget back when it answers after all."""
        answers = self._widget is not None and self._widget.ready.is_set()
        if answers and self._shows_picture:
            self._shows_picture, self._why_picture = False, ""
            self._display_widget(run, update=True)
        elif not answers and (self._shows_picture or waited > PATIENCE):
            self._shows_picture, self._why_picture = True, self._why_picture or SILENT
            if self._has_trials():
                self._draw()

    def _draw(self, *, is_new: bool = False) -> None:
        data, metadata = self._picture()
        display(data, metadata=metadata, raw=True, display_id=self._ids["panel"], update=not is_new)

    def _say(self, line: str) -> None:
        """Renew the line under the panel, and below it why there is a picture instead."""
        text = f"{line}\n{self._why_picture}" if self._why_picture else line
        update_display({"text/plain": text}, raw=True, display_id=self._ids["line"])


def obey(run: Run[Any], message: Message, measure: Measure | None = None) -> list[Row]:
    """Pass a message of the view on to the run; the study decides what comes of it.

    Returns
    -------
    list of Row
        What is to be answered at once: to "check", which asks about a rule that is being typed, and to "copy", which
        asks for the code of the space.
    """
    control = run.control
    if message["kind"] == "copy":
        return [code_row_of(run)]
    if message["kind"] == "check":
        space = run.space()
        return [] if space is None else [(measure or Measure()).check(space, message["text"])]
    if message["kind"] == "stop":
        control.stop()
    elif message["kind"] == "pause":
        control.pause()
    elif message["kind"] == "continue":
        control.proceed()
    elif message["kind"] == "skip":
        control.skip(message["trial"])
    elif message["kind"] == "narrow":
        control.narrow(message["label"], message["low"], message["high"])
    elif message["kind"] == "choose":
        control.choose(message["label"], message["options"])
    elif message["kind"] == "reset":
        control.reset(message["label"])
    elif message["kind"] == "undo":
        control.undo()
    elif message["kind"] == "fix":
        control.fix(message["label"], message["value"])
    elif message["kind"] == "rule":
        control.rule(message["text"])
    elif message["kind"] == "unrule":
        control.unrule(message["text"])
    elif message["kind"] == "add_time":
        control.add_time(message["seconds"])
    elif message["kind"] == "enqueue":
        control.enqueue(message["config"])
    return []


def code_row_of(run: Run[Any]) -> CodeRow:
    """Return the code of the space of a run that is under way."""
    space = run.space()
    text = "" if space is None else of_run(run.history.plan, run.history.about, space)
    said = "The run has ended: best_run.to_cell() puts the code below." if space is None else ""
    return {"kind": "code", "text": text, "run": False, "said": said}
