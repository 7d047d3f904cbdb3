"""How much memory worker processes use, seen from outside."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

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


def room(root: Path = Path("/")) -> tuple[float, float]:
    """Return how many MB of memory are free and how many there are, of the machine or the tightest control group.

    Parameters
    ----------
    root : Path
        Where the file system begins that tells of control groups (Linux only; elsewhere there are none).
    """
    import psutil

    machine = psutil.virtual_memory()
    rooms = [(float(machine.available), float(machine.total)), *_grants(root / "sys" / "fs" / "cgroup")]
    free, everything = min(rooms, key=lambda pair: pair[0] / pair[1])
    return free / 2**20, everything / 2**20


def _grants(group: Path) -> Iterator[tuple[float, float]]:
    """Yield what the control group that is mounted, a container's own, has free and in all; files can be read again."""
    for folder, limit, usage, files in (
        (group, "memory.max", "memory.current", "inactive_file"),
        (group / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        with contextlib.suppress(OSError, ValueError, KeyError):  # not there, or without a limit
            most, used = int((folder / limit).read_text()), int((folder / usage).read_text())
            lines = (line.split() for line in (folder / "memory.stat").read_text().splitlines())
            cached = int(dict(lines)[files])
            if 0 < most < 2**60:
                yield float(most - used + cached), float(most)


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
