"""The recorded run of the store's tests: rows and fields that are kept are those that Python makes of it today."""

from __future__ import annotations

import json

from automl_magic.engine.events import Note, SpaceChanged, Steered
from tests.recording import FOLDER, batches_of, fields_of, history_of, kept, recorded

RENEW = "python -m tests.recording makes them anew"


def as_json(value: object) -> object:
    """Return a value as it comes out of JSON."""
    return json.loads(json.dumps(value, allow_nan=False))


def test_the_kept_rows_are_those_that_python_makes_today() -> None:
    assert as_json(batches_of(recorded())) == kept("rows.json"), RENEW


def test_the_kept_fields_are_those_of_todays_history() -> None:
    assert as_json(fields_of(history_of(recorded()))) == kept("history.json"), RENEW


def test_the_run_is_one_in_which_much_happens() -> None:
    events, history = recorded(), history_of(recorded())
    counts = history.counts()
    assert all(counts[state] > 0 for state in ("done", "pruned", "failed", "stopped")), counts
    assert [edit.change["kind"] for edit in history.edits] == ["narrow", "choose"]
    assert any(trial.origin == "you" for trial in history.trials.values())
    kinds = {event.kind for event in events if isinstance(event, Steered)}
    assert {"enqueue", "skip", "pause", "continue"} <= kinds
    assert any(isinstance(event, Note) and event.level == "warning" for event in events)
    assert sum(isinstance(event, SpaceChanged) for event in events) == 2


def test_no_file_of_it_is_large() -> None:
    assert all(file.stat().st_size < 300_000 for file in FOLDER.iterdir())
