"""The record of a run: one line an event, checked by a checksum, on the disk before it is acknowledged."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from types import TracebackType

from automl_magic.engine.events import Event, from_json, to_json
from automl_magic.errors import AutoMLError


class JournalError(AutoMLError):
    """A journal that cannot be opened or written."""


class Journal:
    """Append events to a file: ``crc32 SP json LF``, one write each. One writer at a time.

    Parameters
    ----------
    path : str or Path
        The file; it is made when missing, readable by its owner alone. A torn last line is moved to
        ``<name>.torn`` first.

    Raises
    ------
    JournalError
        If another process writes it.
    OSError
        If it cannot be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self._handle = os.open(self.path, flags, 0o600)
        try:
            self._lock()
            self._cut_torn_line()
        except BaseException:
            os.close(self._handle)
            raise

    def append(self, event: Event, sync: bool = False) -> None:
        """Write one event; with `sync` it is on the disk when this returns.

        Raises
        ------
        OSError
            If it could not be written whole; what was written of it is cut off again.
        """
        body = json.dumps(to_json(event), separators=(",", ":"), allow_nan=False).encode()
        line = b"%08x " % zlib.crc32(body) + body + b"\n"
        before = os.fstat(self._handle).st_size
        written = os.write(self._handle, line)
        if written != len(line):
            os.ftruncate(self._handle, before)
            raise OSError(28, "the disk is full")
        if sync:
            getattr(os, "fdatasync", os.fsync)(self._handle)

    def close(self) -> None:
        """Let the file go."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _lock(self) -> None:
        try:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(self._handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
            else:
                import fcntl

                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise JournalError(
                f"The run in {self.path.parent} is being written by another process.", "Give this run another --name."
            ) from None

    def _cut_torn_line(self) -> None:
        """Move what follows the last line feed into a file of its own: a crash left it."""
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            torn = self.path.with_name(self.path.name + ".torn")
            handle = os.open(torn, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(content[whole:])
            os.ftruncate(self._handle, whole)


def read_journal(path: str | Path) -> tuple[list[Event], list[str]]:
    """Return the events of a journal, and what was wrong with it in words; bad lines are skipped."""
    events: list[Event] = []
    problems: list[str] = []
    lines = Path(path).read_bytes().split(b"\n")
    if lines and lines[-1]:
        problems.append(f"The last line ({len(lines)}) is torn and was left out.")
    for number, line in enumerate(lines[:-1], start=1):
        try:
            events.append(_event_of(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            problems.append(f"Line {number} cannot be read and was left out: {error}")
    return events, problems


def _event_of(line: bytes) -> Event:
    checksum, _, body = line.partition(b" ")
    if int(checksum, 16) != zlib.crc32(body):
        raise ValueError("its checksum differs.")
    record = json.loads(body)
    if not isinstance(record, dict):
        raise ValueError("it is no event.")
    return from_json(record)
