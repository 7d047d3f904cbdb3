"""The record: nothing acknowledged is lost, nothing torn is read, one writer at a time."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import stat
import subprocess
import sys
import textwrap
import time
import zlib
from pathlib import Path
from typing import Any

import pytest

from automl_magic.engine import journal as journal_module
from automl_magic.engine.events import FoldScore, FoldScored, Note, TrialEnded
from automl_magic.engine.journal import Journal, JournalError, read_journal
from automl_magic.errors import AutoMLError

POSIX = pytest.mark.skipif(os.name == "nt", reason="permissions and signals of POSIX")
ROOT = Path(__file__).parents[2]
NOTES = [Note("first"), Note("zweite ✓\n</script>"), Note("third")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "run" / "journal.jsonl"
    with Journal(file) as journal:
        for note in NOTES:
            journal.append(note)
    return file


def run_program(text: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", textwrap.dedent(text), *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, **options)


def test_events_come_back_in_order(path: Path) -> None:
    assert read_journal(path) == (NOTES, [])


def test_a_line_is_a_checksum_and_json(path: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    assert lines.pop() == b"" and len(lines) == 3
    for line in lines:
        checksum, _, body = line.partition(b" ")
        assert len(checksum) == 8 and int(checksum, 16) == zlib.crc32(body)
        assert json.loads(body)["event"] == "Note"


def test_a_second_opening_goes_on_where_the_first_ended(path: Path) -> None:
    with Journal(path) as journal:
        journal.append(Note("fourth"), sync=True)
    assert read_journal(path) == ([*NOTES, Note("fourth")], [])


def test_nan_is_written_as_null(path: Path) -> None:
    with Journal(path) as journal:
        journal.append(FoldScored(0, 0, FoldScore(math.nan, 0.1)))
        journal.append(TrialEnded(0, "failed", math.nan, math.inf, 0.1))
    assert b"NaN" not in path.read_bytes() and b"Infinity" not in path.read_bytes()
    events, problems = read_journal(path)
    assert problems == [] and events[-1] == TrialEnded(0, "failed", None, None, 0.1)


@pytest.mark.parametrize("tail", [b"12ab", b'deadbeef {"event": "No', b"\0" * 100, b"00000000 {}\n"])
def test_a_torn_last_line_is_told_then_put_aside_by_the_next_writer(path: Path, tail: bytes) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    events, problems = read_journal(path)
    assert events == NOTES and len(problems) == 1 and "ine 4" in problems[0].replace("line (4)", "line 4")
    with Journal(path) as journal:
        journal.append(Note("after"))
    assert read_journal(path) == ([*NOTES, Note("after")], [])
    torn = path.with_name("journal.jsonl.torn")
    assert torn.read_bytes() == tail + b"\n"
    if os.name != "nt":
        assert stat.S_IMODE(torn.stat().st_mode) == 0o600


def test_a_second_torn_line_is_put_aside_behind_the_first(path: Path) -> None:
    for tail in (b"one", b"two"):
        path.write_bytes(path.read_bytes() + tail)
        Journal(path).close()
    assert path.with_name("journal.jsonl.torn").read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"00000000 {}", "checksum"),
        (b"not a line", "checksum"),
        (b"", "checksum"),
        (b"%08x [1]" % zlib.crc32(b"[1]"), "no event"),
        (b"%08x {" % zlib.crc32(b"{"), "left out"),
        (b'%08x {"event":"Future"}' % zlib.crc32(b'{"event":"Future"}'), "Not an event of this version"),
        (b'%08x {"event":"Note"}' % zlib.crc32(b'{"event":"Note"}'), "Not a whole Note event"),
    ],
)
def test_a_bad_middle_line_is_left_out_with_its_number(path: Path, line: bytes, words: str) -> None:
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], line, *lines[1:]]))
    events, problems = read_journal(path)
    assert events == NOTES
    assert len(problems) == 1 and problems[0].startswith("Line 2 ") and words in problems[0]


def test_an_empty_record_has_no_events_and_no_problems(tmp_path: Path) -> None:
    Journal(tmp_path / "journal.jsonl").close()
    assert read_journal(tmp_path / "journal.jsonl") == ([], [])


def test_a_missing_record_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"no record of a run at .*nothing\.jsonl"):
        read_journal(tmp_path / "nothing.jsonl")


def test_a_second_writer_is_refused_and_told_what_to_do(path: Path) -> None:
    with Journal(path):
        with pytest.raises(AutoMLError, match=r"being written already.\n.*--name"):
            Journal(path)
        program = "import sys; from automl_magic.engine.journal import Journal; Journal(sys.argv[1])"
        other = run_program(program, str(path), stderr=subprocess.PIPE)
        assert "is being written already" in other.communicate(timeout=30)[1]
        assert read_journal(path) == (NOTES, [])
    Journal(path).close()


def test_a_file_system_without_locks_is_written_all_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "hold_alone", lambda handle: None)
    with Journal(path) as journal:
        journal.append(Note("fourth"))
    assert len(read_journal(path)[0]) == 4


@POSIX
def test_the_record_is_private(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@POSIX
def test_a_link_in_the_place_of_the_record_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        Journal(tmp_path / "journal.jsonl")
    assert not (tmp_path / "elsewhere").exists()


def test_a_short_write_is_cut_off_and_raised(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    with Journal(path) as journal:
        monkeypatch.setattr(os, "write", lambda handle, line: real(handle, line[:10]))
        with pytest.raises(OSError, match="only 10 of") as caught:
            journal.append(Note("lost"))
        assert caught.value.filename == str(path)
        monkeypatch.undo()
        assert read_journal(path) == (NOTES, [])
        journal.append(Note("there is room again"))
    assert read_journal(path) == ([*NOTES, Note("there is room again")], [])


@POSIX
def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    program = """
        import resource, signal, sys
        from automl_magic.engine.events import Note
        from automl_magic.engine.journal import Journal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        done = 0
        with Journal(sys.argv[1]) as journal:
            try:
                while True:
                    journal.append(Note("x" * 300))
                    done += 1
            except OSError as error:
                print(done)
    """
    path = tmp_path / "journal.jsonl"
    done = int(run_program(program, str(path)).communicate(timeout=30)[0])
    events, problems = read_journal(path)
    assert done > 10 and len(events) == done and problems == []


@POSIX
@pytest.mark.parametrize("repeat", range(5))
def test_a_kill_in_mid_write_loses_nothing_that_was_acknowledged(tmp_path: Path, repeat: int) -> None:
    program = """
        import os, sys
        from automl_magic.engine.events import Note
        from automl_magic.engine.journal import Journal

        with Journal(sys.argv[1]) as journal:
            number = 0
            while True:
                journal.append(Note(f"{number} " + "x" * 200_000), sync=number % 3 == 0)
                os.write(1, b"%d\\n" % number)
                number += 1
    """
    path = tmp_path / "journal.jsonl"
    process = run_program(program, str(path))
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(random.Random(repeat).uniform(0.0, 0.02))
    os.kill(process.pid, signal.SIGKILL)
    acknowledged = int([first, *process.stdout.read().split()][-1])
    process.wait()
    Journal(path).close()
    events, problems = read_journal(path)
    assert problems == [] and len(events) in (acknowledged + 1, acknowledged + 2)
    assert [int(event.text.split()[0]) for event in events if isinstance(event, Note)] == list(range(len(events)))


def test_a_value_that_is_not_json_is_refused_before_anything_is_written(path: Path) -> None:
    with Journal(path) as journal, pytest.raises(TypeError):
        journal.append(TrialEnded(0, "done", object(), None, 0.1))  # type: ignore[arg-type]
    assert read_journal(path) == (NOTES, [])


def test_appending_is_fast(path: Path) -> None:
    with Journal(path) as journal:
        begun = time.perf_counter()
        for _ in range(200):
            journal.append(Note("x"))
        assert (time.perf_counter() - begun) / 200 < 0.001
