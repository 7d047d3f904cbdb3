"""What the kernel says of a race: its rows. `widgets/src/protocol.ts` is generated from them."""

from __future__ import annotations

from typing import Literal, TypedDict

from automl_magic.notebook.protocol_rows import RunState


class RaceRow(TypedDict):
    """A race: what is raced on, where it stands in one sentence, and who won as far as that can be said."""

    kind: Literal["race"]
    title: str
    metric: str
    better: Literal["higher", "lower"]
    repeat: int
    repeats: int
    state: RunState
    line: str
    verdict: list[str]
    minimum: float | None


class RunnerRow(TypedDict):
    """One searcher of a race, by place. Curves hold a value a trial; `dots` and `looked` are those of this repeat."""

    kind: Literal["runner"]
    place: int
    name: str
    made: int
    of: int | None
    best: float | None
    runs: int
    middle: list[float | None]
    low: list[float | None]
    high: list[float | None]
    dots: list[float | None]
    looked: list[list[float]]


class PlaneRow(TypedDict):
    """A test function of two numbers: its contours and valleys as points within 0 to 1, and what the axes are."""

    kind: Literal["plane"]
    across: str
    up: str
    reach: list[float]
    contours: list[list[list[float]]]
    valleys: list[list[float]]


class RaceBatch(TypedDict):
    """What the kernel sends of a race: rows to upsert, and the number of the batch."""

    rows: list[RaceRow | RunnerRow | PlaneRow]
    seq: int
