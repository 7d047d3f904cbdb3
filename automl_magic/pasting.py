"""The source of a few classes and functions, with all that they need, to be pasted into a script that stands alone."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

PACKAGE = __name__.split(".")[0]


@dataclass
class Paste:
    """Source texts in the order in which they must stand, and the import lines that they need."""

    sources: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)


def paste(objects: Iterable[Any]) -> Paste:
    """Return the source of classes and functions of this package, with whatever of the package they use.

    Parameters
    ----------
    objects : iterable of classes and functions
        What the script names.

    Returns
    -------
    Paste
    """
    wanted: dict[str, set[str]] = {}
    for value in objects:
        wanted.setdefault(value.__module__, set()).add(value.__name__)
    result = Paste()
    for module in sorted(wanted):
        _paste_from(module, wanted[module], result)
    return result


def _paste_from(module: str, names: set[str], result: Paste) -> None:
    source = inspect.getsource(importlib.import_module(module))
    tree = ast.parse(source)
    defined, imported = _definitions(tree), _imports(tree)
    needed, elsewhere = _closure(names, defined, imported)
    for place, found in sorted(elsewhere.items()):
        _paste_from(place, found, result)
    for name in sorted(needed & set(imported)):
        result.imports.add(imported[name][0])
    for name in sorted(needed & set(defined), key=lambda name: defined[name].lineno):
        if name not in result.names:
            result.names.add(name)
            result.sources.append(_text(source, defined[name]))


def _closure(
    names: set[str], defined: dict[str, ast.stmt], imported: dict[str, tuple[str, str, str]]
) -> tuple[set[str], dict[str, set[str]]]:
    """Return all names of the module that the given ones use, and what they use of other modules of the package."""
    needed: set[str] = set()
    elsewhere: dict[str, set[str]] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        if name in imported and imported[name][1].split(".")[0] == PACKAGE:
            elsewhere.setdefault(imported[name][1], set()).add(imported[name][2])
        elif name in defined:
            needed.add(name)
            waiting += [node.id for node in ast.walk(defined[name]) if isinstance(node, ast.Name)]
        elif name in imported:
            needed.add(name)
    return needed, elsewhere


def _definitions(tree: ast.Module) -> dict[str, ast.stmt]:
    found: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node
    return found


def _imports(tree: ast.Module) -> dict[str, tuple[str, str, str]]:
    """Return, for each name that the module imports, the line that imports it, the module, and the name there."""
    found: dict[str, tuple[str, str, str]] = {}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                renamed = f" as {alias.asname}" if alias.asname else ""
                line = f"from {module} import {alias.name}{renamed}" if module else f"import {alias.name}{renamed}"
                found[name] = (line, module or alias.name, alias.name)
    return found


def _text(source: str, node: ast.stmt) -> str:
    first = min([node.lineno, *(part.lineno for part in getattr(node, "decorator_list", []))])
    lines = source.splitlines()[first - 1 : node.end_lineno]
    return "\n".join(re.sub(r"  # (type: ignore|noqa).*$", "", line) for line in lines)
