"""The runs of a kernel: one at a time, and one that is ending is waited for."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from automl_magic.errors import OptionError
from automl_magic.notebook.runs import Runs


def make_runs(status: str) -> tuple[Runs, Any]:
    runs, run = Runs(), SimpleNamespace(name="one", history=SimpleNamespace(status=status), done=threading.Event())
    runs.add(run)
    return runs, run


def test_a_run_under_way_is_named_and_refuses_another_at_once() -> None:
    runs, _ = make_runs("running")
    begun = time.monotonic()
    with pytest.raises(OptionError, match='"one" is still under way'):
        runs.need_none()
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("status", ["stopping", "ended"])
def test_a_run_that_is_ending_is_waited_for(status: str) -> None:
    runs, run = make_runs(status)
    threading.Timer(0.3, run.done.set).start()
    runs.need_none()
    assert run.done.is_set()


def test_a_run_that_does_not_end_is_named_in_the_end() -> None:
    runs, _ = make_runs("stopping")
    with pytest.raises(OptionError, match="still under way"):
        runs.need_none(patience=0.2)
