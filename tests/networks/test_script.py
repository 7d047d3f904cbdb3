"""The script of a network: it stands alone, and gives what the module gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from automl_magic.errors import AutoMLError
from automl_magic.networks import source
from automl_magic.networks.architecture import Candidate, graph_of
from automl_magic.networks.families.conv import Conv, ConvLayer
from automl_magic.networks.families.mlp import DenseLayer, Mlp
from automl_magic.networks.graph import OPS, Inputs
from automl_magic.networks.preparing import PrepareArray, PrepareText
from automl_magic.networks.reading import read_inputs
from automl_magic.networks.script import check_rows, script_of, write_weights
from automl_magic.networks.training import Training
from tests.networks.drawn import candidates, rows_of

torch = pytest.importorskip("torch")
from automl_magic.networks.module import GraphNetwork  # noqa: E402

Drawn = tuple[Inputs, dict[str, Any], Candidate]
SEQUENCE = Inputs("sequence", (40, 1), outputs=3)
ALONE = (
    "import runpy, sys\n"
    "for name in ('automl_magic', 'sklearn', 'skorch', 'scipy'): sys.modules[name] = None\n"
    "runpy.run_path(sys.argv[1], run_name='__main__')"
)


def namespace_of(text: str, folder: Path | None = None) -> dict[str, Any]:
    """Return what a script defines."""
    names = {"__name__": "net", "__file__": str((folder or Path()) / "net.py")}
    exec(compile(text, "net.py", "exec"), names)
    return names


def network_of(architecture: Any, inputs: Inputs, seed: int = 0) -> Any:
    """Return a network whose running statistics are no longer those of a new one."""
    torch.manual_seed(seed)
    network = GraphNetwork(graph_of(architecture, inputs))
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if "running_mean" in name:
                value.normal_()
            elif "running_var" in name:
                value.uniform_(0.5, 2)
    return network.eval()


def run_alone(path: Path) -> str:
    """Return what the script prints in a process where nothing of ours can be imported."""
    done = subprocess.run([sys.executable, "-I", "-c", ALONE, str(path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(candidates())
def test_the_class_of_the_script_gives_what_the_module_gives(drawn: Drawn) -> None:
    inputs, _, candidate = drawn
    network = network_of(candidate.architecture, inputs)
    text = script_of(network.graph, candidate.training, epochs=3, classes=list(range(inputs.outputs)))
    found = namespace_of(text)["Network"]()
    found.load_state_dict(network.state_dict())
    x = torch.from_numpy(rows_of(inputs, 4))
    with torch.no_grad():
        torch.testing.assert_close(found.eval()(x), network(x), atol=1e-6, rtol=1e-5)
    assert max(len(line) for line in text.splitlines()) <= 120


def test_every_operation_is_written() -> None:
    assert set(source._MAKE) | set(source._COMPUTE) == set(OPS)


@pytest.mark.parametrize("file", ["net.pt", "net.safetensors"])
def test_a_script_that_is_run_alone_says_that_it_predicts_the_same(file: str, tmp_path: Path) -> None:
    network = network_of(Conv((ConvLayer(8, 5, "pool", skip=True), ConvLayer(8)), head="flatten", dense=6), SEQUENCE)
    with torch.no_grad():
        outputs = network(torch.from_numpy(check_rows(SEQUENCE))).numpy()
    text = script_of(network.graph, Training(), epochs=3, classes=["a", "b", "c"], weights=file, outputs=outputs)
    (tmp_path / "net.py").write_text(text, encoding="utf-8")
    write_weights(network.state_dict(), tmp_path / file)
    assert "The same." in run_alone(tmp_path / "net.py")
    network.output.bias.data += 1
    write_weights(network.state_dict(), tmp_path / file)
    assert "Not the same" in run_alone(tmp_path / "net.py")


@pytest.mark.parametrize("inputs", [
    SEQUENCE,
    Inputs("image", (3, 4, 2), outputs=2),
    Inputs("table", (4,), (3, 2), outputs=2),
    Inputs("text", (5,), vocabulary=7, outputs=2),
])  # fmt: skip
def test_the_rows_of_the_check_are_those_of_the_script(inputs: Inputs) -> None:
    network = network_of(Mlp((DenseLayer(3),)), inputs)
    with torch.no_grad():
        outputs = network(torch.from_numpy(check_rows(inputs))).numpy()
    text = script_of(network.graph, Training(), epochs=3, classes=list("abc")[: inputs.outputs], outputs=outputs)
    lines = text.splitlines()
    start = lines.index('if __name__ == "__main__":')
    code = "\n".join(line.strip() for line in lines[start + 1 :] if line.strip().startswith("rows"))
    names = {"np": np}
    exec(code, names)
    np.testing.assert_array_equal(names["rows"], check_rows(inputs))


def test_arrays_are_prepared_as_in_the_search() -> None:
    x = np.random.default_rng(0).normal(3, 5, (30, 8, 8, 2))
    prepare = PrepareArray((8, 8, 2)).fit(x)
    inputs = Inputs("image", (8, 8, 2), outputs=1)
    text = script_of(graph_of(Conv(), inputs), Training(), epochs=1, prepare=prepare)
    np.testing.assert_array_equal(namespace_of(text)["prepare"](x), prepare.transform(x))


@pytest.mark.parametrize("unit", ["word", "character"])
def test_texts_are_prepared_as_in_the_search(unit: str) -> None:
    texts = ['It is "late".', "It isn't: it's early\n", "", None, "né à l'est — été \\ '''"]
    prepare = PrepareText(6, 40, unit, 1).fit(texts)
    inputs = Inputs("text", (6,), vocabulary=40, outputs=1)
    text = script_of(graph_of(Mlp(), inputs), Training(), epochs=1, prepare=prepare)
    asked = [*texts, "late unknown words — é"]
    np.testing.assert_array_equal(namespace_of(text)["prepare"](asked), prepare.transform(asked))


def table(rows: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    amount = rng.normal(size=rows) * 100
    amount[::7] = np.nan
    return pd.DataFrame({
        "amount": amount,
        "whole": rng.integers(0, 999, rows),
        "flag": rng.integers(0, 2, rows).astype(bool),
        "kind": rng.choice(['a "quoted" one', "b", "c'"], rows),
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10_000, rows), "h"),
    })  # fmt: skip


@pytest.mark.parametrize("columns", [None, ["kind"], ["amount", "whole"], ["flag", "kind"], ["day"]])
def test_tables_are_prepared_as_in_the_search(columns: list[str] | None) -> None:
    frame = table() if columns is None else table()[columns]
    y = np.arange(len(frame)) % 3
    data = read_inputs(frame, y)
    prepare = data.prepare.fit(frame)
    text = script_of(graph_of(Mlp(), data.inputs), Training(), epochs=1, classes=[0, 1, 2], prepare=prepare)
    asked = frame.copy()
    asked.iloc[:5] = asked.iloc[5:10].to_numpy()
    if "kind" in asked:
        asked.loc[3, "kind"] = "never seen"
        asked.loc[4, "kind"] = None
    np.testing.assert_allclose(namespace_of(text)["prepare"](asked), prepare.transform(asked), atol=1e-6)


def test_a_script_predicts_and_trains_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    y = np.array(["odd", "even"])[rng.integers(0, 2, 120)]
    x = rng.normal(size=(120, 40, 1)) + (y == "odd")[:, None, None] * 2
    inputs = Inputs("sequence", (40, 1), outputs=2)
    prepare = PrepareArray((40, 1)).fit(x)
    network = network_of(Conv((ConvLayer(4, 3, "pool"),)), inputs)
    write_weights(network.state_dict(), tmp_path / "net.pt")
    for training in (
        Training(learning_rate=0.03),
        Training(optimizer="sgd", averaging=0.0, schedule="constant", learning_rate=0.05),
    ):
        text = script_of(network.graph, training, epochs=20, classes=["even", "odd"], prepare=prepare)
        names = namespace_of(text, tmp_path)
        told = names["predict_proba"](names["load"](), x)
        with torch.no_grad():
            logits = network(torch.from_numpy(prepare.transform(x))).double()
        np.testing.assert_allclose(told, torch.softmax(logits, 1).numpy(), atol=1e-6)
        assert np.mean(np.array(names["predict"](names["train"](x, y), x)) == y) > 0.95


def test_a_script_for_numbers_gives_them_in_their_own_scale(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
    y = x[:, 0] * 50 + 1000
    network = network_of(Mlp((DenseLayer(16),), norm="none"), Inputs("table", (4,)))
    text = script_of(network.graph, Training(learning_rate=0.02), epochs=30, scale=(float(y.mean()), float(y.std())))
    names = namespace_of(text)
    assert np.abs(names["predict"](names["train"](x, y), x) - y).mean() < 10


def test_the_rate_of_the_script_is_that_of_the_search() -> None:
    from automl_magic.networks.optimizing import rate_at

    for training in (Training(), Training(schedule="constant")):
        text = script_of(graph_of(Conv(), SEQUENCE), training, epochs=1, classes=["a", "b", "c"])
        rate = namespace_of(text)["rate_at"]
        assert [rate(step, 50) for step in range(50)] == [rate_at(training, step, 50) for step in range(50)]


def test_what_cannot_be_plain_data_is_refused_with_a_way_out() -> None:
    graph = graph_of(Conv(), SEQUENCE)
    with pytest.raises(AutoMLError, match="Leave prepare out"):
        script_of(graph, Training(), epochs=1, prepare=object())
    with pytest.raises(AutoMLError, match="must be a text or a number"):
        script_of(graph, Training(), epochs=1, classes=[(1, 2), (2, 3), (3, 4)])


def test_nothing_that_a_person_named_becomes_code() -> None:
    nasty = ['"); quit() #', "'''", "\\", "line\nbreak"]
    frame = pd.DataFrame({name: [place % 3, *range(19)] for place, name in enumerate(nasty)})
    frame["words"] = [nasty[place % 4] for place in range(20)]
    y = [nasty[place % 2] for place in range(20)]
    data = read_inputs(frame, y)
    text = script_of(
        graph_of(Mlp(), data.inputs), Training(), epochs=1, classes=list(data.task.classes),
        prepare=data.prepare.fit(frame), weights='a"b.pt', remarks=["found\nquit()"],
    )  # fmt: skip
    names = namespace_of(text)
    assert names["CLASSES"] == list(data.task.classes)
    np.testing.assert_allclose(names["prepare"](frame), data.prepare.transform(frame), atol=1e-6)
    assert json.dumps(names["WEIGHTS"].name) == json.dumps('a"b.pt')
