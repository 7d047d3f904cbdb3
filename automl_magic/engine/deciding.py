"""What a study does next: end what takes too long, score the next fold of an open trial, or start another trial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from automl_magic.engine.budget import why_full, why_over
from automl_magic.engine.events import Event, TrialPromoted, TrialStarted
from automl_magic.engine.hearing import hear, read_what_is_there
from automl_magic.engine.history import BASELINE, FALLBACK, Trial, View
from automl_magic.engine.ladder import Climb, cost_of, cost_up_to
from automl_magic.engine.schedulers import Promote, StartNew
from automl_magic.engine.searchers import origin_of
from automl_magic.engine.seeds import generator_of, seed_of
from automl_magic.engine.standing import Standing, Start
from automl_magic.engine.trials import OpenTrial
from automl_magic.errors import SpaceError

EXHAUSTED = "every configuration of the space was tried"


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
    """Fill idle slots: first with folds of open trials, oldest first; then by deciding the next step."""
    while not study.is_paused and len(study.busy) < study.workers.slots:
        trial = next((trial for trial in study.open.values() if trial.is_ready), None)
        if trial is not None:
            study.submit(trial)
            continue
        yield from _intervene_again(study)
        event, goes_on = _decide(study)
        if event is not None:
            yield event
            yield from _end_decided(study)
        if not goes_on:
            return


def _intervene_again(study: Standing) -> Iterator[Event]:
    """Do what was done from outside to the run that is repeated, since the last step and before the next one."""
    while study.again is not None and study.repeated < study.steps:
        for message in study.again.messages.get(study.repeated, ()):
            yield from hear(study, message)
        if (trials := study.again.extensions.get(study.repeated)) is not None:
            study.budget = replace(study.budget, trials=trials)
        study.repeated += 1


def _end_decided(study: Standing) -> Iterator[Event]:
    """End trials that were ended from outside before a fold of theirs was scored."""
    for trial in [trial for trial in study.open.values() if trial.verdict is not None]:
        yield from study.conclude(trial)


def _decide(study: Standing) -> tuple[Event | None, bool]:
    """Decide the next step; return what came of it, and whether the step after it may be decided at once."""
    full = why_full(study.budget, study.history)
    study.why = study.why or why_over(study.budget, study.history) or (full if study.scheduler is None else None)
    step = study.steps
    until = None if study.budget.is_timed else step - study.lag
    if until is not None and any(trial.step <= until for trial in study.open.values()):
        return None, False
    if study.budget.fits is not None and study.why is None and spent_by(study, until) >= study.budget.fits:
        study.why = f"{study.budget.fits_told or f'{study.budget.fits:g} fits'} were made"
    if study.why is not None:
        return None, False
    queued = 0 if full else _waiting(study)
    view = replace(
        study.view(step, until),
        is_full=full is not None,
        queued=queued,
        planted=queued > 0 and study.queue[0].planted,
        used=study.used(),
        left=study.work_left(),
    )
    decision = StartNew() if study.scheduler is None else study.scheduler(view)
    start = study.queue.popleft() if queued and not isinstance(decision, Promote) else None
    if start is None and not full and isinstance(decision, StartNew):
        start, full = _propose(study, view)
        if start is None and study.scheduler is not None:
            decision = study.scheduler(replace(view, is_full=True))
    if (start is not None or isinstance(decision, Promote)) and _is_beyond(study, step):
        return None, False
    if start is not None:
        return _start(study, start, view), True
    if isinstance(decision, Promote):
        return _promote(study, decision, view), True
    return None, _pass(study, until, full or "nothing was left to do")


def _is_beyond(study: Standing, step: int) -> bool:
    """Whether a run that is repeated is to decide nothing more: its record ends before this step."""
    last = None if study.again is None else study.again.last
    if last is None or step <= last:
        return False
    study.why = "the record ends here"
    return True


def spent_by(study: Standing, until: int | None) -> float:
    """Return the cost of the run in whole fits, as the results of the steps up to `until` show it.

    What later steps began counts whole: whether it was pruned on the way is not known yet.
    """
    total = 0.0
    for trial in study.history.trials.values():
        if trial.hidden:
            continue
        known = trial.as_known(until)
        rung = -1 if known is None else known.rung
        total += 0.0 if known is None else cost_of(study.ladder, known.results)
        if known is None or (known.state == "paused" and not known.is_waiting):
            climb = study.climb_of(trial, trial.promotions[-1][1] if trial.promotions else None)
            total += cost_up_to(study.ladder, (rung, climb.places[-1][0]))
    return total


def _waiting(study: Standing) -> int:
    """Return how many configurations are to be tried before the searcher is asked; those outside the space are not."""
    while study.queue:
        start = study.queue[0]
        if start.hidden or study.space.contains(start.config):
            return len(study.queue)
        study.queue.popleft()
    return 0


def _propose(study: Standing, view: View) -> tuple[Start | None, str]:
    """Return what the searcher proposes, or None, and why the search ends where it has nothing more to propose.

    Rules may leave nothing that can be found any more. That ends a search that has trials to show; else it is an error.
    """
    try:
        config = study.searcher(view, generator_of(study.seed, view.asked, "search"))
    except SpaceError as error:
        if all(trial.hidden for trial in study.history.trials.values()):
            raise
        return None, f"nothing more could be proposed. {error.message.removesuffix('.')}"
    if config is None:
        return None, str(getattr(study.searcher, "ended", EXHAUSTED))
    return Start(config, origin_of(study.searcher, view)), ""


def _start(study: Standing, start: Start, view: View) -> Event:
    id, now = study.history.last_started() + 1, study.elapsed()
    seed = seed_of(study.seed, id)
    event = study.emit(TrialStarted(id, view.asked, start.config, start.origin, seed, start.hidden, now))
    trial = study.history.trial(id)
    _open(study, trial, study.climb_of(trial), view, now)
    return event


def _promote(study: Standing, decision: Promote, view: View) -> Event:
    event = study.emit(TrialPromoted(decision.trial, view.asked, decision.rung, study.elapsed()))
    trial = study.history.trial(decision.trial)
    _open(study, trial, study.climb_of(trial, decision.rung), view, event.at)
    return event


def _open(study: Standing, trial: Trial, climb: Climb, view: View, now: float) -> None:
    """Put a trial among the open ones."""
    opened = OpenTrial(trial, view.asked, now, view, study.ladder, climb)
    end = None if study.again is None else study.again.ends.get(trial.id)
    if end is not None and end.climb == len(trial.promotions):
        opened.end_after(end.folds, end.reason, end.state)
    study.open[trial.id] = opened
    study.latest, study.steps = view.asked, view.asked + 1


def _pass(study: Standing, until: int | None, reason: str) -> bool:
    """Leave a step empty; return whether the next one may be decided now.

    Where nothing is to be known any more that could change the next decision, the search is over.
    """
    if not study.open and (until is None or study.scheduler is None or until >= study.latest):
        study.why, study.is_decided = reason, True
        return False
    if until is None or study.scheduler is None:
        return False
    study.steps += 1
    return True
