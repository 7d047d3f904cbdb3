"""The worker processes of this program: made by one thread, kept warm between runs, ended with the program."""

from __future__ import annotations

import atexit
import os
import queue
import threading
import time
from dataclasses import dataclass, field
from typing import TypeAlias

from automl_magic.engine.children import Child
from automl_magic.engine.guard import GUARD

IDLE_SECONDS = 600.0  # an idle process is ended after this long
LOOK_SECONDS = 30.0  # seconds between two looks for such processes
Answer: TypeAlias = "queue.SimpleQueue[Child | Exception]"


@dataclass(frozen=True)
class _Order:
    """A process to be made; without an `answer` it joins the idle ones."""

    preload: tuple[str, ...]
    fresh: bool = False
    answer: Answer | None = field(default=None, compare=False)


class Nursery:
    """Make processes in one thread that lives as long as the program.

    Linux kills a process with the *thread* that made it (PR_SET_PDEATHSIG), so no passing thread may make one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: queue.SimpleQueue[_Order] = queue.SimpleQueue()
        self._idle: list[Child] = []
        self._all: set[Child] = set()
        self._coming = 0
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()

    def take(self, preload: tuple[str, ...], fresh: bool = False) -> Child:
        """Return an idle process, one that is on its way, or a new one; with `fresh` surely a new one.

        Raises
        ------
        OSError
            If the system starts no process.
        RuntimeError
            If the program is about to end.
        """
        child = None if fresh else self._pick(preload)
        if child is not None:
            return child
        answer: Answer = queue.SimpleQueue()
        self._order(_Order(preload, fresh, answer))
        got = answer.get()
        if isinstance(got, Exception):
            raise got
        return got

    def warm_up(self, number: int, preload: tuple[str, ...]) -> None:
        """See to it that `number` processes are idle or on their way."""
        with self._lock:
            if self._ending.is_set():
                return
            self._idle = [child for child in self._idle if child.is_alive]
            missing = max(0, number - len(self._idle) - self._coming)
            self._coming += missing
        for _ in range(missing):
            self._order(_Order(preload))

    def give_back(self, child: Child, keep: int) -> None:
        """Take a process back; of the idle ones `keep` are kept for the next run."""
        child.forget()
        with self._lock:
            self._idle.append(child)
            surplus, self._idle = self._idle[:-keep], self._idle[-keep:]
        for one in surplus:
            one.kill()

    def idle(self) -> list[Child]:
        """Return the processes that wait for a task."""
        with self._lock:
            return [child for child in self._idle if child.is_alive]

    def end_all(self) -> None:
        """Kill every process that was made here, and make no more."""
        with self._lock:
            self._ending.set()
            everyone, self._all, self._idle = list(self._all), set(), []
        for child in everyone:
            child.kill()
        GUARD.end()

    def _pick(self, preload: tuple[str, ...]) -> Child | None:
        """Return the idle process that has most of what is wanted, and have it import the rest."""
        with self._lock:
            self._idle = [child for child in self._idle if child.is_alive]
            if not self._idle:
                return None
            wanted = frozenset(preload)
            child = max(reversed(self._idle), key=lambda one: (len(one.preload & wanted), one.is_ready))
            self._idle.remove(child)
        missing = tuple(name for name in preload if name not in child.preload)
        if missing:
            child.preload |= set(missing)
            child.send("preload", missing)
        return child

    def _order(self, order: _Order) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="automl-nursery", daemon=True)
                self._thread.start()
                atexit.register(self.end_all)
        self._orders.put(order)

    def _work(self) -> None:
        """Serve orders one after the other, so that who asks second may have what was warmed up first."""
        while True:
            try:
                order = self._orders.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                self._end_idle()
                continue
            got = (None if order.fresh or order.answer is None else self._pick(order.preload)) or self._make(order)
            with self._lock:
                if order.answer is not None:
                    order.answer.put(got)
                    continue
                self._coming -= 1
                if isinstance(got, Child):
                    self._idle.append(got)

    def _make(self, order: _Order) -> Child | Exception:
        if self._ending.is_set():
            return RuntimeError("the program is about to end")
        try:
            child = Child(order.preload)
        except (OSError, RuntimeError) as error:  # RuntimeError: no thread can be started any more
            return error
        with self._lock:
            self._all = {other for other in self._all if other.is_alive} | {child}
        if self._ending.is_set():
            child.kill()
        return child

    def _end_idle(self) -> None:
        now = time.monotonic()
        with self._lock:
            old = [child for child in self._idle if now - child.idle_since > IDLE_SECONDS]
            self._idle = [child for child in self._idle if child not in old]
        for child in old:
            child.kill()


NURSERY = Nursery()

if hasattr(os, "register_at_fork"):  # a forked copy of the program has neither the thread nor the processes
    os.register_at_fork(after_in_child=lambda: NURSERY.__init__())  # type: ignore[misc]
