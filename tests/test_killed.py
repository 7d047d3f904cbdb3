"""A run that is killed in the middle, again and again: no acknowledged trial is lost, and it ends as if untouched."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import automl_magic
from automl_magic.engine.events import TrialEnded
from automl_magic.engine.journal import read_journal
from tests.engine.killed import TRIALS, run_on

KILLS = 50
ROOT = Path(__file__).parent.parent
PROGRAM = """
import automl_magic, pandas as pd
automl_magic.fit(pd.read_csv("flowers.csv"), target="kind", models=["linear", "hist_gb"], trials=8, workers=2, cv=3,
                 name="killed")
"""


def found(history: object) -> list[tuple[object, ...]]:
    """Return what must be the same."""
    trials = history.trials.values()  # type: ignore[attr-defined]
    return sorted((trial.id, str(trial.config), trial.state, trial.score) for trial in trials)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fifty_kills_lose_no_acknowledged_trial(own_folder: Path) -> None:
    (own_folder / "whole").mkdir()
    whole = found(run_on(own_folder / "whole"))
    seconds = random.Random(7)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    program = [sys.executable, "-m", "tests.engine.killed"]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    ) as parent:
        assert parent.stdin is not None and parent.stdout is not None
        kills = number = 0
        while kills < KILLS:
            number += 1
            folder = own_folder / f"run-{number}"
            folder.mkdir()
            acknowledged: set[int] = set()
            while True:
                print(folder, file=parent.stdin, flush=True)
                lines, child = [], 0
                while not (child and "begun\n" in lines):
                    line = parent.stdout.readline()
                    lines.append(line)
                    child = int(line.split()[1]) if line.startswith("child") else child
                if kills < KILLS:
                    time.sleep(seconds.uniform(0.0, 0.06))
                    with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
                        os.kill(child, signal.SIGKILL)
                        kills += 1
                while lines[-1] != "gone\n":
                    lines.append(parent.stdout.readline())
                acknowledged |= {int(line) for line in lines if line.strip().isdigit()}
                events, _ = read_journal(folder / "journal.jsonl")
                held = {event.trial for event in events if isinstance(event, TrialEnded)}
                assert acknowledged <= held, f"lost after {kills} kills: {acknowledged - held}"
                if "ended\n" in lines:
                    break
            history = run_on(folder)
            assert len(history.trials) == TRIALS
            broken = {trial.id for trial in history.trials.values() if trial.state == "failed"}
            same = [trial for trial in found(history) if trial[0] not in broken]
            if not broken:
                assert same == whole
        parent.stdin.close()


def test_a_killed_search_with_workers_goes_on_to_the_same_end(own_folder: Path, flowers: pd.DataFrame) -> None:
    flowers.to_csv("flowers.csv", index=False)
    table = pd.read_csv("flowers.csv")
    journal = own_folder / ".automl" / "killed" / "journal.jsonl"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    kernel = subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (journal.exists() and journal.read_bytes().count(b'"TrialEnded"') >= 3):
        assert kernel.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    kernel.kill()
    kernel.wait()
    events, _ = read_journal(journal)
    held = {event.trial: event for event in events if isinstance(event, TrialEnded)}
    resumed = automl_magic.resume("killed", table)
    options = {"models": ["linear", "hist_gb"], "trials": 8, "workers": 2, "cv": 3}
    whole = automl_magic.fit(table, target="kind", name="whole", **options)
    assert found(resumed.history) == found(whole.history)
    assert all(resumed.history.trials[trial].score == end.score for trial, end in held.items())
    X = table.drop(columns="kind")
    assert np.array_equal(resumed.best.predict_proba(X), whole.best.predict_proba(X))
