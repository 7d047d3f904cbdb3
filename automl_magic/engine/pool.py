"""Several studies on the same workers: each has a lane of its own, and the lane that had least is served next."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from automl_magic.engine.slot import reason_of, trace_of
from automl_magic.engine.tasks import Deliver, Failure, Outcome, Task
from automl_magic.engine.workers import Workers

HandOver: TypeAlias = Callable[[Any, int, int], Any]  # a value, the lane that has it, the lane that wants it; or None


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
    """A task that the workers have, and the same task of other lanes, which wait for its value."""

    lane: Lane
    task: Task
    begun: float
    identity: str | None
    is_cancelled: bool = False
    followers: list[tuple[Lane, Task]] = field(default_factory=list)


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
    alike : sequence of int, optional
        For each lane the number of its group. The same task of two lanes of a group is computed once.
    hand_over : callable, optional
        Makes what one lane has computed another one's, as where files lie in a folder of each; None where it cannot.
    """

    workers: Workers
    by_seconds: bool = False
    alike: Sequence[int] | None = None
    hand_over: HandOver = lambda value, source, target: value
    _done: dict[str, tuple[Lane, Any, float]] = field(default_factory=dict, init=False)
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
            follows = any(self._unfollow(given, lane, key) for given in self._given.values())
            running = self._mark(lane, key)
            deliver = lane.deliver
        if (queued is not None or follows) and deliver is not None:
            deliver(Outcome(key, None, Failure("cancelled", "it was cancelled"), 0.0))
        for own in running:
            self.workers.cancel(own)

    def leave(self, lane: Lane) -> None:
        """Forget a lane's queue and kill what it has running."""
        with self._changed:
            lane.deliver = None
            lane.waiting.clear()
            for given in self._given.values():
                self._unfollow(given, lane)
            running = self._mark(lane)
        for own in running:
            self.workers.cancel(own)

    def _mark(self, lane: Lane, key: int | None = None) -> list[int]:
        """Mark a lane's running tasks, or one of them, as cancelled; return their keys among the workers."""
        mine = [own for own, given in self._given.items() if given.lane is lane and key in (None, given.task.key)]
        for own in mine:
            self._given[own].is_cancelled = True
        return mine

    def _unfollow(self, given: _Given, lane: Lane, key: int | None = None) -> bool:
        """Take a lane, or one task of it, from those that wait for a value; return whether it was among them."""
        kept = [(one, task) for one, task in given.followers if one is not lane or key not in (None, task.key)]
        was_there = len(kept) < len(given.followers)
        given.followers = kept
        return was_there

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
                lane.given += 1
                identity = self._identity(lane, task)
                same = next((given for given in self._given.values() if given.identity == identity), None)
                if identity is not None and same is not None:
                    same.followers.append((lane, task))
                    continue
                self._keys += 1
                key, given = self._keys, _Given(lane, task, time.monotonic(), identity)
                known = None if identity is None else self._done.get(identity)
                if known is None:
                    self._given[key] = given
            if known is not None:
                if self._pass_on(known, lane, task):
                    continue
                with self._changed:
                    self._given[key] = given
            self._submit(key, given)

    def _submit(self, key: int, given: _Given) -> None:
        task = given.task
        try:
            arguments = {**task.arguments, "lane": given.lane.place}
            self.workers.submit(Task(key, task.method, arguments, task.seconds))
        except Exception as error:  # what cannot be sent, or workers that were closed meanwhile
            self._take(Outcome(key, None, Failure("error", reason_of(error), trace_of(error)), 0.0))
        if given.is_cancelled:  # by somebody who came between the queue and the workers
            self.workers.cancel(key)

    def _identity(self, lane: Lane, task: Task) -> str | None:
        """Return what is equal for tasks that have the same value; None where nothing is shared."""
        if self.alike is None:
            return None
        told = json.dumps(dict(task.arguments), sort_keys=True, default=repr)
        return f"{self.alike[lane.place]} {task.method} {told}"

    def _pass_on(self, known: tuple[Lane, Any, float], lane: Lane, task: Task) -> bool:
        """Deliver to a lane what another one has computed; return whether that could be done."""
        source, value, seconds = known
        passed = value if source is lane else self.hand_over(value, source.place, lane.place)
        if passed is None:
            return False
        with self._changed:
            lane.seconds += seconds
            deliver = lane.deliver
        if deliver is not None:
            deliver(Outcome(task.key, passed, None, seconds))
        return True

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
            if given is not None:
                given.lane.seconds += outcome.seconds
                deliver = given.lane.deliver
                known = (given.lane, outcome.value, outcome.seconds)
                if given.identity is not None and outcome.failure is None:
                    self._done[given.identity] = known
                followers = given.followers
            self._changed.notify_all()
        if given is None:
            return
        again = [
            (lane, task)
            for lane, task in followers
            if outcome.failure is not None or not self._pass_on(known, lane, task)
        ]
        if deliver is not None:
            deliver(replace(outcome, key=given.task.key))
        with self._changed:
            for lane, task in again:
                if lane.deliver is not None:
                    lane.waiting.appendleft(task)
            self._changed.notify_all()
