"""The rows of a search over neural networks: curves, sizes, limits, and the picture of one network."""

from __future__ import annotations

from typing import Literal, TypedDict


class CurvePoint(TypedDict):
    """The validation score after an epoch, the first is 1; null where it was not finite."""

    epoch: int
    score: float | None


class CurveRow(TypedDict):
    """How a network learned, by trial: scores are in the metric's natural sign. `why` its line ends, once it does."""

    kind: Literal["learning"]
    trial: int
    points: list[CurvePoint]
    why: str | None


class SizeRow(TypedDict):
    """How large a network is, by trial, and how long it takes for one row; null where that was not measured."""

    kind: Literal["size"]
    trial: int
    parameters: int | None
    multiply_adds: int | None
    latency_ms: float | None


class Refusal(TypedDict):
    """How many networks were drawn and refused before they were trained, and why."""

    why: str
    count: int


class LimitsRow(TypedDict):
    """The most that a network may be, null where there is no limit, and what was refused. There is one such row.

    Only a search over networks has one.
    """

    kind: Literal["limits"]
    parameters: int | None
    multiply_adds: int | None
    latency_ms: float | None
    memory_mb: float | None
    refused: list[Refusal]


class NetworkBox(TypedDict):
    """A block of a network: its units or channels (`width`, null without), the shape that it gives on, itself in words.

    `kind` is what it does: "linear", "conv1d", "add".
    """

    id: str
    label: str
    kind: str
    width: int | None
    shape: list[int]
    parameters: int
    multiply_adds: int
    text: str


NetworkArc = TypedDict("NetworkArc", {"from": str, "to": str, "label": str})
NetworkArc.__doc__ = "A connection between two blocks, by their ids; in a cell the label names the operation on it."


class NetworkRow(TypedDict):
    """The blocks of a network and how they are connected, by trial: the answer to network. No boxes: nobody knows."""

    kind: Literal["network"]
    trial: int
    title: str
    boxes: list[NetworkBox]
    arcs: list[NetworkArc]
