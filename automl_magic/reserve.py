"""How much of a run's time is kept for what follows the search, and what of that still fits."""

from __future__ import annotations

import sys

from automl_magic.problem import Problem
from automl_magic.tabular.blending import PARTS, ROWS
from automl_magic.tabular.boosters import installed

LEAST, SHARE, MOST = 0.15, 0.02, 0.3  # seconds, share of the time, and the largest share that is kept
CELL_SECONDS = 2e-6  # of the honest score, for each prediction of each class; a little more than a usual one needs
COLUMN_SECONDS = 1e-5  # of the last resort, for each column and fold
MEAN_SECONDS = 7e-6  # of an ensemble's weights, for each prediction that they are chosen on, and each time they are
MEMBERS, MODEL_SECONDS = 6, 0.004  # of an ensemble: how many it usually has, and of reading a model of one
IMPORT_SECONDS = 0.3  # of the package of a booster, before its model can be read
APART_SECONDS = 2e-7  # of a prediction for a row kept apart, for each of its columns


def reserve_for(problem: Problem, seconds: float, ensemble: bool = False) -> float:
    """Return the seconds that are kept for the ensemble, loading the winner, its honest score and the sentences.

    It is an estimate by size: what does not fit after all is left out, and that is said.
    """
    table, apart = problem.table, problem.apart
    predictions = sum(len(test) for _, test in problem.splits.pairs) * max(1, len(table.task.classes) - 1)
    needed = LEAST + SHARE * seconds + CELL_SECONDS * predictions
    needed += COLUMN_SECONDS * len(table.columns) * len(problem.splits.pairs)
    if ensemble:
        needed += MEAN_SECONDS * min(ROWS, predictions) * (max(PARTS, len(problem.splits.pairs)) + 1)
        needed += MEMBERS * MODEL_SECONDS * len(problem.splits.voters)
        needed += IMPORT_SECONDS * sum(name not in sys.modules for name in installed())
    if apart is not None:
        models = len(problem.splits.voters) * (MEMBERS if ensemble else 1)
        needed += APART_SECONDS * len(apart.y) * len(apart.columns) * models
    return min(needed, MOST * seconds)
