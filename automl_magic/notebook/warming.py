"""Import what the first search needs in the background, between a person's cells and never beside one.

Two threads that import one package from different ends wait for each other; rather than for ever, Python then lets one
of them go on with a module that is only half there. So the thread begins when the cell that loads the magic has ended,
and the next cell waits for it: what it waits for, it mostly needs.
"""

from __future__ import annotations

import contextlib
import importlib
import threading
from typing import Any

NAME = "automl-warm"
WARMED = (
    "anywidget",
    "automl_magic.table_run",
    "automl_magic.finish",
    "automl_magic.notebook.widget",
    "automl_magic.notebook.charts",
    "hyperopt",
)


class Warming:
    """Begin after the cell that is running, or the next one where none is; hold the one after it."""

    def __init__(self, shell: Any) -> None:
        self._events = shell.events
        self._thread = threading.Thread(target=_import_all, name=NAME, daemon=True)
        self._events.register("post_run_cell", self._begin)

    def _begin(self, *given: Any) -> None:
        self._events.unregister("post_run_cell", self._begin)
        self._thread.start()
        self._events.register("pre_run_cell", self._wait)

    def _wait(self, *given: Any) -> None:
        self._events.unregister("pre_run_cell", self._wait)
        self._thread.join()

    def close(self) -> None:
        """Begin no more, and hold no cell."""
        for event, callback in (("post_run_cell", self._begin), ("pre_run_cell", self._wait)):
            with contextlib.suppress(ValueError):  # it is not registered any more, or not yet
                self._events.unregister(event, callback)


def _import_all() -> None:
    """Import everything. No process, no file."""
    for name in WARMED:
        with contextlib.suppress(ImportError, OSError):  # what is missing is named when it is needed
            importlib.import_module(name)
