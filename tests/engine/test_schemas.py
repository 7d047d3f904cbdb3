"""Records of every schema that was ever released are read for ever; a newer one is refused in words."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest

from automl_magic.engine.events import SCHEMA, RunStarted, SpaceChanged, Steered, from_json, to_json
from automl_magic.engine.history import History
from automl_magic.engine.journal import read_journal
from automl_magic.engine.resuming import ResumeError, readable
from automl_magic.past import open_past

RECORDS = Path(__file__).parents[1] / "data"


@pytest.mark.parametrize("schema", range(1, SCHEMA + 1))
def test_b69_a_record_of_every_schema_is_read(schema: int) -> None:
    events, problems = read_journal(RECORDS / f"schema-{schema}.jsonl")
    assert problems == [] and readable(events) == (events, 0)
    assert {type(event) for event in events} >= {RunStarted, SpaceChanged, Steered}
    history = History()
    for event in events:
        assert from_json(to_json(event)) == event
        history.apply(event)
    assert history.status == "ended" and len(history.trials) == 6
    best = history.best()
    assert best is not None and best.score is not None and 0.5 < best.score < 1.0


def test_b69_a_record_of_a_newer_schema_is_refused_in_words(own_folder: Path) -> None:
    lines = (RECORDS / "schema-1.jsonl").read_bytes().splitlines()
    first = json.loads(lines[0][9:])
    body = json.dumps({**first, "schema": SCHEMA + 1, "novelty": 3}).encode()
    folder = own_folder / ".automl" / "newer"
    folder.mkdir(parents=True)
    (folder / "journal.jsonl").write_bytes(b"%08x " % zlib.crc32(body) + body + b"\n" + b"\n".join(lines[1:]) + b"\n")
    with pytest.raises(ResumeError, match=rf"written under schema {SCHEMA + 1}; this version"):
        open_past("newer")
