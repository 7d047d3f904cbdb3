"""A training on disk: weights and numbers only, in the format of safetensors, so that to read it runs nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from automl_magic.errors import RunError
from automl_magic.networks.progress import Progress, copied
from automl_magic.networks.train import start
from automl_magic.networks.training import Training

ABOUT = "about"  # the name under which the numbers stand, as the bytes of a JSON text
PARTS = ("module", "mean", "best")


def weights_to_bytes(weights: Mapping[str, torch.Tensor]) -> bytes:
    """Return weights as the content of a file."""
    return save({name: value.detach().clone().contiguous() for name, value in weights.items()})


def weights_from_bytes(content: bytes) -> dict[str, torch.Tensor]:
    """Return the weights that `weights_to_bytes` wrote.

    Raises
    ------
    RunError
        If the content is none.
    """
    try:
        return dict(load(content))
    except (SafetensorError, ValueError) as error:
        raise RunError(f"This is no file of weights: {error}.", "Run the search again.") from None


def progress_to_bytes(progress: Progress) -> bytes:
    """Return a training as the content of a file, between two epochs."""
    parts = {
        "module": progress.module.state_dict(),
        "mean": progress.mean.state_dict() if progress.training.averaging else {},
        "best": progress.best,
    }
    tensors = {f"{part}.{name}": value for part, weights in parts.items() for name, value in weights.items()}
    state = progress.optimizer.state_dict()["state"]
    for number, values in state.items():
        tensors |= {f"optimizer.{number}.{name}": value for name, value in values.items() if value is not None}
    about = {
        "training": progress.training.to_json(),
        "seed": progress.seed,
        "epochs": progress.epochs,
        "epoch": progress.epoch,
        "step": progress.step,
        "curve": progress.curve,
        "best_epoch": progress.best_epoch,
        "is_broken": progress.is_broken,
    }
    tensors[ABOUT] = torch.frombuffer(bytearray(json.dumps(about).encode()), dtype=torch.uint8)
    return weights_to_bytes(tensors)


def progress_from_bytes(content: bytes, make: Callable[[], nn.Module]) -> Progress:
    """Return the training that `progress_to_bytes` wrote, ready to go on.

    Parameters
    ----------
    content : bytes
        What was written.
    make : callable
        Returns the network, as for `train.start`.

    Raises
    ------
    RunError
        If the content is no such training, or of another network.
    """
    tensors = weights_from_bytes(content)
    try:
        about = json.loads(bytes(tensors.pop(ABOUT).numpy()))
        progress = start(make, Training.from_json(about.pop("training")), about.pop("epochs"), about.pop("seed"))
        for name, value in about.items():
            setattr(progress, name, value)
        module, mean, progress.best = (_part(tensors, part) for part in PARTS)
        progress.module.load_state_dict(module)
        if mean:
            progress.mean.load_state_dict(mean)
        whole = progress.optimizer.state_dict()
        progress.optimizer.load_state_dict({**whole, "state": _state(tensors)})
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise RunError(f"This is no paused training of this network: {error}.", "Run the search again.") from error
    return progress


def _part(tensors: Mapping[str, torch.Tensor], part: str) -> dict[str, torch.Tensor]:
    found = {name.partition(".")[2]: value for name, value in tensors.items() if name.startswith(f"{part}.")}
    return copied(found)


def _state(tensors: Mapping[str, torch.Tensor]) -> dict[int, dict[str, Any]]:
    state: dict[int, dict[str, Any]] = {}
    for name, value in _part(tensors, "optimizer").items():
        number, _, what = name.partition(".")
        state.setdefault(int(number), {})[what] = value
    return state
