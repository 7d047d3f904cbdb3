"""The folds of a recorded run scored again: each at the rung that its trial reached."""

from __future__ import annotations

from pathlib import Path

from automl_magic.engine.budget import Budget
from automl_magic.engine.ladder import ladder_of
from automl_magic.engine.workers import InProcess
from automl_magic.making_again import scores_again
from tests.engine.climbing import CurveEvaluator, LadderEvaluator, climbing_study


def test_each_fold_is_scored_again_at_the_rung_that_its_trial_reached(tmp_path: Path) -> None:
    for evaluator in (CurveEvaluator(folds=2), LadderEvaluator()):
        study = climbing_study(evaluator=evaluator, budget=Budget(trials=9))
        list(study.events())
        trials = study.history.trials
        assert len({trial.rung for trial in trials.values()}) > 1
        ladder = ladder_of(evaluator, pauses=True)
        found = dict(scores_again(study.history, {}, evaluator, ladder, InProcess(), tmp_path))
        recorded = {(id, fold): one.score for id, trial in trials.items() for fold, one in trial.scores.items()}
        assert found == recorded
