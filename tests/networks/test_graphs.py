"""Networks of all families on all kinds of inputs: shapes, counts, modules, JSON and diagrams agree."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from automl_magic.errors import AutoMLError
from automl_magic.networks.architecture import Candidate, candidate_space, default_template, graph_of
from automl_magic.networks.counting import layer_parameters, memory_bytes, multiply_adds, parameters
from automl_magic.networks.families.cell import Cell, CellNode
from automl_magic.networks.families.conv import Conv, ConvLayer
from automl_magic.networks.families.mlp import DenseLayer, Mlp
from automl_magic.networks.families.recurrent import Recurrent
from automl_magic.networks.graph import OPS, Graph, Inputs, Layer
from automl_magic.networks.picture import boxes_of
from tests.networks.drawn import candidates, rows_of

torch = pytest.importorskip("torch")
from automl_magic.networks import module, shapes  # noqa: E402
from automl_magic.networks.module import GraphNetwork  # noqa: E402

Drawn = tuple[Inputs, dict[str, Any], Candidate]
SEQUENCE = Inputs("sequence", (40, 1), outputs=10)
thorough = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def counted_by_hooks(network: Any, x: Any) -> int:
    """Return the multiply-adds of one row, counted from what each part of the module is given and gives."""
    total = 0

    def count(part: Any, taken: Any, given: Any) -> None:
        nonlocal total
        if isinstance(part, torch.nn.Linear):
            total += given.numel() // len(x) * part.in_features
        elif isinstance(part, torch.nn.Conv1d | torch.nn.Conv2d):
            total += given.numel() // len(x) * part.weight[0].numel()
        elif isinstance(part, torch.nn.GRU | torch.nn.LSTM):
            weights = sum(one.numel() for name, one in part.named_parameters() if name.startswith("weight"))
            total += weights * taken[0].shape[1]

    for part in network.modules():
        part.register_forward_hook(count)
    network(x)
    return total


@thorough
@given(candidates())
def test_a_module_gives_finite_outputs_of_the_right_shape_and_the_counts_are_those_of_torch(drawn: Drawn) -> None:
    inputs, _, candidate = drawn
    graph = graph_of(candidate.architecture, inputs)
    torch.manual_seed(0)
    network = GraphNetwork(graph)
    x = torch.from_numpy(rows_of(inputs, 4))
    outputs = network(x)
    assert outputs.shape == (4, inputs.outputs) and bool(torch.isfinite(outputs).all())
    assert parameters(graph) == sum(one.numel() for one in network.parameters())
    assert multiply_adds(graph) == counted_by_hooks(network.eval(), x)
    outputs.sum().backward()
    used = [one for one in network.parameters() if one.grad is not None]
    assert len(used) == len(list(network.parameters()))
    for layer in graph.layers:
        part = network._modules.get(layer.name)
        held = 0 if part is None else sum(one.numel() for one in part.parameters())
        assert held == layer_parameters(graph, layer), layer


@thorough
@given(candidates())
def test_every_layer_gives_the_shape_that_the_graph_says(drawn: Drawn) -> None:
    inputs, _, candidate = drawn
    graph = graph_of(candidate.architecture, inputs)
    network = GraphNetwork(graph).eval()
    values = {"x": torch.from_numpy(rows_of(inputs, 2))}
    for layer in graph.layers:
        taken = [values[name] for name in layer.inputs]
        values[layer.name] = module._COMPUTE[layer.op](network._modules.get(layer.name), layer, taken)
        assert tuple(values[layer.name].shape) == (2, *layer.shape), layer
    assert torch.equal(values["output"], network(values["x"]))


@thorough
@given(candidates())
def test_a_graph_is_drawn_alike_each_time_and_comes_back_from_json(drawn: Drawn) -> None:
    inputs, _, candidate = drawn
    graph = graph_of(candidate.architecture, inputs)
    assert graph == graph_of(candidate.architecture, inputs)
    again = Graph.from_json(json.loads(json.dumps(graph.to_json())))
    assert again == graph and again.to_json() == graph.to_json()
    assert pickle.loads(pickle.dumps(graph)) == graph
    assert memory_bytes(graph, 64) > memory_bytes(graph, 32) > 16 * parameters(graph) - 1


@thorough
@given(candidates())
def test_a_diagram_holds_all_parameters_and_leads_from_the_input_to_the_output(drawn: Drawn) -> None:
    inputs, _, candidate = drawn
    graph = graph_of(candidate.architecture, inputs)
    diagram = boxes_of(graph)
    assert json.loads(json.dumps(diagram)) == diagram
    ids = [box["id"] for box in diagram["boxes"]]
    assert len(set(ids)) == len(ids) and ids[0] == "input" and ids[-1] == "output"
    assert sum(box["parameters"] for box in diagram["boxes"]) == parameters(graph)
    assert sum(box["multiply_adds"] for box in diagram["boxes"]) == multiply_adds(graph)
    assert all(box["label"] and box["text"] and box["width"] for box in diagram["boxes"])
    place = {name: at for at, name in enumerate(ids)}
    assert all(place[arc["from"]] < place[arc["to"]] for arc in diagram["arcs"])
    assert {arc["to"] for arc in diagram["arcs"]} == set(ids[1:])
    assert {arc["from"] for arc in diagram["arcs"]} == set(ids[:-1])


def kept_for_gradients(network: Any, x: Any) -> int:
    """Return the bytes that torch keeps from what is computed until the gradients are."""
    weights = {one.untyped_storage().data_ptr() for one in network.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(x)
    return sum(kept.values())


@pytest.mark.parametrize(
    "inputs",
    [Inputs("table", (20,), outputs=3), SEQUENCE, Inputs("image", (28, 28, 1), outputs=10)],
    ids=lambda inputs: inputs.kind,
)
def test_the_estimate_of_memory_is_near_to_what_torch_keeps_for_the_gradients(inputs: Inputs) -> None:
    space, rng = candidate_space(default_template(inputs), inputs), np.random.default_rng(0)
    for _ in range(12):
        graph = graph_of(space.make(space.sample(rng)).architecture, inputs)
        if multiply_adds(graph) < 5_000_000:
            kept = kept_for_gradients(GraphNetwork(graph), torch.from_numpy(rows_of(inputs, 64)))
            estimate = memory_bytes(graph, 64) - memory_bytes(graph, 0)
            assert 0.25 < kept / estimate < 1.5


def test_every_operation_has_a_shape_and_is_computed() -> None:
    assert set(OPS) == set(shapes._RULES) == set(module._COMPUTE)


@pytest.mark.parametrize(
    ("architecture", "inputs", "count"),
    [
        (Mlp((DenseLayer(8),), norm="none"), Inputs("table", (4,), outputs=3), 4 * 8 + 8 + 8 * 3 + 3),
        (Mlp((), norm="none"), Inputs("table", (4,), outputs=3), 15),
        (Mlp((DenseLayer(8),), norm="none", embedding=2), Inputs("table", (3,), (5,), outputs=1), 10 + 40 + 9),
        (Conv((ConvLayer(8, 5),), norm="none"), SEQUENCE, 8 * 5 + 8 + 80 + 10),
        (Conv((ConvLayer(8, 3),), norm="batch"), Inputs("image", (9, 9, 3), outputs=2), 216 + 16 + 18),
        (Recurrent("gru", 1, 4, False), SEQUENCE, 3 * (4 * 1 + 4 * 4 + 8) + 50),
    ],
)
def test_parameters_are_those_that_one_counts_by_hand(architecture: Any, inputs: Inputs, count: int) -> None:
    assert parameters(graph_of(architecture, inputs)) == count


def test_pooling_stops_where_nothing_is_left_and_kernels_grow_no_larger_than_what_they_see() -> None:
    deep = Conv(tuple(ConvLayer(4, 7, "pool") for _ in range(8)))
    graph = graph_of(deep, Inputs("image", (5, 3, 1), outputs=2))
    assert [layer.shape[1:] for layer in graph.layers if layer.op == "max_pool"] == [(2, 1), (1, 1)]
    assert [layer.option("kernel") for layer in graph.layers if layer.op == "conv2d"][:3] == [(7, 5), (3, 1), (1, 1)]
    tall = graph_of(Conv((ConvLayer(4, 3, "stride", skip=True),) * 3), Inputs("image", (1, 9, 1), outputs=2))
    assert GraphNetwork(tall)(torch.zeros(2, 1, 9, 1)).shape == (2, 2)


def test_a_cell_without_a_way_through_hands_on_what_it_took() -> None:
    blocked = Cell((CellNode(), CellNode(("none",)), CellNode(("none", "conv3"))), channels=4, stages=1)
    graph = graph_of(blocked, SEQUENCE)
    assert [layer.op for layer in graph.layers if layer.block.startswith("cell")] == []
    useless = Cell((CellNode(), CellNode(("conv3",)), CellNode(("skip", "none"))), channels=4, stages=1)
    assert parameters(graph_of(useless, SEQUENCE)) == parameters(graph)


def test_padding_does_not_count_in_the_mean_of_the_tokens() -> None:
    from automl_magic.networks.families.bag import Bag

    inputs = Inputs("text", (4,), vocabulary=9, outputs=2)
    network = GraphNetwork(graph_of(Bag((), dropout=0.0), inputs)).eval()
    short, padded = torch.tensor([[3.0, 5.0, 3.0, 5.0]]), torch.tensor([[3.0, 5.0, 0.0, 0.0]])
    assert torch.allclose(network(short), network(padded))
    assert bool(torch.isfinite(network(torch.zeros(1, 4))).all())


def test_a_module_is_pickled_and_its_state_has_the_names_of_the_layers() -> None:
    graph = graph_of(Conv((ConvLayer(8, 5, "pool", skip=True),)), SEQUENCE)
    network = GraphNetwork(graph.to_json()).eval()
    again = pickle.loads(pickle.dumps(network))
    x = torch.from_numpy(rows_of(SEQUENCE, 3))
    assert torch.equal(again(x), network(x))
    assert {name.partition(".")[0] for name in network.state_dict()} <= {layer.name for layer in graph.layers}


def _layer(**changes: Any) -> Graph:
    layer = {"name": "output", "op": "flatten", "inputs": ("x",), "options": (), "shape": (4,), "block": "output"}
    return Graph("own", Inputs("table", (4,), outputs=4), (Layer(**{**layer, **changes}),))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: _layer(name="not a name"), "name of its own"),
        (lambda: _layer(name="x"), "name of its own"),
        (lambda: _layer(op="warp"), "not known"),
        (lambda: _layer(inputs=("later",)), "must come before"),
        (lambda: _layer(options=(("units", "__import__('os')"),)), "not known"),
        (lambda: _layer(options=(("function", "relu(x) or quit"),)), "not known"),
        (lambda: _layer(options=(("sizes", (1, "2")),)), "not known"),
        (lambda: _layer(block="a\nb"), "block with a name"),
        (lambda: _layer(shape=("4",)), "shape of numbers"),
        (lambda: Graph("a\nb", SEQUENCE, ()), "must be a name"),
        (lambda: _layer(shape=(3,)), "must give 4 numbers"),
        (lambda: Graph("own", SEQUENCE, ()), "must give 10 numbers"),
        (lambda: Inputs("sound", (3,)), "kind must be one of"),
        (lambda: Inputs("image", (3, 3)), "3 sizes of 1 or more"),
        (lambda: Inputs("image", (3, 0, 1)), "3 sizes of 1 or more"),
        (lambda: Inputs("sequence", (3, 1), (2,)), "categories must be"),
        (lambda: Inputs("table", (1,), (2, 2)), "categories must be"),
        (lambda: Inputs("table", (3,), outputs=0), "outputs must be"),
        (lambda: Inputs("text", (3,)), "vocabulary of 2"),
    ],
)
def test_what_is_no_network_or_no_input_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(AutoMLError, match=words):
        make()
