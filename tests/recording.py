"""The recorded run that the tests of the panel's store are fed with: `python -m tests.recording [run]`.

It lies in tests/data/recording: the journal of a real run that was steered by hand, the batches of rows that Python
makes from it, and the fields of Python's History at its end. With "run" the run itself is made anew; without it only
rows and fields are, out of the journal that is there.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from automl_magic.engine.events import Event
from automl_magic.engine.history import History
from automl_magic.engine.journal import read_journal
from automl_magic.notebook.protocol import Batch
from automl_magic.notebook.rows import NOTHING, Seen, rows

FOLDER = Path(__file__).parent / "data" / "recording"
TRIALS = 24
PREPARED = {"prepare.skew": "log", "prepare.scale": "soft", "prepare.rare": 5, "prepare.text_components": 10}
TOGETHER = 3  # events that one batch tells of


def make_run() -> None:
    """Make the run: with trials that end in every way, edits of the space, and a point that a person set."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    from automl_magic import Choice, Float, Int, load_data
    from automl_magic.api import begin
    from automl_magic.plan import Plan

    space = Choice(
        hist_gb=HistGradientBoostingClassifier(learning_rate=Float(0.005, 0.5, log=True, default=0.1), max_iter=40),
        linear=LogisticRegression(C=Float(1e-3, 1e3, log=True, default=1.0), class_weight=Choice(None, "balanced")),
        knn=KNeighborsClassifier(n_neighbors=Int(1, 900, log=True, default=5)),  # more than there are rows: it fails
    )
    table = load_data("titanic").iloc[:600]
    options: dict[str, Any] = {"trials": TRIALS, "workers": 2, "cv": 3, "seed": 4, "name": "recording"}
    run = begin(Plan.create(target="survived", **options), table, space=space)

    def reached(trials: int) -> None:
        while len(run.history.trials) < trials and not run.done.is_set():
            time.sleep(0.001)

    reached(7)
    run.control.narrow("hist_gb.learning_rate", 0.02, 0.3)
    run.control.enqueue({"model": "linear", "linear.C": 0.5, "linear.class_weight": None, **PREPARED})
    run.control.enqueue({"model": "knn", "knn.n_neighbors": 800, **PREPARED})
    reached(12)
    run.control.skip()
    run.control.choose("model", ["hist_gb", "linear"])
    run.control.narrow("linear.C", 1e9, 1e10)  # cannot be: it becomes a note
    reached(17)
    run.control.pause()
    run.control.proceed()
    run.wait()


def batches_of(events: list[Event]) -> list[Batch]:
    """Return what the panel is sent while the events happen."""
    history, seen, found = History(), NOTHING, list[Batch]()
    for place, event in enumerate(events, start=1):
        history.apply(event)
        if place % TOGETHER == 0 or place == len(events):
            until = Seen.of(history)
            found.append({"rows": rows(history, seen, history.seconds), "seq": len(found) + 1})
            seen = until
    return found


def fields_of(history: History) -> dict[str, Any]:
    """Return the fields of a history as JSON values, as they are: scores are higher-is-better."""
    trials = [
        {
            "id": trial.id,
            "config": trial.config,
            "origin": trial.origin,
            "hidden": trial.hidden,
            "state": trial.state,
            "score": trial.score,
            "spread": trial.spread,
            "started": trial.started,
            "ended": trial.ended,
            "seconds": trial.seconds,
            "folds": len(trial.scores),
            "reason": trial.reason,
            "rung": trial.rung,
            "turns": len(trial.turns),
        }
        for trial in history.trials.values()
    ]
    best, baseline = history.best(), history.baseline()
    return {
        "run": history.run,
        "sign": history.about["metric"]["sign"],
        "metric": history.about["metric"]["label"],
        "title": history.about["title"],
        "task": history.about["task"],
        "models": history.about["models"],
        "folds": history.folds,
        "status": history.status,
        "seconds": history.seconds,
        "limits": {"time": history.plan["time"], "trials": history.plan["trials"]},
        "best": None if best is None else best.id,
        "baseline": None if baseline is None else baseline.id,
        "counts": history.counts(),
        "trials": trials,
        "parameters": history.space["parameters"],
        "notes": [
            {"text": note.text, "level": note.level, "trial": note.trial, "at": note.at} for note in history.notes
        ],
        "rules": history.space["rules"],
        "steered": [{"who": act.who, "kind": act.kind, "trial": act.step, "at": act.at} for act in history.steered],
        "edits": [
            {"who": edit.who, "change": edit.change, "trial": edit.last_trial, "at": edit.at} for edit in history.edits
        ],
    }


def history_of(events: list[Event]) -> History:
    """Return the history that events make."""
    history = History()
    for event in events:
        history.apply(event)
    return history


def recorded() -> list[Event]:
    """Return the events of the run."""
    return read_journal(FOLDER / "journal.jsonl")[0]


def kept(name: str) -> Any:
    """Return what lies beside the journal."""
    return json.loads((FOLDER / name).read_text("utf-8"))


def main(arguments: list[str]) -> None:
    """Make what is asked for."""
    if "run" in arguments:
        FOLDER.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            make_run()
            shutil.copyfile(Path(".automl/recording/journal.jsonl"), FOLDER / "journal.jsonl")
            os.chdir(FOLDER)
    events = recorded()
    for name, made in (("rows.json", batches_of(events)), ("history.json", fields_of(history_of(events)))):
        (FOLDER / name).write_text(json.dumps(made, indent=None, separators=(",", ":")) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
