"""Where trials run: in processes that can be killed, or in this one."""

from __future__ import annotations

import contextlib
import pickle
import shutil
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from automl_magic.engine.children import NURSERY, Child
from automl_magic.engine.sharing import write_shared
from automl_magic.engine.slot import reason_of

FailureKind: TypeAlias = Literal["error", "died", "timeout", "cancelled", "memory"]
TICK = 0.1  # seconds between two looks at limits


@dataclass(frozen=True)
class Task:
    """A call of a method of the shared evaluator; `seconds` is its limit."""

    key: int
    method: str
    arguments: Mapping[str, Any]
    seconds: float | None = None


@dataclass(frozen=True)
class Failure:
    """Why a task brought no value, in words."""

    kind: FailureKind
    reason: str
    traceback: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of a task."""

    key: int
    value: Any
    failure: Failure | None
    seconds: float


Deliver: TypeAlias = Callable[[Outcome], None]


class Workers(Protocol):
    """Run tasks; outcomes are delivered from any thread, one for each task that was submitted and not closed."""

    slots: int

    def open(self, evaluator: Any, deliver: Deliver) -> None:
        """Share the evaluator and say where outcomes go."""

    def submit(self, task: Task) -> None:
        """Start a task; never more than `slots` at once."""

    def cancel(self, key: int) -> None:
        """Kill a task; its outcome is the failure "cancelled"."""

    def close(self) -> None:
        """Kill what runs; deliver nothing more."""


class InProcess:
    """Run each task at once, in the calling thread; nothing can be killed."""

    slots = 1

    def open(self, evaluator: Any, deliver: Deliver) -> None:
        """Keep the evaluator."""
        self._evaluator, self._deliver = evaluator, deliver

    def submit(self, task: Task) -> None:
        """Run the task and deliver its outcome."""
        begun = time.monotonic()
        value, failure = None, None
        try:
            value = getattr(self._evaluator, task.method)(**task.arguments)
        except (Exception, SystemExit) as error:
            failure = Failure("error", reason_of(error), traceback.format_exc()[-4000:])
        self._deliver(Outcome(task.key, value, failure, time.monotonic() - begun))

    def cancel(self, key: int) -> None:
        """Do nothing: a task has ended when `submit` returns."""

    def close(self) -> None:
        """Let the evaluator go."""
        self._evaluator = None


@dataclass
class _Slot:
    """A place for one task at a time."""

    child: Child | None = None
    task: Task | None = None
    begun: float = 0.0
    verdict: tuple[FailureKind, str] | None = None


class ProcessWorkers:
    """Run tasks in `slots` processes that persist, can be killed one by one, and use one thread each.

    Parameters
    ----------
    slots : int
        Number of processes.
    memory_mb : int, optional
        A process above this resident size is killed and its task fails.
    preload : tuple of str
        Modules that a new process imports before its first task.
    """

    def __init__(self, slots: int, memory_mb: int | None = None, preload: tuple[str, ...] = ()) -> None:
        self.slots = slots
        self._memory_mb, self._preload = memory_mb, preload
        self._lock = threading.RLock()
        self._places = [_Slot() for _ in range(slots)]
        self._closed = threading.Event()

    def open(self, evaluator: Any, deliver: Deliver) -> None:
        """Write the evaluator to a private file for the processes to map, and start watching limits."""
        self._deliver = deliver
        self._folder = Path(tempfile.mkdtemp(prefix="automl-share-"))
        self._file = self._folder / "evaluator"
        write_shared(evaluator, self._file)
        NURSERY.warm_up(self.slots, self._preload)
        threading.Thread(target=self._watch, name="automl-watch", daemon=True).start()

    def submit(self, task: Task) -> None:
        """Start a task in an idle process.

        Raises
        ------
        RuntimeError
            If every slot is busy.
        """
        with self._lock:
            place = next((place for place in self._places if place.task is None), None)
            if place is None:
                raise RuntimeError("every slot is busy")
            place.task, place.begun, place.verdict = task, time.monotonic(), None
            child = place.child
            if child is None or not child.is_alive:
                child = place.child = NURSERY.take(self._preload)
            child.hear = lambda frame: self._hear(place, child, frame)
            if not child.is_alive:  # it died between being taken and being heard: nobody else will tell
                self._hear(place, child, None)
                return
        if child.shared != str(self._file):
            child.send("share", str(self._file))
            child.shared = str(self._file)
        child.send("call", task.method, _pickled(task.arguments))

    def cancel(self, key: int) -> None:
        """Kill the process of a task."""
        with self._lock:
            for place in self._places:
                if place.task is not None and place.task.key == key:
                    self._kill(place, "cancelled", "it was cancelled")

    def close(self) -> None:
        """Kill what runs; keep idle processes, and warm up others in the place of the killed, for the next run."""
        self._closed.set()
        with self._lock:
            for place in self._places:
                child, place.child = place.child, None
                if child is None:
                    continue
                if place.task is None and child.is_alive:
                    NURSERY.give_back(child)
                else:
                    place.task = None
                    child.kill()
        NURSERY.warm_up(self.slots, self._preload)
        if hasattr(self, "_folder"):
            shutil.rmtree(self._folder, ignore_errors=True)

    def _kill(self, place: _Slot, kind: FailureKind, reason: str) -> None:
        if place.verdict is None and place.child is not None:
            place.verdict = (kind, reason)
            place.child.kill()

    def _hear(self, place: _Slot, child: Child, frame: bytes | None) -> None:
        """Turn an answer, or the end of the process, into an outcome."""
        with self._lock:
            if place.child is not child:
                return
            task, begun, verdict = place.task, place.begun, place.verdict
            place.task = None
            if frame is None:
                place.child = None
        if task is None or self._closed.is_set():
            return
        value, failure = None, None
        if frame is None:
            kind, reason = verdict or ("died", child.ending())
            failure = Failure(kind, reason)
            NURSERY.warm_up(1, self._preload)
        else:
            value, failure = _opened(frame)
        self._deliver(Outcome(task.key, value, failure, time.monotonic() - begun))

    def _watch(self) -> None:
        while not self._closed.wait(TICK):
            with self._lock:
                busy = [place for place in self._places if place.task is not None]
                for place in busy:
                    limit = place.task.seconds if place.task is not None else None
                    if limit is not None and time.monotonic() - place.begun > limit:
                        self._kill(place, "timeout", f"it took longer than its limit of {limit:g} s")
            if self._memory_mb is not None:
                for place in busy:
                    self._watch_memory(place)

    def _watch_memory(self, place: _Slot) -> None:
        child = place.child
        used = 0.0 if child is None else _resident_mb(child.process.pid)
        if self._memory_mb is not None and used > self._memory_mb:
            with self._lock:
                if place.child is child:
                    self._kill(
                        place, "memory", f"it used {used:.0f} MB of memory, more than its limit of {self._memory_mb} MB"
                    )


def _pickled(arguments: Mapping[str, Any]) -> bytes:
    import cloudpickle

    content: bytes = cloudpickle.dumps(dict(arguments))
    return content


def _opened(frame: bytes) -> tuple[Any, Failure | None]:
    """Return the value or the failure that an answer holds."""
    try:
        kind, *rest = pickle.loads(frame)
    except Exception as error:  # a value whose class cannot be made here
        return None, Failure("error", f"its result cannot be read back ({reason_of(error)})")
    return (rest[0], None) if kind == "value" else (None, Failure("error", rest[0], rest[1]))


def _resident_mb(pid: int) -> float:
    """Return the resident memory of a process and its children."""
    import psutil

    used = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                used += one.memory_info().rss
    return used / 2**20


def warm_up(slots: int, preload: tuple[str, ...] = ()) -> None:
    """Start processes in the background, so that the first tasks find them warm."""
    NURSERY.warm_up(slots, preload)
