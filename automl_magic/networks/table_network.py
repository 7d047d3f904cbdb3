"""A network in PyTorch as an estimator that the search over tables can stop early, weigh, seed and write out.

Exported scripts hold its source: of ours nothing is imported here but what is as short.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from torch import nn
from torch.nn import functional

from automl_magic.networks.measuring import one_thread


class TorchNetwork(BaseEstimator):
    """Hold what a network for classes and one for numbers have in common; parameters as of `TorchNetworkClassifier`."""

    largest_norm = 5.0  # of a gradient; longer ones are cut to it
    rising = 0.02  # share of the steps in which the learning rate rises
    chunk = 4096  # rows that are predicted at once
    fewest_held_out = 5  # rows that can tell when to stop

    weights_: dict[str, Any]
    epochs_: int

    def __init__(
        self,
        network: Any = None,
        learning_rate: float = 3e-3,
        weight_decay: float = 0.02,
        batch_size: int = 128,
        epochs: int = 60,
        patience: int | None = None,
        stop_after: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.network = network
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.stop_after = stop_after
        self.random_state = random_state

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: weights as arrays, and no module of torch."""
        return {name: value for name, value in super().__getstate__().items() if name != "_module"}

    def _learn(self, X: Any, targets: Any, loss: Any, held: Any, is_over: Any, weights: Any) -> None:
        """Fit the weights.

        `loss` returns that of outputs for targets, one number for each row; `held` that of the present weights on
        held-out rows; `is_over` whether no time is left, which ends all but the first epoch at once.
        """
        rows = torch.from_numpy(np.array(X, dtype=np.float32))
        self.n_features_in_ = rows.shape[1]
        counted = None if weights is None else torch.tensor(weights / weights.mean(), dtype=torch.float32)
        with one_thread(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(check_random_state(self.random_state).randint(2**31 - 1)))
            self._module = self.network()
            self._train(rows, targets, loss, held, is_over or (lambda: False), counted)
        self._module.eval()
        self.weights_ = {name: value.numpy().copy() for name, value in self._module.state_dict().items()}

    def _train(self, rows: Any, targets: Any, loss: Any, held: Any, is_over: Callable[[], bool], counted: Any) -> None:
        optimizer = self._optimizer()
        least, kept, waited, self.epochs_ = math.inf, None, 0, 0
        for epoch in range(min(self.epochs, self.stop_after or self.epochs)):
            if not self._epoch(epoch, optimizer, rows, targets, loss, is_over, counted):
                break
            if held is None:
                self.epochs_ = epoch + 1
                continue
            found = held()
            waited += 1
            if found < least:
                least, waited, self.epochs_ = found, 0, epoch + 1
                kept = {name: value.clone() for name, value in self._module.state_dict().items()}
            if waited >= (self.patience or self.epochs):
                break
        if kept is not None:
            self._module.load_state_dict(kept)
        if not self.epochs_ or not all(torch.isfinite(value).all() for value in self._module.state_dict().values()):
            raise ValueError("The loss of the network is no finite number any more: choose a smaller learning rate.")

    def _epoch(
        self, epoch: int, optimizer: Any, rows: Any, targets: Any, loss: Any, is_over: Callable[[], bool], counted: Any
    ) -> bool:
        """Learn from all rows once; return whether that came to its end, as the first time always does."""
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        batches = max(1, min(round(len(rows) / self.batch_size), len(rows) // 2))
        self._module.train()
        for place, batch in enumerate(torch.randperm(len(rows)).tensor_split(batches), start=1):
            if epoch and is_over():
                return False
            for group in optimizer.param_groups:
                group["lr"] = self._rate((epoch + place / batches) / self.epochs)
            losses = loss(self._module(rows[batch]), targets[batch])
            optimizer.zero_grad()
            torch.autograd.backward((losses if counted is None else losses * counted[batch]).mean())
            nn.utils.clip_grad_norm_(weights, self.largest_norm)
            optimizer.step()
        self._module.eval()
        return True

    def _optimizer(self) -> Any:
        """Return the optimiser; vectors (biases, normalisations) do not decay."""
        weights = list(self._module.parameters())
        groups = [
            {"params": [weight for weight in weights if weight.ndim > 1], "weight_decay": self.weight_decay},
            {"params": [weight for weight in weights if weight.ndim <= 1], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, self.learning_rate, fused=True)

    def _rate(self, done: float) -> float:
        """Return the learning rate after a share of all steps: it rises, then falls along half a cosine."""
        return self.learning_rate * min(1.0, done / self.rising) * (0.5 + 0.5 * math.cos(math.pi * done))

    def _held_out(self, X: Any, y: Any, X_val: Any, y_val: Any, weights: Any, of_held: Any) -> tuple[Any, ...]:
        """Return rows to learn from, held-out ones, and the weights of both.

        A tenth of the rows is held out where stopping is wanted and no others are given.
        """
        X, y = np.asarray(X, dtype=np.float32), np.asarray(y)
        weights = None if weights is None else np.asarray(weights, dtype=float)
        of_held = None if of_held is None else np.asarray(of_held, dtype=float)
        held = len(y) // 10
        if X_val is not None or not self.patience or held < self.fewest_held_out:
            return X, y, X_val, y_val, weights, of_held
        order = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1)).permutation(len(y))
        if weights is not None:
            weights, of_held = weights[order[held:]], weights[order[:held]]
        return X[order[held:]], y[order[held:]], X[order[:held]], y[order[:held]], weights, of_held

    def _told(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the outputs for rows, shape (n_rows, n_outputs)."""
        if getattr(self, "_module", None) is None:  # it was not pickled
            with torch.random.fork_rng(devices=[]):
                self._module = self.network()
            self._module.load_state_dict({name: torch.from_numpy(value) for name, value in self.weights_.items()})
            self._module.eval()
        rows = torch.from_numpy(np.array(X, dtype=np.float32))
        with one_thread(), torch.no_grad():
            told = [self._module(part) for part in torch.split(rows, self.chunk)]
        return np.asarray(torch.cat(told).numpy(), dtype=float)


class TorchNetworkClassifier(ClassifierMixin, TorchNetwork):
    """A network in PyTorch that tells classes apart.

    Parameters
    ----------
    network : callable
        Makes the untrained module: it takes float32 of shape (n_rows, n_columns) and gives one output for each class.
    learning_rate : float
        The highest one.
    weight_decay : float
        By how much of the learning rate weights shrink in each step.
    batch_size : int
        Rows of a minibatch, about.
    epochs : int
        Passes over the rows for which the learning rate is planned.
    patience : int, optional
        Epochs without gain on held-out rows after which it stops; the weights of the best epoch are kept.
    stop_after : int, optional
        The epoch after which it stops, whatever is planned.
    random_state : int, RandomState or None
        Seeds weights, order and dropout.
    """

    def fit(
        self,
        X: Any,
        y: Any,
        X_val: Any = None,
        y_val: Any = None,
        is_over: Callable[[], bool] | None = None,
        sample_weight: Any = None,
        sample_weight_val: Any = None,
    ) -> TorchNetworkClassifier:
        """Fit the network, and keep the weights of the epoch that tells the held-out rows best.

        Where it has patience and is given no such rows, a tenth of its own are held out.
        """
        X, y, X_val, y_val, weights, of_held = self._held_out(X, y, X_val, y_val, sample_weight, sample_weight_val)
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        held: Any = None
        known = np.isin([] if X_val is None else np.asarray(y_val), self.classes_)
        if known.any():
            X_val, y_val = np.asarray(X_val)[known], np.asarray(y_val)[known]
            of_held = None if of_held is None else of_held[known]
            places, rows = np.searchsorted(self.classes_, y_val), np.arange(len(y_val))

            def held() -> float:
                chances = self._chances(X_val)[rows, places]
                return float(-np.average(np.log(np.maximum(chances, 1e-7)), weights=of_held))

        def loss(told: Any, truth: Any) -> Any:
            return functional.cross_entropy(told[:, : len(self.classes_)], truth, reduction="none")

        self._learn(X, torch.from_numpy(codes.astype(np.int64)), loss, held, is_over, weights)
        return self

    def _chances(self, X: Any) -> np.ndarray[Any, Any]:
        told = self._told(X)[:, : len(self.classes_)]
        powers = np.exp(told - told.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the probabilities, shape (n_rows, n_classes), in the order of `classes_`."""
        check_is_fitted(self, "weights_")
        return self._chances(X)

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the most probable class, shape (n_rows,)."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


class TorchNetworkRegressor(RegressorMixin, TorchNetwork):
    """A network in PyTorch that predicts a number, not far outside of what it has seen.

    Its module gives one output; parameters as of `TorchNetworkClassifier`.
    """

    margin = 0.1  # how far a number may lie outside what was seen, as a share of its range

    def fit(
        self,
        X: Any,
        y: Any,
        X_val: Any = None,
        y_val: Any = None,
        is_over: Callable[[], bool] | None = None,
        sample_weight: Any = None,
        sample_weight_val: Any = None,
    ) -> TorchNetworkRegressor:
        """Fit the network; as that of `TorchNetworkClassifier`."""
        X, y, X_val, y_val, weights, of_held = self._held_out(X, y, X_val, y_val, sample_weight, sample_weight_val)
        y = np.asarray(y, dtype=float)
        self.target_center_, self.target_spread_ = float(y.mean()), float(y.std()) or 1.0
        room = self.margin * float(np.ptp(y))
        self.bounds_ = (float(y.min()) - room, float(y.max()) + room)
        held: Any = None
        if X_val is not None and len(X_val):
            truth = np.asarray(y_val, dtype=float)

            def held() -> float:
                return float(np.average((self._numbers(X_val) - truth) ** 2, weights=of_held))

        def loss(told: Any, truth: Any) -> Any:
            return (told[:, 0] - truth) ** 2

        scaled = torch.tensor((y - self.target_center_) / self.target_spread_, dtype=torch.float32)
        self._learn(X, scaled, loss, held, is_over, weights)
        return self

    def _numbers(self, X: Any) -> np.ndarray[Any, Any]:
        told = self._told(X)[:, 0]
        return np.asarray(np.clip(told * self.target_spread_ + self.target_center_, *self.bounds_))

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the predictions, shape (n_rows,)."""
        check_is_fitted(self, "weights_")
        return self._numbers(X)
