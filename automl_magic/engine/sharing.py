"""Share an object with other processes once: its arrays lie in one private file and are mapped, not copied."""

from __future__ import annotations

import contextlib
import mmap
import os
import pickle
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import cloudpickle

from automl_magic.engine.locking import hold_alone, let_go
from automl_magic.engine.spare import PREFIX, roots
from automl_magic.errors import AutoMLError

ALIGNED = 64  # arrays begin at multiples of this many bytes
NEW_SECONDS = 3600.0  # a folder without a lock may be under construction for this long
EXCLUSIVE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class SharedObject:
    """An object in a file of a private folder; `close` removes it, or else a later program that finds it ownerless.

    Parameters
    ----------
    value : object
        Anything that cloudpickle takes; classes defined in a notebook travel with it.

    Attributes
    ----------
    file : Path
        What `read_shared` reads.

    Raises
    ------
    AutoMLError
        If it cannot be pickled; the part that cannot is named.
    OSError
        If there is no room for it.
    """

    def __init__(self, value: Any) -> None:
        *others, last = roots()
        for root in (*others, last):
            remove_ownerless(root)
            try:
                self._write_in(root, value)
                return
            except OSError:  # no room there
                if root == last:
                    raise

    def _write_in(self, root: Path, value: Any) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))  # readable by its owner alone
        self.file = self._folder / "object"
        try:
            self._handle = os.open(self._folder / "lock", EXCLUSIVE, 0o600)
            hold_alone(self._handle)
            write_shared(value, self.file)
        except BaseException:
            self.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    _handle = -1

    def close(self) -> None:
        """Remove the file; processes that have mapped it keep what they see."""
        if self._handle < 0:
            return
        let_go(self._handle)
        os.close(self._handle)
        self._handle = -1
        shutil.rmtree(self._folder, ignore_errors=True)


def write_shared(value: Any, path: Path) -> None:
    """Write `value` to a new file that its owner alone may read.

    Raises
    ------
    AutoMLError
        If it cannot be pickled; the part that cannot is named.
    OSError
        If there is no room for it.
    """
    buffers: list[pickle.PickleBuffer] = []
    try:
        body = cloudpickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    except Exception as error:
        where = _culprit(value, type(value).__name__)
        raise AutoMLError(
            f"{where} cannot be sent to the worker processes: {error}.",
            "Make it something that pickle takes, or run in this process: workers=0, in a cell --workers 0.",
        ) from error
    raws = [buffer.raw() for buffer in buffers]
    places, end = [], 0
    for raw in raws:
        places.append((end, raw.nbytes))
        end += raw.nbytes + _padding(raw.nbytes)
    head = pickle.dumps((len(body), places))
    with os.fdopen(os.open(path, EXCLUSIVE, 0o600), "wb") as stream:
        stream.write(len(head).to_bytes(8, "little") + head)
        stream.write(body)
        stream.write(b"\0" * _padding(stream.tell()))
        for raw in raws:
            stream.write(raw)
            stream.write(b"\0" * _padding(raw.nbytes))


def read_shared(path: Path) -> Any:
    """Return the object of `write_shared`.

    Its arrays are views of the mapped file. They are read-only: what one trial wrote into them would silently
    change the data of those that come after it in the same process.
    """
    with open(path, "rb") as stream:
        view = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    head_end = 8 + int.from_bytes(view[:8], "little")
    size, places = pickle.loads(view[8:head_end])
    body_end = head_end + size
    begin = body_end + _padding(body_end)
    buffers = [view[begin + place : begin + place + length] for place, length in places]
    return pickle.loads(view[head_end:body_end], buffers=buffers)


def remove_ownerless(root: Path) -> None:
    """Remove the shared folders that a killed program of ours has left in `root`."""
    for folder in root.glob(PREFIX + "*"):
        with contextlib.suppress(OSError):
            if not hasattr(os, "getuid") or folder.lstat().st_uid == os.getuid():
                _remove_if_ownerless(folder)


def _remove_if_ownerless(folder: Path) -> None:
    try:
        handle = os.open(folder / "lock", os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        if time.time() - folder.stat().st_mtime > NEW_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        ownerless = hold_alone(handle) is True
    finally:
        os.close(handle)
    if ownerless:
        shutil.rmtree(folder, ignore_errors=True)


def _padding(size: int) -> int:
    return -size % ALIGNED


def _culprit(value: Any, name: str, depth: int = 5) -> str:
    """Return the path of the innermost part, among attributes and items, that cannot be pickled."""
    if isinstance(value, dict):
        parts = [(f"{name}[{key!r}]", part) for key, part in value.items()]
    elif isinstance(value, list | tuple):
        parts = [(f"{name}[{number}]", part) for number, part in enumerate(value)]
    else:
        parts = [(f"{name}.{key}", part) for key, part in getattr(value, "__dict__", {}).items()]
    for path, part in parts if depth > 0 and not isinstance(value, type) else ():
        try:
            cloudpickle.dumps(part)
        except Exception:
            return _culprit(part, path, depth - 1)
    return name
