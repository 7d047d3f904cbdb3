"""What the kernel and the panel say to each other: rows to upsert one way, a few checked messages the other way.

`widgets/src/protocol.ts` is generated from this file by `widgets/generate_protocol.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from typing import Any, Literal, TypeAlias, TypedDict, cast

Scalar: TypeAlias = None | bool | int | float | str
RunState: TypeAlias = Literal["starting", "running", "paused", "stopping", "ended"]
TrialState: TypeAlias = Literal["running", "paused", "done", "pruned", "failed", "stopped"]
Stage: TypeAlias = Literal["data preparation", "feature engineering", "model", "evaluation"]

MAX_LABEL = 300  # characters of a parameter's label
MAX_TEXT = 1000  # characters of one option's key
MAX_OPTIONS = 1000  # options of one choice
MAX_CONFIG = 1000  # values of one configuration
LONGEST = 7 * 24 * 3600.0  # seconds that may be added at once
LARGEST = 2**1023  # a whole number above this has no float


class AboutRow(TypedDict):
    """What the run is; scores are in the metric's natural sign. There is one such row."""

    kind: Literal["about"]
    run: str
    title: str
    metric: str
    better: Literal["higher", "lower"]
    task: str
    models: list[str]
    baseline: float | None
    searcher: str
    repeatable: str


class TrialRow(TypedDict):
    """One trial, by id. A running trial has the mean of the folds so far; a hidden one is a line to beat.

    `started` and `ended` are seconds on the run's clock.
    """

    kind: Literal["trial"]
    id: int
    model: str
    origin: str
    hidden: bool
    state: TrialState
    score: float | None
    spread: float | None
    seconds: float
    folds: int
    of: int
    params: dict[str, Scalar]
    reason: str | None
    started: float
    ended: float | None


class StatusRow(TypedDict):
    """Where the run stands. `seconds` and `trials` are its limits, `line` says all of it in one sentence."""

    kind: Literal["status"]
    state: RunState
    done: int
    running: int
    pruned: int
    failed: int
    elapsed: float
    seconds: float | None
    trials: int | None
    best: int | None
    line: str


class PlayerRow(TypedDict):
    """Where a recording stands: seconds of the run, `length` of them in all. Only a replay has one."""

    kind: Literal["player"]
    position: float
    length: float
    speed: float
    playing: bool


class ClearRow(TypedDict):
    """Forget every row: a recording was set back, and what follows is all there is."""

    kind: Literal["clear"]


class ParameterRow(TypedDict):
    """One parameter, by label: what may be tried now, and what was declared (full_…). `model` is its family or null."""

    kind: Literal["parameter"]
    label: str
    type: Literal["float", "int", "choice"]
    low: float | None
    high: float | None
    log: bool
    options: list[Scalar]
    full_low: float | None
    full_high: float | None
    full_options: list[Scalar]
    model: str | None
    order: int


class NoteRow(TypedDict):
    """A sentence for the person, by id; `trial` had started last by then, `edit` says that the space changed.

    `who` acted on the run, by an edit or otherwise; null where nobody did. `at` is in seconds on the run's clock.
    """

    kind: Literal["note"]
    id: int
    text: str
    level: Literal["info", "warning"]
    edit: bool
    who: str | None
    trial: int
    at: float


class ParameterShare(TypedDict):
    """How much a parameter mattered, of 1 for all of its group."""

    label: str
    share: float


class ImportanceGroup(TypedDict):
    """What mattered among the trials of a family, or of all (null); `trials` of them are done."""

    model: str | None
    trials: int
    values: list[ParameterShare]


class ImportanceRow(TypedDict):
    """Which parameters mattered. There is one such row, once enough trials are done."""

    kind: Literal["importance"]
    trials: int
    groups: list[ImportanceGroup]


class PairShare(TypedDict):
    """How much of what is explained lies in two parameters together."""

    one: str
    other: str
    share: float


class ProposedNarrowing(TypedDict):
    """New bounds of a number, or the options that a choice keeps (its bounds are null), and the code that does it.

    `kept` is the share of good points that it is expected to keep, `cut` that of the range or the options it takes.
    """

    label: str
    low: float | None
    high: float | None
    options: list[Scalar]
    kept: float
    cut: float
    code: str


class InsightGroup(TypedDict):
    """What was found among the trials of a family, or of all (null): of `parameters`, those in `matter` matter."""

    model: str | None
    trials: int
    parameters: int
    matter: list[ParameterShare]
    pairs: list[PairShare]
    told: float
    narrowings: list[ProposedNarrowing]


class InsightRow(TypedDict):
    """How many parameters matter, which act together, where to narrow: the answer to insight."""

    kind: Literal["insight"]
    trials: int
    groups: list[InsightGroup]


class PipelineStep(TypedDict):
    """A step of a pipeline under the name of its stage, in words."""

    stage: Stage
    name: str
    text: str


class PipelineRow(TypedDict):
    """The steps of one trial, by trial: the answer to describe."""

    kind: Literal["pipeline"]
    trial: int
    steps: list[PipelineStep]


class RuleShare(TypedDict):
    """A rule of the space, and the share of the space that it cuts off by itself; null where it is not known."""

    text: str
    share: float | None


class SpaceRow(TypedDict):
    """The space as a whole, there is one such row: its size in words, its rules, the share that they cut off.

    `undo` edits can be taken back.
    """

    kind: Literal["space"]
    size: str
    share: float | None
    rules: list[RuleShare]
    undo: int


class CheckRow(TypedDict):
    """What a rule that is being typed would do: what is wrong with it, or the share of the space that it cuts off."""

    kind: Literal["check"]
    text: str
    error: str | None
    share: float | None


class GoneRow(TypedDict):
    """Parameters that are no more, by label: a space of another template has taken the place of theirs."""

    kind: Literal["gone"]
    labels: list[str]


class CodeRow(TypedDict):
    """The code that makes the space; `text` is empty where none was asked for. `run`: the kernel can run it.

    `said` is what came of the last request, in words.
    """

    kind: Literal["code"]
    text: str
    run: bool
    said: str


class Batch(TypedDict):
    """What the kernel sends: rows to upsert, and the number of the batch, one more than that of the last."""

    rows: list[Row]
    seq: int


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
    """Tell the steps of a trial."""

    kind: Literal["describe"]
    trial: int


Row: TypeAlias = (
    AboutRow
    | TrialRow
    | StatusRow
    | ParameterRow
    | NoteRow
    | SpaceRow
    | CheckRow
    | GoneRow
    | CodeRow
    | ImportanceRow
    | InsightRow
    | PipelineRow
    | PlayerRow
    | ClearRow
)
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


def parse_message(content: object, labels: Container[str] | None = None) -> Message | None:
    """Return what the view said, or None where it is no message of ours, whole and within limits.

    Parameters
    ----------
    content : object
        What came over the wire.
    labels : container of str, optional
        The labels that there are; a message about another one is refused.

    Examples
    --------
    >>> parse_message({"kind": "narrow", "label": "C", "low": 0.1, "high": 10.0}, ["C"])
    {'kind': 'narrow', 'label': 'C', 'low': 0.1, 'high': 10.0}
    >>> parse_message({"kind": "narrow", "label": "C", "low": float("nan"), "high": 1.0}) is None
    True
    """
    if not isinstance(content, dict) or not isinstance(content.get("kind"), str):
        return None
    checks = _CHECKS.get(content["kind"])
    if checks is None or set(content) != {"kind", *checks}:
        return None
    if not all(check(content[name]) for name, check in checks.items()):
        return None
    if "label" in checks and labels is not None and content["label"] not in labels:
        return None
    if content["kind"] == "narrow" and content["low"] > content["high"]:
        return None
    return cast(Message, dict(content))


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= LARGEST if isinstance(value, int) else math.isfinite(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_string(value: Any, longest: int) -> bool:
    """Whether it is a text that can be written: half a surrogate pair would stop the answer on the wire."""
    return isinstance(value, str) and len(value) <= longest and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _is_label(value: Any) -> bool:
    return _is_string(value, MAX_LABEL) and value != ""


def _is_option(value: Any) -> bool:
    if isinstance(value, str):
        return _is_string(value, MAX_TEXT)
    return value is None or isinstance(value, bool) or _is_number(value)


def _is_text(value: Any) -> bool:
    return _is_string(value, MAX_TEXT) and value.strip() != ""


def _is_time(value: Any) -> bool:
    return _is_number(value) and 0 < value <= LONGEST


def _is_config(value: Any) -> bool:
    if not isinstance(value, dict) or not 0 < len(value) <= MAX_CONFIG:
        return False
    return all(_is_label(label) and _is_option(part) for label, part in value.items())


def _are_options(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) <= MAX_OPTIONS and all(map(_is_option, value))


_CHECKS: dict[str, dict[str, Callable[[Any], bool]]] = {
    "ready": {"have": _is_count},
    "stop": {},
    "pause": {},
    "continue": {},
    "seek": {"position": _is_number},
    "speed": {"value": _is_number},
    "skip": {"trial": lambda value: value is None or _is_count(value)},
    "narrow": {"label": _is_label, "low": _is_number, "high": _is_number},
    "choose": {"label": _is_label, "options": _are_options},
    "reset": {"label": _is_label},
    "undo": {},
    "copy": {},
    "insight": {},
    "run": {},
    "fix": {"label": _is_label, "value": _is_option},
    "rule": {"text": _is_text},
    "unrule": {"text": _is_text},
    "check": {"text": _is_text},
    "add_time": {"seconds": _is_time},
    "enqueue": {"config": _is_config},
    "describe": {"trial": _is_count},
}
