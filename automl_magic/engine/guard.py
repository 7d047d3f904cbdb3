"""A small process that outlives the program by a moment, to end what the workers of a killed program leave behind.

Linux kills a worker with its parent, but nobody kills what the worker itself has started; elsewhere a worker that is in
the midst of C code notices nothing. The guard is told each worker's group, and kills those it knows when the program is
gone. Run as a program, this file is the guard; it needs the standard library alone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

PATIENCE = 1.0  # seconds that the end of the program waits for the guard's


class Guard:
    """The guard as the program sees it; it is started with the first worker, and not on Windows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def add(self, pid: int) -> None:
        """Have the group of a process killed when this program is gone."""
        if sys.platform == "win32":
            return
        with self._lock, contextlib.suppress(OSError, ValueError):
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", __file__],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    bufsize=0,
                    start_new_session=True,  # what interrupts or kills the program's group must not reach it
                )
            self._say(f"+{pid}")

    def drop(self, pid: int) -> None:
        """Forget a process whose group has ended: its number may soon be another's."""
        with self._lock, contextlib.suppress(OSError, ValueError):  # ValueError: it has been let go
            self._say(f"-{pid}")

    def end(self) -> None:
        """Have those killed who are left, and wait for it: the program is about to end."""
        with self._lock:
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.close()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(PATIENCE)

    def leave(self) -> None:
        """Let go of the guard in a forked copy of the program, which would keep it waiting."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self.__init__()  # type: ignore[misc]

    def _say(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(line.encode() + b"\n")


GUARD = Guard()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=GUARD.leave)


def main() -> None:
    """Read whom to guard until the program is gone; then kill those who are left."""
    guarded: set[int] = set()
    for line in sys.stdin.buffer:
        with contextlib.suppress(ValueError):
            pid = int(line[1:])
            guarded.add(pid) if line[:1] == b"+" else guarded.discard(pid)
    for pid in guarded:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
