"""Keep the events of a run: in memory always, in its journal as long as the disk takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

from automl_magic.engine.events import Event, Note, RunEnded, RunResumed, RunStarted, SpaceChanged, TrialEnded
from automl_magic.engine.history import History
from automl_magic.engine.journal import Journal

SYNCED = (RunStarted, TrialEnded, SpaceChanged, RunResumed, RunEnded)  # acknowledged only when they are on the disk


class Recorder:
    """Write each event to the run's journal; when the disk refuses one, say so once and go on in memory.

    Parameters
    ----------
    folder : Path
        The run's folder.
    history : History
        Told of the note that says why nothing is written any more.
    journal : Journal, optional
        One that is open already, of a run that is resumed.
    past : sequence of Event
        What it holds.

    Attributes
    ----------
    events : list of Event
        What was kept.
    """

    def __init__(
        self, folder: Path, history: History, journal: Journal | None = None, past: Sequence[Event] = ()
    ) -> None:
        self.events: list[Event] = list(past)
        self._history = history
        self._folder = folder
        self._journal = journal
        self._lost: OSError | None = None

    def __enter__(self) -> Recorder:
        if self._journal is None:
            try:
                self._journal = Journal(self._folder / "journal.jsonl")
            except OSError as error:
                self._lost = error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._journal is not None:
            self._journal.close()

    def keep(self, event: Event) -> None:
        """Write one event."""
        self.events.append(event)
        if self._journal is not None:
            try:
                self._journal.append(event, sync=isinstance(event, SYNCED))
            except OSError as error:
                self._journal.close()
                self._journal, self._lost = None, error
        if self._lost is not None and not isinstance(event, RunEnded):
            self._say_lost(event.at)

    def keep_all(self, notes: Iterable[Note]) -> None:
        """Apply notes to the history and write them."""
        for note in notes:
            self._history.apply(note)
            self.keep(note)

    def _say_lost(self, at: float) -> None:
        why = self._lost.strerror if self._lost is not None else ""
        self._lost = None
        self.keep_all(
            [
                Note(
                    f"The record of the run can no longer be written to {self._folder} ({why}). The run goes on in "
                    "memory: it cannot be resumed after a crash. Free some space, or work in another folder.",
                    "warning",
                    at,
                )
            ]
        )
