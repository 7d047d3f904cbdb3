"""The family of networks that competes on a table with the others: multilayer perceptrons, plain and residual."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from sklearn.pipeline import Pipeline

from automl_magic.engine.holes import Build, Choice, Float, Int
from automl_magic.errors import OptionError
from automl_magic.extend import COSTS, MODELS
from automl_magic.networks.architecture import mlp, residual_mlp
from automl_magic.networks.drawn import Drawn, NetworkBuild
from automl_magic.networks.reading import table_preparation
from automl_magic.tabular.costs import Sizes
from automl_magic.tabular.sizes import most_epochs
from automl_magic.tabular.task import Table

FAMILY = "network"
PATIENCE = 16  # epochs without gain on the held-out rows, after which it stops
BATCHES = (32, 64, 128, 256, 512)
STOPPED = 0.7  # share of the epochs after which a fit stops, on average
STEPS = 30  # minibatches of an epoch, about, with the size of a minibatch that is tried first


@MODELS.register(FAMILY)
def network(table: Table) -> Pipeline:
    """A network in PyTorch; each category has a vector that is learnt.

    Raises
    ------
    OptionError
        If torch is not installed.
    """
    if find_spec("torch") is None:
        raise OptionError(
            'The family "network" needs torch, which is not installed.', 'pip install "automl_magic[nas]"'
        )
    prepare, inputs = table_preparation(table)
    units = Choice(32, 64, 128, 256, default=128)
    dropout = Float(0.0, 0.5, default=0.1)
    architecture = Choice(
        mlp=mlp(
            depth=Int(1, 3, default=2),
            units=units,
            skip=False,
            norm=Choice("none", "batch", "layer", default="batch"),
            activation=Choice("relu", "silu"),
            dropout=dropout,
        ),
        residual_mlp=residual_mlp(
            depth=Int(1, 3, default=2), width=units, factor=Choice(1, 2, default=2), norm="batch", dropout=dropout
        ),
    )
    maker = make_regressor if table.task.kind == "regression" else make_classifier
    model = NetworkBuild(
        maker,
        network=Build(Drawn, architecture=architecture, inputs=inputs),
        learning_rate=Float(5e-4, 0.02, log=True, default=3e-3),
        weight_decay=Float(1e-4, 0.3, log=True, default=0.02),
        batch_size=_batch_size(len(table.y)),
        epochs=most_epochs(table),
        patience=PATIENCE,
        random_state=0,
    )
    return Pipeline([("prepare", prepare), ("model", model)])


def _batch_size(rows: int) -> Any:
    """Return the hole of the size of a minibatch: the usual one for so many rows, and those beside it."""
    usual = min(range(len(BATCHES)), key=lambda place: abs(BATCHES[place] - rows / STEPS))
    return Choice(*BATCHES[max(0, usual - 1) : usual + 2], default=BATCHES[usual])


def make_classifier(**values: Any) -> Any:
    """Return the estimator for classes."""
    from automl_magic.networks.table_network import TorchNetworkClassifier

    return TorchNetworkClassifier(**values)


def make_regressor(**values: Any) -> Any:
    """Return the estimator for numbers."""
    from automl_magic.networks.table_network import TorchNetworkRegressor

    return TorchNetworkRegressor(**values)


@COSTS.register(FAMILY)
def cost(values: Mapping[str, Any], sizes: Sizes) -> float:
    """Return about the seconds of one fit; it stops before its last epoch on average.

    A step costs something for itself and for each layer, for each weight, and for each weight and row. The constants
    are measured, on networks of one to seven layers and up to 800,000 weights.
    """
    kind = values["architecture"]
    own = {name.removeprefix(f"architecture.{kind}."): value for name, value in values.items()}
    if kind == "mlp":
        widths = [sizes.columns, *(own[f"layer{number}.units"] for number in range(1, own["depth"] + 1))]
    else:
        width = own["width"]
        widths = [sizes.columns, width, *[width * own["factor"], width] * own["depth"]]
    weights: int = sum(before * after for before, after in itertools.pairwise([*widths, max(1, sizes.classes)]))
    batch: int = values["batch_size"]
    step: float = 5e-4 + 2.5e-4 * len(widths[1:]) + 3.5e-9 * weights + 1.2e-10 * weights * batch
    held_out = 4e-11 * weights * sizes.held_out
    epochs: int = values["epochs"]
    return 0.03 + STOPPED * epochs * (max(1.0, sizes.rows / batch) * step + held_out)
