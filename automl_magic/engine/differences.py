"""In words, where two spaces differ that were written down as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

FEW = 3  # differences that are told
FIELDS = ("low", "high", "options", "log", "default", "prior", "conditions")


def space_differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return what differs between two spaces as `SearchSpace.to_json` writes them; nothing when they are equal."""
    before, now = _as_read(before), _as_read(now)
    old = {parameter["label"]: parameter for parameter in before["parameters"]}
    new = {parameter["label"]: parameter for parameter in now["parameters"]}
    told = [f'"{label}" is gone' for label in old if label not in new]
    told += [f'"{label}" is new' for label in new if label not in old]
    told += [_changed(label, old[label], new[label]) for label in old if label in new and old[label] != new[label]]
    for name, one in (("rules", "rule"), ("starts", "first configuration")):
        told += [f"the {one} {_short(part)} is gone" for part in before[name] if part not in now[name]]
        told += [f"the {one} {_short(part)} is new" for part in now[name] if part not in before[name]]
    if not told and before != now:
        told = ["its parts stand in another order"]
    return told if len(told) <= FEW else [*told[:FEW], f"and {len(told) - FEW} more"]


def _as_read(space: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json.dumps(space))
    return read


def _changed(label: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    if before.get("kind") == now.get("kind") and before.get("kind") != "choice":
        ranges = [f"{part['low']:g} to {part['high']:g}" for part in (before, now)]
        if ranges[0] != ranges[1]:
            return f'"{label}" went from {ranges[0]} and now goes from {ranges[1]}'
    elif before.get("options") != now.get("options"):
        return f'"{label}" had {_short(before.get("options"))} and now has {_short(now.get("options"))}'
    field = next((field for field in FIELDS if before.get(field) != now.get(field)), "kind")
    return f'"{label}" has another {field}: {_short(before.get(field))}, now {_short(now.get(field))}'


def _short(value: Any, most: int = 80) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else text[: most - 1] + "…"
