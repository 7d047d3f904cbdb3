"""Workers: one bad trial costs that trial, and nothing else."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from automl_magic.engine.nursery import NURSERY
from automl_magic.engine.slot import reason_of
from automl_magic.engine.workers import ProcessWorkers, Task, warm_up
from automl_magic.errors import AutoMLError
from tests.engine.bench import Bench, any_bench, bench, eventually, is_running, run_program
from tests.engine.faults import Faults

POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and groups of POSIX")
__all__ = ["any_bench", "bench"]


def test_a_value_comes_back_whole(any_bench: Bench) -> None:
    outcome = any_bench.call("echo", value={"a": [1, 2.5, None]})
    assert outcome.value == {"a": [1, 2.5, None]} and outcome.failure is None and outcome.seconds >= 0


@POSIX
def test_the_last_words_of_a_crash_are_kept_however_much_was_imported(bench: Bench) -> None:
    bench.call("imports", names=("pandas", "sklearn.ensemble", "scipy.stats"))
    bench.call("imports", names=("pandas", "sklearn.ensemble", "scipy.stats"))  # whichever process comes first
    failure = bench.call("reads_address_zero").failure
    assert failure is not None
    assert "last words" in failure.traceback and "reads_address_zero" in failure.traceback


def test_the_limit_counts_from_the_call_not_from_the_start_of_the_process() -> None:
    bench = Bench(ProcessWorkers(1, preload=("tests.engine.slow_import",)))
    try:
        child = NURSERY.take((), fresh=True)  # nothing warm may be left
        child.kill()
        assert bench.call("echo", 0.2, value=1).failure is None
    finally:
        bench.workers.close()


@pytest.mark.parametrize("method", ["sleeps", "holds_the_interpreter"])
def test_a_cancelled_trial_is_dead_at_once_and_told_once(bench: Bench, method: str) -> None:
    bench.call("echo", value=0)
    key = bench.start(method)
    time.sleep(0.1)
    begun = time.monotonic()
    bench.workers.cancel(key)
    bench.workers.cancel(key)
    outcome = bench.next()
    assert outcome.failure is not None and outcome.failure.kind == "cancelled" and outcome.key == key
    assert time.monotonic() - begun < 1.0
    assert bench.call("echo", value=1).value == 1
    assert bench.outcomes.empty()


def test_a_trial_can_be_cancelled_before_its_process_has_begun_it() -> None:
    bench = Bench(ProcessWorkers(2, preload=("sklearn.linear_model",)))
    try:
        keys = [bench.hold(number, 30.0) for number in range(2)]
        for key in keys:
            bench.workers.cancel(key)
        kinds = [outcome.failure.kind for outcome in (bench.next(), bench.next()) if outcome.failure is not None]
        assert kinds == ["cancelled", "cancelled"]
    finally:
        bench.workers.close()


def test_cancelling_what_is_over_does_nothing(bench: Bench) -> None:
    key = bench.start("echo", value=1)
    bench.next()
    bench.workers.cancel(key)
    bench.workers.cancel(99)
    assert bench.call("echo", value=2).value == 2
    assert bench.outcomes.empty()


def test_a_killed_process_is_replaced_by_a_warm_one(bench: Bench) -> None:
    bench.call("echo", value=0)
    assert eventually(lambda: any(child.is_ready for child in NURSERY.idle()))
    bench.workers.cancel(bench.start("sleeps"))
    bench.next()
    begun = time.monotonic()
    bench.call("echo", value=1)
    assert time.monotonic() - begun < 0.5


@POSIX
def test_what_a_trial_starts_ends_with_it(bench: Bench, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    key = bench.start("starts_a_child", file=str(file))
    assert eventually(lambda: file.exists() and file.read_text() != "")
    bench.workers.cancel(key)
    bench.next()
    pid = int(file.read_text())
    assert eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_a_module_beside_the_notebook_is_found_and_read_again_when_it_was_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = """
        import importlib, os, pathlib, queue, sys, time
        from automl_magic.engine.workers import ProcessWorkers, Task

        outcomes = queue.SimpleQueue()

        def answer():
            workers = ProcessWorkers(1)
            workers.open(beside.Evaluator(), outcomes.put)
            workers.submit(Task(1, "answer", {}))
            outcome = outcomes.get(timeout=20)
            workers.close()
            return outcome.value

        os.mkdir("sub"); os.chdir("sub"); sys.path.insert(0, "")
        file = pathlib.Path("beside.py")
        file.write_text("class Evaluator:\\n    def answer(self): return 'first'\\n")
        import beside
        print(answer())
        time.sleep(0.05)
        file.write_text("class Evaluator:\\n    def answer(self): return 'second, edited'\\n")
        importlib.reload(beside)
        print(answer())
    """
    done = run_program(program, tmp_path)
    assert done.stdout.split("\n")[:2] == ["first", "second, edited"], done.stderr


def test_no_process_outlives_a_program_that_ends(tmp_path: Path) -> None:
    program = """
        import queue, psutil
        from automl_magic.engine.workers import ProcessWorkers, Task, warm_up
        from tests.engine.faults import Faults

        workers = ProcessWorkers(2)
        workers.open(Faults(), queue.SimpleQueue().put)
        workers.submit(Task(0, "sleeps", {}))
        warm_up(3)
        print(*(child.pid for child in psutil.Process().children()), flush=True)
    """
    done = run_program(program, tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert eventually(lambda: not any(is_running(int(pid)) for pid in done.stdout.split()), 2.0)


@POSIX
def test_a_process_has_its_own_group_and_ignores_interrupts(bench: Bench) -> None:
    assert bench.call("look", expression="os.getpgid(0) == os.getpid()").value is True
    assert bench.call("look", expression="signal.getsignal(signal.SIGINT) == signal.SIG_IGN").value is True


def test_a_process_uses_one_thread(bench: Bench) -> None:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    for name in (*names, "VECLIB_MAXIMUM_THREADS", "LOKY_MAX_CPU_COUNT"):
        assert bench.call("look", expression=f"os.environ[{name!r}]").value == "1"
    assert bench.call("look", expression="os.environ['OMP_WAIT_POLICY']").value == "PASSIVE"


def test_modules_are_imported_before_they_are_needed() -> None:
    bench = Bench(ProcessWorkers(1, preload=("wave", "no_such_module")))
    try:
        assert bench.call("look", expression="'wave' in sys.modules").value is True
    finally:
        bench.workers.close()


def test_processes_are_kept_for_the_next_run() -> None:
    pids = []
    for _ in range(2):
        bench = Bench(ProcessWorkers(1))
        pids.append(bench.call("pid").value)
        bench.workers.close()
    assert pids[0] == pids[1]


def test_closing_kills_what_runs_keeps_a_few_and_delivers_nothing() -> None:
    before = set(watching_threads())
    bench = Bench(ProcessWorkers(3))
    pid = bench.call("pid").value
    for _ in range(3):
        bench.start("sleeps")
    bench.workers.close()
    bench.workers.close()
    assert eventually(lambda: not is_running(pid))
    assert len(NURSERY.idle()) <= 4
    assert bench.outcomes.empty()
    assert eventually(lambda: set(watching_threads()) <= before)


def test_two_runs_at_once_do_not_disturb_each_other() -> None:
    one, other = Bench(ProcessWorkers(2)), Bench(ProcessWorkers(1))
    try:
        key = one.hold("one")
        other.start("sleeps")
        other.workers.close()
        outcome = one.next()
        assert outcome.key == key and outcome.value == "one"
        assert one.call("echo", value=2).value == 2
    finally:
        one.workers.close()
        other.workers.close()


def test_there_are_never_more_tasks_than_slots(bench: Bench) -> None:
    for _ in range(2):
        bench.hold(0)
    with pytest.raises(RuntimeError, match="every slot is busy"):
        bench.start("echo", value=0)


def test_tasks_may_not_come_before_opening_or_after_closing(bench: Bench) -> None:
    with pytest.raises(RuntimeError, match="not open"):
        ProcessWorkers(1).submit(Task(1, "echo", {}))
    with pytest.raises(RuntimeError, match="open already"):
        bench.workers.open(Faults(), bench.outcomes.put)
    with pytest.raises(ValueError, match="at least 1. Got 0"):
        ProcessWorkers(0)


def test_an_evaluator_that_cannot_be_sent_is_refused_before_the_first_trial() -> None:
    evaluator = Faults()
    evaluator.lock = threading.Lock()  # type: ignore[attr-defined]
    workers = ProcessWorkers(1)
    with pytest.raises(AutoMLError, match=r"Faults\.lock cannot be sent to the worker processes"):
        workers.open(evaluator, print)
    workers.close()


class Unreadable(Faults):
    """Cannot be read by another process."""

    def __reduce__(self) -> Any:
        return int, ("no number",)


def test_an_evaluator_that_cannot_be_read_fails_its_trials_in_words() -> None:
    bench = Bench(ProcessWorkers(1), Unreadable())
    try:
        for _ in range(2):
            failure = bench.call("echo", value=1).failure
            assert failure is not None and failure.kind == "error"
            assert failure.reason.startswith("the evaluator cannot be read by the worker process: ValueError")
    finally:
        bench.workers.close()


def test_processes_that_cannot_start_fail_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(ProcessWorkers(1))
    try:
        pid = bench.call("pid").value
        monkeypatch.setattr(NURSERY, "_idle", [])
        monkeypatch.setattr("automl_magic.engine.nursery.Child", refuse)
        psutil.Process(pid).kill()
        failure = bench.call("echo", value=1).failure
        assert failure is not None and failure.kind == "died"
        assert "no process could be started" in failure.reason and "too many" in failure.reason
    finally:
        bench.workers.close()


def test_a_trivial_task_takes_milliseconds_at_most(bench: Bench) -> None:
    bench.call("echo", value=0)
    assert eventually(lambda: any(child.is_ready for child in NURSERY.idle()))
    times = []
    for _ in range(300):
        begun = time.perf_counter()
        bench.call("echo", value=0)
        times.append(time.perf_counter() - begun)
    assert sorted(times)[len(times) // 2] < 0.005  # five times what is aimed at: a busy machine


def test_warming_up_twice_starts_no_more() -> None:
    warm_up(2)
    warm_up(2)
    assert eventually(lambda: len(NURSERY.idle()) >= 2)
    number = len(NURSERY.idle())
    warm_up(2)
    time.sleep(0.1)
    assert len(NURSERY.idle()) == number


def test_idle_processes_end_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    warm_up(1)
    assert eventually(lambda: len(NURSERY.idle()) >= 1)
    monkeypatch.setattr("automl_magic.engine.nursery.IDLE_SECONDS", 0.0)
    NURSERY._end_idle()
    assert NURSERY.idle() == []


@POSIX
def test_a_forked_copy_of_the_program_starts_its_own_processes(tmp_path: Path) -> None:
    program = """
        import os, queue
        from automl_magic.engine.workers import ProcessWorkers, Task
        from tests.engine.faults import Faults

        def call():
            outcomes = queue.SimpleQueue()
            workers = ProcessWorkers(1)
            workers.open(Faults(), outcomes.put)
            workers.submit(Task(1, "echo", {"value": "done"}))
            value = outcomes.get(timeout=20).value
            workers.close()
            return value

        print(call(), flush=True)
        if os.fork() == 0:
            print(call(), flush=True)
        else:
            os.wait()
            print(call(), flush=True)
    """
    done = run_program(program, tmp_path)
    assert done.stdout.split() == ["done"] * 3, done.stderr


def test_a_reason_is_one_short_line() -> None:
    assert reason_of(ValueError("invalid value\nsecond")) == "ValueError: invalid value"
    assert reason_of(ValueError()) == "ValueError"
    assert len(reason_of(ValueError("value " * 1000))) == 300


def refuse(preload: tuple[str, ...]) -> None:
    raise OSError("too many processes")


def watching_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "automl-watch"]
