"""What is known of one trial: its configuration, its scores by fold and rung, its pauses, how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeAlias

from automl_magic.engine.configs import identity
from automl_magic.engine.events import Config, FoldScore

TrialState: TypeAlias = Literal["running", "paused", "done", "pruned", "failed", "stopped"]
STATES: tuple[TrialState, ...] = ("running", "paused", "done", "pruned", "failed", "stopped")
BASELINE = "baseline"
PAUSED = "paused at rung"  # how the reason of a trial begins that was still paused when its run ended
ENSEMBLE = "ensemble"  # the origin of what was made of several trials at the end: its number is negative, and tells it
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
    def is_candidate(self) -> bool:
        """Whether it is done and may be the result: one that lies outside the space, or breaks a limit, may not."""
        return self.state == "done" and self.score is not None and not self.hidden and self.reason is None

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


def best_of(trials: tuple[Trial, ...]) -> Trial | None:
    """Return the candidate with the highest score, the earlier one of equals; None when there is none."""
    done = [trial for trial in trials if trial.is_candidate]
    return max(done, key=lambda trial: (trial.score, -trial.id), default=None)


def mean_and_spread(scores: Mapping[int, FoldScore]) -> tuple[float | None, float | None]:
    """Return mean and population standard deviation of the folds' scores, or None without any."""
    values = [scores[fold].score for fold in sorted(scores)]
    if not values:
        return None, None
    mean = sum(values) / len(values)
    return mean, (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
