"""A network of cells: a small graph of nodes with an operation on each edge, repeated.

After NAS-Bench-201 (Dong and Yang 2020, section 2.1): every node takes all nodes before it, each through one operation,
and adds what comes in. An operation with weights is activation, convolution, norm. Between stages the maps are halved
and the channels doubled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from automl_magic.engine.holes import Build, Choice
from automl_magic.engine.repeated import Repeated
from automl_magic.errors import SpaceError
from automl_magic.networks.drawing import Drawing
from automl_magic.networks.families.built import Built, check_parts
from automl_magic.networks.families.fields import ACTIVATION, EMBEDDING, HEAD, Field, OneOf, Share, Whole, check

EDGES = ("none", "skip", "conv1", "conv3", "conv5", "conv7", "pool", "max_pool")
OPS = ("conv3", "conv5", "pool", "skip", "none")
CHANNELS = Choice(8, 16, 32, 64, default=16)
STAGES = Choice(1, 2, 3, default=2)
REPEAT = Choice(1, 2, 3)
HEADS = Choice("mean", "flatten", default="flatten")
PLACES = 256  # maps with more places than this are halved before the first cell
FIELDS: Mapping[str, Field] = {
    "channels": Whole(),
    "stages": Whole(1, 6),
    "repeat": Whole(1, 16),
    "activation": ACTIVATION,
    "head": HEAD,
    "dropout": Share(),
    "embedding": EMBEDDING,
}


@dataclass(frozen=True)
class CellNode:
    """One node: the operation on the edge from each node before it."""

    edges: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for edge in self.edges:
            check("cell", {"ops": OneOf(EDGES)}, {"ops": edge})


@dataclass(frozen=True)
class Cell:
    """A concrete network of cells; see `cell` for the fields."""

    nodes: tuple[CellNode, ...] = (CellNode(), CellNode(("conv3",)), CellNode(("skip", "conv3")))
    channels: int = 16
    stages: int = 2
    repeat: int = 1
    activation: str = "relu"
    head: str = "mean"
    dropout: float = 0.0
    embedding: int | None = None

    def __post_init__(self) -> None:
        check("cell", FIELDS, vars(self))
        check_parts("cell", "node", self.nodes, CellNode)

    def body(self, drawing: Drawing) -> None:
        """Draw the stem and the cells."""
        drawing.maps()
        drawing.next_block("stem")
        halved = False
        while math.prod(drawing.shape[1:]) > PLACES:
            drawing.conv(self.channels, 3, stride=2, bias=False)
            drawing.norm("batch")
            halved = True
        if not halved:
            drawing.conv(self.channels, 3, bias=False)
            drawing.norm("batch")
        for stage in range(self.stages):
            if stage:
                drawing.next_block("halve")
                drawing.activation(self.activation)
                drawing.conv(self.channels * 2**stage, 3, stride=2, bias=False)
                drawing.norm("batch")
            for _ in range(self.repeat):
                drawing.next_block("cell")
                self._draw_cell(drawing)

    def _draw_cell(self, drawing: Drawing) -> None:
        """Draw one cell. A node that nothing reaches gives nothing; a cell like that hands on what it took."""
        first = drawing.at
        channels = drawing.shape[0]
        values: list[str | None] = [first]
        activated: dict[str, str] = {}
        useful = _useful(self.nodes)
        for place, node in enumerate(self.nodes[1:], start=1):
            arriving = []
            drawing.sub_block(f"node{place + 1}")
            for edge, value in zip(node.edges, values, strict=True):
                if edge == "none" or value is None or place not in useful:
                    continue
                arriving.append(_draw_edge(drawing, edge, value, channels, self.activation, activated))
            if not arriving:
                values.append(None)
            else:
                values.append(arriving[0] if len(arriving) == 1 else drawing.add("add", *arriving))
        drawing.at = values[-1] or first

    def close(self, drawing: Drawing) -> None:
        """Draw the last activation, and what leads from the maps to the outputs."""
        drawing.next_block("head")
        drawing.norm("batch")
        drawing.activation(self.activation)
        drawing.shrink(self.head)
        drawing.dropout(self.dropout)


def _useful(nodes: tuple[CellNode, ...]) -> set[int]:
    """Return the places of the nodes that lead to the last one."""
    useful = {len(nodes) - 1}
    for place in range(len(nodes) - 1, 0, -1):
        if place in useful:
            useful |= {before for before, edge in enumerate(nodes[place].edges) if edge != "none"}
    return useful


def _draw_edge(
    drawing: Drawing, edge: str, value: str, channels: int, activation: str, activated: dict[str, str]
) -> str:
    """Draw the operation on an edge that leaves `value`; the activation of a node is drawn once."""
    if edge == "skip":
        return value
    if edge in ("pool", "max_pool"):
        return drawing.smooth("mean_pool" if edge == "pool" else edge, value)
    if value not in activated:
        node, drawing.block = drawing.block, drawing.block_of(value)
        activated[value] = drawing.add("activation", value, function=activation)
        drawing.block = node
    drawing.conv(channels, int(edge.removeprefix("conv")), activated[value], bias=False)
    return drawing.norm("batch")


def cell(
    nodes: Any = 4,
    ops: Any = OPS,
    channels: Any = CHANNELS,
    stages: Any = STAGES,
    repeat: Any = REPEAT,
    activation: Any = "relu",
    head: Any = HEADS,
    dropout: Any = 0.0,
    embedding: Any = None,
) -> Build:
    """Return networks of cells to be searched; every argument but `ops` is a value or a hole.

    Parameters
    ----------
    nodes : int
        Of a cell, the one that takes what comes in included; 2 or more.
    ops : tuple of str
        What may be on an edge: "none", "skip", "conv1", "conv3", "conv5", "conv7", "pool" (a mean), "max_pool".
    channels : int
        Of the first stage; each further one has twice as many.
    stages : int
        After each but the last the maps are halved.
    repeat : int
        Cells of a stage, all alike.
    activation, head, dropout, embedding
        As of `conv`.

    Raises
    ------
    SpaceError
        If an argument, or what a hole may become, is not allowed.

    Examples
    --------
    >>> from automl_magic.engine.space import compile_space
    >>> compile_space(cell(nodes=3, channels=16, stages=2, repeat=1, head="mean")).labels
    ('nodes', 'node2.from1', 'node3.from1', 'node3.from2')
    """
    values = {
        "channels": channels,
        "stages": stages,
        "repeat": repeat,
        "activation": activation,
        "head": head,
        "dropout": dropout,
        "embedding": embedding,
    }
    check("cell", FIELDS, values)
    if isinstance(ops, str) or not ops:
        raise SpaceError(f"cell: ops must be a list of operations. Got {ops!r} instead.", f"Write ops={OPS!r}.")
    for op in ops:
        check("cell", {"ops": OneOf(EDGES)}, {"ops": op})
    repeated = Repeated(nodes, partial(_cell_node, tuple(ops)), "node", "nodes", least=2)
    return Built(Cell, {"nodes": nodes, "ops": tuple(ops), **values}, nodes=repeated, **values)


def _cell_node(ops: tuple[str, ...], number: int) -> Build:
    """Return the template of node `number`: its edges from the nodes before it."""
    edges = {}
    for before in range(1, number):
        first = ("conv3", "skip") if before == number - 1 else ("skip", "none")
        default = next((op for op in first if op in ops), ops[0])
        edges[f"from{before}"] = Choice(*ops, default=default)
    return Build(_node, **edges)


def _node(**edges: str) -> CellNode:
    return CellNode(tuple(edges.values()))
