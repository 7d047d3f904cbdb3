"""The events of a run: everything that happens, in JSON values, in order. All else is a reader of this stream."""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

JSON: TypeAlias = None | bool | int | float | str | list[Any] | dict[str, Any]
Config: TypeAlias = dict[str, Any]
SCHEMA = 1  # of the record; a change that old readers would misunderstand raises it
LARGEST = 2**63  # of a number in a record
EndState: TypeAlias = Literal["done", "pruned", "failed", "stopped"]


@dataclass(frozen=True)
class Artefact:
    """A file that a fold left in the run's folder, its hash, and the seal on what may be unpickled (`sealing.py`)."""

    path: str
    sha256: str
    seal: str = ""

    def __post_init__(self) -> None:
        if not all(isinstance(text, str) for text in (self.path, self.sha256, self.seal)):
            raise TypeError(f"an artefact is told in texts. Got {self!r}.")


@dataclass(frozen=True)
class FoldScore:
    """The result of one fit on one fold.

    Attributes
    ----------
    score : float
        Higher is better, whatever the metric.
    seconds : float
        Wall time of fit and prediction.
    scores : dict
        Further metrics by name, in their natural sign.
    artefacts : dict
        Files by role: "prediction", "model".
    rounds : int
        Rounds of boosting that were kept, where the held-out rows or the clock said when to stop; 0 elsewhere.
    costs : dict
        What was measured of what the trial would return, as this fold shows it: "latency" and "fit" in seconds,
        "size" in bytes. Of a network "parameters", "multiply_adds", and "latency" for one row.
    curve : list of float
        Validation score after each epoch of this rung, higher is better, where one learns in epochs.
    """

    score: float
    seconds: float
    scores: dict[str, float] = field(default_factory=dict)
    artefacts: dict[str, Artefact] = field(default_factory=dict)
    rounds: int = 0
    costs: dict[str, float] = field(default_factory=dict)
    curve: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class RunStarted:
    """A run begins: the plan, the space and what the evaluator says of itself (`about`)."""

    run: str
    plan: dict[str, Any]
    space: dict[str, Any]
    folds: int
    seed: int
    about: dict[str, Any]
    schema: int = SCHEMA
    at: float = 0.0


@dataclass(frozen=True)
class TrialStarted:
    """Step `step` of the driver started trial `trial` with `config`, proposed by `origin`.

    A `hidden` trial lies outside the space: a line to beat, or what was made of several trials when the run ended.
    Searchers do not see it. A trial that was running when its run broke off is started once more, as attempt 2: its
    scored folds still hold.
    """

    trial: int
    step: int
    config: Config
    origin: str
    seed: int
    hidden: bool = False
    at: float = 0.0
    attempt: int = 1


@dataclass(frozen=True)
class FoldScored:
    """Fold `fold` of a trial was scored on rung `rung`."""

    trial: int
    fold: int
    result: FoldScore
    rung: int = 0
    at: float = 0.0


@dataclass(frozen=True)
class TrialPaused:
    """A trial waits on a rung; a later step may promote it."""

    trial: int
    rung: int
    at: float = 0.0


@dataclass(frozen=True)
class TrialPromoted:
    """Step `step` sent a paused trial on to rung `rung`."""

    trial: int
    step: int
    rung: int
    at: float = 0.0


@dataclass(frozen=True)
class TrialEnded:
    """A trial ended; `reason` says why in words when it is not simply done, or is done and can be no result.

    `error` is the traceback of a failure. It may quote the data: it is kept in memory, and no record holds it.
    """

    trial: int
    state: EndState
    score: float | None
    spread: float | None
    seconds: float
    reason: str | None = None
    error: str | None = None
    at: float = 0.0


@dataclass(frozen=True)
class SpaceChanged:
    """The space is now `space`; trials after `last_trial` are drawn from it."""

    space: dict[str, Any]
    change: dict[str, Any]
    who: str
    why: str
    last_trial: int
    step: int
    at: float = 0.0


@dataclass(frozen=True)
class Steered:
    """A person (or a limit) acted on the run: pause, continue, skip, stop, add_time, enqueue."""

    kind: str
    value: JSON
    who: str
    why: str
    step: int
    at: float = 0.0


@dataclass(frozen=True)
class Note:
    """A sentence for the person."""

    text: str
    level: Literal["info", "warning"] = "info"
    at: float = 0.0


@dataclass(frozen=True)
class RunResumed:
    """A run that had broken off or ended goes on, under the limits `budget` where a person gave new ones."""

    budget: dict[str, Any]
    at: float = 0.0


@dataclass(frozen=True)
class RunEnded:
    """The run is over; `reason` says why in words."""

    reason: str
    best: int | None
    seconds: float
    at: float = 0.0


@dataclass(frozen=True)
class Finding:
    """What was worked out of the result when the run was over, under a name: so the record can show it again."""

    topic: str
    value: dict[str, Any]
    at: float = 0.0


Event: TypeAlias = (
    RunStarted
    | TrialStarted
    | FoldScored
    | TrialPaused
    | TrialPromoted
    | TrialEnded
    | SpaceChanged
    | Steered
    | Note
    | RunResumed
    | RunEnded
    | Finding
)
EVENTS: dict[str, type[Any]] = {kind.__name__: kind for kind in typing.get_args(Event)}


def to_json(event: Event) -> dict[str, Any]:
    """Return the event as a JSON object for a record; its class is under "event".

    NaN and infinities become null, and so does the traceback of a failed trial.
    """
    plain: dict[str, Any] = _plain(dataclasses.asdict(event))
    if isinstance(event, TrialEnded):
        plain["error"] = None
    return {"event": type(event).__name__, **plain}


def from_json(record: dict[str, Any]) -> Event:
    """Return the event that `to_json` wrote.

    Raises
    ------
    ValueError
        If the record is no event of this schema: another schema, unknown class, missing or surplus field.
    """
    fields = dict(record)
    kind = EVENTS.get(fields.pop("event", ""))
    if kind is None:
        raise ValueError(f"Not an event of this version: {record.get('event')!r}.")
    if kind is RunStarted and fields.get("schema", SCHEMA) != SCHEMA:
        raise ValueError(
            f"it was written under schema {fields['schema']!r}; this version of automl_magic reads schema {SCHEMA}."
        )
    if kind is FoldScored and isinstance(fields.get("result"), dict):
        fields["result"] = _fold_score(fields["result"])
    try:
        event: Event = kind(**fields)
    except TypeError as error:
        raise ValueError(f"Not a whole {kind.__name__} event: {error}.") from error
    _check(event)
    return event


def _check(record: Any) -> None:
    """Refuse a record with a field of another type than the one that is declared."""
    kind: Any = type(record)
    for name, hint in _hints_of(kind).items():
        value = getattr(record, name)
        if not _fits(value, hint):
            raise ValueError(f"{type(record).__name__}.{name} is no {hint}. Got {str(value)[:100]!r}.")
        if isinstance(value, FoldScore):
            _check(value)


@functools.cache
def _hints_of(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _fits(value: Any, hint: Any) -> bool:
    """Return whether a value is of a declared type; a whole number is a float, too, and a bool is neither."""
    kind, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint == JSON or hint is Any:
        return True
    if kind in (typing.Union, types.UnionType):
        return any(_fits(value, part) for part in parts)
    if kind is Literal:
        return isinstance(value, str) and value in parts
    if kind is dict:
        return isinstance(value, dict) and all(_fits(key, parts[0]) and _fits(value[key], parts[1]) for key in value)
    if kind is list:
        return isinstance(value, list) and all(_fits(part, parts[0]) for part in value)
    if hint in (int, float):
        return isinstance(value, int | hint) and not isinstance(value, bool) and not abs(value) > LARGEST
    return isinstance(value, hint)


def _fold_score(record: dict[str, Any]) -> FoldScore:
    fields = dict(record)
    fields["artefacts"] = {role: Artefact(**files) for role, files in fields.get("artefacts", {}).items()}
    if fields.get("score") is None:
        fields["score"] = math.nan
    beside = fields.get("scores") or {}
    fields["scores"] = {name: math.nan if score is None else score for name, score in beside.items()}
    if not _fits(fields.get("rounds", 0), int):
        raise TypeError(f"rounds are told as a number. Got {fields['rounds']!r}.")
    fields["costs"] = {name: cost for name, cost in (fields.get("costs") or {}).items() if cost is not None}
    fields["curve"] = [math.nan if score is None else score for score in fields.get("curve") or []]
    return FoldScore(**fields)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "item") and not isinstance(value, types.ModuleType):
        return _plain(value.item())
    raise TypeError(f"An event holds JSON values only. Got {type(value).__name__}: {value!r}.")
