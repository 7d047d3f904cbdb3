"""The record of a run: one line an event, checked by a checksum, on the disk before it is acknowledged."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import zlib
from pathlib import Path
from types import TracebackType

from automl_magic.engine.events import Event, from_json, to_json
from automl_magic.engine.locking import hold_alone, let_go
from automl_magic.errors import AutoMLError

SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class JournalError(AutoMLError):
    """A journal that another one writes, or that is not there."""


class Journal:
    """Append events to a file: ``crc32 SP json LF``, one write each. One writer at a time.

    Parameters
    ----------
    path : str or Path
        The file; it is made when missing, readable by its owner alone. A torn last line, as a crash leaves it, is
        first moved to ``<name>.torn``.

    Raises
    ------
    JournalError
        If it is being written already, by this or another process.
    OSError
        If it cannot be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | SAFE, 0o600)
        try:
            if hold_alone(self._handle) is False:
                raise JournalError(
                    f"The record of the run in {self.path.parent} is being written already.",
                    "Wait for that run to end or stop it, or give this run another name (--name, name=).",
                )
            self._size = self._cut_torn_line()
        except BaseException:
            os.close(self._handle)
            raise
        _sync_folder(self.path.parent)

    def append(self, event: Event, sync: bool = False) -> None:
        """Write one event; with `sync` it is on the disk when this returns.

        Raises
        ------
        OSError
            If it could not be written whole; what was written of it is cut off again, and a later one may be tried.
        """
        body = json.dumps(to_json(event), separators=(",", ":"), allow_nan=False).encode()
        line = b"%08x " % zlib.crc32(body) + body + b"\n"
        try:
            written = os.write(self._handle, line)
            if written != len(line):
                raise OSError(errno.ENOSPC, f"only {written} of {len(line)} bytes could be written", str(self.path))
        except OSError:
            with contextlib.suppress(OSError):  # the first error is the one to tell
                os.ftruncate(self._handle, self._size)
            raise
        self._size += len(line)
        if sync:
            getattr(os, "fdatasync", os.fsync)(self._handle)

    def close(self) -> None:
        """Let the file go."""
        if self._handle >= 0:
            let_go(self._handle)
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _cut_torn_line(self) -> int:
        """Move what a crash left at the end into a file of its own; return the size of the rest."""
        with os.fdopen(os.dup(self._handle), "rb") as stream:
            stream.seek(0)
            content = stream.read()
        whole = content.rfind(b"\n") + 1
        last = content.rfind(b"\n", 0, max(0, whole - 1)) + 1
        if whole and not _is_sound(content[last : whole - 1]):
            whole = last
        if whole < len(content):
            torn = self.path.with_name(self.path.name + ".torn")
            with os.fdopen(os.open(torn, os.O_WRONLY | os.O_CREAT | os.O_APPEND | SAFE, 0o600), "wb") as stream:
                stream.write(content[whole:] + b"\n")
            os.ftruncate(self._handle, whole)
        return whole


def read_journal(path: str | Path) -> tuple[list[Event], list[str]]:
    """Return the events of a journal, and what was wrong with it in words; bad lines are left out.

    Raises
    ------
    JournalError
        If there is none.
    """
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except FileNotFoundError:
        raise JournalError(f"There is no record of a run at {path}.") from None
    events: list[Event] = []
    problems: list[str] = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            events.append(_event_of(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            problems.append(f"Line {number} cannot be read and was left out: {error}")
    if lines[-1]:
        problems.append(f"The last line ({len(lines)}) is torn and was left out.")
    return events, problems


def _event_of(line: bytes) -> Event:
    if not _is_sound(line):
        raise ValueError("its checksum differs.")
    record = json.loads(line[9:])
    if not isinstance(record, dict):
        raise ValueError("it is no event.")
    return from_json(record)


def _is_sound(line: bytes) -> bool:
    """Return whether the checksum fits the line."""
    return line[:9] == b"%08x " % zlib.crc32(line[9:])


def _sync_folder(folder: Path) -> None:
    """Have the name of a new file on the disk; Windows does that by itself and opens no folders."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
