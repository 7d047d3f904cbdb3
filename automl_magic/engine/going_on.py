"""How a study goes on behind a record: where it stood is taken up, and what was under way is tried once more."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from automl_magic.engine.budget import Stopwatch
from automl_magic.engine.events import Event, RunResumed, TrialStarted
from automl_magic.engine.resuming import ATTEMPTS, ResumeError, Unfinished, take_up
from automl_magic.engine.standing import Standing
from automl_magic.engine.trials import OpenTrial


def go_on(study: Standing) -> Iterator[Event]:
    """Take the run up behind its past: each trial that was running is tried once more.

    Raises
    ------
    ResumeError
        If the past does not fit what the study is made of.
    """
    taken = take_up(study.history, study.past, study.space, study.starts, study.budget, study.lag)
    study.edited, study.queue, study.steps = taken.edited, deque(taken.starts), taken.steps
    study.latest = study.steps - 1
    study.space = study.edited.now
    study.budget = replace(taken.budget, **study.extension)
    study.watch = Stopwatch(taken.elapsed + study.elapsed())
    yield study.emit(RunResumed(study.extension, study.elapsed()))
    for unfinished in taken.unfinished:
        yield from _try_again(study, unfinished)


def _try_again(study: Standing, unfinished: Unfinished) -> Iterator[Event]:
    old, now = unfinished.trial, study.elapsed()
    if old.state == "stopped" and study.is_late():
        return
    step, rung = old.promotions[-1] if old.promotions else (old.step, None)
    if rung is not None and rung >= len(study.ladder):
        raise ResumeError(
            f"Trial {old.id} of the record climbed to rung {rung + 1}; there are {len(study.ladder)} now.",
            "Resume with the scheduler of then, or start a new run.",
        )
    view = replace(unfinished.view, rungs=len(study.ladder))
    climb = study.climb_of(old, rung)
    first = climb.places[0][0]
    results = {number: scores for number, scores in old.results.items() if number < first}
    begun = replace(old, results=results, scores=old.scores_on(max(results)) if results else {})
    trial = OpenTrial(begun, step, now, view, study.ladder, climb)
    trial.restore(old.results)
    study.open[trial.id] = trial
    if unfinished.broke >= ATTEMPTS:
        yield from study.end(trial, "failed", f"the run broke off {unfinished.broke} times while it ran")
        return
    attempt = old.attempt + 1
    yield study.emit(TrialStarted(old.id, old.step, old.config, old.origin, old.seed, old.hidden, now, attempt=attempt))
    if trial.has_results:
        trial.judge(study.pruner, study.history.trial(trial.id), study.caps_now)
    yield from study.conclude(trial)
