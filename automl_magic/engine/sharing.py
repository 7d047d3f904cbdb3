"""Share an object with other processes once: its arrays lie in one file and are mapped, not copied."""

from __future__ import annotations

import mmap
import os
import pickle
from pathlib import Path
from typing import Any

import cloudpickle

ALIGNED = 64  # arrays begin at multiples of this many bytes


def write_shared(value: Any, path: Path) -> None:
    """Write `value` to a new file that its owner alone may read.

    Parameters
    ----------
    value : object
        Anything that cloudpickle takes; classes defined in a notebook travel with it.
    path : Path
        A file that does not exist.
    """
    buffers: list[pickle.PickleBuffer] = []
    body = cloudpickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    raws = [buffer.raw() for buffer in buffers]
    places, end = [], 0
    for raw in raws:
        places.append((end, raw.nbytes))
        end += -(-raw.nbytes // ALIGNED) * ALIGNED
    head = pickle.dumps((len(body), places))
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(len(head).to_bytes(8, "little") + head + body)
        stream.write(b"\0" * (-stream.tell() % ALIGNED))
        for raw, (_, size) in zip(raws, places, strict=True):
            stream.write(raw)
            stream.write(b"\0" * (-size % ALIGNED))


def read_shared(path: Path) -> Any:
    """Return the object of `write_shared`; its arrays are views of the mapped file, private to this process when written."""
    with open(path, "rb") as stream:
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)
    head_end = 8 + int.from_bytes(mapped[:8], "little")
    size, places = pickle.loads(mapped[8:head_end])
    begin = head_end + size
    begin += -begin % ALIGNED
    view = memoryview(mapped)
    buffers = [view[begin + place : begin + place + length] for place, length in places]
    return pickle.loads(view[head_end : head_end + size], buffers=buffers)
