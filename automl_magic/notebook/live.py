"""The live panel under a cell: shown when the run begins, renewed while it goes, frozen when it ends."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

from IPython import get_ipython
from IPython.display import display, update_display

from automl_magic.notebook import charts
from automl_magic.notebook.frontend import FrontEnd, bind_output, front_end, parent_of
from automl_magic.notebook.protocol import Message
from automl_magic.notebook.rows import NOTHING, Seen, rows, status_line
from automl_magic.running import Run

TICK = 0.1  # seconds between two batches
RENEWED = 1.0  # seconds between two renewals of the line, and of the picture where there is no widget
PATIENCE = 2.0  # seconds that the widget has to answer
PRINTED = 5.0  # seconds between two printed lines where nothing can be renewed
NO_WIDGET = (
    "The live panel did not answer: anywidget and ipywidgets must be installed where the Jupyter server runs too "
    "(pip install anywidget ipywidgets, then reload the page). The picture is renewed each second instead; "
    "end the search with ■."
)


class LivePanel:
    """Show a run while it goes.

    Used by the cell, and by a program: ``fit(df, target="y", panel=LivePanel())``. What it shows depends on what is
    there: the interactive panel, a picture that is renewed, or lines of text.
    """

    def __init__(self) -> None:
        self._shell: Any = get_ipython()
        self._front: FrontEnd = front_end(self._shell)
        self._parent = parent_of(self._shell)
        self._ids = {part: f"automl-{part}-{uuid.uuid4().hex[:12]}" for part in ("panel", "line")}
        self._closed = threading.Event()
        self._widget: Any = None
        self._seen: Seen = NOTHING
        self._run: Run[Any] | None = None

    def show(self, run: Run[Any]) -> None:
        """Show the run and renew what is shown until `close`."""
        self._run = run
        if self._front == "widgets":
            self._open_widget(run)
        if self._front != "none":
            display({"text/plain": status_line(run.history)}, raw=True, display_id=self._ids["line"])
        self._thread = threading.Thread(target=self._renew, name="automl-panel", daemon=True)
        self._thread.start()

    def close(self, result: Any = None) -> None:
        """Put the picture in the panel's place and the last line under it."""
        self._closed.set()
        if self._run is None:
            return
        self._thread.join(5)
        history = self._run.history
        if self._front == "none":
            print(status_line(history))
            return
        update_display({"text/plain": status_line(history)}, raw=True, display_id=self._ids["line"])
        if history.trials:
            self._picture(is_new=self._front == "reader")
        if self._widget is not None:
            self._widget.close()

    def _open_widget(self, run: Run[Any]) -> None:
        """Make the widget and show it; its text stands for it where widgets cannot be shown."""
        from automl_magic.notebook.widget import STATIC, PanelWidget

        if not (STATIC / "panel.js").exists():
            display({"text/plain": status_line(run.history)}, raw=True, display_id=self._ids["panel"])
            return
        self._widget = PanelWidget(
            lambda: rows(run.history, NOTHING, run.elapsed()), lambda message: obey(run, message)
        )
        bundle = self._widget._repr_mimebundle_()
        data = dict(bundle[0] if isinstance(bundle, tuple) else bundle)
        data["text/plain"] = charts.told(run.history)
        display(data, raw=True, display_id=self._ids["panel"])

    def _renew(self) -> None:
        assert self._run is not None
        bind_output(self._shell, self._parent)
        begun = renewed = printed = time.monotonic()
        warned = False
        while not self._closed.wait(TICK):
            now = time.monotonic()
            self._push(is_due=now - renewed >= RENEWED)
            if self._front != "widgets" and now - printed >= PRINTED:
                printed = now
                print(status_line(self._run.history, self._run.elapsed()), flush=True)
            if self._front == "none" or now - renewed < RENEWED:
                continue
            renewed = now
            line = status_line(self._run.history, self._run.elapsed())
            update_display({"text/plain": line}, raw=True, display_id=self._ids["line"])
            silent = self._widget is None or not self._widget.ready.is_set()
            if self._front == "widgets" and silent and now - begun > PATIENCE and self._run.history.trials:
                if not warned:
                    warned = True
                    print(NO_WIDGET, flush=True)
                self._picture()

    def _push(self, is_due: bool) -> None:
        """Send the rows that changed; the status alone once a second."""
        assert self._run is not None
        if self._widget is None or not self._widget.ready.is_set():
            return
        history = self._run.history
        if history.version != self._seen.version or is_due:
            until = Seen.of(history)
            self._widget.push(rows(history, self._seen, self._run.elapsed()))
            self._seen = until

    def _picture(self, is_new: bool = False) -> None:
        assert self._run is not None
        history = self._run.history
        data = {"image/png": charts.as_png(charts.trial_curve(history)), "text/plain": charts.told(history)}
        metadata = {"image/png": {"width": 720, "alt": charts.told(history)}}
        display(data, metadata=metadata, raw=True, display_id=self._ids["panel"], update=not is_new)


def obey(run: Run[Any], message: Message) -> None:
    """Pass a message of the view on to the run; the study decides what comes of it."""
    control = run.control
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
