"""Processors are counted by what this process may use, not by what the machine has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from automl_magic.engine import cpus
from automl_magic.engine.cpus import available_cpus


@pytest.fixture
def eight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpus, "_by_affinity", lambda: 8)


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 8),
        ({"sys/fs/cgroup/cpu.max": "max 100000\n"}, 8),
        ({"sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2),
        ({"sys/fs/cgroup/cpu.max": "150000 100000\n"}, 2),
        ({"sys/fs/cgroup/cpu.max": "10000 100000\n"}, 1),
        ({"sys/fs/cgroup/cpu.max": "nonsense\n"}, 8),
        ({"sys/fs/cgroup/cpu.max": "1 0\n"}, 8),
        ({"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"}, 8),
    ],
)
@pytest.mark.usefixtures("eight")
def test_s11_a_quota_counts(tmp_path: Path, files: dict[str, str], expected: int) -> None:
    assert available_cpus(write(tmp_path, files)) == expected


@pytest.mark.usefixtures("eight")
def test_s11_the_own_group_and_those_above_it_count(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/user.slice/job.scope"
    files = {"proc/self/cgroup": "0::/user.slice/job.scope\n", f"{group}/cpu.max": "max 100000"}
    assert available_cpus(write(tmp_path, files)) == 8
    assert available_cpus(write(tmp_path, {"sys/fs/cgroup/user.slice/cpu.max": "300000 100000"})) == 3
    assert available_cpus(write(tmp_path, {f"{group}/cpu.max": "100000 100000"})) == 1


@pytest.mark.usefixtures("eight")
def test_s11_the_first_version_mounts_controllers_together(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/cpu,cpuacct/docker/abc"
    files = {
        "proc/self/cgroup": "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n",
        f"{group}/cpu.cfs_quota_us": "200000",
        f"{group}/cpu.cfs_period_us": "100000",
        "sys/fs/cgroup/memory/docker/abc/cpu.cfs_quota_us": "100000",
        "sys/fs/cgroup/memory/docker/abc/cpu.cfs_period_us": "100000",
    }
    assert available_cpus(write(tmp_path, files)) == 2


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="affinity of Linux")
def test_s11_affinity_counts() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert available_cpus() == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_s11_systems_without_affinity_have_an_answer_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert available_cpus(tmp_path) >= 1
    monkeypatch.delattr("psutil.Process.cpu_affinity", raising=False)
    assert available_cpus(tmp_path) == os.cpu_count()
