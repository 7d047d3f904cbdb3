"""Limits on what a trial costs: what was measured on its folds is held against them, and the verdict is said in words.

A trial that breaks one has failed, so that a searcher learns to stay away from its like; a line to beat is let go on,
and is then no result. What is measured differs from time to time: a run that is made again reads the verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from automl_magic.engine.events import FoldScore

ALLOWED = " that you allowed"  # how the reason of a trial ends that breaks a limit
KILLED = (1.1, 5.0)  # a fit that is not back after this many times the limit and so many seconds is ended


@dataclass(frozen=True)
class Cap:
    """The most that something measured may be.

    Attributes
    ----------
    cost : str
        Its name among `FoldScore.costs`.
    most : float
        The limit, in seconds or bytes.
    told : str
        What costs so much: "predicting 1,000 rows takes".
    unit : str
        "seconds" or "bytes".
    """

    cost: str
    most: float
    told: str
    unit: Literal["seconds", "bytes"] = "seconds"

    def in_words(self, value: float) -> str:
        """Return a value with its unit."""
        return seconds_in_words(value) if self.unit == "seconds" else bytes_in_words(value)

    def broken_by(self, value: float | None) -> str | None:
        """Return why a value is too much; None where it is not, or is not known."""
        if value is None or value <= self.most:
            return None
        found, most = self.in_words(value), self.in_words(self.most)
        return f"{self.told} {found if found != most else f'a little over {found}'}, more than the {most}{ALLOWED}"

    def exceeded(self) -> str:
        """Return why something that was not let come to its end is too much."""
        return f"{self.told} more than the {self.in_words(self.most)}{ALLOWED}"


def costs_of(scores: Mapping[int, FoldScore]) -> dict[str, float]:
    """Return what was measured on the folds of a trial: the mean over those on which it was."""
    names = dict.fromkeys(name for fold in sorted(scores) for name in scores[fold].costs)
    found = {
        name: [scores[fold].costs[name] for fold in sorted(scores) if name in scores[fold].costs] for name in names
    }
    return {name: sum(values) / len(values) for name, values in found.items()}


def why_refused(caps: Sequence[Cap], scores: Mapping[int, FoldScore]) -> str | None:
    """Return the first limit that the folds of a trial break, in words; None where they break none."""
    if not caps:
        return None
    costs = costs_of(scores)
    return next((reason for cap in caps if (reason := cap.broken_by(costs.get(cap.cost))) is not None), None)


def fit_cap(caps: Sequence[Cap]) -> Cap | None:
    """Return the limit on the time of a fit, where there is one."""
    return next((cap for cap in caps if cap.cost == "fit"), None)


def killed_after(seconds: float) -> float:
    """Return after how many seconds a fold is ended whose fit may take `seconds`: it is predicted and begun, too."""
    factor, slack = KILLED
    return factor * seconds + slack


def is_verdict(reason: str | None) -> bool:
    """Whether the reason why a trial ended is that it broke a limit."""
    return reason is not None and reason.endswith(ALLOWED)


def seconds_in_words(seconds: float) -> str:
    """Return a duration with three digits.

    Examples
    --------
    >>> seconds_in_words(0.0842), seconds_in_words(2.5), seconds_in_words(0.00035)
    ('84.2 ms', '2.5 s', '0.35 ms')
    """
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def bytes_in_words(size: float) -> str:
    """Return a size with three digits.

    Examples
    --------
    >>> bytes_in_words(12_345_678), bytes_in_words(2_000), bytes_in_words(70)
    ('12.3 MB', '2 kB', '70 bytes')
    """
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size:.0f} bytes"
