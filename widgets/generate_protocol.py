"""Make src/protocol.ts from automl_magic/notebook/protocol.py: `python widgets/generate_protocol.py`."""

from __future__ import annotations

import sys
import types
import typing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "widgets" / "src" / "protocol.ts"
HEAD = "// Generated from automl_magic/notebook/protocol.py by widgets/generate_protocol.py. Do not edit.\n"
UNIONS = ("Row", "Message")
LITERALS = ("RunState", "TrialState", "Stage")
PLAIN = {int: "number", float: "number", str: "string", bool: "boolean", types.NoneType: "null"}


def protocol_modules() -> list[types.ModuleType]:
    """Import the Python side, whether the package is installed or not: all of it, then its parts."""
    sys.path.insert(0, str(ROOT))
    from automl_magic.notebook import protocol, protocol_messages, protocol_networks, protocol_race, protocol_rows

    return [protocol, protocol_networks, protocol_rows, protocol_race, protocol_messages]


def type_text(hint: Any, names: dict[Any, str]) -> str:
    """Return a Python type as TypeScript writes it."""
    if hint in names:
        return names[hint]
    if hint in PLAIN:
        return PLAIN[hint]
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " | ".join(f'"{part}"' for part in parts)
    if origin in (types.UnionType, typing.Union):
        return " | ".join(dict.fromkeys(type_text(part, names) for part in parts))
    if origin is list:
        inner = type_text(parts[0], names)
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if origin is dict:
        return f"Record<{type_text(parts[0], names)}, {type_text(parts[1], names)}>"
    raise TypeError(f"A type of the protocol must be plain JSON. Got {hint!r} instead.")


def comment(text: str) -> str:
    """Return a docstring as one comment line."""
    return f"/** {' '.join(text.split())} */\n"


def interface(kind: Any, names: dict[Any, str]) -> str:
    """Return a TypedDict as an interface."""
    hints = typing.get_type_hints(kind)
    own = {hint: name for hint, name in names.items() if name != kind.__name__}
    fields = "".join(f"  {name}: {type_text(hint, own)};\n" for name, hint in hints.items())
    return f"{comment(kind.__doc__ or '')}export interface {kind.__name__} {{\n{fields}}}\n"


def generate() -> str:
    """Return the whole text of protocol.ts."""
    protocol, *parts_of_it = protocol_modules()
    dicts = list({id(v): v for part in parts_of_it for v in vars(part).values() if typing.is_typeddict(v)}.values())
    names: dict[Any, str] = {protocol.Scalar: "Scalar"}
    parts = [HEAD, f"export type Scalar = {type_text(protocol.Scalar, {})};\n"]
    for name in LITERALS:
        parts.append(f"export type {name} = {type_text(getattr(protocol, name), {})};\n")
        names[getattr(protocol, name)] = name
    names.update({kind: kind.__name__ for kind in dicts})
    names.update({getattr(protocol, name): name for name in UNIONS})
    parts += [interface(kind, names) for kind in dicts]
    for name in UNIONS:
        members = {hint: text for hint, text in names.items() if text != name}
        parts.append(f"export type {name} = {type_text(getattr(protocol, name), members)};\n")
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(generate(), encoding="utf-8", newline="\n")
