"""Half estimator, half evolution: the joint estimator proposes, and in turn one of the best trials is changed."""

from __future__ import annotations

import numpy as np

from automl_magic.engine.events import Config
from automl_magic.engine.evolution import mutated
from automl_magic.engine.history import View
from automl_magic.engine.joint import Settings
from automl_magic.engine.order import order_of_trial
from automl_magic.engine.search_options import whole_number
from automl_magic.engine.searchers import Searcher, first_new
from automl_magic.engine.tpe import JointTPE
from automl_magic.extend import SEARCHERS

STARTUP = 10  # random draws before the estimator: architectures are dear, and few are ever tried


class Hybrid:
    """Propose by the joint estimator at even steps, and at odd ones change one of the best trials in one place.

    In spaces of choices alone, as those of architectures are, the estimator finds the region and soon proposes what it
    knows; a change of one place goes through what lies beside the best.

    Parameters
    ----------
    best : int
        From how many of the best trials one is drawn to be changed.
    """

    name = "hybrid"

    def __init__(self, best: int) -> None:
        self.best = whole_number(self.name, "best", best, 1)
        self._estimator = JointTPE(self.name, Settings(startup=STARTUP))

    def is_starting(self, view: View) -> bool:
        """Whether too little is known for the estimator."""
        return self._estimator.is_starting(view)

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""
        if self.is_starting(view) or view.asked % 2 == 0:
            return self._estimator(view, rng)
        parents = sorted(view.trials, key=order_of_trial)[: self.best]
        return first_new(view, rng, lambda: mutated(view.space, parents[rng.integers(len(parents))].config, rng))


@SEARCHERS.register("hybrid")
def hybrid(best: int = 5) -> Searcher:
    """Alternate the joint estimator and changes of the best trials."""
    return Hybrid(best)
