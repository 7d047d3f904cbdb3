"""A template (an estimator with holes in it) as a tree: its parameters, and objects made from it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from automl_magic.engine.holes import Build, Choice, Float, Int, as_hole, same_key

Path: TypeAlias = tuple[str, ...]
TOP = "model"  # the label of a choice that stands at the top
BARE = "value"  # the key of a bare hole inside a choice, and the label of one that stands at the top


@dataclass(frozen=True)
class Leaf:
    """A value without holes."""

    value: Any
    path: Path


@dataclass(frozen=True)
class Number:
    """A `Float` or `Int`."""

    label: str
    hole: Float | Int


@dataclass(frozen=True)
class Fork:
    """A `Choice`: one node for each key."""

    label: str
    hole: Choice
    branches: tuple[tuple[Any, Node], ...]

    def branch(self, key: Any) -> Node:
        """Return the node under `key`."""
        return next(node for other, node in self.branches if same_key(other, key))


@dataclass(frozen=True)
class Made:
    """Something that is made from parts: parts by name, and how they are put together and taken apart."""

    parts: tuple[tuple[Any, Node], ...]
    put: Callable[[dict[Any, Any]], Any]
    take: Callable[[Any], dict[Any, Any]]


Node: TypeAlias = Leaf | Number | Fork | Made


def read(value: Any, path: Path = ()) -> Node:
    """Return the tree of a template; `path` is where it stands."""
    hole = as_hole(value)
    if isinstance(hole, Choice):
        label = hole.name or ".".join(path) or TOP
        inner = tuple(hole.name.split(".")) if hole.name else path
        branches = zip(hole.keys, hole.options, strict=True)
        return Fork(label, hole, tuple((key, read(option, (*inner, str(key)))) for key, option in branches))
    if hole is not None:
        return Number(hole.name or ".".join(path) or BARE, hole)
    if isinstance(value, Build):
        parts = tuple((name, read(part, (*path, name))) for name, part in value.holes.items())
        return Made(parts, lambda chosen: value.factory(**chosen), _take_params)
    if isinstance(value, dict):
        parts = tuple((key, read(part, (*path, str(key)))) for key, part in value.items())
        return Made(parts, dict, lambda made: dict(made)) if parts else Leaf(value, path)
    if isinstance(value, list | tuple) and value:
        return _read_sequence(value, path)
    if hasattr(value, "get_params") and not isinstance(value, type):
        return _read_estimator(value, path)
    return Leaf(value, path)


def _read_estimator(value: Any, path: Path) -> Node:
    """Read an object with `get_params`; the last step of a pipeline adds no name of its own, lists of steps none either."""
    parts: list[tuple[Any, Node]] = []
    for name, part in value.get_params(deep=False).items():
        if _is_steps(part):
            last = len(part) - 1 if name == "steps" else None
            inner = tuple((place, _read_step(step, path, place == last)) for place, step in enumerate(part))
            parts.append((name, Made(inner, _sequence_maker(type(part)), _take_sequence)))
        else:
            parts.append((name, read(part, (*path, name))))
    return Made(tuple(parts), lambda chosen: copy.copy(value).set_params(**chosen), _take_params)


def _is_steps(part: Any) -> bool:
    return (
        isinstance(part, list | tuple)
        and bool(part)
        and all(isinstance(step, tuple) and len(step) >= 2 and isinstance(step[0], str) for step in part)
    )


def _read_step(step: tuple[Any, ...], path: Path, is_last: bool) -> Node:
    inner = path if is_last else (*path, step[0])
    parts = (
        (0, Leaf(step[0], ())),
        (1, read(step[1], inner)),
        *((place, Leaf(step[place], ())) for place in range(2, len(step))),
    )
    return Made(parts, _sequence_maker(tuple), _take_sequence)


def _read_sequence(value: list[Any] | tuple[Any, ...], path: Path) -> Node:
    parts = tuple((place, read(part, (*path, str(place)))) for place, part in enumerate(value))
    if all(isinstance(part, Leaf) for _, part in parts):
        return Leaf(value, path)
    return Made(parts, _sequence_maker(type(value)), _take_sequence)


def _sequence_maker(kind: type) -> Callable[[dict[Any, Any]], Any]:
    return lambda chosen: kind(chosen[place] for place in range(len(chosen)))


def _take_sequence(made: Any) -> dict[Any, Any]:
    return dict(enumerate(made))


def _take_params(made: Any) -> dict[Any, Any]:
    return dict(made.get_params(deep=False))


def make(node: Node, config: dict[str, Any]) -> Any:
    """Return a fresh object with the values of `config` in the place of the holes."""
    if isinstance(node, Leaf):
        return copy.deepcopy(node.value)
    if isinstance(node, Number):
        return config[node.label]
    if isinstance(node, Fork):
        return make(node.branch(config[node.label]), config)
    return node.put({name: make(part, config) for name, part in node.parts})


def config_of(node: Node, made: Any) -> dict[str, Any] | None:
    """Return the configuration from which `made` was made, or None when it cannot have come from this tree."""
    if isinstance(node, Leaf):
        return {} if _alike(node.value, made) else None
    if isinstance(node, Number):
        return {node.label: made} if isinstance(made, int | float) and not isinstance(made, bool) else None
    if isinstance(node, Fork):
        for key, branch in node.branches:
            found = config_of(branch, made)
            if found is not None:
                return {node.label: key, **found}
        return None
    try:
        taken = node.take(made)
    except (AttributeError, TypeError, ValueError):
        return None
    if not set(taken) >= {name for name, _ in node.parts}:
        return None
    config: dict[str, Any] = {}
    for name, part in node.parts:
        found = config_of(part, taken[name])
        if found is None:
            return None
        config.update(found)
    return config


def _alike(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    try:
        return bool(one == other) or repr(one) == repr(other)
    except (TypeError, ValueError):  # an array compares element by element
        return repr(one) == repr(other)


def walk(
    node: Node, conditions: tuple[tuple[str, Any], ...] = ()
) -> Iterator[tuple[Leaf | Number | Fork, tuple[tuple[str, Any], ...]]]:
    """Yield every leaf, number and fork with the conditions under which it counts, parents first."""
    if isinstance(node, Made):
        for _, part in node.parts:
            yield from walk(part, conditions)
        return
    yield node, conditions
    if isinstance(node, Fork):
        for key, branch in node.branches:
            yield from walk(branch, (*conditions, (node.label, key)))


def replace_at(template: Any, label: str, value: Any, path: Path = ()) -> tuple[Any, bool]:
    """Return a copy of `template` with `value` in the place of the parameter `label`, and whether it was found.

    The parameter may be a hole or not; within a choice every option is looked through.
    """
    hole = as_hole(template)
    own = (hole.name if hole is not None and hole.name else None) or ".".join(path)
    if path and own == label:
        return value, True
    if isinstance(hole, Choice):
        inner = tuple(hole.name.split(".")) if hole.name else path
        pairs = [
            (key, *replace_at(option, label, value, (*inner, str(key))))
            for key, option in zip(hole.keys, hole.options, strict=True)
        ]
        if not any(found for _, _, found in pairs):
            return template, False
        new = copy.copy(hole)
        new.options = tuple(option for _, option, _ in pairs)
        return new, True
    if hole is not None:
        return template, False
    return _replace_inside(template, label, value, path)


def _replace_inside(template: Any, label: str, value: Any, path: Path) -> tuple[Any, bool]:
    if isinstance(template, Build):
        held, found = replace_at(dict(template.holes), label, value, path)
        return (Build(template.factory, **held), True) if found else (template, False)
    if isinstance(template, dict):
        pairs = {key: replace_at(part, label, value, (*path, str(key))) for key, part in template.items()}
        return (
            ({key: part for key, (part, _) in pairs.items()}, True)
            if any(found for _, found in pairs.values())
            else (template, False)
        )
    if isinstance(template, list | tuple):
        parts = [replace_at(part, label, value, (*path, str(place))) for place, part in enumerate(template)]
        return (
            (type(template)(part for part, _ in parts), True) if any(found for _, found in parts) else (template, False)
        )
    if not hasattr(template, "get_params") or isinstance(template, type):
        return template, False
    changed: dict[str, Any] = {}
    for name, part in template.get_params(deep=False).items():
        if _is_steps(part):
            last = len(part) - 1 if name == "steps" else None
            steps = [
                replace_at(step[1], label, value, path if place == last else (*path, step[0]))
                for place, step in enumerate(part)
            ]
            if any(found for _, found in steps):
                changed[name] = type(part)(
                    (step[0], new, *step[2:]) for step, (new, _) in zip(part, steps, strict=True)
                )
        else:
            new, found = replace_at(part, label, value, (*path, name))
            changed.update({name: new} if found else {})
    return (copy.copy(template).set_params(**changed), True) if changed else (template, False)
