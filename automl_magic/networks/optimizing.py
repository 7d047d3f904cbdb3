"""The steps of a training: which weights decay, how the learning rate runs, how weights are averaged."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from automl_magic.errors import RunError
from automl_magic.networks.training import Training

MOMENTUM = 0.9  # of stochastic gradient descent
WARM = 0.05  # share of the steps in which the learning rate rises


def optimizer_of(module: nn.Module, training: Training) -> torch.optim.Optimizer:
    """Return the optimiser of a module; vectors (biases, normalisations) do not decay.

    Raises
    ------
    RunError
        If the module has no weights to learn.
    """
    weights = [weight for weight in module.parameters() if weight.requires_grad]
    if not weights:
        raise RunError(
            f"{type(module).__name__} has no weights to learn.", "Make its layers in __init__, as attributes of self."
        )
    groups = [
        {"params": [weight for weight in weights if weight.ndim > 1], "weight_decay": training.weight_decay},
        {"params": [weight for weight in weights if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    is_plain = all(weight.is_floating_point() for weight in weights)
    if training.optimizer == "sgd":
        return torch.optim.SGD(groups, training.learning_rate, momentum=MOMENTUM, nesterov=True, fused=is_plain)
    return torch.optim.AdamW(groups, training.learning_rate, fused=is_plain)


def rate_at(training: Training, step: int, steps: int) -> float:
    """Return the learning rate of a step, the first one being 0.

    Examples
    --------
    >>> training = Training(learning_rate=0.1)
    >>> [round(rate_at(training, step, 100), 3) for step in (0, 4, 5, 52, 99)]
    [0.02, 0.1, 0.1, 0.051, 0.0]
    """
    warm = max(1, int(WARM * steps))
    if step < warm:
        return training.learning_rate * (step + 1) / warm
    if training.schedule == "constant":
        return training.learning_rate
    return training.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, steps - warm))))


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of all weights."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def floats_of(module: nn.Module) -> list[torch.Tensor]:
    """Return the weights and the running statistics of a module, no copies."""
    return [value for value in module.state_dict().values() if value.is_floating_point()]


def average(mean: list[torch.Tensor], now: list[torch.Tensor], step: int, decay: float) -> None:
    """Draw the running mean of the weights towards what they are after so many steps; at first quickly."""
    lerp: Any = torch._foreach_lerp_
    lerp(mean, now, 1 - min(decay, (1 + step) / (10 + step)))


def batches_of(rows: int, batch_size: int) -> int:
    """Return into how many minibatches of about that size the rows are dealt evenly, of two rows at least.

    Examples
    --------
    >>> batches_of(3200, 64), batches_of(65, 64), batches_of(10, 64), batches_of(3, 1)
    (50, 1, 1, 1)
    """
    return max(1, min(round(rows / batch_size), rows // 2))
