"""What every test may use: a folder of its own as the working directory, a small table with a signal, a browser."""

from __future__ import annotations

import ipaddress
import os
import socket

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before any import: fits in this process must not fight the workers
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.browser.lab import FLAGS, find_browser

HOW = "install one: `make browser` on Debian, or any Chromium or Chrome on PATH"


if threading.current_thread() is threading.main_thread():  # a suite that is begun in the background ignores ■
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run each test in an empty folder, so that no run's record lies beside the code."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test of this process connect to another machine."""

    def guarded(connect: Any) -> Any:
        def connect_here(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
                raise AssertionError(f"no test may leave this machine. Got a connection to {address[0]}.")
            return connect(self, address)

        return connect_here

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))


def is_loopback(host: str) -> bool:
    """Return whether an address is this machine's own."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def flowers() -> pd.DataFrame:
    """Return 240 rows: two numbers with a signal, one with gaps, a category, and the target "kind"."""
    rng = np.random.default_rng(0)
    rows = 240
    frame = pd.DataFrame({"width": rng.normal(size=rows), "length": rng.normal(size=rows)})
    frame["weight"] = np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows))
    frame["soil"] = rng.choice(["clay", "sand", "loam"], rows)
    signal = frame["width"] + (frame["soil"] == "clay") + 0.5 * rng.normal(size=rows)
    frame["kind"] = np.where(signal > 0.3, "rose", "lily")
    return frame


@pytest.fixture(scope="session")
def quick() -> dict[str, Any]:
    """Return the options of a run that takes about a second, in process."""
    return {"models": ["linear", "hist_gb"], "trials": 3, "workers": 0, "cv": 3}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Return a running browser for all tests; without one they are skipped, and under CI they fail."""
    path = find_browser()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no Chromium was found: {HOW}", pytrace=False)
        pytest.skip(f"NO BROWSER TEST RAN: no Chromium was found; {HOW}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS), headless=True)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Return the folder that pictures for the documentation go to, or None: set AUTOML_PICTURES to make them."""
    folder = os.environ.get("AUTOML_PICTURES")
    return None if folder is None else Path(folder)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless it is asked for, as by `-m further`: `make test` ends in 15 minutes."""
    if any(word in config.option.markexpr for word in ("further", "kernel")):
        return
    left_out = [item for item in items if item.get_closest_marker("further")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not item.get_closest_marker("further")]
