"""What a candidate costs before it is trained: counted from its graph, or measured on a fresh network."""

from __future__ import annotations

import contextlib
import statistics
import threading
import time
from collections.abc import Iterator
from typing import Any

from automl_magic.networks.architecture import Candidate
from automl_magic.networks.counting import memory_bytes, multiply_adds, parameters
from automl_magic.networks.families.own import OwnModule
from automl_magic.networks.graph import Inputs
from automl_magic.networks.limits import MEMORY, MULTIPLY_ADDS, PARAMETERS
from automl_magic.networks.shaping import graph_of

DRAWING = threading.RLock()  # held by who draws in torch's generator, which all threads share
TIMES, LEAST_TIMES, LONGEST = 20, 3, 0.2  # predictions that are timed, at least so many of them, and seconds for all


def counted(candidate: Candidate, inputs: Inputs) -> dict[str, float]:
    """Return parameters, multiply-adds and bytes of memory of a candidate.

    Of a person's own module the parameters alone are counted, by making it.
    """
    architecture, training = candidate.architecture, candidate.training
    if isinstance(architecture, OwnModule):
        with seeds_kept():
            module = architecture.make(inputs)
        return {PARAMETERS: float(sum(part.numel() for part in module.parameters()))}
    graph = graph_of(architecture, inputs)
    return {
        PARAMETERS: float(parameters(graph)),
        MULTIPLY_ADDS: float(multiply_adds(graph)),
        MEMORY: float(memory_bytes(graph, training.batch_size, training.optimizer)),
    }


def latency_of_row(architecture: Any, inputs: Inputs) -> float:
    """Return the seconds that a fresh network takes to predict one row: the median of 20 times, in one thread."""
    from automl_magic.networks.module import module_of

    with seeds_kept():
        module = module_of(architecture, inputs)
    return latency_of_module(module, inputs)


def latency_of_module(module: Any, inputs: Inputs) -> float:
    """Return the seconds that a network takes to predict one row: the median of 20 times, in one thread."""
    import torch

    row = torch.zeros((1, *inputs.shape))
    was_training = module.training
    module.eval()
    spent: list[float] = []
    try:
        with one_thread(), torch.inference_mode():
            module(row)
            while len(spent) < TIMES and (len(spent) < LEAST_TIMES or sum(spent) < LONGEST):
                begun = time.perf_counter()
                module(row)
                spent.append(time.perf_counter() - begun)
    finally:
        module.train(was_training)
    return statistics.median(spent)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread for a while: what two threads compute is not the same to the last bit."""
    import torch

    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def seeds_kept() -> Iterator[None]:
    """Leave torch's generator as it was: weights are drawn for a network that is only looked at."""
    import torch

    with DRAWING:
        state = torch.get_rng_state()
        try:
            yield
        finally:
            torch.set_rng_state(state)
