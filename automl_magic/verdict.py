"""Who won a race: a paired test of each two, in words. Numbers in, sentences out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.05  # the chance of claiming a difference where there is none, over all pairs together


@dataclass(frozen=True)
class Duel:
    """Two searchers compared over the repeats that both have finished.

    Attributes
    ----------
    first, second : str
        Their names; `first` is ahead where one is.
    repeats : int
        Repeats that are compared.
    equal : int
        Those in which both have the same score: they say nothing.
    wins : int
        Those in which `first` is better.
    difference : float
        By how much `first` is better: the Hodges-Lehmann estimate (the median of the means of all pairs of
        differences) that belongs to the test and never contradicts it. The equal repeats are left out, as there.
    p : float
        Of the two-sided Wilcoxon signed-rank test, as it is.
    adjusted : float
        After Holm's correction for the number of pairs.
    is_shown : bool
        Whether a difference is shown.
    """

    first: str
    second: str
    repeats: int
    equal: int
    wins: int
    difference: float
    p: float
    adjusted: float
    is_shown: bool


@dataclass(frozen=True)
class Verdict:
    """What may be said after a race; its text is what is printed.

    Attributes
    ----------
    duels : tuple of Duel
        One for each two searchers.
    repeats : int
        Repeats that were compared.
    needed : int
        Repeats from which on a difference could be shown at all.
    sentences : tuple of str
        All of it in words.
    """

    duels: tuple[Duel, ...]
    repeats: int
    needed: int
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    __repr__ = __str__


def judge(scores: Mapping[str, Sequence[float | None]], level: float = LEVEL, unit: str = "repeat") -> Verdict:
    """Compare each two searchers.

    Parameters
    ----------
    scores : mapping of str to sequence of float or None
        For each searcher its score in each repeat, higher is better; None where it has none. Place by place the
        repeats are pairs: the same folds, seeds and budget.
    level : float
        The chance of a false claim over all pairs together.
    unit : str
        The word for one pair.

    Returns
    -------
    Verdict

    Examples
    --------
    >>> print(judge({"tpe": [3, 4, 5, 6, 7, 8], "random": [1, 2.5, 3.6, 2, 2, 1.5]}))
    tpe beats random (p = .031): better in 6 of 6 repeats, by about 3.25.
    >>> print(judge({"tpe": [3.0, 4.0], "random": [1.0, 2.5]}))
    Too few to tell: 2 repeats were compared, and a difference can only be shown from 6 repeats on.
    """
    names = list(scores)
    couples = list(itertools.combinations(names, 2))
    needed = least(len(couples), level)
    found = [_compare(scores, *couple) for couple in couples]
    adjusted = holm([duel.p for duel in found])
    duels = tuple(
        Duel(**{**vars(duel), "adjusted": p, "is_shown": p <= level}) for duel, p in zip(found, adjusted, strict=True)
    )
    whole = min((duel.repeats for duel in duels), default=0)
    return Verdict(duels, whole, needed, tuple(_sentences(duels, needed, unit)))


def signed_rank(differences: Sequence[float]) -> float:
    """Return the p-value of the two-sided Wilcoxon signed-rank test, exact also where ranks are tied.

    Zeros are left out. Every way of giving the ranks their signs is counted, by the number of ways to reach each sum.

    References
    ----------
    Wilcoxon (1945), "Individual comparisons by ranking methods", Biometrics Bulletin 1. Demsar (2006), "Statistical
    comparisons of classifiers over multiple data sets", JMLR 7, section 3.1.3.

    Examples
    --------
    >>> signed_rank([1, 2, 3, 4, 5, 6])
    0.03125
    >>> signed_rank([0.0, 0.0])
    1.0
    """
    ranks, above = _ranks(differences)
    ways = np.ones(1)
    for rank in ranks:
        ways = (np.concatenate([ways, np.zeros(rank)]) + np.concatenate([np.zeros(rank), ways])) / 2.0
    tail = min(float(ways[: above + 1].sum()), float(ways[above:].sum()))
    return min(1.0, 2 * tail)


def _ranks(differences: Sequence[float]) -> tuple[list[int], int]:
    """Return the doubled ranks (those of ties are halves) of all differences but zeros, and the sum of the winning."""
    from scipy.stats import rankdata

    values = np.asarray([value for value in differences if value != 0], dtype=float)
    if len(values) == 0:
        return [], 0
    ranks = np.rint(2 * rankdata(np.abs(values))).astype(int)
    return ranks.tolist(), int(ranks[values > 0].sum())


def pseudomedian(differences: Sequence[float]) -> float:
    """Return the median of the means of all pairs, each value with itself among them.

    References
    ----------
    Hodges and Lehmann (1963), "Estimates of location based on rank tests", Annals of Mathematical Statistics 34.

    Examples
    --------
    >>> pseudomedian([1.0, 2.0, 6.0])
    2.75
    """
    values = np.asarray(differences, dtype=float)
    first, second = np.triu_indices(len(values))
    return float(np.median((values[first] + values[second]) / 2))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values corrected for their number.

    References
    ----------
    Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, highest = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def least(couples: int, level: float = LEVEL) -> int:
    """Return how many repeats a difference needs to be shown at all: with fewer, even winning each is no proof.

    Examples
    --------
    >>> least(1), least(3)
    (6, 7)
    """
    return max(1, math.ceil(math.log2(2 * max(1, couples) / level)))


def _compare(scores: Mapping[str, Sequence[float | None]], first: str, second: str) -> Duel:
    both = zip(scores[first], scores[second], strict=True)
    differences = [one - other for one, other in both if one is not None and other is not None]
    differing = [value for value in differences if value != 0]
    middle = pseudomedian(differing) if differing else 0.0
    above, below = sum(value > 0 for value in differences), sum(value < 0 for value in differences)
    p, equal = signed_rank(differences), len(differences) - above - below
    ranks, won = _ranks(differences)
    if 2 * won < sum(ranks):  # who is ahead, by what the test looks at, comes first
        return Duel(second, first, len(differences), equal, below, -middle, p, 1.0, False)
    return Duel(first, second, len(differences), equal, above, middle, p, 1.0, False)


def _sentences(duels: Sequence[Duel], needed: int, unit: str) -> list[str]:
    if not duels:
        return ["There is nothing to compare."]
    shown = sorted((duel for duel in duels if duel.is_shown), key=lambda duel: duel.adjusted)
    told = [_won(duel, unit) for duel in shown]
    open_ = [duel for duel in duels if not duel.is_shown]
    most = max(duel.repeats for duel in duels)
    if most == 0:
        return [f"Too few to tell: no {unit} was finished by two searchers."]
    if most < needed and not shown:
        were = f"1 {unit} was" if most == 1 else f"{most} {unit}s were"
        return [f"Too few to tell: {were} compared, and a difference can only be shown from {needed} {unit}s on."]
    return [*told, *(_undecided(duel, needed, unit) for duel in open_)]


def _won(duel: Duel, unit: str) -> str:
    of_those = " in those that differ" if duel.equal else ""
    return (
        f"{duel.first} beats {duel.second} ({told_p(duel.adjusted)}): {_better(duel, unit)}, "
        f"by about {duel.difference:.3g}{of_those}."
    )


def _better(duel: Duel, unit: str) -> str:
    """Return in how many repeats the first was better, and how many say nothing."""
    equal = f", equal in {duel.equal}" if duel.equal else ""
    return f"better in {duel.wins} of {duel.repeats} {unit}s{equal}"


def _undecided(duel: Duel, needed: int, unit: str) -> str:
    pair = f"{duel.first} and {duel.second}"
    if duel.equal == duel.repeats and duel.repeats:
        return f"Between {pair} nothing differs: the same score in all {duel.repeats} {unit}s."
    decided = duel.repeats - duel.equal
    if decided < needed:
        equal = f", {duel.equal} of them equal" if duel.equal else ""
        return (
            f"Between {pair} there are too few to tell: {duel.repeats} {unit}{'s' * (duel.repeats != 1)}{equal}; "
            f"{needed} that differ are needed."
        )
    return (
        f"Between {pair} no difference is shown ({told_p(duel.adjusted)}; {duel.first} {_better(duel, unit)}). "
        f"That does not prove them equal."
    )


def told_p(p: float) -> str:
    """Return a p-value as it is written.

    Examples
    --------
    >>> told_p(0.0311), told_p(0.0004), told_p(0.46), told_p(1.0)
    ('p = .031', 'p < .001', 'p = .46', 'p = 1')
    """
    if p < 0.001:
        return "p < .001"
    return f"p = {p:.2g}".replace("0.", ".", 1)
