"""What reaches a study: the results of its fits, and what a person wants of it."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Iterator
from dataclasses import replace

from automl_magic.engine.budget import why_no_more_trials
from automl_magic.engine.caps import fit_cap
from automl_magic.engine.configs import spell_out
from automl_magic.engine.control import EDITS, Message
from automl_magic.engine.events import Event, Note, SpaceChanged, Steered
from automl_magic.engine.resuming import SKIPPED
from automl_magic.engine.standing import Standing, Start
from automl_magic.engine.tasks import TOO_LONG
from automl_magic.engine.workers import Outcome

TICK = 0.2  # seconds between two looks at the clock when nothing arrives


def read_inbox(study: Standing) -> Iterator[Event]:
    """Wait for the next message or outcome, then take all that has arrived."""
    try:
        arrived = [study.control.inbox.get(timeout=_patience(study))]
    except queue.Empty:
        return
    yield from read_what_is_there(study, arrived)


def read_what_is_there(study: Standing, arrived: Iterable[Outcome | Message] = ()) -> Iterator[Event]:
    """Take what has arrived: a fit that ended in time counts, and so does a wish for more time."""
    waiting = list(arrived)
    while not study.control.inbox.empty():
        waiting.append(study.control.inbox.get())
    for item in waiting:
        yield from hear(study, item) if isinstance(item, Message) else _take(study, item)


def _patience(study: Standing) -> float:
    end = study.budget.search_seconds
    if end is None or study.is_paused:
        return TICK
    return min(TICK, max(0.001, end - study.elapsed()))


def _take(study: Standing, outcome: Outcome) -> Iterator[Event]:
    """Apply one outcome of a fit; what belongs to a trial that has ended is dropped."""
    trial_id, place = study.busy.pop(outcome.key, (-1, (0, 0)))
    trial = study.open.get(trial_id)
    if trial is None:
        return
    trial.take_outcome(place, _as_verdict(study, outcome))
    for event in trial.scored_in_order(study.elapsed()):
        yield study.emit(event)
        if trial.verdict is None:
            trial.judge(study.pruner, study.history.trial(trial.id), study.caps_now)
        if trial.verdict is not None:
            break
    yield from study.conclude(trial)


def _as_verdict(study: Standing, outcome: Outcome) -> Outcome:
    """Return an outcome; of a fold that was ended by the limit on fits with the words of that."""
    cap, failure = fit_cap(study.caps_now), outcome.failure
    if cap is None or failure is None or not failure.reason.startswith(TOO_LONG):
        return outcome
    return replace(outcome, failure=replace(failure, reason=cap.exceeded()))


def hear(study: Standing, message: Message) -> Iterator[Event]:
    """Do what a message asks; a message that cannot be meant becomes a note."""
    now = study.elapsed()
    study.rewind()
    if message.kind in EDITS:
        yield from _change_space(study, message)
        return
    if message.kind == "enqueue":
        yield from _plant(study, message)
        return
    if message.kind == "add_time" and (refused := _why_no_more_time(study, message)):
        yield study.emit(Note(f"No time was added: {refused}.", "warning", now))
        return
    yield study.emit(Steered(message.kind, message.value, message.who, message.why, study.latest, now))
    if message.kind == "stop":
        study.why = f"{message.who} stopped it" + (f" ({message.why})" if message.why else "")
        for trial in list(study.open.values()):
            yield from study.end(trial, "stopped", f"the run ended: {study.why}")
    elif message.kind in ("pause", "continue"):
        _hold(study, message.kind == "pause")
    elif message.kind == "skip":
        yield from _skip(study, message)
    elif message.kind == "add_time" and study.budget.seconds is not None:
        study.budget = replace(study.budget, seconds=study.budget.seconds + message.value)


def _skip(study: Standing, message: Message) -> Iterator[Event]:
    """End a running or paused trial.

    One that was paused when it was skipped in a run that is repeated is let come to its pause first: what it scored
    counts as it did then.
    """
    chosen = message.value if message.value is not None else min(study.open, default=None)
    reason = f"{SKIPPED} {message.who}"
    if chosen in study.open and study.again is not None:
        study.open[chosen].end_after(None, reason)
    elif chosen in study.open:
        yield from study.end(study.open[chosen], "stopped", reason)
    elif chosen in study.history.trials and study.history.trial(chosen).state == "paused":
        yield study.end_paused(study.history.trial(chosen), "stopped", reason)


def _hold(study: Standing, is_paused: bool) -> None:
    study.is_paused = is_paused
    if study.watch is not None:
        study.watch.pause() if is_paused else study.watch.proceed()


def _why_no_more_time(study: Standing, message: Message) -> str | None:
    """Return why the time cannot be lengthened as a message asks; None where it can."""
    limit, longest = study.budget.seconds, study.control.longest
    if limit is None:
        return "the run has no limit of time"
    if not (isinstance(message.value, int | float) and message.value > 0):
        return f"it must be a number of seconds above 0, not {message.value!r}"
    if longest is not None and limit + message.value > longest:
        return f"no search takes longer than {longest:g} s"
    return None


def _plant(study: Standing, message: Message) -> Iterator[Event]:
    """Put a person's configuration first in the queue, completed by defaults; refuse it in words."""
    now = study.elapsed()
    try:
        config = study.space.validate(spell_out(study.space, message.value))
    except ValueError as error:
        yield study.emit(Note(f"Not tried: {error}", "warning", now))
        return
    over = study.why or why_no_more_trials(study.budget, study.history)
    if over is not None:
        yield study.emit(Note(f"Not tried, since {over}.", "warning", now))
        return
    yield study.emit(Steered("enqueue", config, message.who, message.why, study.latest, now))
    study.queue.appendleft(Start(config, message.who, planted=True))


def _change_space(study: Standing, message: Message) -> Iterator[Event]:
    now = study.elapsed()
    try:
        edited, change = study.edited.after(message)
    except ValueError as error:
        yield study.emit(Note(f"The space stays as it is: {error}", "warning", now))
        return
    study.edited, study.space = edited, edited.now
    last, step = study.history.last_started(), study.latest
    yield study.emit(SpaceChanged(study.space.to_json(), change, message.who, message.why, last, step, now))
