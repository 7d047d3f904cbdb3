"""The protocol: what the view says is checked, and the TypeScript side is generated from the Python side."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl_magic.notebook.protocol import LONGEST, MAX_CONFIG, MAX_LABEL, MAX_OPTIONS, MAX_TEXT, parse_message

WIDGETS = Path(__file__).parents[2] / "widgets"
GOOD = [
    {"kind": "ready", "have": 0},
    {"kind": "stop"},
    {"kind": "pause"},
    {"kind": "continue"},
    {"kind": "skip", "trial": 3},
    {"kind": "skip", "trial": None},
    {"kind": "narrow", "label": "svc.C", "low": 0.1, "high": 1},
    {"kind": "choose", "label": "svc.kernel", "options": ["rbf", None, True, 3, 0.5]},
    {"kind": "reset", "label": "svc.C"},
    {"kind": "undo"},
    {"kind": "fix", "label": "svc.C", "value": 0.5},
    {"kind": "fix", "label": "svc.kernel", "value": None},
    {"kind": "rule", "text": "svc.C <= 1"},
    {"kind": "unrule", "text": "svc.C <= 1"},
    {"kind": "check", "text": "svc.C <"},
    {"kind": "add_time", "seconds": 30},
    {"kind": "enqueue", "config": {"model": "svc", "svc.C": 1.5, "svc.kernel": None}},
    {"kind": "describe", "trial": 3},
    {"kind": "network", "trial": 3},
]
BAD = [
    None,
    "stop",
    [],
    {},
    {"kind": ["stop"]},
    {"kind": "explode"},
    {"kind": "stop", "more": 1},
    {"kind": "ready"},
    {"kind": "ready", "have": -1},
    {"kind": "ready", "have": True},
    {"kind": "skip", "trial": "3"},
    {"kind": "describe", "trial": None},
    {"kind": "network", "trial": -1},
    {"kind": "describe", "trial": -1},
    {"kind": "narrow", "label": "svc.C", "low": math.nan, "high": 1.0},
    {"kind": "narrow", "label": "svc.C", "low": 0.0, "high": math.inf},
    {"kind": "narrow", "label": "svc.C", "low": 2.0, "high": 1.0},
    {"kind": "narrow", "label": "svc.C", "low": "0", "high": 1.0},
    {"kind": "narrow", "label": 7, "low": 0.0, "high": 1.0},
    {"kind": "narrow", "label": "", "low": 0.0, "high": 1.0},
    {"kind": "reset", "label": "a" * (MAX_LABEL + 1)},
    {"kind": "choose", "label": "svc.kernel", "options": []},
    {"kind": "choose", "label": "svc.kernel", "options": "rbf"},
    {"kind": "choose", "label": "svc.kernel", "options": [["rbf"]]},
    {"kind": "choose", "label": "svc.kernel", "options": ["a" * (MAX_TEXT + 1)]},
    {"kind": "choose", "label": "svc.kernel", "options": ["a"] * (MAX_OPTIONS + 1)},
    {"kind": "undo", "label": "svc.C"},
    {"kind": "fix", "label": "svc.C"},
    {"kind": "fix", "label": "svc.C", "value": math.nan},
    {"kind": "fix", "label": "svc.C", "value": [1]},
    {"kind": "fix", "label": "svc.C", "value": {}},
    {"kind": "fix", "label": "svc.C", "value": "a" * (MAX_TEXT + 1)},
    {"kind": "rule", "text": ""},
    {"kind": "rule", "text": " \n"},
    {"kind": "rule", "text": 3},
    {"kind": "rule", "text": "a" * (MAX_TEXT + 1)},
    {"kind": "rule", "text": "x == '\ud800'"},
    {"kind": "narrow", "label": "\ud800", "low": 0.0, "high": 1.0},
    {"kind": "enqueue", "config": {"\udfff": 1}},
    {"kind": "enqueue", "config": {"svc.kernel": "\udfff"}},
    {"kind": "unrule", "text": None},
    {"kind": "check", "text": ["svc.C <= 1"]},
    {"kind": "add_time", "seconds": 0},
    {"kind": "add_time", "seconds": -30.0},
    {"kind": "add_time", "seconds": math.inf},
    {"kind": "add_time", "seconds": LONGEST + 1},
    {"kind": "add_time", "seconds": "30"},
    {"kind": "add_time", "seconds": True},
    {"kind": "enqueue", "config": {}},
    {"kind": "enqueue", "config": []},
    {"kind": "enqueue", "config": {"svc.C": math.nan}},
    {"kind": "enqueue", "config": {"svc.C": [1]}},
    {"kind": "enqueue", "config": {"": 1}},
    {"kind": "enqueue", "config": {1: 1}},
    {"kind": "enqueue", "config": {str(place): 1 for place in range(MAX_CONFIG + 1)}},
]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_protocol", WIDGETS / "generate_protocol.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("content", GOOD, ids=lambda content: content["kind"])
def test_a_whole_message_is_taken_as_it_is(content: dict[str, object]) -> None:
    assert parse_message(content) == content


@pytest.mark.parametrize("content", BAD, ids=range(len(BAD)))
def test_anything_else_is_refused(content: object) -> None:
    assert parse_message(content) is None


def test_a_label_that_is_not_in_the_space_is_refused() -> None:
    message = {"kind": "reset", "label": "svc.D"}
    assert parse_message(message, ["svc.C"]) is None
    assert parse_message(message, ["svc.D"]) == message


words = st.sampled_from(["", "a", "svc.C"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(
    st.sampled_from([m["kind"] for m in GOOD]),
    st.dictionaries(
        st.sampled_from(["have", "trial", "label", "low", "high", "options", "value", "text", "seconds", "config"]),
        json_values,
    ),
)
def test_no_message_raises_and_what_passes_can_be_written_as_json(kind: str, fields: dict[str, object]) -> None:
    message = parse_message({"kind": kind, **fields})
    if message is not None:
        json.dumps(message, allow_nan=False)


def test_the_typescript_side_is_what_the_generator_makes() -> None:
    committed = (WIDGETS / "src" / "protocol.ts").read_text(encoding="utf-8")
    assert committed == generator().generate(), "run: python widgets/generate_protocol.py"
