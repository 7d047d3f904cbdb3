"""A search over networks from the call to the result: budget, limits, repetition, stop, what is returned."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

import automl_magic
from automl_magic.engine.holes import Build, Choice, Float, Int
from automl_magic.errors import AutoMLError, DataError, OptionError, SpaceError
from automl_magic.network_plan import NetworkPlan
from automl_magic.network_search import begin_nas
from automl_magic.networks.architecture import conv, mlp

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")


def waves(rows: int = 240, seed: int = 0) -> tuple[Any, Any]:
    """Sequences of two classes: slow and fast waves with noise."""
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % 2
    steps = np.linspace(0, 6, 24)
    X = np.sin(steps * (1 + 2 * y[:, None]) + rng.uniform(0, 6, (rows, 1))) + 0.3 * rng.normal(size=(rows, 24))
    return X[..., None], np.where(y, "fast", "slow")


def search(**options: Any) -> Any:
    X, y = waves()
    given = {"space": conv(depth=Int(1, 2), channels=Choice(4, 8)), "epochs": 120, "workers": 0, "seed": 1}
    return automl_magic.nas(X, y, **{**given, **options})


@pytest.fixture(scope="module")
def found(tmp_path_factory: Any) -> Any:
    import os

    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("found"))
    try:
        yield search()
    finally:
        os.chdir(before)


def test_the_result_is_a_fitted_pipeline_that_predicts_the_labels_as_given(found: Any) -> None:
    X, y = waves(seed=5)
    assert np.mean(found.best.predict(X) == y) > 0.9
    chances = found.best.predict_proba(X)
    assert chances.shape == (240, 2) and np.allclose(chances.sum(axis=1), 1)
    assert list(found.best.classes_) == ["fast", "slow"]


def test_the_cell_shows_what_a_network_costs(found: Any) -> None:
    shown = found._repr_html_()
    for head in ("validation accuracy", "epochs", "parameters", "one row", "configuration"):
        assert f">{head}</th>" in shown
    best = found.history.trial(int(found.leaderboard().index[0]))
    assert f">{best.scores[0].costs['parameters']:,.0f}</td>" in shown and "conv.depth" not in shown


def test_the_result_pickles_and_clones_and_trains_again_to_the_same_network(found: Any) -> None:
    X, _ = waves(seed=5)
    again = pickle.loads(pickle.dumps(found.best))
    assert np.array_equal(again.predict_proba(X), found.best.predict_proba(X))
    fresh = clone(found.best)
    data_X, data_y = waves()
    assert fresh.fit(data_X, data_y).predict(X).shape == (240,)


def test_the_score_is_that_of_rows_kept_apart(found: Any) -> None:
    assert found.score.low <= float(found.score) <= found.score.high
    assert "rows kept apart" in " ".join(found.summary())
    assert found.plan.is_repeatable


def test_a_budget_of_epochs_is_kept_and_every_epoch_is_told(found: Any) -> None:
    board = found.leaderboard()
    assert 120 <= board["epochs"].sum() < 120 + 81 + 5 * 27  # what is begun is finished
    for trial in found.history.trials.values():
        curve = [score for rung in sorted(trial.results) for score in trial.results[rung][0].curve]
        assert trial.score == pytest.approx(max(curve))
    assert set(board.columns) >= {"parameters", "multiply_adds", "latency_ms"}


@pytest.mark.further
def test_the_same_seed_and_epochs_give_the_same_architectures_curves_and_weights(found: Any, own_folder: Path) -> None:
    again = search(workers=2)
    before = [(trial.config, trial.results.keys(), trial.score) for trial in found.history.trials.values()]
    after = [(trial.config, trial.results.keys(), trial.score) for trial in again.history.trials.values()]
    assert before == after
    mine, other = (run.best["network"].module_.state_dict() for run in (found, again))
    assert mine.keys() == other.keys() and all(torch.equal(mine[name], other[name]) for name in mine)


def test_no_architecture_over_a_limit_is_trained(own_folder: Path) -> None:
    run = search(space=None, max_params=2000, max_macs="60k", epochs=60)
    costs = [one.costs for trial in run.history.trials.values() for one in trial.scores.values()]
    assert costs and all(cost["parameters"] <= 2000 and cost["multiply_adds"] <= 60_000 for cost in costs)
    assert any("refused before training" in told for told in run.summary())


def test_limits_that_leave_nothing_are_refused_before_the_search(own_folder: Path) -> None:
    with pytest.raises(SpaceError, match="at most 3 parameters"):
        search(max_params=3)


def test_stop_returns_the_best_at_once(own_folder: Path) -> None:
    X, y = waves()
    run = begin_nas(NetworkPlan.create(time=60, workers=1), X, y, space=conv(depth=Int(1, 2), channels=Choice(4, 8)))
    deadline = time.monotonic() + 50
    while not any(trial.scores for trial in run.history.trials.values()) and time.monotonic() < deadline:
        time.sleep(0.05)
    begun = time.monotonic()
    run.control.stop(who="you")
    result = run.result(30)
    assert time.monotonic() - begun < 5
    assert "the run was stopped" in " ".join(result.summary())
    assert result.best.predict(X[:3]).shape == (3,)


def test_a_module_of_ones_own_is_searched(own_folder: Path) -> None:
    run = search(space=Build(Tiny, width=Int(2, 6)), epochs=40)
    assert run.candidate.family == "tiny"
    assert {trial.config["tiny.width"] for trial in run.history.trials.values()} <= set(range(2, 7))


class Tiny(torch.nn.Module):  # type: ignore[misc]
    """One hidden layer over all steps."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Linear(24, width), torch.nn.ReLU(), torch.nn.Linear(width, 2)
        )

    def forward(self, x: Any) -> Any:
        return self.layers(x)


def test_a_table_with_a_target_column_and_numbers_to_predict(own_folder: Path) -> None:
    import pandas as pd

    rng = np.random.default_rng(0)
    df = pd.DataFrame({"a": rng.normal(size=200), "b": rng.choice(["x", "y", "z"], 200), "id": np.arange(200)})
    df["price"] = 3 * df["a"] + (df["b"] == "x") + rng.normal(scale=0.1, size=200)
    df.loc[::9, "a"] = np.nan
    run = automl_magic.nas(df, target="price", epochs=200, workers=0, space=mlp(depth=1, units=16), ignore=["id"])
    assert run.metric["sign"] == -1 and run.best.predict(df.head(4)).shape == (4,)
    assert float(run.score) < df["price"].std()


def test_a_draft_of_the_default_space_is_edited(own_folder: Path) -> None:
    def edit(space: Any) -> None:
        space.models("mlp")
        space["mlp.depth"] = 1
        space["training.learning_rate"] = Float(1e-3, 1e-2, log=True)

    run = search(space=edit, epochs=30)
    configs = [trial.config for trial in run.history.trials.values()]
    assert {config["model"] for config in configs} == {"mlp"}
    assert all("mlp.layer2.units" not in config for config in configs), "only what counts is shown"
    assert all(1e-3 <= config["training.learning_rate"] <= 1e-2 for config in configs)


def test_bad_input_is_refused_in_words() -> None:
    X, y = waves(40)
    with pytest.raises(DataError, match="At least 15 rows"):
        automl_magic.nas(X[:8], y[:8], epochs=5)
    with pytest.raises(OptionError, match="must be a share, or"):
        automl_magic.nas(X, y, epochs=5, test=[1, 2, 3])
    with pytest.raises(OptionError, match="lack"):
        automl_magic.nas(X, y, epochs=5, test=(X, np.where(y == "fast", "other", y)))
    with pytest.raises(OptionError, match="means nothing to a search over networks"):
        automl_magic.nas(X, y, epochs=5, monotone={"a": 1})
    with pytest.raises(SpaceError, match="Call it: conv"):
        automl_magic.nas(X, y, epochs=5, space=conv)
    with pytest.raises(SpaceError, match="Write Build"):
        automl_magic.nas(X, y, epochs=5, space=Tiny)
    with pytest.raises(SpaceError, match="Did you mean"):
        automl_magic.nas(X, y, epochs=5, models="convv")


def test_a_learning_curve_goes_on_over_pauses_and_ends_with_the_training(found: Any) -> None:
    curves, board = found.learning_curves(), found.leaderboard()
    assert curves.index.name == "epoch" and curves.index[0] == 1
    for trial in board.index:
        curve = curves[trial].dropna()
        assert len(curve) == board.loc[trial, "epochs"] and list(curve.index) == [*range(1, len(curve) + 1)]
        if board.loc[trial, "state"] == "done":
            assert (curve - board.loc[trial, "score"]).abs().min() < 1e-9  # its score is that of one of the epochs
    rungs = found.history.best().results
    assert len(rungs) > 1  # it was paused and went on


def test_a_learning_curve_of_a_loss_has_the_sign_of_the_loss(own_folder: Path) -> None:
    curves = search(epochs=12, metric="log_loss").learning_curves()
    assert (curves.stack() > 0).all()


def test_the_blocks_of_a_network_hold_all_its_parameters(found: Any) -> None:
    blocks = found.blocks()
    assert blocks["parameters"].sum() == sum(weight.numel() for weight in found.best["network"].module_.parameters())
    assert blocks["multiply_adds"].sum() == found.leaderboard()["multiply_adds"].iloc[0]
    assert blocks.index[0] == "input" and blocks["gives"].iloc[-1] == "2"
    assert blocks["takes"].iloc[1] == "input"


def test_a_network_of_ones_own_has_no_blocks_that_we_know(own_folder: Path) -> None:
    with pytest.raises(OptionError, match="a module of your own"):
        search(space=Build(Tiny, width=Int(2, 6)), epochs=12).blocks()


@pytest.mark.further
def test_a_run_that_was_stopped_goes_on_and_ends_as_one_that_never_was(own_folder: Path) -> None:
    X, y = waves()
    space = conv(depth=Int(1, 2), channels=Choice(4, 8))
    whole = search(epochs=90)
    run = begin_nas(NetworkPlan.create(epochs=90, workers=1, seed=1, name="broken"), X, y, space=space)
    while sum(bool(trial.scores) for trial in run.history.trials.values()) < 2 and not run.done.is_set():
        time.sleep(0.02)
    run.control.stop(who="you")
    run.result(60)
    again = automl_magic.resume("broken", X, y=y, space=space)
    kept = [(trial.config, trial.score) for trial in whole.history.trials.values()]
    assert [(trial.config, trial.score) for trial in again.history.trials.values()] == kept
    assert type(again).__name__ == "NetworkResult"


@pytest.mark.further
def test_a_run_is_made_again_with_the_same_scores(own_folder: Path) -> None:
    X, y = waves()
    run = search(epochs=60)
    again = automl_magic.rerun(run.name, X, y=y, space=conv(depth=Int(1, 2), channels=Choice(4, 8)), workers=0)
    assert again.is_same and again.same_config, str(again)


def test_other_rows_are_refused_when_a_run_goes_on(own_folder: Path) -> None:
    X, y = waves()
    run = search(epochs=30)
    with pytest.raises(AutoMLError, match="it has other values"):
        automl_magic.resume(run.name, X + 1, y=y, space=conv(depth=Int(1, 2), channels=Choice(4, 8)))


def test_only_the_highest_rung_of_a_trial_leaves_files(own_folder: Path) -> None:
    run = search(epochs=60)
    names = [path.name for path in (run.folder / "artefacts").iterdir()]
    for trial in run.history.trials.values():
        mine = [name for name in names if name.startswith(f"trial-{trial.id:05d}-")]
        assert all(f"rung-{trial.rung}" in name for name in mine)


def test_the_exported_files_give_the_same_outputs_in_a_fresh_process(found: Any, own_folder: Path) -> None:
    X, _ = waves(seed=5)
    file, weights = found.export(own_folder / "net.py")
    np.save(own_folder / "X.npy", X)
    code = "import numpy as np, sys; sys.path.insert(0, '.'); import net; "
    code += "np.save('out.npy', net.predict_proba(net.load(), np.load('X.npy'))); "
    code += "print([name for name in sys.modules if name.split('.')[0] in ('automl_magic', 'skorch', 'sklearn')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=own_folder, check=True)
    assert done.stdout.strip() == "[]" and weights.exists()
    assert np.allclose(np.load(own_folder / "out.npy"), found.best.predict_proba(X), atol=1e-6)
    checked = subprocess.run([sys.executable, file], capture_output=True, text=True, check=True)
    assert checked.stdout.strip().endswith("The same.")


def test_a_last_training_that_takes_too_long_gives_way_to_the_weights_of_the_search(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from automl_magic import network_finish

    monkeypatch.setattr(network_finish, "SPARE", float("inf"))  # it is over after the first epoch
    run = search(epochs=30)
    told = " ".join(run.summary())
    assert "there was too little time to train it on all rows" in told and run.best.predict(waves()[0]).shape == (240,)


def test_a_trained_network_holds_no_clock(found: Any) -> None:
    assert found.best["network"].callbacks is None
    assert [name for name, _ in found.best["network"].callbacks_] == ["epoch_timer", "print_log"]


def test_a_class_with_a_single_row_shifts_no_other_class(own_folder: Path) -> None:
    rng = np.random.default_rng(0)
    y = np.array(["b", "c"] * 30 + ["a"])
    X = rng.normal(size=(61, 24, 1)) + np.select([y == "b", y == "c"], [2.0, -2.0])[:, None, None]
    for seed in range(3):
        run = automl_magic.nas(X, y, epochs=30, workers=0, seed=seed, space=mlp(depth=1, units=8))
        assert run.score.naive > 0.8, "rows that one can part are parted, wherever the single row fell"


def test_a_test_that_does_not_fit_is_refused_before_the_search(own_folder: Path) -> None:
    X, y = waves(60)
    for test, said in (
        ((X[:, :10], y), "rows of the shape"),
        ((np.where(X > 1, np.nan, X), y), "missing"),
        ((X, [1] * 60), "they have 'fast', 'slow'"),
    ):
        with pytest.raises(AutoMLError, match=said):
            begin_nas(NetworkPlan.create(epochs=5, workers=0), X, y, test=test)
    with pytest.raises(OptionError, match="has gaps"):
        begin_nas(NetworkPlan.create(epochs=5, task="regression"), X, np.arange(60.0), test=(X, np.full(60, np.nan)))
    numbers = automl_magic.nas(X, np.arange(60) % 2, test=(X, np.arange(60.0) % 2), epochs=9, workers=0, space=mlp())
    assert np.isfinite(float(numbers.score)), "0.0 and 0 are one class"


class Wide(torch.nn.Module):  # type: ignore[misc]
    """Gives more numbers than there are classes; cannot be made of an odd width."""

    def __init__(self, width: int) -> None:
        super().__init__()
        if width % 2:
            raise ValueError("width must be even")
        self.last = torch.nn.Linear(24, 5)

    def forward(self, x: Any) -> Any:
        return self.last(x.flatten(1))


def test_a_module_of_ones_own_that_does_not_fit_fails_its_trials_in_words(own_folder: Path) -> None:
    with pytest.raises(AutoMLError, match="5 numbers for each row, and there are 2 classes"):
        search(space=Build(Wide, width=Choice(1, 2, 4)), trials=4, epochs=None, max_params=5000)


def test_limits_that_cannot_be_held_of_a_module_of_ones_own_are_said(own_folder: Path) -> None:
    run = search(space=Build(Tiny, width=Int(2, 6)), epochs=20, max_macs=1)
    assert any("max_macs cannot be held of Tiny" in text for text in run.warnings)


def test_families_are_kept_of_a_space_that_is_given_too(own_folder: Path) -> None:
    from automl_magic.networks.architecture import candidate_space
    from automl_magic.networks.graph import Inputs

    space = candidate_space(Choice(mlp(depth=1), conv(depth=1)), Inputs("sequence", (24, 1), outputs=2), rows=160)
    run = search(space=space, models="mlp", epochs=20)
    assert {trial.config["model"] for trial in run.history.trials.values()} == {"mlp"}


@pytest.mark.further
def test_more_time_leaves_the_rungs_as_they_were(own_folder: Path) -> None:
    X, y = waves()
    run = automl_magic.nas(X, y, time=4, workers=1, name="short", space=conv(depth=Int(1, 2), channels=Choice(4, 8)))
    again = automl_magic.resume("short", X, y=y, time=9, space=conv(depth=Int(1, 2), channels=Choice(4, 8)))
    assert again.history.about["levels"] == run.history.about["levels"]
    assert max(trial.rung for trial in again.history.trials.values()) < len(run.history.about["levels"])


def test_a_limit_that_the_default_breaks_leaves_an_ablation_a_fixed_network(own_folder: Path) -> None:
    X, y = waves(120)
    found = automl_magic.nas_ablation(X, y, epochs=30, workers=0, max_params="1k", space=mlp())
    assert [arm.name for arm in found.arms] == ["training", "architecture", "both"]
