"""Inputs of every kind and architectures of every family, drawn at random: what the tests of networks run over."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from automl_magic.engine.holes import Choice, Int
from automl_magic.engine.space import SearchSpace
from automl_magic.networks.architecture import (
    Candidate,
    bag,
    candidate_space,
    cell,
    conv,
    mlp,
    recurrent,
    repeat,
    residual_mlp,
)
from automl_magic.networks.graph import Inputs

FAMILIES = ("mlp", "residual_mlp", "conv", "recurrent", "cell", "repeat")
EDGES = ("none", "skip", "conv1", "conv3", "conv5", "pool", "max_pool")
SMALL = Choice(1, 3, 8)


def template_of(kind: str) -> Choice:
    """Return small networks of all families that take inputs of a kind."""
    options: dict[str, Any] = {
        "mlp": mlp(depth=Int(0, 3), units=SMALL),
        "residual_mlp": residual_mlp(depth=Int(0, 2), width=SMALL, factor=Choice(1, 2)),
        "conv": conv(depth=Int(0, 5), channels=SMALL, norm=Choice("none", "batch", "layer"), dense=Choice(0, 5)),
        "recurrent": recurrent(layers=Int(1, 3), hidden=SMALL),
        "cell": cell(nodes=Int(2, 5), ops=EDGES, channels=SMALL),
        "repeat": repeat(
            Choice(
                conv(depth=Int(1, 2), channels=SMALL), recurrent(hidden=SMALL), mlp(units=SMALL), cell(channels=SMALL)
            ),
            times=Int(1, 3),
        ),
    }
    if kind == "text":
        options["bag"] = bag(units=SMALL, embedding=Choice(1, 4))
    return Choice(**options)


@cache
def space_of(inputs: Inputs) -> SearchSpace:
    """Return the space of candidates on such inputs."""
    return candidate_space(template_of(inputs.kind), inputs)


@st.composite
def inputs(draw: st.DrawFn) -> Inputs:
    """Draw inputs of any kind, the smallest ones among them."""
    kind = draw(st.sampled_from(("table", "sequence", "image", "text")))
    outputs = draw(st.sampled_from((1, 2, 3, 300)))
    size = st.sampled_from((1, 2, 3, 8, 21))
    if kind == "table":
        categories = tuple(draw(st.lists(st.integers(1, 9), max_size=3)))
        columns = draw(st.integers(0 if categories else 1, 5)) + len(categories)
        return Inputs("table", (columns,), categories, outputs=outputs)
    if kind == "sequence":
        return Inputs("sequence", (draw(size), draw(st.sampled_from((1, 3)))), outputs=outputs)
    if kind == "image":
        return Inputs("image", (draw(size), draw(size), draw(st.sampled_from((1, 3)))), outputs=outputs)
    return Inputs("text", (draw(size),), vocabulary=draw(st.sampled_from((2, 30))), outputs=outputs)


@st.composite
def candidates(draw: st.DrawFn) -> tuple[Inputs, dict[str, Any], Candidate]:
    """Draw inputs, a configuration and the candidate that it stands for."""
    given = draw(inputs())
    space = space_of(given)
    family = draw(st.sampled_from(space["model"].options))
    config = space.fix("model", family).sample(np.random.default_rng(draw(st.integers(0, 2**32 - 1))))
    return given, config, space.make(config)


def rows_of(given: Inputs, rows: int, seed: int = 0) -> np.ndarray:
    """Return rows that such a network takes: codes where codes are asked for."""
    rng = np.random.default_rng(seed)
    if given.kind == "text":
        return rng.integers(0, given.vocabulary, (rows, *given.shape)).astype(np.float32)
    x = rng.normal(size=(rows, *given.shape)).astype(np.float32)
    for place, codes in enumerate(given.categories, start=given.shape[0] - len(given.categories)):
        x[:, place] = rng.integers(0, codes, rows)
    return x
