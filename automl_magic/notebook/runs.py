"""The runs of this kernel: the current one, and those that ended, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automl_magic.errors import OptionError

if TYPE_CHECKING:
    from automl_magic.running import Run


class Runs:
    """Remember runs in the order of their start."""

    def __init__(self) -> None:
        self._runs: dict[str, Run[Any]] = {}

    def add(self, run: Run[Any]) -> None:
        """Remember a run."""
        self._runs[run.name] = run

    def running(self) -> Run[Any] | None:
        """Return the run that is under way, or None."""
        return next((run for run in reversed(self._runs.values()) if not run.done.is_set()), None)

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

    def need_none(self) -> None:
        """Raise an OptionError while a run is under way: one at a time."""
        run = self.running()
        if run is not None:
            raise OptionError(
                f'The run "{run.name}" is still under way.',
                "%automl status shows it, %automl stop ends it and keeps its best.",
            )

    def told(self) -> str:
        """Return one line for each run."""
        from automl_magic.notebook.rows import status_line

        return "\n".join(f"{name}: {status_line(run.history)}" for name, run in self._runs.items()) or "No run yet."
