"""A template (an estimator with holes) as a tree: read, walked, changed at a label, made into objects, read back."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, TypeGuard

from automl_magic.engine.holes import BARE, Build, Choice, Float, Int, as_hole
from automl_magic.engine.keys import is_scalar, plain, same_key
from automl_magic.engine.repeated import Repeated

Path: TypeAlias = tuple[str, ...]
Pairs: TypeAlias = tuple[tuple[str, Any], ...]
TOP = "model"  # the label of a choice that stands at the top


@dataclass(frozen=True)
class Leaf:
    """A value without holes. One without a path cannot be named."""

    value: Any
    path: Path


@dataclass(frozen=True)
class Number:
    """A `Float` or `Int`; `shared` when its label comes from a name of the person's own."""

    label: str
    hole: Float | Int
    path: Path
    shared: bool


@dataclass(frozen=True)
class Fork:
    """A `Choice`: one node for each key."""

    label: str
    hole: Choice
    branches: tuple[tuple[Any, Node], ...]
    path: Path
    shared: bool

    def branch(self, key: Any) -> Node:
        """Return the node under `key`."""
        return next(node for other, node in self.branches if same_key(other, key))


@dataclass(frozen=True)
class Whole:
    """Something that is made of parts.

    Attributes
    ----------
    kind : str
        "estimator" (deep copy, then `set_params`), "items" (list, tuple), "entries" (dict), "call" (`Build`).
    value : object
        As written.
    parts : tuple of (name, node)
        By parameter name, place, key, or keyword.
    changed : frozenset
        Names of the parts that hold holes or were assigned; the others are copied as they are.
    path : tuple of str
        Where it stands.
    """

    kind: Literal["estimator", "items", "entries", "call"]
    value: Any
    parts: tuple[tuple[Any, Node], ...]
    changed: frozenset[Any]
    path: Path


Node: TypeAlias = Leaf | Number | Fork | Whole


def read(value: Any, path: Path = (), shared: bool = False) -> Node:
    """Return the tree of a template that stands at `path`."""
    hole = as_hole(value)
    if hole is not None:
        return _read_hole(hole, path, shared)
    if isinstance(value, Build):
        paths = {name: path if name in value.unnamed else (*path, name) for name in value.holes}
        parts = [(name, read(part, paths[name], shared)) for name, part in value.holes.items()]
        return _whole("call", value, parts, path)
    if isinstance(value, dict):
        return _container("entries", value, list(value.items()), path, shared)
    if isinstance(value, list | tuple):
        return _container("items", value, list(enumerate(value)), path, shared)
    if hasattr(value, "get_params") and not isinstance(value, type):
        return _read_estimator(value, path, shared)
    return Leaf(value, path)


def _whole(kind: Any, value: Any, parts: list[tuple[Any, Node]], path: Path) -> Whole:
    return Whole(kind, value, tuple(parts), frozenset(name for name, part in parts if is_open(part)), path)


def _container(kind: Any, value: Any, pairs: list[tuple[Any, Any]], path: Path, shared: bool) -> Node:
    parts = [(name, read(part, (*path, str(name)), shared)) for name, part in pairs]
    return Leaf(value, path) if all(isinstance(part, Leaf) for _, part in parts) else _whole(kind, value, parts, path)


def is_open(node: Node) -> bool:
    """Whether what is made of a node differs from what was written."""
    return bool(node.changed) if isinstance(node, Whole) else not isinstance(node, Leaf)


def _read_hole(hole: Float | Int | Choice, path: Path, shared: bool) -> Node:
    shared = shared or hole.name is not None
    inner = tuple(hole.name.split(".")) if hole.name is not None else path
    if not isinstance(hole, Choice):
        return Number(".".join(inner) or BARE, hole, inner, shared)
    if isinstance(hole, Repeated):
        return _read_repeated(hole, path[:-1], shared)
    pairs = zip(hole.keys, hole.options, strict=True)
    branches = tuple((key, _read_option(option, (*inner, str(key)), shared)) for key, option in pairs)
    return Fork(".".join(inner) or TOP, hole, branches, inner, shared)


def _read_repeated(hole: Repeated, path: Path, shared: bool) -> Fork:
    """Read a number of parts: it and they stand at `path`, and the parts under two numbers are the same."""
    inner = (*path, hole.label)
    pairs = zip(hole.keys, hole.options, strict=True)
    branches = tuple((key, read(option, path, True)) for key, option in pairs)
    return Fork(".".join(inner), hole, branches, inner, shared)


def _read_option(option: Any, path: Path, shared: bool) -> Node:
    """Read an option of a choice; a literal one is named by its choice alone."""
    node = read(option, path, shared)
    return Leaf(node.value, ()) if isinstance(node, Leaf) else node


def _read_estimator(value: Any, path: Path, shared: bool) -> Node:
    """Read an object with `get_params`: its parameters, and the parts that only `get_params(deep=True)` shows.

    The last step of a pipeline adds no name of its own: where it and the pipeline have a parameter of one name
    (`verbose`), the label means that of the step.
    """
    own = value.get_params(deep=False)
    parts: list[tuple[Any, Node]] = []
    steps: set[str] = set()
    taken: set[Any] = set()
    for name, part in own.items():
        if _is_steps(part):
            last = len(part) - 1 if name == "steps" else None
            read_steps: list[tuple[Any, Node]] = [
                (place, _read_step(step, path, place == last, shared)) for place, step in enumerate(part)
            ]
            parts.append((name, _whole("items", part, read_steps, ())))
            steps |= {step[0] for step in part}
            taken |= _names_of_step(read_steps[-1][1]) if last is not None else set()
        else:
            parts.append((name, read(part, (*path, name), shared)))
    parts = [(name, Leaf(part.value, ()) if isinstance(part, Leaf) and name in taken else part) for name, part in parts]
    for name, part in value.get_params(deep=True).items():
        head, _, rest = name.partition("__")
        if rest and head not in own and head not in steps:
            parts.append((name, read(part, (*path, *name.split("__")), shared)))
    return _whole("estimator", value, parts, path)


def _is_steps(part: Any) -> bool:
    return (
        isinstance(part, list | tuple)
        and bool(part)
        and all(isinstance(step, tuple) and len(step) >= 2 and isinstance(step[0], str) for step in part)
    )


def _read_step(step: tuple[Any, ...], path: Path, is_last: bool, shared: bool) -> Whole:
    inner = path if is_last else (*path, step[0])
    more = [(place, read(part, (*inner, "columns"), shared)) for place, part in enumerate(step[2:], start=2)]
    return _whole("items", step, [(0, Leaf(step[0], ())), (1, read(step[1], inner, shared)), *more], ())


def _names_of_step(step: Node) -> set[Any]:
    """Return the names of the parameters of the estimator in a step."""
    node = dict(step.parts)[1] if isinstance(step, Whole) else step
    return {name for name, _ in node.parts} if isinstance(node, Whole) and node.kind == "estimator" else set()


def make(node: Node, config: Mapping[str, Any]) -> Any:
    """Return a fresh object with the values of `config` in the place of the holes."""
    if isinstance(node, Number):
        return config[node.label]
    if isinstance(node, Fork):
        return make(node.branch(config[node.label]), config)
    if isinstance(node, Leaf):
        return copy.deepcopy(node.value)
    if node.kind == "call":
        return node.value.factory(**{name: make(part, config) for name, part in node.parts})
    if not node.changed:
        return copy.deepcopy(node.value)
    if node.kind == "estimator":
        return _make_estimator(node, config)
    made = {name: make(part, config) for name, part in node.parts}
    if node.kind == "entries":
        return made
    return type(node.value)._make(made.values()) if hasattr(node.value, "_make") else type(node.value)(made.values())


def _make_estimator(node: Whole, config: Mapping[str, Any]) -> Any:
    """Copy deeply and set the parameters that changed; parts with holes are put in place rather than copied first."""
    made = {name: make(part, config) for name, part in node.parts if name in node.changed}
    originals = [(name, _original(part)) for name, part in node.parts if name in made]
    memo = {id(original): made[name] for name, original in originals if original is not None}
    fresh = copy.deepcopy(node.value, memo)
    fresh.set_params(**made)
    return fresh


def _original(part: Node) -> Any:
    """Return the object with holes that stands in the template, not a constant that may stand elsewhere too."""
    if isinstance(part, Leaf) or (isinstance(part, Whole) and isinstance(part.value, tuple)):
        return None
    return part.value if isinstance(part, Whole) else part.hole


def config_of(node: Node, made: Any) -> dict[str, Any] | None:
    """Return the configuration from which `made` was made, or None when it cannot have come from this tree."""
    if isinstance(node, Leaf):
        return {} if _alike(node.value, made) else None
    if isinstance(node, Number):
        value, hole = plain(made), node.hole
        fits = isinstance(value, int if isinstance(hole, Int) else float | int) and not isinstance(value, bool)
        return {node.label: value} if fits and hole.low <= value <= hole.high else None
    if isinstance(node, Fork):
        found = ((key, config_of(branch, made)) for key, branch in node.branches)
        return next(({node.label: key, **config} for key, config in found if config is not None), None)
    taken = _take(node, made)
    if taken is None or not taken.keys() >= {name for name, _ in node.parts}:
        return None
    config: dict[str, Any] = {}
    for name, part in node.parts:
        inner = config_of(part, taken[name])
        if inner is None or any(not _alike(config.get(label, value), value) for label, value in inner.items()):
            return None
        config.update(inner)
    return config


def _take(node: Whole, made: Any) -> dict[Any, Any] | None:
    """Return the parts of an object, or None where it is none of this kind."""
    if node.kind == "call":
        whole = (
            isinstance(node.value.factory, type) and type(made) is node.value.factory and hasattr(made, "get_params")
        )
        return dict(made.get_params(deep=True)) if whole else None
    if type(made) is not type(node.value):
        return None
    if node.kind == "estimator":
        return dict(made.get_params(deep=True))
    if len(made) != len(node.parts):
        return None
    return dict(made) if node.kind == "entries" else dict(enumerate(made))


def _alike(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    try:
        return bool(one == other) or repr(one) == repr(other)
    except (TypeError, ValueError):  # an array compares element by element
        return repr(one) == repr(other)


def walk(node: Node, conditions: Pairs = ()) -> Iterator[tuple[Node, Pairs]]:
    """Yield every node with the conditions under which it counts, parents first."""
    yield node, conditions
    if isinstance(node, Whole):
        for _, part in node.parts:
            yield from walk(part, conditions)
    elif isinstance(node, Fork):
        for key, branch in node.branches:
            yield from walk(branch, (*conditions, (node.label, key)))


def put(node: Node, label: str, value: Any, outer: Path = (), shared: bool = False) -> Node | None:
    """Return the tree with `value` in the place of the parameter `label`, or None where there is no such parameter.

    Whatever stands at the label is replaced, hole or not, in every branch. `outer` is the path of what holds the node:
    a node that adds no name to it (an option, the last step of a pipeline) is no parameter. `shared` says that other
    branches have the same part, as below a choice with a name.
    """
    if isinstance(node, Number | Fork) and node.label == label:
        return _recounted(node, value) if _is_repeated(node) else read(value, node.path, node.shared)
    if isinstance(node, Leaf | Whole) and node.path != outer and ".".join(node.path) == label:
        return read(value, node.path, shared)
    if isinstance(node, Fork):
        shared = shared or node.shared or _is_repeated(node)
        options = [(key, branch, put(branch, label, value, branch.path, shared)) for key, branch in node.branches]
        if all(new is None for *_, new in options):
            return None
        return replace(node, branches=tuple((key, old if new is None else new) for key, old, new in options))
    if not isinstance(node, Whole):
        return None
    parts = [(name, part, put(part, label, value, node.path or outer, shared)) for name, part in node.parts]
    changed = {name for name, _, new in parts if new is not None}
    if not changed:
        return None
    return replace(
        node,
        parts=tuple((name, old if new is None else new) for name, old, new in parts),
        changed=node.changed | changed,
    )


def _is_repeated(node: Node) -> TypeGuard[Fork]:
    return isinstance(node, Fork) and isinstance(node.hole, Repeated)


def _recounted(node: Fork, counts: Any) -> Fork:
    """Return a choice of parts with other numbers of them; the parts that there are stay as they are by now."""
    hole: Any = node.hole
    known = {name: part for _, branch in node.branches if isinstance(branch, Whole) for name, part in branch.parts}
    fresh = _read_repeated(hole.instead(counts), node.path[:-1], node.shared)
    rows = [(key, branch) for key, branch in fresh.branches if isinstance(branch, Whole)]
    return replace(fresh, branches=tuple((key, _with_known(branch, known)) for key, branch in rows))


def _with_known(row: Whole, known: Mapping[Any, Node]) -> Whole:
    parts = tuple((name, known.get(name, part)) for name, part in row.parts)
    return replace(row, parts=parts, changed=frozenset(name for name, part in parts if is_open(part)))


def label_of(node: Node) -> str | None:
    """Return the label of a leaf that holds a scalar, else None."""
    return ".".join(node.path) if isinstance(node, Leaf) and node.path and is_scalar(plain(node.value)) else None
