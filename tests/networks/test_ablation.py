"""Three searches of one budget: what is fixed in each, that they are compared on the same rows, what is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl_magic.engine.holes import Choice, Int
from automl_magic.errors import OptionError
from automl_magic.network_ablation import AblationResult, Arm, nas_ablation, spaces_of
from automl_magic.networks.architecture import candidate_space, conv
from automl_magic.networks.graph import Inputs
from tests.networks.test_nas import waves

pytest.importorskip("torch")
SPACE = {"depth": Int(1, 2), "channels": Choice(4, 8)}


def test_each_search_leaves_one_part_at_its_defaults() -> None:
    space = candidate_space(conv(**SPACE), Inputs("sequence", (24, 1), outputs=2), rows=200)
    default, rng = space.default(), np.random.default_rng(0)
    found = spaces_of(space)
    for _ in range(20):
        trained, built = found["training"].sample(rng), found["architecture"].sample(rng)
        assert {k: v for k, v in trained.items() if not k.startswith("training.")} == {
            k: v for k, v in default.items() if not k.startswith("training.")
        }
        assert all(value == default[label] for label, value in built.items() if label.startswith("training."))
    assert found["both"] is space


def test_a_space_without_anything_of_the_architecture_is_refused() -> None:
    space = candidate_space(conv(depth=1, channels=4, kernel=3, down="none", skip=False, norm="batch",
                                 activation="relu", head="mean", dense=0, dropout=0.0),
                            Inputs("sequence", (24, 1), outputs=2), rows=200)  # fmt: skip
    with pytest.raises(OptionError, match="Nothing of the architecture"):
        spaces_of(space)


@pytest.mark.further
def test_the_verdict_names_a_difference_only_where_the_interval_shows_it(own_folder: Path) -> None:
    X, y = waves()
    found = nas_ablation(X, y, space=conv(**SPACE), epochs=180, workers=0)
    assert list(found.table()["searched"]) == ["training", "architecture", "both"]
    assert len({arm.run.name for arm in found.arms}) == 3
    told = found.verdict()
    assert "rows kept apart" in told and "One repeat says nothing of other seeds" in told
    for name, (value, low, high) in found.differences().items():
        assert low <= value <= high, name
        assert value == pytest.approx(_score(found, "both") - _score(found, name))


def _score(found: AblationResult, name: str) -> float:
    return float(found.runs[name][0].score)


@pytest.mark.further
def test_a_clear_gain_and_a_clear_loss_are_told(own_folder: Path) -> None:
    X, y = waves()
    found = nas_ablation(X, y, space=conv(**SPACE), epochs=60, workers=0)
    truth = found.problems[0].y_apart
    right = np.stack([truth == "fast", truth != "fast"], axis=1).astype(float)
    by_name = {"both": right, "training": right[:, ::-1], "architecture": right}

    def with_predictions(predictions: dict[str, Any]) -> AblationResult:
        arms = tuple(Arm(arm.name, arm.repeat, arm.run, predictions[arm.name]) for arm in found.arms)
        return AblationResult(arms, found.problems)

    assert "was worth its share" in with_predictions(by_name).verdict()
    by_name |= {"both": right[:, ::-1], "training": right}
    assert "cost more than it brought" in with_predictions(by_name).verdict()
    by_name |= {"both": right, "training": right}
    assert "it cannot be told" in with_predictions(by_name).verdict()
