"""The record of a run read back from its folder or a saved file; what is none is refused in words."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import automl_magic
from automl_magic import Float, read_record, tune
from automl_magic.errors import OptionError
from automl_magic.notebook.rows import rows
from automl_magic.records import RecordError


@pytest.fixture
def saved() -> Path:
    """Return the file of a small run."""
    run = tune(lambda values: values["x"] ** 2, {"x": Float(-5, 5)}, trials=4, workers=0, name="small")
    return run.save("small.jsonl")


def rewritten(file: Path, change: Callable[[list[dict[str, Any]]], Any]) -> Path:
    """Return the file with its events changed."""
    events = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    change(events)
    text = "".join(json.dumps(event) + "\n" for event in events)
    file.write_text(text.replace("Infinity", "1e999"), "utf-8")  # as JSON lets anybody write it
    return file


def test_a_saved_file_a_folder_and_a_name_give_the_same_record(saved: Path) -> None:
    whole = read_record(saved)
    assert len(whole.leaderboard()) == 4 and "4 trials" in repr(whole)
    for place in ("small", ".automl/small", Path(".automl/small/journal.jsonl")):
        assert read_record(place).history.trials == whole.history.trials
    json.dumps(rows(whole.history), allow_nan=False)


def test_a_file_that_was_cut_is_read_as_far_as_it_goes(saved: Path) -> None:
    text = saved.read_text("utf-8")
    saved.write_text(text[: int(len(text) * 0.7)], "utf-8")
    record = read_record(saved)
    assert 0 < len(record.history.trials) <= 4 and "the record ends there" in record.summary()[-1]


def test_what_is_not_there_is_said_with_what_is(saved: Path) -> None:
    with pytest.raises(OptionError, match='No run and no file "smal".* Did you mean "small"') as caught:
        read_record("smal")
    assert "The latest runs: small" in str(caught.value)


NO_RECORDS = {
    "empty": b"",
    "words": b"Dear reader, this is a letter.\n",
    "a pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "a list": b"[1, 2]\n",
    "deep": b"[" * 100_000 + b"\n",
    "another event": b'{"event": "Payload", "code": "import os"}\n',
    "no beginning": b'{"event": "Note", "text": "hello", "level": "info", "at": 0.0}\n',
}


@pytest.mark.parametrize("content", NO_RECORDS.values(), ids=NO_RECORDS.keys())
def test_a_file_that_is_no_record_is_refused_in_words(content: bytes) -> None:
    Path("file.jsonl").write_bytes(content)
    with pytest.raises(RecordError, match="is no record") as caught:
        read_record("file.jsonl")
    assert len(str(caught.value).split("\n")) <= 2 and "run.save(FILE)" in str(caught.value)


def _started(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == "TrialStarted"]


def _edit(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an edit after the first trial of a run of four."""
    change = {"kind": "reset", "label": "x"}
    told = {"event": "SpaceChanged", "space": events[0]["space"], "change": change, "who": "you", "why": ""}
    return {**told, "last_trial": 0, "step": 0, "at": 1.0}


def _more_time(kind: str, value: Any) -> dict[str, Any]:
    return {"event": "Steered", "kind": kind, "value": value, "who": "you", "why": "", "step": 3, "at": 1.0}


def _resumed(**budget: Any) -> dict[str, Any]:
    return {"event": "RunResumed", "budget": budget, "at": 1.0}


HOSTILE: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "no metric": lambda events: events[0]["about"].pop("metric"),
    "a metric without a sign": lambda events: events[0]["about"]["metric"].update(sign="up"),
    "a title that is none": lambda events: events[0]["about"].update(title={"a": 1}),
    "models that are none": lambda events: events[0]["about"].update(models=[{"a": 1}]),
    "a limit that is none": lambda events: events[0]["plan"].update(trials=[1]),
    "a plan of another kind": lambda events: events[0]["plan"].update(surprise=1),
    "a parameter without bounds": lambda events: events[0]["space"]["parameters"][0].pop("low"),
    "a parameter of no kind": lambda events: events[0]["space"]["parameters"][0].update(kind="script"),
    "parameters that are none": lambda events: events[0]["space"].update(parameters="all"),
    "a time before the beginning": lambda events: _started(events)[0].update(at=-5.0),
    "a trial without a number": lambda events: events.append({**_started(events)[0], "trial": 10**15}),
    "a trial with the number of an ensemble": lambda events: _started(events)[0].update(trial=-1, step=-1),
    "an ensemble at a step": lambda events: events.append(
        {**_started(events)[0], "trial": -1, "origin": "ensemble", "hidden": True}
    ),
    "an ensemble without a number": lambda events: events.append(
        {**_started(events)[0], "trial": -(10**15), "step": -1, "origin": "ensemble", "hidden": True}
    ),
    "a configuration of lists": lambda events: _started(events)[0]["config"].update(x=[[1]]),
    "a step that is none": lambda events: _started(events)[0].update(step=10**15),
    "an edit far before the beginning": lambda events: events.insert(1, {**_edit(events), "last_trial": -(10**15)}),
    "an edit after the last trial": lambda events: events.append({**_edit(events), "last_trial": 4}),
    "an edit after the last step": lambda events: events.append({**_edit(events), "step": 4}),
    "an act after the last step": lambda events: events.append({**_more_time("pause", None), "step": 4}),
    "an act before the beginning": lambda events: events.append({**_more_time("pause", None), "step": -2}),
    "time in words": lambda events: events.append(_more_time("add_time", "nan")),
    "time that is true": lambda events: events.append(_more_time("add_time", True)),
    "time without an end": lambda events: events.append(_more_time("add_time", float("1e999"))),
    "time in a list": lambda events: events.append(_more_time("add_time", [1])),
    "time taken away": lambda events: events.append(_more_time("add_time", -5.0)),
    "time of another width": lambda events: events.append(_more_time("add_time", 10**400)),
    "a limit of a resumed run in words": lambda events: events.append(_resumed(seconds="nan")),
    "a limit of a resumed run without an end": lambda events: events.append(_resumed(trials=float("1e999"))),
    "two parameters of one name": lambda events: events[0]["space"]["parameters"].append(
        events[0]["space"]["parameters"][0]
    ),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_record_that_cannot_be_shown_is_refused_in_words(
    saved: Path, change: Callable[[list[dict[str, Any]]], Any]
) -> None:
    with pytest.raises(RecordError, match="cannot be shown|can be shown"):
        read_record(rewritten(saved, change))


def test_edits_and_acts_of_any_moment_of_a_run_are_read(saved: Path) -> None:
    def steer(events: list[dict[str, Any]]) -> None:
        last = {**_edit(events), "last_trial": 3, "step": 3}
        events[1:1] = [{**_edit(events), "last_trial": -1, "step": -1}, {**_more_time("pause", None), "step": -1}]
        events[0]["plan"]["time"] = 10.0
        events[-1:-1] = [last, _more_time("add_time", 30), _more_time("skip", 2), _resumed(seconds=None, trials=9)]

    history = read_record(rewritten(saved, steer)).history
    assert len(history.edits) == 2 and len(history.steered) == 3 and history.plan["trials"] == 9
    json.dumps(rows(history), allow_nan=False)


def test_a_space_too_entangled_to_be_counted_is_shown_at_once(saved: Path) -> None:
    def entangle(events: list[dict[str, Any]]) -> None:
        parameters = events[0]["space"]["parameters"]
        names, options = [f"c{number}" for number in range(20)], [str(key) for key in range(10)]
        choice = {**parameters[0], "kind": "choice", "low": None, "high": None}
        choice |= {"options": options, "full_options": options, "default": "0", "prior": None}
        parameters += [{**choice, "label": name} for name in names]
        parameters.append({**parameters[0], "label": "last", "conditions": [[[name, "0"]] for name in names]})

    begun = time.monotonic()
    history = read_record(rewritten(saved, entangle)).history
    assert any("very many combinations" in row["size"] for row in rows(history) if row["kind"] == "space")
    assert time.monotonic() - begun < 5


def test_numbers_that_are_none_never_reach_the_panel(saved: Path) -> None:
    for text in ("NaN", "Infinity", "1e999"):
        lines = saved.read_text("utf-8").splitlines()
        place = next(place for place, line in enumerate(lines) if '"FoldScored"' in line)
        event = json.loads(lines[place])
        event["result"]["score"] = "HERE"
        lines[place] = json.dumps(event).replace('"HERE"', text)
        Path("other.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        try:
            record = read_record("other.jsonl")
        except RecordError:
            continue
        json.dumps(rows(record.history), allow_nan=False)


def test_a_file_that_is_far_too_large_is_not_read(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automl_magic.records, "LARGEST_FILE", 10)
    with pytest.raises(RecordError, match="too large for a record"):
        read_record(saved)
