"""Edits of a space that reach beyond one parameter: values and holes put into the template, and rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from automl_magic.engine import template
from automl_magic.engine.compiling import Compiled, compile_node
from automl_magic.engine.configs import check_value
from automl_magic.engine.holes import BARE, Choice, Float, Int, as_hole
from automl_magic.engine.keys import find_key, is_scalar, plain
from automl_magic.engine.parameters import Parameter, parameter_of
from automl_magic.engine.rules import Rule, parse_rule
from automl_magic.errors import SpaceError, did_you_mean

if TYPE_CHECKING:
    from automl_magic.engine.space import SearchSpace


def fix(space: SearchSpace, label: str, value: Any) -> SearchSpace:
    """Give a parameter one value.

    Raises
    ------
    SpaceError
        If there is no such parameter, or the value is not declared for it.
    """
    if as_hole(value) is not None:
        raise SpaceError(f'"{label}" must be fixed to a value. Got {value!r} instead.', "Use search for a hole.")
    if label not in space:
        return _assign(space, label, value)
    declared = space.declared[label]
    inner = f"{label}.{BARE}"
    if (
        declared.kind == "choice"
        and not declared.allows(value)
        and inner in space
        and space.declared[inner].allows(value)
    ):
        return fix(space.narrow(label, options=(BARE,)), inner, value)
    check_value(declared, value, f'To go beyond, declare it anew: space["{label}"] = Choice({value!r}).')
    value = declared.clean(value)
    if declared.kind == "choice":
        return space.narrow(label, options=(value,))
    return space._with(replace(declared, low=value, high=value, default=value))


def search(space: SearchSpace, label: str, hole: Any) -> SearchSpace:
    """Put a hole in the place of a parameter.

    A hole that only narrows the declared one (same kind and scale, bounds or options within) keeps what was declared,
    so that it can be widened again; another one takes its place.

    Raises
    ------
    SpaceError
        If there is no such parameter, or `hole` is none.
    """
    found = as_hole(hole)
    if found is None:
        raise SpaceError(
            f'"{label}" must be searched over a hole. Got {hole!r} instead.', "Write Float, Int or Choice."
        )
    if label in space and _is_within(space, label, found):
        return _narrowed(space, label, found)
    if any(name == label for name, _ in space.assigned):  # it may lie within the hole that was there at first
        restored = unassign(space, label)
        if label in restored and _is_within(restored, label, found):
            return _narrowed(restored, label, found)
    return _assign(space, label, hole)


def _narrowed(space: SearchSpace, label: str, hole: Float | Int | Choice) -> SearchSpace:
    if isinstance(hole, Choice):
        new = space.narrow(label, options=hole.keys)
        return new._with(replace(new[label], default=hole.default))
    new = space.narrow(label, hole.low, hole.high)
    return new if hole.default is None else new._with(replace(new[label], default=hole.default))


def _is_within(space: SearchSpace, label: str, hole: Float | Int | Choice) -> bool:
    declared = space.declared[label]
    if hole.name not in (None, label) or hole.prior is not None or parameter_of(label, hole, ()).kind != declared.kind:
        return False
    if isinstance(hole, Choice):
        return all(
            _is_declared(space, label, key, plain(option)) for key, option in zip(hole.keys, hole.options, strict=True)
        )
    return hole.log == declared.log and declared.low <= hole.low and hole.high <= declared.high


def _is_declared(space: SearchSpace, label: str, key: Any, option: Any) -> bool:
    place = find_key(key, space.declared[label].options)
    if place is None or not is_scalar(option):
        return False
    meaning = space.compiled.meanings[label][place]
    return meaning.label is None and type(meaning.value) is type(option) and bool(meaning.value == option)


def _assign(space: SearchSpace, label: str, value: Any) -> SearchSpace:
    """Put a value or hole into the template; what was narrowed elsewhere stays narrowed, rules are checked again."""
    if template.put(space.compiled.node, label, value) is None:
        known = (*space.labels, *space.compiled.constants)
        hint = f"Searched: {', '.join(space.labels)}." if space.labels else None
        raise SpaceError(f'No parameter "{label}" in the space.{did_you_mean(label, known)}', hint)
    earlier = [(name, other) for name, other in space.assigned if name != label]
    return _with_assigned(space, [*earlier, (label, value)], label)


def unassign(space: SearchSpace, label: str) -> SearchSpace:
    """Give a parameter the value or hole back that the template has."""
    return _with_assigned(space, [(name, value) for name, value in space.assigned if name != label], label)


def rebased(space: SearchSpace, written: Any) -> SearchSpace:
    """Return the space of another template with the edits of `space`: assignments, narrowed parameters, rules, starts.

    The other template must have the parameters of the first one, and may have more.
    """
    origin = compile_node(template.read(written))
    new = _with_assigned(replace(space, template=written, origin=origin), list(space.assigned), "")
    return replace(new, starts=tuple(new.validate(start) for start in space.starts))


def _with_assigned(space: SearchSpace, assigned: list[tuple[str, Any]], label: str) -> SearchSpace:
    """Return the space of the template with these assignments, in their order; one without a place is dropped."""
    node = space.origin.node
    kept = []
    for name, value in assigned:
        new = template.put(node, name, value)
        if new is not None:
            node = new
            kept.append((name, value))
    return _recompiled(space, compile_node(node), tuple(kept), label)


def _recompiled(
    space: SearchSpace, compiled: Compiled, assigned: tuple[tuple[str, Any], ...], label: str
) -> SearchSpace:
    parameters = tuple(_as_before(space, parameter, label) for parameter in compiled.parameters)
    new = replace(space, compiled=compiled, parameters=parameters, assigned=assigned)
    for rule in new.rules:
        checked_rule(new, rule)
    return new


def _as_before(space: SearchSpace, declared: Parameter, label: str) -> Parameter:
    """Return a parameter of the new space with the bounds and options that it had, unless it is declared anew."""
    before = space.declared.get(declared.label)
    if declared.label == label or before is None or replace(before, conditions=()) != replace(declared, conditions=()):
        return declared
    return replace(space[declared.label], conditions=declared.conditions)


def checked_rule(space: SearchSpace, rule: str | Callable[[Mapping[str, Any]], Any] | Rule) -> Rule:
    """Return a rule whose labels are in the space, and numbers where it computes with them.

    Raises
    ------
    SpaceError
        If it cannot be read, names no parameter, or computes with text.
    """
    parsed = parse_rule(rule)
    known = (*space.labels, *space.compiled.constants)
    for label in parsed.labels:
        if label not in known:
            near = did_you_mean(label, known)
            raise SpaceError(
                f'The rule {parsed.text!r} names "{label}", which is no parameter.{near}',
                f"Searched: {', '.join(space.labels)}.",
            )
    for label in parsed.numeric_labels:
        text = next((value for value in _possible(space, label) if isinstance(value, str)), None)
        if text is not None:
            inner = f"{label}.{BARE}"
            hint = (
                f"Write {inner}: the rule then holds where it is {text!r}."
                if inner in space
                else "Compare it with == or !=."
            )
            raise SpaceError(f'The rule {parsed.text!r} needs a number, but "{label}" can be {text!r}.', hint)
    return parsed


def _possible(space: SearchSpace, label: str) -> list[Any]:
    """Return the scalars that a parameter may get, numbers of holes aside."""
    found = [constant.value for constant in space.compiled.constants.get(label, ())]
    if label in space.declared:
        for meaning in space.compiled.meanings.get(label, ()):
            found += [meaning.value] if meaning.label is None else _possible(space, meaning.label)
    return found
