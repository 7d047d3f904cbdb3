"""Which family next: the option of a choice that holds further labels is settled before anything below it is drawn.

The rule, `by_promise`, asks of each family how much better than the best loss so far its next trial may be expected to
be. A family's good losses say it: in the good part of a distribution, how far losses lie below a threshold is near to
exponential, whatever the distribution (Pickands 1975; the same thought is behind the max k-armed bandits of Cicirello
and Smith 2005, "The Max K-Armed Bandit", AAAI, section 3). With a share p of its losses below a threshold u, on average
by s, the expected improvement on the best loss y is

    p s exp(-(u - y) / s).

A family that found the bottom of its bowl has a small s and will not improve; one whose good losses still lie far apart
may. What is known from few trials is uncertain, so s is made larger by the factor 1 + 7 / sqrt(m) for m losses below
the threshold, and three thresholds are asked and their geometric mean is taken. That mean is divided by the family's
cost. Shifting or stretching all losses changes no choice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Arm:
    """What is known of one option of a fork.

    Attributes
    ----------
    option : int
        Its place among the options.
    labels : int
        Number of labels that it can make count.
    weight : float
        Its share under the prior.
    losses : array of shape (n,)
        The losses of its trials, lower is better, in the order of evaluation; inf for a failed one, and for a pruned
        one the worst loss of all trials that were evaluated whole.
    turns : array of shape (n,)
        The places of its trials among all trials of the search, from 0.
    costs : array of shape (n,)
        What each of its trials cost, in any one unit; NaN where nobody told.
    pending : int
        Number of its trials whose results are still awaited.
    """

    option: int
    labels: int
    weight: float
    losses: Floats
    turns: NDArray[np.intp]
    costs: Floats
    pending: int = 0


@dataclass(frozen=True, eq=False)
class Fork:
    """A choice with options that hold further labels, reached while a configuration is drawn from the top down.

    Attributes
    ----------
    label : str
        Of the choice.
    arms : tuple of Arm
        One for each option, in their order; of the trials, those that came by the same forks above count.
    depth : int
        Number of forks settled above it.
    is_of_families : bool
        Whether it is the one choice of families, or hangs on it; not where it is a choice beside it.
    evaluated : int
        Number of trials of the whole search whose results are known.
    is_of_amounts : bool
        Whether its options bring more and more of the same labels, as a number of layers does.
    """

    label: str
    arms: tuple[Arm, ...]
    depth: int
    evaluated: int
    is_of_families: bool = True
    is_of_amounts: bool = False


Choose: TypeAlias = Callable[[Fork, np.random.Generator], int | None]
"""A rule: return the option to try next; None leaves it to the estimator."""


FULL = 2  # labels: below the first choice of families, two options must have so many for the rule to be asked
START = 3  # trials that each family begins with, in turns; two where there are many families
MANY = 16  # families, from which on two are enough
SHARES = (0.15, 0.3, 0.6)  # of a family's losses that lie below a threshold
DOUBT = 7.0  # how much larger the spread may be than one loss shows it
FAR = 4.0  # losses are cut off at so many times the distance from the best to the median of all
ORDER = 10.0  # see _middling
DEAR = 4.0  # a family this many times as dear as the middle one begins with fewer trials


def by_estimator(fork: Fork, rng: np.random.Generator) -> int | None:
    """Leave the option to the estimator, which draws it after its share among the good trials."""
    return None


def by_promise(fork: Fork, rng: np.random.Generator) -> int | None:
    """Return the option whose next trial promises the largest improvement for what it costs.

    A choice beside the families, as of a step of preparation, and a choice within a family whose options differ in a
    label or none, or in how many of the same labels they bring, are left to the estimator: to explore all combinations
    of their options would cost too much.

    Each family begins with a few trials, in turns, and gets one more each time that the number of all trials doubles,
    whatever it promises. A trial that is pending counts as one without a result; one that failed as one that did not
    improve; a huge loss as a merely bad one.

    Parameters
    ----------
    fork : Fork
        The options, with what is known of each.
    rng : numpy Generator
        Decides between options that are equal in everything.

    Returns
    -------
    int or None
        The place of the option; None leaves it to the estimator.
    """
    is_small = sum(arm.labels >= FULL for arm in fork.arms) < 2
    if not fork.is_of_families or (fork.depth and (is_small or fork.is_of_amounts)):
        return None
    arms = [arm for arm in fork.arms if arm.weight > 0.0] or list(fork.arms)
    counts = np.array([len(arm.losses) + arm.pending for arm in arms])
    costs = costs_of(arms)
    order = rng.permutation(len(arms))
    behind = _owed(counts, costs) - counts
    if (behind > 0).any():
        waiting = np.where(behind > 0, counts, np.inf)
        return arms[int(order[np.argmin(waiting[order])])].option
    promises = np.round(log_promises(arms) - np.log(costs), 9)  # the last digits differ from processor to processor
    best = np.flatnonzero(promises[order] >= promises.max())
    return arms[int(order[best[np.argmin(counts[order][best])]])].option


@dataclass(frozen=True)
class Besides:
    """A rule that takes another family than some, by its share under the prior; it leaves all else to the estimator."""

    spent: frozenset[int]

    def __call__(self, fork: Fork, rng: np.random.Generator) -> int | None:
        """Return the option to try next."""
        arms = [arm for arm in fork.arms if arm.weight > 0.0 and arm.option not in self.spent]
        if fork.depth or not fork.is_of_families or not arms:
            return None
        shares = np.cumsum([arm.weight for arm in arms])
        place = int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))
        return arms[min(place, len(arms) - 1)].option


def _owed(counts: NDArray[np.intp], costs: Floats) -> NDArray[np.intp]:
    """Return how many trials each family has a right to, shape (arms,)."""
    start = START if len(counts) < MANY else START - 1
    owed = np.where(costs > DEAR * np.median(costs), START - 1, start)
    return np.maximum(owed, int(math.log2(1 + counts.sum() / len(counts))))


def costs_of(arms: Sequence[Arm]) -> Floats:
    """Return the mean cost of a trial of each arm, in units of the mean of all; shape (arms,).

    An arm of which nobody told a cost has the mean of the others.
    """
    told = [arm.costs[np.isfinite(arm.costs) & (arm.costs > 0.0)] for arm in arms]
    means = np.array([float(costs.mean()) if len(costs) else math.nan for costs in told])
    known = means[~np.isnan(means)]
    if not len(known):
        return np.ones(len(arms))
    return np.where(np.isnan(means), 1.0, means / known.mean())


def log_promises(arms: Sequence[Arm]) -> Floats:
    """Return the logarithm of the improvement to be expected of the next trial of each arm, shape (arms,).

    It is in units of the distance at which losses are cut off; -inf for an arm that has only failed.
    """
    finite = [np.sort(arm.losses[np.isfinite(arm.losses)]) for arm in arms]
    everything = np.concatenate(finite)
    if not len(everything):
        return np.zeros(len(arms))
    best = float(everything.min())
    reach = FAR * (_middling(finite, best) - best) or float(everything.max()) - best
    if reach <= 0.0 or not math.isfinite(reach):
        return np.zeros(len(arms))
    scaled = [np.minimum((losses - best) / reach, 1.0) for losses in finite]
    return np.array(
        [_log_promise(losses, len(arm.losses) + arm.pending) for losses, arm in zip(scaled, arms, strict=True)]
    )


def _middling(finite: Sequence[Floats], best: float) -> float:
    """Return the median of all losses, but for families with losses of quite another order.

    Such a family may have most of the trials. It is one whose best loss lies further behind the best of all, by the
    factor `ORDER`, than the worst loss of the family that has the best.
    """
    leader = max((losses for losses in finite if len(losses) and losses[0] == best), key=lambda losses: losses[-1])
    limit = ORDER * (float(leader[-1]) - best) or math.inf
    return float(np.median(np.concatenate([one for one in finite if len(one) and one[0] - best <= limit])))


def _log_promise(losses: Floats, count: int) -> float:
    """Return the promise of an arm from its sorted losses, of which 0 is the best of all arms and 1 is far off."""
    if not len(losses):
        return -math.inf
    if len(losses) == 1:
        losses = np.append(losses, 1.0)
    total, told = 0.0, max(1.0, count / len(losses))  # what failed is known as well
    for share in SHARES:
        below = min(len(losses) - 1, math.ceil(share * len(losses)))
        threshold = float(losses[below])
        spread = max(threshold - float(losses[:below].mean()), 1e-9) * (1.0 + DOUBT / math.sqrt(below * told))
        total += math.log(below / count * spread) - threshold / spread
    return total / len(SHARES)
