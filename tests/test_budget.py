"""The time that is given is kept, there is always a result, and memory is looked at first. Bounds are generous."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

import automl_magic
from automl_magic import memory
from automl_magic.api import begin
from automl_magic.engine.events import Artefact, FoldScore, FoldScored, RunStarted, TrialEnded, TrialStarted
from automl_magic.engine.history import History
from automl_magic.engine.memory import available_memory, in_words
from automl_magic.errors import DataError
from automl_magic.finish import score_apart
from automl_magic.folder import drop_models
from automl_magic.plan import Plan
from automl_magic.problem import read_problem
from automl_magic.reserve import reserve_for
from automl_magic.tabular import fallback
from automl_magic.tabular.columns import columns_of
from automl_magic.tabular.counting import codes_and_levels, counts_of
from automl_magic.tabular.honest import honest_score
from automl_magic.tabular.metrics import metric_for
from automl_magic.tabular.splits import make_splits
from automl_magic.tabular.task import read_table
from automl_magic.winner import Winner


class Sleeper(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that takes its time, and knows the shares of the classes only."""

    def __init__(self, seconds: float = 30.0) -> None:
        self.seconds = seconds

    def fit(self, X: Any, y: Any) -> Sleeper:
        time.sleep(self.seconds)
        self.classes_, counts = np.unique(y, return_counts=True)
        self.shares_ = counts / len(y)
        return self

    def predict_proba(self, X: Any) -> Any:
        return np.tile(self.shares_, (len(X), 1))

    def predict(self, X: Any) -> Any:
        return np.repeat(self.classes_[self.shares_.argmax()], len(X))


class Broken(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that never learns."""

    def fit(self, X: Any, y: Any) -> Broken:
        raise ValueError("broken")

    def predict_proba(self, X: Any) -> Any:
        raise ValueError("broken")

    def predict(self, X: Any) -> Any:
        raise ValueError("broken")


class SlowTable:
    """A table that takes its time to be read."""

    def __init__(self, frame: pd.DataFrame, seconds: float) -> None:
        self.frame, self.seconds, self.columns = frame, seconds, frame.columns

    def to_pandas(self) -> pd.DataFrame:
        time.sleep(self.seconds)
        return self.frame


def numeric(flowers: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that need no preparation."""
    return flowers[["width", "length", "kind"]]


# -- time --------------------------------------------------------------------------------------------------------------


def test_b45_below_one_fit(flowers: pd.DataFrame) -> None:
    """A single fit takes ten times the time: a guess in time, said aloud, never None."""
    begun = time.monotonic()
    run = automl_magic.fit(
        numeric(flowers), target="kind", time=2, space=Sleeper(20), baseline=Sleeper(20), workers=2, cv=3
    )
    assert time.monotonic() - begun < 5 * (1.05 * 2 + 1)
    assert run.best.predict(flowers[["width", "length"]]).shape == (len(flowers),)
    assert float(run.score) == pytest.approx(0.5)
    assert any("too short for a single fit" in text for text in run.summary())
    notes = [note for note in run.history.notes if note.level == "warning"]
    assert any("mere guess" in note.text for note in notes)
    assert "Dummy" in run.code()


@pytest.mark.parametrize("rows", [100_000, 300])
def test_b45_fallback_of_a_large_table(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a fit on all rows has no chance, the baseline learns from a sample, or in fewer rounds."""
    monkeypatch.setattr(fallback, "ENTRY_SECONDS", 1e-3)
    monkeypatch.setattr(fallback, "HOPELESS", fallback.SHORT)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=rows), "b": rng.normal(size=rows)})
    frame["y"] = np.where(frame["a"] + 0.3 * rng.normal(size=rows) > 0, "yes", "no")
    run = automl_magic.fit(frame, target="y", time=30, space=Broken(), workers=0, cv="holdout")
    trial = run.history.baseline()
    assert trial is not None and trial.hidden and trial.config["rows"] <= 500 and trial.config["rounds"] >= 5
    assert float(run.score) > 0.8 and run.baseline is not None
    assert any("too short for a whole fit" in text for text in run.said)


def test_whole_baseline_before_sample_before_guess(flowers: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first that was done of: the baseline on all rows, on a sample of them, a guess."""
    monkeypatch.setattr(fallback, "SHORT", 1e-4)
    monkeypatch.setattr(fallback, "HOPELESS", 1e9)
    run = automl_magic.fit(numeric(flowers), target="kind", time=30, space=Broken(), workers=0, cv=3)
    first, second = run.history.trials[0], run.history.trials[1]
    assert (first.origin, second.origin) == ("fallback", "baseline") and first.hidden
    assert second.state == "done" and "(trial 1) won" in run.said[1]


def test_the_models_of_an_unfinished_winner_are_kept_beside_a_sampled_baseline(tmp_path: Path) -> None:
    """What was furthest when the time ended is the result: its models must not be fitted again."""
    history = History()
    history.apply(RunStarted("run", {}, {}, 3, 0, {}))
    (tmp_path / "artefacts").mkdir()
    for trial, hidden, folds, state in ((0, True, 3, "done"), (1, False, 2, "stopped")):
        history.apply(TrialStarted(trial, trial, {}, "baseline", 0, hidden))
        for fold in range(folds):
            name = f"artefacts/{trial}-{fold}.pkl"
            (tmp_path / name).write_bytes(b"")
            history.apply(FoldScored(trial, fold, FoldScore(0.5, 1.0, {}, {"model": Artefact(name, "")})))
        history.apply(TrialEnded(trial, state, 0.5, 0.0, 1.0))  # type: ignore[arg-type]
        drop_models(tmp_path, history)
    assert len(list((tmp_path / "artefacts").iterdir())) == 5


def test_models_that_were_deleted_are_not_looked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of hundreds of trials deletes behind each of them: what is gone must cost nothing."""
    history, removed, gone = History(), [], set[tuple[int, int]]()
    monkeypatch.setattr("automl_magic.folder.os.remove", removed.append)
    history.apply(RunStarted("run", {"ensemble": False}, {}, 3, 0, {}))
    for trial in range(60):
        history.apply(TrialStarted(trial, trial, {}, "search", 0))
        for fold in range(3):
            model = Artefact(f"artefacts/{trial}-{fold}.pkl", "")
            history.apply(FoldScored(trial, fold, FoldScore(0.5, 1.0, {}, {"model": model})))
        history.apply(TrialEnded(trial, "done" if trial == 0 else "pruned", 0.5, 0.0, 1.0))
        drop_models(tmp_path, history, gone=gone)
    assert len(removed) == len(gone) == 177


def test_models_of_unfinished_trials_stay_while_none_is_done(tmp_path: Path) -> None:
    """The result is then the one that came furthest, and it may be one that was pruned or stopped."""
    history = History()
    history.apply(RunStarted("run", {"ensemble": False}, {}, 3, 0, {}))
    (tmp_path / "artefacts").mkdir()
    for trial, state in enumerate(("pruned", "stopped", "failed", "done")):
        (tmp_path / f"artefacts/{trial}.pkl").touch()
        history.apply(TrialStarted(trial, trial, {}, "search", 0))
        artefacts = {"model": Artefact(f"artefacts/{trial}.pkl", "")}
        history.apply(FoldScored(trial, 0, FoldScore(0.5, 1.0, {}, artefacts)))
        history.apply(TrialEnded(trial, state, 0.5, 0.0, 1.0))  # type: ignore[arg-type]
        drop_models(tmp_path, history, keep=1)
        there = sorted(path.stem for path in (tmp_path / "artefacts").iterdir())
        assert there == [["0"], ["0", "1"], ["0", "1"], ["3"]][trial]


def test_own_baseline_is_tried_on_all_rows(flowers: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a pipeline of a person's own takes is not known, whatever ours would take."""
    monkeypatch.setattr(fallback, "ENTRY_SECONDS", 1.0)
    run = automl_magic.fit(
        numeric(flowers), target="kind", time=2, space=Sleeper(0.0), baseline=Sleeper(0.0), workers=0, cv=3
    )
    beat = run.history.baseline()
    assert beat is not None and beat.state == "done" and beat.config == {} and run.history.trials[0].config["rows"]


def test_clock_runs_from_the_call(flowers: pd.DataFrame) -> None:
    slow = SlowTable(numeric(flowers), 1.0)
    run = automl_magic.fit(slow, target="kind", time=2.5, models=["linear"], workers=0, cv=3)
    assert next(event for event in run.events if isinstance(event, TrialStarted)).at >= 1.0


def test_reading_takes_all_the_time(flowers: pd.DataFrame) -> None:
    begun = time.monotonic()
    run = automl_magic.fit(SlowTable(numeric(flowers), 1.5), target="kind", time=1, workers=2)
    assert time.monotonic() - begun < 5 * 2.5
    assert "guesses" in run.said[2]


def test_in_process_the_time_is_observed_between_folds(flowers: pd.DataFrame) -> None:
    begun = time.monotonic()
    run = automl_magic.fit(
        numeric(flowers), target="kind", time=1.5, space=Sleeper(0.5), baseline=Sleeper(0.5), workers=0, cv=10
    )
    assert time.monotonic() - begun < 5 * (1.05 * 1.5 + 1)
    assert "furthest" in run.said[1] and 1 <= len(run.history.trials[0].scores) < 10


def test_fit_that_ends_after_the_time_still_counts_in_process(flowers: pd.DataFrame) -> None:
    """In this process a fit cannot be ended: what it brought is used."""
    run = automl_magic.fit(
        numeric(flowers), target="kind", time=0.5, space=Sleeper(1.5), baseline=Sleeper(1.5), workers=0, cv=3
    )
    assert "Sleeper" in run.code() and "furthest" in run.said[1]


def test_pause_stops_the_clock(flowers: pd.DataFrame) -> None:
    plan = Plan.create(target="kind", time=2, models=["linear"], workers=0, cv=3)
    begun = time.monotonic()
    run = begin(plan, flowers)
    run.control.pause()
    time.sleep(0.7)
    before = run.elapsed()
    time.sleep(1.5)
    assert run.elapsed() == before
    run.control.proceed()
    run.result(60)
    taken = time.monotonic() - begun
    assert 2.9 < taken < 5 * 6 and run.elapsed() < 2.5 * 2


def test_trials_do_not_depend_on_a_clock(flowers: pd.DataFrame) -> None:
    """Without `time` nothing is sampled, and nothing kept in reserve."""
    problem = read_problem(Plan.create(target="kind", trials=2), flowers)
    assert fallback.first_fallback(problem.table, problem.splits, None, 2) == (None, False)


def test_reserve_grows_with_the_table(flowers: pd.DataFrame) -> None:
    small = read_problem(Plan.create(target="kind", trials=2), flowers)
    large = read_problem(Plan.create(target="kind", trials=2), pd.concat([flowers] * 200))
    assert reserve_for(small, 20.0) < reserve_for(large, 20.0) <= 0.3 * 20.0


# -- what follows the search -------------------------------------------------------------------------------------------


def test_honest_score_draws_what_the_time_allows() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    candidates = [np.clip(y * 0.4 + rng.random(400) * 0.6, 0, 1) for _ in range(3)]
    candidates = [np.column_stack([1 - chance, chance]) for chance in candidates]
    metric = metric_for(read_table(pd.DataFrame({"x": rng.random(400), "y": y}), "y").task, None)[0]
    folds = np.arange(400) % 4
    whole = honest_score(candidates, y, folds, metric)
    none = honest_score(candidates, y, folds, metric, left=lambda: 0.0)
    some = honest_score(candidates, y, folds, metric, left=lambda: 60.0)
    assert np.isnan(none.low) and none.value == none.naive == whole.naive
    assert some.draws == whole.draws and some.value == pytest.approx(whole.value, abs=0.02)


def test_rows_kept_apart_are_scored_as_far_as_the_time_goes(flowers: pd.DataFrame) -> None:
    problem = read_problem(Plan.create(target="kind", trials=2, test=0.5), pd.concat([flowers] * 20))
    model, bare = Sleeper(0.0).fit(problem.table.X, problem.table.y), Winner((), ())
    score, unseen = score_apart(problem, bare, model, lambda: float("inf"))
    assert unseen == 0 and score == pytest.approx(0.5)
    assert score_apart(problem, bare, model, lambda: 0.0) == (None, len(problem.apart.y))  # type: ignore[union-attr]
    times = iter([1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    part, unseen = score_apart(problem, bare, model, lambda: next(times))
    assert part is not None and 0 < unseen < len(problem.apart.y)  # type: ignore[union-attr]


# -- reading fast ------------------------------------------------------------------------------------------------------


def test_levels_of_long_columns_are_estimated() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=100_000)
    values[::10], values[5] = np.nan, np.inf
    frame = pd.DataFrame({"a": values, "few": rng.integers(0, 5, 100_000).astype(float)})
    many, few = columns_of(frame)
    assert many.role == "number" and many.is_infinite and many.missing == pytest.approx(0.1, abs=0.001)
    assert 80_000 < many.levels < 100_000 and few.levels == 5


@pytest.mark.parametrize("values", [["b", "a", "b", "c"], [3, 1, 3, 2], [True, False, True, True], [1.5, 0.5, 1.5, 2]])
def test_codes_are_those_of_numpy(values: list[Any]) -> None:
    array = np.array(values, dtype=object if isinstance(values[0], str) else None)
    levels, codes, counts = np.unique(array, return_inverse=True, return_counts=True)
    found, known = codes_and_levels(array)
    assert found.tolist() == codes.tolist() and known.tolist() == levels.tolist()
    assert counts_of(array).tolist() == counts.tolist()


def test_splits_are_those_of_the_labels(flowers: pd.DataFrame) -> None:
    table = read_table(flowers, "kind")
    splits = make_splits(table, 3)
    for (train, test), (first, second) in zip(
        splits.pairs, splits.splitter.split(np.zeros(len(table.y)), table.y), strict=True
    ):
        assert np.array_equal(train, first) and np.array_equal(test, second)


# -- memory ------------------------------------------------------------------------------------------------------------


def free(size: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let so many bytes be free."""
    monkeypatch.setattr(memory.memory, "available_memory", lambda: int(size))


def large() -> pd.DataFrame:
    """Return 20,000 rows of 50 numbers."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(20_000, 50)), columns=[f"x{place}" for place in range(50)])
    return frame.assign(y=(frame["x0"] > 0).astype(int))


def test_b57_fewer_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = read_problem(Plan.create(target="y", trials=1), large())
    needed = memory.bytes_of_fit(problem.table)
    free(2.5 * needed / memory.USED, monkeypatch)
    found = memory.fit_into_memory(Plan.create(target="y", trials=1), problem, 8)
    assert found.problem is problem and found.slots == 2 and found.share is None
    assert found.said is not None and "2 workers instead of 8" in found.said and in_words(needed) in found.said


def test_b57_a_sampled_run_is_resumed_on_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"target": "y", "models": ["linear"], "workers": 0, "name": "sampled"}
    with monkeypatch.context() as patch:
        free((memory.PROCESS + 10e6) / memory.USED, patch)
        run = automl_magic.fit(large(), trials=2, **options)
    assert "memory that was free" in run.history.about["repeatable"]
    again = automl_magic.resume("sampled", large(), trials=3)
    assert again.history.trials[0].score == run.history.trials[0].score and again.history.counts()["done"] == 3
    assert automl_magic.rerun("sampled", large()).is_same


def test_b57_a_sample_too_small_to_be_split_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    free((memory.PROCESS + 10e6) / memory.USED, monkeypatch)
    grouped = large().assign(who=np.arange(len(large())) % 3)
    with pytest.raises(DataError, match="too large"):
        automl_magic.fit(grouped, target="y", group="who", trials=1, models=["linear"], workers=0)


def test_b57_a_sample_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    free((memory.PROCESS + 10e6) / memory.USED, monkeypatch)
    run = automl_magic.fit(large(), target="y", trials=1, models=["linear"], workers=0)
    told = [note.text for note in run.history.notes if note.level == "warning"]
    assert any("of the 20,000 rows, drawn at random" in text for text in told)
    assert 1_000 <= run.history.about["rows"] < 20_000


def test_b57_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    free(100e6, monkeypatch)
    with pytest.raises(DataError, match="20,000 rows and 50 columns") as caught:
        automl_magic.fit(large(), target="y", trials=1, workers=0)
    assert "80 MB can be used" in caught.value.message and "df.sample" in str(caught.value.hint)
    assert not Path(".automl").exists()


def test_b57_a_file_larger_than_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    pd.DataFrame({"a": range(1000), "y": [0, 1] * 500}).to_csv("big.csv", index=False)
    free(5_000, monkeypatch)
    with pytest.raises(DataError, match=r'"big.csv" has 5.89 kB and needs at least 8.8\d kB') as caught:
        automl_magic.fit("big.csv", target="y", trials=1, workers=0)
    assert "nrows" in str(caught.value.hint)


@pytest.mark.parametrize("version", [1, 2])
def test_limits_of_control_groups(version: int, tmp_path: Path) -> None:
    base = tmp_path / "sys/fs/cgroup"
    (tmp_path / "proc/self").mkdir(parents=True)
    line = "0::/mine" if version == 2 else "4:memory:/mine"
    (tmp_path / "proc/self/cgroup").write_text(line + "\n")
    folder = base / "mine" if version == 2 else base / "memory" / "mine"
    folder.mkdir(parents=True)
    limit, used = (
        ("memory.max", "memory.current") if version == 2 else ("memory.limit_in_bytes", "memory.usage_in_bytes")
    )
    (folder / limit).write_text("5000000\n")
    (folder / used).write_text("4000000\n")
    (folder / "memory.stat").write_text("anon 1\ninactive_file 300000\nactive_file 100000\n")
    assert available_memory(tmp_path) == 1_400_000
    (folder / limit).write_text("max\n" if version == 2 else str(2**63 - 4096))
    assert available_memory(tmp_path) > 1_400_000
