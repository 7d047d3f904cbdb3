"""hyperopt's own algorithms, `tpe.suggest` and `anneal.suggest`: asked and told, never through fmin."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

import numpy as np

from automl_magic.engine import hyperopt_space
from automl_magic.engine.events import Config
from automl_magic.engine.history import Trial, View
from automl_magic.engine.order import ranks_of
from automl_magic.engine.searchers import Searcher, first_new, import_ahead, sample_new
from automl_magic.engine.space import SearchSpace
from automl_magic.extend import SEARCHERS

STARTUP = {"tpe": 10, "anneal": 1}  # random draws before TPE; Watanabe 2023 (arXiv 2304.11127), section 5


class HyperoptSearcher:
    """Propose by an algorithm of hyperopt, which is asked and told.

    Every trial is told, the failed ones as failures: hyperopt cannot see exceptions and NaN, and would go on
    proposing what fails. Only the order of losses matters to it, so trials are told by their rank (see `order`).

    Parameters
    ----------
    name : str
        What trials say of it.
    algorithm : str
        "tpe" or "anneal": the module of hyperopt whose `suggest` proposes.

    References
    ----------
    Bergstra, Bardenet, Bengio, Kegl (2011), "Algorithms for Hyper-Parameter Optimization", NeurIPS, section 4.
    """

    def __init__(self, name: str, algorithm: str) -> None:
        self.name = name
        self._algorithm = algorithm
        self._of: SearchSpace | None = None
        self._canonical: SearchSpace | None = None
        self._domain: Any = None
        import_ahead("hyperopt")

    def is_starting(self, view: View) -> bool:
        """Whether too little is known for the algorithm."""
        return len(view.trials) < STARTUP[self._algorithm]

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""
        if self.is_starting(view) or all(parameter.is_fixed for parameter in view.space.parameters):
            return sample_new(view, rng)
        importlib.import_module("hyperopt")  # whole: a module of it alone could meet it half imported by the thread
        from hyperopt.base import trials_from_docs

        if self._of is not view.space or self._canonical is None:
            ordered = replace(view.space, parameters=view.space.ordered)  # the order of writing shall change nothing
            self._of, self._canonical, self._domain = view.space, ordered, hyperopt_space.domain_of(ordered)
        space = self._canonical
        told = trials_from_docs(documents(replace(view, space=space)), validate=False)

        def propose() -> Config:
            (document,) = self._suggest([len(view.trials)], told, int(rng.integers(2**31 - 1)))
            return hyperopt_space.vals_to_config(space, document["misc"]["vals"])

        return first_new(view, rng, propose)

    def _suggest(self, ids: list[int], told: Any, seed: int) -> Any:
        from hyperopt import anneal, tpe

        if self._algorithm == "anneal":
            return anneal.suggest(ids, self._domain, told, seed)
        return tpe.suggest(ids, self._domain, told, seed, n_startup_jobs=0, verbose=False)


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
    return HyperoptSearcher("hyperopt", "tpe")


@SEARCHERS.register("anneal")
def anneal() -> Searcher:
    """Propose by hyperopt's annealing: near one of the best trials, the nearer the more trials there are."""
    return HyperoptSearcher("anneal", "anneal")
