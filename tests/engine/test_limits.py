"""How much memory there is, and whom the guard ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from automl_magic.engine import guard
from automl_magic.engine.memory import room
from tests.engine.bench import eventually

MB = 2**20
NAMES = {
    "2": ("", "memory.max", "memory.current", "inactive_file"),
    "1": ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


def grant(root: Path, version: str, limit: object, used: int = 0, files: int = 0, group: str = "") -> None:
    """Write the files of a control group."""
    below, most, usage, cached = NAMES[version]
    folder = root / "sys" / "fs" / "cgroup" / below / group
    folder.mkdir(parents=True, exist_ok=True)
    (folder / most).write_text(f"{limit}\n")
    (folder / usage).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 1\n{cached} {files}\n")


@pytest.mark.parametrize("version", ["1", "2"])
def test_the_tightest_control_group_counts_and_files_that_can_be_read_again_are_free(
    tmp_path: Path, version: str
) -> None:
    grant(tmp_path, version, 100 * MB, used=99 * MB, files=2 * MB)
    assert room(tmp_path) == (3.0, 100.0)


@pytest.mark.parametrize(("version", "line"), [("1", "7:memory:/user/me"), ("2", "0::/user/me")])
def test_the_fullest_group_above_this_process_counts(tmp_path: Path, version: str, line: str) -> None:
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "cgroup").write_text(line + "\n")
    grant(tmp_path, version, 200 * MB, used=150 * MB, group="user")
    grant(tmp_path, version, 100 * MB, used=95 * MB, group="user/me")
    assert room(tmp_path) == (5.0, 100.0)


@pytest.mark.parametrize(("version", "limit"), [("2", "max"), ("1", 2**63 - 4096), ("2", "nonsense")])
def test_without_a_limit_the_machine_counts(tmp_path: Path, version: str, limit: object) -> None:
    grant(tmp_path, version, limit)
    free, everything = room(tmp_path)
    assert 0 < free <= everything == psutil.virtual_memory().total / MB


@pytest.mark.skipif(os.name == "nt", reason="groups of POSIX")
def test_f18_the_guard_kills_the_groups_that_it_was_told_and_did_not_forget() -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    told, dropped = (subprocess.Popen(sleep, start_new_session=True) for _ in range(2))
    watch = guard.Guard()
    for process in (told, dropped):
        watch.add(process.pid)
    watch.drop(dropped.pid)
    try:
        watch.end()
        assert eventually(lambda: told.poll() is not None)
        assert dropped.poll() is None
    finally:
        for process in (told, dropped):
            process.kill()
            process.wait()
