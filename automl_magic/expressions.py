"""Values as Python code: nested calls with only what differs from the defaults, laid out in lines of 100 columns."""

from __future__ import annotations

import functools
import importlib
import inspect
import math
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

WIDTH = 100
STEP = "    "
STEPS = "automl_magic.tabular.steps"
SAID = ("n_splits",)  # written even where it is the default
VARIOUS, KEYWORDS = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
POSITIONAL = ("steps", "transformers", "transformer_list")  # the first parameter of pipelines and their like


class Name(int):
    """A number that is written as a name: stands in for a seed that the script passes on."""

    text = "seed"


class Rounds(Name):
    """The number of rounds of boosting, where each fold has its own."""

    text = "rounds"


@dataclass(frozen=True)
class Call:
    """Something in brackets: `head`, the items, `tail`."""

    head: str
    items: tuple[tuple[str, Text], ...]
    tail: str


Text: TypeAlias = str | Call


@dataclass
class Writer:
    """Write values as code and remember what the code needs.

    Attributes
    ----------
    imports : set of (module, name)
        What is to be imported; an empty name imports the module itself, as `np` for numpy.
    own : dict from name to object
        Classes and functions of this package, whose source is to be pasted.
    foreign : dict from name to object
        Classes and functions that were defined in a notebook or script: the person has their source.
    written : dict from object to name
        Objects that write the source of a class for a script, and what the class is called there.
    """

    imports: set[tuple[str, str]] = field(default_factory=set)
    own: dict[str, Any] = field(default_factory=dict)
    foreign: dict[str, Any] = field(default_factory=dict)
    written: dict[Any, str] = field(default_factory=dict)

    def write(self, value: Any, indent: int = 0, used: int = 0) -> str:
        """Return the code of `value`, for a place `indent` columns in, with `used` further columns before it."""
        return layout(self.text_of(value), indent, used)

    def text_of(self, value: Any) -> Text:
        """Return the code of a value, not yet laid out."""
        if isinstance(value, Name):
            return value.text
        if value is None or value is Ellipsis or isinstance(value, bool | bytes | complex | slice):
            return repr(value)
        if isinstance(value, str):
            return quoted(value)
        if isinstance(value, np.generic):
            return self.text_of(value.item())
        if isinstance(value, int | float):
            return self._number(value)
        if isinstance(value, list | tuple | set | frozenset | dict):
            return self._collection(value)
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType | np.ufunc):
            return self.name_of(value)
        if hasattr(value, "source_of_class"):
            return self.written.setdefault(value, f"{value.called}{len(self.written) + 1}")
        return self._object(value)

    def _number(self, value: int | float) -> str:
        if isinstance(value, float) and not math.isfinite(value):
            self.imports.add(("numpy", ""))
            return "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "-np.inf"
        return repr(int(value) if isinstance(value, int) else float(value))

    def _collection(self, value: Any) -> Text:
        if isinstance(value, dict):
            if not value:
                return "{}"
            pairs = tuple((self.write(key) + ": ", self.text_of(part)) for key, part in value.items())
            return Call("{", pairs, "}")
        parts = tuple(("", self.text_of(part)) for part in value)
        if isinstance(value, list):
            return Call("[", parts, "]")
        if isinstance(value, tuple):
            return Call("(", parts, ",)" if len(parts) == 1 else ")")
        if isinstance(value, frozenset):
            return Call("frozenset([", parts, "])")
        return Call("{", parts, "}") if parts else "set()"

    def _array(self, value: np.ndarray[Any, Any]) -> Text:
        self.imports.add(("numpy", ""))
        items: list[tuple[str, Text]] = [("", self.text_of(value.tolist()))]
        if value.dtype != np.asarray(value.tolist()).dtype:
            items.append(("dtype=", "object" if value.dtype == object else quoted(str(value.dtype))))
        return Call("np.array(", tuple(items), ")")

    def _object(self, value: Any) -> Text:
        """Write a call that makes an equal object: of its class, with the parameters that differ from the defaults."""
        if isinstance(value, functools.partial):
            self.imports.add(("functools", "partial"))
            first = [("", self.text_of(part)) for part in (value.func, *value.args)]
            return Call(
                "partial(", (*first, *((f"{key}=", self.text_of(part)) for key, part in value.keywords.items())), ")"
            )
        if isinstance(value, np.dtype):
            self.imports.add(("numpy", ""))
            return f"np.dtype({quoted(str(value))})"
        named = _parameters(value)
        if named is None:
            return repr(value)
        items = []
        for place, (name, part) in enumerate(_without_idle(named).items()):
            bare = place == 0 and name in POSITIONAL
            items.append(("" if bare else f"{name}=", self.text_of(part)))
        return Call(f"{self.name_of(type(value))}(", tuple(items), ")")

    def name_of(self, value: Any) -> str:
        """Return the name under which a class or function is known in the script."""
        name, module = str(getattr(value, "__name__", "")), str(getattr(value, "__module__", "") or "")
        if module == "builtins":
            return name
        if getattr(np, name, None) is value:
            self.imports.add(("numpy", ""))
            return f"np.{name}"
        if module.split(".")[0] == __name__.split(".")[0]:
            value = _standing_alone(value)
            self.own[value.__name__] = value
            return str(value.__name__)
        if not name.isidentifier():
            name = f"your_function_{len(self.foreign) + 1}"
        public = public_module(value, module, name)
        if public is None:
            self.foreign[name] = value
        else:
            self.imports.add((public, name))
        return name


def _standing_alone(value: Any) -> Any:
    """Return the class of `tabular/steps.py` that a class of ours refines for use inside a search, else the value."""
    line = value.__mro__ if isinstance(value, type) else ()
    return next((base for base in line if base.__module__ == STEPS), value)


def quoted(text: str) -> str:
    """Return a string literal, in double quotes where that needs no escapes."""
    return f'"{text}"' if '"' not in text and repr(text) == f"'{text}'" else repr(text)


def public_module(value: Any, module: str, name: str) -> str | None:
    """Return the shortest public module that offers `value`, or None where it was defined in a session."""
    parts = module.split(".")
    if parts[0] in ("", "__main__"):
        return None
    for size in range(1, len(parts) + 1):
        if any(part.startswith("_") for part in parts[:size]) and size < len(parts):
            continue
        place = ".".join(parts[:size])
        try:
            if getattr(importlib.import_module(place), name, None) is value:
                return place
        except ImportError:
            continue
    return None


def _parameters(value: Any) -> dict[str, Any] | None:
    """Return the constructor's parameters that differ from their defaults, or None where they cannot be known."""
    try:
        signature = inspect.signature(type(value).__init__)
    except (TypeError, ValueError):
        return None
    own = [(name, one) for name, one in list(signature.parameters.items())[1:] if one.kind not in (VARIOUS, KEYWORDS)]
    defaults = {name: parameter.default for name, parameter in own}
    if hasattr(value, "get_params"):
        given = dict(value.get_params(deep=False))
    else:
        held = {**getattr(value, "cvargs", {}), **vars(value)} if hasattr(value, "__dict__") else {}
        names = {*defaults, *getattr(value, "cvargs", {})} & set(held)
        given = {name: held[name] for name in [*defaults, *sorted(names - set(defaults))] if name in names}
        if any(name not in given for name, default in defaults.items() if default is inspect.Parameter.empty):
            return None
    order = [*(name for name in defaults if name in given), *(name for name in given if name not in defaults)]
    return {name: given[name] for name in order if name in SAID or not _same(given[name], defaults.get(name))}


def _without_idle(named: dict[str, Any]) -> dict[str, Any]:
    """Return parameters without the steps that pass everything on, and the parts of a table that are dropped."""
    told = dict(named)
    steps, parts = named.get("steps"), named.get("transformers")
    if isinstance(steps, list):
        told["steps"] = [step for step in steps if not _is_text(step[1], "passthrough")] or steps
    if isinstance(parts, list) and "remainder" not in named:  # else columns that are dropped would be passed on
        told["transformers"] = [part for part in parts if not _is_text(part[1], "drop")] or parts
    return told


def _is_text(value: Any, text: str) -> bool:
    return isinstance(value, str) and value == text


def _same(value: Any, default: Any) -> bool:
    if value is default:
        return True
    if isinstance(value, Name) or type(value) is not type(default):
        return False
    if isinstance(value, float) and math.isnan(value):
        return math.isnan(default)
    if hasattr(value, "get_params"):
        return repr(value) == repr(default)
    return bool(np.all(value == default))


def layout(text: Text, indent: int = 0, used: int = 0, behind: int = 0) -> str:
    """Return code in lines of at most `WIDTH` columns where that is possible.

    Parameters
    ----------
    text : str or Call
        What to write.
    indent : int
        Column at which the lines of the statement begin.
    used : int
        Columns that are taken before the text, on its first line.
    behind : int
        Columns that follow on its last line.
    """
    flat = _flat(text)
    if isinstance(text, str) or not text.items or indent + used + len(flat) + behind <= WIDTH:
        return flat
    held = _held(text, indent, used, behind)
    if held is not None:
        return held
    inner = indent + len(STEP)
    tail = text.tail.removeprefix(",")
    if all(isinstance(part, str) and not name for name, part in text.items):
        lines = list(_filled([_flat(part) for _, part in text.items], WIDTH - inner))
        return text.head + "".join(f"\n{' ' * inner}{line}" for line in lines) + f"\n{' ' * indent}{tail}"
    parts = (f"\n{' ' * inner}{name}{layout(part, inner, len(name) + 1)}," for name, part in text.items)
    return text.head + "".join(parts) + f"\n{' ' * indent}{tail}"


def _held(text: Call, indent: int, used: int, behind: int) -> str | None:
    """Break only the one bracket within the brackets, as in ("name", Pipeline([ … ])), or return None."""
    long = [place for place, (name, part) in enumerate(text.items) if isinstance(part, Call) and not name]
    if len(long) > 1:
        long = [place for place in long if len(_flat(text.items[place][1])) > WIDTH // 2]
    if text.head[-1] != "(" or len(long) != 1:
        return None
    place = long[0]
    before = "".join(f"{name}{_flat(part)}, " for name, part in text.items[:place])
    after = "".join(f", {name}{_flat(part)}" for name, part in text.items[place + 1 :]) + text.tail
    only = text.items[place][1]
    assert isinstance(only, Call)
    start = used + len(text.head) + len(before)
    if max(start + len(only.head), len(only.tail) + len(after) + behind) + indent > WIDTH:
        return None
    return text.head + before + layout(only, indent, start, len(after) + behind) + after


def _filled(parts: list[str], width: int) -> Iterator[str]:
    """Yield lines of as many short items as fit."""
    line = ""
    for part in parts:
        longer = f"{line} {part}," if line else f"{part},"
        if line and len(longer) > width:
            yield line
            longer = f"{part},"
        line = longer
    yield line


def _flat(text: Text) -> str:
    if isinstance(text, str):
        return text
    return text.head + ", ".join(name + _flat(part) for name, part in text.items) + text.tail
