"""A run taken up again: from a record that broke off, with the same result; refused when something changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl_magic
from automl_magic import Float, api
from automl_magic.continuing import begin_resume
from automl_magic.engine.events import FoldScored, RunResumed, TrialEnded, TrialStarted
from automl_magic.engine.journal import Journal, JournalError, read_journal
from automl_magic.engine.resuming import ResumeError
from automl_magic.errors import OptionError
from automl_magic.past import find_run
from automl_magic.plan import Plan


def trials_of(run: Any) -> list[tuple[Any, ...]]:
    """Return what must be the same."""
    return [(trial.id, trial.config, trial.state, trial.score, trial.origin) for trial in run.history.trials.values()]


def broken_off(name: str, line: int) -> Path:
    """Cut the record of a run behind a line, as a crash would leave it; return its folder."""
    folder = Path(".automl") / name
    journal = folder / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:line]))
    return folder


@pytest.fixture
def options(quick: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a short run in process."""
    return {**quick, "trials": 5, "name": "lesson"}


def test_a_run_that_broke_off_ends_with_the_same_trials_and_the_same_pipeline(
    flowers: pd.DataFrame, options: dict[str, Any]
) -> None:
    whole = automl_magic.fit(flowers, target="kind", **options)
    events, _ = read_journal(".automl/lesson/journal.jsonl")
    middle = next(place for place, event in enumerate(events) if isinstance(event, FoldScored) and event.trial == 2)
    broken_off("lesson", middle + 1)
    resumed = automl_magic.resume("lesson", flowers)
    assert trials_of(resumed) == trials_of(whole)
    assert float(resumed.score) == float(whole.score) and resumed.score.low == whole.score.low
    assert resumed.script == whole.script
    X = flowers.drop(columns="kind")
    assert np.array_equal(resumed.best.predict_proba(X), whole.best.predict_proba(X))


def test_the_journal_goes_on_and_can_be_read_as_one_run(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    automl_magic.fit(flowers, target="kind", **options)
    broken_off("lesson", 12)
    resumed = automl_magic.resume("lesson", flowers)
    events, problems = read_journal(".automl/lesson/journal.jsonl")
    assert problems == [] and sum(isinstance(event, RunResumed) for event in events) == 1
    assert list(resumed.events) == events


def test_a_run_that_had_ended_gives_its_result_again(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    whole = automl_magic.fit(flowers, target="kind", **options)
    again = automl_magic.resume("lesson", flowers)
    assert trials_of(again) == trials_of(whole) and float(again.score) == float(whole.score)


def test_more_trials_can_be_given(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    automl_magic.fit(flowers, target="kind", **{**options, "trials": 3})
    longer = automl_magic.resume("lesson", flowers, trials=5)
    whole = automl_magic.fit(flowers, target="kind", **{**options, "name": "whole"})
    assert trials_of(longer) == trials_of(whole)
    assert longer.plan.trials == 5 and longer.history.plan["trials"] == 5


def test_a_table_from_a_file_is_read_again(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    flowers.to_csv("flowers.csv", index=False)
    automl_magic.fit("flowers.csv", target="kind", **options)
    broken_off("lesson", 10)
    assert len(automl_magic.resume("lesson").history.trials) == 5


def test_without_data_it_says_what_to_give(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    automl_magic.fit(flowers, target="kind", **options)
    with pytest.raises(OptionError, match="holds no data") as caught:
        automl_magic.resume("lesson")
    assert 'resume("lesson", df)' in str(caught.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda frame: frame.iloc[:-3], "240 rows and now has 237"),
        (lambda frame: frame.assign(width=frame["width"] + 1e-9), '"width" has other values'),
        (lambda frame: frame.drop(columns="soil"), '"soil" is gone'),
        (lambda frame: frame.assign(colour=frame["soil"]), '"colour" is new'),
        (lambda frame: frame.assign(kind=frame["kind"].iloc[::-1].to_numpy()), "the target has other values"),
        (lambda frame: frame[["length", "width", "weight", "soil", "kind"]], "another order"),
        (lambda frame: frame.assign(soil=frame["soil"].astype("category")), '"soil" has other values'),
    ],
)
def test_changed_data_are_refused_and_what_changed_is_named(
    flowers: pd.DataFrame, options: dict[str, Any], change: Any, told: str
) -> None:
    automl_magic.fit(flowers, target="kind", **{**options, "trials": 1, "models": ["linear"]})
    before = Path(".automl/lesson/journal.jsonl").read_bytes()
    with pytest.raises(ResumeError) as caught:
        automl_magic.resume("lesson", change(flowers))
    assert told in str(caught.value)
    assert Path(".automl/lesson/journal.jsonl").read_bytes() == before
    automl_magic.resume("lesson", flowers)  # and the record was let go


def test_a_changed_space_is_refused_and_what_changed_is_named(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    def narrow(high: float) -> Any:
        def edit(space: Any) -> None:
            space["hist_gb.learning_rate"] = Float(0.02, high, log=True)

        return edit

    automl_magic.fit(flowers, target="kind", space=narrow(0.2), **{**options, "trials": 1})
    with pytest.raises(ResumeError, match=r'"hist_gb.learning_rate" went from 0.02 to 0.2 and now goes from 0.02 to 0'):
        automl_magic.resume("lesson", flowers, space=narrow(0.3))
    with pytest.raises(ResumeError, match=r"hist_gb.learning_rate"):
        automl_magic.resume("lesson", flowers)
    automl_magic.resume("lesson", flowers, space=narrow(0.2))


def test_b64_a_run_that_another_notebook_writes_is_refused(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    automl_magic.fit(flowers, target="kind", **options)
    with Journal(".automl/lesson/journal.jsonl"), pytest.raises(JournalError, match="being written already") as caught:
        automl_magic.resume("lesson", flowers)
    assert "another name" in str(caught.value)


def test_an_unknown_run_is_an_error_with_the_nearest_name(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    automl_magic.fit(flowers, target="kind", **{**options, "trials": 1})
    with pytest.raises(OptionError, match='Did you mean "lesson"') as caught:
        automl_magic.resume("leson", flowers)
    assert "The latest runs: lesson" in str(caught.value)
    assert find_run(Path(".automl/lesson")) == find_run(".automl/lesson/journal.jsonl") == find_run("lesson")


def test_a_run_of_a_function_goes_on(own_folder: Path) -> None:
    def bowl(values: Any) -> float:
        return float((values["x"] - 2) ** 2)

    space = {"x": Float(-5, 5)}
    whole = automl_magic.tune(bowl, space, trials=15, workers=0, name="bowl")
    broken_off("bowl", 20)
    resumed = automl_magic.resume("bowl", bowl, space=space)
    assert trials_of(resumed) == trials_of(whole) and resumed.best == whole.best and resumed.score == whole.score
    with pytest.raises(OptionError, match="its space"):
        automl_magic.resume("bowl", bowl)


def test_a_torn_last_line_and_a_bad_line_in_the_middle_are_said(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    automl_magic.fit(flowers, target="kind", **options)
    folder = broken_off("lesson", 14)
    journal = folder / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    events, _ = read_journal(journal)
    start = next(place for place, event in enumerate(events) if isinstance(event, TrialStarted) and event.trial == 1)
    lines[start] = lines[start].replace(b"TrialStarted", b"TrialSTARTED")
    journal.write_bytes(b"".join(lines) + b'0badc0de {"event":"TrialEn')
    resumed = automl_magic.resume("lesson", flowers)
    told = " ".join(note.text for note in resumed.history.notes)
    assert f"Line {start + 1} cannot be read" in told and "make no sense" in told
    assert (folder / "journal.jsonl.torn").exists()
    assert sorted(id for id in resumed.history.trials if id >= 0) == [0, 2, 3, 4, 5]
    assert read_journal(journal)[1] != []  # the bad line stays where it is: nothing is thrown away


def test_models_that_are_gone_are_fitted_again(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    whole = automl_magic.fit(flowers, target="kind", **options)
    for file in Path(".automl/lesson/artefacts").glob("*-model.pkl"):
        file.unlink()
    again = automl_magic.resume("lesson", flowers)
    X = flowers.drop(columns="kind")
    assert np.array_equal(again.best.predict_proba(X), whole.best.predict_proba(X))
    assert any("fitted again" in sentence for sentence in again.summary())


def test_other_versions_are_said(
    flowers: pd.DataFrame, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    automl_magic.fit(flowers, target="kind", **{**options, "trials": 1})
    import automl_magic.past as past

    real = past.version
    monkeypatch.setattr(past, "version", lambda name: "9.9" if name == "scikit-learn" else real(name))
    told = " ".join(note.text for note in automl_magic.resume("lesson", flowers).history.notes)
    assert "scikit-learn" in told and "now 9.9" in told


def test_b53_a_disk_that_fills_up_is_said_once_and_the_run_goes_on(
    flowers: pd.DataFrame, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = os.write, [0]

    def full(handle: int, content: bytes) -> int:
        written[0] += len(content)
        if written[0] > 3000 and b'"event"' in content:
            raise OSError(28, "No space left on device")
        return real(handle, content)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        run = automl_magic.fit(flowers, target="kind", **options)
    said = [note for note in run.history.notes if "can no longer be written" in note.text]
    assert len(said) == 1 and said[0].level == "warning" and "No space left" in said[0].text
    assert len(run.leaderboard()) == 5 and len(run.best.predict(flowers.drop(columns="kind"))) == 240
    assert read_journal(".automl/lesson/journal.jsonl")[1] == []


def test_b53_a_read_only_folder_is_said_and_the_run_goes_on(
    flowers: pd.DataFrame, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.mkdir

    def refuse(self: Path, *arguments: Any, **named: Any) -> None:
        if ".automl" in str(self):
            raise OSError(30, "Read-only file system")
        real(self, *arguments, **named)

    monkeypatch.setattr(Path, "mkdir", refuse)
    run = automl_magic.fit(flowers, target="kind", **options)
    told = " ".join(note.text for note in run.history.notes)
    assert "cannot be written (Read-only file system)" in told
    assert len(run.leaderboard()) == 5


def test_rerun_gives_every_score_again(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    automl_magic.fit(flowers, target="kind", **options)
    again = automl_magic.rerun("lesson", flowers)
    assert again.is_same and "the same to the last bit" in repr(again)
    assert list(again.table().columns) == ["trial", "fold", "recorded", "again", "same", "same_config"]
    assert len(again.table()) == sum(len(trial) for trial in _folds("lesson").values())


def test_rerun_names_the_trials_that_differ(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    automl_magic.fit(flowers, target="kind", **options)
    journal = Path(".automl/lesson/journal.jsonl")
    events, _ = read_journal(journal)
    shutil.move(journal, journal.with_suffix(".old"))
    with Journal(journal) as changed:
        for event in events:
            if isinstance(event, FoldScored) and event.trial == 1 and event.fold == 0:
                object.__setattr__(event.result, "score", event.result.score + 0.125)
            changed.append(event)
    again = automl_magic.rerun("lesson", flowers)
    assert not again.is_same and "1 differ, by 0.125" in repr(again) and "trial 1" in repr(again)


def _folds(name: str) -> dict[int, set[int]]:
    events, _ = read_journal(Path(".automl") / name / "journal.jsonl")
    found: dict[int, set[int]] = {}
    for event in events:
        if isinstance(event, FoldScored):
            found.setdefault(event.trial, set()).add(event.fold)
    return found


def test_a_trial_is_shown_only_when_it_is_on_the_disk(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    from automl_magic.api import begin
    from automl_magic.plan import Plan

    run = begin(Plan.create(target="kind", **options), flowers)
    late = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            shown = {trial.id for trial in run.history.trials.values() if trial.state == "done"}
            try:
                held = {
                    event.trial
                    for event in read_journal(run.folder / "journal.jsonl")[0]
                    if isinstance(event, TrialEnded)
                }
            except JournalError:
                continue
            late.extend(shown - held)

    watcher = threading.Thread(target=watch)
    watcher.start()
    run.wait()
    stop.set()
    watcher.join()
    assert late == []


FULL_DISK = """
import automl_magic, json, pandas as pd
table = pd.read_csv("../flowers.csv")
run = automl_magic.fit(table, target="kind", models=["forest", "hist_gb"], trials=6, workers={workers}, cv=3)
notes = [note.text for note in run.history.notes if note.level == "warning"]
failed = [trial.reason for trial in run.history.trials.values() if trial.state == "failed"]
print(json.dumps([notes, failed, len(run.best.predict(table.drop(columns="kind"))), run.score.high > run.score.low]))
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
@pytest.mark.parametrize("workers", [0, 2])
def test_b53_a_full_disk_is_said_and_models_are_kept_in_memory(
    flowers: pd.DataFrame, own_folder: Path, workers: int
) -> None:
    flowers.to_csv("flowers.csv", index=False)
    Path("disk").mkdir()
    Path("program.py").write_text(FULL_DISK.format(workers=workers))
    mounted = "mount -t tmpfs -o size=200k tmpfs disk && cd disk"
    unshared = ["unshare", "-rm", "sh", "-c"]
    if subprocess.run([*unshared, mounted], capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    before = set(Path("/dev/shm").glob("automl-*"))
    environment = {**os.environ, "PYTHONPATH": str(Path(automl_magic.__file__).parents[1])}
    done = subprocess.run(
        [*unshared, f"{mounted} && {sys.executable} -W ignore ../program.py"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    notes, failed, rows, has_interval = json.loads(done.stdout.splitlines()[-1])
    assert sum("takes no more files" in note for note in notes) == 1, notes
    assert failed == [] and rows == 240 and has_interval
    assert set(Path("/dev/shm").glob("automl-*")) <= before


def test_a_run_that_was_short_of_time_goes_on_with_more(flowers: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    from automl_magic.tabular import fallback

    options = {"target": "kind", "models": ["linear"], "workers": 0, "cv": 3, "name": "short"}
    with monkeypatch.context() as patch:
        patch.setattr(fallback, "SHORT", 1e-4)
        patch.setattr(fallback, "HOPELESS", 1e9)
        short = automl_magic.fit(flowers, time=2, **options)
    assert short.history.trials[0].origin == "fallback"
    longer = automl_magic.resume("short", flowers, time=short.history.seconds + 2)
    assert len(longer.history.trials) > len(short.history.trials)
    before, after = trials_of(short)[:-1], trials_of(longer)
    reasons = [str(trial.reason) for trial in short.history.trials.values()]
    for old, new, reason in zip(before, after, reasons, strict=False):
        assert old == new or (old[:2] == new[:2] and reason.startswith("paused"))  # what waited goes on
    assert [trial[:2] for trial in after[: len(before)]] == [trial[:2] for trial in before]


def test_a_run_that_ended_with_a_guess_goes_on_with_more(flowers: pd.DataFrame) -> None:
    options = {"target": "kind", "models": ["linear"], "workers": 2, "cv": 3, "name": "short"}
    guess = automl_magic.fit(flowers, time=0.05, **options)
    assert "Dummy" in guess.code()
    longer = automl_magic.resume("short", flowers, time=guess.history.seconds + 8)
    assert longer.history.best() is not None and "Dummy" not in longer.code()


def test_without_predictions_the_score_is_plain_and_the_result_is_there(
    flowers: pd.DataFrame, options: dict[str, Any]
) -> None:
    whole = automl_magic.fit(flowers, target="kind", **options)
    for file in Path(".automl/lesson/artefacts").iterdir():
        file.unlink()
    again = automl_magic.resume("lesson", flowers)
    assert float(again.score) == pytest.approx(whole.score.naive, abs=0.02) and np.isnan(again.score.low)
    X = flowers.drop(columns="kind")
    assert np.array_equal(again.best.predict_proba(X), whole.best.predict_proba(X))


def test_a_second_resume_keeps_the_limits_of_the_first(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    automl_magic.fit(flowers, target="kind", **{**options, "trials": 2})
    automl_magic.resume("lesson", flowers, trials=4)
    third = automl_magic.resume("lesson", flowers)
    assert third.plan.trials == 4 and sum(third.history.counts().values()) == 4


def test_a_share_kept_apart_may_be_given_again(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    first = automl_magic.fit(flowers, target="kind", test=0.25, **{**options, "trials": 2})
    again = automl_magic.resume("lesson", flowers, test=0.25)
    assert again.test_score == first.test_score
    assert automl_magic.rerun("lesson", flowers, test=0.25).is_same


def test_another_baseline_is_refused(flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    from sklearn.dummy import DummyClassifier

    automl_magic.fit(flowers, target="kind", baseline=DummyClassifier(), **{**options, "trials": 2})
    with pytest.raises(ResumeError, match="it was a DummyClassifier and now is ours") as caught:
        automl_magic.resume("lesson", flowers)
    assert "Give the baseline of the first call" in str(caught.value)
    automl_magic.resume("lesson", flowers, baseline=DummyClassifier())


def test_a_record_that_cannot_be_written_is_said_in_words(
    flowers: pd.DataFrame, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    automl_magic.fit(flowers, target="kind", **{**options, "trials": 1})

    def refuse(*arguments: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("automl_magic.past.Journal", refuse)
    with pytest.raises(JournalError, match="Read-only file system"):
        automl_magic.resume("lesson", flowers)


def test_edits_and_time_that_was_added_hold_when_the_run_goes_on(own_folder: Path) -> None:
    def bowl(values: dict[str, Any]) -> float:
        time.sleep(0.01)
        return float((values["x"] - 1) ** 2)

    space = {"x": Float(-5, 5), "y": Float(0, 1)}
    run = api.begin_tune(Plan.create(time=30, workers=0, name="edited"), bowl, space)
    run.control.rule("x * y <= 1")
    run.control.fix("y", 0.5)
    run.control.add_time(10)
    while run.history.plan.get("time") != 40.0:
        time.sleep(0.01)
    run.control.stop()
    run.result(20)
    again = begin_resume("edited", bowl, space=space)
    try:
        while not any(isinstance(event, RunResumed) for event in again.events):
            time.sleep(0.01)
        assert again.left() + again.elapsed() == pytest.approx(40.0, abs=0.5)
        now = again.space()
        assert now is not None and [rule.text for rule in now.rules] == ["x * y <= 1"] and now["y"].is_fixed
        again.control.undo()
        while len(again.history.edits) < 3:
            time.sleep(0.01)
        now = again.space()
        assert now is not None and not now["y"].is_fixed
    finally:
        again.control.stop()
        again.result(20)
