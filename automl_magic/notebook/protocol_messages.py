"""What the panel says to the kernel: a few messages. `widgets/src/protocol.ts` is generated from them."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

from automl_magic.notebook.protocol_rows import Scalar


class ReadyMessage(TypedDict):
    """The view is there, or has missed something; `have` is the last batch that it holds. Send it every row."""

    kind: Literal["ready"]
    have: int


class PlainMessage(TypedDict):
    """Stop, pause or continue the run; take the last edit of the space back; work out which parameters act together."""

    kind: Literal["stop", "pause", "continue", "undo", "insight"]


class CodeMessage(TypedDict):
    """Send the code that makes the space; or run it."""

    kind: Literal["copy", "run"]


class SeekMessage(TypedDict):
    """Go to a second of a recording."""

    kind: Literal["seek"]
    position: float


class SpeedMessage(TypedDict):
    """Play a recording so many times as fast as it was."""

    kind: Literal["speed"]
    value: float


class SkipMessage(TypedDict):
    """End one running trial; null means the oldest."""

    kind: Literal["skip"]
    trial: int | None


class NarrowMessage(TypedDict):
    """Set the bounds of a number."""

    kind: Literal["narrow"]
    label: str
    low: float
    high: float


class ChooseMessage(TypedDict):
    """Keep these options of a choice."""

    kind: Literal["choose"]
    label: str
    options: list[Scalar]


class ResetMessage(TypedDict):
    """Give a parameter its declared range back."""

    kind: Literal["reset"]
    label: str


class FixMessage(TypedDict):
    """Give a parameter one value."""

    kind: Literal["fix"]
    label: str
    value: Scalar


class RuleMessage(TypedDict):
    """Add a rule, take it away, or ask what it would do."""

    kind: Literal["rule", "unrule", "check"]
    text: str


class AddTimeMessage(TypedDict):
    """Lengthen the run."""

    kind: Literal["add_time"]
    seconds: float


class EnqueueMessage(TypedDict):
    """Try this configuration next; labels that it lacks take their defaults."""

    kind: Literal["enqueue"]
    config: dict[str, Scalar]


class DescribeMessage(TypedDict):
    """Tell the steps of a trial, or the blocks of its network."""

    kind: Literal["describe", "network"]
    trial: int


Message: TypeAlias = (
    ReadyMessage
    | PlainMessage
    | CodeMessage
    | SeekMessage
    | SpeedMessage
    | SkipMessage
    | NarrowMessage
    | ChooseMessage
    | ResetMessage
    | FixMessage
    | RuleMessage
    | AddTimeMessage
    | EnqueueMessage
    | DescribeMessage
)
