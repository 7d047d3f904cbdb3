"""Frames on a pipe: eight bytes of length, then the content."""

from __future__ import annotations

from typing import IO


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Return the next frame, or None at the end of the stream or of a frame that was cut."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    size = int.from_bytes(head, "little")
    body = stream.read(size)
    return body if len(body) == size else None


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Write a frame and send it off.

    Raises
    ------
    OSError
        If nobody reads the stream any more.
    """
    stream.write(len(body).to_bytes(8, "little"))
    stream.write(body)
    stream.flush()
