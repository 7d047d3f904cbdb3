"""The panel's widget: batches of rows to the view, checked messages back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget

from automl_magic.notebook.frontend import hear_while_busy
from automl_magic.notebook.protocol import Message, Row, parse_message

STATIC = Path(__file__).parent / "static"


def text_of(name: str) -> str:
    """Return a part of the bundle; an empty string where it is missing."""
    file = STATIC / name
    return file.read_text(encoding="utf-8") if file.is_file() else ""


class PanelWidget(anywidget.AnyWidget):
    """Show a run. It keeps no rows: the view asks for what it missed.

    Attributes
    ----------
    ready : threading.Event
        Set when a view has said that it is there.
    views : int
        How many views have begun; more than one where a page was opened anew.
    """

    _esm = text_of("panel.js")  # of a path anywidget would keep each widget for as long as the kernel lives
    _css = text_of("panel.css")

    def __init__(self, all_rows: Callable[[], list[Row]], hear: Callable[[Message], list[Row] | None]) -> None:
        super().__init__(
            layout={"width": "100%"}
        )  # in an HBox it would have none: its width does not hang on its parts
        self.ready = threading.Event()
        self.views = 0
        self._all_rows, self._hear = all_rows, hear
        self._sending = threading.RLock()
        self._seq = 0
        self.on_msg(self._receive)
        hear_while_busy(self)

    def push(self, rows: list[Row]) -> None:
        """Send rows to the view, if there is one."""
        if not self.ready.is_set() or self.comm is None:
            return
        with self._sending:
            self._seq += 1
            self.send({"rows": rows, "seq": self._seq})

    def close(self) -> None:
        """Take the widget and its layout, a model of its own, from the front end, and let the run go."""
        layout = self.layout
        super().close()
        layout.close()
        self._all_rows, self._hear = list, _nothing

    def _receive(self, _: Any, content: Any, buffers: Any) -> None:
        """Take a message of the view; what is none of ours is dropped."""
        message = parse_message(content)
        if message is None:
            return
        if message["kind"] == "ready":
            self.ready.set()
            self.views += message["have"] == 0
            with self._sending:  # so that no newer row is sent between making these and sending them
                self.push(self._all_rows())
        else:
            answer = self._hear(message)
            if answer:
                self.push(answer)


def _nothing(message: Message) -> None:
    """Hear what comes when all is over."""
