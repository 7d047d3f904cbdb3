"""The other side of a worker: a process that reads calls from its standard input and answers on its standard output.

It ignores interrupts (Jupyter sends them to a whole group), ends with its parent, and answers in plain data: a value
that was pickled here, or an exception in words. Whatever a trial prints goes to standard error, which the parent caps.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from automl_magic.engine.frames import read_frame, write_frame
from automl_magic.engine.scrubbing import GONE, Known, frames_of, place_of_raise, scrubbed
from automl_magic.errors import AutoMLError

READY, BEGUN, VALUE, FAILURE = b"R", b"B", b"V", b"F"  # the first byte of an answer
LONGEST_REASON = 300  # characters
LONGEST_TRACE = 4000  # characters
PR_SET_PDEATHSIG = 1


def main(preload: Sequence[str], parent: int) -> None:
    """Serve calls until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(parent)
    calls, answers = _take_channel()
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(calls, inbox), daemon=True).start()
    _import(("cloudpickle", "automl_magic.engine.sharing", *preload))
    write_frame(answers, READY)
    shared = _Shared()
    while True:
        kind, *rest = inbox.get()
        if kind == "call":
            write_frame(answers, BEGUN)
            write_frame(answers, _answer(shared, *rest))
        elif kind == "share":
            shared.take(*rest)
        elif kind == "forget":
            shared.value = shared.error = None
        elif kind == "preload":
            _import(rest[0])


class _Shared:
    """The object whose methods are called, and the surroundings that it expects."""

    def __init__(self) -> None:
        self.value: Any = None
        self.error: BaseException | None = None
        self._since: float | None = None

    def take(self, file: str, folder: str, paths: list[str]) -> None:
        """Read the object; an error is kept for the calls that follow."""
        from automl_magic.engine.sharing import read_shared

        if self._since is not None and _was_edited(self._since):
            os._exit(0)  # a module of the person's own was edited between two runs: a fresh process reads it anew
        self._since = time.time()
        sys.path[:] = paths
        with contextlib.suppress(OSError):  # the folder may be gone; then paths are all that is left
            os.chdir(folder)
        importlib.invalidate_caches()  # a module may just have been written
        self.value = self.error = None
        try:
            self.value = read_shared(Path(file))
        except BaseException as error:
            self.error = error


def _answer(shared: _Shared, method: str, arguments: bytes) -> bytes:
    """Call the shared object's method; return the answer as bytes, whatever happens."""
    import cloudpickle

    doing, given = "", {}
    try:
        if shared.error is not None:
            doing = "the evaluator cannot be read by the worker process: "
            raise shared.error
        given = pickle.loads(arguments)
        value = getattr(shared.value, method)(**given)
        doing = "the result cannot be sent back: "
        return VALUE + bytes(cloudpickle.dumps(value))
    except BaseException as error:  # SystemExit and KeyboardInterrupt of a trial are failures of the trial
        known = known_to(shared.value, given)
        return FAILURE + pickle.dumps((doing + reason_of(error, known), trace_of(error)))


def known_to(evaluator: Any, arguments: Any) -> list[Any]:
    """Return what may be told of a failure: the arguments of the call, and what the evaluator says is no secret."""
    with contextlib.suppress(Exception):
        return [arguments, *getattr(evaluator, "told", ())]
    return [arguments]


def reason_of(error: BaseException, known: Iterable[Any] = ()) -> str:
    """Return an exception in one line, without values of the data; where there were some, with its place.

    Parameters
    ----------
    error : BaseException
        The exception. One of our own is told as it is: it quotes no data.
    known : iterable
        Texts and numbers that may be told.
    """
    try:
        text = str(error).strip().split("\n")[0]
    except Exception:  # an exception whose text cannot be made is told by its class
        text = ""
    if isinstance(error, ValueError) and "read-only" in text:
        text += " (the workers share the data: copy what is to be changed)"
    name = type(error).__name__
    told, place = text, ""
    if text and not _is_ours(error):
        told = _scrubbed(error, text, known)
        place = f" (raised by {place_of_raise(error)})" if told != text and error.__traceback__ is not None else ""
    reason = (f"{name}: {told}"[: LONGEST_REASON - len(place)] + place) if told else name
    return reason + _remark_on(error)


def _remark_on(error: BaseException) -> str:
    """Return what is added for exceptions that look as if a person, or the program, had asked for the end."""
    if isinstance(error, SystemExit):
        return " (the code asked to end the process)"
    return " (raised by the code itself)" if isinstance(error, KeyboardInterrupt) else ""


def _is_ours(error: BaseException) -> bool:
    """Return whether this package raised it."""
    frames = list(frames_of(error))
    ours = not frames or str(frames[-1].f_globals.get("__name__")).startswith("automl_magic.")
    return isinstance(error, AutoMLError) and ours


def _scrubbed(error: BaseException, text: str, known: Iterable[Any]) -> str:
    try:
        may_stay = Known(known)
        may_stay.add_source(error)
        return scrubbed(text, may_stay)
    except Exception:  # better nothing than too much
        return GONE


def trace_of(error: BaseException) -> str:
    """Return the end of an exception's traceback; an empty string where none can be made."""
    try:
        return "".join(traceback.format_exception(error))[-LONGEST_TRACE:]
    except Exception:
        return ""


def _import(names: Iterable[str]) -> None:
    """Import ahead; what fails here fails again, with a reason, in the trial that needs it."""
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _was_edited(since: float) -> bool:
    """Return whether the source of a loaded module outside the installation changed after `since`."""
    package = str(Path(__file__).parents[1])
    installed = tuple(root.rstrip(os.sep) + os.sep for root in {sys.prefix, sys.base_prefix, package})
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and not file.startswith(installed):
            with contextlib.suppress(OSError):
                if os.stat(file).st_mtime > since:
                    return True
    return False


def _listen(calls: IO[bytes], inbox: queue.SimpleQueue[Any]) -> None:
    """Pass on what the parent says; when it says no more, end the process at once."""
    while (frame := read_frame(calls)) is not None:
        inbox.put(pickle.loads(frame))
    os._exit(0)


def _take_channel() -> tuple[IO[bytes], IO[bytes]]:
    """Keep the pipes to the parent for ourselves; a trial reads nothing and prints to standard error."""
    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115  (it lives as long as the process)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)  # the last words before a crash shall arrive
    faulthandler.enable()
    return calls, answers


def _die_with(parent: int) -> None:
    """Ask Linux to kill this process with its parent, also in the midst of C code; elsewhere `_listen` notices."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was gone before we asked
            os._exit(0)
