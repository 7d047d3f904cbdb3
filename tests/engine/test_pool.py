"""One set of workers for several studies: fair, and each study makes the trials that it would make alone."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

import pytest

from automl_magic.engine.budget import Budget
from automl_magic.engine.control import Control
from automl_magic.engine.pool import Pool
from automl_magic.engine.tasks import Failure, Outcome, Task
from automl_magic.engine.workers import InProcess, ProcessWorkers
from tests.engine.toy import ToyEvaluator, toy_study, trials_of


class ByHand:
    """Workers whose tasks end when the test says so."""

    def __init__(self, slots: int = 2) -> None:
        self.slots = slots
        self.running: list[Task] = []
        self.order: list[int] = []
        self.cancelled: list[int] = []
        self.is_closed = False

    def open(self, evaluator: Any, deliver: Any) -> None:
        """Keep where outcomes go."""
        self.deliver = deliver

    def submit(self, task: Task) -> None:
        """Take a task."""
        assert len(self.running) < self.slots, "more tasks than slots"
        self.running.append(task)
        self.order.append(task.arguments["lane"])

    def cancel(self, key: int) -> None:
        """Remember it."""
        self.cancelled.append(key)

    def close(self) -> None:
        """Remember it."""
        self.is_closed = True

    def end(self, place: int = 0, seconds: float = 1.0) -> None:
        """Let a task end."""
        task = self.running.pop(place)
        self.deliver(Outcome(task.key, "value", None, seconds))


def until(condition: Any) -> None:
    """Wait for the pool's thread."""
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.001)


def opened(workers: Any, lanes: int, **fields: Any) -> tuple[Pool, list[queue.SimpleQueue[Any]]]:
    """Return an open pool and the inbox of each lane."""
    pool, inboxes = Pool(workers, **fields), [queue.SimpleQueue() for _ in range(lanes)]
    pool.open([ToyEvaluator() for _ in range(lanes)])
    for place, inbox in enumerate(inboxes):
        pool.lane(place).open(None, inbox.put)
    return pool, inboxes


def fill(pool: Pool, lane: int, keys: range) -> None:
    """Hand over tasks of a lane."""
    for key in keys:
        pool.lane(lane).submit(Task(key, "evaluate", {"fold": key}))


def test_lanes_take_turns_however_much_one_hands_over() -> None:
    workers = ByHand(slots=1)
    pool, _ = opened(workers, 3)
    fill(pool, 0, range(6))
    until(lambda: len(workers.running) == 1)
    fill(pool, 1, range(6))
    fill(pool, 2, range(6))
    for count in range(2, 10):
        workers.end()
        until(lambda count=count: len(workers.order) == count)
    assert sorted(workers.order) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    pool.close()


def test_by_seconds_the_lane_with_slow_fits_gets_fewer_of_them() -> None:
    workers = ByHand(slots=1)
    pool, _ = opened(workers, 2, by_seconds=True)
    fill(pool, 0, range(20))
    fill(pool, 1, range(20))
    for count in range(1, 13):
        until(lambda count=count: len(workers.order) == count)
        workers.end(seconds=10.0 if workers.running[0].arguments["lane"] == 0 else 1.0)
    assert workers.order.count(1) >= 4 * workers.order.count(0)
    pool.close()


def test_outcomes_come_back_under_the_keys_of_their_lane() -> None:
    workers = ByHand(slots=2)
    pool, inboxes = opened(workers, 2)
    fill(pool, 0, range(7, 8))
    fill(pool, 1, range(7, 8))
    until(lambda: len(workers.running) == 2)
    workers.end()
    workers.end()
    assert [inbox.get(timeout=1).key for inbox in inboxes] == [7, 7]
    assert all(inbox.empty() for inbox in inboxes)
    pool.close()


def test_a_queued_task_is_cancelled_at_once_and_a_running_one_is_killed() -> None:
    workers = ByHand(slots=1)
    pool, (inbox, _) = opened(workers, 2)
    fill(pool, 0, range(2))
    until(lambda: len(workers.running) == 1)
    pool.lane(0).cancel(1)
    assert inbox.get(timeout=1).failure.kind == "cancelled"
    pool.lane(0).cancel(0)
    assert workers.cancelled == [workers.running[0].key] and inbox.empty()
    pool.close()


def test_a_lane_that_closes_gives_its_slots_to_the_others_and_hears_no_more() -> None:
    workers = ByHand(slots=1)
    pool, inboxes = opened(workers, 2)
    fill(pool, 0, range(5))
    fill(pool, 1, range(1))
    until(lambda: len(workers.running) == 1)
    pool.lane(0).close()
    assert workers.cancelled
    workers.end()
    until(lambda: workers.order == [0, 1])
    assert inboxes[0].empty() and not workers.is_closed
    pool.close()
    assert workers.is_closed


def test_a_task_that_cannot_be_sent_fails_and_the_slot_is_free_again() -> None:
    workers = ByHand(slots=1)
    pool, (inbox,) = opened(workers, 1)
    sent = workers.submit

    def refuse(task: Task) -> None:
        workers.submit = sent  # type: ignore[method-assign]
        raise TypeError("it cannot be sent")

    workers.submit = refuse  # type: ignore[method-assign]
    fill(pool, 0, range(2))
    assert "cannot be sent" in inbox.get(timeout=5).failure.reason
    until(lambda: len(workers.running) == 1)
    pool.close()


def test_what_two_lanes_of_a_group_ask_for_alike_is_computed_once() -> None:
    workers = ByHand(slots=2)
    pool, inboxes = opened(workers, 3, alike=[0, 0, 1])
    fill(pool, 0, range(1))
    until(lambda: len(workers.running) == 1)
    fill(pool, 1, range(1))  # the same, while it runs
    fill(pool, 2, range(1))  # another group
    until(lambda: len(workers.running) == 2)
    workers.end()
    workers.end()
    assert [inbox.get(timeout=5).value for inbox in inboxes] == ["value"] * 3
    fill(pool, 1, range(1))  # the same, afterwards
    assert inboxes[1].get(timeout=5).value == "value"
    assert workers.order == [0, 2] and not workers.running
    pool.close()


def test_a_failure_is_not_shared_and_what_cannot_be_handed_over_is_computed_again() -> None:
    workers = ByHand(slots=1)
    pool, inboxes = opened(workers, 2, alike=[0, 0], hand_over=lambda value, source, target: None)
    fill(pool, 0, range(1))
    fill(pool, 1, range(1))
    until(lambda: len(workers.running) == 1)
    workers.end()
    until(lambda: workers.order == [0, 1])
    workers.end()
    assert all(inbox.get(timeout=5).value == "value" for inbox in inboxes)
    fill(pool, 0, range(5, 6))
    until(lambda: len(workers.running) == 1)
    fill(pool, 1, range(5, 6))
    task = workers.running.pop()
    workers.deliver(Outcome(task.key, None, Failure("died", "it crashed"), 0.0))
    assert inboxes[0].get(timeout=5).failure.kind == "died"
    until(lambda: len(workers.running) == 1)
    assert workers.running[0].arguments["lane"] == 1
    pool.close()


def test_who_waits_for_another_lanes_value_can_cancel_and_leave() -> None:
    workers = ByHand(slots=2)
    pool, inboxes = opened(workers, 3, alike=[0, 0, 0])
    fill(pool, 0, range(1))
    until(lambda: len(workers.running) == 1)
    fill(pool, 1, range(1))
    fill(pool, 2, range(1))
    until(lambda: pool.lane(2).given == 1)
    pool.lane(1).cancel(0)
    assert inboxes[1].get(timeout=5).failure.kind == "cancelled"
    pool.lane(2).close()
    assert not workers.cancelled, "the first still wants it"
    workers.end()
    assert inboxes[0].get(timeout=5).value == "value"
    assert inboxes[1].empty() and inboxes[2].empty()
    pool.close()


def raced(workers: Any, searchers: list[str], alike: Any = None, **fields: Any) -> list[list[Any]]:
    """Run toy studies at once on one pool; return the events of each."""
    pool = Pool(workers, alike=alike)
    pool.open([ToyEvaluator() for _ in searchers])
    found: list[list[Any]] = [[] for _ in searchers]

    def drive(place: int) -> None:
        study = toy_study(search=searchers[place], workers=pool.lane(place), **fields)
        found[place].extend(study.events())

    threads = [threading.Thread(target=drive, args=(place,)) for place in range(len(searchers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    pool.close()
    return found


@pytest.mark.parametrize("kind", ["in process", "processes"])
@pytest.mark.parametrize("alike", [None, [0, 0, 0]])
def test_each_study_makes_the_trials_that_it_would_make_alone(kind: str, alike: list[int] | None) -> None:
    searchers = ["random", "tpe", "grid"]
    workers = InProcess() if kind == "in process" else ProcessWorkers(2)
    together = raced(workers, searchers, alike, budget=Budget(trials=25), seed=5)
    for search, events in zip(searchers, together, strict=True):
        alone = list(toy_study(search=search, budget=Budget(trials=25), seed=5).events())
        assert trials_of(events) == trials_of(alone), search


def test_a_lane_is_steered_like_any_workers() -> None:
    control = Control()
    pool = Pool(InProcess())
    pool.open([ToyEvaluator(seconds=0.01)])
    study = toy_study(workers=pool.lane(0), budget=Budget(trials=500), control=control)
    events = []
    for event in study.events():
        events.append(event)
        if len(events) == 20:
            control.stop()
    pool.close()
    assert study.history.status == "ended" and 1 < len(study.history.trials) < 500
