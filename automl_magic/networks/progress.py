"""A network in training: what changes from one epoch to the next, and which of its epochs is kept."""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

import torch
from torch import nn

from automl_magic.engine.seeds import seed_of
from automl_magic.networks.measuring import DRAWING
from automl_magic.networks.training import Training


@dataclass(frozen=True)
class Rows:
    """What is learnt from.

    Attributes
    ----------
    x : Tensor of shape (n_rows, ...)
        Float32, channels last.
    y : Tensor of shape (n_rows,) or (n_rows, 1)
        Places of the classes as int64; or the scaled numbers as float32, one column.
    classes : int or None
        How many classes there are, where that is known.
    """

    x: torch.Tensor
    y: torch.Tensor
    classes: int | None = None

    def __len__(self) -> int:
        return len(self.y)


@dataclass
class Progress:
    """A network in training.

    Attributes
    ----------
    module : Module
        The network with its weights of now.
    mean : Module
        The network that predicts: with the running mean of the weights, or `module` itself.
    training : Training
        How it is trained.
    optimizer : Optimizer
        With its state of now.
    seed : int
        Decides the order of the rows and what is dropped out.
    epochs : int
        Epochs of the whole training, over which the learning rate runs.
    epoch, step : int
        Whole epochs and minibatches done.
    curve : list of float
        The score after each epoch.
    best_epoch : int
        The best epoch, from 1 on, as `is_as_good` sees it; 0 where none is scored.
    best : dict of str to Tensor
        The predicting weights of that epoch.
    is_broken : bool
        Whether the loss is no finite number any more.
    losses : list of float
        Mean loss of the minibatches of each epoch of this process.
    """

    module: nn.Module
    mean: nn.Module
    training: Training
    optimizer: torch.optim.Optimizer
    seed: int
    epochs: int
    epoch: int = 0
    step: int = 0
    curve: list[float] = field(default_factory=list)
    best_epoch: int = 0
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    is_broken: bool = False
    losses: list[float] = field(default_factory=list)

    @property
    def best_score(self) -> float:
        """The score of the best epoch; NaN where none is scored."""
        return self.curve[self.best_epoch - 1] if self.best_epoch else math.nan


@contextlib.contextmanager
def own_draws(*parts: int | str) -> Iterator[None]:
    """Seed torch by a hash of `parts` inside the block; outside it draws as if nothing had been.

    The generator is that of the whole process, so of two threads that draw in it one waits for the other.
    """
    with DRAWING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(*parts))
        yield


def is_as_good(curve: Sequence[float]) -> bool:
    """Return whether the last score of a curve is as good as the highest: not below it by more than a usual step.

    That is the median change from one epoch to the next, in the second half of the curve. A later epoch, with a lower
    learning rate, is then to be preferred: the highest of many scores is partly luck.

    Examples
    --------
    >>> is_as_good([0.1, 0.5, 0.9, 0.91, 0.9]), is_as_good([0.1, 0.5, 0.9, 0.8, 0.7])
    (True, False)
    """
    known = [score for score in curve if math.isfinite(score)]
    if not known or not math.isfinite(curve[-1]):
        return not known
    half = known[len(known) // 2 :]
    steps = [abs(after - before) for before, after in pairwise(half)]
    return known[-1] >= max(known) - (median(steps) if len(steps) > 1 else 0.0)


@dataclass(frozen=True)
class Snapshot:
    """A copy of what an epoch changes."""

    module: dict[str, torch.Tensor]
    mean: dict[str, torch.Tensor]
    optimizer: dict[str, object]
    step: int


def snapshot(progress: Progress) -> Snapshot:
    """Return a copy of what an epoch changes."""
    mean = copied(progress.mean.state_dict()) if progress.training.averaging else {}
    state = copy.deepcopy(progress.optimizer.state_dict())
    return Snapshot(copied(progress.module.state_dict()), mean, state, progress.step)


def restore(progress: Progress, before: Snapshot) -> None:
    """Set a training back to what it was."""
    progress.module.load_state_dict(before.module)
    if before.mean:
        progress.mean.load_state_dict(before.mean)
    progress.optimizer.load_state_dict(before.optimizer)
    progress.step = before.step


def copied(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return a copy of weights."""
    return {name: value.detach().clone() for name, value in weights.items()}
