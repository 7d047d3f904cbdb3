"""How much memory worker processes use, seen from outside."""

from __future__ import annotations

import contextlib
import time

SHORT = 0.05  # share of the memory; with less than this free, the system is about to kill at its own choice
LOOK = 1.0  # seconds between two looks for children of a process: finding them reads the whole process table


class MemoryMeter:
    """Read the resident memory of processes, each with all that it started."""

    def __init__(self) -> None:
        self._families: dict[int, tuple[int, ...]] = {}
        self._looked = -LOOK

    def used_mb(self, pids: list[int]) -> dict[int, float]:
        """Return the resident memory in MB by process; one that is gone uses none."""
        import psutil

        if time.monotonic() - self._looked >= LOOK or not set(pids) <= set(self._families):
            self._families = _families(pids)
            self._looked = time.monotonic()
        used = dict.fromkeys(pids, 0.0)
        for pid in pids:
            for one in (pid, *self._families[pid]):
                with contextlib.suppress(psutil.Error):
                    used[pid] += psutil.Process(one).memory_info().rss / 2**20
        return used


def _families(pids: list[int]) -> dict[int, tuple[int, ...]]:
    """Return the descendants of each process, from one reading of the process table."""
    import psutil

    children: dict[int, list[int]] = {}
    for process in psutil.process_iter(["ppid"]):
        children.setdefault(process.info["ppid"], []).append(process.pid)
    return {pid: _descendants(pid, children) for pid in pids}


def _descendants(pid: int, children: dict[int, list[int]]) -> tuple[int, ...]:
    found: list[int] = []
    waiting = list(children.get(pid, ()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.append(one)
            waiting.extend(children.get(one, ()))
    return tuple(found)
