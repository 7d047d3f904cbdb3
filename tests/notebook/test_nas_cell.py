"""`%%automl nas` in a real shell: what it binds, what its body may say, what it writes, what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.networks.test_nas import waves
from tests.notebook.shell import Cells

pytest.importorskip("torch")
pytest.importorskip("skorch")
LINE = "%%automl nas X y --epochs 24 --workers 0 --quiet"


@pytest.fixture
def cells_with_waves(cells: Cells, own_folder: Path) -> Cells:
    cells.names["X"], cells.names["y"] = waves(120)
    return cells


def test_the_network_and_its_run_land_in_variables_and_its_code_below(cells_with_waves: Cells) -> None:
    cells = cells_with_waves
    cells.ok(f'{LINE} --out wave --max-params 3k\nspace.models("conv")\nspace["conv.depth"] = Choice(1, 2)')
    assert cells.names["wave"].predict(cells.names["X"][:5]).shape == (5,)
    run = cells.names["wave_run"]
    assert {trial.config["model"] for trial in run.history.trials.values()} == {"conv"}
    cells.ok("%automl code wave")
    code = cells.inputs[-1]
    assert "class Network(nn.Module)" in code and 'WEIGHTS = Path("wave.pt")' in code.replace("'", '"')
    assert Path("wave.pt").exists()
    scope: dict[str, object] = {"__name__": "cell"}
    exec(code, scope)
    load, predict_proba = scope["load"], scope["predict_proba"]
    mine = predict_proba(load(), cells.names["X"])  # type: ignore[operator]
    assert np.allclose(mine, cells.names["wave"].predict_proba(cells.names["X"]), atol=1e-6)


def test_the_body_may_end_with_builders(cells_with_waves: Cells) -> None:
    cells = cells_with_waves
    cells.ok(f"{LINE}\nChoice(mlp(depth=1, units=Choice(4, 8)), conv(depth=1, channels=4))")
    models = {trial.config["model"] for trial in cells.names["net_run"].history.trials.values()}
    assert models == {"mlp", "conv"}


def test_a_test_of_ones_own_is_two_variables(cells_with_waves: Cells) -> None:
    cells = cells_with_waves
    cells.names["X_test"], cells.names["y_test"] = waves(40, seed=3)
    cells.ok(f"{LINE} --test X_test,y_test\nmlp(depth=1, units=8)")
    assert "40 rows kept apart" in " ".join(cells.names["net_run"].summary())


def test_whether_it_was_worth_it_is_one_switch(cells_with_waves: Cells) -> None:
    cells = cells_with_waves
    cells.ok(
        "%%automl nas X y --epochs 36 --workers 0 --quiet --ablation --out worth\nconv(depth=Int(1, 2), channels=4)"
    )
    assert len(cells.names["worth"].arms) == 3 and "rows kept apart" in cells.names["worth"].verdict()


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%automl nas X y --epochs 0", "epochs must be at least 1"),
        ("%%automl nas X y --max-params few", "max_params must be a count"),
        ("%%automl nas X y --monotone a:1", "means nothing to a search over networks"),
        ("%%automl nas X y --baseline X", "means nothing to a search over networks"),
        ("%%automl X y --max-params 5k", "belongs to a search over networks"),
        ("%automl race X y --epochs 3", "belongs to a search over networks"),
        ("%%automl nas X y --speed 3", "belongs to a replay"),
        ("%%automl nas X y --repeats 3", "belongs to a race"),
        ("%%automl nas X", "No target"),
        ("%%automl nas X y --input imag --epochs 3", 'Did you mean "image"'),
        ("%%automl nas X y --epochs 3\nlinear()", "linear"),
        ("%%automl nas X y --epochs 3\n[1, 2]", "which is no space"),
    ],
)
def test_what_cannot_be_meant_is_said_in_words(cells_with_waves: Cells, cell: str, said: str) -> None:
    error, _ = cells_with_waves.run(cell)
    assert error is not None and said in f"{error} {getattr(error, 'hint', '')}"
    assert "net" not in cells_with_waves.names
