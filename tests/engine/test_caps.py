"""Limits that are measured: what breaks one has failed, a line to beat is no result, and a rerun reads the verdicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from automl_magic.engine import caps
from automl_magic.engine.budget import Budget
from automl_magic.engine.caps import Cap, costs_of, is_verdict
from automl_magic.engine.events import Config, FoldScore, from_json, to_json
from automl_magic.engine.history import BASELINE, History
from automl_magic.engine.interventions import interventions_of
from automl_magic.engine.order import order_of_trial
from automl_magic.engine.schedulers import policy_named
from automl_magic.engine.study import Start
from automl_magic.engine.workers import ProcessWorkers
from tests.engine.toy import ToyEvaluator, toy_study, trials_of

LATENCY = Cap("latency", 0.055, "predicting 1,000 rows takes")
GOOD: Config = {"x": 1.0, "n": 3, "kind": "round"}  # the best of the toy problem: 30 ms


@dataclass(frozen=True)
class Measured(ToyEvaluator):
    """The toy problem, of which n costs 10 ms; the clock errs by a factor."""

    error: float = 1.0
    sleeps: str = ""

    def evaluate(self, *, config: Config, **more: Any) -> FoldScore:
        """Score one fold."""
        late = replace(self, seconds=30.0 if config["kind"] == self.sleeps else 0.0)
        score = super(Measured, late).evaluate(config=config, **more)
        return replace(score, costs={"latency": 0.01 * config["n"] * self.error})


def test_a_trial_that_breaks_a_limit_fails_after_its_first_fold_and_says_by_how_much() -> None:
    study = toy_study(evaluator=Measured(), caps=(LATENCY,), budget=Budget(trials=30))
    list(study.events())
    over = [trial for trial in study.history.trials.values() if trial.config["n"] > 5]
    assert over and all(trial.state == "failed" and len(trial.scores) == 1 for trial in over)
    seven = next(trial for trial in over if trial.config["n"] == 7)
    assert seven.reason == "predicting 1,000 rows takes 70 ms, more than the 55 ms that you allowed"
    kept = [trial for trial in study.history.trials.values() if trial.config["n"] <= 5]
    assert kept and all(trial.state == "done" and len(trial.scores) == 3 for trial in kept)
    assert study.history.best() in kept


def test_a_searcher_learns_to_keep_a_limit() -> None:
    tight = Cap("latency", 0.025, "predicting 1,000 rows takes")  # beside the best, which has n = 3
    study = toy_study(evaluator=Measured(), caps=(tight,), budget=Budget(trials=60), search="tpe")
    list(study.events())
    late = [trial.config["n"] <= 2 for trial in study.history.trials.values() if trial.id >= 30]
    assert sum(late) / len(late) > 0.5  # a random draw keeps it in 2 of 9


def test_a_line_to_beat_over_the_limit_is_done_and_never_best() -> None:
    slow = {**GOOD, "n": 9}
    study = toy_study(evaluator=Measured(), caps=(LATENCY,), starts=(Start(slow, BASELINE), Start(GOOD, "you")))
    list(study.events())
    beat = study.history.baseline()
    assert beat is not None and beat.state == "done" and is_verdict(beat.reason) and not beat.is_candidate
    assert order_of_trial(beat)[0] == 2
    alone = toy_study(evaluator=Measured(), caps=(LATENCY,), starts=(Start(slow, BASELINE),), budget=Budget(trials=1))
    list(alone.events())
    assert alone.history.best() is None


def test_costs_survive_the_record_and_a_record_without_them_is_read() -> None:
    study = toy_study(evaluator=Measured(), budget=Budget(trials=2))
    events = list(study.events())
    history = History()
    for event in events:
        told = to_json(event)
        assert from_json(told) == event
        told.get("result", {}).pop("costs", None)
        history.apply(from_json(told))
    assert costs_of(study.history.trial(0).scores) and costs_of(history.trial(0).scores) == {}


@pytest.mark.parametrize("scheduler", ["none", "halving"])
def test_a_run_made_again_reads_the_verdicts_instead_of_measuring(scheduler: str) -> None:
    starts = (Start({**GOOD, "n": 8}, BASELINE),)

    def searched(**more: Any) -> Any:
        policy = policy_named(scheduler)
        parts = {"caps": (LATENCY,), "starts": starts, "budget": Budget(trials=20), "search": "tpe"}
        return toy_study(**parts, pruner=policy.pruner, scheduler=policy.scheduler, **more)

    events = list(searched(evaluator=Measured()).events())
    again = interventions_of(events)
    slower = searched(evaluator=Measured(error=3.0), again=again)
    assert trials_of(list(slower.events())) == trials_of(events)
    reasons = {trial.id: trial.reason for trial in slower.history.trials.values() if is_verdict(trial.reason)}
    assert len(reasons) >= 3 and slower.history.trial(0).state == "done"


def test_a_fit_that_does_not_come_to_an_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caps, "KILLED", (1.0, 0.2))
    fit = Cap("fit", 0.1, "a fit on one fold takes")
    square = {**GOOD, "kind": "square"}
    study = toy_study(
        evaluator=Measured(sleeps="square"),
        caps=(fit,),
        starts=(Start(square, "you"), Start(GOOD, "you")),
        budget=Budget(trials=2),
        workers=ProcessWorkers(1),
    )
    list(study.events())
    ended = study.history.trial(0)
    assert ended.state == "failed" and ended.seconds < 10
    assert ended.reason == "a fit on one fold takes more than the 100 ms that you allowed"
    assert study.history.trial(1).state == "done"
