"""hyperopt's Domain as columns, and its documents as rows; a row back as a document's misc."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from automl_magic.engine.columns import Column, Columns
from automl_magic.errors import SpaceError

Pairs: TypeAlias = tuple[tuple[str, int], ...]
NAMES = ("uniform", "quniform", "loguniform", "qloguniform", "uniformint")
UNBOUNDED = ("normal", "qnormal", "lognormal", "qlognormal")


def columns_of_domain(domain: Any) -> Columns:
    """Return the columns of a hyperopt Domain, one for each `hp.*` label.

    Raises
    ------
    SpaceError
        For a distribution whose arguments are no plain numbers.
    """
    nodes, conditions = _labels(domain.expr)
    ordered: list[str] = []
    while len(ordered) < len(nodes):
        for label, alternatives in conditions.items():
            if label not in ordered and all(name in ordered for pairs in alternatives for name, _ in pairs):
                ordered.append(label)
    places = {label: place for place, label in enumerate(ordered)}
    forks = {name for alternatives in conditions.values() for pairs in alternatives for name, _ in pairs}
    columns = []
    for label, place in places.items():
        when = tuple(tuple((places[name], option) for name, option in pairs) for pairs in conditions[label])
        columns.append(replace(_column(label, nodes[label]), place=place, conditions=when, is_fork=label in forks))
    return Columns(tuple(columns))


def _labels(expression: Any) -> tuple[dict[str, Any], dict[str, list[Pairs]]]:
    """Return the distribution of each label and the alternatives of options under which it counts.

    `hyperopt.pyll_utils.expr_to_config` says the same, but raises AttributeError for `hp.pchoice` where a label stands
    in several branches, and walks a node that many branches share as often as there are ways to it.
    """
    nodes: dict[str, Any] = {}
    conditions: dict[str, list[Pairs]] = {}
    walked: set[tuple[int, Pairs]] = set()

    def walk(node: Any, pairs: Pairs) -> None:
        if (id(node), pairs) in walked:
            return
        walked.add((id(node), pairs))
        if node.name == "hyperopt_param":
            label = node.arg["label"].obj
            nodes[label] = node.arg["obj"]
            conditions.setdefault(label, []).append(pairs)
        elif node.name == "switch" and node.pos_args[0].name == "hyperopt_param":
            chooser = node.pos_args[0]
            walk(chooser, pairs)
            for option, branch in enumerate(node.pos_args[1:]):
                walk(branch, (*pairs, (chooser.arg["label"].obj, option)))
        else:
            for part in node.inputs():
                walk(part, pairs)

    walk(expression, ())
    return nodes, {label: _shortest(alternatives) for label, alternatives in conditions.items()}


def _shortest(alternatives: list[Pairs]) -> list[Pairs]:
    return [()] if () in alternatives else alternatives


def _column(label: str, node: Any) -> Column:
    if node.name == "randint":
        low, high = _number(label, node, "low"), _number(label, node, "high", default=None)
        first, end = (0, low) if high is None else (low, high)
        return Column(label, 0, options=int(end - first), first=int(first))
    if node.name == "categorical":
        shares = _shares(node)
        return Column(label, 0, options=len(shares), prior=tuple(share / sum(shares) for share in shares))
    log, step = "log" in node.name, float(_number(label, node, "q", default=0.0))
    if node.name in NAMES:
        low, high = float(_number(label, node, "low")), float(_number(label, node, "high"))
        step = 1.0 if node.name == "uniformint" else step
        return Column(label, 0, low=low, high=high, zero=low, scale=(high - low) or 1.0, log=log, step=step)
    if node.name in UNBOUNDED:
        mean, deviation = float(_number(label, node, "mu")), float(_number(label, node, "sigma"))
        return Column(label, 0, zero=mean, scale=deviation or 1.0, log=log, step=step)
    raise SpaceError(f'hyperopt\'s {node.name} of "{label}" cannot be searched here.', "Use the distributions of hp.")


def _number(label: str, node: Any, name: str, **default: Any) -> Any:
    found = node.arg.get(name)
    if hasattr(found, "obj"):
        return default.get("default") if found.obj is None else found.obj
    if "default" in default and not hasattr(found, "name"):  # hyperopt's mark of an argument left out
        return default["default"]
    raise SpaceError(f'The {node.name} of "{label}" must have numbers as its arguments.', "Compute in the function.")


def _shares(node: Any) -> list[float]:
    shares = node.arg["p"]
    return [float(share) for share in (shares.obj if hasattr(shares, "obj") else _literals(shares))]


def _literals(node: Any) -> Iterator[float]:
    return (part.obj for part in node.pos_args)


def misc_of(columns: Columns, domain: Any, number: int, values: dict[str, Any]) -> dict[str, Any]:
    """Return the misc of a document: every label with its value and the document's number, or empty lists."""
    idxs = {column.label: [number] if column.label in values else [] for column in columns.all}
    vals = {column.label: [values[column.label]] if column.label in values else [] for column in columns.all}
    return {"tid": number, "cmd": domain.cmd, "workdir": domain.workdir, "idxs": idxs, "vals": vals}
