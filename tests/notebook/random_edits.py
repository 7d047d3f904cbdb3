"""Edits of a space as a person would make them in its editor, at random."""

from __future__ import annotations

import math
import random
from typing import Any

from automl_magic.engine.parameters import Parameter
from automl_magic.engine.space import SearchSpace

KINDS = ("narrow", "narrow", "narrow", "choose", "choose", "fix", "fix", "reset", "rule", "unrule", "undo")


def random_edit(space: SearchSpace, draw: random.Random) -> dict[str, Any]:
    """Return a message of the view about `space`; it may ask for what cannot be."""
    kind = draw.choice(KINDS)
    declared = list(space.declared.values())
    numbers = [parameter for parameter in declared if parameter.kind != "choice"]
    one = draw.choice(numbers)
    if kind == "narrow":
        low, high = sorted(value_in(one, draw) for _ in range(2))
        return {"kind": kind, "label": one.label, "low": low, "high": high}
    if kind == "choose":
        choice = draw.choice([parameter for parameter in declared if parameter.kind == "choice"])
        options = draw.sample(choice.options, draw.randint(1, len(choice.options)))
        return {"kind": kind, "label": choice.label, "options": options}
    if kind == "fix":
        any_one = draw.choice(declared)
        return {"kind": kind, "label": any_one.label, "value": value_in(any_one, draw)}
    if kind == "reset":
        return {"kind": kind, "label": draw.choice(declared).label}
    if kind == "rule":
        other = draw.choice(numbers)
        compared = draw.choice(("<=", "<", ">="))
        limit = value_in(one, draw) * value_in(other, draw)
        return {"kind": kind, "text": f"{one.label} * {other.label} {compared} {limit!r}"}
    if kind == "unrule":
        return {"kind": kind, "text": draw.choice([rule.text for rule in space.rules] or ["no <= 1"])}
    return {"kind": kind}


def value_in(parameter: Parameter, draw: random.Random) -> Any:
    """Return a value within the parameter's bounds, on its scale."""
    if parameter.kind == "choice":
        return draw.choice(parameter.options)
    low, high = parameter.low, parameter.high
    value = low * (high / low) ** draw.random() if parameter.log else low + (high - low) * draw.random()
    value = draw.choice((value, float(f"{value:.3g}"), low, high))  # as a slider gives it, or a person types it
    value = min(max(value, low), high)
    return round(value) if parameter.kind == "int" else math.fsum([value])
