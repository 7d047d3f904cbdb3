"""Data is shared once: mapped, not copied; private; gone when the run is over."""

from __future__ import annotations

import mmap
import os
import pickle
import queue
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

from automl_magic.engine import sharing
from automl_magic.engine.sharing import PREFIX, SharedObject, read_shared, remove_ownerless, write_shared
from automl_magic.engine.workers import ProcessWorkers, Task
from automl_magic.errors import AutoMLError
from tests.engine.faults import Faults

POSIX = pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def frame_of(rows: int) -> tuple[pd.DataFrame, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)), columns=list("abc"))
    frame.loc[::7, "a"] = np.nan
    frame["kind"] = pd.Categorical(rng.choice(["x", "y"], rows))
    frame["text"] = rng.choice(["one", "two"], rows)
    return frame, (frame["b"] > 0).to_numpy()


def round_trip(value: Any, folder: Path) -> Any:
    write_shared(value, folder / "object")
    return read_shared(folder / "object")


def test_what_is_read_equals_what_was_written(folder: Path) -> None:
    frame, y = frame_of(50)
    value = {"X": frame, "y": y, "empty": np.empty(0), "fortran": np.asfortranarray(np.eye(3)), "words": ["a", None]}
    read = round_trip(value, folder)
    pd.testing.assert_frame_equal(read["X"], frame)
    for name in ("y", "empty", "fortran"):
        np.testing.assert_array_equal(read[name], value[name])
    assert read["words"] == ["a", None]


def test_arrays_are_views_of_the_file_and_cannot_be_written(folder: Path) -> None:
    array = round_trip(np.arange(1000.0), folder)
    assert not array.flags.writeable and not array.flags.owndata
    base = array
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base.obj if isinstance(base, memoryview) else base.raw().obj, mmap.mmap)
    assert array.ctypes.data % sharing.ALIGNED == 0


def test_a_class_of_a_notebook_is_read_without_its_module(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from automl_magic.engine.sharing import write_shared\n"
        "class Own:\n    def answer(self): return 42\n"
        "write_shared(Own(), Path(sys.argv[1]))"
    )
    file = folder / "own"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", program, str(file)], check=True, env=environment)
    assert read_shared(file).answer() == 42


def test_shared_tables_go_through_scikit_learn(folder: Path) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    frame, y = frame_of(300)
    shared, target = round_trip((frame, y), folder)
    numbers = shared[["a", "b", "c"]]
    boosted = HistGradientBoostingClassifier(max_iter=5).fit(shared[["a", "b", "c", "kind"]], target)
    linear = make_pipeline(SimpleImputer(), StandardScaler(copy=False), LogisticRegression()).fit(numbers, target)
    for model, columns in ((boosted, ["a", "b", "c", "kind"]), (linear, ["a", "b", "c"])):
        assert model.score(shared[columns], target) > 0.9
    pd.testing.assert_frame_equal(
        SimpleImputer().set_output(transform="pandas").fit_transform(numbers).loc[1:3], frame.loc[1:3, ["a", "b", "c"]]
    )


def test_shared_tables_go_through_pandas(folder: Path) -> None:
    frame, _ = frame_of(100)
    shared = round_trip(frame, folder)
    part = shared.iloc[np.arange(10)].copy()
    part["a"] = 0.0
    assert part.fillna(1).groupby("kind", observed=True)["b"].mean().notna().all()
    shared = shared.assign(d=1.0).sort_values("b").reset_index(drop=True)
    shared.loc[0, "d"] = 2.0
    assert shared["d"].sum() == 101


def test_writing_into_shared_data_is_an_error_that_says_what_to_do() -> None:
    evaluator = Faults()
    evaluator.array = np.zeros(10)  # type: ignore[attr-defined]
    outcomes: queue.SimpleQueue[Any] = queue.SimpleQueue()
    workers = ProcessWorkers(1)
    workers.open(evaluator, outcomes.put)
    try:
        workers.submit(Task(1, "writes", {}))
        assert "read-only (the workers share the data: copy what is to be changed)" in outcomes.get(20).failure.reason
    finally:
        workers.close()


@POSIX
def test_the_file_is_private_and_goes_with_close(folder: Path) -> None:
    shared = SharedObject(np.arange(10))
    assert stat.S_IMODE(shared.file.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in shared.file.parent.iterdir()} == {0o600}
    shared.close()
    shared.close()
    assert list(folder.iterdir()) == []


def test_workers_leave_no_file(folder: Path) -> None:
    workers = ProcessWorkers(1)
    workers.open(Faults(), print)
    assert len(list(folder.iterdir())) == 1
    workers.close()
    assert list(folder.iterdir()) == []


def test_what_cannot_be_shared_leaves_no_file_and_is_named(folder: Path) -> None:
    evaluator = Faults()
    evaluator.parts = {"ok": 1, "deep": [1, threading.Lock()]}  # type: ignore[attr-defined]
    with pytest.raises(AutoMLError, match=r"(?s)Faults\.parts\['deep'\]\[1\] cannot be sent .*workers=0") as caught:
        SharedObject(evaluator)
    assert isinstance(caught.value.__cause__, TypeError | pickle.PicklingError)
    assert list(folder.iterdir()) == []


def test_an_existing_file_is_never_written(folder: Path) -> None:
    (folder / "object").write_text("mine")
    with pytest.raises(FileExistsError):
        write_shared(1, folder / "object")


@POSIX
def test_what_a_killed_program_left_is_removed_by_the_next(folder: Path) -> None:
    program = (
        "import os, signal; from automl_magic.engine.sharing import SharedObject\n"
        "SharedObject(1); os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    done = subprocess.run([sys.executable, "-c", program], env=environment)
    assert done.returncode == -signal.SIGKILL and len(list(folder.iterdir())) == 1
    mine = SharedObject(2)
    assert list(folder.iterdir()) == [mine.file.parent]
    remove_ownerless(folder)
    assert read_shared(mine.file) == 2
    mine.close()


def test_a_folder_without_a_lock_is_removed_only_when_it_is_old(folder: Path) -> None:
    half_made = folder / f"{PREFIX}new"
    half_made.mkdir()
    remove_ownerless(folder)
    assert half_made.exists()
    old = time.time() - 2 * sharing.NEW_SECONDS
    os.utime(half_made, (old, old))
    remove_ownerless(folder)
    assert not half_made.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory maps of Linux")
def test_fifty_megabytes_are_read_at_once_and_not_copied(folder: Path) -> None:
    write_shared(np.ones(50 * 2**17), folder / "object")
    before = psutil.Process().memory_info().rss
    begun = time.perf_counter()
    array = read_shared(folder / "object")
    seconds, grown = time.perf_counter() - begun, psutil.Process().memory_info().rss - before
    assert array[0] == 1.0
    assert seconds < 0.05 and grown < 10 * 2**20
