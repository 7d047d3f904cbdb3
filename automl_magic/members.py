"""Whose models the result of a run is made of: one trial's, or those of an ensemble's members with their weights."""

from __future__ import annotations

import re
from dataclasses import dataclass

from automl_magic.engine.events import Artefact, Config
from automl_magic.engine.history import History, Trial
from automl_magic.result import model_of

POOL = 16  # trials that may be members
LABEL = "trial "  # before a member's number, in the row of the ensemble


@dataclass(frozen=True)
class Member:
    """A trial and its share in the result."""

    trial: Trial
    weight: float = 1.0

    @property
    def name(self) -> str:
        """The family and the number, as a name in Python: ``hist_gb_3``."""
        return re.sub(r"\W+", "_", f"{model_of(self.trial)}_{self.trial.id}").strip("_")


def pool_of(history: History, most: int = POOL) -> list[Trial]:
    """Return the trials that may be members, the best first: the best one of each family, then the best of all.

    A mean gains by members that err differently: those of other families do.
    """
    done = [trial for trial in history.trials.values() if trial.is_candidate]
    done.sort(key=lambda trial: (-(trial.score or 0.0), trial.id))
    first: dict[str, Trial] = {}
    for trial in done:
        first.setdefault(model_of(trial), trial)
    chosen = dict.fromkeys(trial.id for trial in [*first.values(), *done])
    kept = set(list(chosen)[:most])
    return [trial for trial in done if trial.id in kept]


def weighted(weights: dict[int, float]) -> Config:
    """Return the configuration of an ensemble: the weight of each trial by its number, the heaviest first."""
    heaviest = sorted((weight, -id) for id, weight in weights.items() if weight > 0)[::-1]
    return {"model": "ensemble", **{f"{LABEL}{-id}": round(weight, 6) for weight, id in heaviest}}


def members_of(history: History, best: Trial) -> tuple[Member, ...]:
    """Return the members of the best: itself, or those of the ensemble."""
    if best.id >= 0:
        return (Member(best),)
    weights = {int(label.removeprefix(LABEL)): weight for label, weight in best.config.items() if label != "model"}
    return tuple(Member(history.trial(id), float(weight)) for id, weight in weights.items())


def files_of(trial: Trial, role: str) -> dict[int, Artefact]:
    """Return what a trial left on each fold: "model" or "prediction"."""
    return {fold: result.artefacts[role] for fold, result in trial.scores.items() if role in result.artefacts}


def in_words(members: tuple[Member, ...]) -> str:
    """Return the members in words, the heaviest first."""
    total = sum(member.weight for member in members)
    parts = [f"{member.weight / total:.0%} {model_of(member.trial)} (trial {member.trial.id})" for member in members]
    return ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else parts[0]
