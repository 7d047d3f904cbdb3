"""What another package adds to automl_magic through entry points; `pyproject.toml` beside it names them."""

from __future__ import annotations

import numpy as np
from scipy.stats import qmc
from sklearn.linear_model import BayesianRidge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import QuantileTransformer

from automl_magic import Float
from automl_magic.engine.schedulers import Policy
from automl_magic.engine.searchers import sample_new
from automl_magic.tabular.metrics import Metric
from automl_magic.tabular.prepare import preparation


def bayes(table):
    """A family: naive Bayes, or Bayesian ridge regression for numbers."""
    if table.task.kind == "regression":
        model = BayesianRidge(alpha_1=Float(1e-8, 1e-2, log=True), lambda_1=Float(1e-8, 1e-2, log=True))
    else:
        model = GaussianNB(var_smoothing=Float(1e-12, 1e-1, log=True, default=1e-9))
    return Pipeline([("prepare", preparation(table, "dense")), ("model", model)])


class Halton:
    """A searcher: step s takes point s of a Halton sequence, as the seed of a draw of what was not tried yet."""

    name = "example_halton"

    def __call__(self, view, rng):
        """Propose the next configuration."""
        point = qmc.Halton(1, scramble=False).random(view.asked + 1)[-1, 0]
        seed = int(point * 2**31) + int(rng.integers(1000))
        return sample_new(view, np.random.default_rng(seed))


def half():
    """A scheduler: stop what is below the median of the ended trials after the same number of folds."""
    return Policy(pruner=below_half)


def below_half(trial, view):
    """Return why a trial ends; None to go on."""
    means = [
        np.mean([one.score for one in list(other.scores.values())[: len(trial.scores)]])
        for other in view.trials
        if other.scores
    ]
    if trial.score is None or len(means) < 3 or trial.score >= np.median(means):
        return None
    return f"after {len(trial.scores)} folds it was below the median of {len(means)} trials"


def error_rate(y, chances, classes, weights):
    """The share of rows whose most probable class is wrong."""
    told = np.asarray(classes, dtype=object)[np.asarray(chances).argmax(axis=1)]
    return float(np.average(told != np.asarray(y, dtype=object), weights=weights))


def pinball(y, prediction, classes, weights):
    """The mean pinball loss at the upper quartile."""
    miss = np.asarray(y, dtype=float) - np.asarray(prediction, dtype=float)
    return float(np.average(np.maximum(0.75 * miss, -0.25 * miss), weights=weights))


ERROR_RATE = Metric("example_error_rate", "error rate", -1, "label", ("binary", "multiclass"), error_rate)
PINBALL = Metric("example_pinball", "pinball loss", -1, "value", ("regression",), pinball)


def ranks():
    """A step: the rank of each value among those of training."""
    return QuantileTransformer(n_quantiles=20)
