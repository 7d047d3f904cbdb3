"""The way back into a run: a mailbox for stop, pause, skip, narrow and the like. The study decides what comes of it."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

EDITS = ("narrow", "choose", "fix", "reset", "rule", "unrule", "undo")  # of the space
KINDS = ("stop", "pause", "continue", "skip", "add_time", "enqueue", *EDITS)


@dataclass(frozen=True)
class Message:
    """One wish of a person or a limit: what, with what value, who says so and why."""

    kind: str
    value: Any = None
    who: str = "you"
    why: str = ""


class Control:
    """Send messages to a running study, from any thread.

    Attributes
    ----------
    inbox : queue.SimpleQueue
        Read by the study alone. Workers deliver their outcomes into it too, so that the study waits in one place.
    longest : float or None
        No time is added beyond so many seconds on the run's clock.
    """

    def __init__(self) -> None:
        self.inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.longest: float | None = None

    def send(self, message: Message) -> None:
        """Enqueue `message`.

        Raises
        ------
        ValueError
            If its kind is unknown.
        """
        if message.kind not in KINDS:
            raise ValueError(f"A message's kind must be one of {', '.join(KINDS)}. Got {message.kind!r} instead.")
        self.inbox.put(message)

    def stop(self, who: str = "you", why: str = "") -> None:
        """End the run softly: running trials are ended at once, the best is kept."""
        self.send(Message("stop", None, who, why))

    def pause(self, who: str = "you") -> None:
        """Start no further fit and stop the clock."""
        self.send(Message("pause", None, who))

    def proceed(self, who: str = "you") -> None:
        """Go on after a pause."""
        self.send(Message("continue", None, who))

    def skip(self, trial: int | None = None, who: str = "you") -> None:
        """End one running trial, by default the oldest."""
        self.send(Message("skip", trial, who))

    def narrow(self, label: str, low: float | None = None, high: float | None = None, who: str = "you") -> None:
        """Set the bounds of a number, within those declared."""
        self.send(Message("narrow", {"label": label, "low": low, "high": high}, who))

    def choose(self, label: str, options: Sequence[Any], who: str = "you") -> None:
        """Keep these options of a choice, out of those declared."""
        self.send(Message("choose", {"label": label, "options": list(options)}, who))

    def fix(self, label: str, value: Any, who: str = "you") -> None:
        """Give a parameter one value."""
        self.send(Message("fix", {"label": label, "value": value}, who))

    def reset(self, label: str, who: str = "you") -> None:
        """Give a parameter its declared range back."""
        self.send(Message("reset", {"label": label}, who))

    def rule(self, text: str, who: str = "you") -> None:
        """Forbid what does not meet the rule `text`."""
        self.send(Message("rule", {"text": text}, who))

    def unrule(self, text: str, who: str = "you") -> None:
        """Take the rule `text` away."""
        self.send(Message("unrule", {"text": text}, who))

    def undo(self, who: str = "you") -> None:
        """Take the last edit of the space back."""
        self.send(Message("undo", {}, who))

    def add_time(self, seconds: float, who: str = "you") -> None:
        """Lengthen the run."""
        self.send(Message("add_time", float(seconds), who))

    def enqueue(self, config: dict[str, Any], who: str = "you") -> None:
        """Try this configuration next."""
        self.send(Message("enqueue", dict(config), who))
