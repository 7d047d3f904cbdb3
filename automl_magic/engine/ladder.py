"""Rungs: how much of a configuration is scored before anybody asks whether it is worth more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from automl_magic.engine.events import FoldScore
from automl_magic.errors import AutoMLError

FACTOR = 3.0  # between the shares of two rungs, where an evaluator does not tell its own

Place: TypeAlias = tuple[int, int]  # a rung and a fold
Results: TypeAlias = Mapping[int, Mapping[int, FoldScore]]  # by rung, then by fold


@dataclass(frozen=True)
class Rung:
    """Up to here `folds` folds are scored, each with `share` of the rows, epochs or iterations of a whole fit.

    Attributes
    ----------
    folds : int
        Number of folds, the first ones.
    level : int
        What the evaluator is asked for as its rung. A fold that was scored at this level is not scored again.
    share : float
        The cost of one fold so far, in whole fits: fits go on from their state.
    """

    folds: int
    level: int = 0
    share: float = 1.0


Ladder: TypeAlias = tuple[Rung, ...]


@dataclass(frozen=True)
class Climb:
    """What one step sends a trial to.

    Attributes
    ----------
    places : tuple of (int, int)
        The rungs and folds to score, in this order.
    is_last : bool
        Whether the trial is complete with them; else it pauses.
    """

    places: tuple[Place, ...]
    is_last: bool


def ladder_of(evaluator: Any, pauses: bool) -> Ladder:
    """Return the rungs on which the trials of a run may be judged, the last one a whole evaluation.

    They are the evaluator's own `ladder` where it has one; else its levels (`rungs`, with their `shares`), each with
    all folds; else, where trials are to pause, one fold and all folds.

    Raises
    ------
    AutoMLError
        If a rung holds less than the one before.
    """
    own = getattr(evaluator, "ladder", None)
    if own is not None:
        return checked(tuple(own))
    folds, levels = evaluator.folds, evaluator.rungs
    if levels > 1:
        shares = getattr(evaluator, "shares", None) or [FACTOR ** (level + 1 - levels) for level in range(levels)]
        return checked(tuple(Rung(folds, level, share) for level, share in enumerate(shares)))
    return (Rung(1), Rung(folds)) if pauses and folds > 1 else (Rung(folds),)


def checked(ladder: Ladder) -> Ladder:
    """Return a ladder whose rungs each hold what the one before them holds, and more.

    Raises
    ------
    AutoMLError
        If one does not.
    """
    if not ladder:
        raise AutoMLError("A ladder needs at least one rung.", "Example: (Rung(folds=1), Rung(folds=5)).")
    for before, after in zip(ladder, ladder[1:], strict=False):
        lower = (before.folds, before.level, before.share)
        higher = (after.folds, after.level, after.share)
        if lower[:2] == higher[:2] or any(low > high for low, high in zip(lower, higher, strict=True)):
            raise AutoMLError(
                f"Each rung must hold more than the one before it. Got {after} after {before}.",
                "Order them by folds, levels and shares.",
            )
    return ladder


def climb_to(ladder: Ladder, rung: int, results: Results, pauses: bool) -> Climb:
    """Return what is to be scored of a trial that is sent to `rung`: up to there, or, where none pauses, to the top.

    Parameters
    ----------
    results : mapping of int to mapping of int to FoldScore
        What was scored of it on lower rungs.
    """
    top = len(ladder) - 1
    levels = {
        fold: ladder[number].level
        for number in sorted(results)
        for fold in results[number]
        if fold < ladder[number].folds
    }
    places: list[Place] = []
    for number in range(rung, rung + 1 if pauses else top + 1):
        for fold in range(ladder[number].folds):
            if levels.get(fold) != ladder[number].level:
                levels[fold] = ladder[number].level
                places.append((number, fold))
    return Climb(tuple(places), not pauses or rung == top)


def still_valid(ladder: Ladder, rung: int, results: Results) -> dict[int, FoldScore]:
    """Return, by fold, what was scored below `rung` at its level."""
    level = ladder[rung].level
    return {
        fold: result
        for number in sorted(results)
        if number < rung and ladder[number].level == level
        for fold, result in results[number].items()
    }


def state_for(rung: int, fold: int, results: Results) -> FoldScore | None:
    """Return the last result of a fold below `rung`, from whose state the evaluator goes on; None without any."""
    below = [number for number in results if number < rung and fold in results[number]]
    return results[max(below)][fold] if below else None


def cost_of(ladder: Ladder, results: Results) -> float:
    """Return what the results of a trial cost, in whole fits."""
    shares = {fold: ladder[number].share for number in sorted(results) for fold in results[number]}
    return sum(shares.values())


def cost_up_to(ladder: Ladder, rungs: Sequence[int]) -> float:
    """Return what a trial costs that is sent from the first to the last of `rungs`; -1 is the ground."""
    totals = [0.0 if rung < 0 else ladder[rung].folds * ladder[rung].share for rung in rungs]
    return totals[-1] - totals[0]
