"""A toy problem with rungs: learning curves of which one knows how they end, and a state that is kept on the disk."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl_magic.engine.budget import Budget
from automl_magic.engine.events import Config, Event, FoldScore, TrialEnded, TrialPaused, TrialPromoted, TrialStarted
from automl_magic.engine.halving import Halving
from automl_magic.engine.history import History
from automl_magic.engine.ladder import Rung
from automl_magic.engine.study import Study
from tests.engine.toy import toy_study

SHARES = (1 / 27, 1 / 9, 1 / 3, 1.0)
EPOCHS = tuple(round(27 * share) for share in SHARES)


def loss_of(config: Config) -> float:
    """Return where the curve of a configuration ends."""
    return float((config["x"] - 1.0) ** 2 + abs(config["n"] - 3) / 10)


@dataclass(frozen=True)
class CurveEvaluator:
    """Train epoch by epoch: the loss falls to its end as 1 / epochs, the slower the larger `n`.

    Attributes
    ----------
    folder : str
        Where the state of a fold lies: the epochs that it has had, and how many it had to train. Empty: nowhere.
    dies : tuple of (int, int)
        At the first try of this trial and level the process is killed.
    """

    folds: int = 1
    rungs: int = 4
    shares: tuple[float, ...] = SHARES
    folder: str = ""
    seconds: float = 0.0
    dies: tuple[int, int] = (-1, -1)

    def evaluate(
        self,
        *,
        config: Config,
        fold: int,
        rung: int,
        seed: int,
        trial: int,
        hidden: bool,
        state: FoldScore | None = None,
    ) -> FoldScore:
        """Train on from the state, and score."""
        time.sleep(self.seconds)
        if (trial, rung) == self.dies and os.getpid() != int(self.folder.rsplit("-", 1)[-1]):
            os._exit(9)
        had = self._had(trial, fold, state)
        loss = loss_of(config) + config["n"] / EPOCHS[rung] + (seed % 1000) / 1e5
        trained = had["trained"] + EPOCHS[rung] - had["epochs"]
        if self.folder:
            own = Path(self.folder, f"{trial}-{fold}-{rung}.json")
            own.write_text(json.dumps({"epochs": EPOCHS[rung], "trained": trained, "by": os.getpid()}))
        return FoldScore(-loss, self.seconds, {"rung": float(rung), "trained": float(trained)})

    def _had(self, trial: int, fold: int, state: FoldScore | None) -> dict[str, int]:
        if state is None or not self.folder:
            return {"epochs": 0, "trained": 0}
        own = Path(self.folder, f"{trial}-{fold}-{round(state.scores['rung'])}.json")
        return dict(json.loads(own.read_text())) if own.exists() else {"epochs": 0, "trained": 0}


@dataclass(frozen=True)
class LadderEvaluator:
    """Score folds without levels, under a ladder of its own."""

    folds: int = 4
    rungs: int = 1
    ladder: tuple[Rung, ...] = (Rung(1), Rung(2), Rung(4))

    def evaluate(self, *, config: Config, fold: int, rung: int, seed: int, trial: int, hidden: bool) -> FoldScore:
        """Score one fold."""
        return FoldScore(-loss_of(config) - fold / 100, 0.0)


def climbing_study(**fields: Any) -> Study:
    """Return a study of the toy problem under successive halving."""
    parts: dict[str, Any] = {"evaluator": CurveEvaluator(), "scheduler": Halving(3), "budget": Budget(trials=27)}
    return toy_study(**{**parts, **fields})


def decided(events: Iterable[Event]) -> list[tuple[Any, ...]]:
    """Return what must repeat: each decision with its step, each pause, each end, each in the order of trials."""
    found: list[tuple[Any, ...]] = []
    for event in events:
        if isinstance(event, TrialStarted) and event.attempt == 1:
            found.append((event.trial, 0, "started", event.step, str(sorted(event.config.items()))))
        elif isinstance(event, TrialPromoted):
            found.append((event.trial, event.rung, "promoted", event.step, ""))
        elif isinstance(event, TrialPaused):
            found.append((event.trial, event.rung, "paused", 0, ""))
        elif isinstance(event, TrialEnded):
            found.append((event.trial, 9, event.state, event.score, event.reason))
    return sorted(found, key=str)


def told(history: History) -> list[tuple[Any, ...]]:
    """Return what a run comes to: each trial with what was tried, how far it came, and how it ended."""
    return [
        (trial.id, sorted(trial.config.items()), trial.promotions, trial.state, trial.score, trial.reason, trial.curve)
        for trial in history.trials.values()
    ]
