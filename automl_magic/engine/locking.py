"""Hold a file alone: one writer for a record, one owner for a shared folder."""

from __future__ import annotations

import contextlib
import errno
import os
import sys

HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}  # what systems say when another one holds the file
FAR = 0x7FFF0000  # Windows locks bytes, also against readers: take one that no record reaches


def hold_alone(handle: int) -> bool | None:
    """Lock an open file against every other opening of it, also by this process.

    Returns
    -------
    bool or None
        True: held until `let_go`, or until the process and all copies of the handle are gone. False: another one
        holds it. None: this file system has no locks, so that nothing can be known.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, FAR, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in HELD else None
    return True


def let_go(handle: int) -> None:
    """End the lock, also for copies of the handle that a forked process may have."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, FAR, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_UN)
