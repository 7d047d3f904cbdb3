"""The description of a training: what it holds, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from automl_magic.errors import OptionError
from automl_magic.networks.training import Training


def test_it_goes_through_a_record() -> None:
    training = Training("sgd", 0.05, 1e-4, 128, 0.1, "constant", 0.0)
    assert Training.from_json(json.loads(json.dumps(training.to_json()))) == training
    assert Training.from_json({"batch_size": 32}) == Training(batch_size=32)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"optimizer": "adam"}, "optimizer must be one of adamw, sgd. Got 'adam' instead. Did you mean \"adamw\"?"),
        ({"schedule": "linear"}, "schedule must be one of cosine, constant"),
        ({"learning_rate": 0}, "learning_rate must be above 0. Got 0 instead."),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0. Got nan instead."),
        ({"batch_size": 0}, "batch_size must be a whole number above 0. Got 0 instead."),
        ({"batch_size": 1.5}, "batch_size must be a whole number above 0"),
        ({"label_smoothing": 1}, "label_smoothing must be at least 0 and below 1"),
        ({"weight_decay": -1}, "weight_decay must be 0 or more"),
        ({"rate": 1}, 'A training has no "rate".'),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError) as caught:
        Training.from_json(given)
    assert said in str(caught.value)
