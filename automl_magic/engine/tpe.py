"""The tree-structured Parzen estimator of the default search."""

from __future__ import annotations

from automl_magic.engine.hyperopt_tpe import HyperoptSearcher
from automl_magic.engine.searchers import Searcher
from automl_magic.extend import SEARCHERS


@SEARCHERS.register("tpe")
def tpe() -> Searcher:
    """Propose by a tree-structured Parzen estimator."""
    return HyperoptSearcher("tpe", "tpe")
