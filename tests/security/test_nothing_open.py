"""S7, S8, S9, S12: no network, no port, private files, nothing at all before the first run."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

import automl_magic
from automl_magic import Float, api
from automl_magic.engine.journal import Journal
from automl_magic.errors import AutoMLError
from automl_magic.plan import Plan

ROOT = Path(__file__).parents[2]
POSIX = pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")


def test_s07_the_suite_cannot_leave_this_machine() -> None:
    for family, address in ((socket.AF_INET, ("192.0.2.1", 80)), (socket.AF_INET6, ("2001:db8::1", 80, 0, 0))):
        with socket.socket(family) as one, pytest.raises(AssertionError, match="no test may leave this machine"):
            one.connect(address)
        with socket.socket(family) as one, pytest.raises(AssertionError, match="no test may leave this machine"):
            one.connect_ex(address)
    with socket.socket() as here, socket.socket() as there:
        here.bind(("127.0.0.1", 0))
        here.listen()
        there.connect(here.getsockname())


def sockets_during_a_run(table: pd.DataFrame) -> list[list[Any]]:
    """Return the internet sockets of this process, before a run and during it, and of its worker processes."""
    me, workers = psutil.Process(), []
    before = list(me.net_connections("inet"))
    others = {
        child.pid for child in me.children(recursive=True) if child.net_connections("inet")
    }  # other tests' servers
    run = api.begin(Plan.create(target="kind", models=["linear", "hist_gb"], trials=4, workers=2, cv=2), table)
    during: list[Any] = []
    while not run.done.is_set():
        during += [found for found in me.net_connections("inet") if found not in before]
        for child in me.children(recursive=True):
            if child.pid in others:
                continue
            try:
                workers.append(child.pid)
                during += child.net_connections("inet")
            except psutil.Error:
                continue
        time.sleep(0.05)
    run.wait()
    assert len(set(workers)) >= 2
    return [before, during]


def test_s07_s08_a_run_has_no_internet_socket_and_no_listening_port(own_folder: Path, flowers: pd.DataFrame) -> None:
    assert sockets_during_a_run(flowers)[1] == []


# -- S9 -------------------------------------------------------------------------------------------------------------


@POSIX
def test_s09_all_that_a_run_writes_is_private(own_folder: Path, flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    before = os.umask(0)
    try:
        automl_magic.fit(flowers, target="kind", name="lesson", **{**quick, "trials": 2})
    finally:
        os.umask(before)
    root = own_folder / ".automl"
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (root, *root.rglob("*"))}
    wrong = {str(path): oct(mode) for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)}
    assert wrong == {} and len(modes) > 8


@POSIX
def test_s09_what_is_shared_with_workers_is_private_and_has_no_fixed_name(tmp_path: Path) -> None:
    from automl_magic.engine.sharing import SharedObject

    before = os.umask(0)
    try:
        first, second = SharedObject({"a": 1}), SharedObject({"a": 1})
    finally:
        os.umask(before)
    assert first.file.parent != second.file.parent
    for shared in (first, second):
        assert stat.S_IMODE(shared.file.parent.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in shared.file.parent.iterdir()} == {0o600}
        shared.close()


@POSIX
def test_s09_a_link_at_the_place_of_the_journal_is_refused(tmp_path: Path) -> None:
    dear = tmp_path / "dear.txt"
    dear.write_text("dear")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "journal.jsonl").symlink_to(dear)
    with pytest.raises(OSError):
        Journal(tmp_path / "run" / "journal.jsonl")
    assert dear.read_text() == "dear"


@POSIX
@pytest.mark.parametrize("what", [".automl", ".automl/lesson"])
def test_s09_a_link_at_the_place_of_the_folder_is_not_followed(
    own_folder: Path, flowers: pd.DataFrame, quick: dict[str, Any], what: str
) -> None:
    theirs = own_folder / "theirs"
    theirs.mkdir()
    place = own_folder / what
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(theirs)
    run = automl_magic.fit(flowers, target="kind", name="lesson", **{**quick, "trials": 1})
    assert list(theirs.iterdir()) == []
    if what == ".automl":
        assert any("is a link" in note.text for note in run.history.notes)


@POSIX
@pytest.mark.parametrize("what", ["folder", "journal"])
def test_s09_a_link_to_a_run_is_not_resumed(
    own_folder: Path, flowers: pd.DataFrame, quick: dict[str, Any], what: str
) -> None:
    automl_magic.fit(flowers, target="kind", name="lesson", **{**quick, "trials": 1})
    runs = own_folder / ".automl"
    if what == "journal":
        (runs / "other").mkdir()
        (runs / "other" / "journal.jsonl").symlink_to(runs / "lesson" / "journal.jsonl")
    else:
        (runs / "other").symlink_to(runs / "lesson")
    with pytest.raises((AutoMLError, OSError)):
        automl_magic.resume("other", flowers)


@POSIX
def test_s09_a_run_of_another_user_is_refused(
    own_folder: Path, flowers: pd.DataFrame, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    automl_magic.fit(flowers, target="kind", name="lesson", **{**quick, "trials": 1})
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    with pytest.raises(AutoMLError, match="another user"):
        automl_magic.resume("lesson", flowers)


# -- S12 ------------------------------------------------------------------------------------------------------------

PROGRAM = """
import os, sys, threading
from pathlib import Path
import psutil
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
def state():
    files = {str(path) for root in (Path.cwd(), Path(os.environ["HOME"]), Path(os.environ["TMPDIR"]))
             for path in root.rglob("*") if ".ipython" not in str(path) and "matplotlib" not in str(path)}
    return {thread.name for thread in threading.enumerate()}, len(psutil.Process().children(recursive=True)), files
before = state()
journal = Path(".automl/lesson/journal.jsonl").read_bytes()
shell.run_cell("%load_ext automl_magic")
during = {thread.name for thread in threading.enumerate()} - before[0]
for thread in threading.enumerate():
    if thread.name == "automl-warm":
        thread.join()
after = state()
assert during <= {"automl-warm"}, during
assert after[0] - before[0] == set(), after[0] - before[0]
assert after[1] == before[1] == 0, after[1]
assert after[2] == before[2], after[2] - before[2]
assert Path(".automl/lesson/journal.jsonl").read_bytes() == journal
assert psutil.Process().net_connections("inet") == []
print("nothing")
"""


def test_s12_load_ext_alone_does_nothing_and_nothing_resumes_by_itself(own_folder: Path) -> None:
    result = automl_magic.tune(lambda values: values["x"], {"x": Float(0, 1)}, trials=3, workers=0, name="lesson")
    assert result is not None
    journal = own_folder / ".automl" / "lesson" / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:4]))  # as a crash leaves it
    for name in ("home", "tmp"):
        (own_folder / name).mkdir()
    home = {"HOME": str(own_folder / "home"), "TMPDIR": str(own_folder / "tmp"), "PYTHONPATH": str(ROOT)}
    home["MPLCONFIGDIR"] = str(own_folder / "home" / "matplotlib")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, **home}, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.strip() == "nothing", done.stderr[-3000:]


def test_s12_importing_starts_no_thread() -> None:
    program = "import threading, automl_magic; print([thread.name for thread in threading.enumerate()])"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "['MainThread']", done.stderr
