"""How many processors this process may use."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path


def available_cpus(root: Path = Path("/")) -> int:
    """Return the number of processors, by affinity and by the quotas of the control groups, at least 1.

    A quota of one and a half counts as two, as joblib counts it.

    Parameters
    ----------
    root : Path
        Where the file system begins that tells of control groups (Linux only; elsewhere there are none).

    Examples
    --------
    >>> available_cpus() >= 1
    True
    """
    return max(1, min([_by_affinity(), *(math.ceil(quota) for quota in _quotas(root))]))


def _by_affinity() -> int:
    """Return how many processors the system lets this process run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    import psutil

    try:
        return len(psutil.Process().cpu_affinity())  # Windows has it, macOS does not
    except (AttributeError, psutil.Error):
        return os.cpu_count() or 1


def _quotas(root: Path) -> Iterator[float]:
    """Yield the processors that the control group of this process and those above it grant."""
    for folder in groups_of(root):
        try:  # version 2
            limit, period = (folder / "cpu.max").read_text().split()[:2]
            if limit != "max":
                yield int(limit) / int(period)
        except (OSError, ValueError, ZeroDivisionError):
            pass
        try:  # version 1
            limit = (folder / "cpu.cfs_quota_us").read_text()
            period = (folder / "cpu.cfs_period_us").read_text()
            if int(limit) > 0:
                yield int(limit) / int(period)
        except (OSError, ValueError, ZeroDivisionError):
            pass


def groups_of(root: Path, controller: str = "cpu") -> Iterator[Path]:
    """Yield the folders of this process's groups for a controller, each with all above it up to its mount.

    In a container the path that the system names may not exist; its mount then is the container's own group.
    """
    mounted = root / "sys" / "fs" / "cgroup"
    try:
        lines = (root / "proc" / "self" / "cgroup").read_text().splitlines()
    except OSError:
        lines = []
    seen: set[Path] = set()
    for line in [*lines, "0::/", f"0:{controller}:/"]:
        _, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        for mount in _mounts(mounted, controllers, controller):
            group = mount / path.lstrip("/")
            for folder in (group, *group.parents):
                if folder not in seen and folder.is_relative_to(mount):
                    seen.add(folder)
                    yield folder


def _mounts(mounted: Path, controllers: str, wanted: str) -> list[Path]:
    """Return where the groups of these controllers can be mounted; version 2 names none."""
    if not controllers:
        return [mounted]
    if wanted not in controllers.split(","):
        return []
    return [mounted / name for name in dict.fromkeys((controllers, wanted, f"{wanted},cpuacct"))]
