"""The steps of a trial are told from the record alone, under the names of their stages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from automl_magic import Float
from automl_magic.engine.events import FoldScore, FoldScored, RunStarted, TrialEnded, TrialStarted, from_json, to_json
from automl_magic.engine.history import History
from automl_magic.engine.holes import Build, Choice
from automl_magic.engine.space import compile_space
from automl_magic.stages import described, stages_of
from automl_magic.tabular import models
from automl_magic.tabular.task import read_table
from tests.tabular.messy import TARGET, draw_messy

METRIC = {"name": "mae", "label": "MAE", "sign": -1}


def record_of(stages: Any, config: dict[str, Any], hidden: bool = False) -> History:
    """Return the history of one trial, read back from its lines."""
    history = History()
    about = {"metric": METRIC, "splits": "2-fold cross-validation.", **({} if stages is None else {"stages": stages})}
    for event in (
        RunStarted("run", {}, {"parameters": []}, 2, 0, about),
        TrialStarted(0, 0, config, "tpe", 0, hidden),
        FoldScored(0, 0, FoldScore(-2.0, 0.5)),
        FoldScored(0, 1, FoldScore(-3.0, 0.5)),
        TrialEnded(0, "done", -2.5, 0.5, 1.0),
    ):
        history.apply(from_json(json.loads(json.dumps(to_json(event)))))
    return history


def told(stages: Any, config: dict[str, Any], hidden: bool = False) -> list[tuple[str, str, str]]:
    history = record_of(stages, config, hidden)
    return [(step.stage, step.name, step.text) for step in described(history, history.trials[0])]


def test_every_family_of_the_zoo_is_told_from_reading_to_evaluation() -> None:
    table = read_table(draw_messy(rows=300, fresh=2)[0].frame, TARGET)
    space = models.zoo(table)
    stages = stages_of(space)
    assert set(stages) == set(space["model"].options)
    for family in stages:
        steps = told(stages, space.narrow("model", options=[family]).default())
        names = [stage for stage, *_ in steps]
        order = list(dict.fromkeys(names))
        assert order[0] == "data preparation" and order[-2:] == ["model", "evaluation"], family
        assert steps[0][1] == "CleanTable" and names.count("model") == 1


def test_no_name_of_a_column_is_written() -> None:
    table = read_table(draw_messy(rows=300, fresh=2)[0].frame, TARGET)
    text = json.dumps(stages_of(models.zoo(table)))
    assert not [name for name in map(str, table.X.columns) if f'"{name}"' in text]


def test_a_step_that_is_a_choice_is_told_as_it_was_chosen_and_left_out_where_it_is_none() -> None:
    scaling = Choice(none="passthrough", standard=StandardScaler(), name="scale")
    space = compile_space(Choice(svc=make_pipeline(scaling, PCA(n_components=Float(0.5, 0.9)), SVC(C=Float(1, 9)))))
    stages = stages_of(space)
    config = {"model": "svc", "scale": "standard", "svc.pca.n_components": 0.7, "svc.C": 3.0}
    assert told(stages, config)[:3] == [
        ("feature engineering", "StandardScaler", "scales to mean 0 and deviation 1"),
        ("feature engineering", "PCA", "turns columns into fewer, uncorrelated ones; pca.n_components 0.7"),
        ("model", "SVC", "C 3"),
    ]
    assert [name for _, name, _ in told(stages, {**config, "scale": "none"})][:2] == ["PCA", "SVC"]


def test_a_space_without_families_and_one_that_is_built_are_told() -> None:
    assert told(stages_of(compile_space(LogisticRegression(C=Float(1, 9)))), {"C": 2.0})[0] == (
        "model",
        "LogisticRegression",
        "C 2",
    )
    built = compile_space(Choice(own=Build(LogisticRegression, C=Float(1, 9))))
    assert told(stages_of(built), {"model": "own", "own.C": 2.0})[0] == ("model", "LogisticRegression", "C 2")


def test_the_line_to_beat_outside_the_space_is_told() -> None:
    stages = stages_of(compile_space(Choice(svc=SVC(C=Float(1, 9)))), make_pipeline(StandardScaler(), SVC()))
    steps = told(stages, {}, hidden=True)
    assert [name for _, name, _ in steps[:2]] == ["StandardScaler", "SVC"]


def test_a_record_that_knows_no_template_lists_the_parameters_under_the_model() -> None:
    steps = told(None, {"model": "svc", "svc.C": 3.0})
    assert steps[0] == ("model", "svc", "C 3")
    assert [stage for stage, *_ in steps[1:]] == ["evaluation", "evaluation"]


def test_the_evaluation_says_folds_split_and_scores_in_their_natural_sign() -> None:
    steps = told(None, {"model": "svc"})
    assert steps[-2] == ("evaluation", "2 of 2 folds", "2-fold cross-validation.")
    assert steps[-1] == ("evaluation", "MAE", "2.5 (lower is better), the mean of 2, 3")


@pytest.mark.parametrize(
    "stages",
    [3, ["x"], {"svc": 3}, {"svc": [3, None, {"stage": "magic"}]},
     {"svc": [{"stage": "model", "labels": 7, "choice": []}]},
     {"svc": [{"stage": "model", "choice": "svc.C", "options": [1, [2], ["a", "b"]]}]}],
)  # fmt: skip
def test_a_record_that_was_tampered_with_does_no_harm(stages: Any) -> None:
    assert told(stages, {"model": "svc", "svc.C": 3.0})[0][:2] == ("model", "svc")
