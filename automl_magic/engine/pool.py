"""Several studies on the same workers: each has a lane of its own, and the lane that had least is served next."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from automl_magic.engine.slot import reason_of, trace_of
from automl_magic.engine.tasks import Deliver, Failure, Outcome, Task
from automl_magic.engine.workers import Workers


@dataclass(frozen=True)
class Together:
    """The evaluators of all lanes as one; a table that several of them hold is shared once."""

    evaluators: tuple[Any, ...]

    @property
    def told(self) -> tuple[Any, ...]:
        """What a failure may say."""
        return tuple(part for evaluator in self.evaluators for part in getattr(evaluator, "told", ()))

    def evaluate(self, *, lane: int, **arguments: Any) -> Any:
        """Have the evaluator of a lane do it."""
        return self.evaluators[lane].evaluate(**arguments)


@dataclass(eq=False)
class _Given:
    """A task that the workers have."""

    lane: Lane
    task: Task
    begun: float
    is_cancelled: bool = False


class Lane:
    """The workers as one study sees them. It may hand over `slots` tasks at once; they wait for their turn."""

    def __init__(self, pool: Pool, place: int) -> None:
        self.slots = pool.slots
        self.place = place
        self.given = 0  # tasks that the workers were given
        self.seconds = 0.0  # of those that have ended
        self.waiting: deque[Task] = deque()
        self.deliver: Deliver | None = None
        self._pool = pool

    def open(self, evaluator: Any, deliver: Deliver) -> None:
        """Say where outcomes go; the pool has the evaluator already."""
        self.deliver = deliver

    def submit(self, task: Task) -> None:
        """Put a task in the lane's queue."""
        self._pool.add(self, task)

    def cancel(self, key: int) -> None:
        """Take a task out of the queue, or kill it; its outcome is the failure "cancelled"."""
        self._pool.cancel(self, key)

    def close(self) -> None:
        """Kill what the lane has running; deliver nothing more."""
        self._pool.leave(self)


@dataclass(eq=False)
class Pool:
    """Give the tasks of several lanes to the same workers, fairly.

    Parameters
    ----------
    workers : Workers
        They are opened and closed by the pool.
    by_seconds : bool
        The next task is that of the lane which has used the fewest seconds; else, of the one that was given the
        fewest tasks. Under a budget of trials it changes nothing but the order: each study makes the trials that it
        would make alone.
    """

    workers: Workers
    by_seconds: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition, init=False)
    _lanes: list[Lane] = field(default_factory=list, init=False)
    _given: dict[int, _Given] = field(default_factory=dict, init=False)
    _keys: int = field(default=0, init=False)
    _closed: bool = field(default=False, init=False)

    @property
    def slots(self) -> int:
        """Tasks that run at once."""
        return self.workers.slots

    def open(self, evaluators: Sequence[Any]) -> None:
        """Share the evaluators, one for each lane, and begin to give out tasks.

        Raises
        ------
        AutoMLError, OSError
            As of the workers.
        """
        self._lanes = [Lane(self, place) for place in range(len(evaluators))]
        self.workers.open(Together(tuple(evaluators)), self._take)
        self._thread = threading.Thread(target=self._give_out, name="automl-pool", daemon=True)
        self._thread.start()

    def lane(self, place: int) -> Lane:
        """Return the workers of the study that has the evaluator `place`."""
        return self._lanes[place]

    def close(self) -> None:
        """Kill what runs and let the workers go."""
        with self._changed:
            self._closed = True
            for lane in self._lanes:
                lane.deliver = None
                lane.waiting.clear()
            self._changed.notify_all()
        self.workers.close()

    # -- what lanes ask for -----------------------------------------------------------------------------------------

    def add(self, lane: Lane, task: Task) -> None:
        """Queue a task."""
        with self._changed:
            lane.waiting.append(task)
            self._changed.notify_all()

    def cancel(self, lane: Lane, key: int) -> None:
        """Cancel a task, queued or running."""
        with self._changed:
            queued = next((task for task in lane.waiting if task.key == key), None)
            if queued is not None:
                lane.waiting.remove(queued)
            running = self._mark(lane, key)
            deliver = lane.deliver
        if queued is not None and deliver is not None:
            deliver(Outcome(key, None, Failure("cancelled", "it was cancelled"), 0.0))
        for own in running:
            self.workers.cancel(own)

    def leave(self, lane: Lane) -> None:
        """Forget a lane's queue and kill what it has running."""
        with self._changed:
            lane.deliver = None
            lane.waiting.clear()
            running = self._mark(lane)
        for own in running:
            self.workers.cancel(own)

    def _mark(self, lane: Lane, key: int | None = None) -> list[int]:
        """Mark a lane's running tasks, or one of them, as cancelled; return their keys among the workers."""
        mine = [own for own, given in self._given.items() if given.lane is lane and key in (None, given.task.key)]
        for own in mine:
            self._given[own].is_cancelled = True
        return mine

    # -- the workers' side ------------------------------------------------------------------------------------------

    def _give_out(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (lane := self._next()) is None:
                    self._changed.wait()
                if self._closed:
                    return
                assert lane is not None
                task = lane.waiting.popleft()
                self._keys += 1
                key, given = self._keys, _Given(lane, task, time.monotonic())
                self._given[key] = given
                lane.given += 1
            try:
                self.workers.submit(Task(key, task.method, {**task.arguments, "lane": lane.place}, task.seconds))
            except Exception as error:  # what cannot be sent, or workers that were closed meanwhile
                self._take(Outcome(key, None, Failure("error", reason_of(error), trace_of(error)), 0.0))
            if given.is_cancelled:  # by somebody who came between the queue and the workers
                self.workers.cancel(key)

    def _next(self) -> Lane | None:
        """Return the lane whose turn it is; None where no slot is free or no task waits."""
        if len(self._given) >= self.slots:
            return None
        return min((lane for lane in self._lanes if lane.waiting), key=self._had, default=None)

    def _had(self, lane: Lane) -> tuple[float, int]:
        """Return what a lane has had: seconds, those of running tasks included, or tasks."""
        if not self.by_seconds:
            return float(lane.given), lane.place
        now = time.monotonic()
        running = sum(now - given.begun for given in self._given.values() if given.lane is lane)
        return lane.seconds + running, lane.place

    def _take(self, outcome: Outcome) -> None:
        """Pass an outcome on to its lane."""
        with self._changed:
            given = self._given.pop(outcome.key, None)
            self._changed.notify_all()
            if given is None:
                return
            given.lane.seconds += outcome.seconds
            deliver = given.lane.deliver
        if deliver is not None:
            deliver(replace(outcome, key=given.task.key))
