"""How a study goes on behind a record: where it stood is taken up, and what was under way is tried once more."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from automl_magic.engine.budget import Stopwatch
from automl_magic.engine.events import Event, RunResumed, TrialStarted
from automl_magic.engine.resuming import ATTEMPTS, Unfinished, take_up
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
    view, folds = unfinished.view, range(study.evaluator.folds)
    trial = OpenTrial(old.id, old.step, old.config, old.origin, old.seed, old.hidden, now, view, folds)
    trial.restore(old.scores)
    study.open[trial.id] = trial
    if unfinished.broke >= ATTEMPTS:
        yield from study.end(trial, "failed", f"the run broke off {unfinished.broke} times while it ran")
        return
    attempt = old.attempt + 1
    yield study.emit(TrialStarted(old.id, old.step, old.config, old.origin, old.seed, old.hidden, now, attempt=attempt))
    if trial.scores:
        trial.judge(study.pruner)
    if trial.verdict is not None:
        yield from study.end(trial, *trial.verdict)
