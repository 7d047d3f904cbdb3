"""The target of a regression as a network learns it: with mean 0 and deviation 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def scale_of(numbers: NDArray[Any]) -> tuple[float, float]:
    """Return mean and deviation of a target; a deviation of 0 counts as 1."""
    return float(numbers.mean()), float(numbers.std()) or 1.0


def scaled(numbers: NDArray[Any], scale: tuple[float, float]) -> NDArray[np.float32]:
    """Return a target as the network learns it, shape (n_rows, 1)."""
    return np.asarray((numbers - scale[0]) / scale[1], dtype=np.float32)[:, None]
