"""The ensemble of a run: which trials it averages, how good it is, and whether it is better than the best of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_magic.engine.caps import Cap, costs_of
from automl_magic.engine.closing import Made
from automl_magic.engine.events import FoldScore
from automl_magic.engine.history import History, Trial
from automl_magic.engine.sealing import place_of
from automl_magic.engine.spare import spare_of
from automl_magic.errors import RunError
from automl_magic.members import POOL, files_of, pool_of, weighted
from automl_magic.problem import Problem
from automl_magic.tabular.artefacts import read_predictions, write_prediction
from automl_magic.tabular.blending import Blend, Room, blend
from automl_magic.tabular.honest import NUMBERS
from automl_magic.tabular.judges import judge_for

DRAWS = (30, 200)  # fewest and most bootstrap samples that tell whether the ensemble is better than the best trial
ENTRIES = 2_000_000  # draws x entries beyond which there are fewer draws
BYTES = 3e-8  # seconds of reading a fitted model, for each byte
TOGETHER = ("latency", "size")  # what of the members adds up
SLACK = {"latency": 0.9}  # share of a limit that members may use: together they take a little longer than one by one
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
    caps : tuple of Cap
        Limits that the members must keep together.
    measured : mapping of int to mapping, optional
        What each trial costs, where it is not to be taken from its folds: in a run that is made again.
    """

    problem: Problem
    folder: Path
    seed: int = 0
    is_returned: bool = True
    caps: tuple[Cap, ...] = ()
    measured: Mapping[int, Mapping[str, float]] | None = None

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
        y, folds, units = problem.entries()
        weights, classes = problem.entry_weights(), problem.table.task.classes
        is_ordered = problem.splits.uses == "order"
        found = blend(
            predictions,
            y,
            folds,
            problem.metric,
            classes=classes,
            units=units,
            weights=weights,
            is_ordered=is_ordered,
            room=self._room(pool),
            left=left,
        )
        if found is None or (found.weights > 0).sum() < 2:
            return None
        best = history.best()
        if best is None or best not in pool:  # of a run that is taken up again, its predictions may be gone
            return None
        gain, error = gain_of(problem, predictions[pool.index(best)], found.prediction, self.seed, left)
        seconds = (time.perf_counter() - begun) / len(problem.splits.pairs)
        members = [trial for trial, weight in zip(pool, found.weights, strict=True) if weight]
        results = self._results(found, id, y, folds, weights, seconds, self._cost(members))
        if left() < self._seconds_to_read(members):
            return None
        shares = {trial.id: float(weight) for trial, weight in zip(pool, found.weights, strict=True)}
        return Made(weighted(shares), results, _why_not(best, gain, error))

    def _costs(self, trial: Trial) -> Mapping[str, float]:
        """Return what the result would cost if it were this trial alone."""
        return costs_of(trial.scores) if self.measured is None else self.measured.get(trial.id, {})

    def _room(self, pool: Sequence[Trial]) -> Room | None:
        """Return what members may cost together; None without a limit."""
        caps = [cap for cap in self.caps if cap.cost in TOGETHER]
        if not caps:
            return None
        costs = [[self._costs(trial).get(cap.cost, np.inf) for trial in pool] for cap in caps]
        return Room(np.array(costs), np.array([SLACK.get(cap.cost, 1.0) * cap.most for cap in caps]))

    def _cost(self, members: Sequence[Trial]) -> dict[str, float]:
        """Return what members cost together, as far as that was measured of all of them."""
        costs = [self._costs(trial) for trial in members]
        return {name: sum(one[name] for one in costs) for name in TOGETHER if all(name in one for one in costs)}

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

    def _results(
        self,
        found: Blend,
        id: int,
        y: NDArray[Any],
        folds: NDArray[Any],
        weights: NDArray[Any] | None,
        seconds: float,
        costs: dict[str, float],
    ) -> Mapping[int, FoldScore]:
        problem, results = self.problem, {}
        classes = problem.table.task.classes
        for fold in range(len(problem.splits.pairs)):
            inside = folds == fold
            prediction = found.prediction[inside]
            asked = (y[inside], prediction, classes, None if weights is None else weights[inside])
            score = float(problem.metric.score(*asked))
            beside = problem.beside.natural(problem.beside.score(*asked))
            name = f"ensemble-{-id}-fold-{fold:02d}-prediction.npy"
            file = write_prediction(self.folder, name, prediction, str(spare_of(self.folder)))
            scores = {problem.beside.name: float(beside)}
            results[fold] = FoldScore(score, seconds, scores, {"prediction": file}, costs=costs)
        return results


def gain_of(
    problem: Problem, alone: NDArray[Any], other: NDArray[Any], seed: int, left: Callable[[], float]
) -> tuple[float, float]:
    """Return by how much other predictions are better than those of a trial alone, and the standard error of that.

    Rows, or groups, are drawn with replacement, the same for both. The best trial was chosen on these rows and what is
    done to the others was not: the comparison favours the trial.
    """
    y, folds, units = problem.entries()
    judge = judge_for(problem.metric, y, [alone, other], folds, problem.table.task.classes, problem.entry_weights())
    drawn = np.unique(units, return_inverse=True)[1]
    count, rng = int(drawn.max()) + 1, np.random.default_rng(seed)
    draws = int(np.clip(ENTRIES // len(y), *DRAWS)) if judge.draws is None else min(judge.draws, DRAWS[1])
    gains = []
    for _ in range(draws):
        if left() <= 0:
            return float("nan"), float("nan")
        times = np.bincount(rng.integers(0, count, count), minlength=count)[drawn]
        alone_scores, other_scores = judge.compare(times.astype(float)[None, :])[0]
        gains.append(other_scores - alone_scores)
    whole = judge.compare(np.ones((1, len(y))))[0]
    return float(whole[1] - whole[0]), float(np.nanstd(gains))


def _why_not(best: Trial, gain: float, error: float) -> str | None:
    """Return why the ensemble is not what the run returns; None where it is better beyond noise."""
    return None if gain > BEYOND * error else f"not better than trial {best.id} beyond noise"
