"""The one loop: ask for a configuration, evaluate it fold by fold, tell. Everything that happens is an event."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from automl_magic.engine.budget import Budget, Stopwatch, why_no_more_trials
from automl_magic.engine.configs import spell_out
from automl_magic.engine.control import EDITS, Control, Message
from automl_magic.engine.events import (
    Config,
    Event,
    FoldScore,
    Note,
    RunEnded,
    RunResumed,
    RunStarted,
    SpaceChanged,
    Steered,
    TrialStarted,
)
from automl_magic.engine.history import BASELINE, FALLBACK, History, View
from automl_magic.engine.resuming import ATTEMPTS, SKIPPED, Unfinished, take_up
from automl_magic.engine.schedulers import Pruner, none
from automl_magic.engine.searchers import Searcher
from automl_magic.engine.seeds import generator_of, seed_of
from automl_magic.engine.space import SearchSpace
from automl_magic.engine.steering import EditedSpace
from automl_magic.engine.trials import OpenTrial
from automl_magic.engine.workers import InProcess, Outcome, Task, Workers

TICK = 0.2  # seconds between two looks at the clock when nothing arrives


class Evaluator(Protocol):
    """What an evaluator must offer: the number of folds and rungs, and a function that scores one fold."""

    @property
    def folds(self) -> int:
        """Number of folds."""

    @property
    def rungs(self) -> int:
        """Number of rungs."""

    def evaluate(self, *, config: Config, fold: int, rung: int, seed: int, trial: int, hidden: bool) -> FoldScore:
        """Score `config` on `fold`; `hidden` asks for the line to beat that lies outside the space."""


@dataclass(frozen=True)
class Start:
    """A configuration to try before the searcher is asked, and where it comes from."""

    config: Config
    origin: str
    hidden: bool = False


@dataclass
class Study:
    """Search `space` with `searcher` until the budget is used or somebody stops it.

    Under a budget of trials the run is repeatable: step s is decided from exactly the results of the steps up to
    s - `lag`, applied in step order, whatever the number of workers. Under a budget of seconds every result is used.

    Attributes
    ----------
    space, evaluator, searcher, pruner, budget, workers, seed
        What is searched, how a configuration is scored, who proposes, who prunes, the limits, where fits run.
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
    keep : callable
        Given each new event before anybody else sees it: what is shown is on the disk.
    """

    space: SearchSpace
    evaluator: Evaluator
    searcher: Searcher
    budget: Budget
    workers: Workers
    seed: int = 0
    pruner: Pruner = none
    starts: tuple[Start, ...] = ()
    lag: int = 4
    control: Control = field(default_factory=Control)
    history: History = field(default_factory=History)
    name: str = "run"
    plan: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    past: tuple[Event, ...] = ()
    extension: dict[str, Any] = field(default_factory=dict)
    clock: Stopwatch | None = None
    last_resort: Config | None = None
    keep: Callable[[Event], None] = lambda event: None
    _why: str | None = field(default=None, init=False)
    _edited: EditedSpace = field(init=False)

    def elapsed(self) -> float:
        """Return the seconds that count so far; any thread may ask."""
        watch: Stopwatch | None = getattr(self, "_watch", None)
        return 0.0 if watch is None else watch.elapsed()

    def left(self) -> float | None:
        """Return the seconds of the budget that are left; None without such a budget."""
        return None if self.budget.seconds is None else self.budget.seconds - self.elapsed()

    def events(self) -> Iterator[Event]:
        """Run the search; yield each event as it happens. The last one is RunEnded.

        Raises
        ------
        ResumeError
            If `past` does not fit what this study is made of.
        """
        self._begin()
        yield from self._go_on() if self.past else self._start_afresh()
        if not self._is_late():  # to read a large table can take all the time
            self.workers.open(self.evaluator, self.control.inbox.put)
        try:
            while True:
                yield from self._look_at_clock()
                yield from self._start_and_submit()
                if not self._open and self._why is not None:
                    break
                yield from self._read_inbox()
        finally:
            self.workers.close()
        self._watch.proceed()
        yield from self._fall_back()
        best, seconds = self.history.best(), self._watch.elapsed()
        why = self._why or "nothing was left to do"
        yield self._emit(RunEnded(why, best.id if best else None, seconds, seconds))

    def _begin(self) -> None:
        """Set everything to the beginning."""
        self._watch = self.clock or Stopwatch()
        self._queue = deque(self.starts)
        self._edited = EditedSpace(self.space)
        self._open: dict[int, OpenTrial] = {}
        self._busy: dict[int, tuple[int, int]] = {}
        self._keys = self._steps = 0
        self._why = None
        self._paused = False

    def _start_afresh(self) -> Iterator[Event]:
        yield self._emit(
            RunStarted(self.name, self.plan, self.space.to_json(), self.evaluator.folds, self.seed, self.about)
        )

    def _go_on(self) -> Iterator[Event]:
        """Take the run up behind its past: each trial that was running is tried once more."""
        taken = take_up(self.history, self.past, self.space, self.starts, self.budget, self.lag)
        self._edited, self._queue, self._steps = taken.edited, deque(taken.starts), taken.steps
        self.space = self._edited.now
        self.budget = replace(taken.budget, **self.extension)
        self._watch = Stopwatch(taken.elapsed + self._watch.elapsed())
        yield self._emit(RunResumed(self.extension, self._watch.elapsed()))
        for unfinished in taken.unfinished:
            yield from self._try_again(unfinished)

    def _try_again(self, unfinished: Unfinished) -> Iterator[Event]:
        old, now = unfinished.trial, self._watch.elapsed()
        if old.state == "stopped" and self._is_late():
            return
        view, folds = unfinished.view, range(self.evaluator.folds)
        trial = OpenTrial(old.id, old.step, old.config, old.origin, old.seed, old.hidden, now, view, folds)
        trial.restore(old.scores)
        self._open[trial.id] = trial
        if unfinished.broke >= ATTEMPTS:
            yield from self._end(trial, "failed", f"the run broke off {unfinished.broke} times while it ran")
            return
        attempt = old.attempt + 1
        yield self._emit(
            TrialStarted(old.id, old.step, old.config, old.origin, old.seed, old.hidden, now, attempt=attempt)
        )
        if trial.scores:
            trial.judge(self.pruner)
        if trial.verdict is not None:
            yield from self._end(trial, *trial.verdict)

    # -- deciding ---------------------------------------------------------------------------------------------------

    def _is_late(self) -> bool:
        end = self.budget.search_seconds
        return end is not None and self._watch.elapsed() >= end

    def _look_at_clock(self) -> Iterator[Event]:
        if self._is_late():
            yield from self._read_what_is_there()
        if self._is_late():
            self._why = self._why or f"the time of {self.budget.seconds:g} s was used"
            for trial in list(self._open.values()):
                yield from self._end(trial, "stopped", "the time was used up")
        for trial in list(self._open.values()):
            allowed = self.budget.trial_seconds
            if (
                allowed is not None
                and trial.origin not in (BASELINE, FALLBACK)
                and trial.seconds(self._watch.elapsed()) > allowed
            ):
                yield from self._end(trial, "failed", f"it took longer than the limit of {allowed:g} s for one trial")

    def _start_and_submit(self) -> Iterator[Event]:
        """Fill idle slots: first with folds of open trials, oldest first; then by starting trials."""
        while not self._paused and len(self._busy) < self.workers.slots:
            trial = next((trial for trial in self._open.values() if trial.waiting), None)
            if trial is None:
                event = self._start_next()
                if event is None:
                    return
                yield event
                continue
            self._submit(trial)

    def _start_next(self) -> Event | None:
        self._why = self._why or why_no_more_trials(self.budget, self.history)
        step = self._steps
        until = None
        if not self.budget.is_timed:
            until = step - self.lag
            if any(trial.step <= until for trial in self._open.values()):
                return None
        if self._why is not None:
            return None
        view = self.history.view(self.space, step, until)
        start = self._propose(view)
        if start is None:
            if not self._open:
                self._why = "every configuration of the space was tried"
            return None
        seed = seed_of(self.seed, step)
        event = TrialStarted(step, step, start.config, start.origin, seed, start.hidden, self._watch.elapsed())
        folds = range(self.evaluator.folds)
        self._open[step] = OpenTrial(step, step, start.config, start.origin, seed, start.hidden, event.at, view, folds)
        self._steps += 1
        return self._emit(event)

    def _propose(self, view: View) -> Start | None:
        while self._queue:
            start = self._queue.popleft()
            if start.hidden or self.space.contains(start.config):
                return start
        config = self.searcher(view, generator_of(self.seed, view.asked, "search"))
        return None if config is None else Start(config, getattr(self.searcher, "name", "search"))

    def _submit(self, trial: OpenTrial, workers: Workers | None = None) -> None:
        fold = trial.take_fold()
        self._keys += 1
        self._busy[self._keys] = (trial.id, fold)
        arguments = {
            "config": trial.config,
            "fold": fold,
            "rung": 0,
            "seed": seed_of(trial.seed, fold),
            "trial": trial.id,
            "hidden": trial.hidden,
        }
        (workers or self.workers).submit(Task(self._keys, "evaluate", arguments, None))

    def _fall_back(self) -> Iterator[Event]:
        """Score the last resort where the time was too short for a single fit."""
        beat = self.history.baseline()
        if self.last_resort is None or not self._is_late():
            return
        if any(trial.scores and trial.state != "failed" for trial in self.history.trials.values()) or (
            beat and beat.state != "stopped"
        ):
            return
        step, now = self._steps, self._watch.elapsed()
        seed, view = seed_of(self.seed, step), self.history.view(self.space, self._steps)
        trial = OpenTrial(step, step, self.last_resort, FALLBACK, seed, True, now, view, range(self.evaluator.folds))
        self._open[step] = trial
        yield self._emit(TrialStarted(step, step, trial.config, trial.origin, seed, True, now))
        yield self._emit(Note("The time was too short for a single fit: the result is a mere guess.", "warning", now))
        here = InProcess()
        here.open(self.evaluator, self.control.inbox.put)
        while trial.waiting and step in self._open:
            self._submit(trial, here)
            yield from self._read_what_is_there()

    # -- hearing ----------------------------------------------------------------------------------------------------

    def _read_inbox(self) -> Iterator[Event]:
        """Wait for the next message or outcome, then take all that has arrived."""
        try:
            arrived = [self.control.inbox.get(timeout=self._patience())]
        except queue.Empty:
            return
        yield from self._read_what_is_there(arrived)

    def _read_what_is_there(self, arrived: Iterable[Outcome | Message] = ()) -> Iterator[Event]:
        """Take what has arrived: a fit that ended in time counts, and so does a wish for more time."""
        waiting = list(arrived)
        while not self.control.inbox.empty():
            waiting.append(self.control.inbox.get())
        for item in waiting:
            yield from self._hear(item) if isinstance(item, Message) else self._take(item)

    def _patience(self) -> float:
        end = self.budget.search_seconds
        if end is None or self._paused:
            return TICK
        return min(TICK, max(0.001, end - self._watch.elapsed()))

    def _take(self, outcome: Outcome) -> Iterator[Event]:
        """Apply one outcome of a fit; what belongs to a trial that has ended is dropped."""
        trial_id, fold = self._busy.pop(outcome.key, (-1, -1))
        trial = self._open.get(trial_id)
        if trial is None:
            return
        trial.take_outcome(fold, outcome)
        for event in trial.scored_in_order(self._watch.elapsed()):
            yield self._emit(event)
            if trial.verdict is None:
                trial.judge(self.pruner)
            if trial.verdict is not None:
                break
        if trial.verdict is not None:
            yield from self._end(trial, *trial.verdict)

    def _end(
        self, trial: OpenTrial, state: Any, reason: str | None = None, error: str | None = None
    ) -> Iterator[Event]:
        del self._open[trial.id]
        now = self._watch.elapsed()
        if state in ("stopped", "failed"):
            for key, (owner, _) in list(self._busy.items()):
                if owner == trial.id:
                    self.workers.cancel(key)
        yield self._emit(trial.ended(state, reason, error, now))

    def _hear(self, message: Message) -> Iterator[Event]:
        """Do what a message asks; a message that cannot be meant becomes a note."""
        now, step = self._watch.elapsed(), self._steps - 1
        if message.kind in EDITS:
            yield from self._change_space(message)
            return
        if message.kind == "enqueue":
            yield from self._plant(message)
            return
        if message.kind == "add_time" and (refused := self._why_no_more_time(message)):
            yield self._emit(Note(f"No time was added: {refused}.", "warning", now))
            return
        yield self._emit(Steered(message.kind, message.value, message.who, message.why, step, now))
        if message.kind == "stop":
            self._why = f"{message.who} stopped it" + (f" ({message.why})" if message.why else "")
            for trial in list(self._open.values()):
                yield from self._end(trial, "stopped", f"the run ended: {self._why}")
        elif message.kind == "pause":
            self._paused = True
            self._watch.pause()
        elif message.kind == "continue":
            self._paused = False
            self._watch.proceed()
        elif message.kind == "skip":
            chosen = message.value if message.value is not None else min(self._open, default=None)
            if chosen in self._open:
                yield from self._end(self._open[chosen], "stopped", f"{SKIPPED} {message.who}")
        elif message.kind == "add_time" and self.budget.seconds is not None:
            self.budget = Budget(**{**vars(self.budget), "seconds": self.budget.seconds + message.value})

    def _why_no_more_time(self, message: Message) -> str | None:
        """Return why the time cannot be lengthened as a message asks; None where it can."""
        limit, longest = self.budget.seconds, self.control.longest
        if limit is None:
            return "the run has no limit of time"
        if not (isinstance(message.value, int | float) and message.value > 0):
            return f"it must be a number of seconds above 0, not {message.value!r}"
        if longest is not None and limit + message.value > longest:
            return f"no search takes longer than {longest:g} s"
        return None

    def _plant(self, message: Message) -> Iterator[Event]:
        """Put a person's configuration first in the queue, completed by defaults; refuse it in words."""
        now = self._watch.elapsed()
        try:
            config = self.space.validate(spell_out(self.space, message.value))
        except ValueError as error:
            yield self._emit(Note(f"Not tried: {error}", "warning", now))
            return
        over = self._why or why_no_more_trials(self.budget, self.history)
        if over is not None:
            yield self._emit(Note(f"Not tried, since {over}.", "warning", now))
            return
        yield self._emit(Steered("enqueue", config, message.who, message.why, self._steps - 1, now))
        self._queue.appendleft(Start(config, message.who))

    def _change_space(self, message: Message) -> Iterator[Event]:
        now = self._watch.elapsed()
        try:
            edited, change = self._edited.after(message)
        except ValueError as error:
            yield self._emit(Note(f"The space stays as it is: {error}", "warning", now))
            return
        self._edited, self.space = edited, edited.now
        last = self._steps - 1
        yield self._emit(SpaceChanged(self.space.to_json(), change, message.who, message.why, last, last, now))

    def _emit(self, event: Event) -> Event:
        self.keep(event)
        self.history.apply(event)
        return event
