"""What workers are given and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

TOO_LONG = "it took longer than its limit"  # how the reason begins of a task that was killed for its `seconds`

FailureKind: TypeAlias = Literal["error", "died", "timeout", "cancelled", "memory"]


@dataclass(frozen=True)
class Task:
    """A call of a method of the shared evaluator.

    Attributes
    ----------
    key : int
        The task's own number.
    method : str
        The method to call.
    arguments : mapping
        Its keyword arguments.
    seconds : float, optional
        The call is killed when it takes longer.
    """

    key: int
    method: str
    arguments: Mapping[str, Any]
    seconds: float | None = None


@dataclass(frozen=True)
class Failure:
    """Why a task brought no value, in words.

    Attributes
    ----------
    kind : str
        "error": it raised; "died": its process crashed; "timeout", "memory": it passed a limit; "cancelled".
    reason : str
        One line.
    traceback : str
        The end of the traceback, or of what a dead process wrote.
    """

    kind: FailureKind
    reason: str
    traceback: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of a task: a value, or a failure; `seconds` is how long the call took."""

    key: int
    value: Any
    failure: Failure | None
    seconds: float


Deliver: TypeAlias = Callable[[Outcome], None]
