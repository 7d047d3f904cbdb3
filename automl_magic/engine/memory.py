"""How much memory this process and its workers may still take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from automl_magic.engine.cpus import groups_of

UNLIMITED = 2**60  # version 1 writes a number near 2**63 where there is no limit


def available_memory(root: Path = Path("/")) -> int:
    """Return the bytes that are free: in the machine, and below the limits of the control groups.

    What a group has cached of files counts as free: the system gives it back when it is needed.

    Parameters
    ----------
    root : Path
        Where the file system begins that tells of control groups (Linux only; elsewhere there are none).

    Examples
    --------
    >>> available_memory() > 0
    True
    """
    import psutil

    return max(0, min([int(psutil.virtual_memory().available), *(free for free, _ in _rooms(root))]))


def room(root: Path = Path("/")) -> tuple[float, float]:
    """Return how many MB are free and how many there are, of the machine or the control group that is fullest."""
    import psutil

    machine = psutil.virtual_memory()
    rooms = [(int(machine.available), int(machine.total)), *(pair for pair in _rooms(root) if pair[1] > 0)]
    free, everything = min(rooms, key=lambda pair: pair[0] / pair[1])
    return free / 2**20, everything / 2**20


def _rooms(root: Path) -> Iterator[tuple[int, int]]:
    """Yield what is left below the limit of each control group of this process, and the limit."""
    names = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
    for folder in groups_of(root, "memory"):
        for limit_name, used_name in names:
            try:
                limit, used = int((folder / limit_name).read_text()), int((folder / used_name).read_text())
            except (OSError, ValueError):  # no such file, or "max"
                continue
            if limit < UNLIMITED:
                yield limit - used + _cached(folder), limit


def _cached(folder: Path) -> int:
    try:
        lines = (folder / "memory.stat").read_text().splitlines()
    except OSError:
        return 0
    kept = dict(line.split()[:2] for line in lines if len(line.split()) >= 2)
    names = ("inactive_file", "active_file")  # in version 1, "total_" has the groups below as well, as its usage has
    return sum(int(kept.get(f"total_{name}", kept.get(name, 0))) for name in names)


def in_words(size: float) -> str:
    """Return a number of bytes as a person says it.

    Examples
    --------
    >>> in_words(3_200_000_000)
    '3.2 GB'
    """
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size / 1000:.3g} kB"
