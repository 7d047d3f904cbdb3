"""What is said when a run begins with a hindrance or ends without a result."""

from __future__ import annotations

from collections import Counter

from automl_magic.engine.events import Note
from automl_magic.engine.history import History


def notes_of(*texts: str | None) -> tuple[Note, ...]:
    """Return the texts that are not None as notes."""
    return tuple(Note(text, "warning") for text in texts if text is not None)


def without_result(history: History) -> tuple[str, str]:
    """Return message and hint for a run in which no trial was done.

    The three commonest reasons of failure are named; without any failure the run was ended too early.
    """
    reasons = Counter(trial.reason or "unknown" for trial in history.trials.values() if trial.state == "failed")
    if not reasons:
        return (
            f"The run ended before its first result: {history.reason}.",
            "No variable was written. Let it run until its first trial has ended, or give a smaller table or space.",
        )
    told = "; ".join(f"{reason} ({count}x)" for reason, count in reasons.most_common(3))
    return (
        f"No trial gave a result. {sum(reasons.values())} failed: {told}.",
        "No variable was written. Look at these errors first: the same model and data will fail again.",
    )
