"""Tab in the cell: options, columns, metrics, families, searchers, sub-commands, tables, labels in the body."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from automl_magic.extend import METRICS, MODELS, SEARCHERS
from automl_magic.notebook.options import COMMANDS, OPTIONS, visible

COLUMNS = ("target", "group", "order", "ignore")
FAMILIES = ("models", "exclude")
FIXED = {
    "task": ("auto", "classification", "regression"),
    "cv": ("auto", "holdout", "5", "10"),
    "time": ("30s", "60s", "2m", "10m"),
}
SHORT_METRICS = ("accuracy", "auc", "f1", "logloss", "mae", "r2", "rmse")
SPACE_METHODS = ("models(", "rule(", "start(", "narrow(", "drop(")


def matcher_for(shell: Any) -> Any:
    """Return the matcher of `shell` for IPython's completer; it says nothing outside our cells."""

    @context_matcher(identifier="automl_magic")  # type: ignore[untyped-decorator]
    def automl_matcher(context: CompletionContext) -> dict[str, Any]:
        text = context.full_text.lstrip("\n")
        first = text.split("\n", 1)[0]
        if not re.match(r"%%?automl\b", first.lstrip()):
            return {"completions": []}
        before = context.line_with_cursor[: context.cursor_position]
        if context.cursor_line == 0 or first == context.line_with_cursor:
            found, fragment = on_line(before, shell.user_ns)
        else:
            found, fragment = in_body(before, first, shell.user_ns)
        if not found:
            return {"completions": []}
        completions = [SimpleCompletion(text=text, type="option") for text in found]
        return {"completions": completions, "matched_fragment": fragment, "suppress": True}

    return automl_matcher


def on_line(before: str, names: dict[str, Any]) -> tuple[list[str], str]:
    """Return what may follow `before` on the option line, and the fragment that it would replace."""
    words = before.split()
    fragment = "" if before.endswith(" ") or not words else words[-1]
    earlier = words[1:] if fragment == "" else words[1:-1]
    if words and fragment == words[0]:
        return [], fragment
    if fragment.startswith("--"):
        given = {word for word in earlier if word.startswith("--")}
        return _starting(
            fragment, [f"--{option.name}" for option in OPTIONS if f"--{option.name}" not in given]
        ), fragment
    if earlier and earlier[-1].startswith("--"):
        name = earlier[-1][2:]
        head, comma, tail = fragment.rpartition(",")
        return [head + comma + word for word in _starting(tail, _values(name, earlier, names))], fragment
    if not any(not word.startswith("--") for word in earlier):
        return _starting(fragment, [*_tables(names), *COMMANDS]), fragment
    return _starting(
        fragment, [f"--{option.name}" for option in OPTIONS if option.is_common]
    ) if fragment == "" else [], fragment


def in_body(before: str, first: str, names: dict[str, Any]) -> tuple[list[str], str]:
    """Return what may follow `before` in the body: labels inside quotes, methods of `space`."""
    method = re.search(r"\bspace\.(\w*)$", before)
    if method:
        return _starting(method[1], SPACE_METHODS), method[1]
    quoted = re.search(r"""["']([\w.]*)$""", before)
    if quoted is None or "space" not in before:
        return [], ""
    if re.search(r"models\([^)]*$", before):
        return _starting(quoted[1], MODELS.keys()), quoted[1]
    return _starting(quoted[1], labels_of(first, names)), quoted[1]


def labels_of(first: str, names: dict[str, Any]) -> list[str]:
    """Return the labels of the default space for the data that the first line names; made once for each line."""
    if first not in _LABELS:
        _LABELS.clear()
        _LABELS[first] = _make_labels(first, names)
    return _LABELS[first]


_LABELS: dict[str, list[str]] = {}


def _make_labels(first: str, names: dict[str, Any]) -> list[str]:
    from automl_magic.errors import AutoMLError
    from automl_magic.notebook.cell import data_of, plan_of, with_config
    from automl_magic.notebook.options import parse_line
    from automl_magic.table_run import read_problem, space_for

    try:
        request = parse_line(first.lstrip().split("automl", 1)[1], names)
        options = with_config(request)
        data, y = data_of(request, options, names)
        plan = plan_of(options, {}, None)
        return list(space_for(plan, read_problem(plan, data, y).table).labels)
    except AutoMLError:  # the line is not whole yet
        return []


def _values(option: str, earlier: list[str], names: dict[str, Any]) -> Iterable[str]:
    if option in COLUMNS:
        return [str(column) for word in earlier for column in getattr(names.get(word), "columns", ())]
    if option in FAMILIES:
        return MODELS.keys()
    if option == "metric":
        return [*SHORT_METRICS, *sorted(set(METRICS.keys()) - set(SHORT_METRICS))]
    if option == "search":
        return SEARCHERS.keys()
    if option in ("data", "test", "baseline"):
        return _tables(names) if option != "baseline" else visible(names)
    return FIXED.get(option, ())


def _tables(names: dict[str, Any]) -> list[str]:
    return [name for name in visible(names) if hasattr(names[name], "columns") or getattr(names[name], "ndim", 0) == 2]


def _starting(fragment: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(fragment)]
