"""A space written down: as JSON, as a hash, and as the code that makes it again."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from automl_magic.engine import template
from automl_magic.engine.holes import Float, Int
from automl_magic.engine.keys import order_of
from automl_magic.engine.parameters import Parameter, nearest, parameter_to_json

if TYPE_CHECKING:
    from automl_magic.engine.space import SearchSpace

QUICKER = "Quick"  # how the name of a class begins that does the same as another one: to records it is that one


def to_json(space: SearchSpace) -> dict[str, Any]:
    """Return the parameters, rules and starts as JSON values."""
    shown = [parameter_to_json(parameter, space.declared[parameter.label]) for parameter in space.parameters]
    return {
        "parameters": shown,
        "rules": [rule.text for rule in space.rules],
        "starts": [dict(start) for start in space.starts],
    }


def fingerprint(space: SearchSpace) -> str:
    """Return a hash of what may be tried: parameters as of now, rules, classes, and scalars that are not searched."""
    parts = {
        "parameters": sorted(_canonical(parameter) for parameter in space.parameters),
        "rules": sorted(rule.text for rule in space.rules),
        "constants": sorted(_constants(space)),
        "classes": sorted(_classes(space.compiled.node)),
    }
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=8).hexdigest()


def _canonical(parameter: Parameter) -> str:
    fields = parameter_to_json(parameter, parameter)
    fields["options"] = fields["full_options"] = sorted(parameter.options, key=order_of)
    fields["prior"] = (
        parameter.prior and sorted(map(repr, parameter.prior)) if parameter.kind == "choice" else parameter.prior
    )
    fields["conditions"] = sorted(json.dumps(sorted(map(list, pairs), key=repr)) for pairs in parameter.conditions)
    return json.dumps(fields, sort_keys=True)


def _constants(space: SearchSpace) -> list[str]:
    return [
        f"{label} = {constant.value!r} where {sorted(constant.conditions, key=repr)!r}"
        for label, constants in space.compiled.constants.items()
        for constant in constants
    ]


def _classes(node: template.Node) -> list[str]:
    found = []
    for item, conditions in template.walk(node):
        if isinstance(item, template.Whole):
            kind: Any = item.value.factory if item.kind == "call" else type(item.value)
            name = getattr(kind, "__qualname__", type(kind).__name__).removeprefix(QUICKER)
            found.append(f"{'.'.join(item.path)}: {name} where {conditions!r}")
    return found


def to_code(space: SearchSpace) -> str:
    """Return the lines of a cell's body that make the space out of its template: one edit a line."""
    lines = [f"space[{_code(label)}] = {_code(value)}" for label, value in space.assigned]
    lines += [code for parameter in space.parameters for code in _narrowing(parameter, space.declared[parameter.label])]
    lines += [f"space.rule({rule.text if rule.function is not None else _code(rule.text)})" for rule in space.rules]
    lines += [f"space.start({_code(start)})" for start in space.starts]
    return "\n".join(lines)


def _narrowing(now: Parameter, declared: Parameter) -> list[str]:
    if now == declared:
        return []
    place = f"space[{_code(now.label)}]"
    if now.kind == "choice":
        if now.default == nearest(now, declared.default):
            return [_options_code(now)]
        return [f"{place} = Choice({', '.join(map(_code, now.options))}, default={_code(now.default)})"]
    if now.is_fixed:
        return [f"{place} = {now.low!r}"]
    default = None if now.default == nearest(now, declared.default) else now.default
    if now.kind == "int":
        return [f"{place} = {Int(int(now.low), int(now.high), now.log, default)!r}"]
    return [f"{place} = {Float(now.low, now.high, now.log, default)!r}"]


def _options_code(now: Parameter) -> str:
    if now.label == template.TOP:
        return f"space.models({', '.join(map(_code, now.options))})"
    if now.is_fixed:
        return f"space[{_code(now.label)}] = {_code(now.options[0])}"
    return f"space.narrow({_code(now.label)}, options={_code(list(now.options))})"


def _code(value: Any) -> str:
    """Return a value as Python, texts in double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(_code, value))}]"
    if type(value) is dict:
        return f"{{{', '.join(f'{_code(key)}: {_code(part)}' for key, part in value.items())}}}"
    return repr(value)
