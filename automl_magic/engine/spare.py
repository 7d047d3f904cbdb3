"""Where a run's files go when its disk is full or read-only: a private folder in memory, made when it is needed."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path

SPARE = "spare"  # how the record calls that folder
PREFIX = "automl-share-"  # of the folders in which objects are shared: see `sharing`
LEFT = "automl-spare-"
OLD_SECONDS = 7 * 86_400.0  # a spare folder that nobody has touched for so long was left by a crash
MEMORY = Path("/dev/shm")  # Linux keeps it in memory
_CHOSEN: dict[Path, Path] = {}


def roots() -> tuple[Path, ...]:
    """Return the places for passing files, the usual one first."""
    usual = Path(tempfile.gettempdir())
    return (usual, MEMORY) if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else (usual,)


def spare_of(folder: str | Path) -> Path:
    """Return the spare folder of a run's folder: chosen once in a process, under a name that nobody can guess."""
    return _CHOSEN.setdefault(Path(folder).resolve(), roots()[-1] / f"{LEFT}{secrets.token_hex(16)}")


def make_spare(spare: str | Path) -> Path:
    """Make a spare folder, or take the one that another process of this run has made.

    Raises
    ------
    OSError
        If it cannot be made, or is not a folder of ours.
    """
    path = Path(spare)
    _remove_old(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    state = path.lstat()
    if path.is_symlink() or (hasattr(os, "getuid") and state.st_uid != os.getuid()):
        raise PermissionError(0, "it is no folder of yours", str(path))
    return path


def drop_spare(folder: str | Path) -> None:
    """Remove what lies in the spare folder of a run."""
    spare = _CHOSEN.pop(Path(folder).resolve(), None)
    if spare is not None:
        shutil.rmtree(spare, ignore_errors=True)


def _remove_old(root: Path) -> None:
    for folder in root.glob(f"{LEFT}*"):
        with contextlib.suppress(OSError):
            state = folder.lstat()
            is_ours = not hasattr(os, "getuid") or state.st_uid == os.getuid()
            if is_ours and time.time() - state.st_mtime > OLD_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
