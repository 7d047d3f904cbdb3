"""Templates: labels by the grammar, objects made afresh, configurations read back."""

from __future__ import annotations

import cloudpickle
import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from automl_magic.engine.holes import Build, Choice, Float, Int
from automl_magic.engine.space import compile_space
from automl_magic.errors import SpaceError
from tests.engine.spaces import FOREST, SHARED


def scaled(**holes):
    return make_pipeline(StandardScaler(with_mean=Choice(True, False)), SVC(**holes))


class Units(BaseEstimator):
    """Shows a part of its own only through get_params(deep=True), and derives state when parameters are set."""

    def __init__(self, width=1):
        self.width = width
        self.inner = {"rate": 0.1}
        self.area = None

    def get_params(self, deep=True):
        return {"width": self.width, **({"inner__rate": self.inner["rate"]} if deep else {})}

    def set_params(self, **params):
        self.inner["rate"] = params.pop("inner__rate", self.inner["rate"])
        for name, value in params.items():
            setattr(self, name, value)
        self.area = None if isinstance(self.width, Int) else self.width**2
        return self


@pytest.mark.parametrize(
    ("template", "labels"),
    [
        (LogisticRegression(C=Float(1, 2)), {"C"}),
        (Float(0, 1), {"value"}),
        (Choice(SVC(C=Float(1, 2)), LogisticRegression()), {"model", "svc.C"}),
        (scaled(C=Float(1, 2)), {"standardscaler.with_mean", "C"}),
        (Choice(scaled(C=Float(1, 2)), LogisticRegression()), {"model", "svc.standardscaler.with_mean", "svc.C"}),
        (Pipeline([("prepare", "passthrough"), ("model", Choice(SVC(C=Float(1, 2)), "drop"))]), {"model", "svc.C"}),
        (Choice(hist_gb=RandomForestClassifier(max_depth=Int(1, 3)), svc=SVC()), {"model", "hist_gb.max_depth"}),
        (
            Choice(FOREST),
            {
                "model",
                *(
                    f"random_forest_classifier.{n}"
                    for n in ("max_depth", "max_depth.value", "max_features", "max_features.value")
                ),
            },
        ),
        (
            Choice(SVC(C=Float(0, 1, name="shared")), LogisticRegression(C=Float(0, 1, name="shared"))),
            {"model", "shared"},
        ),
        (
            {"x": Float(0, 1), "sizes": [Int(1, 3), Int(1, 3)], "deep": {"y": Choice(1, 2)}},
            {"x", "sizes.0", "sizes.1", "deep.y"},
        ),
        (
            make_pipeline(Choice(StandardScaler(with_mean=Choice(True, False)), None), SVC()),
            {"choice", "choice.standard_scaler.with_mean"},
        ),
        (StackingClassifier([("a", SVC(C=Float(1, 2)))], SVC(C=Float(1, 2))), {"a.C", "final_estimator.C"}),
        (VotingClassifier([("a", SVC(C=Float(1, 2))), ("b", SVC(C=Float(1, 2)))]), {"a.C", "b.C"}),
        (Build(SVC, C=Float(1, 2)), {"C"}),
        (ColumnTransformer([("n", "drop", Choice("a", "b"))]), {"n.columns"}),
    ],
)
def test_labels_are_paths_of_keys_and_parameter_names(template, labels) -> None:
    assert set(compile_space(template).labels) == labels


def test_a_shared_name_counts_wherever_it_stands() -> None:
    space = compile_space(SHARED)
    alternatives = {dict(pairs)["model"] for pairs in space["prepare.rare"].conditions}
    assert alternatives == {"random_forest_classifier", "svc"}
    assert space["prepare.rare.value"].conditions[0][-1] == ("prepare.rare", "value")
    assert "prepare.rare" not in space.active({"model": "linear"})


def test_holes_of_one_name_must_agree_and_other_equal_labels_are_refused() -> None:
    with pytest.raises(SpaceError, match="must be equal"):
        compile_space({"x": Float(0, 1, name="s"), "y": Float(0, 2, name="s")})
    with pytest.raises(SpaceError, match="Two holes have the label"):
        compile_space(Pipeline([("C", Choice("passthrough", "drop")), ("svc", SVC(C=Float(1, 2)))]))
    with pytest.raises(SpaceError, match="go in a circle"):
        one = Choice(inner=Choice("p", inner=1, name="b"), other=2, name="a")
        two = Choice("p", inner=Choice(inner=1, other=2, name="a"), name="b")
        compile_space({"x": one, "y": two})


def test_what_is_made_is_fresh_and_leaves_the_template_as_it_was() -> None:
    space = compile_space(SHARED)
    before = cloudpickle.dumps(SHARED)
    config = space.validate({"model": "svc", "svc.C": 2.5, "prepare.scale": "min_max_scaler"})
    one, other = space.make(config), space.make(config)
    assert one is not other and one.steps[-1][1] is not other.steps[-1][1]
    assert one.steps[-1][1].C == 2.5
    assert isinstance(one.named_steps["prepare"].transformers[0][1].steps[0][1], MinMaxScaler)
    one.named_steps["prepare"].transformers[0][2].append("other")
    assert other.named_steps["prepare"].transformers[0][2] == ["a"]
    assert cloudpickle.dumps(SHARED) == before


def test_what_is_made_can_be_fitted() -> None:
    rng = np.random.default_rng(0)
    space = compile_space(Choice(scaled(C=Float(0.1, 10)), FOREST))
    X, y = rng.normal(size=(40, 3)), np.tile([0, 1], 20)
    for key in space["model"].options:
        assert space.make(space.validate({"model": key})).fit(X, y).predict(X).shape == (40,)


def test_set_params_is_called_with_the_values_so_that_derived_state_is_right() -> None:
    space = compile_space(Units(width=Int(1, 9)))
    assert space.make({"width": 4}).area == 16
    searched = space.search("inner.rate", Float(0, 1))
    made = searched.make({"width": 2, "inner.rate": 0.7})
    assert made.inner == {"rate": 0.7} and space.make({"width": 2}).inner == {"rate": 0.1}


def test_one_hole_object_at_two_places_is_two_parameters() -> None:
    hole = Float(0, 1)
    space = compile_space({"x": hole, "y": hole})
    assert space.make({"x": 0.25, "y": 0.75}) == {"x": 0.25, "y": 0.75}
    two = compile_space(MLPClassifier(alpha=hole, beta_1=hole))
    assert two.make({"alpha": 0.25, "beta_1": 0.75}).get_params()["beta_1"] == 0.75


def test_lists_tuples_dicts_and_builds_are_made_of_the_same_type() -> None:
    template = {
        "t": (Int(1, 3), "a"),
        "l": [Int(1, 3), {"k": Choice((1, 2), (3, 4))}],
        "b": Build(complex, real=Float(0, 1), imag=2),
        "c": [1, 2],
    }
    space = compile_space(template)
    config = space.validate({"t.0": 2, "l.0": 3, "l.1.k": "(3, 4)", "b.real": 0.5})
    assert space.make(config) == {"t": (2, "a"), "l": [3, {"k": (3, 4)}], "b": 0.5 + 2j, "c": [1, 2]}


def test_lightgbm_keeps_the_values_of_one_object_out_of_the_next() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    space = compile_space(lightgbm.LGBMClassifier(learning_rate=Float(0.01, 1), num_leaves=Int(2, 64)))
    first = space.make({"learning_rate": 0.1, "num_leaves": 8})
    second = space.make({"learning_rate": 0.2, "num_leaves": 16})
    assert (first.get_params()["learning_rate"], second.get_params()["learning_rate"]) == (0.1, 0.2)
    assert isinstance(space.template.get_params()["learning_rate"], Float)


def test_a_configuration_becomes_an_estimator_and_comes_back() -> None:
    space = compile_space(SHARED)
    rng = np.random.default_rng(0)
    for _ in range(100):
        config = space.sample(rng)
        assert space.config_of(space.make(config)) == config


def test_what_was_not_made_from_the_template_has_no_configuration() -> None:
    space = compile_space(SHARED)
    assert space.config_of(SVC()) is None
    assert space.config_of(LogisticRegression(C=99)) is None  # outside the declared bounds
    assert space.config_of(LogisticRegression(C=1.0, max_iter=7)) is None
    assert compile_space(Choice(Int(1, 3), big=Int(10, 20))).config_of(15) == {"model": "big", "big": 15}


def test_a_label_means_the_parameter_of_the_last_step_where_its_pipeline_has_one_too() -> None:
    space = compile_space(Pipeline([("s", StandardScaler()), ("mlp", MLPClassifier(alpha=Float(0, 1)))]))
    made = space.fix("verbose", True).make(space.default())
    assert made.steps[-1][1].verbose is True and made.verbose is False


def test_a_space_of_classes_from_a_notebook_travels_as_a_pickle() -> None:
    namespace = {"__name__": "__main__", "BaseEstimator": BaseEstimator}
    exec("class Own(BaseEstimator):\n    def __init__(self, depth=1):\n        self.depth = depth", namespace)
    space = (
        compile_space(Choice(namespace["Own"](depth=Int(1, 5)), SHARED.options[0]))
        .rule("own.depth <= 4")
        .fix("own.depth", 3)
    )
    again = cloudpickle.loads(cloudpickle.dumps(space))
    assert again.fingerprint() == space.fingerprint()
    assert again.make(again.default()).depth == 3
