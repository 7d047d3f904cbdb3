"""Worker processes: made by one thread, kept warm between runs, killed whole, ended with the program."""

from __future__ import annotations

import atexit
import collections
import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from automl_magic.engine.slot import read_frame, write_frame

IDLE_SECONDS = 600.0  # an idle process is ended after this long
KEPT_OUTPUT = 16_384  # bytes of a process's output that are kept for the message of a crash
THREADS = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
) | {"OMP_WAIT_POLICY": "PASSIVE", "LOKY_MAX_CPU_COUNT": "1"}


class Child:
    """One worker process and the two threads that listen to it.

    Attributes
    ----------
    hear : callable
        Called with each answer as bytes, and with None once when the process has ended. Set by whoever uses it.
    shared : str or None
        The file that the process has been told to read.
    """

    def __init__(self, preload: tuple[str, ...]) -> None:
        paths = [os.path.abspath(path) for path in sys.path]
        code = f"import sys; sys.path[:] = {paths!r}; from automl_magic.engine.slot import main; main({preload!r})"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **THREADS},
            start_new_session=os.name != "nt",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self.hear: Callable[[bytes | None], None] = _nobody
        self.shared: str | None = None
        self.idle_since = time.monotonic()
        self._output: collections.deque[bytes] = collections.deque()
        self._sending = threading.Lock()
        for work in (self._listen, self._keep_output):
            threading.Thread(target=work, name=f"automl-child-{self.process.pid}", daemon=True).start()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def send(self, *message: Any) -> None:
        """Send a message; one that cannot arrive is noticed by the listening thread."""
        with self._sending, contextlib.suppress(OSError, ValueError):
            assert self.process.stdin is not None
            write_frame(self.process.stdin, pickle.dumps(message))  # type: ignore[arg-type]

    def kill(self) -> None:
        """End the process and its whole group at once."""
        with contextlib.suppress(OSError):
            if os.name == "nt":
                _kill_descendants(self.process.pid)
            else:
                os.killpg(self.process.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self.process.kill()

    def ending(self) -> str:
        """Return in words how the process ended, with the last line that it wrote."""
        code = self.process.wait()
        how = f"exit code {code}"
        if code < 0:
            with contextlib.suppress(ValueError):
                how = f"killed by signal {-code} ({signal.Signals(-code).name})"
        last = b"".join(self._output).decode(errors="replace").strip().split("\n")[-1][:200]
        return f"its process ended ({how})" + (f": {last}" if last else "")

    def _listen(self) -> None:
        assert self.process.stdout is not None
        while (frame := read_frame(self.process.stdout)) is not None:  # type: ignore[arg-type]
            self.hear(frame)
        self.kill()
        self.process.wait()
        self.hear(None)

    def _keep_output(self) -> None:
        assert self.process.stderr is not None
        kept = 0
        while piece := os.read(self.process.stderr.fileno(), 4096):
            self._output.append(piece)
            kept += len(piece)
            while kept > KEPT_OUTPUT:
                kept -= len(self._output.popleft())


def _nobody(frame: bytes | None) -> None:
    """Hear what nobody waits for."""


def _kill_descendants(pid: int) -> None:
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        for descendant in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                descendant.kill()


class Nursery:
    """Make processes in one thread that lives as long as the program.

    Linux kills a process with the *thread* that made it (PR_SET_PDEATHSIG), so no passing thread may make one.
    """

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[tuple[tuple[str, ...], queue.SimpleQueue[Child] | None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle: list[Child] = []
        self._all: set[Child] = set()
        self._ordered = 0
        self._thread: threading.Thread | None = None

    def take(self, preload: tuple[str, ...]) -> Child:
        """Return a warm process, or a new one."""
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.is_alive:
                    return child
        answer: queue.SimpleQueue[Child] = queue.SimpleQueue()
        self._order(preload, answer)
        return answer.get()

    def warm_up(self, number: int, preload: tuple[str, ...]) -> None:
        """See to it that `number` processes are idle or on their way."""
        with self._lock:
            self._idle = [child for child in self._idle if child.is_alive]
            missing = number - len(self._idle) - self._ordered
            self._ordered += max(0, missing)
        for _ in range(missing):
            self._order(preload, None)

    def give_back(self, child: Child) -> None:
        """Keep an idle process for the next run."""
        child.hear = _nobody
        child.send("forget")
        child.shared, child.idle_since = None, time.monotonic()
        with self._lock:
            self._idle.append(child)

    def end_all(self) -> None:
        """Kill every process that was made here."""
        with self._lock:
            everyone, self._all, self._idle = list(self._all), set(), []
        for child in everyone:
            child.kill()

    def _order(self, preload: tuple[str, ...], answer: queue.SimpleQueue[Child] | None) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="automl-nursery", daemon=True)
                self._thread.start()
                atexit.register(self.end_all)
        self._orders.put((preload, answer))

    def _work(self) -> None:
        while True:
            try:
                preload, answer = self._orders.get(timeout=30)
            except queue.Empty:
                self._end_idle()
                continue
            child = Child(preload)
            with self._lock:
                self._all = {other for other in self._all if other.is_alive} | {child}
                if answer is None:
                    self._idle.append(child)
                    self._ordered -= 1
            if answer is not None:
                answer.put(child)

    def _end_idle(self) -> None:
        now = time.monotonic()
        with self._lock:
            old = [child for child in self._idle if now - child.idle_since > IDLE_SECONDS]
            self._idle = [child for child in self._idle if child not in old]
        for child in old:
            child.kill()


NURSERY = Nursery()
