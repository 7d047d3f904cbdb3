"""What the kernel says to the panel: rows to upsert. `widgets/src/protocol.ts` is generated from them."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

from automl_magic.notebook.protocol_networks import CurveRow, LimitsRow, NetworkRow, SizeRow

Scalar: TypeAlias = None | bool | int | float | str
RunState: TypeAlias = Literal["starting", "running", "paused", "stopping", "ended"]
TrialState: TypeAlias = Literal["running", "paused", "done", "pruned", "failed", "stopped"]
Stage: TypeAlias = Literal["data preparation", "feature engineering", "model", "evaluation"]


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


class TurnRow(TypedDict):
    """A trial paused on a rung with a score, or was sent on to one (no pause). The lowest rung is 1."""

    pause: bool
    rung: int
    at: float
    score: float | None


class TrialRow(TypedDict):
    """One trial, by id. A running trial has the mean of the folds so far.

    A hidden one is no trial of the search: a line to beat, or an ensemble, whose id is negative.
    `rung` is the highest that it has reached, of `rungs`; where none pauses both are 1.
    `started` and `ended` are seconds on the run's clock. `costs` says in words what its result would cost whoever uses
    it, where that was measured.
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
    rung: int
    rungs: int
    turns: list[TurnRow]
    started: float
    ended: float | None
    costs: str


class StatusRow(TypedDict):
    """Where the run stands. `seconds` and `trials` are its limits, `line` says all of it in one sentence.

    `done` trials have ended, however they did; `paused` ones wait on a rung.
    """

    kind: Literal["status"]
    state: RunState
    done: int
    running: int
    paused: int
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


class ColumnWorth(TypedDict):
    """What the score loses when a column, or the columns of a group together, are shuffled; above 0 it gets worse.

    `low` and `high` are its 95 % interval, null where there is no telling. `inside`: a column of the group before it.
    """

    columns: list[str]
    loss: float
    low: float | None
    high: float | None
    inside: bool


class ColumnsRow(TypedDict):
    """Which columns the result needs. There is one such row, once that was measured; `of` columns in all."""

    kind: Literal["columns"]
    folds: int
    repeats: int
    rows: int
    of: int
    values: list[ColumnWorth]


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
    | ColumnsRow
    | PipelineRow
    | CurveRow
    | SizeRow
    | LimitsRow
    | NetworkRow
    | PlayerRow
    | ClearRow
)
