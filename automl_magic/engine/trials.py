"""A trial while it runs: which folds wait, which results came, and when it is decided."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from automl_magic.engine.caps import Cap, why_refused
from automl_magic.engine.events import EndState, FoldScore, FoldScored, TrialEnded
from automl_magic.engine.history import BASELINE, Trial, View, mean_and_spread
from automl_magic.engine.ladder import Climb, Ladder, Place, Results, still_valid
from automl_magic.engine.schedulers import Pruner
from automl_magic.engine.workers import Outcome

Verdict: TypeAlias = tuple[EndState | Literal["paused"], str | None, str | None]


class OpenTrial:
    """Collect the folds of one climb of a trial; apply them in their order, whatever the order of arrival.

    Parameters
    ----------
    trial : Trial
        As it was when the climb began: with what is known of lower rungs.
    step : int
        The step that sent it on this climb.
    started : float
        When the climb began.
    view : View
        What the pruner may know: the view from which the step was decided.
    ladder : tuple of Rung
        The run's rungs.
    climb : Climb
        What is to be scored.

    Attributes
    ----------
    verdict : tuple or None
        State, reason and error, once the climb is decided.
    """

    def __init__(self, trial: Trial, step: int, started: float, view: View, ladder: Ladder, climb: Climb) -> None:
        self.id, self.step, self.config, self.origin = trial.id, step, trial.config, trial.origin
        self.seed, self.hidden, self.started, self.view = trial.seed, trial.hidden, started, view
        self.waiting = list(climb.places)
        self.results: dict[int, dict[int, FoldScore]] = {rung: dict(own) for rung, own in trial.results.items()}
        self.rung = climb.places[0][0]
        self.verdict: Verdict | None = None
        self._before = dict(trial.scores)
        self._seconds = trial.seconds
        self._ladder, self._climb = ladder, climb
        self._scores = still_valid(ladder, self.rung, self.results)
        self._applied = 0
        self._end: tuple[int, str, EndState] | None = None
        self._arrived: dict[Place, Outcome] = {}

    @property
    def scores(self) -> Mapping[int, FoldScore]:
        """What is known at the level of the present rung, by fold."""
        return self._scores

    @property
    def is_ready(self) -> bool:
        """Whether a fold can be scored now: those of a rung wait for all of the rung below."""
        return bool(self.waiting) and self.waiting[0][0] == self._next[0]

    @property
    def _next(self) -> Place:
        """The place whose result is applied next."""
        return self._climb.places[min(self._applied, len(self._climb.places) - 1)]

    def end_after(self, folds: int | None, reason: str, state: EndState = "stopped") -> None:
        """Score no more than `folds` folds of this climb (None: all); then the trial ends so for `reason`."""
        folds = len(self._climb.places) if folds is None else folds
        self.waiting = self.waiting[: max(0, folds - len(self._climb.places) + len(self.waiting))]
        self._end = (folds, reason, state)
        if folds == 0:
            self.verdict = (state, reason, None)

    def restore(self, results: Results) -> None:
        """Take over the folds that were scored before the run broke off, as far as they follow one another."""
        for rung, fold in self._climb.places:
            if fold not in results.get(rung, {}):
                return
            self._apply((rung, fold), results[rung][fold])
            self.waiting.remove((rung, fold))

    @property
    def pauses(self) -> bool:
        """Whether this climb ends before the top."""
        return not self._climb.is_last

    @property
    def has_results(self) -> bool:
        """Whether anything of this climb is known."""
        return self._applied > 0

    def seconds(self, now: float) -> float:
        """Return how long the trial has run: the pauses on rungs do not count."""
        return self._seconds + now - self.started

    def take_place(self) -> Place:
        """Return the next rung and fold to score."""
        return self.waiting.pop(0)

    def take_outcome(self, place: Place, outcome: Outcome) -> None:
        """Keep what came of a fold until all earlier ones have come."""
        self._arrived[place] = outcome

    def scored_in_order(self, now: float) -> Iterator[FoldScored]:
        """Yield the results whose turn has come; decide the trial when one failed."""
        while self._next in self._arrived and self.verdict is None:
            rung, fold = self._next
            outcome = self._arrived.pop((rung, fold))
            if outcome.failure is not None:
                self.verdict = ("failed", outcome.failure.reason, outcome.failure.traceback or None)
                return
            result: Any = outcome.value
            if not isinstance(result, FoldScore) or not math.isfinite(result.score):
                got = getattr(result, "score", result)
                told = repr(got) if isinstance(got, float) else type(got).__name__
                self.verdict = ("failed", f"its score on fold {fold} is not a finite number: {told}", None)
                return
            self._apply((rung, fold), result)
            yield FoldScored(self.id, fold, result, rung, now)

    def _apply(self, place: Place, result: FoldScore) -> None:
        rung, fold = place
        if rung != self.rung:
            self.rung = rung
            self._scores = still_valid(self._ladder, rung, self.results)
        self.results.setdefault(rung, {})[fold] = result
        self._scores[fold] = result
        self._applied += 1

    def judge(self, pruner: Pruner, trial: Trial, caps: Sequence[Cap] = ()) -> None:
        """Decide whether the climb is done, the trial is to be pruned, or goes on; `trial` is what is known of it.

        One that breaks a limit of `caps` has failed; a line to beat is done all the same, with the reason, and no
        pruner ends it.
        """
        refused = why_refused(caps, self._scores)
        if self._end is not None and self._applied == self._end[0]:
            self.verdict = (self._end[2], self._end[1], None)
        elif refused is not None and not self.hidden and self.origin != BASELINE:
            self.verdict = ("failed", refused, None)
        elif self._applied == len(self._climb.places):
            self.verdict = ("done" if self._climb.is_last else "paused", refused, None)
        elif (
            not self.hidden
            and self.origin != BASELINE
            and (reason := pruner(self._as_judged(trial), self.view)) is not None
        ):
            self.verdict = ("pruned", reason, None)

    def _as_judged(self, trial: Trial) -> Trial:
        """Return the trial with the scores of the present level alone."""
        mean, spread = mean_and_spread(self._scores)
        return replace(trial, scores=dict(self._scores), score=mean, spread=spread, rung=self.rung)

    def ended(self, state: EndState, reason: str | None, error: str | None, now: float) -> TrialEnded:
        """Return the event that ends the trial."""
        mean, spread = mean_and_spread(self._scores or self._before)
        return TrialEnded(self.id, state, mean, spread, self.seconds(now), reason, error, now)
