"""The one loop: ask for a configuration, evaluate it fold by fold, tell. Everything that happens is an event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from automl_magic.engine.closing import close
from automl_magic.engine.deciding import look_at_clock, start_and_submit
from automl_magic.engine.events import Event, Note, RunEnded, RunStarted, TrialStarted
from automl_magic.engine.going_on import go_on
from automl_magic.engine.hearing import read_inbox, read_what_is_there
from automl_magic.engine.history import FALLBACK, PAUSED
from automl_magic.engine.seeds import seed_of
from automl_magic.engine.standing import Evaluator, Standing, Start
from automl_magic.engine.trials import OpenTrial
from automl_magic.engine.workers import InProcess

__all__ = ["Evaluator", "Start", "Study"]


@dataclass
class Study(Standing):
    """Search `space` with `searcher` until the budget is used or somebody stops it.

    Under a budget of trials the run is repeatable: step s is decided from exactly the results of the steps up to
    s - `lag`, applied in step order, whatever the number of workers. Under a budget of seconds every result is used.

    Attributes
    ----------
    space, evaluator, searcher, pruner, budget, workers, seed
        What is searched, how a configuration is scored, who proposes, who prunes, the limits, where fits run.
    scheduler : Scheduler, optional
        Who decides which trials go on from rung to rung; without one they do not pause.
    starts : tuple of Start
        Tried first, in this order; those outside the space by then are left out.
    lag : int
        Number of steps that may be open when the next one is decided, under a budget of trials.
    control : Control
        The mailbox through which a person steers.
    history : History
        The state; every event is applied to it before it is yielded.
    name, plan, about
        What RunStarted records of the run besides.
    past : tuple of Event
        The run so far, where it is resumed: it goes on behind the last of them.
    extension : dict
        Limits of the budget that a person gave anew for a run that is resumed.
    clock : Stopwatch, optional
        The run's clock, where it began before the study: with the call.
    last_resort : dict, optional
        Configuration of a hidden trial that costs next to nothing. It is scored in this thread when the time was used
        before the line to beat, or anything else, was scored on a single fold.
    closing : callable, optional
        Makes a row of its own out of all trials at the end, as an ensemble is; see `closing.Close`.
    caps : tuple of Cap
        Limits on what the evaluator measures; see `caps.py`.
    again : Interventions, optional
        What was done from outside to a run that this study repeats: it is done again at the same steps.
    keep : callable
        Given each new event before anybody else sees it: what is shown is on the disk.
    is_hurried : callable
        Whether nothing may be computed any more that can be left out.
    """

    def events(self) -> Iterator[Event]:
        """Run the search; yield each event as it happens. The last one is RunEnded.

        Raises
        ------
        ResumeError
            If `past` does not fit what this study is made of.
        """
        self.begin()
        yield from go_on(self) if self.past else self._start_afresh()
        if not self.is_late():  # to read a large table can take all the time
            self.workers.open(self.evaluator, self.control.inbox.put)
        try:
            while True:
                yield from look_at_clock(self)
                yield from start_and_submit(self)
                if not self.open and self.why is not None:
                    break
                yield from read_inbox(self)
        finally:
            self.workers.close()
        if self.watch is not None:
            self.watch.proceed()
        yield from self._fall_back()
        yield from self._end_paused()
        yield from close(self)
        best, seconds = self.history.best(), self.elapsed()
        why = self.why or "nothing was left to do"
        yield self.emit(RunEnded(why, best.id if best else None, seconds, seconds))

    def _start_afresh(self) -> Iterator[Event]:
        folds = self.evaluator.folds
        about = {**self.about, **self._of_rungs()}
        yield self.emit(RunStarted(self.name, self.plan, self.space.to_json(), folds, self.seed, about))
        announce = getattr(self.searcher, "announce", None)
        said = None if announce is None else announce(self.space, self.budget.trials)
        if said is not None:
            yield self.emit(Note(said, at=self.elapsed()))

    def _of_rungs(self) -> dict[str, Any]:
        """Return what a reader of the record must know to tell of pauses: how many rungs, and what leaves a trial."""
        told: dict[str, Any] = {"rungs": len(self.ladder)} if len(self.ladder) > 1 else {}
        return told if self.scheduler is None else {**told, "leaves": self.scheduler.leaves}

    def _fall_back(self) -> Iterator[Event]:
        """Score the last resort where the time was too short for a single fit."""
        beat = self.history.baseline()
        if self.last_resort is None or not self.is_late():
            return
        if any(trial.scores and trial.state != "failed" for trial in self.history.trials.values()) or (
            beat and beat.state != "stopped"
        ):
            return
        step, id, now = self.latest + 1, self.history.last_started() + 1, self.elapsed()
        seed, view = seed_of(self.seed, id), self.view(step)
        yield self.emit(TrialStarted(id, step, self.last_resort, FALLBACK, seed, True, now))
        begun = self.history.trial(id)
        trial = self.open[id] = OpenTrial(begun, step, now, view, self.ladder, self.climb_of(begun))
        yield self.emit(Note("The time was too short for a single fit: the result is a mere guess.", "warning", now))
        here = InProcess()
        here.open(self.evaluator, self.control.inbox.put)
        while trial.is_ready and id in self.open:
            self.submit(trial, here)
            yield from read_what_is_there(self)

    def _end_paused(self) -> Iterator[Event]:
        """End what is still paused, and say why it was not promoted."""
        for trial in self.history.trials.values():
            if trial.state == "paused":
                place = f"{PAUSED} {trial.rung + 1} of {len(self.ladder)}"
                leaves = self.scheduler.leaves if self.is_decided and self.scheduler is not None else ""
                yield self.end_paused(
                    trial, "pruned", f"{place}: {leaves}" if leaves else f"{place} when the run ended"
                )
