"""Run tasks in processes that persist, can be killed one by one, and use one thread each."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cloudpickle

from automl_magic.engine.children import Child, folder, paths
from automl_magic.engine.limits import SHORT, MemoryMeter
from automl_magic.engine.memory import room
from automl_magic.engine.nursery import NURSERY
from automl_magic.engine.sharing import SharedObject
from automl_magic.engine.slot import BEGUN, VALUE, reason_of
from automl_magic.engine.tasks import TOO_LONG, Deliver, Failure, FailureKind, Outcome, Task

MEMORY_TICK = 0.1  # seconds between two looks at the memory
LONGEST_SLEEP = 3600.0  # seconds that the watch sleeps when there is nothing to watch
START_SECONDS = 120.0  # a process that has not begun its task after this long, imports included, is given up
ATTEMPTS = 3  # processes that are tried for a task that none of them began


@dataclass
class _Place:
    """A slot: a process, the task that it has, and the sentence passed on it."""

    child: Child | None = None
    task: Task | None = None
    arguments: bytes = b""
    attempts: int = 0
    sent: float = 0.0
    begun: float | None = None
    verdict: tuple[FailureKind, str] | None = None


class ProcessWorkers:
    """Run tasks in `slots` processes.

    Parameters
    ----------
    slots : int
        Number of processes; more than there are processors is allowed.
    memory_mb : int, optional
        A process whose resident memory, with that of its own children, is above this is killed and its task fails.
        Shared data counts for each process that reads it. Whatever the limit, when the machine, or the control group,
        has next to no memory left, the largest process is killed, if it holds a good part of it.
    preload : tuple of str
        Modules that a new process imports before its first task.
    """

    def __init__(self, slots: int, memory_mb: int | None = None, preload: tuple[str, ...] = ()) -> None:
        if slots < 1:
            raise ValueError(f"slots must be at least 1. Got {slots} instead.")
        self.slots = slots
        self._memory_mb, self._preload = memory_mb, preload
        self._changed = threading.Condition(threading.RLock())
        self._places = [_Place() for _ in range(slots)]
        self._shared: SharedObject | None = None
        self._meter = MemoryMeter()

    def open(self, evaluator: Any, deliver: Deliver) -> None:
        """Write the evaluator to a private file, have the processes read it, and start watching limits.

        Raises
        ------
        AutoMLError
            If the evaluator cannot be pickled.
        OSError
            If it cannot be written.
        """
        if self._shared is not None:
            raise RuntimeError("these workers are open already")
        self._deliver = deliver
        self._shared = SharedObject(evaluator)
        NURSERY.warm_up(self.slots, self._preload)
        with self._changed:
            for place in self._places:
                self._staff(place)
        threading.Thread(target=self._watch, name="automl-watch", daemon=True).start()

    def submit(self, task: Task) -> None:
        """Start a task in an idle process.

        Raises
        ------
        RuntimeError
            If every slot is busy, or the workers are not open.
        """
        arguments = _pickled(task.arguments)
        with self._changed:
            place = next((place for place in self._places if place.task is None), None)
            if place is None or self._shared is None:
                raise RuntimeError("every slot is busy" if self._shared is not None else "these workers are not open")
            place.task, place.arguments, place.attempts, place.verdict = task, arguments, 0, None
        self._start(place, task)

    def cancel(self, key: int) -> None:
        """Kill the process of a task."""
        with self._changed:
            for place in self._places:
                if place.task is not None and place.task.key == key:
                    _condemn(place, "cancelled", "it was cancelled")

    def close(self) -> None:
        """Kill what runs, keep idle processes for the next run, and remove the shared file."""
        with self._changed:
            shared, self._shared = self._shared, None
            idle = [place.child for place in self._places if place.child is not None and place.task is None]
            busy = [place.child for place in self._places if place.child is not None and place.task is not None]
            for place in self._places:
                place.child = place.task = None
            self._changed.notify_all()
        for child in busy:
            child.kill()
        for child in idle:
            NURSERY.give_back(child, keep=self.slots + 1)
        if shared is not None:
            shared.close()

    def _staff(self, place: _Place, fresh: bool = False) -> None:
        """Give a slot without a process one, and have it read the evaluator; call it under the lock."""
        if place.child is not None or self._shared is None:
            return
        child = NURSERY.take(self._preload, fresh)
        place.child = child
        child.send("share", str(self._shared.file), folder(), paths())
        child.listen_to(lambda frame: self._hear(place, child, frame))

    def _start(self, place: _Place, task: Task) -> None:
        """Send a task to the slot's process."""
        with self._changed:
            if place.task is not task:
                return
            attempt = place.attempts = place.attempts + 1
            place.sent, place.begun = time.monotonic(), None
            try:
                self._staff(place, fresh=attempt > 1)
            except (OSError, RuntimeError) as error:
                place.task = None
                self._deliver(Outcome(task.key, None, Failure("died", f"no process could be started ({error})"), 0.0))
                return
            if place.attempts != attempt:  # that process was dead already, and the next has the task
                return
            child = place.child
            self._changed.notify_all()
        if child is not None:
            child.call(task.method, place.arguments)

    def _hear(self, place: _Place, child: Child, frame: bytes | None) -> None:
        """Turn an answer, or the end of the process, into an outcome."""
        with self._changed:
            if place.child is not child:
                return
            task, begun, verdict = place.task, place.begun, place.verdict
            if frame == BEGUN:
                place.begun = time.monotonic()
                self._changed.notify_all()
                return
            if frame is None:
                place.child = None
            again = frame is None and begun is None and verdict is None and place.attempts < ATTEMPTS
            if not again:
                place.task = None
        if task is None:  # it died idle
            NURSERY.warm_up(1, self._preload)
            return
        if again:  # it died, perhaps long ago, without touching the task
            self._start(place, task)
            return
        seconds = 0.0 if begun is None else time.monotonic() - begun
        if frame is None:
            kind, reason = verdict or ("died", child.ending())
            outcome = Outcome(task.key, None, Failure(kind, reason, child.last_words()), seconds)
        else:
            outcome = Outcome(task.key, *_opened(frame), seconds)
        self._finish(outcome)

    def _finish(self, outcome: Outcome) -> None:
        """Deliver an outcome, and keep one more process warm, ready to stand in for one that is killed."""
        with self._changed:
            if self._shared is None:
                return
        self._deliver(outcome)
        NURSERY.warm_up(1, self._preload)

    def _watch(self) -> None:
        """Kill what passes a limit, as long as the workers are open; sleep as long as nothing can."""
        with self._changed:
            mine = self._shared
            while self._shared is mine:
                busy = [place for place in self._places if place.task is not None and place.child is not None]
                ends = [_deadline(place) for place in busy]
                for place, (end, reason) in zip(busy, ends, strict=True):
                    if time.monotonic() >= end:
                        _condemn(place, "timeout", reason)
                waits = [end - time.monotonic() for end, _ in ends if end > time.monotonic()]
                if busy:
                    self._weigh(busy)
                    waits.append(MEMORY_TICK)
                self._changed.wait(max(0.0, min(waits, default=LONGEST_SLEEP)))

    def _weigh(self, busy: list[_Place]) -> None:
        """Condemn the places whose processes use too much memory; the lock is free while they are measured.

        One is killed at a time when memory runs short: what it held is free at the next look.
        """
        held = {place.child.pid: (place, place.child) for place in busy if place.child is not None}
        self._changed.release()
        try:
            free, all_mb = room()
            is_short = free < SHORT * all_mb
            used = self._meter.used_mb(list(held)) if is_short or self._memory_mb is not None else {}
        finally:
            self._changed.acquire()
        held = {pid: pair for pid, pair in held.items() if pair[0].child is pair[1] and pair[0].verdict is None}
        for pid, mb in used.items():
            if self._memory_mb is not None and mb > self._memory_mb and pid in held:
                _condemn(held[pid][0], "memory", f"it used {mb:.0f} MB of memory; its limit was {self._memory_mb} MB")
        largest = max(held, key=lambda pid: used.get(pid, 0.0), default=None)
        is_dying = any(place.verdict is not None for place in busy)  # what it held is about to be free
        if is_short and not is_dying and largest is not None and used[largest] > all_mb / (2 * self.slots):
            reason = f"memory ran short ({free:.0f} of {all_mb:.0f} MB were free) and it used the most: "
            _condemn(held[largest][0], "memory", reason + f"{used[largest]:.0f} MB")


def _condemn(place: _Place, kind: FailureKind, reason: str) -> None:
    """Kill the process of a busy place; the first sentence stands."""
    if place.verdict is None and place.child is not None and place.task is not None:
        place.verdict = (kind, reason)
        place.child.kill()


def _deadline(place: _Place) -> tuple[float, str]:
    """Return when the task of a place is to be killed, and why."""
    if place.begun is None:
        return place.sent + START_SECONDS, f"its process had not begun after {START_SECONDS:g} s"
    limit = None if place.task is None else place.task.seconds
    if limit is None:
        return time.monotonic() + LONGEST_SLEEP, ""
    return place.begun + limit, f"{TOO_LONG} of {limit:g} s"


def _pickled(arguments: Mapping[str, Any]) -> bytes:
    content: bytes = cloudpickle.dumps(dict(arguments))
    return content


def _opened(answer: bytes) -> tuple[Any, Failure | None]:
    """Return the value or the failure that an answer holds."""
    try:
        content = pickle.loads(memoryview(answer)[1:])
    except BaseException as error:  # a value whose class cannot be made here; what it calls may even end a program
        return None, Failure("error", f"the result cannot be read back: {reason_of(error)}")
    return (content, None) if answer[:1] == VALUE else (None, Failure("error", *content))
