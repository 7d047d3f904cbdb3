"""A person's own function as an evaluator: it is called with the chosen values and returns one number."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from automl_magic.engine.events import Config, FoldScore
from automl_magic.engine.space import SearchSpace


@dataclass(frozen=True)
class FunctionEvaluator:
    """Evaluate `function(values)`; `sign` is -1 where it is to be made small, +1 where large."""

    function: Callable[[Any], Any]
    space: SearchSpace
    sign: int
    folds: int = 1
    rungs: int = 1

    def evaluate(self, *, config: Config, fold: int, rung: int, seed: int, trial: int, hidden: bool) -> FoldScore:
        """Call the function with the values of `config`.

        Raises
        ------
        TypeError
            If it returns something else than one number.
        """
        begun = time.perf_counter()
        value = self.function(self.space.make(config))
        if isinstance(value, bool | str) or value is None:
            raise TypeError(f"the function must return one number. Got {value!r} instead.")
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise TypeError(f"the function must return one number. Got {type(value).__name__} instead.") from None
        score = self.sign * number if math.isfinite(number) else math.nan
        return FoldScore(score, time.perf_counter() - begun)
