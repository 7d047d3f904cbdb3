"""Narrower ranges and fewer options that keep the good trials, with the share of them that they keep."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from automl_magic.engine.history import Trial
from automl_magic.expansion import is_number, key_of

if TYPE_CHECKING:
    from automl_magic.engine.space import SearchSpace

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Flags: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

SHARE = 0.1  # of the done trials that count as good
FEWEST = 10  # of them at the least
MARGIN = 0.1  # of the range, left beyond the outermost good trial
UNTRIED = 0.1  # chance that no trial of a part is good although it is as good as the rest: below it, it is cut off
NEIGHBOURS = 5  # a trial is compared with a fifth of all: those made at the time
WORTH = 0.15  # of the range that must be cut off
UNSEEN = 0.5  # good trials that a part in which none was good is counted to have, beside those it ought to have
SAFE = 2 / 3  # of the good points that a proposal must be expected to keep
DIGITS = 3


@dataclass(frozen=True)
class Narrowing:
    """A narrower range of one number, or fewer options of one choice.

    Attributes
    ----------
    label : str
        The parameter.
    low, high : float or None
        The new bounds of a number.
    options : tuple
        The options that a choice keeps.
    kept : float
        The share of good points that it is expected to keep: that of the good trials which would lie inside although
        the proposal had been made without them, less what may be good where too little was tried.
    good : int
        Number of good trials: the best tenth of those done, ten at the least.
    cut : float
        The share of the range, on its own scale, or of the options that is taken away.
    """

    label: str
    low: float | None
    high: float | None
    options: tuple[Any, ...]
    kept: float
    good: int
    cut: float

    @property
    def code(self) -> str:
        """The call that does it, for the body of a cell or a program."""
        if self.low is None or self.high is None:
            return f'space.narrow("{self.label}", options={list(self.options)!r})'
        return f'space.narrow("{self.label}", {self.low!r}, {self.high!r})'

    def apply(self, space: SearchSpace) -> SearchSpace:
        """Return `space` with the narrower range or the fewer options.

        Raises
        ------
        SpaceError
            If the space has no such parameter, or not these bounds or options.
        """
        if self.low is None:
            return space.narrow(self.label, options=self.options)
        return space.narrow(self.label, self.low, self.high)

    def __str__(self) -> str:
        if self.low is None:
            what = f"{self.label}: {', '.join(map(str, self.options))} alone"
        else:
            what = f"{self.label} from {self.low!r} to {self.high!r}"
        whole = "of the options" if self.low is None else "of the range"
        kept = f"is expected to keep {self.kept:.0%} of what is as good as the {self.good} best trials"
        return f"{what} {kept} and cuts off {self.cut:.0%} {whole}."


def narrowings_of(
    trials: Sequence[Trial], parameters: Sequence[Mapping[str, Any]]
) -> tuple[tuple[Narrowing, ...], float]:
    """Propose a narrowing for each parameter where one is worth it.

    Parameters
    ----------
    trials : sequence of Trial
        Done ones of one family, or of all.
    parameters : sequence of dict
        Those that matter, as `SearchSpace.to_json` has them.

    Returns
    -------
    tuple of (tuple of Narrowing, float)
        The proposals, and the share of good points that all of them together are expected to keep.

    Notes
    -----
    An end of a range is cut off where enough trials lay beyond the outermost good one that some of them ought to be
    good; so what was never tried stays. A searcher's trials become better as it learns, wherever they lie: a trial is
    held against those made at the same time. The share that is kept is estimated by leaving out each good trial in
    turn. That alone would be too high: the same trials propose and judge, and a searcher tries little of what it has
    turned from. So a part that is cut off counts as good at the rate that its trials leave likely: where d good ones
    were due and none came, 1 / (2 d + 1) of the rate elsewhere. That is the mean of what is then known of the rate of a
    Poisson process, when nothing was known before.

    References
    ----------
    Jeffreys (1946), "An Invariant Form for the Prior Probability in Estimation Problems", Proceedings of the Royal
    Society A 186: the prior of a rate.
    """
    ordered = sorted(trials, key=lambda trial: (-(trial.score or 0.0), trial.id))
    good = min(len(ordered) // 2, max(FEWEST, math.ceil(SHARE * len(ordered))))
    found, inside, due, surely = [], np.ones(good, dtype=bool), _due(ordered, good), 1.0
    for parameter in parameters:
        propose = _of_choice if parameter["kind"] == "choice" else _of_number
        made = propose(parameter, ordered, good, due)
        if made is not None:
            narrowing, own, likely = made
            kept = float(own.mean()) * likely
            if kept >= SAFE:
                found.append(replace(narrowing, kept=kept))
                inside &= own
                surely *= likely
    return tuple(found), float(inside.mean()) * surely


def _due(ordered: Sequence[Trial], good: int) -> Array:
    """Return for each trial how likely one made at the time was good."""
    order = np.argsort([trial.id for trial in ordered], kind="stable")
    half = max(1, len(ordered) // (2 * NEIGHBOURS))
    summed = np.concatenate([[0.0], np.cumsum(order < good)])
    place = np.arange(len(ordered))
    begin, end = np.maximum(0, place - half), np.minimum(len(ordered), place + half + 1)
    due = np.empty(len(ordered))
    due[order] = (summed[end] - summed[begin]) / (end - begin)
    return due


def _of_number(
    parameter: Mapping[str, Any], ordered: Sequence[Trial], good: int, due: Array
) -> tuple[Narrowing, Flags, float] | None:
    label, low, high = parameter["label"], float(parameter["low"]), float(parameter["high"])
    is_log = bool(parameter["log"]) and low > 0
    bottom, top = (math.log(low), math.log(high)) if is_log else (low, high)
    if not bottom < top:
        return None
    places = np.full(len(ordered), np.nan)
    for row, trial in enumerate(ordered):
        value = trial.config.get(label)
        if is_number(value) and low <= value <= high:
            places[row] = ((math.log(value) if is_log else value) - bottom) / (top - bottom)
    is_good = np.arange(len(ordered)) < good
    begin, end = _ends(places, is_good, due)
    if begin + 1 - end < WORTH:
        return None
    inside = np.ones(good, dtype=bool)
    for row in range(good):
        if not np.isnan(places[row]):
            others = is_good.copy()
            others[row] = False
            first, last = _ends(places, others, due)
            inside[row] = first <= places[row] <= last
    bounds = [bottom + end_at * (top - bottom) for end_at in (begin, end)]
    new = [math.exp(bound) if is_log else bound for bound in bounds]
    new_low = low if begin == 0 else max(low, _rounded(new[0], parameter["kind"], math.floor))
    new_high = high if end == 1 else min(high, _rounded(new[1], parameter["kind"], math.ceil))
    if parameter["kind"] == "int":
        new_low, new_high = int(new_low), int(new_high)
    if new_low == low and new_high == high:
        return None
    cut = float(begin + 1 - end)
    likely = _kept(1 - cut, [(begin, due[places < begin]), (1 - end, due[places > end])])
    return Narrowing(label, new_low, new_high, (), 1.0, good, cut), inside, likely


def _ends(places: Array, is_good: Flags, due: Array) -> tuple[float, float]:
    """Return the ends of the range that is kept, between 0 and 1: beyond the outermost good place and a margin."""
    own = places[is_good & ~np.isnan(places)]
    if len(own) == 0:
        return 0.0, 1.0
    begin, end = max(0.0, float(own.min()) - MARGIN), min(1.0, float(own.max()) + MARGIN)
    return begin if _is_worse(due[places < begin]) else 0.0, end if _is_worse(due[places > end]) else 1.0


def _is_worse(due: Array) -> bool:
    """Whether trials of which none is good ought to have good ones among them."""
    return float(due.sum()) >= -math.log(UNTRIED)


def _kept(left: float, parts: Iterable[tuple[float, Array]]) -> float:
    """Return the share of good points that is kept, of parts that are cut off and what was due in them."""
    lost = sum(size * UNSEEN / (UNSEEN + float(due.sum())) for size, due in parts)
    return left / (left + lost)


def _rounded(value: float, kind: str, outward: Any) -> float:
    """Return a bound of few digits, rounded outward."""
    if kind == "int":
        return float(outward(value))
    if value == 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - DIGITS + 1)
    return float(f"{outward(value / step) * step:.12g}")


def _of_choice(
    parameter: Mapping[str, Any], ordered: Sequence[Trial], good: int, due: Array
) -> tuple[Narrowing, Flags, float] | None:
    label, options = parameter["label"], parameter["options"]
    keys = np.array([key_of(trial.config[label]) if label in trial.config else "" for trial in ordered], dtype=object)
    worse = {key_of(one) for one in options if _is_worse(due[keys == key_of(one)])}
    left = [one for one in options if key_of(one) in keys[:good] or key_of(one) not in worse]
    if not 0 < len(left) < len(options):
        return None
    counted = Counter(keys[:good])
    inside = np.array([key == "" or counted[key] > 1 or key not in worse for key in keys[:good]], dtype=bool)
    cut = 1 - len(left) / len(options)
    parts = [(1 / len(options), due[keys == key_of(one)]) for one in options if one not in left]
    return Narrowing(label, None, None, tuple(left), 1.0, good, cut), inside, _kept(1 - cut, parts)
