"""The fault table through the whole product: a run with one bad choice ends with a best, and says what was bad."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import automl_magic
from automl_magic import Choice, Float
from automl_magic.engine.nursery import NURSERY
from tests.engine.bench import eventually, is_running, run_program
from tests.engine.faults import Faults

POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and groups of POSIX")
MEMORY = "memory ran short (20 of 1000 MB were free) and it used the most"
LATE = "it took longer than the limit of 1.5 s for one trial"
FAULTS = [
    pytest.param("raises", {"trials": 6}, "ValueError: a bad value", id="F01"),
    pytest.param("nan", {"trials": 6}, "its score on fold 0 is not a finite number: nan", id="F02"),
    pytest.param("raises_what_cannot_be_pickled", {"trials": 6}, "TwoPartError: no way", id="F03"),
    pytest.param("returns_what_cannot_be_read", {"trials": 6}, "the function must return one number. Got", id="F04"),
    pytest.param("aborts", {"trials": 6}, "the process was killed by signal 6 (SIGABRT)", marks=POSIX, id="F05"),
    pytest.param("reads_address_zero", {"trials": 6}, "by signal 11 (SIGSEGV)", marks=POSIX, id="F06"),
    pytest.param("leaves_at_once", {"trials": 6}, "the process ended with exit code 3", id="F07"),
    pytest.param("exits", {"trials": 6}, "SystemExit: 2 (the code asked to end the process)", id="F08"),
    pytest.param("kills_itself", {"trials": 6}, "by signal 9 (SIGKILL)", marks=POSIX, id="F09"),
    pytest.param("takes_memory", {"trials": 6}, MEMORY, id="F10"),
    pytest.param("is_interrupted", {"trials": 6}, "KeyboardInterrupt (raised by the code itself)", id="F11"),
    pytest.param("sleeps", {"time": 3.0}, LATE, id="F12"),
    pytest.param("holds_the_interpreter", {"time": 3.0}, LATE, id="F13"),
    pytest.param("sleeps_through_exceptions", {"time": 3.0}, LATE, id="F14"),
]
SPACE = {"what": Choice("bad", "good", "fine"), "x": Float(-5, 5)}


class Loss:
    """A function of `x` that misbehaves where `what` is "bad"."""

    def __init__(self, method: str, **arguments: Any) -> None:
        self.method, self.arguments = method, arguments

    def __call__(self, values: dict[str, Any]) -> Any:
        if values["what"] == "bad":
            return getattr(Faults(), self.method)(**self.arguments)
        return values["x"] ** 2


def tuned(loss: Any, **options: Any) -> tuple[list[Any], list[Any]]:
    """Return the bad trials and the others of a run that begins with a bad one and must end with a good best."""
    run = automl_magic.tune(loss, SPACE, start={"what": "bad", "x": 0.0}, seed=2, **options)
    assert run.best["what"] != "bad" and run.score == run.best["x"] ** 2
    trials = list(run.history.trials.values())
    assert options.get("trials") in (None, len(trials))
    bad = [trial for trial in trials if trial.config["what"] == "bad"]
    return bad, [trial for trial in trials if trial not in bad]


@pytest.mark.parametrize(("method", "options", "words"), FAULTS)
def test_a_bad_choice_fails_in_words_and_the_run_goes_on(
    method: str, options: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if method == "takes_memory":
        monkeypatch.setattr("automl_magic.engine.processes.room", lambda: (20.0, 1000.0))
    bad, others = tuned(Loss(method), workers=2, **options)
    assert bad[0].state == "failed" and words in bad[0].reason
    cut = ("stopped",) if "time" in options else ()  # what ran when the time was used up
    assert all(trial.state in cut or (trial.state == "failed" and words in trial.reason) for trial in bad)
    assert all(trial.state in ("done", *cut) for trial in others)
    assert sum(trial.state == "done" for trial in others) >= (1 if cut else 3)  # a busy machine ends few in the time


@pytest.mark.parametrize(
    ("method", "options", "words"), [row for row in FAULTS if row.id in ("F01", "F02", "F03", "F04", "F08", "F11")]
)
def test_in_process_a_bad_choice_fails_in_words_and_the_run_goes_on(
    method: str, options: dict[str, Any], words: str
) -> None:
    bad, others = tuned(Loss(method), workers=0, **options)
    assert all(trial.state == "failed" and words in trial.reason for trial in bad)
    assert len(others) >= 3 and all(trial.state == "done" for trial in others)


def test_f15_five_megabytes_of_output_stay_out_of_this_process(capfd: pytest.CaptureFixture[str]) -> None:
    run = automl_magic.tune(Loss("prints", megabytes=5), SPACE, start={"what": "bad", "x": 0.0}, trials=3, workers=2)
    assert all(trial.state == "done" for trial in run.history.trials.values())
    assert capfd.readouterr() == ("", "")


@POSIX
def test_f17_idle_processes_that_are_killed_cost_no_trial() -> None:
    over = threading.Event()

    def kill_the_idle() -> None:
        while not over.wait(0.05):
            for child in NURSERY.idle():
                child.kill()

    killer = threading.Thread(target=kill_the_idle)
    killer.start()
    try:
        run = automl_magic.tune(lambda values: values["x"] ** 2, SPACE, trials=6, workers=2)
    finally:
        over.set()
        killer.join()
    assert [trial.state for trial in run.history.trials.values()] == ["done"] * 6


def test_f16_classes_of_a_notebook_are_searched(tmp_path: Path) -> None:
    program = """
        import automl_magic
        from automl_magic import Choice, Float

        class OwnError(Exception):
            def __init__(self, one, two):
                super().__init__(one + two)

        class Point:
            def __init__(self, x):
                self.x = x

            def __float__(self):
                return float(self.x ** 2)

        def loss(values):
            if values["what"] == "bad":
                raise OwnError("mine", "")
            return Point(values["x"])

        space = {"what": Choice("bad", "good"), "x": Float(-5, 5)}
        run = automl_magic.tune(loss, space, start={"what": "bad", "x": 0.0}, trials=6, workers=2)
        reasons = {trial.reason for trial in run.history.trials.values() if trial.state == "failed"}
        print(run.score == run.best["x"] ** 2, reasons)
    """
    done = run_program(program, tmp_path)
    assert done.stdout.strip() == "True {'OwnError: mine'}", done.stderr


@POSIX
@pytest.mark.parametrize("method", ["starts_a_child", pytest.param("holds_the_interpreter", marks=pytest.mark.further)])
def test_f18_a_kernel_that_is_killed_in_a_run_leaves_no_process(tmp_path: Path, method: str) -> None:
    arguments = {"file": str(tmp_path / "pid")} if method == "starts_a_child" else {}
    program = f"""
        import os, signal, threading, time, psutil
        import automl_magic
        from tests.test_faults import SPACE, Loss

        def end():
            me = psutil.Process()
            while len(me.children(recursive=True)) < 4:
                time.sleep(0.02)
            time.sleep(1)
            print(*(child.pid for child in me.children(recursive=True)), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

        threading.Thread(target=end).start()
        start = {{"what": "bad", "x": 0.0}}
        automl_magic.tune(Loss({method!r}, **{arguments!r}), SPACE, start=start, time=60, workers=2)
    """
    done = run_program(program, tmp_path)
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) >= 4, done.stderr
    begun = time.monotonic()
    assert eventually(lambda: not any(is_running(pid) for pid in pids), 2.0), time.monotonic() - begun
