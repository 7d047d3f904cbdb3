"""Tab in the cell: options, columns, metrics, families, searchers, sub-commands, tables, labels in the body."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from automl_magic.engine.functions import FUNCTIONS
from automl_magic.extend import METRICS, MODELS, SCHEDULERS, SEARCHERS
from automl_magic.networks import FAMILIES as NETWORKS
from automl_magic.notebook.options import BY_NAME, COMMANDS, OPTIONS, visible
from automl_magic.option_values import INPUTS

COLUMNS = ("target", "group", "order", "ignore", "sample-weight")
FAMILIES = ("models", "exclude")
FIXED = {
    "task": ("auto", "classification", "regression"),
    "cv": ("auto", "holdout", "5", "10"),
    "time": ("30s", "60s", "2m", "10m"),
    "speed": ("1", "10", "100"),
    "repeats": ("2", "7", "10", "20"),
    "on": tuple(FUNCTIONS),
    "input": INPUTS,
    "max-params": ("10k", "50k", "200k", "1M"),
    "epochs": ("100", "500", "2000"),
}
SHORT_METRICS = ("accuracy", "auc", "f1", "logloss", "mae", "r2", "rmse")
SPACE_METHODS = ("models(", "rule(", "start(", "narrow(", "drop(")
SAMPLE = 1000  # rows that are looked at to find the labels of the space

Found = tuple[list[str], str]  # completions, and the fragment that they replace


def matcher_for(shell: Any) -> Any:
    """Return the matcher of `shell` for IPython's completer; it says nothing outside our cells."""

    @context_matcher(identifier="automl_magic")  # type: ignore[untyped-decorator]
    def automl_matcher(context: CompletionContext) -> dict[str, Any]:
        before = context.line_with_cursor[: context.cursor_position]
        first = context.full_text.lstrip().split("\n", 1)[0]
        if re.match(r"\s*(\w+\s*=\s*)?%%?automl\s", before):
            found, fragment = on_line(before[before.index("automl") :], shell.user_ns)
        elif re.match(r"%%automl\b", first) and before.strip() != first[: len(before.strip())]:
            found, fragment = in_body(before, first, shell.user_ns)
        else:
            return {"completions": []}
        if not found:
            return {"completions": []}
        completions = [SimpleCompletion(text=text, type="option") for text in found]
        return {"completions": completions, "matched_fragment": fragment, "suppress": True}

    return automl_matcher


def on_line(before: str, names: dict[str, Any]) -> Found:
    """Return what may follow `before` (from the word automl on) on the option line."""
    words = before.split()
    fragment = "" if before[-1].isspace() else words[-1]
    earlier = words[1:] if fragment == "" else words[1:-1]
    if fragment.startswith("--"):
        given = {word for word in earlier if word.startswith("--")}
        return _starting(fragment, [f"--{name}" for name in BY_NAME if f"--{name}" not in given]), fragment
    last = BY_NAME.get(earlier[-1][2:]) if earlier and earlier[-1].startswith("--") else None
    if last is not None and last.value:
        head, comma, tail = fragment.rpartition(",")
        return [head + comma + word for word in _starting(tail, _values(last.name, earlier, names))], fragment
    plain = _plain(earlier)
    if not plain:
        return _starting(fragment, [*_tables(names), *COMMANDS]), fragment
    if plain[0] in COMMANDS and plain[0] not in names:
        return _starting(fragment, _behind(plain, names)), fragment
    if fragment:
        return _starting(fragment, visible(names)) if len(plain) == 1 else [], fragment
    return [
        f"--{option.name}" for option in OPTIONS if option.is_common and f"--{option.name}" not in earlier
    ], fragment


def in_body(before: str, first: str, names: dict[str, Any]) -> Found:
    """Return what may follow `before` in the body: labels inside quotes, methods of `space`."""
    method = re.search(r"\bspace\.(\w*)$", before)
    if method is not None:
        return _starting(method[1], SPACE_METHODS), method[1]
    call = re.search(r"\bspace\s*(\[|\.\w+\()(.*)$", before)
    if call is None or not _is_in_string(call[2]):
        return [], ""
    fragment = re.search(r"[\w.]*$", before)
    assert fragment is not None  # it matches the empty string too
    is_nas = re.match(r"%%automl\s+nas\b", first) is not None
    words = (NETWORKS if is_nas else MODELS.keys()) if call[1] == ".models(" else labels_of(first, names)
    return _starting(fragment[0], words), fragment[0]


def labels_of(first: str, names: dict[str, Any]) -> list[str]:
    """Return the labels of the default space for the data that the first line names; made once for each line."""
    if first not in _LABELS:
        _LABELS.clear()
        _LABELS[first] = _make_labels(first, names)
    return _LABELS[first]


_LABELS: dict[str, list[str]] = {}


def _make_labels(first: str, names: dict[str, Any]) -> list[str]:
    from automl_magic.errors import AutoMLError
    from automl_magic.notebook.cell import data_of, plan_of, weights_of, with_config
    from automl_magic.notebook.options import parse_line
    from automl_magic.problem import read_problem
    from automl_magic.table_run import space_for

    try:
        request = parse_line(first.split("automl", 1)[1], names)
        options = with_config(request)
        data, y = data_of(request, options, names)
        if isinstance(data, str):  # a file is not read at a press of Tab
            return []
        if request.command == "nas":
            from automl_magic.notebook.networks import labels_for

            return labels_for(options, *_sampled(data, y))
        plan, _ = weights_of(plan_of(options, {}, None), data, names)  # values change no label
        return list(space_for(plan, read_problem(plan, *_sampled(data, y)).table).labels)
    except AutoMLError:  # the line is not whole yet
        return []


def _sampled(data: Any, y: Any) -> tuple[Any, Any]:
    """Return few rows of a long table: the labels do not hang on their number."""
    if y is None and hasattr(data, "sample") and len(data) > SAMPLE and hasattr(data, "iloc"):
        return data.sample(SAMPLE, random_state=0), None
    if y is not None and hasattr(data, "__getitem__") and hasattr(y, "__getitem__") and len(data) > SAMPLE:
        return data[:SAMPLE], y[:SAMPLE]
    return data, y


def _is_in_string(text: str) -> bool:
    """Whether the end of a line of Python lies inside a string that has been opened on it."""
    quote = ""
    for sign in text:
        if quote and sign == quote:
            quote = ""
        elif not quote and sign in "\"'":
            quote = sign
    return bool(quote)


def _plain(words: list[str]) -> list[str]:
    """Return the words that are neither options nor their values."""
    found, skipped = [], False
    for word in words:
        if word.startswith("--"):
            option = BY_NAME.get(word[2:].split("=")[0])
            skipped = option is not None and bool(option.value) and "=" not in word
        elif skipped:
            skipped = False
        else:
            found.append(word)
    return found


def _behind(plain: list[str], names: dict[str, Any]) -> list[str]:
    """Return what may stand behind a sub-command."""
    if plain[0] == "resume":
        return runs_here() if len(plain) == 1 else _tables(names)
    if len(plain) > 1:
        return []
    if plain[0] == "space":
        return _tables(names)
    if plain[0] == "nas":
        return [name for name in visible(names) if hasattr(names[name], "columns") or hasattr(names[name], "ndim")]
    if plain[0] == "replay":
        return [*(name for name in visible(names) if hasattr(names[name], "leaderboard")), *runs_here()]
    if plain[0] == "tune":
        return [name for name in visible(names) if callable(names[name]) and not isinstance(names[name], type)]
    if plain[0] == "race":
        return _tables(names)
    if plain[0] in ("code", "leaderboard"):
        shown = ("leaderboard", "to_cell") if plain[0] == "code" else ("leaderboard",)
        return [name for name in visible(names) if any(hasattr(names[name], method) for method in shown)]
    return []


def runs_here() -> list[str]:
    """Return the names of the runs beside the notebook, the latest first."""
    from automl_magic.past import runs_in

    return runs_in()


def _values(option: str, earlier: list[str], names: dict[str, Any]) -> Iterable[str]:
    if option in COLUMNS:
        return [_quoted(str(column)) for word in earlier for column in getattr(names.get(word), "columns", ())]
    if option in FAMILIES:
        return NETWORKS if _plain(earlier)[:1] == ["nas"] else MODELS.keys()
    if option == "metric":
        return [*SHORT_METRICS, *sorted(set(METRICS.keys()) - set(SHORT_METRICS))]
    if option == "search":
        return SEARCHERS.keys()
    if option == "scheduler":
        return SCHEDULERS.keys()
    if option in ("data", "test", "baseline"):
        return _tables(names) if option != "baseline" else visible(names)
    if option == "from":
        return [path.name for path in sorted(Path.cwd().glob("*.jsonl"))]
    return FIXED.get(option, ())


def _quoted(name: str) -> str:
    return name if name.isidentifier() else shlex.quote(name)


def _tables(names: dict[str, Any]) -> list[str]:
    return [name for name in visible(names) if hasattr(names[name], "columns") or getattr(names[name], "ndim", 0) == 2]


def _starting(fragment: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(fragment)]
