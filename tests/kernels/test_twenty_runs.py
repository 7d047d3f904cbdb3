"""Twenty searches in one kernel leave it as it was: no process, no thread, no widget, no memory is added."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from tests.browser.lab import ROOT

RUNS = 20
SETTLED = 5  # runs after which nothing may grow
GROWTH = 20.0  # MB of resident memory over the runs after that
LOAD = """
%load_ext automl_magic
import gc, json, os, threading
import numpy as np, pandas as pd, psutil
from ipywidgets.widgets import widget as models
from sklearn.linear_model import LogisticRegression
from automl_magic.notebook.widget import PanelWidget
rng = np.random.default_rng(0)
df = pd.DataFrame(rng.normal(size=(10_000, 30))).add_prefix("x")
df["y"] = np.where(df["x0"] + rng.normal(size=len(df)) > 0, "yes", "no")
quick = LogisticRegression()  # to beat: what a run leaves is the same, and it is there sooner
made = PanelWidget.__init__
def answered(self, *arguments):  # a view answers each second run, as in a front end that has anywidget
    made(self, *arguments)
    if len(os.listdir()) % 2:
        self._receive(None, {"kind": "ready", "have": 0}, [])
PanelWidget.__init__ = answered
"""
SEARCH = "%automl df --target y --models linear --trials 2 --cv 2 --baseline quick"
FACTS = """
gc.collect()
own = psutil.Process()
print("FACTS", json.dumps({
    "processes": len(own.children(recursive=True)),
    "threads": sorted(thread.name.rstrip("0123456789-") for thread in threading.enumerate()),
    "tables": sum(isinstance(held, pd.DataFrame) and len(held) > 1000 for held in gc.get_objects()),
    "models": len(models._instances),
    "comms": len(get_ipython().kernel.comm_manager.comms),
    "files": own.num_fds() if hasattr(own, "num_fds") else 0,
    "memory": own.memory_info().rss / 2**20,
}))
"""


class InKernel:
    """A kernel as a front end talks to it."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.opened = self.closed = 0

    def run(self, code: str) -> str:
        """Run a cell; return what it printed."""
        said = []

        def hear(message: dict[str, Any]) -> None:
            kind, content = message["msg_type"], message["content"]
            assert kind != "error", "\n".join(content["traceback"])
            if kind == "stream":
                said.append(content["text"])
            self.opened += kind == "comm_open"
            self.closed += kind == "comm_close"

        self.client.execute_interactive(code, timeout=120, allow_stdin=True, output_hook=hear, stdin_hook=print)
        return "".join(said)

    def facts(self) -> dict[str, Any]:
        """Return what the kernel holds."""
        found: dict[str, Any] = json.loads(self.run(FACTS).split("FACTS", 1)[1])
        return found


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[InKernel]:
    """Return a kernel of its own."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")  # else glibc gives each of many threads its own, which look like a leak
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(tmp_path), extra_arguments=["--log-level=ERROR"])
    yield InKernel(client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.further
@pytest.mark.timeout(400)
def test_twenty_runs_leave_a_kernel_as_it_was(kernel: InKernel) -> None:
    kernel.run(LOAD)
    facts = []
    for _ in range(RUNS):
        kernel.run(SEARCH)
        facts.append(kernel.facts())
        print({key: value for key, value in facts[-1].items() if key != "threads"}, len(facts[-1]["threads"]))
    before, after = facts[SETTLED - 1], facts[-1]
    grown = after["memory"] - before["memory"]
    print(f"memory grew by {grown:.1f} MB over runs {SETTLED} to {RUNS}")
    assert kernel.opened >= RUNS and after["models"] == 0 and after["comms"] == 0
    assert after["tables"] == 1  # a run that has ended lets the data go
    assert after["processes"] <= before["processes"]
    assert after["threads"] == before["threads"]
    assert after["files"] <= before["files"] + 20  # ipykernel closes the pipes of threads that ended from time to time
    assert grown < GROWTH
