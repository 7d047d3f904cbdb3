"""The other side of a worker: a process that reads calls from its standard input and answers on its standard output.

It ignores interrupts (Jupyter sends them to the whole group), ends with its parent, and sends exceptions as plain data.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, BinaryIO

LONGEST = 300  # characters of a reason


def main(preload: tuple[str, ...]) -> None:
    """Serve calls until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    calls, answers = _take_channel()
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(calls, inbox), daemon=True).start()
    import cloudpickle  # noqa: F401  (what answers need is imported first, then what the caller expects to be used)

    for name in preload:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    shared: Any = None
    while True:
        kind, *rest = inbox.get()
        if kind == "share":
            shared = ("path", Path(rest[0]))
        elif kind == "forget":
            shared = None
        else:
            answer, shared = _answer(shared, *rest)
            write_frame(answers, answer)


def _answer(shared: Any, method: str, arguments: bytes) -> tuple[bytes, Any]:
    """Call the shared object's method; return the answer as bytes, and the shared object, read by now."""
    import cloudpickle

    from automl_magic.engine.sharing import read_shared

    try:
        if isinstance(shared, tuple) and shared[0] == "path":
            shared = ("object", read_shared(shared[1]))
        value = getattr(shared[1], method)(**pickle.loads(arguments))
        return cloudpickle.dumps(("value", value)), shared
    except BaseException as error:  # SystemExit and KeyboardInterrupt of a trial are failures of the trial
        told = ("failure", reason_of(error), "".join(traceback.format_exception(error))[-4000:])
        return pickle.dumps(told), shared


def reason_of(error: BaseException) -> str:
    """Return an exception in one line."""
    try:
        text = str(error).strip().split("\n")[0]
    except Exception:  # an exception whose text cannot be made is told by its class
        text = ""
    name = type(error).__name__
    return (f"{name}: {text}" if text else name)[:LONGEST]


def _listen(calls: BinaryIO, inbox: queue.SimpleQueue[Any]) -> None:
    """Pass on what the parent says; when it says no more, end the process at once."""
    while True:
        frame = read_frame(calls)
        if frame is None:
            os._exit(0)
        inbox.put(pickle.loads(frame))


def _take_channel() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes to the parent for ourselves; what a trial prints goes to standard error, which the parent caps."""
    calls = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115  (it lives as long as the process)
    return calls, answers


def _die_with_parent() -> None:
    """Ask Linux to kill this process with its parent, also while C code holds the interpreter."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def read_frame(stream: BinaryIO) -> bytes | None:
    """Return the next frame (8 bytes of length, then the content), or None at the end."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    size = int.from_bytes(head, "little")
    body = stream.read(size)
    return body if len(body) == size else None


def write_frame(stream: BinaryIO, body: bytes) -> None:
    """Write a frame."""
    stream.write(len(body).to_bytes(8, "little") + body)
    stream.flush()
