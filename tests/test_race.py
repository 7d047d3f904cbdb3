"""A race: each run is what it would be alone, the folds are the same, the record of each can be read by itself."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import automl_magic
from automl_magic import Choice, Float, race, tune
from automl_magic.api import begin_race
from automl_magic.engine.events import FoldScored, RunEnded, Steered, TrialEnded, TrialStarted
from automl_magic.engine.functions import FUNCTIONS
from automl_magic.engine.journal import read_journal
from automl_magic.engine.sealing import ARTEFACTS
from automl_magic.engine.workers import InProcess
from automl_magic.errors import OptionError, RunError
from automl_magic.folder import make_lane_folder
from automl_magic.plan import Plan
from automl_magic.race_course import function_course
from automl_magic.race_result import RaceResult
from automl_magic.racing import Race, entrants_of
from automl_magic.tabular.artefacts import read_artefact


def made(record: Any) -> list[tuple[Any, ...]]:
    """Return what must repeat of a run: configurations, seeds, fold scores, ends."""
    found: list[tuple[Any, ...]] = []
    for event in record.events:
        if isinstance(event, TrialStarted):
            found.append(("started", event.trial, sorted(event.config.items()), event.origin, event.seed))
        if isinstance(event, FoldScored):
            found.append(("scored", event.trial, event.fold, event.result.score))
        if isinstance(event, TrialEnded):
            found.append(("ended", event.trial, event.state, event.score))
    return sorted(found, key=repr)


def slow(values: dict[str, float]) -> float:
    """Return a square after a moment."""
    time.sleep(0.02)
    return values["x"] ** 2


# -- the same as alone --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, 2])
def test_on_a_function_each_run_is_what_tune_makes_alone(workers: int) -> None:
    space = {"x": Float(-5, 10), "y": Float(0, 15)}
    found = race(on=FUNCTIONS["branin"].call, space=space, search="random,tpe,grid", trials=8, seed=3, workers=workers)
    for name, records in found.runs.items():
        for repeat, record in enumerate(records):
            alone = tune(FUNCTIONS["branin"].call, space, search=name, trials=8, seed=3 + repeat, workers=0)
            assert made(record) == made(alone), (name, repeat)


def test_on_a_table_each_run_is_what_fit_makes_alone(flowers: pd.DataFrame) -> None:
    options: dict[str, Any] = {"models": ["linear", "hist_gb"], "trials": 4, "cv": 3, "workers": 0, "seed": 5}
    found = race(flowers, "kind", search="random,tpe", repeats=2, prune=True, **options)
    for name, records in found.runs.items():
        for repeat, record in enumerate(records):
            own = {**options, "seed": 5 + repeat}
            alone = automl_magic.fit(flowers, "kind", search=name, ensemble=False, **own)
            assert made(record) == made(alone), (name, repeat)


def test_within_a_repeat_folds_seeds_and_baseline_are_the_same_and_no_trial_is_pruned(flowers: pd.DataFrame) -> None:
    found = race(flowers, "kind", models=["linear", "hist_gb"], trials=4, cv=3, workers=2, search="grid,random,tpe")
    assert len(found.lanes) == 6 and {lane.made for lane in found.lanes} == {4}
    for repeat in (0, 1):
        lanes = [lane for lane in found.lanes if lane.repeat == repeat]
        first = [lane.history.trials[0] for lane in lanes]
        assert {trial.origin for trial in first} == {"baseline"}
        assert len({tuple(score.score for score in trial.scores.values()) for trial in first}) == 1
        assert {lane.history.seed for lane in lanes} == {repeat}
        assert all(len(trial.scores) == 3 for lane in lanes for trial in lane.history.trials.values())
    across = {lane.history.trials[0].score for lane in found.lanes}
    assert len(across) == 2, "each repeat draws its folds anew"


def test_what_searchers_try_alike_is_computed_once_and_its_files_lie_in_the_folder_of_each(
    own_folder: Path, flowers: pd.DataFrame
) -> None:
    options: dict[str, Any] = {"models": ["linear", "hist_gb"], "trials": 3, "cv": 3, "workers": 2, "name": "first"}
    found = race(flowers, "kind", search="random,tpe,grid", repeats=1, **options)
    baselines = [lane.history.trials[0] for lane in found.lanes]
    seconds = {tuple(score.seconds for score in trial.scores.values()) for trial in baselines}
    assert len(seconds) == 1, "the seconds of one fit, not of three"
    for lane, trial in zip(found.lanes, baselines, strict=True):
        folder = own_folder / ".automl" / "first" / lane.record.name
        for score in trial.scores.values():
            for artefact in score.artefacts.values():
                assert len(read_artefact(folder, artefact)) > 0, "whole, and the one that its hash names"


def test_the_same_searcher_twice_has_two_names_and_draws_otherwise() -> None:
    found = race(on="branin", search="random,random", trials=6, repeats=2)
    assert found.names == ("random", "random 2")
    one, other = found.of("random")[0].history, found.of("random 2")[0].history
    assert {str(trial.config) for trial in one.trials.values()}.isdisjoint(
        str(trial.config) for trial in other.trials.values()
    )
    named = race(on="branin", search={"mine": "tpe", "yours": "tpe"}, trials=3, repeats=1)
    assert named.names == ("mine", "yours")


def test_a_test_function_in_a_space_of_ones_own_is_raced_on_as_any_function() -> None:
    line = {"x": Float(0, 1), "y": Choice(2.0, 3.0)}
    found = race(on="branin", space=line, search="random,tpe", trials=4, repeats=1)
    assert found.function is None and set(found.lanes[0].history.trials[0].config) == {"x", "y"}
    assert len(found.plot().axes) == 3


def test_a_race_on_a_function_says_how_much_each_lacks_to_the_least_value() -> None:
    found = race(on="branin", search="random,grid", trials=9, repeats=1)
    values = found.table().set_index("searcher")["score"] - FUNCTIONS["branin"].minimum
    told = ", ".join(f"{name} {value:.4g}" for name, value in values.sort_values().items())
    assert f"Above the least value, 0.3979, in the median: {told}." in found.summary()
    line = {"x": Float(0, 1), "y": Choice(2.0, 3.0)}
    own = race(on="branin", space=line, search="random,grid", trials=3, repeats=1)
    assert not any("least value" in sentence for sentence in own.summary())


# -- what is left -------------------------------------------------------------------------------------------------


def test_each_run_has_a_folder_whose_record_the_usual_readers_read(own_folder: Path) -> None:
    found = race(on="branin", search="random,tpe", trials=4, repeats=2, name="first")
    folders = sorted(path.name for path in (own_folder / ".automl" / "first").iterdir() if path.is_dir())
    assert folders == ["random-1", "random-2", "tpe-1", "tpe-2"]
    events, problems = read_journal(own_folder / ".automl" / "first" / "tpe-2" / "journal.jsonl")
    assert not problems and tuple(events) == found.runs["tpe"][1].events
    saved = found.runs["tpe"][1].save("run.jsonl")
    assert json.loads(saved.read_text().splitlines()[0])["about"]["searcher"] == "tpe"


def test_a_run_of_a_race_can_be_taken_up_again(own_folder: Path, flowers: pd.DataFrame) -> None:
    race(flowers, "kind", models=["linear"], search="random,tpe", trials=3, cv=3, workers=0, repeats=1, name="first")
    longer = automl_magic.resume(".automl/first/random-1", flowers, trials=5)
    assert len(longer.leaderboard()) >= 5


def test_the_result_is_frozen_and_tells_itself_in_table_board_and_words() -> None:
    found = race(on="branches", search="random,tpe", trials=5, repeats=2)
    with pytest.raises(FrozenInstanceError):
        found.repeats = 3  # type: ignore[misc]
    table = found.table()
    assert list(table.columns) == ["searcher", "repeat", "score", "model", "trials", "seconds", "is_whole"]
    assert len(table) == 4 and table["is_whole"].all() and set(table["repeat"]) == {1, 2}
    board = found.leaderboard()
    assert board["score"].is_monotonic_increasing, "lower is better here, and the best comes first"
    assert board.loc["random", "trials"] == 10
    assert "Too few to tell" in str(found.verdict()) and "20 trials in 4 runs" in repr(found)


def test_html_is_escaped_whatever_the_searchers_are_called() -> None:
    found = race(on="branin", search={"<script>x</script>": "random", "b&b": "tpe"}, trials=2, repeats=1)
    shown = found._repr_html_()
    assert "<script" not in shown and "&lt;script&gt;" in shown and "b&amp;b" in shown


def test_a_race_under_time_ends_in_time_and_shares_it_among_the_repeats() -> None:
    begun = time.monotonic()
    found = race(on=slow, space={"x": Float(-5, 5)}, search="random,grid", time="2s", repeats=2, workers=0)
    assert time.monotonic() - begun < 6
    assert len(found.lanes) == 4 and all(lane.is_whole for lane in found.lanes)
    seconds = [lane.record.plan.time for lane in found.lanes]
    assert all(value is not None and 0.5 <= value <= 1.1 for value in seconds)
    counts = [lane.made for lane in found.of("random")]
    assert min(counts) >= 3


# -- stopped, broken, mistaken ------------------------------------------------------------------------------------


def begun_slowly(**fields: Any) -> Any:
    """Return a race under way that would take long."""
    plan = Plan.create(trials=60, workers=fields.pop("workers", 0))
    return begin_race(plan, on=slow, space={"x": Float(-5, 5)}, search="random,tpe", repeats=5, **fields)


def test_stop_keeps_what_is_there_and_the_verdict_says_what_was_done(own_folder: Path) -> None:
    begun = begun_slowly()
    while sum(lane.made for lane in begun.lanes) < 5:
        time.sleep(0.01)
    begun.control.stop()
    found: RaceResult = begun.result(20)
    assert 0 < sum(lane.made for lane in found.lanes) < 120 and len(found.lanes) == 2
    assert not any(lane.is_whole for lane in found.lanes)
    assert "finished 0 of 5 repeats" in str(found.verdict())
    for lane in found.lanes:
        assert isinstance(lane.record.events[-1], RunEnded)
        assert any(isinstance(event, Steered) and event.kind == "stop" for event in lane.record.events)
    folders = [path for path in (own_folder / ".automl" / begun.name).iterdir() if path.is_dir()]
    assert len(folders) == 2, "repeats that were never begun leave no folder"


def test_stop_ends_the_workers() -> None:
    import psutil

    begun = begun_slowly(workers=2)
    while sum(lane.made for lane in begun.lanes) < 3:
        time.sleep(0.01)
    begun.control.stop()
    begun.result(20)
    end = time.monotonic() + 10
    while any("automl-pool" in thread.name for thread in threading.enumerate()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any("automl-pool" in thread.name for thread in threading.enumerate())
    busy = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):  # one that ends while it is looked at is not busy
            if child.cpu_percent(0.2) > 50:
                busy.append(child)
    assert not busy, "a fit goes on"


def test_pause_starts_no_fit_and_the_race_goes_on_after_it() -> None:
    begun = begun_slowly()
    while sum(lane.made for lane in begun.lanes) < 3:
        time.sleep(0.01)
    begun.control.pause()
    time.sleep(0.3)
    before = sum(lane.made for lane in begun.lanes)
    time.sleep(0.4)
    assert sum(lane.made for lane in begun.lanes) == before
    begun.control.proceed()
    end = time.monotonic() + 10
    while sum(lane.made for lane in begun.lanes) == before:
        assert time.monotonic() < end
        time.sleep(0.01)
    with pytest.raises(OptionError, match="skips no trial"):
        begun.control.skip()
    begun.control.stop()
    begun.result(20)


def test_a_pause_takes_no_time_from_the_repeats_to_come() -> None:
    begun = begin_race(Plan.create(time="2s", workers=0), on="branin", search="random,tpe", repeats=2)
    while not any(lane.made for lane in begun.lanes):
        time.sleep(0.01)
    begun.control.pause()
    paused = begun.elapsed()
    time.sleep(2.5)
    assert begun.elapsed() == paused, "the race's own clock stands still"
    begun.control.proceed()
    found: RaceResult = begun.result(20)
    assert len(found.lanes) == 4 and all(lane.is_whole for lane in found.lanes)
    later = [lane.record.plan.time for lane in found.lanes if lane.repeat == 1]
    assert all(value is not None and 0.7 <= value <= 1.1 for value in later), later
    assert found.seconds < 2.5


def test_within_a_repeat_every_searcher_has_the_same_seconds() -> None:
    found = race(on="branin", search="random,grid,tpe", time="1s", repeats=2, workers=0)
    for repeat in range(2):
        assert len({lane.record.plan.time for lane in found.lanes if lane.repeat == repeat}) == 1


class Unopened(InProcess):
    """Workers that cannot be opened."""

    def open(self, evaluator: Any, deliver: Any) -> None:
        """Fail."""
        raise OSError("no workers")


def _no_evaluator(repeat: int, folder: Path) -> Any:
    (folder / ARTEFACTS / "half").touch()
    raise OSError("no evaluator")


@pytest.mark.parametrize("broken", ["folder", "evaluator", "workers", "run"])
def test_a_race_that_fails_to_open_leaves_no_folder(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def no_folder(race_folder: Path, name: str) -> Path:
        if name != "random-1":
            raise OSError("no folder")
        return make_lane_folder(race_folder, name)

    def no_about(repeat: int, plan: Plan) -> dict[str, Any]:
        raise OSError("no run")

    plan = Plan.create(trials=3, workers=0, name="first")
    course = function_course(plan, "branin")
    if broken == "folder":
        monkeypatch.setattr("automl_magic.racing.make_lane_folder", no_folder)
    elif broken == "evaluator":
        course = replace(course, evaluator=_no_evaluator)
    elif broken == "workers":
        course = replace(course, workers=Unopened())
    else:
        course = replace(course, about=no_about)
    begun = Race(plan, entrants_of("random,tpe"), 2, course, prune=False)
    assert begun.folder.is_dir()
    with pytest.raises(OSError, match=f"no {broken}"):
        begun.start().result(20)
    assert not begun.folder.exists() and begun.folder.parent == own_folder / ".automl"


def test_a_race_that_is_stopped_before_its_first_run_leaves_no_folder(own_folder: Path) -> None:
    plan = Plan.create(trials=3, workers=0, name="first")
    begun = Race(plan, entrants_of("random,tpe"), 2, function_course(plan, "branin"), prune=False)
    begun.control.stop()
    with pytest.raises(RunError, match="before its first result"):
        begun.start().result(20)
    assert not (own_folder / ".automl" / "first").exists()


def test_a_race_in_which_nothing_succeeds_says_why() -> None:
    def broken(values: dict[str, float]) -> float:
        raise ZeroDivisionError("no such number")

    with pytest.raises(RunError, match="before its first result"):
        race(on=broken, space={"x": Float(0, 1)}, search="random,tpe", trials=3, repeats=1, workers=0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: race(on="branin", search="tpe"), "2 to 6 searchers"),
        (lambda: race(on="branin", search=["random"] * 7), "2 to 6 searchers"),
        (lambda: race(on="branin", search="tpe,rando"), "random"),
        (lambda: race(on="brannin"), 'Did you mean "branin"'),
        (lambda: race(), "Got neither"),
        (lambda: race(pd.DataFrame({"a": [1], "b": [2]}), "b", on="branin"), "Got both"),
        (lambda: race(on="branin", repeats=0), "repeats must be at least 1"),
        (lambda: race(on="branin", repeats="many"), "repeats must be a whole number"),
        (lambda: race(on=slow), "needs a space"),
        (lambda: race(on=7), "on must be"),
        (lambda: race(pd.DataFrame({"a": [1], "b": [2]}), "b", test=0.2), "keeps no rows apart"),
    ],
)
def test_a_mistake_is_answered_in_words(call: Any, words: str) -> None:
    with pytest.raises(OptionError) as caught:
        call()
    assert words in f"{caught.value.message} {caught.value.hint}"


def test_entrants_may_be_a_text_a_list_or_a_mapping() -> None:
    assert [one.name for one in entrants_of(" grid , random ")] == ["grid", "random"]
    assert [(one.name, one.turn) for one in entrants_of(["tpe", "tpe"])] == [("tpe", 0), ("tpe 2", 1)]


@pytest.mark.parametrize("prune", [False, pytest.param(True, marks=pytest.mark.further)])
def test_the_run_of_a_race_says_whether_trials_were_pruned_and_is_made_again_alike(
    flowers: pd.DataFrame, prune: bool
) -> None:
    options: dict[str, Any] = {"models": ["linear", "knn", "hist_gb"], "trials": 10, "cv": 3, "workers": 0, "seed": 5}
    found = race(flowers, "kind", search="random,tpe", repeats=1, prune=prune, name="lanes", **options)
    states = {trial.state for records in found.runs.values() for trial in records[0].history.trials.values()}
    assert ("pruned" in states) == prune
    for folder in sorted(Path(".automl/lanes").glob("*/journal.jsonl")):
        again = automl_magic.rerun(folder.parent, flowers, workers=0)
        assert again.is_same and again.same_config is True, repr(again)
    assert {records[0].plan.scheduler for records in found.runs.values()} == {"forgiving" if prune else "none"}
