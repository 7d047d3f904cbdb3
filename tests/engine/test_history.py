"""What a history keeps beside its trials is what one would find by looking at all of them."""

from __future__ import annotations

import pickle
import random

from automl_magic.engine.events import FoldScore, FoldScored, RunStarted, TrialEnded, TrialStarted
from automl_magic.engine.history import BASELINE, STATES, History, best_of


def wild(events: int, seed: int) -> History:
    """Return a history of events in any order that a run could have, resumed and started anew ones among them."""
    draw, history, started = random.Random(seed), History(), 0
    history.apply(RunStarted("run", {}, {}, 2, 0, {}))
    for at in range(events):
        some = draw.randrange(started) if started else 0
        kind = draw.random() if started else 0.0
        if kind < 0.3:
            origin = BASELINE if draw.random() < 0.1 else "random"
            history.apply(TrialStarted(started, started, {}, origin, 0, draw.random() < 0.2, float(at)))
            started += 1
        elif kind < 0.6:
            history.apply(FoldScored(some, draw.randrange(2), FoldScore(draw.choice([0.1, 0.5, 0.5, 0.9]), 1.0)))
        elif kind < 0.9:
            score = draw.choice([None, 0.1, 0.5, 0.9])
            history.apply(
                TrialEnded(some, draw.choice(["done", "done", "pruned", "failed", "stopped"]), score, 0.0, 1.0)
            )
        else:
            history.apply(TrialStarted(some, some, {}, "random", 0, attempt=2))
    return history


def test_best_counts_and_baseline_are_those_of_all_trials() -> None:
    for seed in range(60):
        history = wild(80, seed)
        trials = tuple(history.trials.values())
        assert history.best() == best_of(trials)
        assert history.baseline() == next((trial for trial in trials if trial.origin == BASELINE), None)
        seen = {state: sum(trial.state == state and not trial.hidden for trial in trials) for state in STATES}
        assert history.counts() == seen
        assert history.last_started() == trials[-1].id


def test_the_trials_changed_since_a_version_are_those_and_no_others() -> None:
    for seed in range(20):
        history = wild(80, seed)
        for version in range(history.version + 1):
            expected = [trial for trial in history.trials.values() if trial.version > version]
            assert history.changed_since(version) == expected


def test_a_history_that_was_pickled_goes_on() -> None:
    history = pickle.loads(pickle.dumps(wild(80, 1)))
    before = history.counts()["running"]
    history.apply(TrialStarted(99, 99, {}, "random", 0))
    assert history.counts()["running"] == before + 1
    assert history.changed_since(history.version - 1) == [history.trials[99]]
