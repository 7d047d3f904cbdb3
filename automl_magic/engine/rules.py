"""Rules: what a person knows must not be tried. Parsed into a small tree; nothing is evaluated."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from automl_magic.errors import SpaceError

ARITHMETIC: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,  # in floats, so that no rule computes a number of a million digits
}
ORDER: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
EQUALITY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {ast.Eq: operator.eq, ast.NotEq: operator.ne}
COMPARISONS = {**ORDER, **EQUALITY}
ALLOWED = "A rule is made of numbers, strings, True, False, None, labels, + - * / **, comparisons, and, or, not."

DEEPEST = 100  # levels of a rule


class _Holds(Exception):
    """A label is inactive, or None met arithmetic or an order: the rule says nothing and holds."""


@dataclass(frozen=True)
class Rule:
    """A condition that every configuration must meet. Make one with `parse_rule`.

    A rule that meets an inactive label, or None in arithmetic or an order comparison, holds as a whole, wherever in the
    rule that is. One that cannot be computed for a configuration (a division by zero) refuses it.

    Attributes
    ----------
    text : str
        As written, or the name of the function.
    function : callable, optional
        A rule from Python: called with the values by label, returns a truth value.
    reads_config : bool
        Whether the function is called with the configuration itself: what it makes out of it is looked at.
    """

    text: str
    function: Callable[[Mapping[str, Any]], Any] | None = None
    tree: Any = field(default=None, compare=False, repr=False)
    reads_config: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the rule reads."""
        return () if self.tree is None else tuple(dict.fromkeys(_labels(self.tree)))

    @property
    def numeric_labels(self) -> tuple[str, ...]:
        """The labels that the rule computes with or compares by order."""
        return () if self.tree is None else tuple(dict.fromkeys(_numeric(self.tree)))

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether the rule holds for `values`: the active labels with the values that the parameters really get."""
        if self.function is not None:
            return bool(self.function(dict(values)))
        try:
            return bool(_value(self.tree, values))
        except _Holds:
            return True
        except (ArithmeticError, ValueError):  # of math.pow: a negative base with a broken exponent
            return False
        except TypeError as error:
            raise SpaceError(
                f"The rule {self.text!r} cannot be computed: {error}.", "Compare text with == and != only."
            ) from None


def parse_rule(rule: str | Callable[[Mapping[str, Any]], Any] | Rule) -> Rule:
    """Return a rule.

    Raises
    ------
    SpaceError
        If the text is no rule, or the object neither text nor callable.

    Examples
    --------
    >>> rule = parse_rule("a.depth * a.trees <= 2000")
    >>> rule.holds({"a.depth": 10, "a.trees": 300}), rule.holds({"a.trees": 300})
    (False, True)
    """
    if isinstance(rule, Rule):
        return rule
    if callable(rule):
        return Rule(getattr(rule, "__name__", type(rule).__name__), rule)
    if not isinstance(rule, str):
        raise SpaceError(f"A rule must be text or a function. Got {type(rule).__name__} instead.", ALLOWED)
    text = rule.strip()
    try:
        tree = ast.parse(text, mode="eval").body
        if _is_deep(tree):
            raise SpaceError(f"The rule {text[:60]!r} is too deep: {DEEPEST} parts within parts at most.", ALLOWED)
        _check(tree, text)
    except SyntaxError as error:
        raise SpaceError(f"The rule {rule!r} cannot be read: {error.msg}.", ALLOWED) from None
    except (ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, SpaceError):
            raise
        raise SpaceError(f"The rule {rule[:60]!r} cannot be read: {error}.", ALLOWED) from None
    if not any(_labels(tree)):
        raise SpaceError(f"The rule {rule!r} names no parameter.", 'Write for example "forest.max_depth <= 10".')
    return Rule(text, None, tree)


def _is_deep(tree: ast.AST) -> bool:
    """Whether a walk down the tree, which each check of a configuration is, could come near Python's limit."""
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [part for node in level for part in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True


def _check(node: ast.AST, rule: str) -> None:
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool | int | float | str)):
        return
    allowed = (
        _label(node) is not None
        or (isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC)
        or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd | ast.Not))
        or (isinstance(node, ast.Compare) and all(type(op) in COMPARISONS for op in node.ops))
        or isinstance(node, ast.BoolOp)
    )
    if not allowed:
        raise SpaceError(f"The rule {rule!r} has a part that is not allowed: {ast.unparse(node)}.", ALLOWED)
    for part in _parts(node):
        _check(part, rule)


def _parts(node: ast.AST) -> list[ast.expr]:
    """Return the operands of a node; a label and a constant have none."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    return list(node.values) if isinstance(node, ast.BoolOp) else []


def _label(node: ast.AST) -> str | None:
    """Return the dotted label that a node spells, or None."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _label(node.value)
        return None if before is None else f"{before}.{node.attr}"
    return None


def _labels(node: ast.AST) -> Iterator[str]:
    label = _label(node)
    if label is not None:
        yield label
    for part in _parts(node):
        yield from _labels(part)


def _numeric(node: ast.AST) -> Iterator[str]:
    computes = isinstance(node, ast.BinOp) or (isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not))
    if computes or (isinstance(node, ast.Compare) and any(type(op) in ORDER for op in node.ops)):
        yield from (label for part in _parts(node) if (label := _label(part)) is not None)
    for part in _parts(node):
        yield from _numeric(part)


def _value(node: ast.AST, values: Mapping[str, Any]) -> Any:
    label = _label(node)
    if label is not None:
        if label not in values:
            raise _Holds
        return values[label]
    if isinstance(node, ast.Constant):
        return node.value
    parts = [
        _value(part, values) for part in _parts(node)
    ]  # all of them: what is inactive anywhere makes the rule hold
    if isinstance(node, ast.BoolOp):
        return all(parts) if isinstance(node.op, ast.And) else any(parts)
    if isinstance(node, ast.BinOp):
        return ARITHMETIC[type(node.op)](*map(_number, parts))
    if isinstance(node, ast.Compare):
        return all(
            _compare(type(op), *pair) for op, pair in zip(node.ops, zip(parts, parts[1:], strict=False), strict=True)
        )
    assert isinstance(node, ast.UnaryOp)
    if isinstance(node.op, ast.Not):
        return not parts[0]
    return -_number(parts[0]) if isinstance(node.op, ast.USub) else _number(parts[0])


def _number(value: Any) -> Any:
    if value is None:
        raise _Holds
    if isinstance(value, str):
        raise TypeError(f"{value!r} is no number")
    return value


def _compare(op: type[ast.cmpop], left: Any, right: Any) -> bool:
    if op in ORDER and (left is None or right is None):
        raise _Holds
    return bool(COMPARISONS[op](left, right))
