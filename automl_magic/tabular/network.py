"""A small network for tables in numpy: fast on one processor, and no worse than larger ones on most tables.

Exported scripts hold its source, so nothing of ours is imported here. What it is made of follows Holzmüller,
Grinsztajn, Steinwart (2024), "Better by default: Strong pre-tuned MLPs and boosted trees on tabular data",
arXiv 2407.04491, section 3 and table A.1: a learnt scale for each input, label smoothing, a learning rate that rises
and falls, and the weights of the best epoch where rows are held out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

SLOPE = np.float32(0.01)  # of the activation below 0
SMOOTHED = 0.05  # share of a label that is spread over all classes
WARM = 0.1  # share of the steps in which the learning rate rises
DECAYS = (0.9, 0.97)  # of the means of gradients and of their squares
FEWEST = 5  # held-out rows that can tell when to stop
MARGIN = 0.1  # how far a number may lie outside what was seen, as a share of its range


class Network(BaseEstimator):
    """Hold what a network for classes and one for numbers have in common."""

    def __init__(
        self,
        width: int = 128,
        depth: int = 2,
        learning_rate: float = 3e-3,
        dropout: float = 0.1,
        weight_decay: float = 0.01,
        epochs: int = 60,
        patience: int | None = None,
        stop_after: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.width = width
        self.depth = depth
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.epochs = epochs
        self.patience = patience
        self.stop_after = stop_after
        self.random_state = random_state

    def _learn(
        self, X: Any, targets: Any, outputs: int, loss: Any = None, is_over: Any = None, weights: Any = None
    ) -> None:
        """Fit the weights to targets of shape (n_rows, n_outputs).

        `loss` returns that of the present weights on held-out rows; `is_over` whether no time is left;
        `weights` are what each row counts.
        """
        X = np.asarray(X, dtype=float)
        self.n_features_in_ = X.shape[1]
        self.center_, self.spread_ = X.mean(axis=0), X.std(axis=0) + 1e-6
        inputs, targets = self._scaled(X), np.asarray(targets, dtype=np.float32)
        counted = None if weights is None else (weights / weights.mean()).astype(np.float32)[:, None]
        rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))
        self._begin(rng, inputs.shape[1], outputs)
        rows, moments = len(inputs), np.zeros((2, len(self.weights_)), np.float32)
        batch = min(256, max(16, 2 ** int(np.log2(max(rows / 20, 16)))))
        steps, step = max(1, rows // batch), 0
        least, kept, waited, self.epochs_ = np.inf, None, 0, 0
        for epoch in range(min(self.epochs, self.stop_after or self.epochs)):
            order = rng.permutation(rows)
            for place in range(steps):
                chosen = order[place * batch : (place + 1) * batch]
                gradient = self._gradient(
                    inputs[chosen], targets[chosen], rng, None if counted is None else counted[chosen]
                )
                step += 1
                self._step(gradient, moments, step, step / (self.epochs * steps))
            if loss is None:
                self.epochs_ = epoch + 1
                continue
            found = loss()
            waited += 1
            if found < least:
                least, kept, waited, self.epochs_ = found, self.weights_.copy(), 0, epoch + 1
            if waited >= (self.patience or self.epochs) or (is_over is not None and is_over()):
                break
        if kept is not None:
            self.weights_[:] = kept

    def _held_out(self, X: Any, y: Any, X_val: Any, y_val: Any, weights: Any, of_held: Any) -> tuple[Any, ...]:
        """Return rows to learn from, held-out ones, and the weights of both.

        A tenth of the rows is held out where stopping is wanted and no others are given.
        """
        X, y = np.asarray(X, dtype=float), np.asarray(y)
        weights = None if weights is None else np.asarray(weights, dtype=float)
        of_held = None if of_held is None else np.asarray(of_held, dtype=float)
        held = len(y) // 10
        if X_val is not None or not self.patience or held < FEWEST:
            return X, y, X_val, y_val, weights, of_held
        order = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1)).permutation(len(y))
        if weights is not None:
            weights, of_held = weights[order[held:]], weights[order[:held]]
        return X[order[held:]], y[order[held:]], X[order[:held]], y[order[:held]], weights, of_held

    def _begin(self, rng: Any, inputs: int, outputs: int) -> None:
        """Draw the first weights: all lie in one array, of which layers are views."""
        widths = [inputs] + [self.width] * self.depth + [outputs]
        self.shapes_ = list(zip(widths, widths[1:], strict=False))
        size = inputs + sum(before * after + after for before, after in self.shapes_)
        self.weights_ = np.zeros(size, np.float32)
        self.weights_[:inputs] = 1.0
        self._decays = np.zeros(size, np.float32)
        place = inputs
        for number, (before, after) in enumerate(self.shapes_):
            drawn = rng.standard_normal(before * after) * np.sqrt(2 / before)
            last = number == len(self.shapes_) - 1
            self.weights_[place : place + before * after] = drawn * (0.1 if last else 1.0)
            self._decays[place : place + before * after] = self.weight_decay
            place += before * after + after

    def _layers(self, flat: Any) -> tuple[Any, list[tuple[Any, Any]]]:
        """Return the scale of the inputs, and matrix and bias of each layer, as views of a flat array."""
        place = self.shapes_[0][0]
        scale, layers = flat[:place], []
        for before, after in self.shapes_:
            matrix = flat[place : place + before * after].reshape(before, after)
            place += before * after
            layers.append((matrix, flat[place : place + after]))
            place += after
        return scale, layers

    def _gradient(self, inputs: Any, targets: Any, rng: Any, weights: Any = None) -> Any:
        """Return the gradient of the mean loss over a batch, flat."""
        scale, layers = self._layers(self.weights_)
        gradient = np.empty_like(self.weights_)
        of_scale, of_layers = self._layers(gradient)
        before, gates = [inputs * scale], []
        for matrix, bias in layers[:-1]:
            hidden = before[-1] @ matrix + bias
            gate = np.where(hidden > 0, np.float32(1), SLOPE)
            if self.dropout:
                gate *= (rng.random(hidden.shape, np.float32) > self.dropout) / np.float32(1 - self.dropout)
            gates.append(gate)
            before.append(hidden * gate)
        output = self._answer(before[-1] @ layers[-1][0] + layers[-1][1])
        error = ((output - targets) / len(inputs)).astype(np.float32)
        error = error if weights is None else error * weights
        for number in range(len(layers) - 1, -1, -1):
            of_layers[number][0][:] = before[number].T @ error
            of_layers[number][1][:] = error.sum(axis=0)
            error = error @ layers[number][0].T
            if number:
                error *= gates[number - 1]
        of_scale[:] = (error * inputs).sum(axis=0)
        return gradient

    def _step(self, gradient: Any, moments: Any, step: int, done: float) -> None:
        """Move the weights: Adam with decoupled decay, at a rate that rises and then falls along a cosine."""
        rate = self.learning_rate * min(1.0, done / WARM) * (0.5 + 0.5 * np.cos(np.pi * done))
        first, second = (np.float32(decay) for decay in DECAYS)
        moments[0] *= first
        moments[0] += (1 - first) * gradient
        moments[1] *= second
        moments[1] += (1 - second) * gradient * gradient
        unbiased = np.sqrt(moments[1] / np.float32(1 - DECAYS[1] ** step)) + np.float32(1e-8)
        self.weights_ -= np.float32(rate) * self._decays * self.weights_
        self.weights_ -= np.float32(rate / (1 - DECAYS[0] ** step)) * moments[0] / unbiased

    def _answer(self, output: Any) -> Any:
        """Return what the last layer says, as the targets are."""
        return output

    def _scaled(self, X: Any) -> Any:
        return ((np.asarray(X, dtype=float) - self.center_) / self.spread_).astype(np.float32)

    def _told(self, inputs: Any) -> Any:
        """Return the answers for scaled rows, shape (n_rows, n_outputs)."""
        scale, layers = self._layers(self.weights_)
        hidden = inputs * scale
        for matrix, bias in layers[:-1]:
            hidden = hidden @ matrix + bias
            hidden = np.maximum(hidden, SLOPE * hidden)
        return self._answer(hidden @ layers[-1][0] + layers[-1][1]).astype(float)


class NetworkClassifier(ClassifierMixin, Network):
    """A network of leaky rectified units that tells classes apart.

    Parameters
    ----------
    width, depth : int
        Units of a hidden layer, and number of these.
    learning_rate : float
        The highest one.
    dropout : float
        Share of the units that are left out at random in each step.
    weight_decay : float
        By how much of the learning rate weights shrink in each step.
    epochs : int
        Passes over the rows for which the learning rate is planned.
    patience : int, optional
        Epochs without gain on held-out rows, where `fit` is given some, after which it stops.
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
    ) -> NetworkClassifier:
        """Fit the network, and keep the weights of the epoch that tells the held-out rows best.

        Where it has patience and is given no such rows, a tenth of its own are held out.
        """
        X, y, X_val, y_val, weights, of_held = self._held_out(X, y, X_val, y_val, sample_weight, sample_weight_val)
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        outputs = len(self.classes_) if len(self.classes_) > 2 else 1
        targets: Any = codes[:, None]
        if outputs > 1:
            targets = np.eye(outputs)[codes] * (1 - SMOOTHED) + SMOOTHED / outputs
        held: Any = None
        known = np.isin([] if X_val is None else np.asarray(y_val), self.classes_)
        if known.any():
            X_val, y_val = np.asarray(X_val)[known], np.asarray(y_val)[known]
            of_held = None if of_held is None else of_held[known]
            places, rows = np.searchsorted(self.classes_, y_val), np.arange(len(y_val))

            def held() -> float:
                chances = self.predict_proba(X_val)[rows, places]
                return float(-np.average(np.log(np.maximum(chances, 1e-7)), weights=of_held))

        self._learn(X, targets, outputs, held, is_over, weights)
        return self

    def _answer(self, output: Any) -> Any:
        if output.shape[1] == 1:
            return 1 / (1 + np.exp(-np.clip(output, -30, 30)))
        powers = np.exp(output - output.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the probabilities, shape (n_rows, n_classes), in the order of `classes_`."""
        check_is_fitted(self, "weights_")
        told = self._told(self._scaled(X))
        return np.column_stack([1 - told[:, 0], told[:, 0]]) if told.shape[1] == 1 else np.asarray(told)

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the most probable class, shape (n_rows,)."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


class NetworkRegressor(RegressorMixin, Network):
    """A network that predicts a number, not far outside of what it has seen; parameters as of `NetworkClassifier`."""

    def fit(
        self,
        X: Any,
        y: Any,
        X_val: Any = None,
        y_val: Any = None,
        is_over: Callable[[], bool] | None = None,
        sample_weight: Any = None,
        sample_weight_val: Any = None,
    ) -> NetworkRegressor:
        """Fit the network; as that of `NetworkClassifier`."""
        X, y, X_val, y_val, weights, of_held = self._held_out(X, y, X_val, y_val, sample_weight, sample_weight_val)
        y = np.asarray(y, dtype=float)
        self.target_center_, self.target_spread_ = float(y.mean()), float(y.std()) or 1.0
        room = MARGIN * float(np.ptp(y))
        self.bounds_ = (float(y.min()) - room, float(y.max()) + room)
        held: Any = None
        if X_val is not None:
            truth = np.asarray(y_val, dtype=float)

            def held() -> float:
                return float(np.average((self.predict(X_val) - truth) ** 2, weights=of_held))

        self._learn(X, ((y - self.target_center_) / self.target_spread_)[:, None], 1, held, is_over, weights)
        return self

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the predictions, shape (n_rows,)."""
        check_is_fitted(self, "weights_")
        told = self._told(self._scaled(X))[:, 0]
        return np.asarray(np.clip(told * self.target_spread_ + self.target_center_, *self.bounds_))
