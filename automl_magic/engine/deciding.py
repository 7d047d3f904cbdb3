"""What a study does next: end what takes too long, score the next fold of an open trial, or start another trial."""

from __future__ import annotations

from collections.abc import Iterator

from automl_magic.engine.budget import why_no_more_trials
from automl_magic.engine.events import Event, TrialStarted
from automl_magic.engine.hearing import hear, read_what_is_there
from automl_magic.engine.history import BASELINE, FALLBACK, View
from automl_magic.engine.searchers import origin_of
from automl_magic.engine.seeds import generator_of, seed_of
from automl_magic.engine.standing import Standing, Start
from automl_magic.engine.trials import OpenTrial


def look_at_clock(study: Standing) -> Iterator[Event]:
    """End everything where the time is used, and each trial that takes longer than one may."""
    if study.is_late():
        yield from read_what_is_there(study)
    if study.is_late():
        study.why = study.why or f"the time of {study.budget.seconds:g} s was used"
        for trial in list(study.open.values()):
            yield from study.end(trial, "stopped", "the time was used up")
    allowed = study.budget.trial_seconds
    if allowed is None:
        return
    for trial in list(study.open.values()):
        if trial.origin not in (BASELINE, FALLBACK) and trial.seconds(study.elapsed()) > allowed:
            yield from study.end(trial, "failed", f"it took longer than the limit of {allowed:g} s for one trial")


def start_and_submit(study: Standing) -> Iterator[Event]:
    """Fill idle slots: first with folds of open trials, oldest first; then by starting trials."""
    while not study.is_paused and len(study.busy) < study.workers.slots:
        trial = next((trial for trial in study.open.values() if trial.waiting), None)
        if trial is not None:
            study.submit(trial)
            continue
        yield from _intervene_again(study)
        event = _start_next(study)
        if event is None:
            return
        yield event
        yield from _end_decided(study)


def _intervene_again(study: Standing) -> Iterator[Event]:
    """Do what was done from outside to the run that is repeated, since the last step and before the next one."""
    while study.again is not None and study.repeated < study.steps:
        for message in study.again.messages.get(study.repeated, ()):
            yield from hear(study, message)
        study.repeated += 1


def _end_decided(study: Standing) -> Iterator[Event]:
    """End trials that were ended from outside before a fold of theirs was scored."""
    for trial in [trial for trial in study.open.values() if trial.verdict is not None]:
        yield from study.end(trial, *(trial.verdict or ("stopped",)))


def _start_next(study: Standing) -> Event | None:
    study.why = study.why or why_no_more_trials(study.budget, study.history)
    step = study.steps
    until = None
    if not study.budget.is_timed:
        until = step - study.lag
        if any(trial.step <= until for trial in study.open.values()):
            return None
    if study.why is not None:
        return None
    view = study.history.view(study.space, step, until)
    start = _propose(study, view)
    if start is None:
        if not study.open:
            study.why = getattr(study.searcher, "ended", "every configuration of the space was tried")
        return None
    seed = seed_of(study.seed, step)
    event = TrialStarted(step, step, start.config, start.origin, seed, start.hidden, study.elapsed())
    folds = range(study.evaluator.folds)
    trial = OpenTrial(step, step, start.config, start.origin, seed, start.hidden, event.at, view, folds)
    if study.again is not None and step in study.again.ends:
        trial.end_after(study.again.ends[step].folds, study.again.ends[step].reason)
    study.open[step] = trial
    study.steps += 1
    return study.emit(event)


def _propose(study: Standing, view: View) -> Start | None:
    while study.queue:
        start = study.queue.popleft()
        if start.hidden or study.space.contains(start.config):
            return start
    config = study.searcher(view, generator_of(study.seed, view.asked, "search"))
    return None if config is None else Start(config, origin_of(study.searcher, view))
