"""Networks as estimators: they fit, clone, pickle, repeat, and refuse what they cannot take."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from torch import nn

from automl_magic.errors import AutoMLError
from automl_magic.networks.architecture import Candidate
from automl_magic.networks.estimator import NetworkClassifier, pipeline_of, with_weights
from automl_magic.networks.families.mlp import DenseLayer, Mlp
from automl_magic.networks.families.own import OwnModule
from automl_magic.networks.graph import Inputs
from automl_magic.networks.reading import NetworkData, read_inputs
from automl_magic.networks.training import Training

ARCHITECTURE = Mlp((DenseLayer(16),))
TRAINING = Training(learning_rate=0.02, batch_size=16)
IRIS = load_iris()
NAMES = IRIS.target_names[IRIS.target]


def pipeline_for(data: NetworkData, epochs: int = 27, architecture: Any = ARCHITECTURE) -> Pipeline:
    return pipeline_of(data.prepare, Candidate(architecture, TRAINING), data.inputs, data.task, epochs, 0)


def iris() -> tuple[NetworkData, Pipeline]:
    data = read_inputs(IRIS.data, NAMES)
    return data, pipeline_for(data)


def test_a_pipeline_tells_classes_by_their_names() -> None:
    data, pipeline = iris()
    assert pipeline.fit(IRIS.data, NAMES).score(IRIS.data, NAMES) > 0.93
    chances = pipeline.predict_proba(IRIS.data)
    assert chances.shape == (150, 3) and np.allclose(chances.sum(axis=1), 1)
    assert pipeline.classes_.tolist() == list(data.task.classes)
    assert set(pipeline.predict(IRIS.data)) <= set(NAMES)
    assert is_classifier(pipeline) and len(pipeline[-1].history) == 27


def test_it_repeats_clones_and_pickles() -> None:
    _, pipeline = iris()
    one = pipeline.fit(IRIS.data, NAMES).predict_proba(IRIS.data)
    again = clone(pipeline)
    assert not hasattr(again[-1], "module_") and again[-1].get_params()["lr"] == 0.02
    assert np.array_equal(again.fit(IRIS.data, NAMES).predict_proba(IRIS.data), one)
    read = pickle.loads(pickle.dumps(pipeline))
    assert np.array_equal(read.predict_proba(IRIS.data), one)
    other = clone(pipeline).set_params(network__seed=1).fit(IRIS.data, NAMES).predict_proba(IRIS.data)
    assert not np.array_equal(other, one)


def test_scikit_learn_searches_and_scores_it() -> None:
    _, pipeline = iris()
    assert cross_val_score(pipeline, IRIS.data, NAMES, cv=3).min() > 0.85
    search = GridSearchCV(pipeline, {"network__lr": [1e-6, 0.02]}, cv=2).fit(IRIS.data, NAMES)
    assert search.best_params_ == {"network__lr": 0.02}


def test_a_fold_may_lack_a_class() -> None:
    data, pipeline = iris()
    pipeline.fit(IRIS.data[:100], NAMES[:100])
    assert pipeline.predict_proba(IRIS.data).shape == (150, 3)
    with pytest.raises(AutoMLError, match="1 class that the network does not know"):
        pipeline.fit(IRIS.data, np.where(NAMES == "setosa", "rose", NAMES))


@pytest.mark.parametrize(
    ("labels", "kind"),
    [(np.array([True, False]), "b"), (np.array([3, 7]), "i"), (np.array(["n", "m"], dtype=object), "U")],
)
def test_labels_of_any_type(labels: Any, kind: str) -> None:
    X = np.random.default_rng(0).normal(size=(60, 3))
    y = labels[(X[:, 0] > 0).astype(int)]
    for given in (y, pd.Series(y), pd.Series(pd.Categorical(y))):
        pipeline = pipeline_for(read_inputs(X, given)).fit(X, given)
        assert pipeline.predict(X).dtype.kind == kind and pipeline.score(X, y) > 0.85
        assert pipeline.predict_proba(X).shape == (60, 2)


def test_numbers_of_any_scale() -> None:
    X = np.random.default_rng(0).normal(size=(200, 3))
    y = 1e9 * X[:, 0] + 5e10
    pipeline = pipeline_for(read_inputs(X, y)).fit(X, y)
    assert is_regressor(pipeline) and pipeline.score(X, y) > 0.9
    read = pickle.loads(pickle.dumps(pipeline))
    assert np.array_equal(read.predict(X), pipeline.predict(X))


def test_ten_rows() -> None:
    X, y = np.random.default_rng(0).normal(size=(10, 8, 8)), np.arange(10) % 2
    pipeline = pipeline_for(read_inputs(X, y), 3).fit(X, y)
    assert np.isfinite(pipeline.predict_proba(X)).all() and np.isfinite(pipeline.predict_proba(X[:1])).all()


def test_weights_make_it_fitted() -> None:
    _, pipeline = iris()
    one = clone(pipeline).fit(IRIS.data, NAMES)
    taken = with_weights(pipeline, one[-1].module_.state_dict(), IRIS.data, NAMES)
    assert np.array_equal(taken.predict_proba(IRIS.data), one.predict_proba(IRIS.data))
    assert not hasattr(pipeline[-1], "module_") and not hasattr(pipeline[0], "names_")
    X, y = IRIS.data[:, 1:], IRIS.data[:, 0] * 100
    numbers = pipeline_for(read_inputs(X, y))
    fitted = clone(numbers).fit(X, y)
    again = with_weights(numbers, fitted[-1].module_.state_dict(), X, y)
    assert np.array_equal(again.predict(X), fitted.predict(X))


def test_a_training_may_end_before_its_learning_rate_is_down() -> None:
    data, whole = iris()
    part = clone(whole).set_params(network__max_epochs=3, network__horizon=27).fit(IRIS.data, NAMES)
    short = clone(whole).set_params(network__max_epochs=3).fit(IRIS.data, NAMES)
    losses = [step[-1].history[:, "train_loss"] for step in (whole.fit(IRIS.data, NAMES), part, short)]
    assert losses[0][:3] == losses[1] != losses[2]


class Own(nn.Module):
    """A person's own module."""

    def __init__(self, width: int, inputs: Inputs) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(inputs.shape[0], width), nn.ReLU(), nn.Linear(width, inputs.outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        told: torch.Tensor = self.layers(x)
        return told


def test_a_module_of_ones_own() -> None:
    data = read_inputs(IRIS.data, NAMES)
    pipeline = pipeline_for(data, 27, OwnModule(Own, (("width", 12),)))
    assert clone(pipeline).fit(IRIS.data, NAMES).score(IRIS.data, NAMES) > 0.9


def test_a_table_with_words() -> None:
    frame = pd.DataFrame({"town": ["Ulm", "Bonn", None] * 30, "size": [1.0, 2.0, None] * 30})
    y = (frame["town"] == "Ulm").map({True: "yes", False: "no"}).rename("answer")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pipeline = pipeline_for(read_inputs(frame, y)).fit(frame, y)
        assert pipeline.score(frame, y) == 1


def test_what_it_cannot_take_is_refused() -> None:
    data, pipeline = iris()
    with pytest.raises(AutoMLError, match=r"optimizer must be torch.optim.AdamW or torch.optim.SGD. Got .*Adam"):
        clone(pipeline).set_params(network__optimizer=torch.optim.Adam).fit(IRIS.data, NAMES)
    with pytest.raises(AutoMLError, match=r"rows of the shape \(4,\). Got \(3,\)"):
        NetworkClassifier(ARCHITECTURE, data.inputs).fit(IRIS.data[:, :3], NAMES)
    with pytest.raises(AutoMLError, match="no finite number any more in epoch 1"):
        NetworkClassifier(ARCHITECTURE, data.inputs).fit(np.full((150, 4), np.inf), NAMES)
    with pytest.raises(AutoMLError, match="one row each. Got 150 and 149"):
        NetworkClassifier(ARCHITECTURE, data.inputs).fit(IRIS.data, NAMES[1:])
    with pytest.raises(Exception, match="not initialized"):
        NetworkClassifier(ARCHITECTURE, data.inputs).predict(IRIS.data)
