"""The fault table, F1 to F18: one bad trial costs that trial, says why in words, and nothing else happens."""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from automl_magic.engine.workers import InProcess, ProcessWorkers
from tests.engine.bench import Bench, bench, eventually, is_running, run_program

__all__ = ["bench"]
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and groups of POSIX")
BACK = 5.0  # seconds that a slot may take to serve again; it takes less than one on a quiet machine

RAISED = [
    pytest.param("raises", "ValueError: a bad value", id="F01"),
    pytest.param("raises_what_cannot_be_pickled", "TwoPartError: no way", id="F03"),
    pytest.param("raises_what_cannot_be_told", "MuteError", id="F03-mute"),
    pytest.param("exits", "SystemExit: 2 (the code asked to end the process)", id="F08"),
    pytest.param("is_interrupted", "KeyboardInterrupt (raised by the code itself)", id="F11"),
    pytest.param("raises_beyond_exceptions", "Beyond: not even an Exception", id="F11-other"),
]
CRASHES = [
    pytest.param("returns_what_cannot_be_pickled", "error", "the result cannot be sent back: TypeError", id="F04"),
    pytest.param("returns_what_cannot_be_read", "error", "the result cannot be read back: ValueError", id="F04-read"),
    pytest.param("returns_what_ends_its_reader", "error", "the result cannot be read back: SystemExit", id="F04-exit"),
    pytest.param("aborts", "died", "the process was killed by signal 6 (SIGABRT)", marks=POSIX, id="F05"),
    pytest.param("reads_address_zero", "died", "the process was killed by signal 11 (SIGSEGV)", marks=POSIX, id="F06"),
    pytest.param("leaves_at_once", "died", "the process ended with exit code 3", id="F07"),
    pytest.param("forks_and_leaves", "died", "the process ended with exit code 4", marks=POSIX, id="F07-fork"),
    pytest.param("kills_itself", "died", "the process was killed by signal 9 (SIGKILL)", marks=POSIX, id="F09"),
]
ENDLESS = [
    pytest.param("sleeps", id="F12"),
    pytest.param("holds_the_interpreter", id="F13"),
    pytest.param("sleeps_through_exceptions", id="F14"),
]


def beside_and_behind(bench: Bench, method: str, seconds: float | None = None) -> Any:
    """Return the failure of a bad trial; one trial beside it and two behind it must be unaffected."""
    innocent = bench.hold("beside")
    bad = bench.start(method, seconds)
    outcomes = {outcome.key: outcome for outcome in (bench.next(), bench.next())}
    assert outcomes[innocent].value == "beside"
    begun = time.monotonic()
    behind = [bench.start("echo", value=number) for number in range(2)]
    values = {outcome.key: outcome.value for outcome in (bench.next(), bench.next())}
    assert values == dict(zip(behind, range(2), strict=True)) and time.monotonic() - begun < BACK
    failure = outcomes[bad].failure
    assert failure is not None and outcomes[bad].value is None
    return failure


@pytest.mark.parametrize(("method", "words"), RAISED)
def test_what_a_trial_raises_costs_that_trial(bench: Bench, method: str, words: str) -> None:
    failure = beside_and_behind(bench, method)
    assert failure.kind == "error" and failure.reason == words and method in failure.traceback


@pytest.mark.parametrize(("method", "words"), RAISED)
def test_what_a_trial_raises_in_process_costs_that_trial(method: str, words: str) -> None:
    bench = Bench(InProcess())
    runner = threading.Thread(target=lambda: [bench.start(method), bench.start("echo", value=1)], daemon=True)
    runner.start()  # a run has a thread of its own, where no interrupt can come from outside
    failure = bench.next().failure
    assert failure is not None and failure.kind == "error" and failure.reason == words
    assert bench.next().value == 1


def test_f11_in_the_main_thread_an_interrupt_is_a_persons_own() -> None:
    with pytest.raises(KeyboardInterrupt):
        Bench(InProcess()).call("is_interrupted")


@pytest.mark.parametrize("workers", [lambda: ProcessWorkers(1), InProcess], ids=["processes", "in process"])
def test_f02_nan_comes_back_for_the_study_to_judge(workers: Any) -> None:
    bench = Bench(workers())
    assert math.isnan(bench.call("nan").value)
    bench.workers.close()


@pytest.mark.parametrize(("method", "kind", "words"), CRASHES)
def test_a_crash_costs_its_own_trial_only(bench: Bench, method: str, kind: str, words: str) -> None:
    failure = beside_and_behind(bench, method)
    assert failure.kind == kind and failure.reason.startswith(words)


def test_f10_a_trial_that_takes_too_much_memory_is_killed() -> None:
    bench = Bench(ProcessWorkers(2, memory_mb=300))
    try:
        failure = beside_and_behind(bench, "takes_memory", 20.0)
        assert failure.kind == "memory" and "of memory; its limit was 300 MB" in failure.reason
    finally:
        bench.workers.close()


def test_f10_when_the_machine_runs_short_the_largest_trial_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automl_magic.engine.processes.room", lambda: (20.0, 1000.0))
    bench = Bench(ProcessWorkers(2))
    try:
        failure = beside_and_behind(bench, "takes_memory", 20.0)
        assert failure.kind == "memory"
        assert failure.reason.startswith("memory ran short (20 of 1000 MB were free) and it used the most")
    finally:
        bench.workers.close()


@pytest.mark.parametrize("method", ENDLESS)
def test_what_does_not_end_is_killed_at_its_limit(bench: Bench, method: str) -> None:
    bench.call("echo", value=0)
    begun = time.monotonic()
    failure = beside_and_behind(bench, method, 0.3)
    assert failure.kind == "timeout" and failure.reason == "it took longer than its limit of 0.3 s"
    assert 0.3 <= time.monotonic() - begun < 0.3 + BACK


def test_f15_output_is_capped_and_stays_out_of_this_process(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    innocent = bench.hold("beside")
    loud = bench.start("prints", megabytes=5)
    values = {outcome.key: outcome.value for outcome in (bench.next(), bench.next())}
    assert values == {innocent: "beside", loud: 5}
    assert all(child._output._size <= 65_536 for place in bench.workers._places if (child := place.child))
    assert capfd.readouterr() == ("", "")


def test_f16_a_class_of_a_notebook_travels_both_ways(tmp_path: Path) -> None:
    program = """
        import queue
        from automl_magic.engine.workers import ProcessWorkers, Task

        class Point:
            def __init__(self, x):
                self.x = x

        class Here:
            def double(self, point):
                return Point(2 * point.x)

            def fail(self):
                class OwnError(Exception):
                    pass
                raise OwnError("mine")

        outcomes = queue.SimpleQueue()
        workers = ProcessWorkers(1)
        workers.open(Here(), outcomes.put)
        workers.submit(Task(1, "double", {"point": Point(21)}))
        value = outcomes.get(timeout=20).value
        workers.submit(Task(2, "fail", {}))
        print(isinstance(value, Point), value.x, outcomes.get(timeout=20).failure.reason)
    """
    done = run_program(program, tmp_path)
    assert done.stdout.strip() == "True 42 OwnError: mine", done.stderr


@POSIX
def test_f17_an_idle_process_that_is_killed_costs_no_trial(bench: Bench) -> None:
    for _ in range(4):
        for place in bench.workers._places:
            if place.child is not None:
                os.kill(place.child.pid, signal.SIGKILL)
        keys = [bench.start("echo", value=number) for number in range(2)]  # at once: the deaths may not be known yet
        outcomes = [bench.next(), bench.next()]
        assert {outcome.key for outcome in outcomes} == set(keys)
        assert all(outcome.failure is None for outcome in outcomes)


@POSIX
@pytest.mark.parametrize("method", ["sleeps", "holds_the_interpreter", "echo", "starts_a_child"])
def test_f18_no_process_outlives_a_program_that_is_killed(tmp_path: Path, method: str) -> None:
    arguments = {"echo": {"value": 0}, "starts_a_child": {"file": str(tmp_path / "pid")}}.get(method, {})
    program = f"""
        import os, queue, signal, time, psutil
        from automl_magic.engine.workers import ProcessWorkers, Task
        from tests.engine.faults import Faults

        outcomes = queue.SimpleQueue()
        workers = ProcessWorkers(2)
        workers.open(Faults(), outcomes.put)
        workers.submit(Task(0, "echo", {{"value": 0}}))
        outcomes.get(timeout=20)
        for key in (1, 2):
            workers.submit(Task(key, {method!r}, {arguments!r}))
        time.sleep(0.5)
        print(*(child.pid for child in psutil.Process().children(recursive=True)), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    pids = [int(pid) for pid in run_program(program, tmp_path).stdout.split()]
    assert len(pids) >= (5 if method == "starts_a_child" else 3)  # two workers, what guards them, their children
    assert eventually(lambda: not any(is_running(pid) for pid in pids), 2.0)
