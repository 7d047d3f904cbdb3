"""Networks among the families of a table: asked for with `nas`, stopped early, weighed against others, written out."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
import time
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import automl_magic
from automl_magic import memory
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import OptionError
from automl_magic.export import Part, script
from automl_magic.networks import family
from automl_magic.plan import Plan
from automl_magic.problem import read_problem
from automl_magic.table_run import PRELOAD, preload_of
from automl_magic.tabular.costs import Sizes, cost_of
from automl_magic.tabular.evaluate import set_seeds
from automl_magic.tabular.models import zoo
from automl_magic.tabular.portfolio import portfolio
from automl_magic.tabular.splits import make_splits
from automl_magic.tabular.stopping import fit_until_best, patience_of, with_rounds
from automl_magic.tabular.task import Table, read_table

pytest.importorskip("torch")
KINDS = ("binary", "multiclass", "regression")
QUICK: dict[str, Any] = {"models": ["linear"], "workers": 0, "cv": 2}
SIZES = Sizes(rows=2_000, held_out=1_000, columns=20, spread=30, classes=2)


def frame_of(kind: str, rows: int = 160) -> pd.DataFrame:
    """Return numbers with gaps and a category, and a target that hangs on both."""
    rng = np.random.default_rng(1)
    size, colour = rng.normal(size=rows), rng.choice(["red", "green", "blue"], rows)
    value = np.where(colour == "red", 2 * size, -size) + 0.1 * rng.normal(size=rows)
    if kind != "regression":
        names = ["low", "high"] if kind == "binary" else ["low", "mid", "high"]
        value = pd.qcut(value, len(names), labels=names).astype(str).to_numpy()
    gaps = np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows))
    return pd.DataFrame({"size": size, "colour": colour, "gaps": gaps, "y": value})


TABLES = {kind: read_table(frame_of(kind), "y") for kind in KINDS}


def space_of(table: Table) -> SearchSpace:
    return zoo(table, ["network"])


def pipeline_of(table: Table, seed: int = 3, **values: Any) -> Any:
    space = space_of(table)
    return set_seeds(space.make(space.validate({"model": "network", **values})), seed)


def told(model: Any, X: Any) -> np.ndarray[Any, Any]:
    return np.asarray(model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X))


def halves(table: Table) -> tuple[Any, ...]:
    first = np.arange(len(table.y)) % 2 == 0
    return table.X[first], table.y[first], table.X[~first], table.y[~first]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a search with networks that are sure to be among the best."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("run"))
        return automl_magic.fit(frame_of("binary"), "y", nas=True, trials=5, name="nets", **QUICK)


def test_networks_compete_where_they_are_asked_for_and_only_there(run: Any) -> None:
    kinds = [trial.config.get("network.architecture") for trial in run.history.trials.values()]
    assert {"mlp", "residual_mlp"} <= set(kinds) and run.history.best().config["model"] == "network"
    assert set(run.leaderboard()["model"]) >= {"linear", "network"} and "torch" in run.events[0].about["versions"]
    table = TABLES["binary"]
    assert "network" not in zoo(table)["model"].options
    assert zoo(table, ["linear"], more=["network"])["model"].options == ("linear", "network")
    assert zoo(table, ["linear"], ["network"], more=["network"])["model"].options == ("linear",)


def test_the_line_to_beat_is_beaten_where_columns_work_together(run: Any) -> None:
    frame = frame_of("binary", 400).iloc[160:]
    linear = automl_magic.fit(frame_of("binary"), "y", trials=2, ensemble=False, **QUICK)
    right = [float((model.best.predict(frame.drop(columns="y")) == frame["y"]).mean()) for model in (run, linear)]
    assert right[0] > right[1] + 0.1


def test_the_script_of_what_networks_have_won_predicts_the_same(run: Any) -> None:
    code = run.code()
    assert "class Network1(nn.Module):" in code and "plain scikit-learn and PyTorch" in code
    assert "automl_magic" not in code
    frame, names = frame_of("binary"), {"__name__": "alone"}
    space: dict[str, Any] = {**names, "df": frame}
    exec(compile(code, "script", "exec"), space)
    rows = frame.drop(columns="y").head(50)
    assert np.array_equal(told(space["best"], rows), told(run.best, rows))


def test_the_script_of_an_ensemble_of_networks_makes_each_fold_again() -> None:
    table, splits = TABLES["binary"], make_splits(TABLES["binary"], 2, 0)
    seeds, rounds = {0: 11, 1: 12}, {0: 2, 1: 3}
    made = {kind: pipeline_of(table, **{"network.architecture": kind}) for kind in ("mlp", "residual_mlp")}
    parts = [Part(kind, pipeline, seeds, 0.5, rounds) for kind, pipeline in made.items()]
    space: dict[str, Any] = {"__name__": "alone", "df": frame_of("binary")}
    exec(compile(script(parts, table, splits), "script", "exec"), space)
    folds = [
        with_rounds(set_seeds(clone(made[kind]), seeds[fold]), rounds[fold]).fit(table.X.iloc[train], table.y[train])
        for kind in made
        for fold, (train, _) in enumerate(splits.pairs)
    ]
    mean = np.mean([told(fold, table.X) for fold in folds], axis=0)
    assert np.allclose(told(space["best"], table.X), mean, atol=1e-12)


def test_a_member_of_each_architecture_has_a_class_of_its_own() -> None:
    from automl_magic.expressions import Writer

    table, writer = TABLES["binary"], Writer()
    pipelines = [pipeline_of(table, **{"network.architecture": kind}) for kind in ("mlp", "residual_mlp", "mlp")]
    written = [writer.write(pipeline) for pipeline in pipelines]
    assert list(writer.written.values()) == ["Network1", "Network2"]
    assert "network=Network1" in written[0] and "network=Network2" in written[1] and written[2] == written[0]


def test_columns_are_measured_and_the_run_can_be_taken_up_again(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = run.column_importance(frame_of("binary"), repeats=2)
    assert "size" in str(columns) and "colour" in str(columns)
    monkeypatch.chdir(run.folder.parent.parent)
    again = automl_magic.resume("nets", frame_of("binary"), trials=6)
    before, after = run.history.trials, again.history.trials
    assert [after[place].score for place in before if place >= 0] == [
        trial.score for place, trial in before.items() if place >= 0
    ]
    assert len([place for place in after if place >= 0]) > len([place for place in before if place >= 0])


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_stopped_early_and_made_again_with_the_epochs_it_had(kind: str) -> None:
    table = TABLES[kind]
    X, y, X_held, y_held = halves(table)
    first, rounds = fit_until_best(pipeline_of(table), X, y, X_held, y_held)
    assert patience_of(pipeline_of(table)) == family.PATIENCE and 1 <= rounds <= 60
    again = with_rounds(pipeline_of(table), rounds).fit(X, y)
    assert np.array_equal(told(again, X_held), told(first, X_held))
    assert again[-1].epochs_ == rounds and patience_of(with_rounds(pipeline_of(table), rounds)) == 0


def test_when_the_time_is_up_it_ends_with_the_epoch_that_it_is_in() -> None:
    table = TABLES["binary"]
    begun = time.perf_counter()
    model, rounds = fit_until_best(pipeline_of(table), *halves(table), seconds=0.0)
    assert rounds == 1 and np.isfinite(told(model, table.X)).all() and time.perf_counter() - begun < 30


def test_a_training_that_is_ended_within_an_epoch_keeps_the_best_whole_one() -> None:
    table = TABLES["regression"]
    X, y, X_held, y_held = halves(table)
    pipeline = pipeline_of(table, **{"network.batch_size": 32})
    rows, held = pipeline[:-1].fit_transform(X), pipeline[:-1].transform(X_held)
    asked = iter(range(1, 1_000))
    ended = clone(pipeline[-1]).fit(rows, y, held, y_held, is_over=lambda: next(asked) > 7)
    whole = clone(pipeline[-1]).set_params(stop_after=ended.epochs_, patience=None).fit(rows, y)
    assert ended.epochs_ <= 5 and next(asked) == 9  # two or three minibatches an epoch, and the first is never asked
    assert np.array_equal(ended.predict(held), whole.predict(held))


def test_the_space_is_made_without_torch() -> None:
    code = """
import sys, pandas as pd
from automl_magic.tabular.models import zoo
from automl_magic.tabular.task import read_table
table = read_table(pd.DataFrame({"a": range(40), "y": ["p", "q"] * 20}), "y")
space = zoo(table, more=["network"])
print(space["network.architecture"].options, "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "('mlp', 'residual_mlp') False"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_pickled_holds_weights_as_arrays_and_predicts_the_same(kind: str) -> None:
    table = TABLES[kind]
    model = with_rounds(pipeline_of(table), 2).fit(table.X, table.y)
    expected, estimator = told(model, table.X), model[-1]
    assert all(type(weight) is np.ndarray for weight in estimator.weights_.values())
    bare, full = sum(weight.nbytes for weight in estimator.weights_.values()), len(cloudpickle.dumps(estimator))
    assert full < bare + 10_000 and "_module" not in estimator.__getstate__()
    assert np.array_equal(told(pickle.loads(pickle.dumps(model)), table.X), expected)
    assert np.array_equal(told(clone(model).fit(table.X, table.y), table.X), expected)


def test_torchs_own_draws_are_left_as_they_were() -> None:
    import torch

    table = TABLES["binary"]
    torch.manual_seed(5)
    before = torch.get_rng_state()
    told(with_rounds(pipeline_of(table), 1).fit(table.X, table.y), table.X)
    assert torch.equal(torch.get_rng_state(), before)


def test_another_seed_gives_another_network() -> None:
    table = TABLES["regression"]
    one, other = (with_rounds(pipeline_of(table, seed), 2).fit(table.X, table.y) for seed in (1, 2))
    assert not np.array_equal(told(one, table.X), told(other, table.X))


def test_a_fold_without_a_class_and_a_fit_of_its_own_are_borne() -> None:
    table = TABLES["multiclass"]
    there = table.y != "mid"
    model = pipeline_of(table).fit(table.X[there], table.y[there])  # it holds a tenth of the rows out itself
    assert list(model.classes_) == ["high", "low"] and np.allclose(told(model, table.X).sum(axis=1), 1)
    assert (
        set(model.predict(table.X)) <= {"high", "low"}
        and (model.predict(table.X[there]) == table.y[there]).mean() > 0.8
    )


def test_a_loss_that_is_no_number_any_more_is_said() -> None:
    table = TABLES["regression"]
    pipeline = with_rounds(pipeline_of(table, **{"network.architecture.mlp.norm": "none"}), 3)
    pipeline[-1].set_params(learning_rate=1e38)
    with pytest.raises(ValueError, match="smaller learning rate"):
        pipeline.fit(table.X, table.y)


def test_its_cost_grows_with_rows_and_units_and_is_told_for_each_architecture() -> None:
    space = space_of(TABLES["binary"])

    def cost(sizes: Sizes = SIZES, **values: Any) -> float:
        config = space.validate({"model": "network", **{f"network.{name}": value for name, value in values.items()}})
        return cost_of(
            "network", {name.removeprefix("network."): one for name, one in space.values_of(config).items()}, sizes
        )

    usual = cost()
    assert 0.0 < usual < cost(**{"architecture.mlp.layer1.units": 256}) < 60.0
    assert usual < cost(**{"architecture.mlp.depth": 3}) and usual < cost(architecture="residual_mlp")
    larger = Sizes(rows=20_000, held_out=10_000, columns=20, spread=30, classes=2)
    assert 5 * usual < cost(larger)
    assert all(
        math.isfinite(cost_of("network", {name.removeprefix("network."): one for name, one in found.items()}, SIZES))
        for found in (space.values_of(space.sample(np.random.default_rng(seed))) for seed in range(20))
    )


def test_two_are_among_the_first_and_left_out_where_they_would_take_too_long() -> None:
    table = TABLES["binary"]
    space = zoo(table, more=["network"])
    first = portfolio(space, table, SIZES)
    assert [one["network.architecture"] for one in first if one["model"] == "network"] == ["mlp", "residual_mlp"]
    assert first[0]["model"] != "network"
    large = Sizes(rows=500_000, held_out=100_000, columns=20, spread=30, classes=2)
    hasty = portfolio(space, table, large, 10.0, 2)
    assert hasty and not any(one["model"] == "network" for one in hasty)
    some = [one for one in portfolio(space, table, SIZES, 60.0, 2) if one["model"] == "network"]
    assert some and all(one["network.learning_rate"] == 3e-3 for one in some)


def test_torch_is_imported_and_its_memory_counted_where_networks_compete_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert preload_of(Plan.create()) == PRELOAD and len(preload_of(Plan.create(nas=True))) > len(PRELOAD)
    assert preload_of(Plan.create(nas=True, exclude="network")) == PRELOAD
    problem = read_problem(Plan.create(target="y"), frame_of("binary"), None, None, None)
    free = (2 * memory.bytes_of_fit(problem.table) + memory.TORCH / 2) / memory.USED
    monkeypatch.setattr("automl_magic.engine.memory.available_memory", lambda: free)
    assert memory.fit_into_memory(Plan.create(), problem, 2).slots == 2
    assert memory.fit_into_memory(Plan.create(nas=True), problem, 2).slots == 1


def test_what_is_imported_ahead_leaves_nothing_for_the_first_training() -> None:
    code = """
import sys
import automl_magic.networks.ahead
from automl_magic.networks.drawn import Drawn
from automl_magic.networks.families.mlp import Mlp
from automl_magic.networks.graph import Inputs
import numpy as np
before = set(sys.modules)
X = np.random.default_rng(0).normal(size=(20, 3))
network = Drawn(Mlp(), Inputs("table", (3,), outputs=2))
sys.modules["automl_magic.networks.table_network"].TorchNetworkClassifier(network, epochs=1).fit(X, X[:, 0] > 0)
print(len(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10


def test_without_torch_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(family, "find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r'needs torch, which is not installed.\npip install "automl_magic\[nas\]"'):
        automl_magic.fit(frame_of("binary"), "y", nas=True, trials=1, **QUICK)


def test_the_estimators_take_it_and_a_single_pipeline_has_no_ensemble() -> None:
    frame = frame_of("regression", 90)
    model = automl_magic.AutoMLRegressor(nas=True, models=["network"], trials=1, workers=0, cv=2, ensemble=False)
    assert clone(model).nas is True
    found = model.fit(frame.drop(columns="y"), frame["y"])
    assert np.isfinite(found.predict(frame.drop(columns="y"))).all()
