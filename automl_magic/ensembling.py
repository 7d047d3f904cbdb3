"""The ensemble of a run: which trials it averages, how good it is, and whether it is better than the best of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_magic.engine.closing import Made
from automl_magic.engine.events import FoldScore
from automl_magic.engine.history import History, Trial
from automl_magic.engine.sealing import place_of
from automl_magic.engine.spare import spare_of
from automl_magic.errors import RunError
from automl_magic.members import POOL, files_of, pool_of, weighted
from automl_magic.problem import Problem
from automl_magic.tabular.artefacts import read_predictions, write_prediction
from automl_magic.tabular.blending import Blend, blend
from automl_magic.tabular.honest import NUMBERS
from automl_magic.tabular.judges import judge_for

DRAWS = (30, 200)  # fewest and most bootstrap samples that tell whether the ensemble is better than the best trial
ENTRIES = 2_000_000  # draws x entries beyond which there are fewer draws
BYTES = 3e-8  # seconds of reading a fitted model, for each byte
BEYOND = 1.0  # standard errors of the difference by which it must be better


@dataclass(frozen=True)
class Ensembling:
    """Make the ensemble of a run; see `engine.closing.Close`.

    Attributes
    ----------
    problem : Problem
        The table, its folds and the metric.
    folder : Path
        The run's folder, in which the predictions lie.
    seed : int
        Seeds the bootstrap.
    is_returned : bool
        Whether the models of the members are wanted, so that a trial whose models are gone is none; not so where a run
        is only compared with its record.
    """

    problem: Problem
    folder: Path
    seed: int = 0
    is_returned: bool = True

    def __call__(self, history: History, id: int, left: Callable[[], float]) -> Made | None:
        """Return the row of the ensemble.

        None where no two trials are better together, where there is no time for it, or where not even the predictions
        of two can be held at once.
        """
        begun = time.perf_counter()
        pool, predictions = self._read(pool_of(history, self._most()), left)
        if len(pool) < 2:
            return None
        problem = self.problem
        rows, folds = problem.splits.entries()
        y, classes, groups = np.asarray(problem.table.y)[rows], problem.table.task.classes, problem.table.groups
        units = rows if groups is None else np.asarray(groups)[rows]
        is_ordered = problem.splits.uses == "order"
        found = blend(
            predictions, y, folds, problem.metric, classes=classes, units=units, is_ordered=is_ordered, left=left
        )
        if found is None or (found.weights > 0).sum() < 2:
            return None
        best = history.best()
        if best is None or best not in pool:  # of a run that is taken up again, its predictions may be gone
            return None
        gain, error = self._gain(predictions[pool.index(best)], found, y, folds, units, left)
        seconds = (time.perf_counter() - begun) / len(problem.splits.pairs)
        results = self._results(found, id, y, folds, seconds)
        if left() < self._seconds_to_read([trial for trial, weight in zip(pool, found.weights, strict=True) if weight]):
            return None
        weights = {trial.id: float(weight) for trial, weight in zip(pool, found.weights, strict=True)}
        return Made(weighted(weights), results, _why_not(best, gain, error))

    def _most(self) -> int:
        """Return how many trials may be members: as many as there is memory for their predictions."""
        entries = sum(len(test) for _, test in self.problem.splits.pairs)
        return min(POOL, NUMBERS // max(1, entries * max(1, len(self.problem.table.task.classes))))

    def _has_models(self, trial: Trial) -> bool:
        """Whether the models of a trial are there: of a run that is taken up again, they would be fitted once more."""
        files = files_of(trial, "model")
        places = [place_of(self.folder, file) for file in files.values()]
        return len(files) == len(trial.scores) and all(place is not None and place.exists() for place in places)

    def _seconds_to_read(self, members: Sequence[Trial]) -> float:
        """Return about how long it takes to read the models of all members."""
        files = [artefact for trial in members for artefact in files_of(trial, "model").values()]
        places = [place for file in files if (place := place_of(self.folder, file)) is not None and place.exists()]
        return BYTES * sum(place.stat().st_size for place in places)

    def _read(self, pool: Sequence[Trial], left: Callable[[], float]) -> tuple[list[Trial], list[NDArray[Any]]]:
        """Return the trials whose predictions are there, and these."""
        there, predictions = [], []
        entries = sum(len(test) for _, test in self.problem.splits.pairs)
        for trial in pool:
            if left() <= 0:
                return [], []
            if self.is_returned and not self._has_models(trial):
                continue
            try:
                prediction = read_predictions(self.folder, files_of(trial, "prediction"))
            except (RunError, ValueError, KeyError):  # of a run that is taken up again, they may be gone or cut short
                continue
            if len(prediction) == entries:
                there.append(trial)
                predictions.append(prediction)
        return there, predictions

    def _gain(
        self,
        alone: NDArray[Any],
        found: Blend,
        y: NDArray[Any],
        folds: NDArray[Any],
        units: NDArray[Any],
        left: Callable[[], float],
    ) -> tuple[float, float]:
        """Return by how much the ensemble is better than the best trial, and the standard error of that.

        Rows, or groups, are drawn with replacement, the same for both. The best trial was chosen on these rows and the
        ensemble's weights were not: the comparison favours the trial.
        """
        judge = judge_for(self.problem.metric, y, [alone, found.prediction], folds, self.problem.table.task.classes)
        drawn = np.unique(units, return_inverse=True)[1]
        count, rng = int(drawn.max()) + 1, np.random.default_rng(self.seed)
        draws = int(np.clip(ENTRIES // len(y), *DRAWS)) if judge.draws is None else min(judge.draws, DRAWS[1])
        gains = []
        for _ in range(draws):
            if left() <= 0:
                return float("nan"), float("nan")
            times = np.bincount(rng.integers(0, count, count), minlength=count)[drawn]
            alone_scores, mean_scores = judge.compare(times.astype(float)[None, :])[0]
            gains.append(mean_scores - alone_scores)
        whole = judge.compare(np.ones((1, len(y))))[0]
        return float(whole[1] - whole[0]), float(np.nanstd(gains))

    def _results(
        self, found: Blend, id: int, y: NDArray[Any], folds: NDArray[Any], seconds: float
    ) -> Mapping[int, FoldScore]:
        problem, results = self.problem, {}
        classes = problem.table.task.classes
        for fold in range(len(problem.splits.pairs)):
            inside = folds == fold
            prediction = found.prediction[inside]
            score = float(problem.metric.score(y[inside], prediction, classes))
            beside = problem.beside.natural(problem.beside.score(y[inside], prediction, classes))
            name = f"ensemble-{-id}-fold-{fold:02d}-prediction.npy"
            file = write_prediction(self.folder, name, prediction, str(spare_of(self.folder)))
            results[fold] = FoldScore(score, seconds, {problem.beside.name: float(beside)}, {"prediction": file})
        return results


def _why_not(best: Trial, gain: float, error: float) -> str | None:
    """Return why the ensemble is not what the run returns; None where it is better beyond noise."""
    return None if gain > BEYOND * error else f"not better than trial {best.id} beyond noise"
