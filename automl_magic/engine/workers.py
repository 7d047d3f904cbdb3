"""Where trials run: in processes that can be killed, or in this one."""

from __future__ import annotations

import threading
import time
from typing import Any, Protocol

from automl_magic.engine.nursery import NURSERY
from automl_magic.engine.processes import ProcessWorkers
from automl_magic.engine.slot import known_to, reason_of, trace_of
from automl_magic.engine.tasks import Deliver, Failure, Outcome, Task

__all__ = ["Deliver", "Failure", "InProcess", "Outcome", "ProcessWorkers", "Task", "Workers", "warm_up"]


class Workers(Protocol):
    """Run tasks; one outcome for each task is delivered, from any thread, unless `close` comes first."""

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
    """Run each task at once, in the calling thread; nothing can be killed.

    An interrupt in the main thread is a person's and is raised; in any other it can only come from the task.
    """

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
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
                raise
            failure = Failure("error", reason_of(error, known_to(self._evaluator, task.arguments)), trace_of(error))
        self._deliver(Outcome(task.key, value, failure, time.monotonic() - begun))

    def cancel(self, key: int) -> None:
        """Do nothing: a task has ended when `submit` returns."""

    def close(self) -> None:
        """Let the evaluator go."""
        self._evaluator = None


def warm_up(slots: int, preload: tuple[str, ...] = ()) -> None:
    """Start processes in the background, so that the first tasks find them warm.

    Parameters
    ----------
    slots : int
        How many processes shall be idle or on their way.
    preload : tuple of str
        Modules that each imports at once.
    """
    NURSERY.warm_up(slots, preload)
