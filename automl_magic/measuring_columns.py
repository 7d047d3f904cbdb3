"""Measure what each column is worth: when a run ends, in the time that is left, or on demand, with the table again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from automl_magic.column_importance import ColumnImportance, ColumnWorth, importance_of
from automl_magic.engine.history import Trial
from automl_magic.errors import OptionError, RunError
from automl_magic.memory import fit_into_memory
from automl_magic.plan import weights_again
from automl_magic.problem import Problem, read_problem
from automl_magic.tabular.associations import WORK, column_groups
from automl_magic.tabular.column_losses import Fold, Loss
from automl_magic.tabular.evaluate import one_thread
from automl_magic.tabular.fallback import LAST_RESORT
from automl_magic.tabular.fingerprint import fingerprint_of, what_changed
from automl_magic.tabular.judges import scores_on
from automl_magic.tabular.permuting import Permuting
from automl_magic.winner import Winner, winning

if TYPE_CHECKING:
    from automl_magic.result import Record
    from automl_magic.running import Run

NEEDED = 0.1  # seconds that must be left
FIRST, REFINED = 3.0, 0.5  # seconds for every fold once, and after which nothing is shuffled again
SHARE = 0.7  # of the time that is left
SHUFFLES = 10  # of each column, over all folds, when a run ends
ROWS, FEWEST_ROWS = 2_500, 300  # over all folds, and of one at least, when a run ends
MOST_ROWS = 50_000  # over all folds, on demand


def measured_at_end(
    run: Run[Any], problem: Problem, winner: Winner, pipeline: Any, best: Trial
) -> ColumnImportance | None:
    """Return what the columns are worth to the result of a run that has just ended.

    Parameters
    ----------
    run, problem : Run, Problem
        The run; what is left of its time bounds the measuring.
    winner, pipeline : Winner, estimator
        The result.
    best : Trial
        The trial that won.

    Returns
    -------
    ColumnImportance or None
        None where the time does not suffice, or nothing was learnt from the columns.
    """
    allowed, begun = run.left(), time.perf_counter()
    if best.config == LAST_RESORT or not winner.folds or allowed <= NEEDED:
        return None
    kept = (1 - SHARE) * allowed if np.isfinite(allowed) else 0.0

    def left() -> float:
        return min(FIRST - (time.perf_counter() - begun), run.left() - kept)

    count = len(winner.folds)
    models = {fold: partial(winner.of_fold, pipeline, run.folder, problem, fold) for fold in winner.folds}
    return _measured(
        problem,
        winner,
        models,
        seed=run.plan.seed,
        repeats=max(1, round(SHUFFLES / count)),
        rows=max(FEWEST_ROWS, ROWS // count),
        work=WORK * min(1.0, left()),
        left=left,
        refine=lambda: time.perf_counter() - begun < REFINED,
    )


def measured_again(
    record: Record,
    data: Any,
    *,
    y: Any = None,
    test: Any = None,
    sample_weight: Any = None,
    repeats: int = 10,
    seed: int = 0,
) -> ColumnImportance:
    """Return what the columns are worth to the result of a recorded run, with the models in its folder.

    Raises
    ------
    OptionError
        If the run has no models, the table is another one, or `repeats` is no number from 1 on.
    RunError
        If a model is gone, or was written by somebody else.
    """
    if isinstance(repeats, bool) or not isinstance(repeats, int) or repeats < 1:
        raise OptionError(f"repeats must be a number from 1 on. Got {repeats!r} instead.", "Try repeats=10.")
    winner = _winner_in(record)
    problem = _problem_of(record, data, y, test, sample_weight)
    folder = record.folder
    assert folder is not None
    models = {fold: partial(winner.pipeline, folder, problem, fold) for fold in winner.folds}
    with one_thread():
        found = _measured(
            problem, winner, models, seed=seed, repeats=repeats, rows=max(FEWEST_ROWS, MOST_ROWS // len(models))
        )
    if found is None:
        raise RunError(f"{problem.metric.label} is not defined on any fold.", "Search again with another metric.")
    return found


def _measured(
    problem: Problem,
    winner: Winner,
    models: Mapping[int, Callable[[], Any]],
    *,
    seed: int,
    repeats: int,
    rows: int,
    work: float = WORK,
    left: Callable[[], float] = lambda: float("inf"),
    refine: Callable[[], bool] = lambda: True,
) -> ColumnImportance | None:
    table, metric, classes = problem.table, problem.metric, problem.table.task.classes
    places = [place for place, column in enumerate(table.columns) if column.role != "constant"]
    groups = column_groups(table.X, table.columns, seed=seed, work=work)
    units = [*((place,) for place in places), *groups]
    pairs = problem.splits.pairs
    permuting = Permuting(
        table.X,
        np.asarray(table.y),
        units,
        lambda model, X: winner.predict(model, X, problem),
        lambda y, predictions, samples, *weights: scores_on(metric, y, predictions, samples, classes, *weights),
        seed,
        None if table.groups is None else np.asarray(table.groups),
        table.weights,
    )
    folds = [Fold(pairs[fold][1], len(pairs[fold][0]), model) for fold, model in models.items()]
    found = permuting.losses(folds, repeats, rows, left, refine)
    if found is None:
        return None
    names = [column.name for column in table.columns]
    worths = [_worth([names[place] for place in unit], loss) for unit, loss in zip(units, found.of, strict=True)]
    counts = {"folds": found.folds, "repeats": found.repeats, "rows": found.rows}
    return importance_of(worths[: len(places)], worths[len(places) :], **counts)


def _worth(columns: Sequence[str], loss: Loss) -> ColumnWorth:
    return ColumnWorth(tuple(columns), loss.value, loss.error, loss.low, loss.high)


def _winner_in(record: Record) -> Winner:
    """Return the models of a recorded run's result."""
    if "fingerprint" not in record.history.about:
        raise OptionError("This run searched no table: it has no columns.", "record.importance() tells of parameters.")
    if record.folder is None:
        raise OptionError(
            "A saved record holds no fitted models.",
            "Name the run, which lies in .automl: read_record(NAME).column_importance(data).",
        )
    best = winning(record.history)
    if best is None or best.config == LAST_RESORT:
        raise OptionError("The run has no model that learnt from columns.", "Give the search more time.")
    winner = Winner.of(record.history, best)
    if not winner.folds:
        raise RunError("No fold of the winner left a model.", "Run the search again.")
    return winner


def _problem_of(record: Record, data: Any, y: Any, test: Any, sample_weight: Any) -> Problem:
    """Return the table as the run had it: the same rows, the same folds."""
    about = record.history.about
    read = read_problem(record.plan, data, y, test, weights_again(record.plan, sample_weight))
    before, now = dict(about["fingerprint"]), fingerprint_of(read.table, read.apart)
    if test is None and record.plan.test is None:  # a table that was kept apart has no part in it
        before["apart"] = now["apart"] = None
    told = what_changed(before, now)
    if told:
        raise OptionError(
            f"The table is not the one that the run learnt from: {'; '.join(told)}.", "Give the table as it was."
        )
    return fit_into_memory(record.plan, read, 1, about).problem
