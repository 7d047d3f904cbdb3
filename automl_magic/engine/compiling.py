"""A template compiled: its parameters, the values that are not searched, and what each label's value is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from automl_magic.engine import template
from automl_magic.engine.drawing import in_order
from automl_magic.engine.keys import is_scalar, plain, same_key
from automl_magic.engine.parameters import Alternatives, Parameter, holds, merged, parameter_of
from automl_magic.errors import SpaceError


@dataclass(frozen=True)
class Constant:
    """A scalar parameter that is not searched: its value and when it counts."""

    value: Any
    conditions: Alternatives


@dataclass(frozen=True)
class Meaning:
    """What a parameter gets when a choice picks `key`: the value itself, or that of the hole `label`."""

    key: Any
    value: Any
    label: str | None


@dataclass(frozen=True, eq=False)
class Compiled:
    """What is computed once for a template, and shared by every space edited from it.

    Attributes
    ----------
    node : Node
        The template as a tree.
    parameters : tuple of Parameter
        As declared, parents first.
    by_label : mapping of str to Parameter
        The same by label.
    constants : mapping of str to tuple of Constant
        What is not searched, by label.
    meanings : mapping of str to tuple of Meaning
        For each choice, what its keys stand for.
    """

    node: template.Node
    parameters: tuple[Parameter, ...]
    by_label: Mapping[str, Parameter]
    constants: Mapping[str, tuple[Constant, ...]]
    meanings: Mapping[str, tuple[Meaning, ...]]


def compile_node(node: template.Node) -> Compiled:
    """Compile the tree of a template.

    Raises
    ------
    SpaceError
        If two holes have one label, or holes of one name differ or go in a circle.
    """
    found: dict[str, Parameter] = {}
    shared: dict[str, bool] = {}
    constants: dict[str, tuple[Constant, ...]] = {}
    meanings: dict[str, tuple[Meaning, ...]] = {}
    for item, conditions in template.walk(node):
        label = template.label_of(item)
        if label is not None and isinstance(item, template.Leaf):
            constants[label] = (*constants.get(label, ()), Constant(plain(item.value), (conditions,)))
        if not isinstance(item, template.Number | template.Fork):
            continue
        parameter = parameter_of(item.label, item.hole, conditions)
        if item.label in found:
            if not (item.shared and shared[item.label]):
                raise SpaceError(
                    f'Two holes have the label "{item.label}".', 'Name one of them: Float(0, 1, name="…").'
                )
            parameter = merged(found[item.label], parameter)
        found[item.label], shared[item.label] = parameter, item.shared
        if isinstance(item, template.Fork):
            meanings[item.label] = tuple(_meaning(key, branch) for key, branch in item.branches)
    parameters = _parents_first(found)
    return Compiled(node, parameters, {parameter.label: parameter for parameter in parameters}, constants, meanings)


def _meaning(key: Any, branch: template.Node) -> Meaning:
    if isinstance(branch, template.Number | template.Fork):
        return Meaning(key, None, branch.label)
    value = plain(branch.value) if isinstance(branch, template.Leaf) else key
    return Meaning(key, value if is_scalar(value) else key, None)


def _parents_first(found: Mapping[str, Parameter]) -> tuple[Parameter, ...]:
    """Return the parameters as written, but none before its parents."""
    if len(in_order(tuple(found.values()))) < len(found):
        circle = ", ".join(label for label, parameter in found.items() if any(parameter.conditions))
        raise SpaceError(f"The conditions of {circle} go in a circle.", "Give the holes other names.")
    ordered: dict[str, Parameter] = {}

    def place(label: str) -> None:
        if label not in ordered:
            for pairs in found[label].conditions:
                for parent, _ in pairs:
                    place(parent)
            ordered[label] = found[label]

    for label in found:
        place(label)
    return tuple(ordered.values())


def values_of(compiled: Compiled, config: Mapping[str, Any], labels: Iterable[str] | None = None) -> dict[str, Any]:
    """Return the values that the parameters (or those of `labels`) really get under `config`; only those that count.

    A choice that picked a bare hole has that hole's value; one that picked an estimator has its key.
    """
    values: dict[str, Any] = {}
    for label in (*compiled.constants, *config) if labels is None else labels:
        if label in config:
            values[label] = _real(compiled, config, label)
            continue
        for constant in compiled.constants.get(label, ()):
            if holds(constant.conditions, config):
                values[label] = constant.value
    return values


def _real(compiled: Compiled, config: Mapping[str, Any], label: str) -> Any:
    for meaning in compiled.meanings.get(label, ()):
        if same_key(meaning.key, config[label]):
            inner = meaning.label
            return meaning.value if inner is None else _real(compiled, config, inner) if inner in config else None
    return config[label]
