"""What becomes of a run whose ensemble cannot be made, or not be put together: it has a result all the same."""

from __future__ import annotations

import numpy as np
import pytest

import automl_magic
from automl_magic.engine.closing import FAILED
from automl_magic.engine.sealing import place_of
from automl_magic.ensembling import Ensembling
from automl_magic.members import LABEL, files_of
from automl_magic.tabular.blending import blend
from automl_magic.tabular.ensemble import EnsembleRegressor
from automl_magic.tabular.vote import VoteRegressor
from tests.mixed_table import INPUTS, mixed, search, space_of


def numbers_in(config):
    """Return the numbers of the members, the heaviest first."""
    return [int(label.removeprefix(LABEL)) for label in config if label != "model"]


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_error_while_it_is_made_is_told_and_costs_no_result(monkeypatch):
    def fail(*given, **more):
        raise MemoryError

    monkeypatch.setattr("automl_magic.ensembling.blend", fail)
    result = search()
    assert result.history.best().id >= 0 and isinstance(result.best[-1], VoteRegressor)
    assert f"{FAILED}: MemoryError." in result.warnings


def test_no_more_trials_are_members_than_there_is_memory_for_their_predictions(monkeypatch):
    sizes = []

    def counted(predictions, *given, **more):
        sizes.append(len(predictions))
        return blend(predictions, *given, **more)

    monkeypatch.setattr("automl_magic.ensembling.blend", counted)
    for numbers in (3 * 1000 * 2, 2 * 1000 * 2 - 1):  # entries and classes
        monkeypatch.setattr("automl_magic.ensembling.NUMBERS", numbers)
        result = search("classification")
    assert sizes == [3] and result.history.counts()["done"] > 3 and min(result.history.trials) >= 0


def test_where_the_time_ends_while_it_is_compared_there_is_none(monkeypatch):
    over = []

    def last(*given, **more):
        found = blend(*given, **more)
        over.append(True)
        return found

    class Never:
        draws = None

        def compare(self, times):
            if len(times) == 1 and over and times.max() > 1:
                raise AssertionError("samples are drawn although no time is left")
            return np.zeros((len(times), 2))

    monkeypatch.setattr("automl_magic.ensembling.blend", last)
    monkeypatch.setattr("automl_magic.ensembling.judge_for", lambda *given: Never())
    monkeypatch.setattr("automl_magic.engine.closing._left", lambda study: 0.0 if over else float("inf"))
    result = search()
    assert over and min(result.history.trials) >= 0 and not result.warnings


@pytest.mark.parametrize("error", [None, MemoryError])
def test_where_a_member_cannot_be_read_the_best_single_trial_is_returned_and_that_is_said(monkeypatch, error):
    make = Ensembling.__call__

    def spoil(self, history, id, left):
        made = make(self, history, id, left)
        member = history.trial(numbers_in(made.config)[-1])
        place_of(self.folder, files_of(member, "model")[0]).unlink()
        return made

    def fail(vote):
        raise error

    if error is None:
        monkeypatch.setattr(Ensembling, "__call__", spoil)
    else:
        monkeypatch.setattr("automl_magic.winner._bare", fail)
    frame = mixed()
    result = search(frame=frame)
    told = "\n".join(result.summary())
    assert "The ensemble could not be put together (" in told and "best is a single trial" in told
    assert ("model.pkl of this run cannot be read" if error is None else "MemoryError") in told
    assert isinstance(result.best[-1], VoteRegressor) and "% line" not in told
    trials = [trial for trial in result.history.trials.values() if trial.state == "done" and not trial.hidden]
    broken = numbers_in(result.history.trials[-1].config)[-1] if error is None else None
    best = max((trial for trial in trials if trial.id != broken), key=lambda trial: trial.score)
    assert f"(trial {best.id}) won" in told and result.score.naive == pytest.approx(-best.score)
    space = {"df": frame, "__name__": "made"}
    exec(result.code(), space)
    assert np.array_equal(result.best.predict(frame[INPUTS]), space["best"].predict(frame[INPUTS]))


def forget(result, id, role, name="kept"):
    """Delete the files of a role that a trial left."""
    for artefact in files_of(result.history.trial(id), role).values():
        place_of(f".automl/{name}", artefact).unlink()


@pytest.mark.parametrize("role", ["model", "prediction"])
def test_a_trial_whose_files_are_gone_is_no_member_when_the_run_goes_on(role):
    result = search(name="kept")
    best, second = numbers_in(result.history.trials[-1].config)[:2]
    lost = second if result.history.trial(best).score > result.history.trial(second).score else best
    forget(result, lost, role)
    longer = automl_magic.resume("kept", mixed(), space=space_of("regression"), trials=9, workers=0)
    assert isinstance(longer.best[-1], EnsembleRegressor)
    assert lost not in numbers_in(longer.history.best().config)
    assert "fitted again" not in "\n".join(longer.summary())


def test_without_the_predictions_of_the_best_trial_there_is_none_when_the_run_goes_on():
    result = search(name="kept")
    trials = [trial for trial in result.history.trials.values() if trial.state == "done" and not trial.hidden]
    best = max(trials, key=lambda trial: trial.score)
    forget(result, best.id, "prediction")
    longer = automl_magic.resume("kept", mixed(), space=space_of("regression"), trials=9, workers=0)
    row = longer.history.trials[-1]
    assert (row.state, row.reason) == ("pruned", "made before the run went on") and min(longer.history.trials) == -1
    assert longer.history.best().id == best.id and isinstance(longer.best[-1], VoteRegressor) and not longer.warnings
