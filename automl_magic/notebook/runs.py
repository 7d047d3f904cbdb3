"""The runs of this kernel: the current one, and those that ended, by name."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from automl_magic.errors import OptionError

if TYPE_CHECKING:
    from automl_magic.running import Run


class Runs:
    """Remember runs in the order of their start."""

    def __init__(self) -> None:
        self._runs: dict[str, Run[Any]] = {}
        self._followers: dict[str, threading.Thread] = {}

    def add(self, run: Run[Any]) -> None:
        """Remember a run."""
        self._runs[run.name] = run

    def follow(self, run: Run[Any], follower: threading.Thread) -> None:
        """Remember the thread that binds the result of a run in the background."""
        self._followers[run.name] = follower

    def running(self) -> Run[Any] | None:
        """Return the run that is under way, or None."""
        return next((run for run in reversed(self._runs.values()) if not run.done.is_set()), None)

    def under_way(self) -> Run[Any]:
        """Return the run that is under way.

        Raises
        ------
        OptionError
            If there is none.
        """
        run = self.running()
        if run is None:
            raise OptionError("No run is under way.", "%automl runs lists those that ended.")
        return run

    def last(self) -> Run[Any]:
        """Return the run that is under way, else the last one.

        Raises
        ------
        OptionError
            If there was none.
        """
        if not self._runs:
            raise OptionError("There is no run in this kernel yet.", "%automl demo puts a ready cell below.")
        return self.running() or next(reversed(self._runs.values()))

    def need_none(self, patience: float = 20.0) -> None:
        """Raise an OptionError while a run is under way: one at a time.

        One that was stopped, or has searched to its end, is waited for, at most `patience` seconds: the person who left
        its cell by an interrupt and begins the next run cannot know that it is not over yet.
        """
        run = self.running()
        if run is not None and run.history.status in ("stopping", "ended"):
            run.done.wait(patience)
        if run is not None and not run.done.is_set():
            raise OptionError(
                f'The run "{run.name}" is still under way.',
                "%automl status shows it, %automl stop ends it and keeps its best.",
            )

    def stop(self, patience: float = 10.0) -> Run[Any]:
        """Stop the run that is under way and wait until its result is bound, at most `patience` seconds."""
        run = self.under_way()
        run.control.stop()
        run.done.wait(patience)
        if run.name in self._followers:
            self._followers[run.name].join(patience)
        return run

    def told(self) -> str:
        """Return one line for each run."""
        return "\n".join(f"{name}: {line_of(run)}" for name, run in self._runs.items()) or "No run yet."


def line_of(run: Any, elapsed: float | None = None) -> str:
    """Return one plain sentence on where a run, or a race, stands."""
    from automl_magic.notebook.rows import status_line

    return str(run.line()) if hasattr(run, "so_far") else status_line(run.history, elapsed)
