"""A real IPython shell for the tests of the magic: cells are run as a person would, errors are given back."""

from __future__ import annotations

import atexit
import contextlib
import io
from typing import Any

from IPython.core.interactiveshell import InteractiveShell


class Cells:
    """Run cells in a shell of its own.

    Attributes
    ----------
    names : dict
        The user's variables.
    """

    def __init__(self) -> None:
        self.shell = InteractiveShell()
        self.names: dict[str, Any] = self.shell.user_ns
        self.inputs: list[str] = []
        self.shell.set_next_input = lambda text, replace=False: self.inputs.append(text)
        self.shell.run_line_magic("load_ext", "automl_magic")

    def run(self, cell: str) -> tuple[Any, str]:
        """Run a cell; return its error (or None) and what was printed."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            done = self.shell.run_cell(cell)
        return done.error_in_exec or done.error_before_exec, printed.getvalue()

    def ok(self, cell: str) -> str:
        """Run a cell that must not fail; return what was printed."""
        error, printed = self.run(cell)
        assert error is None, printed
        return printed

    def close(self) -> None:
        """Take the magic out again, and leave nothing to be done at the end of hundreds of tests: a second for each."""
        self.shell.run_line_magic("unload_ext", "automl_magic")
        atexit.unregister(self.shell.atexit_operations)
        history = self.shell.history_manager
        if getattr(history, "save_thread", None) is not None:
            history.save_thread.stop()
