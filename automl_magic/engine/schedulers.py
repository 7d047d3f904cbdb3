"""When a trial ends early and when one goes on: what such a policy is, and the rules over folds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median as median_of
from typing import Protocol, TypeAlias

from automl_magic.engine.history import Trial, View, mean_and_spread
from automl_magic.errors import OptionError
from automl_magic.extend import SCHEDULERS

FEWEST = 5  # complete trials before the median rule stops any

Pruner: TypeAlias = Callable[[Trial, View], str | None]


@dataclass(frozen=True)
class StartNew:
    """Start another trial."""


@dataclass(frozen=True)
class Promote:
    """Send a paused trial on to a rung."""

    trial: int
    rung: int


@dataclass(frozen=True)
class Wait:
    """Do nothing until more is known."""


Decision: TypeAlias = StartNew | Promote | Wait


class Scheduler(Protocol):
    """Decide a step from the view of it. With a scheduler, each trial pauses on each rung but the last.

    `leaves` says in words what a trial is that was never promoted: "not among the best third".
    """

    leaves: str

    def __call__(self, view: View) -> Decision:
        """Start another trial, promote a paused one, or wait."""


def none(trial: Trial, view: View) -> str | None:
    """Let every trial have all its folds."""
    return None


@dataclass(frozen=True)
class Policy:
    """What a registered scheduler makes: a rule that ends trials, and who decides about rungs.

    Attributes
    ----------
    pruner : callable
        From a trial with the folds scored so far, and the view from which its step was decided, to None or the reason
        in words why it ends.
    scheduler : Scheduler or None
        None: each trial goes on without a pause.
    """

    pruner: Pruner = none
    scheduler: Scheduler | None = None


def policy_named(name: str) -> Policy:
    """Return what the registered scheduler `name` makes.

    Raises
    ------
    OptionError
        If there is none, or it makes no policy.
    """
    policy = SCHEDULERS.get(name)()
    if not isinstance(policy, Policy):
        raise OptionError(
            f'The scheduler "{name}" must return a Policy. Got {type(policy).__name__} instead.',
            "For example: return Policy(pruner=rule).",
        )
    return policy


def forgiving(trial: Trial, view: View) -> str | None:
    """Stop a trial whose running mean is worse than the worst fold of the best trial, on the same rung.

    Returns
    -------
    str or None
        The reason in words, or None to go on.

    References
    ----------
    Bergman, Purucker, Hutter (2024), "Don't Waste Your Time: Early Stopping Cross-Validation", arXiv 2405.03389,
    section 3 ("forgiving").
    """
    best = view.best()
    mean, _ = mean_and_spread(trial.scores)
    rival = {} if best is None else best.scores_on(trial.rung)
    if best is None or mean is None or not rival:
        return None
    if mean >= min(result.score for result in rival.values()):
        return None
    return f"after {_folds(trial)} its mean was below the worst fold of trial {best.id}"


def below_median(trial: Trial, view: View, fewest: int = FEWEST) -> str | None:
    """Stop a trial whose running mean is below the median of those of the complete trials, over the same folds.

    Parameters
    ----------
    fewest : int
        Number of complete trials before any is stopped.

    Returns
    -------
    str or None
        The reason in words, or None to go on.

    References
    ----------
    Golovin, Solnik, Moitra, Kochanski, Karro, Sculley (2017), "Google Vizier: A Service for Black-Box Optimization",
    KDD, section 3.2 (median automated stopping rule).
    """
    mean, _ = mean_and_spread(trial.scores)
    if mean is None:
        return None
    means = []
    for other in view.trials:
        known = other.scores_on(trial.rung) if other.state == "done" else {}
        if all(fold in known for fold in trial.scores):
            means.append(sum(known[fold].score for fold in trial.scores) / len(trial.scores))
    if len(means) < fewest or mean >= median_of(means):
        return None
    return f"after {_folds(trial)} its mean was below the median of {len(means)} complete trials"


def _folds(trial: Trial) -> str:
    count = len(trial.scores)
    return f"{count} fold{'s' * (count != 1)}" + (f" on rung {trial.rung + 1}" if trial.rung else "")


@SCHEDULERS.register("forgiving")
def forgiving_policy() -> Policy:
    """Stop what is worse than the worst fold of the best."""
    return Policy(forgiving)


@SCHEDULERS.register("median")
def median_policy() -> Policy:
    """Stop what is below the median of the complete trials after as many folds."""
    return Policy(below_median)


@SCHEDULERS.register("none")
def no_policy() -> Policy:
    """Let every trial have all its folds, without a pause."""
    return Policy()
