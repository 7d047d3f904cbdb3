"""Whether what came over the wire is a message of ours, whole and within limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from typing import Any, cast

from automl_magic.notebook.protocol_messages import Message

MAX_LABEL = 300  # characters of a parameter's label
MAX_TEXT = 1000  # characters of one option's key
MAX_OPTIONS = 1000  # options of one choice
MAX_CONFIG = 1000  # values of one configuration
LONGEST = 7 * 24 * 3600.0  # seconds that may be added at once
LARGEST = 2**1023  # a whole number above this has no float


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
    "network": {"trial": _is_count},
}
