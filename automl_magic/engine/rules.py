"""Rules: what a person knows must not be tried. Parsed into a small tree; nothing is evaluated."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from automl_magic.errors import SpaceError

OPERATIONS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
ALLOWED = "A rule may use numbers, strings, labels, + - * / **, comparisons, and, or, not."


class _Holds(Exception):
    """A label is inactive, or None met arithmetic: the rule says nothing and holds."""


@dataclass(frozen=True)
class Rule:
    """A condition that every configuration must meet.

    Parameters
    ----------
    text : str
        As written.
    function : callable, optional
        A rule from Python: called with the values by label, returns a truth value.
    """

    text: str
    function: Callable[[Mapping[str, Any]], Any] | None = None
    tree: Any = field(default=None, compare=False, repr=False)

    def labels(self) -> tuple[str, ...]:
        """Return the labels that the rule reads."""
        return () if self.tree is None else tuple(dict.fromkeys(_labels(self.tree)))

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether the rule holds for `values`: the active labels with the values that the parameters really get."""
        if self.function is not None:
            return bool(self.function(dict(values)))
        try:
            return bool(_value(self.tree, values))
        except _Holds:
            return True
        except (ArithmeticError, TypeError) as error:
            raise SpaceError(f"The rule {self.text!r} cannot be computed: {error}.") from error


def parse_rule(rule: str | Callable[[Mapping[str, Any]], Any]) -> Rule:
    """Return a rule.

    Raises
    ------
    SpaceError
        If the text is no rule, or the object neither text nor callable.

    Examples
    --------
    >>> parse_rule("a.depth * a.trees <= 2000").holds({"a.depth": 10, "a.trees": 300})
    False
    """
    if callable(rule):
        return Rule(getattr(rule, "__name__", repr(rule)), rule)
    if not isinstance(rule, str):
        raise SpaceError(f"A rule must be text or a function. Got {type(rule).__name__} instead.")
    try:
        tree = ast.parse(rule.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise SpaceError(f"The rule {rule!r} cannot be read: {error}.", ALLOWED) from None
    _check(tree, rule)
    return Rule(rule.strip(), None, tree)


def _check(node: ast.AST, rule: str) -> None:
    if _label(node) is not None:
        return
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool | int | float | str)):
        return
    parts: list[ast.AST]
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        parts = [node.left, node.right]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd | ast.Not):
        parts = [node.operand]
    elif isinstance(node, ast.Compare) and all(type(op) in OPERATIONS for op in node.ops):
        parts = [node.left, *node.comparators]
    elif isinstance(node, ast.BoolOp):
        parts = list(node.values)
    else:
        raise SpaceError(f"The rule {rule!r} has a part that is not allowed: {ast.unparse(node)!r}.", ALLOWED)
    for part in parts:
        _check(part, rule)


def _label(node: ast.AST) -> str | None:
    """Return the dotted label that a node spells, or None."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _label(node.value)
        return None if before is None else f"{before}.{node.attr}"
    return None


def _labels(node: ast.AST) -> list[str]:
    label = _label(node)
    return [label] if label is not None else [found for part in ast.iter_child_nodes(node) for found in _labels(part)]


def _value(node: ast.AST, values: Mapping[str, Any]) -> Any:
    label = _label(node)
    if label is not None:
        if label not in values:
            raise _Holds
        return values[label]
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.BinOp):
        return OPERATIONS[type(node.op)](_number(node.left, values), _number(node.right, values))
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.Not):
            return not _value(node.operand, values)
        number = _number(node.operand, values)
        return -number if isinstance(node.op, ast.USub) else number
    if isinstance(node, ast.BoolOp):
        results = [bool(_value(part, values)) for part in node.values]
        return all(results) if isinstance(node.op, ast.And) else any(results)
    assert isinstance(node, ast.Compare)
    sides = [_value(part, values) for part in (node.left, *node.comparators)]
    return all(_compare(op, *pair) for op, pair in zip(node.ops, zip(sides, sides[1:], strict=False), strict=True))


def _number(node: ast.AST, values: Mapping[str, Any]) -> Any:
    value = _value(node, values)
    if value is None:
        raise _Holds
    return value


def _compare(op: ast.cmpop, left: Any, right: Any) -> bool:
    if not isinstance(op, ast.Eq | ast.NotEq) and (left is None or right is None):
        raise _Holds
    return bool(OPERATIONS[type(op)](left, right))
