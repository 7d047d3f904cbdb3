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

    return max(0, min([int(psutil.virtual_memory().available), *_rooms(root)]))


def _rooms(root: Path) -> Iterator[int]:
    """Yield what is left below the limit of each control group of this process."""
    names = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
    for folder in groups_of(root, "memory"):
        for limit_name, used_name in names:
            try:
                limit, used = int((folder / limit_name).read_text()), int((folder / used_name).read_text())
            except (OSError, ValueError):  # no such file, or "max"
                continue
            if limit < UNLIMITED:
                yield limit - used + _cached(folder)


def _cached(folder: Path) -> int:
    try:
        lines = (folder / "memory.stat").read_text().splitlines()
    except OSError:
        return 0
    kept = dict(line.split()[:2] for line in lines if len(line.split()) >= 2)
    return int(kept.get("inactive_file", 0)) + int(kept.get("active_file", 0))


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
