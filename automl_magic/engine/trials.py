"""A trial while it runs: which folds wait, which results came, and when it is decided."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from automl_magic.engine.events import Config, EndState, FoldScore, FoldScored, TrialEnded
from automl_magic.engine.history import View, mean_and_spread
from automl_magic.engine.schedulers import Pruner
from automl_magic.engine.workers import Outcome


class OpenTrial:
    """Collect the folds of one trial; apply them in the order of the folds, whatever the order of arrival.

    Parameters
    ----------
    id, step, config, origin, seed, hidden, started
        As in TrialStarted.
    view : View
        What the pruner may know: the view from which the trial's step was decided.
    folds : iterable of int
        The folds to score.

    Attributes
    ----------
    verdict : tuple or None
        State, reason and error, once the trial is decided.
    """

    def __init__(
        self,
        id: int,
        step: int,
        config: Config,
        origin: str,
        seed: int,
        hidden: bool,
        started: float,
        view: View,
        folds: Iterable[int],
    ) -> None:
        self.id, self.step, self.config, self.origin = id, step, config, origin
        self.seed, self.hidden, self.started, self.view = seed, hidden, started, view
        self.waiting = list(folds)
        self.scores: dict[int, FoldScore] = {}
        self.verdict: tuple[EndState, str | None, str | None] | None = None
        self._folds = len(self.waiting)
        self._end: tuple[int, str] | None = None
        self._arrived: dict[int, Outcome] = {}

    def end_after(self, folds: int, reason: str) -> None:
        """Score no more than `folds` folds; then the trial is stopped, as the record of a run that is repeated says."""
        self.waiting = self.waiting[:folds]
        self._end = (folds, reason)
        if folds == 0:
            self.verdict = ("stopped", reason, None)

    def restore(self, scores: Mapping[int, FoldScore]) -> None:
        """Take over the folds that were scored before the run broke off, as far as they follow one another."""
        while len(self.scores) in scores:
            fold = len(self.scores)
            self.scores[fold] = scores[fold]
            self.waiting.remove(fold)

    def seconds(self, now: float) -> float:
        """Return how long the trial has been open."""
        return now - self.started

    def take_fold(self) -> int:
        """Return the next fold to score."""
        return self.waiting.pop(0)

    def take_outcome(self, fold: int, outcome: Outcome) -> None:
        """Keep what came of `fold` until all earlier folds have come."""
        self._arrived[fold] = outcome

    def scored_in_order(self, now: float) -> Iterator[FoldScored]:
        """Yield the results whose turn has come; decide the trial when one failed."""
        while len(self.scores) in self._arrived and self.verdict is None:
            fold = len(self.scores)
            outcome = self._arrived.pop(fold)
            if outcome.failure is not None:
                self.verdict = ("failed", outcome.failure.reason, outcome.failure.traceback or None)
                return
            result: Any = outcome.value
            if not isinstance(result, FoldScore) or not math.isfinite(result.score):
                got = getattr(result, "score", result)
                told = repr(got) if isinstance(got, float) else type(got).__name__
                self.verdict = ("failed", f"its score on fold {fold} is not a finite number: {told}", None)
                return
            self.scores[fold] = result
            yield FoldScored(self.id, fold, result, 0, now)

    def judge(self, pruner: Pruner) -> None:
        """Decide whether the trial is done, is to be pruned, or goes on."""
        if self._end is not None and len(self.scores) == self._end[0]:
            self.verdict = ("stopped", self._end[1], None)
        elif len(self.scores) == self._folds:
            self.verdict = ("done", None, None)
        elif not self.hidden and (reason := pruner(self.scores, self.view)) is not None:
            self.verdict = ("pruned", reason, None)

    def ended(self, state: EndState, reason: str | None, error: str | None, now: float) -> TrialEnded:
        """Return the event that ends the trial."""
        mean, spread = mean_and_spread(self.scores)
        return TrialEnded(self.id, state, mean, spread, self.seconds(now), reason, error, now)
