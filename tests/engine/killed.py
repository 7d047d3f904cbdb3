"""A small run that goes on from its journal wherever it stands, for the tests that kill it.

Run as a program, it imports what is needed once, then forks a child for each line that it reads: the name of a folder.
The child prints the number of each trial as soon as it has ended and is shown.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from automl_magic.engine.budget import Budget
from automl_magic.engine.events import TrialEnded
from automl_magic.engine.history import History
from automl_magic.engine.journal import Journal, read_journal
from automl_magic.engine.resuming import readable
from automl_magic.record import Recorder
from tests.engine.toy import ToyEvaluator, toy_study

TRIALS = 25


def run_on(folder: Path, say: Any = lambda text: None, seconds: float = 0.0) -> History:
    """Begin the run of a folder, or go on with it, to its end."""
    journal = Journal(folder / "journal.jsonl")
    past = ()
    if (folder / "journal.jsonl").stat().st_size:
        past = tuple(readable(read_journal(folder / "journal.jsonl")[0])[0])
    study = toy_study(budget=Budget(trials=TRIALS), evaluator=ToyEvaluator(seconds=seconds), past=past)
    recorder = Recorder(folder, study.history, journal, past)
    study.keep = recorder.keep
    with recorder:
        for event in study.events():
            if isinstance(event, TrialEnded):
                say(f"{event.trial}\n")
    return study.history


def main() -> None:
    """Fork a child for each folder that is read from stdin; print its process id, and what it prints."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.write(1, b"begun\n")
            run_on(Path(line.strip()), lambda text: os.write(1, text.encode()), seconds=0.001)
            os.write(1, b"ended\n")
            os._exit(0)
        os.write(1, f"child {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"gone\n")


if __name__ == "__main__":
    main()
