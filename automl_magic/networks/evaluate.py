"""Score one candidate: train its network for some epochs, keep the best one, go on from there when asked again."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from automl_magic.engine.events import Artefact, Config, FoldScore
from automl_magic.engine.sealing import own_key
from automl_magic.engine.spare import spare_of
from automl_magic.errors import RunError
from automl_magic.networks.counting import multiply_adds
from automl_magic.networks.families.own import OwnModule
from automl_magic.networks.limits import LATENCY, MULTIPLY_ADDS, PARAMETERS
from automl_magic.networks.measuring import latency_of_module, one_thread
from automl_magic.networks.reading import NetworkData
from automl_magic.networks.scaling import scale_of
from automl_magic.networks.shaping import graph_of
from automl_magic.tabular.artefacts import read_artefact, write_artefact, write_prediction
from automl_magic.tabular.counting import codes_and_levels
from automl_magic.tabular.metrics import Metric

if TYPE_CHECKING:
    import torch
    from torch import nn

    from automl_magic.engine.space import SearchSpace
    from automl_magic.networks.progress import Progress

BACKWARD = 3.0  # times the work of a prediction that learning from a row takes


class NetworkEvaluator:
    """Score candidates of a space of networks. It travels to the workers as a pickle.

    Parameters
    ----------
    data : NetworkData
        Rows, target and task.
    split : (ndarray, ndarray)
        Rows that networks learn from, and rows that they are scored on.
    metric, beside : Metric
        What is searched for, and what is shown next to it.
    space : SearchSpace
        Its `make` turns a configuration into a `Candidate`.
    folder : str or path
        The run's folder; files go to its `artefacts`.
    levels : sequence of int
        Epochs after which networks are compared, rising; the last is a whole training.
    longest : float, optional
        Seconds that a whole training may take; what would take longer is refused by its first minibatches.

    Attributes
    ----------
    prepare : transformer
        The preparation, fitted on the rows of training.
    """

    heeds_time = True
    takes_rounds = False  # the epochs of a rung are always the same

    def __init__(
        self,
        data: NetworkData,
        split: tuple[NDArray[Any], NDArray[Any]],
        metric: Metric,
        beside: Metric,
        space: SearchSpace,
        folder: str | Path,
        levels: Sequence[int] = (1, 3, 9, 27),
        longest: float | None = None,
    ) -> None:
        self.inputs, self.task, self.split = data.inputs, data.task, split
        self.metric, self.beside, self.space = metric, beside, space
        self.levels, self.longest = tuple(levels), longest
        self.folder, self._spare, self._key = str(folder), str(spare_of(folder)), own_key()
        self.folds, self.rungs = 1, len(self.levels)
        self.shares = [level / self.levels[-1] for level in self.levels]
        train, test = split
        learnt = data.rows(train)
        self.prepare = clone(data.prepare).fit(learnt)
        self._learnt, self._held_out = self.prepare.transform(learnt), self.prepare.transform(data.rows(test))
        is_number = data.task.kind == "regression"
        self._targets = np.asarray(data.y if is_number else _places(data))[train]
        self._scale = scale_of(self._targets) if is_number else (0.0, 1.0)
        self._truth = data.y[test]

    @property
    def told(self) -> tuple[Any, ...]:
        """What a failed trial may say of the data: shapes and counts, no values."""
        sizes = [len(rows) for rows in self.split]
        counts = (*self.inputs.shape, *self.inputs.categories, self.inputs.vocabulary, self.inputs.outputs)
        return (self.task.target, self.metric.name, self.metric.label, sum(sizes), *counts, *sizes, *self.levels)

    def cost(self, config: Config) -> float:
        """Return what a whole training costs, in multiply-adds; NaN for a module of the person's own."""
        candidate = self.space.make(config)
        if isinstance(candidate.architecture, OwnModule):
            return math.nan
        work = multiply_adds(graph_of(candidate.architecture, self.inputs))
        return BACKWARD * work * len(self.split[0]) * self.levels[-1]

    def evaluate(
        self,
        config: Config,
        fold: int = 0,
        rung: int = 0,
        seed: int = 0,
        state: FoldScore | None = None,
        trial: int = 0,
        hidden: bool = False,
        seconds: float | None = None,
    ) -> FoldScore:
        """Train up to the epochs of a rung, and leave prediction, best weights and the training in the folder.

        With the result of a lower rung as `state` the training goes on; where its files are gone it begins anew, to
        the same bits. When the `seconds` are over it ends before the next minibatch.

        Raises
        ------
        TooSlow
            If a whole training would take longer than it may.
        RunError
            If nothing came of it: the loss is no finite number, or there was no time.
        """
        from automl_magic.networks.fold import best_of, fold_of
        from automl_magic.networks.module import module_of
        from automl_magic.networks.train import start, train_epochs

        if hidden:
            raise RunError("A search of networks has no baseline to score.")
        begun = time.perf_counter()
        deadline = math.inf if seconds is None else begun + seconds
        candidate = self.space.make(config)
        make = partial(module_of, candidate.architecture, self.inputs)
        held = fold_of(self._learnt, self._held_out, self._targets, self._truth, self.task.classes, self._scale)
        resumed = self._resumed(state, make)
        progress = resumed or start(make, candidate.training, self.levels[-1], seed)
        done, epoch = len(progress.curve), progress.epoch

        def is_over() -> bool:
            return time.perf_counter() >= deadline

        def judge(module: nn.Module) -> float | None:
            prediction = held.predict(module, is_over) if progress.best else held.predict(module)
            return None if prediction is None else held.score(prediction, self.metric)

        with one_thread():
            train_epochs(progress, held.rows, self.levels[rung], judge, is_over, None if resumed else self.longest)
            trained = time.perf_counter() - begun
            best = best_of(progress) if progress.best else None
            prediction = None if best is None else held.predict(best)
            if best is None or prediction is None or not np.isfinite(prediction).all():
                raise RunError(_nothing(progress, candidate.training.learning_rate))
            costs = {LATENCY: latency_of_module(best, self.inputs)}
        costs[PARAMETERS] = float(sum(weight.numel() for weight in best.parameters()))
        if not isinstance(candidate.architecture, OwnModule):
            costs[MULTIPLY_ADDS] = float(multiply_adds(graph_of(candidate.architecture, self.inputs)))
        if progress.epoch > epoch:
            costs["seconds_per_epoch"] = trained / (progress.epoch - epoch)
        scores = {self.beside.name: self.beside.natural(held.score(prediction, self.beside))}
        artefacts = self._keep(f"trial-{trial:05d}-fold-{fold:02d}-rung-{rung}", progress, prediction, rung)
        spent = time.perf_counter() - begun
        curve = [float(score) for score in progress.curve[done:]]
        return FoldScore(progress.best_score, spent, scores, artefacts, progress.best_epoch, costs, curve)

    def _resumed(self, state: FoldScore | None, make: Any) -> Progress | None:
        """Return the training that a lower rung left; None without one, or where it cannot be read."""
        from automl_magic.networks.pausing import progress_from_bytes

        if state is None or "state" not in state.artefacts:
            return None
        try:
            return progress_from_bytes(read_artefact(self.folder, state.artefacts["state"]), make)
        except RunError:
            return None

    def _keep(self, stem: str, progress: Progress, prediction: NDArray[Any], rung: int) -> dict[str, Artefact]:
        """Leave prediction, weights and, below the top, the training in the folder."""
        from automl_magic.networks.pausing import progress_to_bytes, weights_to_bytes

        model = weights_to_bytes(progress.best)
        files = {
            "prediction": write_prediction(self.folder, f"{stem}-prediction.npy", prediction, self._spare),
            "model": write_artefact(self.folder, f"{stem}-model.safetensors", model, self._key, self._spare),
        }
        if rung < self.rungs - 1 and progress.epoch:
            content = progress_to_bytes(progress)
            files["state"] = write_artefact(self.folder, f"{stem}-state.safetensors", content, self._key, self._spare)
        return files


def _places(data: NetworkData) -> NDArray[Any]:
    """Return the place of each row's class among all classes of the task: these rows may lack one that others have."""
    codes, levels = codes_and_levels(data.y)
    places = {label: place for place, label in enumerate(data.task.classes)}
    own: NDArray[Any] = np.array([places[label] for label in np.asarray(levels).tolist()])
    return np.asarray(own[codes])


def read_weights(folder: str | Path, result: FoldScore) -> dict[str, torch.Tensor]:
    """Return the weights of the best epoch of a scored candidate.

    Raises
    ------
    RunError
        If the file is gone or is not what the run wrote.
    """
    from automl_magic.networks.pausing import weights_from_bytes

    return weights_from_bytes(read_artefact(folder, result.artefacts["model"]))


def _nothing(progress: Progress, rate: float) -> str:
    """Say why there is no result."""
    if progress.best:
        return f"The network gives no finite numbers after {progress.epoch} epochs with a learning rate of {rate:.2g}."
    if progress.is_broken:
        return f"The loss is no finite number in epoch {progress.epoch + 1} with a learning rate of {rate:.2g}."
    return "There was no time for a single minibatch."
