"""The compiled joint tree-structured Parzen estimator: a drop-in for hyperopt's, and the searcher of runs.

Plain hyperopt can use it: ``hyperopt.fmin(f, space, algo=automl_magic.engine.tpe.suggest, max_evals=100)``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Container, Iterable, Mapping
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from automl_magic.engine.columns import Columns
from automl_magic.engine.documents import Documents
from automl_magic.engine.events import Config
from automl_magic.engine.history import View
from automl_magic.engine.hyperopt_columns import columns_of_domain, misc_of
from automl_magic.engine.joint import Settings, proposals
from automl_magic.engine.searchers import Searcher, sample_new
from automl_magic.engine.space import SearchSpace
from automl_magic.engine.space_columns import SpaceRows
from automl_magic.extend import SEARCHERS

Floats: TypeAlias = NDArray[np.float64]
Told: TypeAlias = tuple[Floats, dict[str, Any]]
REDRAWS = 100  # proposals that were tried already, after which a finite space is gone through
LISTED = 20_000  # configurations of a finite space that are gone through

_columns: WeakKeyDictionary[Any, Columns] = WeakKeyDictionary()
_read: WeakKeyDictionary[Any, WeakKeyDictionary[Any, Documents]] = WeakKeyDictionary()


def suggest(
    new_ids: Iterable[int], domain: Any, trials: Any, seed: int, settings: Settings | None = None
) -> list[dict[str, Any]]:
    """Propose configurations for hyperopt: use it as `algo` of `hyperopt.fmin`.

    The space is compiled once for each Domain, and each document of `trials` is read once.

    Parameters
    ----------
    new_ids : iterable of int
        Ids of the documents to make. Each proposal is pending for those after it.
    domain : hyperopt.base.Domain
        The space.
    trials : hyperopt.Trials
        What was tried. Trials without a finite loss, or that raised, have failed; those without a result are pending.
        The key "cost" of a result, where there is one, is what the trial cost, in any unit.
    seed : int
        The same seed and documents give the same proposals.
    settings : Settings, optional
        How the estimator searches.

    Returns
    -------
    list of dict
        One document for each id, as `trials.new_trial_docs` makes them.

    References
    ----------
    See `automl_magic.engine.joint`.
    """
    settings = settings or Settings()
    if domain not in _columns:
        _columns[domain] = columns_of_domain(domain)
    columns = _columns[domain]
    documents = _read.setdefault(trials, WeakKeyDictionary()).setdefault(domain, Documents(columns))
    documents.read(trials)
    evidence, rng = documents.evidence(), np.random.default_rng(seed)
    made, batch = [], set[bytes]()
    for number in new_ids:
        rows = (_as_told(columns, row) for row in proposals(columns, evidence, rng, settings))
        row, values = _first_new(columns, rows, documents.seen, batch)
        batch.add(row.tobytes())
        evidence = evidence.with_pending(row)
        misc = misc_of(columns, domain, number, values)
        made += trials.new_trial_docs([number], [None], [domain.new_result()], [misc])
    return made


def _as_told(columns: Columns, row: Floats) -> Told:
    """Return the values of a row, and the row that the values have: both are the same wherever they are computed."""
    told, values = np.full(len(row), np.nan), {}
    for place in np.flatnonzero(~np.isnan(row)).tolist():
        column = columns.all[place]
        values[column.label] = column.value(float(row[place]))
        told[place] = column.coordinate(values[column.label])
    return told, values


def _first_new(columns: Columns, rows: Iterable[Told], seen: Container[bytes], batch: Container[bytes]) -> Told:
    """Return the first row that was not tried; the very first where everything was."""

    def is_new(told: Told) -> bool:
        key = told[0].tobytes()
        return key not in seen and key not in batch

    drawn = list[Told]()
    for told in itertools.islice(rows, REDRAWS):
        if is_new(told):
            return told
        drawn.append(told)
    left = (_as_told(columns, _row(columns, found)) for found in itertools.islice(columns.every(), LISTED))
    return next(filter(is_new, left), drawn[0])


def _row(columns: Columns, found: Mapping[int, float]) -> Floats:
    return np.array([found.get(column.place, math.nan) for column in columns.all])


class JointTPE:
    """Propose by the joint estimator; where it finds nothing that a rule allows and was not tried, a random draw does.

    Parameters
    ----------
    name : str
        What trials say of it.
    settings : Settings
        How the estimator searches.
    """

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.settings = settings
        self._spaces: WeakKeyDictionary[SearchSpace, SpaceRows] = WeakKeyDictionary()

    def __reduce__(self) -> tuple[type[JointTPE], tuple[str, Settings]]:
        return JointTPE, (self.name, self.settings)

    def is_starting(self, view: View) -> bool:
        """Whether too little is known for the estimator: it draws from the prior."""
        return len(view.trials) < self.settings.startup

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""
        if view.space not in self._spaces:
            self._spaces[view.space] = SpaceRows(view.space)
        rows = self._spaces[view.space]
        evidence, besides = rows.evidence(view), rows.tried(view)
        for row in itertools.islice(proposals(rows.columns, evidence, rng, self.settings), REDRAWS):
            config = rows.config(row)
            if not rows.is_tried(config, besides) and not view.space.broken_rules(config):
                return config
        return sample_new(view, rng)


@SEARCHERS.register("tpe")
def tpe() -> Searcher:
    """Propose by a joint tree-structured Parzen estimator."""
    return JointTPE("tpe", Settings())
