"""One fold as torch takes it: rows to learn from, rows to score, and how a network is scored on them."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from automl_magic.networks.progress import Progress, Rows
from automl_magic.networks.scaling import scaled
from automl_magic.networks.train import outputs_of
from automl_magic.tabular.metrics import Metric


@dataclass(frozen=True)
class Fold:
    """What networks learn from and are scored on.

    Attributes
    ----------
    rows : Rows
        What is learnt from.
    x : Tensor of shape (n_held_out, ...)
        What is scored.
    y : ndarray of shape (n_held_out,)
        Its target, as given.
    classes : sequence
        All classes of the task; () for a regression.
    scale : (float, float)
        Mean and deviation of the target of a regression.
    """

    rows: Rows
    x: torch.Tensor
    y: NDArray[Any]
    classes: Sequence[Any]
    scale: tuple[float, float]

    def predict(self, module: nn.Module, is_over: Callable[[], bool] = lambda: False) -> NDArray[Any] | None:
        """Return the prediction for the held-out rows, as metrics take it; None where it was over before the end."""
        told = outputs_of(module, self.x, is_over)
        if told is None:
            return None
        if self.classes:
            return np.asarray(torch.softmax(told.double(), 1).numpy())
        return np.asarray(told.double().numpy()[:, 0] * self.scale[1] + self.scale[0])

    def score(self, prediction: NDArray[Any], metric: Metric) -> float:
        """Return the score of a prediction, higher is better; NaN where there is none."""
        if not np.isfinite(prediction).all():
            return math.nan
        return float(metric.score(self.y, prediction, self.classes))


def fold_of(
    learnt: NDArray[Any],
    held_out: NDArray[Any],
    targets: NDArray[Any],
    y: NDArray[Any],
    classes: Sequence[Any],
    scale: tuple[float, float],
) -> Fold:
    """Return a fold of arrays, which are not copied.

    Parameters
    ----------
    learnt, held_out : ndarray of float32
        Inputs of a network.
    targets : ndarray of shape (n_learnt,)
        Places of the classes, or numbers that are not scaled yet.
    y : ndarray of shape (n_held_out,)
        Target of the held-out rows, as given.
    classes, scale
        As of `Fold`.
    """
    wanted = targets.astype(np.int64) if classes else scaled(targets, scale)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # shared arrays cannot be written to, and nobody does
        x = torch.from_numpy(held_out)
        rows = Rows(torch.from_numpy(learnt), torch.from_numpy(wanted), len(classes) or None)
    return Fold(rows, x, y, classes, scale)


def best_of(progress: Progress) -> nn.Module:
    """Return a copy of the network with the weights of its best epoch."""
    best = copy.deepcopy(progress.mean)
    best.load_state_dict(progress.best)
    return best
