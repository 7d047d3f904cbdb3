"""Everything that a trial can do to the process that it runs in."""

from __future__ import annotations

import ctypes
import importlib
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any


class TwoPartError(Exception):
    """Cannot be made again from what pickle keeps of it."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


class MuteError(Exception):
    """Cannot even be told."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


class Beyond(BaseException):
    """No Exception, so that `except Exception` lets it through."""


class Unreadable:
    """Can be pickled; reading it calls `call`."""

    def __init__(self, call: Any, *arguments: Any) -> None:
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> Any:
        return self.call, self.arguments


class Faults:
    """An evaluator whose methods misbehave, but for the first three."""

    def echo(self, value: Any, pause: float = 0.0) -> Any:
        time.sleep(pause)
        return value

    def pid(self) -> int:
        return os.getpid()

    def look(self, expression: str) -> Any:
        return eval(expression, {"os": os, "sys": sys, "signal": signal})

    def imports(self, names: tuple[str, ...]) -> None:
        for name in names:
            importlib.import_module(name)

    def nan(self) -> float:
        return math.nan

    def raises(self) -> None:
        raise ValueError("a bad value")

    def raises_what_cannot_be_pickled(self) -> None:
        raise TwoPartError("no ", "way")

    def raises_what_cannot_be_told(self) -> None:
        raise MuteError

    def returns_what_cannot_be_pickled(self) -> Any:
        return threading.Lock()

    def returns_what_cannot_be_read(self) -> Any:
        return Unreadable(int, "no number")

    def returns_what_ends_its_reader(self) -> Any:
        return Unreadable(sys.exit, 3)

    def raises_beyond_exceptions(self) -> None:
        raise Beyond("not even an Exception")

    def exits(self) -> None:
        sys.exit(2)

    def is_interrupted(self) -> None:
        raise KeyboardInterrupt

    def aborts(self) -> None:
        os.abort()

    def reads_address_zero(self) -> None:
        print("last words")
        ctypes.string_at(0)

    def leaves_at_once(self) -> None:
        os._exit(3)

    def kills_itself(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def sleeps(self) -> None:
        time.sleep(1000)

    def sleeps_through_exceptions(self) -> None:
        while True:
            try:
                time.sleep(100)
            except BaseException:
                continue

    def holds_the_interpreter(self) -> None:
        re.match(r"(a+)+$", "a" * 64 + "b")

    def prints(self, megabytes: int) -> int:
        for _ in range(megabytes):
            os.write(1, b"o" * 500_000)
            sys.stderr.write("e" * 500_000)
        return megabytes

    def takes_memory(self) -> None:
        taken = []
        while True:
            taken.append(b"x" * 20_000_000)
            time.sleep(0.01)

    def starts_a_child(self, file: str) -> None:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        Path(file).write_text(str(child.pid))
        time.sleep(60)

    def forks_and_leaves(self) -> None:
        if os.fork() == 0:
            time.sleep(60)
        os._exit(4)

    def writes(self) -> None:
        self.array[0] = 1.0  # type: ignore[attr-defined]
