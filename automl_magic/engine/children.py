"""A worker process as its parent sees it: what is said to it, what it answers, how it ended."""

from __future__ import annotations

import collections
import contextlib
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TypeAlias

from automl_magic.engine.frames import read_frame, write_frame
from automl_magic.engine.guard import GUARD
from automl_magic.engine.slot import READY

KEPT_OUTPUT = 65_536  # bytes of a process's output that are kept to explain its end
LONGEST_WORDS = 4000  # characters of it that are told
MODULES = re.compile(r"^Extension modules: .*\(total: \d+\)\n?", re.MULTILINE)
GRACE = 1.0  # seconds that are granted to the last words of a process that has ended
ENVIRONMENT = {
    **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")},
    "VECLIB_MAXIMUM_THREADS": "1",
    "LOKY_MAX_CPU_COUNT": "1",
    "OMP_WAIT_POLICY": "PASSIVE",  # two processes whose threads spin for work are 30 times slower on two busy cores
    "MPLBACKEND": "Agg",
    "PYTHONIOENCODING": "utf-8:backslashreplace",
}
Hear: TypeAlias = Callable[[bytes | None], None]


class _Tail:
    """The last bytes of a stream that may be endless."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pieces: collections.deque[bytes] = collections.deque()
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Take a piece, and drop the oldest that are too many."""
        with self._lock:
            self._pieces.append(piece)
            self._size += len(piece)
            while self._size > KEPT_OUTPUT:
                self._size -= len(self._pieces.popleft())

    def clear(self) -> None:
        """Drop all."""
        with self._lock:
            self._pieces.clear()
            self._size = 0

    def text(self) -> str:
        """Return what is kept."""
        with self._lock:
            return b"".join(self._pieces).decode(errors="replace")


class Child:
    """One worker process and the threads that listen to it.

    Parameters
    ----------
    preload : tuple of str
        Modules that it imports at once.

    Attributes
    ----------
    is_ready : bool
        Whether it has imported them.

    Raises
    ------
    OSError
        If the system starts no process.
    """

    def __init__(self, preload: tuple[str, ...]) -> None:
        self.preload = frozenset(preload)
        self.is_ready = False
        self.idle_since = time.monotonic()
        self._hear: Hear = _nobody
        self._ended = False
        self._turn, self._sending = threading.Lock(), threading.Lock()
        self._output = _Tail()
        code = (
            f"import sys; sys.path[:] = {paths()!r}; "
            f"from automl_magic.engine.slot import main; main({preload!r}, {os.getpid()})"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **ENVIRONMENT},
            start_new_session=sys.platform != "win32",  # an interrupt of the notebook's group must not reach it
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self.pid = self._process.pid
        GUARD.add(self.pid)
        listening = [self._start(self._listen), self._start(self._keep_output)]
        self._start(lambda: self._await_end(listening))

    def _start(self, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name=f"automl-child-{self.pid}", daemon=True)
        thread.start()
        return thread

    @property
    def is_alive(self) -> bool:
        """Whether the process runs; one that has just been killed may count as running for some milliseconds."""
        return not self._ended and self._process.returncode is None

    def listen_to(self, hear: Hear) -> None:
        """Let `hear` have each answer as bytes, and None once when the process has ended, even if it has already."""
        with self._turn:
            self._hear = hear
            ended = self._ended
        if ended:
            hear(None)

    def send(self, *message: Any) -> None:
        """Say something; that it cannot arrive is noticed by the thread that waits for the end."""
        assert self._process.stdin is not None
        with self._sending, contextlib.suppress(OSError, ValueError):
            write_frame(self._process.stdin, pickle.dumps(message))

    def call(self, method: str, arguments: bytes) -> None:
        """Have it call a method; what it prints from now on explains how the call ended."""
        self._output.clear()
        self.send("call", method, arguments)

    def forget(self) -> None:
        """Make it drop what it was told, and listen to it no more."""
        self.listen_to(_nobody)
        self.send("forget")
        self.idle_since = time.monotonic()

    def kill(self) -> None:
        """End the process and all that it started, at once."""
        if not self.is_alive:
            return
        _kill_group(self.pid)
        with contextlib.suppress(OSError):
            self._process.kill()

    def ending(self) -> str:
        """Return in words how the process ended."""
        code = self._process.wait()
        if code >= 0:
            return f"the process ended with exit code {code}" + (f" ({code:#x})" if code > 255 else "")
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = "unnamed"
        short = ", as a system does that is short of memory" if name == "SIGKILL" else ""
        return f"the process was killed by signal {-code} ({name}){short}"

    def last_words(self) -> str:
        """Return the end of what the process wrote during the last call, without the list of its modules.

        faulthandler ends with a line of all extension modules; in a process that has imported pandas that line alone is
        longer than what is told, and would be all of it.
        """
        return MODULES.sub("", self._output.text())[-LONGEST_WORDS:]

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while (frame := read_frame(self._process.stdout)) is not None:
            if frame == READY:
                self.is_ready = True
            else:
                self._hear(frame)
        self.kill()  # it has closed its side, or is dead

    def _keep_output(self) -> None:
        assert self._process.stderr is not None
        while piece := os.read(self._process.stderr.fileno(), KEPT_OUTPUT // 4):
            self._output.add(piece)

    def _await_end(self, listening: list[threading.Thread]) -> None:
        """Wait for the process, end what it forked, which may hold pipes open, and say so when all answers are in."""
        self._process.wait()
        if sys.platform != "win32":  # there, what a process has started is found through it alone, as long as it lives
            _kill_group(self.pid)
        GUARD.drop(self.pid)
        for thread in listening:
            thread.join(GRACE)
        with self._turn:
            self._ended = True
            hear, self._hear = self._hear, _nobody
        hear(None)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None and not any(thread.is_alive() for thread in listening):
                with contextlib.suppress(OSError):
                    stream.close()


def paths() -> list[str]:
    """Return where this process finds modules, also when its folder changes."""
    return [os.path.abspath(path) for path in sys.path]


def folder() -> str:
    """Return the folder of this process; an empty string when it has been removed."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def _nobody(frame: bytes | None) -> None:
    """Hear what nobody waits for."""


def _kill_group(pid: int) -> None:
    """Kill a process that leads a group, and the group; Windows has none, so there what descends from the process."""
    if sys.platform == "win32":
        _kill_descendants(pid)
    else:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def _kill_descendants(pid: int) -> None:
    import psutil

    with contextlib.suppress(psutil.Error):
        for descendant in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                descendant.kill()
