"""S1-S3: the option line is read, never evaluated; what comes from a view or a file is data, checked and clipped."""

from __future__ import annotations

import json
import math
import random
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl_magic
from automl_magic import Choice, Float, Int, SpaceDraft, SpaceEditor
from automl_magic.engine.control import Control, Message
from automl_magic.engine.events import FoldScore, FoldScored, from_json, to_json
from automl_magic.engine.journal import read_journal
from automl_magic.engine.space import compile_space
from automl_magic.errors import AutoMLError, OptionError
from automl_magic.notebook.live import obey
from automl_magic.notebook.options import parse_line
from automl_magic.notebook.widget import PanelWidget
from tests.notebook.shell import Cells

ALLOWED = {"stop", "pause", "continue", "skip", "narrow", "choose", "reset", "undo", "fix", "rule", "unrule"}
ALLOWED |= {"add_time", "enqueue"}
EVIL = '__import__("pathlib").Path("trace").touch()'


@pytest.mark.parametrize(
    "line",
    [
        f"df --target {{{EVIL}}}",
        f"df --target={{{EVIL}}}",
        f"'{{{EVIL}}}' --target kind",
        f"df --target kind --trials '{{{EVIL}}}'",
        f"df --target kind --workers '{EVIL}'",
        f"df --target kind --cv '{EVIL}' --trials 1",
        f"df --target kind --time '{EVIL}'",
        f"df --target kind --test '{EVIL}'",
        f"df --target kind --baseline '{EVIL}'",
        f"df --target kind --out '{EVIL}'",
        f"df --target kind --name '../{EVIL}' --trials 1",
        f"'{EVIL}' --target kind",
        "df --target $(touch trace)",
        "df --target `touch trace`",
        "df --target kind ; touch trace",
        "df --target {df.__class__}",
        "df --target {df[0]}",
        "df --target {'kind'}",
        "df --target kind --config '/proc/self/environ'",
    ],
)
def test_s01_the_line_is_never_evaluated(own_folder: Path, cells: Cells, line: str) -> None:
    before = set(cells.names)
    error, _ = cells.run(f"%automl {line}")
    assert isinstance(error, AutoMLError), error
    assert not (own_folder / "trace").exists() and set(cells.names) - before <= {"_i", "_ii", "_iii", "_i1"}


def test_s01_braces_and_dollars_are_not_expanded_by_ipython(own_folder: Path, cells: Cells) -> None:
    cells.names["secret"] = "kind"
    error, _ = cells.run("%automl df --target $secret --trials 1")
    assert isinstance(error, AutoMLError) and "$secret" in str(error)
    assert parse_line("df --target {secret}", {"secret": "kind"}).options == {"target": "kind"}
    assert cells.shell.magics_manager.magics["line"]["automl"]._ipython_magic_no_var_expand


@pytest.mark.parametrize("value", [object(), {"a": 1}, lambda: 1, [object()], None, 1j])
def test_s01_a_variable_that_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(OptionError, match="must hold a text"):
        parse_line("df --target {name}", {"name": value})


# -- S3 -------------------------------------------------------------------------------------------------------------


def deep(levels: int) -> Any:
    """Return lists within lists."""
    found: Any = "stop"
    for _ in range(levels):
        found = [found]
    return found


DEEP = [deep(levels) for levels in (1, 10, 5_000)]
SCALARS: list[Any] = [
    None, True, False, 0, -1, 1, 2**53, -(2**64), 10**400, 0.0, 1e308, -1e-308, math.nan, math.inf, -math.inf,
    "", "stop", "x", "n", "kind", "constructor", "__proto__", "\0", "\ud800", "é" * 301, "x" * 5_000_000, b"stop",
    "<img src=x onerror=alert(1)>", EVIL, "../../etc/passwd", float, object(), 1j, np.float64("nan"), {1, 2},
]  # fmt: skip
KEYS: list[Any] = [
    "kind",
    "label",
    "low",
    "high",
    "options",
    "trial",
    "have",
    "value",
    "text",
    "seconds",
    "config",
    "__class__",
    0,
    None,
    ("kind",),
    "method",
]
WORDS = [*sorted(ALLOWED), "ready", "check", "explode", "update", "Stop", "stop "]


def any_value(rng: random.Random, depth: int = 0) -> Any:
    """Return something that a view might send when it is broken, or hostile."""
    way = rng.random()
    if depth > 4 or way < 0.6:
        return rng.choice(SCALARS)
    if way < 0.7:
        return rng.choice(DEEP)
    if way < 0.85:
        return [any_value(rng, depth + 1) for _ in range(rng.choice([0, 1, 3]))]
    if way < 0.87:
        return [rng.choice(SCALARS)] * 1001
    return {rng.choice(KEYS): any_value(rng, depth + 1) for _ in range(rng.randrange(5))}


def malformed(rng: random.Random) -> Any:
    """Return a message: nothing like one, or one of ours with something wrong in it."""
    if rng.random() < 0.2:
        return any_value(rng)
    message: dict[Any, Any] = {"kind": rng.choice(WORDS)}
    for key in rng.sample(KEYS[1:], rng.randrange(4)):
        message[key] = any_value(rng)
    if rng.random() < 0.3:
        message = {
            "kind": "narrow",
            "label": rng.choice(["x", "n", "y"]),
            "low": any_value(rng),
            "high": any_value(rng),
        }
    elif rng.random() < 0.3:
        message = {"kind": "choose", "label": rng.choice(["kind", "x"]), "options": any_value(rng)}
    elif rng.random() < 0.3:
        kind, field = rng.choice(
            [("rule", "text"), ("unrule", "text"), ("check", "text"), ("add_time", "seconds"), ("enqueue", "config")]
        )
        message = {"kind": kind, field: any_value(rng)}
    elif rng.random() < 0.2:
        message = {"kind": "fix", "label": rng.choice(["x", "n", "kind", "y"]), "value": any_value(rng)}
    elif rng.random() < 0.1:
        message = {"kind": "skip", "trial": rng.choice([99, 10**9, *SCALARS])}
    if message.get("kind") in ("stop", "pause") and len(message) == 1:
        message["more"] = any_value(rng)  # whole, it would end the run, and rightly
    return message


def test_s03_a_thousand_malformed_messages_change_nothing_but_what_is_allowed() -> None:
    rng, control, heard = random.Random(3), Control(), []
    put = control.inbox.put
    space = compile_space({"x": Float(-5, 5), "n": Int(1, 9), "kind": Choice("a", "b")})
    run: Any = SimpleNamespace(control=control, space=lambda: space)
    control.inbox = SimpleNamespace(put=lambda item: (heard.append(item), put(item)))  # type: ignore[assignment]
    panel = PanelWidget(list, lambda message: obey(run, message))
    for _ in range(1000):
        buffers = [memoryview(b"\0" * rng.randrange(100)) for _ in range(rng.randrange(3))]
        panel._handle_custom_msg(malformed(rng), buffers)
    assert {item.kind for item in heard} <= ALLOWED
    assert len(heard) < 400
    for item in heard:
        assert isinstance(item, Message) and item.who == "you"
        json.dumps(item.value, allow_nan=False)
        assert len(str(item.value)) < 2_000_000
    assert panel.trait_names() == PanelWidget(list, lambda message: None).trait_names()
    panel.close()


def test_s03_they_leave_an_editor_with_a_space_that_can_be_searched_and_written() -> None:
    rng, begun = random.Random(4), []
    editor = SpaceEditor({"x": Float(-5, 5), "n": Int(1, 9), "kind": Choice("a", "b")}, line="f", run=begun.append)
    for _ in range(1000):
        editor._handle_custom_msg(malformed(rng), [])
        editor._handle_custom_msg({"kind": rng.choice(["copy", "run"]), rng.choice(KEYS[1:]): any_value(rng)}, [])
    assert begun == []
    assert editor.space.labels == ("x", "n", "kind") and editor.space.contains(
        editor.space.sample(np.random.default_rng())
    )
    draft = SpaceDraft(editor.space.untouched())
    exec(editor.cell().partition("\n")[2], {"space": draft, "Float": Float, "Int": Int, "Choice": Choice})
    assert draft.space.fingerprint() == editor.space.fingerprint()
    editor.close()


def test_s03_a_run_that_hears_them_goes_on_to_its_end(own_folder: Path) -> None:
    from automl_magic import api
    from automl_magic.plan import Plan

    space = {"x": Float(-5, 5), "n": Int(1, 9), "kind": Choice("a", "b")}
    rng, heard = random.Random(3), []

    def bowl(values: Any) -> float:
        while True:  # each trial hears a share of them, so that they arrive while the run goes on
            for _ in range(100):
                if len(heard) < 1000:
                    heard.append(malformed(rng))
                    panel._handle_custom_msg(heard[-1], [])
            return float(values["x"] ** 2)

    plan = Plan.create(trials=12, workers=0)
    run = api.begin_tune(plan, lambda values: bowl(values), space)
    panel = PanelWidget(list, lambda message: obey(run, message))
    result = run.result()
    assert len(heard) == 1000 and len(result.history.trials) == 12, result.history.reason
    assert "12 trials" in str(result.history.reason)
    kinds = {event.kind for event in result.events if hasattr(event, "why") and hasattr(event, "kind")}
    assert kinds <= ALLOWED
    declared = result.history.declared
    for edit in result.history.edits:
        assert set(edit.space) == set(declared)
    panel.close()


# -- S2 -------------------------------------------------------------------------------------------------------------


def mutated(rng: random.Random, record: Any) -> Any:
    """Return a record with one value in it replaced."""
    if isinstance(record, dict) and record and rng.random() < 0.9:
        key = rng.choice(list(record))
        return {**record, key: mutated(rng, record[key])}
    if isinstance(record, list) and record and rng.random() < 0.7:
        place = rng.randrange(len(record))
        return [*record[:place], mutated(rng, record[place]), *record[place + 1 :]]
    return rng.choice([None, True, -1, 10**9, 0.5, "", EVIL, "../..", [], {}, [[]], {"event": "Note"}, "x" * 10_000])


def test_s02_a_record_is_data(own_folder: Path, quick: dict[str, Any], flowers: pd.DataFrame) -> None:
    from automl_magic.engine.history import History
    from automl_magic.engine.resuming import readable

    automl_magic.fit(flowers, target="kind", name="lesson", **{**quick, "trials": 2})
    lines = Path(".automl/lesson/journal.jsonl").read_bytes().splitlines()
    rng, journal = random.Random(2), own_folder / "hostile.jsonl"
    for _ in range(300):
        place = rng.randrange(len(lines))
        body = json.dumps(mutated(rng, json.loads(lines[place][9:]))).encode()
        changed = [*lines[:place], b"%08x " % zlib.crc32(body) + body, *lines[place + 1 :]]
        journal.write_bytes(b"\n".join(changed) + b"\n")
        events, _ = read_journal(journal)
        try:
            events, _ = readable(events)
        except AutoMLError:
            continue
        history = History()
        for event in events:
            history.apply(event)
    assert not (own_folder / "trace").exists()


def test_s02_a_hostile_record_is_refused_in_words(
    own_folder: Path, quick: dict[str, Any], flowers: pd.DataFrame
) -> None:
    automl_magic.fit(flowers, target="kind", name="lesson", **{**quick, "trials": 1})
    journal = Path(".automl/lesson/journal.jsonl")
    lines = journal.read_bytes().splitlines()
    rng = random.Random(5)
    for _ in range(12):
        body = json.dumps(mutated(rng, json.loads(lines[0][9:]))).encode()
        journal.write_bytes(b"\n".join([b"%08x " % zlib.crc32(body) + body, *lines[1:]]) + b"\n")
        try:
            automl_magic.resume("lesson", flowers)
        except AutoMLError as error:
            assert len(str(error)) < 5000
    assert not (own_folder / "trace").exists()


def test_s02_a_score_that_was_no_number_can_be_read_again() -> None:
    event = FoldScored(1, 0, FoldScore(0.5, 0.1, {"auc": math.nan}))
    read = from_json(json.loads(json.dumps(to_json(event))))
    assert isinstance(read, FoldScored) and math.isnan(read.result.scores["auc"])
