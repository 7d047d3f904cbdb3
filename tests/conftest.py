"""What every test may use: a folder of its own as the working directory, and a small table with a clear signal."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before any import: fits in this process must not fight the workers
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run each test in an empty folder, so that no run's record lies beside the code."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


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
