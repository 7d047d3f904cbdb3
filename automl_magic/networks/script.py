"""A network as a plain PyTorch script: nothing of this package is imported, and it predicts the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_magic.engine.keys import is_scalar, plain
from automl_magic.errors import AutoMLError
from automl_magic.networks.counting import multiply_adds, parameters
from automl_magic.networks.graph import Graph, Inputs
from automl_magic.networks.script_preparation import data_line, preparation_of
from automl_magic.networks.source import class_lines, needed
from automl_magic.networks.training import Training

CHECKED = 3  # rows that the script predicts to check itself
TOLERANCE = 1e-4
PANDAS = "import pandas as pd"


def script_of(
    graph: Graph,
    training: Training,
    *,
    epochs: int,
    classes: Sequence[Any] | None = None,
    scale: tuple[float, float] = (0.0, 1.0),
    prepare: Any = None,
    weights: str = "net.pt",
    outputs: Any = None,
    seed: int = 0,
    remarks: Sequence[str] = (),
    in_cell: bool = False,
) -> str:
    """Return a script with the network, what prepares its rows, its weights loaded, and its training.

    Parameters
    ----------
    graph : Graph
        The network.
    training : Training
        How it was trained.
    epochs : int
        For how long.
    classes : sequence, optional
        The classes in the order of the outputs; without them the network gives a number.
    scale : (float, float)
        Mean and deviation of the target of a regression.
    prepare : transformer, optional
        The fitted preparation; without it the script takes rows that are prepared.
    weights : str
        The file beside the script that holds the weights: ".pt" of torch, or ".safetensors".
    outputs : array-like of shape (3, outputs), optional
        What the network gives for `check_rows(graph.inputs)`; the script then checks itself.
    seed : int
        Of the script's training.
    remarks : sequence of str
        Sentences for the head of the script.
    in_cell : bool
        Whether it stands in the cell of a notebook, which is no file: the weights are then read where the notebook is.

    Raises
    ------
    AutoMLError
        If a class is no text, number, true, false or none, or the preparation cannot be told in plain data.

    Examples
    --------
    >>> from automl_magic.networks.drawing import Drawing
    >>> graph = Drawing("linear", Inputs("table", (4,), outputs=3)).finish()
    >>> "self.output = nn.Linear(4, 3)" in script_of(graph, Training(), epochs=9, classes=["a", "b", "c"])
    True
    """
    prepared = preparation_of(prepare, graph.inputs)
    own = [line for source in needed(graph) for line in ("", *source.rstrip().splitlines())]
    body = [
        f"WEIGHTS = Path({weights!r})" if in_cell else f"WEIGHTS = Path(__file__).with_name({Path(weights).name!r})",
        *_target_lines(classes, scale),
        *prepared.lines,
        *own,
        "",
        "",
        *class_lines(graph),
        "",
        "",
        *_loading(weights.endswith(".safetensors")),
        *_predicting(classes),
        *_training(training, epochs, seed, classes),
        *_checking(graph.inputs, outputs),
    ]
    counted = f"{parameters(graph):,} parameters and {multiply_adds(graph):,} multiply-adds"
    said = [f"A {graph.family} network of {counted}.", *remarks]
    place = "this notebook" if in_cell else "this script"
    said.append(f"Its weights lie beside {place} in {Path(weights).name!r}. Run it to see that it predicts the same.")
    return "\n".join([*_comments(said), *_imports(prepared.imports, body), "", *body]) + "\n"


def _comments(said: Sequence[str]) -> list[str]:
    return [f"# {line}" for sentence in said for line in str(sentence).splitlines()]


def _imports(more: Sequence[str], body: Sequence[str]) -> list[str]:
    """Return the import lines: of the standard library what is used, of torch and numpy."""
    text = "\n".join(body)
    standard = {"from pathlib import Path", *(line for line in more if line != PANDAS)}
    standard |= {"import math"} if "math." in text else set()
    named = ["import numpy as np", *(line for line in more if line == PANDAS), "import torch"]
    named += ["from safetensors.torch import load_file"] if "load_file(" in text else []
    named += ["from torch import nn"]
    named += ["from torch.nn import functional"] if "functional." in text else []
    ordered = sorted(standard, key=lambda line: (line.startswith("from "), line))
    return ["from __future__ import annotations", "", *ordered, "", *named]


def check_rows(inputs: Inputs, rows: int = CHECKED) -> NDArray[np.float32]:
    """Return a few prepared rows that anybody can make again: a wave, and codes in turn."""
    count = rows * inputs.size
    if inputs.kind == "text":
        return (np.arange(count) % inputs.vocabulary).reshape(rows, *inputs.shape).astype(np.float32)
    made = np.sin(np.arange(count)).reshape(rows, *inputs.shape).astype(np.float32)
    for place, codes in enumerate(inputs.categories, start=inputs.shape[0] - len(inputs.categories)):
        made[:, place] = np.arange(rows) % codes
    return made


def check_outputs(module: Any, inputs: Inputs) -> NDArray[Any]:
    """Return what a module gives for `check_rows`, shape (3, outputs)."""
    import torch

    module.eval()
    with torch.no_grad():
        return np.asarray(module(torch.from_numpy(check_rows(inputs))).numpy())


def write_weights(weights: Mapping[str, Any], path: str | Path) -> None:
    """Write the weights of a module to a file for the script: ".pt" or ".safetensors"."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    if str(path).endswith(".safetensors"):
        from safetensors.torch import save_file

        save_file(tensors, str(path))
    else:
        import torch

        torch.save(tensors, path)


def _target_lines(classes: Sequence[Any] | None, scale: tuple[float, float]) -> list[str]:
    if classes is None:
        return [f"TARGET_MEAN, TARGET_SCALE = {float(scale[0])!r}, {float(scale[1])!r}"]
    labels = [plain(label) for label in classes]
    for label in labels:
        if not is_scalar(label):
            raise AutoMLError(
                f"A class must be a text or a number to stand in a script. Got {type(label).__name__} instead.",
                "Turn the classes into texts: y = y.astype(str).",
            )
    return data_line("CLASSES", labels)


def _loading(is_safetensors: bool) -> list[str]:
    load = "load_file(path)" if is_safetensors else "torch.load(path, weights_only=True)"
    return [
        "def load(path=WEIGHTS):",
        '    """Return the network that was found."""',
        "    network = Network()",
        f"    network.load_state_dict({load})",
        "    return network.eval()",
        "",
        "",
        "def outputs_of(network, rows):",
        '    """Return what the network gives for prepared rows."""',
        "    with torch.no_grad():",
        "        return torch.cat([network(part) for part in torch.from_numpy(rows).split(256)])",
        "",
        "",
    ]


def _predicting(classes: Sequence[Any] | None) -> list[str]:
    if classes is None:
        return [
            "def predict(network, X):",
            '    """Return the number for each row of X."""',
            "    return outputs_of(network, prepare(X))[:, 0].double().numpy() * TARGET_SCALE + TARGET_MEAN",
            "",
            "",
        ]
    return [
        "def predict_proba(network, X):",
        '    """Return the probability of each class, in the order of CLASSES, for each row of X."""',
        "    return torch.softmax(outputs_of(network, prepare(X)).double(), 1).numpy()",
        "",
        "",
        "def predict(network, X):",
        '    """Return the most probable class of each row of X."""',
        "    return [CLASSES[place] for place in predict_proba(network, X).argmax(1)]",
        "",
        "",
    ]


def _training(training: Training, epochs: int, seed: int, classes: Sequence[Any] | None) -> list[str]:
    """Return the function that trains the network anew; the recipe of the search, with random draws of its own."""
    averaged = training.averaging > 0
    lines = [
        f"def train(X, y, epochs={epochs}, seed={seed}):",
        '    """Return a network trained anew on rows X and their targets y, in the way that was found."""',
        "    torch.manual_seed(seed)",
        "    x = torch.from_numpy(prepare(X))",
        *_targets(classes),
        "    network = Network()",
        *(["    mean = Network()", "    mean.load_state_dict(network.state_dict())"] if averaged else []),
        "    weights = list(network.parameters())",
        "    groups = [",
        "        {",
        '            "params": [weight for weight in weights if weight.ndim > 1],',
        f'            "weight_decay": {training.weight_decay!r},',
        "        },",
        '        {"params": [weight for weight in weights if weight.ndim <= 1], "weight_decay": 0.0},',
        "    ]",
        f"    optimizer = {_optimizer(training)}",
        f"    batches = max(1, min(round(len(x) / {training.batch_size}), len(x) // 2))",
        "    steps, step = batches * epochs, 0",
        "    for _ in range(epochs):",
        "        for batch in torch.randperm(len(x)).tensor_split(batches):",
        "            for group in optimizer.param_groups:",
        '                group["lr"] = rate_at(step, steps)',
        f"            loss = {_loss(training, classes)}",
        "            optimizer.zero_grad()",
        "            loss.backward()",
        "            nn.utils.clip_grad_norm_(weights, 5.0)",
        "            optimizer.step()",
        "            step += 1",
    ]
    if averaged:
        lines += [
            f"            share = 1 - min({training.averaging!r}, (1 + step) / (10 + step))",
            "            with torch.no_grad():",
            "                for name, value in network.state_dict().items():",
            "                    if value.is_floating_point():",
            "                        mean.state_dict()[name].lerp_(value, share)",
        ]
    lines += [f"    return {'mean' if averaged else 'network'}.eval()", "", ""]
    return [*_rate(training), *lines]


def _targets(classes: Sequence[Any] | None) -> list[str]:
    if classes is None:
        return [
            "    y = np.asarray(y, dtype=float)",
            "    y = torch.tensor((y - TARGET_MEAN) / TARGET_SCALE, dtype=torch.float32)[:, None]",
        ]
    return [
        "    places = {label: place for place, label in enumerate(CLASSES)}",
        "    y = torch.tensor([places[label] for label in np.asarray(y).tolist()])",
    ]


def _rate(training: Training) -> list[str]:
    """Return the function that gives the learning rate of a step."""
    rate = training.learning_rate
    falling = [
        "    left = 1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, steps - warm)))",
        f"    return {rate!r} * 0.5 * left",
    ]
    return [
        "def rate_at(step, steps):",
        '    """Return the learning rate of a step: it rises at first'
        f'{", then falls along half a cosine" if training.schedule == "cosine" else ""}."""',
        "    warm = max(1, int(0.05 * steps))",
        "    if step < warm:",
        f"        return {rate!r} * (step + 1) / warm",
        *(falling if training.schedule == "cosine" else [f"    return {rate!r}"]),
        "",
        "",
    ]


def _optimizer(training: Training) -> str:
    if training.optimizer == "sgd":
        return f"torch.optim.SGD(groups, {training.learning_rate!r}, momentum=0.9, nesterov=True)"
    return f"torch.optim.AdamW(groups, {training.learning_rate!r})"


def _loss(training: Training, classes: Sequence[Any] | None) -> str:
    if classes is None:
        return "functional.mse_loss(network(x[batch]), y[batch])"
    smoothing = f", label_smoothing={training.label_smoothing!r}" if training.label_smoothing else ""
    return f"functional.cross_entropy(network(x[batch]), y[batch]{smoothing})"


def _checking(inputs: Inputs, outputs: Any) -> list[str]:
    """Return what the script does when it is run: it predicts a few rows, and compares where it can."""
    count = math.prod((CHECKED, *inputs.shape))
    shape = ", ".join(map(str, (CHECKED, *inputs.shape)))
    lines = ['if __name__ == "__main__":', "    # rows that anybody can make again"]
    if inputs.kind == "text":
        lines.append(f"    rows = (np.arange({count}) % {inputs.vocabulary}).reshape({shape}).astype(np.float32)")
    else:
        lines.append(f"    rows = np.sin(np.arange({count})).reshape({shape}).astype(np.float32)")
    for place, codes in enumerate(inputs.categories, start=inputs.shape[0] - len(inputs.categories)):
        lines.append(f"    rows[:, {place}] = np.arange({CHECKED}) % {codes}")
    lines += ["    found = outputs_of(load(), rows).numpy()", "    print(found)"]
    if outputs is None:
        return lines
    expected = np.asarray(outputs, dtype=np.float32)
    return [
        *lines,
        *(f"    {line}" for line in data_line("expected", plain_rows(expected))),
        "    difference = float(np.abs(found - np.array(expected)).max())",
        '    print(f"largest difference from what was found in the search: {difference:.1e}")',
        f'    print("The same." if difference < {TOLERANCE!r} else "Not the same: other weights lie in the file.")',
    ]


def plain_rows(values: NDArray[Any]) -> list[list[float]]:
    """Return rows of numbers as lists of as many digits as float32 has."""
    return [[float(f"{value:.9g}") for value in row] for row in values]
