"""The tree-structured Parzen estimator: hyperopt's own `tpe.suggest`, asked and told, never through fmin."""

from __future__ import annotations

import contextlib
import importlib
import sys
import threading
from typing import Any

import numpy as np

from automl_magic.engine import hyperopt_space
from automl_magic.engine.events import Config
from automl_magic.engine.history import Trial, View
from automl_magic.engine.order import ranks_of
from automl_magic.engine.searchers import Searcher, identity, sample_new, seen_in
from automl_magic.engine.space import SearchSpace
from automl_magic.extend import SEARCHERS

STARTUP = 10  # random draws before the estimator; Watanabe 2023 (arXiv 2304.11127), section 5
REDRAWS = 20  # proposals that break a rule or were tried already, before a random draw takes their place


class HyperoptTPE:
    """Propose by hyperopt's TPE.

    Every trial is told, the failed ones as failures: hyperopt cannot see exceptions and NaN, and would go on
    proposing what fails. Only the order of losses matters to TPE, so trials are told by their rank: complete ones by
    score first, then pruned ones by the number of folds and score.

    References
    ----------
    Bergstra, Bardenet, Bengio, Kegl (2011), "Algorithms for Hyper-Parameter Optimization", NeurIPS, section 4.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._of: SearchSpace | None = None
        self._domain: Any = None
        if "hyperopt" not in sys.modules:  # it takes a second: the first proposal shall not wait for it
            threading.Thread(target=_import_ahead, name="automl-hyperopt", daemon=True).start()

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""
        if len(view.trials) < STARTUP or not any(_varies(parameter) for parameter in view.space.parameters):
            return sample_new(view, rng)
        from hyperopt import tpe
        from hyperopt.base import trials_from_docs

        if self._of is not view.space:
            self._of, self._domain = view.space, hyperopt_space.domain_of(view.space)
        told = trials_from_docs(documents(view), validate=False)
        seen = seen_in(view)
        for _ in range(REDRAWS):
            seed = int(rng.integers(2**31 - 1))
            (document,) = tpe.suggest([len(view.trials)], self._domain, told, seed, n_startup_jobs=0, verbose=False)
            config = hyperopt_space.vals_to_config(view.space, document["misc"]["vals"])
            if identity(config) not in seen and view.space.contains(config):
                return config
        return sample_new(view, rng)


def _import_ahead() -> None:
    with contextlib.suppress(ImportError):  # the first proposal says it
        importlib.import_module("hyperopt")


def _varies(parameter: Any) -> bool:
    return len(parameter.options) > 1 if parameter.kind == "choice" else parameter.low < parameter.high


def documents(view: View) -> list[dict[str, Any]]:
    """Return hyperopt's documents of the trials of a view, numbered anew, with ranks as losses."""
    ranks = ranks_of(view.trials)
    return [_document(view.space, number, trial, ranks[number]) for number, trial in enumerate(view.trials)]


def _document(space: SearchSpace, number: int, trial: Trial, rank: int) -> dict[str, Any]:
    from hyperopt.base import JOB_STATE_DONE, STATUS_FAIL, STATUS_OK

    vals = hyperopt_space.config_to_vals(space, trial.config)
    idxs = {label: [number] * len(values) for label, values in vals.items()}
    failed = trial.state == "failed"
    result = {"status": STATUS_FAIL, "failure": trial.reason} if failed else {"status": STATUS_OK, "loss": float(rank)}
    misc = {"tid": number, "cmd": ("domain_attachment", "FMinIter_Domain"), "workdir": None, "idxs": idxs, "vals": vals}
    return {
        "tid": number,
        "state": JOB_STATE_DONE,
        "spec": None,
        "result": result,
        "misc": misc,
        "exp_key": None,
        "owner": None,
        "version": 0,
        "book_time": None,
        "refresh_time": None,
    }


@SEARCHERS.register("hyperopt")
def hyperopt() -> Searcher:
    """Propose by hyperopt's own TPE."""
    return HyperoptTPE("hyperopt")
