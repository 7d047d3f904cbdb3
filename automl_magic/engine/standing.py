"""What a study is made of and where it stands: its parts, its clock, its open trials. Others decide and hear."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from automl_magic.engine.budget import Budget, Stopwatch
from automl_magic.engine.caps import Cap, fit_cap, killed_after
from automl_magic.engine.closing import Close
from automl_magic.engine.control import Control
from automl_magic.engine.events import Config, EndState, Event, FoldScore, TrialEnded, TrialPaused
from automl_magic.engine.history import BASELINE, History, Trial, View
from automl_magic.engine.interventions import Interventions
from automl_magic.engine.ladder import Climb, Ladder, Place, climb_to, ladder_of, state_for
from automl_magic.engine.schedulers import Pruner, Scheduler, none
from automl_magic.engine.searchers import Searcher
from automl_magic.engine.seeds import seed_of
from automl_magic.engine.space import SearchSpace
from automl_magic.engine.steering import EditedSpace
from automl_magic.engine.trials import OpenTrial
from automl_magic.engine.workers import Task, Workers

SHARE = 0.3  # of the time left, that one trial may have
MOST = 0.6  # and one of those that are tried first, where less would be less than its part of the whole
BELOW = 0.9  # share of the limit on a fit after which one is cut short
LEAST = 0.05  # seconds that a fit is given at least
LONGER = 1.5  # times the longest fit so far of a trial that has the right to go on


class Evaluator(Protocol):
    """What an evaluator must offer: the number of folds and rungs, and a function that scores one fold.

    It may offer `cost(config)` as well: an estimate of what a configuration costs, in any one unit, from sizes alone.
    Under a budget of trials a family of models that costs more must promise more to be tried next. Where its
    `heeds_time` is true, `evaluate` is told in how many `seconds` it should end a fit that it can cut short.
    """

    @property
    def folds(self) -> int:
        """Number of folds."""

    @property
    def rungs(self) -> int:
        """Number of rungs."""

    def evaluate(self, *, config: Config, fold: int, rung: int, seed: int, trial: int, hidden: bool) -> FoldScore:
        """Score `config` on `fold`; `hidden` asks for the line to beat that lies outside the space.

        `rung` is one of the evaluator's levels, from 0 to `rungs` - 1. Where the fold was scored at a lower one, that
        result comes as `state`: what the evaluator left for it (its artefacts, or files named by trial and fold) may
        have been left by another process. Without a state, or when its files are gone, the evaluator begins anew, and
        the score must be the same. An evaluator with one level gets no state.
        """


@dataclass(frozen=True)
class Start:
    """A configuration to try before the searcher is asked, where it comes from, and whether a person asked for it."""

    config: Config
    origin: str
    hidden: bool = False
    planted: bool = False


@dataclass
class Standing:
    """The parts of a study, described at `Study`, and what has become of them so far.

    Attributes
    ----------
    watch : Stopwatch
        The run's clock.
    queue : deque of Start
        What is still to be tried before the searcher is asked.
    edited : EditedSpace
        The space with the edits that were made; `space` is what it is now.
    open : dict of int to OpenTrial
        The trials under way, by id.
    busy : dict of int to (int, (int, int))
        Trial, rung and fold by the key of the task that scores it.
    ladder : tuple of Rung
        The rungs of the run.
    steps : int
        Number of the next step.
    latest : int
        The last step that started or promoted a trial; those behind it found nothing to do.
    repeated : int
        The step after which what was done from outside is to be done again next.
    why : str or None
        Why nothing more starts.
    is_decided : bool
        Whether the search ended because nothing was left to start or promote.
    is_paused : bool
        Whether a person holds the run.
    """

    space: SearchSpace
    evaluator: Evaluator
    searcher: Searcher
    budget: Budget
    workers: Workers
    seed: int = 0
    pruner: Pruner = none
    scheduler: Scheduler | None = None
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
    closing: Close | None = None
    again: Interventions | None = None
    caps: tuple[Cap, ...] = ()
    keep: Callable[[Event], None] = lambda event: None
    is_hurried: Callable[[], bool] = lambda: False
    watch: Stopwatch | None = field(default=None, init=False)
    queue: deque[Start] = field(init=False)
    edited: EditedSpace = field(init=False)
    open: dict[int, OpenTrial] = field(init=False)
    busy: dict[int, tuple[int, Place]] = field(init=False)
    ladder: Ladder = field(init=False)
    steps: int = field(default=0, init=False)
    latest: int = field(default=-1, init=False)
    repeated: int = field(default=-1, init=False)
    why: str | None = field(default=None, init=False)
    is_decided: bool = field(default=False, init=False)
    is_paused: bool = field(default=False, init=False)

    def begin(self) -> None:
        """Set everything to the beginning."""
        self.watch = self.clock or Stopwatch()
        self.queue = deque(self.starts)
        self.edited = EditedSpace(self.space)
        self.open, self.busy = {}, {}
        self._keys = self.steps = 0
        self.latest = self.repeated = -1
        self.ladder = ladder_of(self.evaluator, self.scheduler is not None)
        self.why = None
        self.is_decided = self.is_paused = False

    def elapsed(self) -> float:
        """Return the seconds that count so far; any thread may ask."""
        return 0.0 if self.watch is None else self.watch.elapsed()

    def left(self) -> float | None:
        """Return the seconds of the budget that are left; None without such a budget."""
        return None if self.budget.seconds is None else self.budget.seconds - self.elapsed()

    def used(self) -> float | None:
        """Return the share of the search's time that is used; None without a limit of time."""
        end = self.budget.search_seconds
        return None if end is None else self.elapsed() / end if end > 0 else 1.0

    @property
    def caps_now(self) -> tuple[Cap, ...]:
        """The limits that are measured; none in a run that is made again, which reads the verdicts."""
        return self.caps if self.again is None else ()

    def work_left(self) -> float | None:
        """Return the seconds of the search that are left, on all workers together; None without a limit of time."""
        end = self.budget.search_seconds
        return None if end is None else max(0.0, end - self.elapsed()) * max(1, self.workers.slots)

    def is_late(self) -> bool:
        """Return whether the time of the search is used."""
        end = self.budget.search_seconds
        return end is not None and self.elapsed() >= end

    def emit(self, event: Event) -> Event:
        """Record an event and apply it; it is then to be yielded."""
        self.keep(event)
        self.history.apply(event)
        return event

    def rewind(self) -> None:
        """Decide anew from the first step that found nothing to do: something has changed."""
        self.steps = self.latest + 1

    def view(self, step: int, until: int | None = None) -> View:
        """Return what may be known at a step; see `History.view`."""
        seen = self.history.view(self.space, step, until)
        return replace(seen, rungs=len(self.ladder), folds=self.ladder[-1].folds, cost=self.cost_of)

    def cost_of(self, trial: Trial) -> float:
        """Return what a trial cost: its seconds under a budget of seconds, else the evaluator's estimate, or NaN."""
        if self.budget.is_timed:
            return trial.seconds
        estimate: Callable[[Config], float] | None = getattr(self.evaluator, "cost", None)
        return math.nan if estimate is None else estimate(trial.config)

    def climb_of(self, trial: Trial, rung: int | None = None) -> Climb:
        """Return what is to be scored of a trial that starts, or is sent on to `rung`.

        A line to beat does not pause, unless the scheduler says so in `pauses_baseline` and it lies in the space. Where
        nobody asks on the way, a trial goes to the top at once.
        """
        top, results = len(self.ladder) - 1, {} if rung is None else trial.results
        is_free = trial.origin == BASELINE and not getattr(self.scheduler, "pauses_baseline", False)
        pauses = self.scheduler is not None and not trial.hidden and not is_free
        is_asked = self.scheduler is not None or self.pruner is not none
        if rung is None:
            rung = 0 if is_asked and not trial.hidden else top
        below = {number: scores for number, scores in results.items() if number < rung}
        return climb_to(self.ladder, rung, below, pauses)

    def submit(self, trial: OpenTrial, workers: Workers | None = None) -> None:
        """Have the next fold of a trial scored."""
        rung, fold = trial.take_place()
        self._keys += 1
        self.busy[self._keys] = (trial.id, (rung, fold))
        arguments: dict[str, Any] = {
            "config": trial.config,
            "fold": fold,
            "rung": self.ladder[rung].level,
            "seed": seed_of(trial.seed, fold),
            "trial": trial.id,
            "hidden": trial.hidden,
        }
        cap = None if trial.hidden or trial.origin == BASELINE else fit_cap(self.caps_now)
        if getattr(self.evaluator, "heeds_time", False) and self.budget.is_timed:
            allowed = self.seconds_for(trial)
            arguments["seconds"] = allowed if cap is None else min(allowed, BELOW * cap.most)
        state = state_for(rung, fold, trial.results)
        if state is not None:
            arguments["state"] = state
        longest = None if cap is None else killed_after(cap.most)
        (workers or self.workers).submit(Task(self._keys, "evaluate", arguments, longest))

    def seconds_for(self, trial: OpenTrial) -> float:
        """Return how long the fit of the next fold of a trial should take at most, under a budget of seconds.

        Of what is left, a trial may have `SHARE`; while it is only looked at, all that are to be tried first share
        the time that the scheduler keeps for that. Where they do not race, since there is one rung, each of
        these may have its part of the whole, also when little is left.
        """
        slots, folds = max(1, self.workers.slots), 1 + len(trial.waiting)
        left = max(0.0, self.left() or 0.0) - self.budget.reserve
        most = left if self.budget.trial_seconds is None else min(left, self.budget.trial_seconds)
        allowed = min(most, SHARE * left) if len(self.ladder) > 1 or self.starts else most
        if trial.pauses and self.scheduler is not None and self.starts:
            race = getattr(self.scheduler, "race", 1.0) * (self.budget.search_seconds or 0.0)
            return max(LEAST, min(allowed, race * slots / len(self.starts)))
        if len(self.ladder) == 1 and any(trial.origin == start.origin for start in self.starts):
            part = (self.budget.search_seconds or 0.0) * slots / len(self.starts)
            allowed = max(allowed, min(most, MOST * left, part / min(slots, folds)))
        known = [result.seconds for result in trial.scores.values()]
        return max(LEAST, allowed * min(slots, folds) / folds, LONGER * max(known, default=0.0))

    def conclude(self, trial: OpenTrial) -> Iterator[Event]:
        """End a trial that is decided, or let it pause on its rung."""
        if trial.verdict is None:
            return
        state, reason, error = trial.verdict
        if state == "paused":
            del self.open[trial.id]
            yield self.emit(TrialPaused(trial.id, trial.rung, self.elapsed()))
            return
        yield from self.end(trial, state, reason, error)

    def end_paused(self, trial: Trial, state: EndState, reason: str) -> Event:
        """End a trial that is paused on a rung."""
        now = self.elapsed()
        return self.emit(TrialEnded(trial.id, state, trial.score, trial.spread, trial.seconds, reason, None, now))

    def end(
        self, trial: OpenTrial, state: EndState, reason: str | None = None, error: str | None = None
    ) -> Iterator[Event]:
        """End an open trial; what runs for one that has failed or is stopped is killed."""
        del self.open[trial.id]
        now = self.elapsed()
        if state in ("stopped", "failed"):
            for key, (owner, _) in list(self.busy.items()):
                if owner == trial.id:
                    self.workers.cancel(key)
        yield self.emit(trial.ended(state, reason, error, now))
