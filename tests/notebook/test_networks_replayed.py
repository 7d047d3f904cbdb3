"""A search over networks that is replayed, explored or under way: the same rows, and blocks for whoever asks."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from automl_magic.engine.events import TrialStarted, from_json, to_json
from automl_magic.engine.holes import Choice
from automl_magic.networks.architecture import candidate_space, mlp
from automl_magic.notebook import exploring
from automl_magic.notebook.live import LivePanel
from automl_magic.notebook.replaying import replay
from automl_magic.notebook.rows import rows
from automl_magic.records import record_of
from automl_magic.result import Record
from tests.network_recording import INPUTS, events, history_of
from tests.notebook.test_live import FakeWidget, Screen
from tests.notebook.test_replayed import hear, screen, sent

__all__ = ["screen"]  # a fixture

OF_NETWORKS = ("learning", "size", "limits")


def recorded() -> Record:
    """Return the run as a file would give it again."""
    return record_of([from_json(json.loads(json.dumps(to_json(event)))) for event in events(ended=True)], "networks")


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


def test_a_replay_draws_a_network_from_its_first_epoch_on(screen: Screen) -> None:
    shown = replay(recorded(), 1)
    FakeWidget.last.ready.set()
    kinds = [row["kind"] for row in FakeWidget.last._all_rows()]
    assert kinds[0] == "clear" and kinds.count("limits") == 1
    hear("network", trial=0)
    (row,) = (row for row in sent() if row["kind"] == "network")
    assert [box["label"] for box in row["boxes"]] == ["input", "linear, 32", "linear, 32", "linear, 10"]
    shown.stop()
    shown.wait(5)


def test_a_record_at_rest_has_the_same_rows_and_draws_its_networks(screen: Screen) -> None:
    view = exploring.panel_of(recorded().history)
    view.ready.set()
    assert newest(view._all_rows()) == newest([dict(row) for row in rows(recorded().history)])
    for trial in (1, 7, 999):  # one with skips, one that failed before its first epoch, none
        hear("network", trial=trial)
    drawn = {row["trial"]: row for row in sent() if row["kind"] == "network"}
    assert list(drawn) == [1, 7] and drawn[7]["boxes"] == []
    assert "skip" in {arc["label"] for arc in drawn[1]["arcs"]}
    counted = recorded().history.trial(1).scores[0].costs["parameters"]
    assert sum(box["parameters"] for box in drawn[1]["boxes"]) == counted > 10_000


def test_a_run_under_way_draws_its_networks_out_of_its_space() -> None:
    history = history_of(events())
    space = candidate_space(mlp(depth=2, units=Choice(16, 32)), INPUTS)
    history.apply(TrialStarted(90, 90, {**space.default(), "mlp.layer1.units": 16}, "tpe", 0))
    run: Any = SimpleNamespace(history=history, space=lambda: space)
    (row,) = LivePanel()._hear(run, {"kind": "network", "trial": 90})
    assert row["kind"] == "network" and [box["width"] for box in row["boxes"]][1:-1] == [
        16,
        space.default()["mlp.layer2.units"],
    ]
    ended: Any = SimpleNamespace(history=history, space=lambda: None)
    (row,) = LivePanel()._hear(ended, {"kind": "network", "trial": 90})
    assert row["kind"] == "network" and row["boxes"] == []
