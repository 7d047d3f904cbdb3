"""Networks as estimators of scikit-learn: skorch's, trained in the same way as in a search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from skorch import NeuralNet, NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import Callback, EpochTimer, PrintLog
from torch import nn

from automl_magic.errors import DataError, OptionError, RunError
from automl_magic.networks.architecture import Candidate
from automl_magic.networks.graph import Inputs
from automl_magic.networks.module import module_of
from automl_magic.networks.optimizing import optimizer_of
from automl_magic.networks.progress import Rows, own_draws
from automl_magic.networks.scaling import scale_of, scaled
from automl_magic.networks.train import outputs_of, start, train_epochs
from automl_magic.networks.training import Training
from automl_magic.tabular.target import Task

OPTIMIZERS = {"adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}


class NetworkEstimator(NeuralNet):
    """What networks for classes and for numbers have in common; parameters as of `NetworkClassifier`."""

    loss: type[nn.Module] = nn.CrossEntropyLoss

    def __init__(
        self,
        architecture: Any = None,
        inputs: Any = None,
        lr: float = Training.learning_rate,
        max_epochs: int = 27,
        batch_size: int = Training.batch_size,
        optimizer: Any = torch.optim.AdamW,
        weight_decay: float = Training.weight_decay,
        label_smoothing: float = Training.label_smoothing,
        schedule: str = Training.schedule,
        averaging: float = Training.averaging,
        horizon: int | None = None,
        seed: int = 0,
        module: Any = module_of,
        **options: Any,
    ) -> None:
        known = {"lr": lr, "max_epochs": max_epochs, "batch_size": batch_size, "optimizer": optimizer}
        given = {"criterion": self.loss, "train_split": None, "verbose": 0, **options}
        super().__init__(module, **known, **given)
        self.architecture = architecture
        self.inputs = inputs
        self.weight_decay = weight_decay
        self.label_smoothing = label_smoothing
        self.schedule = schedule
        self.averaging = averaging
        self.horizon = horizon
        self.seed = seed

    def initialize_module(self) -> Any:
        """Make the module; what it draws hangs on the seed."""
        with own_draws(self.seed, "weights"):
            self.module_ = self.module(self.architecture, self.inputs)
        return self

    def initialize_optimizer(self, triggered_directly: Any = None) -> Any:
        """Make the optimiser as trainings have it."""
        self.optimizer_ = optimizer_of(self.module_, self.training)
        return self

    @property
    def training(self) -> Training:
        """How the network is trained."""
        names = {kind: name for name, kind in OPTIMIZERS.items()}
        if self.optimizer not in names:
            raise OptionError(
                f"optimizer must be torch.optim.AdamW or torch.optim.SGD. Got {self.optimizer!r} instead.",
                "Train the module with skorch's own estimators for another one: net.module_ is a torch module.",
            )
        return Training(
            names[self.optimizer],
            self.lr,
            self.weight_decay,
            self.batch_size,
            self.label_smoothing,
            self.schedule,
            self.averaging,
        )

    @property
    def _default_callbacks(self) -> list[tuple[str, Any]]:
        return [("epoch_timer", EpochTimer()), ("print_log", PrintLog())]

    def fit_loop(self, X: Any, y: Any = None, epochs: int | None = None, **fit_params: Any) -> Any:
        """Train for `epochs` epochs, or `max_epochs`.

        Raises
        ------
        RunError
            If the loss is no finite number any more.
        OutOfTime
            If a `TimeLimit` among the callbacks ends it.
        """
        epochs = self.max_epochs if epochs is None else epochs
        limits = [callback for _, callback in self.callbacks_ if isinstance(callback, TimeLimit)]

        def is_over() -> bool:
            return any(limit.is_over() for limit in limits)

        rows = Rows(self._tensor(X), self._targets(y))
        if len(rows.x) != len(rows.y):
            raise DataError(f"X and y must have one row each. Got {len(rows.x)} and {len(rows.y)}.")
        progress = start(lambda: self.module_, self.training, max(epochs, self.horizon or 0), self.seed)
        self.optimizer_ = progress.optimizer
        try:
            for epoch in range(1, epochs + 1):
                self.notify("on_epoch_begin", dataset_train=rows, dataset_valid=None)
                train_epochs(progress, rows, epoch, is_over=is_over)
                if progress.epoch < epoch and not progress.is_broken:
                    raise OutOfTime("The time was over before the training was.")
                if progress.is_broken:
                    raise RunError(
                        f"The loss is no finite number any more in epoch {epoch}.", "Choose a smaller learning rate."
                    )
                self.history.record("train_loss", progress.losses[-1])
                self.notify("on_epoch_end", dataset_train=rows, dataset_valid=None)
        finally:
            self.module_.load_state_dict(progress.mean.state_dict())
        return self

    def with_weights(self, weights: Mapping[str, torch.Tensor], y: Any) -> Any:
        """Take weights that were learnt with the target `y`, instead of training."""
        self.initialize()
        self._targets(y)
        self.module_.load_state_dict(dict(weights))
        return self

    def _targets(self, y: Any) -> torch.Tensor:
        raise NotImplementedError

    def _tensor(self, X: Any) -> torch.Tensor:
        values = np.array(X, dtype=np.float32)  # a copy: torch wants one that may be written to
        if values.shape[1:] != self.inputs.shape:
            raise DataError(
                f"The network takes rows of the shape {self.inputs.shape}. Got {values.shape[1:]} instead.",
                "Give what the step before it makes.",
            )
        return torch.from_numpy(values)

    def _outputs(self, X: Any) -> torch.Tensor:
        self.check_is_fitted()
        tensor = self._tensor(X)
        if len(tensor) == 0:
            return torch.zeros(0, self.inputs.outputs)
        found = outputs_of(self.module_, tensor)
        assert found is not None
        return found


class NetworkClassifier(NetworkEstimator, NeuralNetClassifier):
    """A network that tells classes, as skorch's estimator: the parts of torch are `module_` and `optimizer_`.

    Parameters
    ----------
    architecture : architecture
        As a builder makes it (`Conv`, `Mlp`, …), or an `OwnModule`.
    inputs : Inputs
        What comes in, and how many classes there are.
    classes : sequence, optional
        All classes, sorted; by default those that `y` holds.
    lr, batch_size, max_epochs
        As skorch has them.
    optimizer : type
        torch.optim.AdamW or torch.optim.SGD.
    weight_decay, label_smoothing, schedule, averaging
        As of `Training`.
    horizon : int, optional
        Epochs over which the learning rate runs, where training is to end before; by default those of the training.
    seed : int
        Seeds weights, order of the rows and dropout: the same data give the same network.
    module : callable
        Makes the module of architecture and inputs.
    **options
        Others of skorch, as `callbacks` and `verbose`.
    """

    def _targets(self, y: Any) -> torch.Tensor:
        labels = np.asarray(y)
        if self.classes is None:
            self.classes_inferred_ = np.unique(labels)
        places = {label: place for place, label in enumerate(self.classes_.tolist())}
        unknown = [label for label in np.unique(labels).tolist() if label not in places]
        if unknown:
            raise DataError(
                f"y holds {len(unknown)} class{'es' * (len(unknown) > 1)} that the network does not know.",
                "Give it labels of `classes` only.",
            )
        return torch.tensor([places[label] for label in labels.tolist()], dtype=torch.int64)

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return the probabilities, shape (n_rows, n_classes), in the order of `classes_`."""
        return np.asarray(torch.softmax(self._outputs(X).double(), 1).numpy())

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class, shape (n_rows,)."""
        places = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[places])


class NetworkRegressor(NetworkEstimator, NeuralNetRegressor):
    """A network that tells numbers, scaled inside; parameters as of `NetworkClassifier`."""

    loss = nn.MSELoss

    def _targets(self, y: Any) -> torch.Tensor:
        numbers = np.asarray(y, dtype=float).reshape(len(y))
        self.target_center_, self.target_scale_ = scale_of(numbers)
        return torch.from_numpy(scaled(numbers, (self.target_center_, self.target_scale_)))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the predictions, shape (n_rows,)."""
        told = np.asarray(self._outputs(X).numpy(), dtype=float)[:, 0]
        return np.asarray(told * self.target_scale_ + self.target_center_)

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return the predictions, as skorch has it."""
        return self.predict(X)


class TimeLimit(Callback):
    """End a training by `OutOfTime` before the minibatch at which it is over."""

    def __init__(self, is_over: Callable[[], bool]) -> None:
        self.is_over = is_over


class OutOfTime(RunError):
    """A training that was not finished in its time."""


def fit_in_time(pipeline: Pipeline, X: Any, y: Any, is_over: Callable[[], bool]) -> Pipeline:
    """Fit a pipeline of `pipeline_of` and return it.

    Raises
    ------
    OutOfTime
        If it is over before the training is.
    """
    network = pipeline["network"].set_params(callbacks=[TimeLimit(is_over)])
    pipeline.fit(X, y)
    network.set_params(callbacks=None)
    network.initialize_callbacks()
    return pipeline


def pipeline_of(
    prepare: Any, candidate: Candidate, inputs: Inputs, task: Task, epochs: int, seed: int, horizon: int | None = None
) -> Pipeline:
    """Return a pipeline, not fitted, that takes what a person gives.

    Parameters
    ----------
    prepare : transformer
        Of `NetworkData`.
    candidate : Candidate
        Architecture and training.
    inputs : Inputs
        What the network takes.
    task : Task
        What is to be predicted, and the classes.
    epochs : int
        For how long it trains.
    seed : int
        Seeds all that is drawn.
    horizon : int, optional
        Epochs over which the learning rate runs, where it is to be stopped before their end.
    """
    training = candidate.training
    common: dict[str, Any] = {
        "lr": training.learning_rate,
        "max_epochs": epochs,
        "batch_size": training.batch_size,
        "optimizer": OPTIMIZERS[training.optimizer],
        "weight_decay": training.weight_decay,
        "label_smoothing": training.label_smoothing,
        "schedule": training.schedule,
        "averaging": training.averaging,
        "horizon": horizon,
        "seed": seed,
    }
    architecture = candidate.architecture
    network = (
        NetworkRegressor(architecture, inputs, **common)
        if task.kind == "regression"
        else NetworkClassifier(architecture, inputs, classes=list(task.classes), **common)
    )
    return Pipeline([("prepare", clone(prepare)), ("network", network)])


def with_weights(pipeline: Pipeline, weights: Mapping[str, torch.Tensor], X: Any, y: Any) -> Pipeline:
    """Return a fitted pipeline with such weights, without training.

    Parameters
    ----------
    pipeline : Pipeline
        Of `pipeline_of`. It is not changed.
    weights : mapping of str to Tensor
        Of the network.
    X, y : array-like
        The rows that the weights were learnt from: they decide how numbers are scaled.
    """
    prepare, network = (clone(step) for _, step in pipeline.steps)
    prepare.fit(X, y)
    return Pipeline([("prepare", prepare), ("network", network.with_weights(weights, y))])
