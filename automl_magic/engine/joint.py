"""The joint tree-structured Parzen estimator: from columns and evidence to proposals, the best first.

References
----------
Bergstra, Bardenet, Bengio, Kegl (2011), "Algorithms for Hyper-Parameter Optimization", NeurIPS, section 4.
Watanabe (2023), "Tree-Structured Parzen Estimator: Understanding Its Algorithm Components and Their Roles for Better
Empirical Performance", arXiv 2304.11127.
Hvarfner et al. (2022), "piBO: Augmenting Acquisition Functions with User Beliefs for Bayesian Optimization",
arXiv 2204.11051.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from automl_magic.engine.columns import Column, Columns
from automl_magic.engine.families import Arm, Besides, Choose, Fork, by_promise
from automl_magic.engine.observations import DONE, FAILED, Evidence, Places, capped
from automl_magic.engine.parzen import TINY, Kernels, Layout, kernels_of

Floats: TypeAlias = NDArray[np.float64]
FLOOR = math.log(0.01)

PATIENCE = 2  # rounds of proposals that the rule's family must fail to be used, before others are proposed too


@dataclass(frozen=True)
class Settings:
    """How the estimator searches.

    Attributes
    ----------
    startup : int
        Random draws before the estimator.
    candidates : int
        Draws from the good mixture, of which the best is proposed.
    gamma, gamma_of_few, most_good : float, float, int
        The good trials are the best `gamma` of all, rounded up, and at most `most_good`; the best `gamma_of_few` where
        every label is a category or has few values. There what surrounds the best is soon tried out, and tables are
        rugged (those of HPOBench have 700 to 1,900 local minima among 30,000 points), so that more trials must say
        where to go on. Watanabe (2023) compares such shares, in the section on splitting the trials.
    least_width : float
        The least width of a kernel as a share of the range.
    rows : int
        Most trials that the mixtures see.
    enough : int
        Trials of a family from which on only they are seen.
    trust, most_trust : float
        After n trials a person's prior has the share trust / n, and at most `most_trust`; the flat one has the rest.
    choose : callable
        The rule for the next family.
    """

    startup: int = 10
    candidates: int = 24
    gamma: float = 0.1
    gamma_of_few: float = 0.2
    most_good: int = 25
    least_width: float = 0.03
    rows: int = 500
    enough: int = 10
    trust: float = 10.0
    most_trust: float = 0.75
    choose: Choose = field(default=by_promise)


def proposals(columns: Columns, evidence: Evidence, rng: np.random.Generator, settings: Settings) -> Iterator[Floats]:
    """Yield rows of coordinates without end, NaN where a label does not count: the first is the one to try.

    A caller who cannot use one (a rule forbids it, it was tried) takes the next.
    """
    spent = set[int]()
    for number in itertools.count():
        asking = settings if number < PATIENCE else replace(settings, choose=Besides(frozenset(spent)))
        settled = _settle(columns, evidence, rng, asking)
        if len(evidence.losses) < settings.startup:
            yield from _drawn(columns, settled, rng, settings.most_trust)
        else:
            yield from _estimated(columns, evidence, settled, rng, settings)
        if columns.family is not None:
            spent.add(settled[columns.family.place])
            spent = set[int]() if len(spent) == columns.family.options else spent


def _settle(columns: Columns, evidence: Evidence, rng: np.random.Generator, settings: Settings) -> dict[int, int]:
    """Take an option of every fork that counts: the family first, then from the top down."""
    settled: dict[int, int] = {}
    family = columns.family
    for column in sorted(columns.forks, key=lambda fork: fork is not family):
        if not column.counts(settled):
            continue
        fork = fork_of(columns, column, evidence, _way(columns, column, settled))
        option = settings.choose(fork, rng)
        if option is None:
            option = _option_of(fork, evidence, rng, settings)
        settled[column.place] = option
    return settled


def _way(columns: Columns, column: Column, settled: dict[int, int]) -> dict[int, int]:
    """Return the options of the family, and of what a fork hangs on."""
    family = columns.family
    places = columns.above(column) | ({family.place} if family is not None else set())
    return {place: option for place, option in settled.items() if place in places}


def fork_of(columns: Columns, column: Column, evidence: Evidence, settled: dict[int, int]) -> Fork:
    """Return what is known of the options of a fork by those who came the same way."""
    here = _same_way(evidence, settled)
    awaited = [row[column.place] for row in evidence.pending if all(row[place] == settled[place] for place in settled)]
    taken, standings, losses = evidence.column(column.place)[here], evidence.standings[here], evidence.losses
    worst = losses[evidence.standings == DONE].max(initial=-np.inf)
    told = np.where(standings == DONE, losses[here], worst if np.isfinite(worst) else np.inf)
    told = np.where(standings == FAILED, np.inf, told)
    arms = []
    for option in range(column.options):
        mine = taken == option
        turns = here[mine]
        weight = 1.0 / column.options if column.prior is None else column.prior[option]
        labels, pending = columns.below(column, option), awaited.count(float(option))
        arms.append(Arm(option, labels, weight, told[mine], turns, evidence.costs[turns], pending))
    family = columns.family
    below = family is not None and (column is family or family.place in columns.above(column))
    return Fork(column.label, tuple(arms), len(settled), len(losses), below, columns.is_of_amounts(column))


def _same_way(evidence: Evidence, settled: dict[int, int]) -> Places:
    """Return the trials for which the forks were settled so."""
    same = np.ones(len(evidence.ended), dtype=bool)
    for place, option in settled.items():
        same &= evidence.column(place) == option
    return np.flatnonzero(same)


def _option_of(fork: Fork, evidence: Evidence, rng: np.random.Generator, settings: Settings) -> int:
    """Draw an option after its share among the good trials that came this way, and the prior."""
    weights = np.array([arm.weight for arm in fork.arms])
    count = sum(len(arm.losses) for arm in fork.arms)
    if evidence.losses.size >= settings.startup and count:
        turns = np.concatenate([arm.turns for arm in fork.arms])
        good = set(evidence.best(np.sort(turns), _number_of_good(count, settings.gamma, settings)).tolist())
        weights = weights + [sum(turn in good for turn in arm.turns.tolist()) for arm in fork.arms]
    shares = np.cumsum(weights)
    return min(int(np.searchsorted(shares, rng.random() * shares[-1], side="right")), len(shares) - 1)


def _number_of_good(count: int, gamma: float, settings: Settings) -> int:
    return min(math.ceil(gamma * count), settings.most_good)


def _layout(columns: Columns, settled: dict[int, int]) -> Layout:
    key = ("layout", *sorted(settled.items()))
    if key not in columns.kept:
        columns.kept[key] = Layout(columns.counting(settled))
    layout: Layout = columns.kept[key]
    return layout


def _drawn(columns: Columns, settled: dict[int, int], rng: np.random.Generator, trust: float) -> Iterator[Floats]:
    """Yield a draw from the prior."""
    layout = _layout(columns, settled)
    nothing = np.empty((0, len(layout.columns)))
    prior = kernels_of(layout, nothing, np.empty(0), trust, 1.0)
    yield from _whole(columns, layout, settled, prior.draw(1, rng))


def _whole(columns: Columns, layout: Layout, settled: dict[int, int], points: Floats) -> Iterator[Floats]:
    for point in points:
        row = np.full(len(columns.all), np.nan)
        row[layout.places] = point
        for place, option in settled.items():
            row[place] = option
        yield row


def _estimated(
    columns: Columns, evidence: Evidence, settled: dict[int, int], rng: np.random.Generator, settings: Settings
) -> Iterator[Floats]:
    """Yield candidates by the ratio of the good and the bad mixture."""
    layout = _layout(columns, settled)
    trust = min(settings.most_trust, settings.trust / len(evidence.losses)) if layout.has_prior else 0.0
    good, bad = _mixtures(columns, layout, evidence, settled, trust, settings)
    points = good.draw(settings.candidates, rng)
    for place, option in settled.items():
        points[:, np.flatnonzero(layout.places == place)] = option
    scores = good.log_density(points) - bad.log_density(points)
    if trust > 0.0:
        scores = scores + trust * _log_prior(layout, points)
    order = np.argsort(-np.round(scores, 9), kind="stable")  # the last digits differ from processor to processor
    yield from _whole(columns, layout, settled, points[order])


def _mixtures(
    columns: Columns, layout: Layout, evidence: Evidence, settled: dict[int, int], trust: float, settings: Settings
) -> tuple[Kernels, Kernels]:
    rows = _rows_for(columns, evidence, settled, settings.enough)
    gamma = settings.gamma_of_few if layout.is_of_few else settings.gamma
    best = evidence.best(rows, _number_of_good(len(rows), gamma, settings))
    is_good = np.zeros(len(evidence.ended), dtype=bool)
    is_good[best] = True
    rest = capped(rows[~is_good[rows]], settings.rows - len(best))
    good_rows = evidence.coordinates(np.sort(best), layout.places)
    bad_rows = np.concatenate([evidence.coordinates(rest, layout.places), evidence.pending[:, layout.places]])
    weights = _improvements(evidence, best, rest)[np.argsort(best)]
    mixtures = []
    for rows_seen, row_weights in ((good_rows, weights), (bad_rows, np.ones(len(bad_rows)))):
        kernels = kernels_of(layout, rows_seen, row_weights, trust, settings.least_width)
        mixtures.append(kernels.given(settled))
    return mixtures[0], mixtures[1]


def _rows_for(columns: Columns, evidence: Evidence, settled: dict[int, int], enough: int) -> Places:
    """Return the trials of the same family, and within it of the same way, as far down as there are enough of them."""
    family = columns.family
    inner = [place for place in settled if family is not None and family.place in columns.above(columns.all[place])]
    way = {place: settled[place] for place in ([family.place] if family is not None else []) + inner}
    while True:
        rows = _same_way(evidence, way)
        if len(rows) >= enough or not way:
            return rows
        way.popitem()


def _improvements(evidence: Evidence, best: Places, rest: Places) -> Floats:
    """Return weights of the good trials, the best first: how much each is better than the best of the others.

    Watanabe (2023), section 3.2.3, "expected improvement"; none has less than a tenth of the mean.
    """
    if not len(best):
        return np.empty(0)
    standing, losses = evidence.standings[best], evidence.losses[best]
    done = rest[evidence.standings[rest] == DONE]
    limit = float(evidence.losses[done].min()) if len(done) else float(losses[standing == DONE].max(initial=-np.inf))
    gains = np.where(standing == DONE, limit - losses, 0.0).clip(0.0)
    mean = float(gains.mean())
    if not (math.isfinite(mean) and mean > 0.0):
        return np.ones(len(best))
    return np.asarray(np.maximum(gains / mean, 0.1))


def _log_prior(layout: Layout, points: Floats) -> Floats:
    """Return the logarithm of a person's prior at some points, relative to its mode.

    No label has less than `FLOOR`: however sure a person was, what was seen must be able to outweigh it.
    """
    numbers = points[:, layout.numbers]
    said = np.array([column.prior is not None for column in layout.columns if not column.options], dtype=bool)
    distance = (numbers - layout.prior_mean) / layout.prior_deviation
    logs: Floats = np.maximum(-0.5 * distance[:, said] ** 2, FLOOR).sum(axis=1)
    for number, (place, _) in enumerate(layout.categories):
        shares = layout.shares[number]
        if shares is not None:
            told = np.maximum(np.log(np.maximum(shares / shares.max(), TINY)), FLOOR)
            logs = logs + told[points[:, place].astype(np.intp)]
    return logs
