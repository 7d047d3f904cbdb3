"""The scores after each epoch travel with a fold's result: into the record, and out of it again."""

from __future__ import annotations

import json
import math

import pytest

from automl_magic.engine.events import FoldScore, FoldScored, from_json, to_json


def test_a_curve_is_read_as_it_was_written() -> None:
    event = FoldScored(3, 0, FoldScore(0.9, 1.5, curve=[0.2, 0.7, 0.9]), rung=2)
    assert from_json(json.loads(json.dumps(to_json(event)))) == event


def test_an_epoch_without_a_finite_score_stays_a_gap() -> None:
    told = json.loads(json.dumps(to_json(FoldScored(3, 0, FoldScore(0.2, 1.5, curve=[0.2, math.nan])))))
    assert told["result"]["curve"] == [0.2, None]
    again = from_json(told)
    assert isinstance(again, FoldScored) and math.isnan(again.result.curve[1]) and again.result.curve[0] == 0.2


def test_a_record_from_before_there_were_curves_is_read() -> None:
    told = to_json(FoldScored(3, 0, FoldScore(0.2, 1.5)))
    del told["result"]["curve"]
    assert from_json(told) == FoldScored(3, 0, FoldScore(0.2, 1.5))


@pytest.mark.parametrize("curve", [["high"], [True], "0.5", {"0": 0.5}])
def test_what_is_no_curve_is_refused(curve: object) -> None:
    told = to_json(FoldScored(3, 0, FoldScore(0.2, 1.5)))
    told["result"]["curve"] = curve
    with pytest.raises((ValueError, TypeError)):
        from_json(told)
