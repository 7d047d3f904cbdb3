"""Saved runs of a class in one picture: read as data, hostile ones refused, nothing computed."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from automl_magic import Float, race, tune
from automl_magic.errors import OptionError


def saved(name: str, seed: int, **options: Any) -> Path:
    """Save a run under a name."""
    maximize = options.pop("maximize", False)
    run = tune(lambda values: values["x"] ** 2, {"x": Float(-5, 5)}, trials=4, workers=0, seed=seed, maximize=maximize)
    Path(name).parent.mkdir(exist_ok=True)
    return run.save(name)


def test_the_board_has_one_row_for_each_file_the_best_first(own_folder: Path) -> None:
    for seed in range(4):
        saved(f"class/student{seed}.jsonl", seed)
    found = race(files="class/*.jsonl")
    board = found.leaderboard()
    assert sorted(board.index) == [f"student{seed}" for seed in range(4)]
    assert board["score"].is_monotonic_increasing and (board["trials"] == 4).all() and (board["seconds"] > 0).all()
    assert "nothing is tested" in str(found.verdict()) and found.verdict().duels == ()
    assert not (own_folder / ".automl" / "saved runs").exists()


def test_a_file_that_is_no_record_is_left_out_and_named(own_folder: Path) -> None:
    saved("good.jsonl", 0)
    Path("pickled.jsonl").write_bytes(pickle.dumps({"a": 1}))
    Path("empty.jsonl").write_text("")
    lines = Path("good.jsonl").read_text().splitlines()
    huge = [{**json.loads(line), "at": 1e400} if place == 1 else json.loads(line) for place, line in enumerate(lines)]
    Path("huge.jsonl").write_text("\n".join(map(json.dumps, huge)))
    found = race(files=["good.jsonl", "pickled.jsonl", "empty.jsonl", "huge.jsonl"])
    assert set(found.names) <= {"good", "huge"} and "good" in found.names
    told = " ".join(found.warnings)
    assert "pickled.jsonl is left out" in told and "empty.jsonl is left out" in told


def test_names_and_titles_of_a_hostile_file_are_escaped(own_folder: Path) -> None:
    path = saved("good.jsonl", 0)
    text = path.read_text().replace('"searcher": "tpe"', '"searcher": "<img src=x onerror=alert(1)>"')
    Path("<b>x.jsonl").write_text(text.replace("made small", "<script>alert(1)</script>"))
    shown = race(files=["good.jsonl", "<b>x.jsonl"])._repr_html_()
    assert "<script" not in shown and "<img" not in shown and "<b>x" not in shown


def test_runs_of_different_metrics_are_refused(own_folder: Path) -> None:
    saved("small.jsonl", 0)
    saved("large.jsonl", 0, maximize=True)
    with pytest.raises(OptionError, match="different metrics"):
        race(files=["small.jsonl", "large.jsonl"])


def test_equal_file_names_are_told_apart_by_their_folders(own_folder: Path) -> None:
    saved("ann/run.jsonl", 0)
    saved("bob/run.jsonl", 1)
    assert set(race(files=["ann/run.jsonl", "bob/run.jsonl"]).names) == {"ann/run", "bob/run"}


def test_no_file_is_said(own_folder: Path) -> None:
    with pytest.raises(OptionError, match="No file"):
        race(files="class/*.jsonl")
    with pytest.raises(OptionError, match="No file is named"):
        race(files=[])
    Path("bad.jsonl").write_text("no record")
    with pytest.raises(OptionError, match="None of the 1 files"):
        race(files="bad.jsonl")
