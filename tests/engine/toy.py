"""A small problem for the engine's tests: no table, no model, an optimum that is known."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from automl_magic.engine.budget import Budget
from automl_magic.engine.events import Config, Event, FoldScore
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.engine.study import Study
from automl_magic.engine.workers import InProcess
from automl_magic.extend import SEARCHERS


def toy_space() -> SearchSpace:
    """Return a space of one number, one whole number and one choice."""
    return compile_space({"x": Float(-5.0, 5.0), "n": Int(1, 9), "kind": Choice("round", "square")})


@dataclass(frozen=True)
class ToyEvaluator:
    """Score -(x - 1)^2 - |n - 3| / 10, with a little noise that depends on seed and fold alone."""

    folds: int = 3
    rungs: int = 1
    seconds: float = 0.0
    fails: str = ""

    def evaluate(self, *, config: Config, fold: int, rung: int, seed: int, trial: int, hidden: bool) -> FoldScore:
        """Score one fold."""
        time.sleep(self.seconds)
        if self.fails == "raise" and config["kind"] == "square":
            raise ValueError("squares cannot be scored")
        if self.fails == "nan" and config["kind"] == "square":
            return FoldScore(math.nan, 0.0)
        noise = (seed % 1000) / 1e5
        return FoldScore(-((config["x"] - 1.0) ** 2) - abs(config["n"] - 3) / 10 + noise, self.seconds)


def toy_study(**fields: Any) -> Study:
    """Return a study of the toy problem in process; `fields` replace its parts."""
    search = fields.pop("search", "random")
    parts: dict[str, Any] = {
        "space": toy_space(),
        "evaluator": ToyEvaluator(),
        "searcher": SEARCHERS.get(search)(),
        "budget": Budget(trials=12),
        "workers": InProcess(),
    }
    return Study(**{**parts, **fields})


def trials_of(events: list[Event]) -> list[tuple[Any, ...]]:
    """Return what must repeat: each started trial with its configuration, and how it ended."""
    from automl_magic.engine.events import TrialEnded, TrialStarted

    started = [
        ("started", event.trial, sorted(event.config.items())) for event in events if isinstance(event, TrialStarted)
    ]
    ended = [("ended", event.trial, event.state, event.score) for event in events if isinstance(event, TrialEnded)]
    return started + sorted(ended)
