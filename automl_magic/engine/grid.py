"""Grid search: a few values of each parameter, and every combination of them, none twice."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

import numpy as np

from automl_magic.engine import drawing
from automl_magic.engine.combining import combinations_of
from automl_magic.engine.events import Config
from automl_magic.engine.history import View
from automl_magic.engine.room import DRAWS, told
from automl_magic.engine.search_options import whole_number
from automl_magic.engine.searchers import Searcher, Walk, seen_in
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import SpaceError
from automl_magic.extend import SEARCHERS

ENDED = "every point of the grid was tried"
EXACT = 2_000  # points up to which those that break a rule are counted one by one
ROUNDS = 4  # of mixing; Luby and Rackoff 1988: four make an order that cannot be told from a random one


class GridSearcher:
    """Visit the points of a grid, none twice, in an order that looks random and is always the same.

    A run that ends early has then seen values from all over the grid, and not the first corner of it. No point is made
    before its turn, so a grid may have any size.

    Parameters
    ----------
    points : int
        Points for each number, from bound to bound on its scale; choices have all their options.
    """

    name = "grid"

    def __init__(self, points: int) -> None:
        self.points = whole_number(self.name, "points", points, 1)
        self.ended = ENDED
        self._of: SearchSpace | None = None
        self._walk = Walk(iter(()))

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""
        if self._of is not view.space:
            self._of, self._walk, self.ended = view.space, Walk(self.visit(view.space)), ENDED
        return self._walk.first_beside(seen_in(view))

    def check(self, space: SearchSpace) -> None:
        """Refuse a space of which no point of the grid meets the rules.

        Raises
        ------
        SpaceError
            If none is found.
        """
        next(self.visit(space), None)

    def announce(self, space: SearchSpace, trials: int | None) -> str:
        """Say how many points there are, and what share of them a number of trials can cover at most."""
        found = combinations_of(space.ordered, self.points)
        size, besides = None if found is None else found.size, ""
        if found is not None and space.rules:
            if found.size <= EXACT:
                size = sum(not space.broken_rules(found[number]) for number in range(found.size))
            else:
                besides = ", those that rules refuse included"
        values = f"{self.points} values" if self.points > 1 else "1 value"
        said = f"The grid has {_counted(size)} ({values} for each number, every option{besides})."
        if trials is None or (size is not None and size <= trials):
            return said
        share = 0.0 if size is None else trials / size
        covered = "next to none" if share < 1e-6 else f"{100 * share:.2g} %"
        return f"{said} {trials:,} trials cover {covered} of them at most."

    def visit(self, space: SearchSpace) -> Iterator[Config]:
        """Yield the points that meet the rules; where none of 10,000 in a row does, no more are looked at.

        Raises
        ------
        SpaceError
            If there was none before; it says how many were looked at, and names the rules.
        """
        refused: Counter[str] = Counter()
        kept = looked_at = 0
        size, points = self._points(space)
        for config in points:
            broken = space.broken_rules(config)
            if not broken:
                kept, looked_at = kept + 1, 0
                refused.clear()
                yield config
                continue
            refused.update(rule.text for rule in broken)
            looked_at += 1
            if looked_at == DRAWS:
                break
        if refused and not kept:
            which = "points" if looked_at < DRAWS or looked_at == size else f"points, the first out of {_counted(size)}"
            raise SpaceError(
                f"No point of the grid that meets the rules was found: {told(refused, looked_at)} {which}.",
                "Loosen it, or take more points.",
            )
        if looked_at == DRAWS:
            met = f"{kept:,} point{'s' * (kept != 1)} of the grid met the rules"
            self.ended = f"{met}, and of those that came next {told(refused, looked_at)}"

    def _points(self, space: SearchSpace) -> tuple[int | None, Iterator[Config]]:
        """Return the number of points, those that rules refuse included, and the points in their order."""
        combinations = combinations_of(space.ordered, self.points)
        if combinations is None:  # too entangled to be counted: in their own order
            return None, drawing.combine(space.ordered, self.points)
        size, seed = combinations.size, space.fingerprint()
        places = (_place(number, size, seed) for number in range(size))
        return size, (combinations[place] for place in places)


def _place(number: int, size: int, seed: str) -> int:
    """Return the place of a point that is visited as number `number`: a random order that need not be kept.

    A Feistel network shuffles the numbers below a power of two; one that falls beyond the size is shuffled again.
    """
    half = (max(size - 1, 1).bit_length() + 1) // 2
    mask = (1 << half) - 1
    while True:
        left, right = number >> half, number & mask
        for turn in range(ROUNDS):
            mixed = hashlib.blake2b(f"{seed}/{turn}/{right}".encode(), digest_size=16).digest()
            left, right = right, left ^ (int.from_bytes(mixed, "big") & mask)
        number = left << half | right
        if number < size:
            return number


def _counted(size: int | None) -> str:
    if size is None:
        return "more points than can be counted"
    if size >= 10**15:
        return f"about {size:.2g} points".replace("e+", " · 10^")
    return f"{size:,} point{'s' * (size != 1)}"


@SEARCHERS.register("grid")
def grid(points: int = 3) -> Searcher:
    """Visit a grid of `points` values for each number."""
    return GridSearcher(points)
