"""The state of a run: its events applied. The one place where state lives; everyone else reads it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from automl_magic.engine.configs import identity
from automl_magic.engine.events import (
    Config,
    Event,
    FoldScore,
    FoldScored,
    Note,
    RunEnded,
    RunResumed,
    RunStarted,
    SpaceChanged,
    Steered,
    TrialEnded,
    TrialPaused,
    TrialPromoted,
    TrialStarted,
)
from automl_magic.engine.guiding import Guides

if TYPE_CHECKING:
    from automl_magic.engine.space import SearchSpace

TrialState: TypeAlias = Literal["running", "paused", "done", "pruned", "failed", "stopped"]
RunState: TypeAlias = Literal["starting", "running", "paused", "stopping", "ended"]
STATES: tuple[TrialState, ...] = ("running", "paused", "done", "pruned", "failed", "stopped")
BASELINE = "baseline"
PAUSED = "paused at rung"  # how the reason of a trial begins that was still paused when its run ended
ENSEMBLE = "ensemble"  # the origin of what was made of several trials when the run ended
FALLBACK = "fallback"  # the origin of a trial that is there only so that there is a result


@dataclass(frozen=True)
class Turn:
    """A trial paused on a rung with a score, or was sent on to one, at a second of the run's clock."""

    is_pause: bool
    rung: int
    at: float
    score: float | None = None


@dataclass(frozen=True)
class Trial:
    """One configuration and what is known of it.

    Attributes
    ----------
    id : int
        Its number, from 0 in the order of their start; negative for an ensemble.
    scores : mapping of int to FoldScore
        By fold, each of the highest rung on which it was scored.
    score, spread : float or None
        Mean over the folds scored so far (higher is better) and its standard deviation.
    hidden : bool
        True for what lies outside the space, a line to beat or an ensemble: searchers do not see it. A line to beat is
        never the best; an ensemble that is done is.
    version : int
        The history's version at the last change.
    attempt : int
        2 for a trial that was running when its run broke off and was started once more.
    ended : float or None
        When it ended, in seconds on the run's clock, as `started`.
    rung : int
        The highest rung of which a result is known. The order in which trials guide a search: the complete ones by
        score, then those that came farther up (`rung`, then the number of `scores`), then by score.
    results : mapping of int to mapping of int to FoldScore
        By rung, then by fold.
    curve : mapping of int to float
        The score on each rung.
    promotions : tuple of (int, int)
        The steps that sent it on, with the rung to which each did.
    turns : tuple of Turn
        Its pauses and promotions, as they came.
    """

    id: int
    step: int
    config: Config
    origin: str
    seed: int
    started: float
    hidden: bool = False
    state: TrialState = "running"
    scores: Mapping[int, FoldScore] = field(default_factory=dict)
    score: float | None = None
    spread: float | None = None
    seconds: float = 0.0
    reason: str | None = None
    error: str | None = None
    version: int = 0
    attempt: int = 1
    ended: float | None = None
    rung: int = 0
    results: Mapping[int, Mapping[int, FoldScore]] = field(default_factory=dict)
    curve: Mapping[int, float] = field(default_factory=dict)
    promotions: tuple[tuple[int, int], ...] = ()
    turns: tuple[Turn, ...] = ()

    @property
    def last_step(self) -> int:
        """The step that started it or sent it on last."""
        return self.promotions[-1][0] if self.promotions else self.step

    @property
    def is_waiting(self) -> bool:
        """Whether it is paused on the rung to which it was sent last, so that it may be promoted."""
        return self.state == "paused" and all(rung <= self.rung for _, rung in self.promotions)

    def scores_on(self, rung: int) -> dict[int, FoldScore]:
        """Return, by fold, the results that count on `rung`: its own, and those below that still hold there.

        Nothing where the trial was not scored on it. The rung must be whole.
        """
        if rung not in self.results:
            return {}
        return {
            fold: result
            for number in sorted(self.results)
            if number <= rung
            for fold, result in self.results[number].items()
        }

    def as_known(self, until: int | None) -> Trial | None:
        """Return the trial as the results of the steps up to `until` show it; None where nothing of it is known.

        One of which only the lower rungs are known is paused there, whatever has become of it since.
        """
        if until is None:
            rung = self.promotions[-1][1] if self.state == "running" and self.promotions else None
            if rung is None:
                return None if self.state == "running" else self
        elif self.step > until:
            return None
        else:
            rung = next((rung for step, rung in self.promotions if step > until), None)
            if rung is None:
                return None if self.state == "running" else self
        results = {number: scores for number, scores in self.results.items() if number < rung}
        scores = self.scores_on(max(results, default=0))
        mean, spread = mean_and_spread(scores)
        return replace(
            self,
            state="paused",
            scores=scores,
            score=mean,
            spread=spread,
            reason=None,
            error=None,
            ended=None,
            rung=max(results, default=0),
            results=results,
            curve={number: self.curve[number] for number in results},
        )

    @cached_property
    def key(self) -> str:
        """A text that is equal for equal configurations only: every proposal is compared with all of them."""
        return identity(self.config)


@dataclass(frozen=True)
class Remark:
    """A note of the run, the trial that had started last when it was made, and the time on the run's clock."""

    id: int
    text: str
    level: str
    trial: int
    at: float = 0.0


@dataclass(frozen=True)
class View:
    """What a searcher, scheduler or pruner may know when it decides.

    Attributes
    ----------
    space : SearchSpace
        The space as it is now.
    trials : tuple of Trial
        The trials that lie in the space and of which something is known, by step: the ended ones, and those that are
        paused on a rung or climb on from it (state "paused"). Lines to beat outside the space are not among them. One
        that was made before a label was searched has the value that it really had there.
    pending : tuple of dict
        Configurations of which nothing is to be used yet.
    asked : int
        Number of the step that is being decided.
    seed : int
        The run's seed, for what must be the same at every step; a step's own draws come from its Generator.
    skipped : tuple of dict
        Configurations that a person ended: they say nothing, and are not to be proposed again.
    rungs : int
        Number of rungs on which trials pause, the last included, where they are complete.
    is_full : bool
        Whether no further trial can start, so that only paused ones can go on.
    queued : int
        Number of configurations that are still to be tried before the searcher is asked.
    used : float or None
        Share of the time of the search that is used; None without a limit of time.
    cost : callable, optional
        Says what a trial cost, in any one unit, where that is to count: the seconds that it used under a budget of
        seconds, else the evaluator's estimate, which no clock has a part in. Without it all cost the same.
    """

    space: SearchSpace
    trials: tuple[Trial, ...]
    pending: tuple[Config, ...]
    asked: int
    seed: int = 0
    skipped: tuple[Config, ...] = ()
    rungs: int = 1
    is_full: bool = False
    queued: int = 0
    used: float | None = None
    cost: Callable[[Trial], float] | None = None

    def best(self) -> Trial | None:
        """Return the best trial among those done, the earlier one of equals."""
        return best_of(self.trials)


def best_of(trials: tuple[Trial, ...]) -> Trial | None:
    """Return the done trial with the highest score, the earlier one of equals; None when none is done."""
    done = [trial for trial in trials if trial.state == "done" and trial.score is not None and not trial.hidden]
    return max(done, key=lambda trial: (trial.score, -trial.id), default=None)


def mean_and_spread(scores: Mapping[int, FoldScore]) -> tuple[float | None, float | None]:
    """Return mean and population standard deviation of the folds' scores, or None without any."""
    values = [scores[fold].score for fold in sorted(scores)]
    if not values:
        return None, None
    mean = sum(values) / len(values)
    return mean, (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5


class History:
    """Apply events, in order; answer questions about the state.

    One thread applies; any thread may read. Collections handed out are copies.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trials: dict[int, Trial] = {}
        self._touched: dict[int, None] = {}  # ids in the order of their last change
        self._counts = dict.fromkeys(STATES, 0)
        self._best: Trial | None = None
        self._ensemble: Trial | None = None
        self._baseline: int | None = None
        self._last = -1
        self.run = ""
        self.plan: dict[str, Any] = {}
        self.about: dict[str, Any] = {}
        self.seed = 0
        self.folds = 0
        self.space: dict[str, Any] = {}
        self.declared: dict[str, Any] = {}
        self.notes: tuple[Remark, ...] = ()
        self.edits: tuple[SpaceChanged, ...] = ()
        self.steered: tuple[Steered, ...] = ()
        self.status: RunState = "starting"
        self.reason: str | None = None
        self.seconds = 0.0
        self.version = 0
        self._guides: Guides | None = None
        self._spaces: tuple[tuple[int, SearchSpace], ...] = ()  # each space with the first step that was asked of it

    def __getstate__(self) -> dict[str, Any]:
        left_out = ("_lock", "_guides", "_spaces")  # a template need not be one that can be pickled
        with self._lock:
            return {name: value for name, value in self.__dict__.items() if name not in left_out}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.Lock(), _guides=None, _spaces=())

    @property
    def trials(self) -> dict[int, Trial]:
        """Every trial by id, in order of their start."""
        with self._lock:
            return dict(self._trials)

    def trial(self, id: int) -> Trial:
        """Return one trial."""
        with self._lock:
            return self._trials[id]

    def apply(self, event: Event) -> None:
        """Take one event into account."""
        with self._lock:
            self.version += 1
            self.seconds = max(self.seconds, event.at)
            getattr(self, f"_{type(event).__name__}")(event)

    def changed_since(self, version: int) -> list[Trial]:
        """Return the trials that changed after `version`, in order of their start; none of the others is looked at."""
        found: list[Trial] = []
        with self._lock:
            for trial in map(self._trials.__getitem__, reversed(self._touched)):
                if trial.version <= version:
                    break
                found.append(trial)
        return sorted(found, key=lambda trial: trial.id)

    def last_started(self) -> int:
        """Return the id of the trial that started last; -1 before the first."""
        with self._lock:
            return self._last

    def best(self) -> Trial | None:
        """Return the best trial so far; None when none is done. An ensemble that is done was found to be better."""
        return self._ensemble or self._best

    def baseline(self) -> Trial | None:
        """Return the trial that is the line to beat, or None."""
        with self._lock:
            return None if self._baseline is None else self._trials[self._baseline]

    def counts(self) -> dict[str, int]:
        """Return the number of trials in each state; lines to beat outside the space are not counted."""
        with self._lock:
            return {str(state): count for state, count in self._counts.items()}

    def view(self, space: SearchSpace, asked: int, until: int | None = None) -> View:
        """Return what may be known at step `asked`; the thread that applies events asks.

        Only what has changed since the last view is looked at, unless the space is another one.

        Parameters
        ----------
        space : SearchSpace
            The space now. Trials outside it no longer guide; see `guiding.carried_over`.
        asked : int
            The step to decide.
        until : int, optional
            The last step whose results may be used; the trials of later steps are pending. Default: all that ended.
        """
        if not self._spaces or self._spaces[-1][1] is not space:
            self._spaces = (*self._spaces, (asked, space))
        if self._guides is None or self._guides.space is not space:
            self._guides = Guides(space)
        for trial in self.changed_since(self._guides.version):
            self._guides.take(trial, self._space_of(trial, space).compiled)
        self._guides.version = self.version
        trials, pending, skipped = self._guides.up_to(until)
        return View(space, trials, pending, asked, self.seed, skipped)

    def _space_of(self, trial: Trial, now: SearchSpace) -> SearchSpace:
        """Return the space that a trial was made in; of what was read from a record, the one that is declared."""
        known = (space for asked, space in reversed(self._spaces) if asked <= trial.step)
        return next(known, None) or now.untouched()

    def _RunStarted(self, event: RunStarted) -> None:
        self.run, self.plan, self.about, self.seed = event.run, event.plan, event.about, event.seed
        self.folds, self.space, self.declared = event.folds, event.space, event.space
        self.status = "running"

    def _TrialStarted(self, event: TrialStarted) -> None:
        if event.attempt > 1 and event.trial in self._trials:
            self._change(event.trial, state="running", reason=None, error=None, ended=None, attempt=event.attempt)
            return
        self._put(
            Trial(
                event.trial,
                event.step,
                event.config,
                event.origin,
                event.seed,
                event.at,
                event.hidden,
                version=self.version,
                attempt=event.attempt,
            )
        )

    def _FoldScored(self, event: FoldScored) -> None:
        trial = self._trials[event.trial]
        scores = {**trial.scores, event.fold: event.result}
        mean, spread = mean_and_spread(scores)
        on_rung = {**trial.results.get(event.rung, {}), event.fold: event.result}
        self._change(
            event.trial,
            scores=scores,
            score=mean,
            spread=spread,
            seconds=trial.seconds + event.result.seconds,
            rung=max(trial.rung, event.rung),
            results={**trial.results, event.rung: on_rung},
            curve={**trial.curve, event.rung: mean},
        )

    def _TrialPaused(self, event: TrialPaused) -> None:
        trial = self._trials[event.trial]
        turns = (*trial.turns, Turn(True, event.rung, event.at, trial.score))
        self._change(event.trial, state="paused", turns=turns)

    def _TrialPromoted(self, event: TrialPromoted) -> None:
        trial = self._trials[event.trial]
        promotions = (*trial.promotions, (event.step, event.rung))
        turns = (*trial.turns, Turn(False, event.rung, event.at))
        self._change(event.trial, state="running", promotions=promotions, turns=turns)

    def _TrialEnded(self, event: TrialEnded) -> None:
        self._change(
            event.trial,
            state=event.state,
            score=event.score,
            spread=event.spread,
            seconds=event.seconds,
            reason=event.reason,
            error=event.error,
            ended=event.at,
        )

    def _SpaceChanged(self, event: SpaceChanged) -> None:
        self.space = event.space
        self.edits = (*self.edits, event)

    def _Steered(self, event: Steered) -> None:
        self.steered = (*self.steered, event)
        states: dict[str, RunState] = {"pause": "paused", "continue": "running", "stop": "stopping"}
        self.status = states.get(event.kind, self.status)
        if event.kind == "add_time" and self.plan.get("time") is not None:
            self.plan = {**self.plan, "time": self.plan["time"] + float(str(event.value))}

    def _Note(self, event: Note) -> None:
        last = max(self._trials, default=-1)
        self.notes = (*self.notes, Remark(len(self.notes), event.text, event.level, last, event.at))

    def _RunResumed(self, event: RunResumed) -> None:
        self.status, self.reason = "running", None
        for trial in list(self._trials.values()):
            if trial.state == "pruned" and (trial.reason or "").startswith(PAUSED):
                self._change(trial.id, state="paused", reason=None, ended=None)
            if trial.origin == ENSEMBLE and trial.state in ("done", "running"):
                self._change(trial.id, state="pruned", reason="made before the run went on")
        told = {"seconds": "time", "trials": "trials"}
        self.plan = {**self.plan, **{told[name]: value for name, value in event.budget.items() if name in told}}

    def _RunEnded(self, event: RunEnded) -> None:
        self.status, self.reason, self.seconds = "ended", event.reason, event.seconds

    def _change(self, trial: int, **fields: Any) -> None:
        self._put(replace(self._trials[trial], version=self.version, **fields))

    def _put(self, trial: Trial) -> None:
        """Keep a trial, and what is asked of all of them so often that nobody shall count them anew."""
        before = self._trials.get(trial.id)
        self._last = max(self._last, trial.id)
        self._trials[trial.id] = trial
        self._touched.pop(trial.id, None)
        self._touched[trial.id] = None
        if before is not None:
            self._counts[before.state] -= not before.hidden
        self._counts[trial.state] += not trial.hidden
        if trial.origin == BASELINE and self._baseline is None:
            self._baseline = trial.id
        if trial.origin == ENSEMBLE:
            self._ensemble = trial if trial.state == "done" else None
        if self._best is not None and self._best.id == trial.id:
            self._best = best_of(tuple(self._trials.values()))
        elif self._best is None:
            self._best = best_of((trial,))
        else:
            self._best = best_of((self._best, trial))
