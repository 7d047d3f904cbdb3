"""The space of networks: labels, edits, draws, training, families by inputs, and modules of the person's own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from automl_magic.engine.draft import SpaceDraft
from automl_magic.engine.events import FoldScore, FoldScored, RunStarted, TrialEnded, TrialStarted
from automl_magic.engine.history import History
from automl_magic.engine.holes import Build, Choice, Float, Int
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.errors import SpaceError
from automl_magic.extend import SEARCHERS
from automl_magic.networks.architecture import (
    Candidate,
    OwnModule,
    bag,
    batch_sizes,
    candidate_space,
    cell,
    conv,
    default_template,
    defaults,
    graph_of,
    mlp,
    recurrent,
    repeat,
    residual_mlp,
)
from automl_magic.networks.counting import multiply_adds, parameters
from automl_magic.networks.families.cell import CellNode
from automl_magic.networks.families.conv import Conv, ConvLayer
from automl_magic.networks.families.mlp import DenseLayer, Mlp
from automl_magic.networks.graph import Inputs
from automl_magic.networks.training import Training
from tests.networks.drawn import candidates, space_of

Drawn = tuple[Inputs, dict[str, Any], Candidate]
SEQUENCE = Inputs("sequence", (40, 1), outputs=10)
KINDS = (
    Inputs("table", (4,), (3,), outputs=3),
    SEQUENCE,
    Inputs("image", (28, 28, 1), outputs=10),
    Inputs("text", (20,), vocabulary=100, outputs=2),
)


class Pretend:
    """Stands in for the class of a module: no torch is needed to search one."""

    def __init__(self, width: int, inputs: Inputs | None = None) -> None:
        self.width, self.inputs = width, inputs


def default_space(inputs: Inputs) -> SearchSpace:
    return candidate_space(default_template(inputs), inputs)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(candidates())
def test_a_configuration_holds_what_counts_and_no_more(drawn: Drawn) -> None:
    inputs, config, candidate = drawn
    space = space_of(inputs)
    assert space.contains(config) and json.loads(json.dumps(config)) == config
    assert candidate == space.make(config) and candidate.family == config["model"]
    for label in config:
        layer = next((part for part in label.split(".") if part.startswith("layer") and part[5:].isdigit()), None)
        if layer is not None:
            depth = label[: label.index(layer)] + "depth"
            assert int(layer[5:]) <= config[depth]


@pytest.mark.parametrize("inputs", KINDS, ids=lambda inputs: inputs.kind)
def test_the_default_space_fits_its_inputs_and_begins_with_small_networks(inputs: Inputs) -> None:
    space = default_space(inputs)
    first = defaults(space)
    assert [config["model"] for config in first] == list(space["model"].options)
    assert all(space.contains(config) for config in first)
    for config in first:
        graph = graph_of(space.make(config).architecture, inputs)
        assert parameters(graph) < 150_000 and multiply_adds(graph) < 5_000_000
    assert space.fingerprint() == default_space(inputs).fingerprint()
    assert all(part.isidentifier() for label in space.labels for part in label.split("."))


def test_labels_begin_with_the_family_also_where_there_is_one_or_it_has_a_name_of_its_own() -> None:
    one = candidate_space(conv(depth=Int(1, 2), kernel=3), SEQUENCE)
    assert one["model"].options == ("conv",) and "conv.layer2.channels" in one and "conv.kernel" not in one
    two = candidate_space(Choice(small=conv(depth=1), large=conv(depth=Int(2, 4))), SEQUENCE)
    assert {"small.depth", "large.depth", "large.layer4.kernel"} <= set(two.labels)
    assert {"training.learning_rate", "training.optimizer", "training.batch_size", "training.weight_decay"} < {
        *two.labels
    }
    assert two.make(two.validate({"model": "large"})).family == "conv"


def test_a_network_is_shown_as_it_was_written() -> None:
    written = conv(depth=Int(1, 2), channels=8, kernel=3, down="pool", skip=False, activation="relu", dropout=0.1)
    shown = repr(written)
    assert shown.startswith("conv(depth=Int(1, 2), channels=8, kernel=3, down='pool', skip=False, norm='batch'")
    again = eval(shown, {"conv": conv, "Int": Int, "Choice": Choice})
    assert candidate_space(again, SEQUENCE).fingerprint() == candidate_space(written, SEQUENCE).fingerprint()
    for builder in (mlp, residual_mlp, recurrent, cell, bag):
        again = eval(repr(builder()), {builder.__name__: builder, "Int": Int, "Choice": Choice, "Float": Float})
        assert compile_space(again).fingerprint() == compile_space(builder()).fingerprint()
    assert repr(repeat(residual_mlp(), times=2)).startswith("repeat(block=residual_mlp(depth=Int(1, 4, default=2)")


def test_a_choice_at_the_top_is_the_choice_of_families_whatever_its_name() -> None:
    space = candidate_space(Choice(conv(), mlp(), default="mlp", name="net"), SEQUENCE)
    assert space.default()["model"] == "mlp" and "net" not in space


def test_a_hole_of_a_layer_is_one_for_each_layer_and_one_with_a_name_is_one_for_all() -> None:
    shared = candidate_space(conv(depth=3, channels=Choice(4, 8, name="conv.channels")), SEQUENCE)
    assert "conv.channels" in shared and "conv.layer1.channels" not in shared
    made = shared.make(shared.validate({"conv.channels": 8})).architecture
    assert [layer.channels for layer in made.layers] == [8, 8, 8]


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ('space["conv.depth"] = 2', lambda made: len(made.layers) == 2),
        ('space["conv.depth"] = Int(6, 7)', lambda made: len(made.layers) in (6, 7)),
        ('space["conv.layer1.channels"] = Choice(5, 6)', lambda made: made.layers[0].channels in (5, 6)),
        ('space["conv.layer1.kernel"] = 7', lambda made: made.layers[0].kernel == 7),
        ('space["conv.head"] = "max"', None),
        ('space["conv.norm"] = "layer"', lambda made: made.norm == "layer"),
        ('space.narrow("conv.head", options=["mean"])', lambda made: made.head == "mean"),
        ('space.rule("conv.layer2.channels <= 64")', lambda made: all(one.channels <= 64 for one in made.layers[1:2])),
        ('space.rule("conv.layer2.channels <= conv.layer1.channels")', lambda made: True),
        ('space.drop("conv.head", "flatten")', lambda made: made.head == "mean"),
    ],
)
def test_networks_are_edited_as_any_space(line: str, holds: Callable[[Conv], bool] | None) -> None:
    draft = SpaceDraft(candidate_space(Choice(conv(), mlp()), SEQUENCE))
    before = draft.space.fingerprint()
    names = {"space": draft, "Choice": Choice, "Int": Int, "Float": Float}
    if holds is None:
        with pytest.raises(SpaceError, match="To go beyond, declare it anew"):
            exec(line, names)
        return
    exec(line, names)
    again = SpaceDraft(candidate_space(Choice(conv(), mlp()), SEQUENCE))
    exec(draft.space.to_code(), {**names, "space": again})
    assert again.space.fingerprint() == draft.space.fingerprint() != before
    rng, space = np.random.default_rng(0), draft.space.models("conv")
    for _ in range(20):
        assert holds(space.make(space.sample(rng)).architecture)


def test_a_family_is_dropped_and_what_is_not_searched_can_be() -> None:
    space = default_space(SEQUENCE).drop("model", "recurrent").search("training.label_smoothing", Float(0, 0.2))
    assert {config["model"] for config in defaults(space)} == {"conv", "mlp", "cell"}
    assert space.make(space.default() | {"training.label_smoothing": 0.1}).training.label_smoothing == 0.1


def test_first_tries_meet_the_rules_and_a_family_without_any_is_left_out() -> None:
    space = candidate_space(Choice(conv(), mlp()), SEQUENCE)
    assert all(config["conv.depth"] == 1 for config in defaults(space.rule("conv.depth <= 1"))[:1])
    assert [config["model"] for config in defaults(space.rule("conv.depth > 9"))] == ["mlp"]


def test_training_is_searched_by_its_defaults_or_as_one_says() -> None:
    assert candidate_space(mlp(), SEQUENCE)["training.learning_rate"].default == Training.learning_rate
    own = candidate_space(mlp(), SEQUENCE, training={"optimizer": "sgd", "averaging": Choice(0.0, 0.99)}, rows=200)
    assert "training.optimizer" not in own and own["training.batch_size"].options == (8, 16)
    made = own.make(own.default()).training
    assert made.optimizer == "sgd" and made.batch_size == 16
    fixed = candidate_space(mlp(), SEQUENCE, training=Training(batch_size=7))
    assert not any(label.startswith("training.") for label in fixed.labels)
    with pytest.raises(SpaceError, match='no "rate".*'):
        candidate_space(mlp(), SEQUENCE, training={"rate": 0.1})


def test_minibatches_are_neither_a_handful_nor_thousands() -> None:
    assert batch_sizes(None) == (32, 64, 128, 256) == batch_sizes(4000)
    for rows in (1, 2, 10, 47, 100, 1000, 20_000, 60_000, 10**7):
        sizes = batch_sizes(rows)
        assert 1 <= len(sizes) <= 4 and all(rows / size <= 1000 for size in sizes) or sizes == (512,)
        assert all(rows / size >= 12 for size in sizes) or sizes == (8,)


def test_a_stack_has_blocks_of_which_each_is_found_on_its_own() -> None:
    stack = repeat(Choice(conv(depth=Int(1, 2)), recurrent(layers=1)), times=Int(1, 3))
    space = candidate_space(Choice(stack, mlp()), SEQUENCE)
    assert {"repeat.times", "repeat.block1", "repeat.block3.conv.layer2.channels"} <= set(space.labels)
    wanted = {"model": "repeat", "repeat.times": 2, "repeat.block1": "conv", "repeat.block2": "recurrent"}
    config = space.validate(wanted)
    assert "repeat.block3" not in config
    graph = graph_of(space.make(config).architecture, SEQUENCE)
    assert graph.family == "repeat" and [layer.op for layer in graph.layers].count("gru") == 1
    assert graph_of(space.make(config).architecture, KINDS[2]).layers[-1].shape == (10,)


def test_a_module_of_ones_own_is_held_and_told_what_comes_in() -> None:
    space = candidate_space(Choice(Build(Pretend, width=Int(8, 64)), conv()), SEQUENCE)
    config = space.validate({"model": "pretend", "pretend.width": 9})
    candidate = space.make(config)
    assert candidate.architecture == OwnModule(Pretend, (("width", 9),)) and candidate.family == "pretend"
    assert candidate.architecture.make(SEQUENCE).inputs == SEQUENCE
    assert defaults(space)[0]["pretend.width"] == 36
    with pytest.raises(SpaceError, match="no graph"):
        graph_of(candidate.architecture, SEQUENCE)
    other = candidate_space(Choice(pretend=Build(dict, width=Int(8, 64)), conv=conv()), SEQUENCE)
    assert other.fingerprint() != space.fingerprint()


def test_what_makes_no_module_is_refused() -> None:
    pytest.importorskip("torch")
    from automl_magic.networks.module import module_of

    with pytest.raises(SpaceError, match=r"must make a torch.nn.Module. Got Pretend"):
        module_of(OwnModule(Pretend, (("width", 9),)), SEQUENCE)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: conv(kernel=4), "an odd number from 1 to 99. Got 4"),
        (lambda: conv(kernel=Int(3, 7)), "an odd number from 1 to 99. Got 4"),
        (lambda: conv(kernel=Choice(3, 4)), "Got 4"),
        (lambda: conv(channels=0), "a whole number from 1 to 4096. Got 0"),
        (lambda: conv(channels=Choice(8, "16")), "Got '16'"),
        (lambda: conv(down=Choice("none", "pol")), 'Did you mean "pool"'),
        (lambda: conv(skip="yes"), "one of False, True"),
        (lambda: conv(depth=99), "depth must be a whole number from 0 to 64"),
        (lambda: mlp(activation="Relu"), 'Did you mean "relu"'),
        (lambda: mlp(dropout=1.0), "below 1"),
        (lambda: mlp(dropout=Float(0, 1)), "below 1"),
        (lambda: mlp(units=float("nan")), "Got nan"),
        (lambda: mlp(norm=None), "one of 'none', 'batch', 'layer'"),
        (lambda: residual_mlp(width=Choice(8, Int(0, 9))), "Got 0"),
        (lambda: recurrent(cell="rnn"), "one of 'gru', 'lstm'"),
        (lambda: recurrent(hidden=True), "Got True"),
        (lambda: cell(nodes=1), "nodes must be a whole number from 2"),
        (lambda: cell(ops="conv3"), "ops must be a list"),
        (lambda: cell(ops=()), "ops must be a list"),
        (lambda: cell(ops=("conv3", "conv4")), "one of 'none', 'skip', 'conv1'"),
        (lambda: bag(embedding=0), "Got 0"),
        (lambda: repeat(Pretend), "one of our networks"),
        (lambda: repeat(Choice(conv(), Build(Pretend, width=1))), "one of our networks"),
        (lambda: ConvLayer(8, 4), "Got 4"),
        (lambda: DenseLayer(-1), "Got -1"),
        (lambda: Mlp(dropout=2), "Got 2"),
        (lambda: CellNode(("warp",)), "Got 'warp'"),
        (lambda: candidate_space(Choice(conv(), 3), SEQUENCE), "must be mlp"),
        (lambda: candidate_space("conv", SEQUENCE), "must be mlp"),
        (lambda: candidate_space(conv, SEQUENCE), r"Got conv.\nCall it: conv\(\)"),
        (lambda: candidate_space({"a": conv()}, SEQUENCE), "Got dict"),
        (lambda: candidate_space(Build(lambda width: width, width=3), SEQUENCE), "must have a name"),
        (lambda: candidate_space(Choice(conv(), Build(lambda width: width, width=3)), SEQUENCE), "must have a name"),
        (lambda: Conv((3,)), "layer1 must be a layer. Got 3"),
        (lambda: candidate_space(bag(), SEQUENCE), "bag must stand at the beginning, on text"),
        (lambda: candidate_space(mlp(), SEQUENCE, training=3), "training must be a dict"),
    ],
)
def test_what_cannot_be_a_network_is_refused_in_words(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(SpaceError, match=words):
        make()


@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_every_searcher_proposes_networks_within_the_space(search: str) -> None:
    space = candidate_space(Choice(conv(depth=Int(1, 3)), cell(nodes=Int(2, 3)), mlp()), SEQUENCE)
    history, searcher = History(), SEARCHERS.get(search)()
    history.apply(RunStarted("run", {}, {}, 1, 0, {}))
    for trial in range(24):
        config = searcher(history.view(space, trial), generator_of(0, trial))
        assert config is not None and space.contains(config), config
        graph = graph_of(space.make(config).architecture, SEQUENCE)
        score = -abs(np.log10(parameters(graph)) - 4)
        history.apply(TrialStarted(trial, trial, config, search, 0))
        history.apply(FoldScored(trial, 0, FoldScore(score, 0.1)))
        history.apply(TrialEnded(trial, "done", score, 0.0, 0.1))


def test_a_space_of_networks_is_written_and_compiled_without_torch() -> None:
    code = (
        "import sys\n"
        "sys.modules['torch'] = sys.modules['skorch'] = None\n"
        "from automl_magic.networks.architecture import *\n"
        "from automl_magic.networks.graph import Inputs\n"
        "from automl_magic.networks.picture import boxes_of\n"
        "inputs = Inputs('image', (28, 28, 1), outputs=10)\n"
        "space = candidate_space(default_template(inputs), inputs)\n"
        "print(len(boxes_of(graph_of(space.make(space.default()).architecture, inputs))['boxes']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "6", done.stderr


def test_a_builder_alone_is_a_template_of_the_engine() -> None:
    space = compile_space(Choice(conv(depth=2), mlp()))
    made = space.make(space.validate({"model": "conv", "conv.layer2.channels": 64}))
    assert isinstance(made, Conv) and made.layers[1].channels == 64
