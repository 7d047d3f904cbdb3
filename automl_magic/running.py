"""A run in its own thread: it drives the study, keeps the record, and has the result at its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from automl_magic.engine.control import Control
from automl_magic.engine.events import Event, Finding, FoldScored, Note, TrialEnded, TrialStarted
from automl_magic.engine.history import History
from automl_magic.engine.journal import Journal
from automl_magic.engine.space import SearchSpace
from automl_magic.engine.spare import SPARE, drop_spare
from automl_magic.engine.study import Study
from automl_magic.folder import drop_lower, drop_models
from automl_magic.plan import Plan
from automl_magic.record import Recorder

R = TypeVar("R")
FULL = (
    "{folder} takes no more files: the models of this run are kept in memory until it ends. Free some space, or work "
    "in another folder."
)


class UnderWay(Generic[R]):
    """Something that goes on in a thread of its own and has a result at its end.

    Attributes
    ----------
    control : object with stop(who, why)
        The way to stop it.
    done : threading.Event
        Set when the result, or the error, is there.
    hurried : threading.Event
        Set when nothing may be computed any more that is only to be said.
    """

    name: str
    control: Any

    def __init__(self) -> None:
        self.done = threading.Event()
        self.hurried = threading.Event()
        self._result: R | None = None
        self._error: BaseException | None = None

    def result(self, timeout: float | None = None) -> R:
        """Wait for the end and return the result.

        Raises
        ------
        TimeoutError
            If it is not there after `timeout` seconds.
        AutoMLError
            What ended the run, if it ended without a result.
        """
        if not self.done.wait(timeout):
            raise TimeoutError(f"The run {self.name} is still going after {timeout:g} s.")
        if self._error is not None:
            raise self._error
        assert self._result is not None
        return self._result

    def wait(self) -> R:
        """Wait for the end.

        The first interrupt stops the run softly and the best is returned; the second leaves out what is only computed
        to be said (the corrected score); a third one is raised.
        """
        interrupts = 0
        while not self.done.is_set():
            try:
                self.done.wait(0.1)
            except KeyboardInterrupt:
                interrupts += 1
                if interrupts == 1:
                    self.control.stop(who="you", why="interrupted")
                elif interrupts == 2:
                    self.hurried.set()
                else:
                    raise
        return self.result()


class Run(UnderWay[R]):
    """A search that is under way.

    Attributes
    ----------
    name : str
        The run's name.
    plan : Plan
        What it does.
    history : History
        What is known so far; any thread may read it.
    control : Control
        The way to stop, pause and steer it.
    done : threading.Event
        Set when the result, or the error, is there.
    hurried : threading.Event
        Set when nothing may be computed any more that is only to be said.

    Parameters
    ----------
    study, plan, folder, notes, finish, journal
        What drives it, what it does, where its record lies, what is said at first, what makes the result, and the
        record of a run that goes on.
    found : callable
        Asked whenever a trial has started: returns what has been found out meanwhile, or None.
    """

    def __init__(
        self,
        study: Study,
        plan: Plan,
        folder: Path,
        notes: tuple[Note, ...],
        finish: Callable[[Run[R]], R],
        journal: Journal | None = None,
        found: Callable[[], Finding | None] = lambda: None,
    ) -> None:
        super().__init__()
        self.name, self.plan, self.folder = study.name, plan, folder
        self.history: History = study.history
        self.control: Control = study.control
        self._recorder = Recorder(folder, study.history, journal, study.past)
        self._study: Study | None = study
        self._finish: Callable[[Run[R]], R] | None = finish
        self._notes, self._found = notes, found
        self._seconds = 0.0
        study.keep = self._recorder.keep
        study.is_hurried = self.hurried.is_set
        self._thread = threading.Thread(target=self._work, name=f"automl-{self.name}", daemon=True)

    @property
    def events(self) -> list[Event]:
        """What has happened so far."""
        return self._recorder.events

    def start(self) -> Run[R]:
        """Begin; return at once."""
        self._thread.start()
        return self

    def elapsed(self) -> float:
        """Return the seconds on the run's clock."""
        study = self._study
        return self._seconds if study is None else study.elapsed()

    def space(self) -> SearchSpace | None:
        """Return the space as it may be tried now; None when the run has ended. Any thread may ask."""
        study = self._study
        return None if study is None else study.space

    def left(self) -> float:
        """Return the seconds left for what is computed to be said: none in a hurry, endless without a limit."""
        left = None if self._study is None else self._study.left()
        return 0.0 if self.hurried.is_set() else float("inf") if left is None else left

    def keep(self, finding: Finding) -> None:
        """Take what was worked out of the result into the history and the record."""
        self.history.apply(finding)
        self._recorder.keep(finding)

    def _work(self) -> None:
        assert self._study is not None and self._finish is not None
        try:
            with self._recorder:
                self._record(self._study)
                self._result = self._finish(self)
        except BaseException as error:  # it is raised again by result(), in the caller's thread
            self._error = error
        finally:
            self._seconds = self._study.elapsed()
            drop_spare(self.folder)
            self._study = self._finish = None  # a run that has ended holds no data: the kernel remembers every run
            self.done.set()

    def _record(self, study: Study) -> None:
        said_spare, gone = False, set[tuple[int, int]]()
        for event in study.events():
            if not isinstance(event, TrialEnded) and self._notes:
                self._recorder.keep_all(self._notes)
                self._notes = ()
            if isinstance(event, FoldScored) and not said_spare and _is_spare(event):
                said_spare = True
                self._recorder.keep_all([Note(FULL.format(folder=self.folder), "warning", event.at)])
            if isinstance(event, TrialStarted) and (finding := self._found()) is not None:
                self.keep(finding)
            if isinstance(event, FoldScored) and event.rung > 0:
                drop_lower(self.folder, self.history.trial(event.trial))
            if isinstance(event, TrialEnded):
                drop_models(self.folder, self.history, gone=gone)


def _is_spare(event: FoldScored) -> bool:
    return any(artefact.path.startswith(f"{SPARE}/") for artefact in event.result.artefacts.values())
