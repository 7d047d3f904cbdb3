"""Workers on a bench: start trials, hear what came of them, run whole programs."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from automl_magic.engine.workers import InProcess, Outcome, ProcessWorkers, Task
from tests.engine.faults import Faults

ROOT = Path(__file__).parents[2]


class Bench:
    """Workers with their outcomes."""

    def __init__(self, workers: Any, evaluator: Any = None) -> None:
        self.workers = workers
        self.outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self.key = 0
        workers.open(Faults() if evaluator is None else evaluator, self.outcomes.put)

    def start(self, method: str, seconds: float | None = None, **arguments: Any) -> int:
        self.key += 1
        self.workers.submit(Task(self.key, method, arguments, seconds))
        return self.key

    def hold(self, value: Any, pause: float = 0.3) -> int:
        """Start an innocent trial that takes a while."""
        return self.start("echo", value=value, pause=pause)

    def next(self, timeout: float = 20.0) -> Outcome:
        return self.outcomes.get(timeout=timeout)

    def call(self, method: str, seconds: float | None = None, **arguments: Any) -> Outcome:
        key = self.start(method, seconds, **arguments)
        outcome = self.next()
        assert outcome.key == key
        return outcome


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Return two processes."""
    bench = Bench(ProcessWorkers(2))
    yield bench
    bench.workers.close()


@pytest.fixture(params=[lambda: ProcessWorkers(2), InProcess], ids=["processes", "in process"])
def any_bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Return two processes, or this one."""
    bench = Bench(request.param())
    yield bench
    bench.workers.close()


def eventually(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait until something holds; return whether it came to that."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def is_running(pid: int) -> bool:
    """Return whether a process is there and no mere zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def run_program(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of its own to its end, as a notebook's kernel would run it."""
    file = folder / "program.py"
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(file)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
