"""The fault table with a model that misbehaves in one configuration: `fit` ends with another one as its best."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

import automl_magic
from automl_magic import Choice
from tests.engine.bench import run_program
from tests.engine.faults import Faults

POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and groups of POSIX")


class Moody(ClassifierMixin, BaseEstimator):
    """Do what `where` and `method` say in one of fit and predict_proba; else predict each class alike."""

    def __init__(self, where: str = "", method: str = "", way: str = "good") -> None:
        self.where, self.method, self.way = where, method, way

    def fit(self, X: Any, y: Any) -> Moody:
        """Learn the classes, or misbehave."""
        self._may_misbehave("fit")
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return equal chances, NaN, or misbehave."""
        if self.method != "nan":
            self._may_misbehave("predict")
        value = np.nan if self.method == "nan" and self.way == "bad" else 1 / len(self.classes_)
        return np.full((len(X), len(self.classes_)), value)

    def predict(self, X: Any) -> Any:
        """Return the first class."""
        return np.repeat(self.classes_[0], len(X))

    def _may_misbehave(self, where: str) -> None:
        if self.way == "bad" and self.where == where:
            getattr(Faults(), self.method)()


ROWS = [
    pytest.param("fit", "raises", "ValueError: a bad value", id="F01"),
    pytest.param("predict", "nan", "predictions are not finite numbers", id="F02"),
    pytest.param("fit", "raises_what_cannot_be_pickled", "TwoPartError: no way", id="F03"),
    pytest.param("fit", "exits", "SystemExit: 2 (the code asked to end the process)", id="F08"),
    pytest.param("predict", "is_interrupted", "KeyboardInterrupt (raised by the code itself)", id="F11"),
]
DEADLY = [
    pytest.param("fit", "aborts", "the process was killed by signal 6 (SIGABRT)", marks=POSIX, id="F05"),
    pytest.param("predict", "reads_address_zero", "killed by signal 11 (SIGSEGV)", marks=POSIX, id="F06"),
    pytest.param("fit", "leaves_at_once", "the process ended with exit code 3", id="F07"),
    pytest.param("predict", "kills_itself", "killed by signal 9 (SIGKILL)", marks=POSIX, id="F09"),
]


def searched(table: pd.DataFrame, where: str, method: str, workers: int, words: str) -> None:
    """Search a space with one bad configuration; it alone must fail, in these words, and the rest be done."""
    moody = Moody(where, method, way=Choice("bad", "good"))  # type: ignore[arg-type]
    model = Choice(name="model", moody=moody, log=LogisticRegression())
    numbers = table[["width", "length", "kind"]]
    space = Pipeline([("model", model)])
    run = automl_magic.fit(numbers, target="kind", space=space, trials=8, search="grid", workers=workers, cv=2)
    trials = list(run.history.trials.values())
    bad = [trial for trial in trials if "bad" in trial.config.values()]
    assert bad and all(trial.state == "failed" and words in str(trial.reason) for trial in bad), bad
    others = [trial for trial in trials if trial not in bad]
    assert len(others) >= 2 and all(trial.state in ("done", "pruned") for trial in others), others
    assert len(run.best.predict(numbers.drop(columns="kind"))) == len(table)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(("where", "method", "words"), ROWS)
def test_a_bad_configuration_costs_its_own_trial_only(
    flowers: pd.DataFrame, where: str, method: str, words: str, workers: int
) -> None:
    searched(flowers, where, method, workers, words)


@pytest.mark.parametrize(("where", "method", "words"), DEADLY)
def test_a_deadly_configuration_costs_its_own_trial_only(
    flowers: pd.DataFrame, where: str, method: str, words: str
) -> None:
    searched(flowers, where, method, 2, words)


def test_f16_a_model_class_of_the_notebook_is_searched_and_comes_back(tmp_path: Path) -> None:
    program = """
        import numpy as np, pandas as pd, automl_magic
        from automl_magic import Float
        from sklearn.base import BaseEstimator, ClassifierMixin

        class Cut(ClassifierMixin, BaseEstimator):
            def __init__(self, at=0.0):
                self.at = at

            def fit(self, X, y):
                self.classes_ = np.unique(y)
                return self

            def predict_proba(self, X):
                high = (np.asarray(X)[:, 0] > self.at).astype(float)
                return np.column_stack([1 - high, high])

            def predict(self, X):
                return self.classes_[self.predict_proba(X).argmax(axis=1)]

        x = np.random.default_rng(0).normal(size=100)
        table = pd.DataFrame({"x": x, "y": np.where(x > 0.5, "b", "a")})
        cut = Cut(at=Float(0.4, 0.6))
        run = automl_magic.fit(table, target="y", space=cut, baseline=Cut(9.0), trials=4, workers=2, cv=2)
        votes = run.best.steps[-1][1].pipelines_
        print({type(vote) for vote in votes} == {Cut}, (run.best.predict(table) == table["y"]).mean() > 0.8)
    """
    done = run_program(program, tmp_path)
    assert done.stdout.strip() == "True True", done.stdout + done.stderr
