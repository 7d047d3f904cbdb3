"""Train a network epoch by epoch: it can be scored, interrupted, paused, and taken up again to the last bit."""

from __future__ import annotations

import copy
import math
import sys
import time
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import nn
from torch.nn import functional

from automl_magic.errors import RunError
from automl_magic.networks.guard import Guard
from automl_magic.networks.measuring import one_thread
from automl_magic.networks.optimizing import average, batches_of, floats_of, optimizer_of, rate_at, set_rate
from automl_magic.networks.progress import Progress, Rows, copied, is_as_good, own_draws, restore, snapshot
from automl_magic.networks.training import Training

Judge: TypeAlias = Callable[[nn.Module], "float | None"]

CHUNK = 256  # rows that are predicted at once
IS_FINE = sys.platform != "win32"  # the clock of a process ticks in less than a minibatch; the lesser time counts then
LARGEST_NORM = 5.0  # of a gradient; longer ones are cut to it


def start(make: Callable[[], nn.Module], training: Training, epochs: int, seed: int) -> Progress:
    """Make a network and what its training needs.

    Parameters
    ----------
    make : callable
        Returns the network; what it draws hangs on `seed`.
    training : Training
        How it is trained.
    epochs : int
        Epochs of the whole training.
    seed : int
        Seeds weights, order of the rows and dropout.
    """
    with own_draws(seed, "weights"):
        module = make()
    module.train()
    mean = copy.deepcopy(module) if training.averaging else module
    return Progress(module, mean, training, optimizer_of(module, training), seed, epochs)


def train_epochs(
    progress: Progress,
    rows: Rows,
    until: int,
    judge: Judge | None = None,
    is_over: Callable[[], bool] = lambda: False,
    longest: float | None = None,
) -> list[float]:
    """Go on with a training up to an epoch, and score the network after each.

    Where `is_over` ends it within an epoch, the network is set back to the last whole one. If there is none yet, the
    network is scored as it stands, for something is better than nothing.

    Parameters
    ----------
    progress : Progress
        It is changed in place.
    rows : Rows
        What is learnt from.
    until : int
        The epoch to reach.
    judge : callable, optional
        Returns the score of a network, higher is better; None where it was over before all was predicted.
    is_over : callable
        Asked before every minibatch whether to stop.
    longest : float, optional
        Seconds that all epochs together may take; the first minibatches tell.

    Returns
    -------
    list of float
        The scores of these epochs.

    Raises
    ------
    TooSlow
        If all epochs would take longer than `longest`.
    RunError
        If the network gives another number of outputs than there are classes.
    """
    done = len(progress.curve)
    steps = batches_of(len(rows), progress.training.batch_size) * progress.epochs
    guard = None if longest is None else Guard(longest, steps, progress.epochs)
    with one_thread():
        while progress.epoch < min(until, progress.epochs) and not progress.is_broken:
            before = snapshot(progress)
            is_whole = _epoch(progress, rows, is_over, guard)
            is_first = not progress.best and progress.step > 0 and not progress.is_broken
            if (is_whole or is_first) and _is_scored(progress, judge) and is_whole:
                progress.epoch += 1
                continue
            restore(progress, before)
            break
    return progress.curve[done:]


def _epoch(progress: Progress, rows: Rows, is_over: Callable[[], bool], guard: Guard | None) -> bool:
    """Learn from all rows once; return whether that came to its end."""
    training, module = progress.training, progress.module
    count = batches_of(len(rows), training.batch_size)
    steps, total = count * progress.epochs, 0.0
    module.train()
    averaged = training.averaging > 0
    mean, now = (floats_of(progress.mean), floats_of(module)) if averaged else ([], [])
    with own_draws(progress.seed, "epoch", progress.epoch):
        for batch in torch.randperm(len(rows)).tensor_split(count):
            if is_over():
                return False
            begun = time.perf_counter(), time.process_time()
            set_rate(progress.optimizer, rate_at(training, progress.step, steps))
            loss = _loss(module, rows.x[batch], rows.y[batch], training.label_smoothing, rows.classes)
            value = float(loss.detach())
            if not math.isfinite(value):
                progress.is_broken = True
                return False
            progress.optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(module.parameters(), LARGEST_NORM)
            progress.optimizer.step()
            progress.step += 1
            total += value
            if averaged:
                average(mean, now, progress.step, training.averaging)
            if guard is not None:
                ended = time.perf_counter(), time.process_time()
                wall, own = (after - before for before, after in zip(begun, ended, strict=True))
                guard.tell(min(wall, own) if IS_FINE else wall, len(batch))
    progress.losses.append(total / count)
    return True


def _loss(
    module: nn.Module, x: torch.Tensor, y: torch.Tensor, smoothing: float, classes: int | None = None
) -> torch.Tensor:
    told = module(x)
    if y.is_floating_point():
        if told.shape != y.shape:
            raise RunError(
                f"The network must give one number for each row, shape {tuple(y.shape)}. Got {tuple(told.shape)}.",
                "Let its last layer be Linear(…, 1).",
            )
        return functional.mse_loss(told, y)
    if told.ndim != 2 or len(told) != len(y):
        raise RunError(
            f"The network must give one row of numbers for each row, shape ({len(y)}, classes). "
            f"Got {tuple(told.shape)}.",
            "Flatten what comes before its last layer.",
        )
    largest = int(y.max())
    if largest >= told.shape[1] or (classes is not None and told.shape[1] != classes):
        there = f"{classes}" if classes is not None else f"at least {largest + 1}"
        raise RunError(
            f"The network gives {told.shape[1]} numbers for each row, and there are {there} classes.",
            "Let its last layer give one number for each class.",
        )
    return functional.cross_entropy(told, y, label_smoothing=smoothing)


def _is_scored(progress: Progress, judge: Judge | None) -> bool:
    """Score the network, keep its weights where they are as good as any, and return whether there was time."""
    if judge is None:
        return True
    score = judge(progress.mean)
    if score is None:
        return False
    progress.curve.append(score)
    if not progress.best or is_as_good(progress.curve):
        progress.best_epoch = len(progress.curve)
        progress.best = copied(progress.mean.state_dict())
    return True


def outputs_of(module: nn.Module, x: torch.Tensor, is_over: Callable[[], bool] = lambda: False) -> torch.Tensor | None:
    """Return what a network gives for rows, in evaluation mode; None where it was over before the last."""
    module.eval()
    parts = []
    with one_thread(), torch.no_grad():
        for chunk in torch.split(x, CHUNK):
            if is_over():
                return None
            parts.append(module(chunk))
    return torch.cat(parts)
