"""Which parameters mattered: where the values of the best trials lie apart from those of all."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.special import ndtr

from automl_magic.engine.history import History, Trial

LEAST = 20  # done trials below which nothing is said
SHARE = 0.1  # of the trials that count as the best
FEWEST = 5  # of them at the least
CELLS = 50  # into which the range of a number is divided
NARROWEST = 0.5 / 1.64  # width of a kernel in cells
TINY = 1e-12

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Importance:
    """What mattered among the trials of one family, or (`model` is None) among all.

    Attributes
    ----------
    model : str or None
        The family.
    trials : int
        Its trials that are done.
    shares : tuple of (label, float)
        The parameters' shares, which add up to 1, the largest first. Empty with too few trials, or where no value of
        the best trials differs from the others'.
    """

    model: str | None
    trials: int
    shares: tuple[tuple[str, float], ...]


def parameter_importance(history: History) -> tuple[Importance, ...]:
    """Return which parameters mattered: among all trials, then within each family that was tried.

    Within a family, that is a local importance: a parameter that counts for one family alone is compared among the
    trials in which it counts. Pruned trials are among all trials, never among the best.

    Parameters
    ----------
    history : History
        The run, over or not.

    Returns
    -------
    tuple of Importance
        The same history gives the same numbers.

    Notes
    -----
    A searcher that has drawn near the optimum has tried little else, so what it settled early may look unimportant.

    References
    ----------
    Watanabe, Bansal and Hutter (2023), "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary
    Subspaces", IJCAI, arXiv 2304.10255, section 4 (equation 16: the Pearson divergence of the best trials' density
    from that of all trials, parameter by parameter).
    """
    return tuple(_within(group.model, group.trials, group.parameters) for group in groups_of(history))


@dataclass(frozen=True)
class Group:
    """The scored trials of one family, or (`model` is None) all of them, and the parameters to compare among them."""

    model: str | None
    trials: tuple[Trial, ...]
    parameters: tuple[dict[str, Any], ...]


def groups_of(history: History) -> tuple[Group, ...]:
    """Return all trials that are done or pruned as one group, then those of each family."""
    trials = [trial for trial in tuple(history.trials.values()) if not trial.hidden and trial.score is not None]
    trials = [trial for trial in trials if trial.state in ("done", "pruned")]
    parameters: list[dict[str, Any]] = history.space.get("parameters", [])
    found = [Group(None, tuple(trials), tuple(_counted(trials, parameters)))]
    besides = tuple(one for one in parameters if one["label"] != "model")
    for family in dict.fromkeys(str(trial.config["model"]) for trial in trials if "model" in trial.config):
        own = tuple(trial for trial in trials if str(trial.config.get("model")) == family)
        found.append(Group(family, own, besides))
    return tuple(found)


def _counted(trials: Sequence[Trial], parameters: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parameters that count in every trial; without families, all that count in some."""
    if not any("model" in trial.config for trial in trials):
        return list(parameters)
    return [one for one in parameters if all(one["label"] in trial.config for trial in trials)]


def _within(model: str | None, trials: Sequence[Trial], parameters: Iterable[dict[str, Any]]) -> Importance:
    done = sum(trial.state == "done" for trial in trials)
    if done < LEAST:
        return Importance(model, done, ())
    ordered = sorted(trials, key=lambda trial: (trial.state != "done", -(trial.score or 0.0), trial.id))
    worth = {one["label"]: _worth(one, ordered) for one in parameters}
    whole = sum(worth.values())
    if whole <= 1e-9:
        return Importance(model, done, ())
    shares = [(label, value / whole) for label, value in worth.items() if value > 0]
    return Importance(model, done, tuple(sorted(shares, key=lambda pair: (-pair[1], pair[0]))))


def _worth(parameter: Mapping[str, Any], ordered: Sequence[Trial]) -> float:
    """Return the divergence of the best trials from all, in one parameter; 0 where it counts in too few."""
    label, is_choice = parameter["label"], parameter["kind"] == "choice"
    counting = [trial for trial in ordered if label in trial.config]
    if not is_choice:  # it may have been a choice before it was declared anew
        counting = [trial for trial in counting if _is_number(trial.config[label])]
    values = [trial.config[label] for trial in counting]
    done = sum(trial.state == "done" for trial in counting)
    if len(values) < LEAST or done < FEWEST:
        return 0.0
    best = min(done, max(FEWEST, math.ceil(SHARE * len(values))))
    if is_choice:
        return _of_choice(values, best)
    return _of_number(_places(parameter, values), best)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of_choice(values: Sequence[Any], best: int) -> float:
    keys = [json.dumps(value, default=repr) for value in values]
    known = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    places = np.array([known[key] for key in keys])
    if len(known) == 1:
        return 0.0
    everywhere, top = (_shares(places[:upto], len(known)) for upto in (len(places), best))
    return _divergence(top, everywhere)


def _shares(places: np.ndarray[Any, Any], options: int) -> Array:
    """Return each option's share; the prior counts as one trial, so that no share is 0."""
    counts = np.bincount(places, minlength=options) + 1.0 / options
    return np.asarray(counts / counts.sum(), dtype=float)


def _places(parameter: Mapping[str, Any], values: Sequence[float]) -> np.ndarray[Any, Any]:
    """Return the cell of each value on the declared range, which is in equal steps on its own scale."""
    given = np.array(values, dtype=float)
    low, high = min(float(parameter["full_low"]), given.min()), max(float(parameter["full_high"]), given.max())
    if parameter["log"] and low > 0:
        given, low, high = np.log(given), math.log(low), math.log(high)
    if high <= low:
        return np.zeros(len(given), dtype=int)
    return np.asarray(np.rint((given - low) / (high - low) * (CELLS - 1)), dtype=int)


def _of_number(places: np.ndarray[Any, Any], best: int) -> float:
    if places.min() == places.max():
        return 0.0
    return _divergence(_density(places[:best]), _density(places))


def _density(places: np.ndarray[Any, Any]) -> Array:
    """Return the share of each cell: a normal kernel around every place, and the prior as one more trial."""
    counts = np.bincount(places, minlength=CELLS)
    return np.asarray((_smoothed(counts, _bandwidth(counts)) + PRIOR) / (len(places) + 1), dtype=float)


def _smoothed(counts: np.ndarray[Any, Any], width: float) -> Array:
    """Return the counts spread by a normal kernel; what falls outside the range is shared by the cells inside."""
    edges = ndtr((np.arange(2 * CELLS) - CELLS + 0.5) / width)
    inside = edges[: CELLS - 1 : -1] - edges[CELLS - 1 :: -1]  # of the kernel around each cell
    spread = np.convolve(counts / inside, np.diff(edges))
    return np.asarray(spread[CELLS - 1 : 2 * CELLS - 1], dtype=float)


def _bandwidth(counts: np.ndarray[Any, Any]) -> float:
    """Return Scott's width of a kernel (1992, "Multivariate Density Estimation", section 6.5), in cells."""
    number, summed = int(counts.sum()), np.cumsum(counts)
    mean = CELL @ counts / number
    deviation = math.sqrt((CELL - mean) ** 2 @ counts / max(1, number - 1))
    low, high = np.searchsorted(summed, [0.25 * number, 0.75 * number])
    return float(max(1.059 * min((high - low) / 1.34, deviation) * number**-0.2, NARROWEST))


CELL = np.arange(CELLS)
PRIOR = _smoothed(CELL == CELLS // 2, float(CELLS))


def _divergence(top: Array, everywhere: Array) -> float:
    """Return the Pearson divergence of `top` from `everywhere`."""
    return float(everywhere @ (top / (everywhere + TINY) - 1.0) ** 2)
