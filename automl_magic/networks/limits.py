"""Limits on what a network may cost, held before any is trained: what breaks one is drawn again and costs nothing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from automl_magic.engine.caps import bytes_in_words, seconds_in_words
from automl_magic.engine.configs import identity
from automl_magic.engine.events import Config
from automl_magic.engine.rules import Rule
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import SpaceError

DRAWS = 400  # of the space, to see how much of it the limits leave
MOST_REFUSED = 0.95  # share of the draws above which it is said which limit blocks
MEASURED = 200  # networks whose latency is measured before it is said that none is fast enough
PAUSE = 1.0  # seconds between two counts of what was refused
KNOWN = 20_000  # configurations whose costs are remembered

PARAMETERS, MULTIPLY_ADDS, MEMORY, LATENCY = "parameters", "multiply_adds", "memory", "latency"
TOLD = {
    PARAMETERS: "parameters",
    MULTIPLY_ADDS: "multiplications with an addition for a row",
    MEMORY: "of memory to train",
    LATENCY: "to predict one row",
}
OPTIONS = {PARAMETERS: "max_params", MULTIPLY_ADDS: "max_macs", MEMORY: "max_memory", LATENCY: "max_latency"}


def in_words(cost: str, value: float) -> str:
    """Return what a network costs, with its unit.

    Examples
    --------
    >>> in_words("parameters", 48_210), in_words("latency", 0.0021), in_words("memory", 2e8)
    ('48,210 parameters', '2.1 ms to predict one row', '200 MB of memory to train')
    """
    if cost == LATENCY:
        return f"{seconds_in_words(value)} {TOLD[cost]}"
    if cost == MEMORY:
        return f"{bytes_in_words(value)} {TOLD[cost]}"
    return f"{value:,.0f} {TOLD[cost]}"


@dataclass
class Count:
    """What one thread has held against the limits: configurations by identity, and what was refused by cost."""

    seen: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass
class Limits:
    """Hold what a configuration would cost against the most that is allowed, and count what is refused.

    Parameters
    ----------
    most : mapping of str to float
        The limits by cost: "parameters", "multiply_adds", "memory" in bytes, "latency" in seconds for one row.
    costs : callable
        From a configuration to its counted costs by name; those that cannot be told are left out.
    latency : callable, optional
        From a configuration to the seconds that one row takes, measured. Asked only for what keeps the other limits.

    Attributes
    ----------
    refused : Counter
        Number of configurations that were refused, by cost: by the first limit that each breaks. Only the thread of the
        run counts: a panel asks as well, to see how much of a space rules cut off.
    looked_at : int
        Number of configurations that were held against the limits.
    """

    most: Mapping[str, float]
    costs: Callable[[Config], Mapping[str, float]]
    latency: Callable[[Config], float] | None = None
    _counts: dict[int, Count] = field(default_factory=dict, repr=False)
    _run: int | None = field(default=None, repr=False)
    _told: int = field(default=0, repr=False)
    _told_at: float = field(default=float("-inf"), repr=False)
    _measured: list[float] = field(default_factory=list, repr=False)
    _known: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def rules(self) -> tuple[Rule, ...]:
        """Return a rule for each limit: a space with them proposes only what keeps them."""
        return tuple(
            Rule(f"at most {in_words(cost, self.most[cost])}", self._kept(cost), reads_config=True)
            for cost in TOLD
            if cost in self.most
        )

    @property
    def _count(self) -> Count:
        """What the thread of the run counted; before it is known, that which asks."""
        asked = threading.get_ident() if self._run is None else self._run
        return self._counts.setdefault(asked, Count())

    @property
    def refused(self) -> Counter[str]:
        """Number of configurations that were refused, by cost."""
        return self._count.refused

    @property
    def looked_at(self) -> int:
        """Number of configurations that were held against the limits."""
        return len(self._count.seen)

    def broken(self, config: Config) -> tuple[str, ...]:
        """Return the costs of which a configuration has too much; each configuration is counted once."""
        key = identity(config)
        with self._lock:
            if key not in self._known:
                if len(self._known) >= KNOWN:
                    self._known.clear()
                self._known[key] = self._broken(config)
            found = self._known[key]
            count = self._counts.setdefault(threading.get_ident(), Count())
            if key not in count.seen:
                count.seen.add(key)
                count.refused.update(found[:1])
            return found

    def _broken(self, config: Config) -> tuple[str, ...]:
        try:
            costs = self.costs(config)
        except Exception:  # a module of a person's own cannot be made of these values: its trial says so
            return ()
        found = tuple(cost for cost in TOLD if costs.get(cost, 0.0) > self.most.get(cost, float("inf")))
        if found or LATENCY not in self.most or self.latency is None:
            return found
        spent = self.latency(config)
        self._measured.append(spent)
        fastest = min(self._measured)
        if len(self._measured) >= MEASURED and fastest > self.most[LATENCY]:
            raise SpaceError(
                f"None of {len(self._measured)} networks is fast enough: the fastest took "
                f"{in_words(LATENCY, fastest)}, and {seconds_in_words(self.most[LATENCY])} are allowed.",
                "Allow more by max_latency, or give the space smaller layers.",
            )
        return (LATENCY,) if spent > self.most[LATENCY] else ()

    def _kept(self, cost: str) -> Callable[[Mapping[str, Any]], bool]:
        def keeps(config: Mapping[str, Any]) -> bool:
            return cost not in self.broken(dict(config))

        keeps.__name__ = f"keeps_{cost}"
        return keeps

    def told(self) -> str | None:
        """Return how many networks were refused and why, in a sentence; None where none was."""
        if not self.refused:
            return None
        parts = [f"{self._beyond(cost)} ({count:,}x)" for cost, count in self.refused.most_common()]
        number = sum(self.refused.values())
        return (
            f"{number:,} network{'s' * (number != 1)} of {self.looked_at:,} drawn "
            f"{'were' if number != 1 else 'was'} refused before training: {', '.join(parts)}."
        )

    def _beyond(self, cost: str) -> str:
        return f"more than {in_words(cost, self.most[cost])}"

    def newly_refused(self) -> dict[str, Any] | None:
        """Return `to_json`, where something was refused since this was asked last, and that is a while ago.

        The thread that asks is that of the run.
        """
        self._run = threading.get_ident()
        now, number = time.monotonic(), sum(self.refused.values())
        if number == self._told or now - self._told_at < PAUSE:
            return None
        self._told, self._told_at = number, now
        return self.to_json()

    def to_json(self) -> dict[str, Any]:
        """Return what was refused, for the record."""
        reasons = [{"why": self._beyond(cost), "count": count} for cost, count in self.refused.most_common()]
        return {"looked_at": self.looked_at, "refused": reasons}


def blocked(space: SearchSpace, limits: Limits, draws: int = DRAWS) -> str | None:
    """Return a sentence on the limit that blocks, where more than 95 % of a space breaks one; else None.

    Parameters
    ----------
    space : SearchSpace
        Without the limits among its rules.
    limits : Limits
        What is asked here is not counted: a copy is made.
    draws : int
        How many configurations are drawn.
    """
    if not limits.most:
        return None
    counted = {cost: most for cost, most in limits.most.items() if cost != LATENCY}
    asked = Limits(counted, limits.costs)
    rng = generator_of("limits")
    for _ in range(draws if counted else 0):
        try:
            asked.broken(space.sample(rng))
        except SpaceError:
            break
    number = sum(asked.refused.values())
    if not asked.looked_at or number <= MOST_REFUSED * asked.looked_at:
        return None
    worst, count = asked.refused.most_common(1)[0]
    return (
        f"{number / asked.looked_at:.0%} of the space breaks a limit, mostly {OPTIONS[worst]}: {count:,} of "
        f"{asked.looked_at:,} networks have more than {in_words(worst, limits.most[worst])}. "
        "Allow more, or give the space smaller layers."
    )
