"""A search over networks that is replayed, explored or under way: the same rows, and blocks for whoever asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from automl_magic.engine.events import from_json, to_json
from automl_magic.extend import DRAWINGS
from automl_magic.notebook import exploring
from automl_magic.notebook.live import LivePanel
from automl_magic.notebook.replaying import replay
from automl_magic.notebook.rows import rows
from automl_magic.records import record_of
from automl_magic.result import Record
from tests.network_recording import drawn, events
from tests.notebook.test_live import FakeWidget, Screen
from tests.notebook.test_replayed import hear, screen, sent

__all__ = ["screen"]  # a fixture

OF_NETWORKS = ("learning", "size", "limits")


def recorded() -> Record:
    """Return the run as a file would give it again."""
    return record_of([from_json(json.loads(json.dumps(to_json(event)))) for event in events(ended=True)], "networks")


@pytest.fixture(autouse=True)
def drawing() -> Iterator[None]:
    DRAWINGS.register("of_test")(drawn)
    yield
    DRAWINGS._members.pop("of_test")


def newest(found: list[dict[str, Any]]) -> dict[tuple[str, int | None], dict[str, Any]]:
    """Return the rows of networks as the panel keeps them."""
    return {(row["kind"], row.get("trial")): row for row in found if row["kind"] in OF_NETWORKS}


def test_a_replay_ends_with_the_rows_that_the_run_had(screen: Screen) -> None:
    shown = replay(recorded(), 100)
    FakeWidget.last.ready.set()
    shown.wait(10)
    whole = newest([dict(row) for row in rows(recorded().history)])
    assert len(whole) > 40
    assert newest(sent()) == whole
    assert "than which no smaller one is as good" in screen.places["replay"]["text/plain"]


def test_going_back_tells_of_the_limits_anew(screen: Screen) -> None:
    shown = replay(recorded(), 1)
    FakeWidget.last.ready.set()
    kinds = [row["kind"] for row in FakeWidget.last._all_rows()]
    assert kinds[0] == "clear" and kinds.count("limits") == 1
    hear("network", trial=0)
    (row,) = (row for row in sent() if row["kind"] == "network")
    assert [box["id"] for box in row["boxes"]] == ["input", "dense1", "dense2", "output"]
    shown.stop()
    shown.wait(5)


def test_a_record_at_rest_has_the_same_rows_and_draws_its_networks(screen: Screen) -> None:
    view = exploring.panel_of(recorded().history)
    view.ready.set()
    assert newest(view._all_rows()) == newest([dict(row) for row in rows(recorded().history)])
    hear("network", trial=1)
    hear("network", trial=999)
    assert [(row["trial"], len(row["boxes"])) for row in sent() if row["kind"] == "network"] == [(1, 8)]


def test_a_run_under_way_draws_its_networks() -> None:
    run: Any = SimpleNamespace(history=recorded().history)
    (row,) = LivePanel()._hear(run, {"kind": "network", "trial": 3})
    assert row["kind"] == "network" and {arc["label"] for arc in row["arcs"]} >= {"conv 3", "skip"}
