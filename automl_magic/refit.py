"""The winner's fold models: as the run left them, or fitted again where they cannot be had."""

from __future__ import annotations

import tempfile
from typing import Any

from automl_magic.engine.events import Artefact
from automl_magic.engine.history import Trial
from automl_magic.engine.sealing import own_key
from automl_magic.engine.seeds import seed_of
from automl_magic.engine.space import SearchSpace
from automl_magic.engine.spare import drop_spare, spare_of
from automl_magic.errors import RunError
from automl_magic.problem import Problem
from automl_magic.running import Run
from automl_magic.tabular.artefacts import read_model, write_artefact
from automl_magic.tabular.evaluate import TableEvaluator


def models_of(
    run: Run[Any], problem: Problem, space: SearchSpace, beat: Any, best: Trial
) -> tuple[dict[int, Artefact], str | None]:
    """Return the fitted models of a trial by fold, and a sentence where some had to be fitted again.

    A run that is taken up again may find that they were deleted, or that they are not what its record says: then the
    same configuration is fitted on the same rows with the same seed.

    Raises
    ------
    Exception
        What the model raises where it cannot be fitted again.
    """
    found: dict[int, Artefact] = {}
    missing = []
    for fold, result in sorted(best.scores.items()):
        artefact = result.artefacts.get("model")
        try:
            if artefact is None:
                raise RunError("no model was kept")
            read_model(run.folder, artefact)
            found[fold] = artefact
        except RunError:
            missing.append(fold)
    if not missing:
        return found, None
    with tempfile.TemporaryDirectory(prefix="automl-refit-") as apart:  # what the record names stays as it is
        parts = (problem.table, problem.splits, problem.metric, problem.beside, space, apart)
        evaluator = TableEvaluator(*parts, baseline=beat)
        for fold in missing:
            seed = seed_of(best.seed, fold)
            rounds = best.scores[fold].rounds
            scored = evaluator.evaluate(best.config, fold, seed=seed, trial=best.id, hidden=best.hidden, rounds=rounds)
            content = read_model(apart, scored.artefacts["model"])
            name = f"trial-{best.id:05d}-fold-{fold:02d}-model-again.pkl"
            found[fold] = write_artefact(run.folder, name, content, own_key(), str(spare_of(run.folder)))
        drop_spare(apart)
    models = "model of the winner was" if len(missing) == 1 else "models of the winner were"
    return found, f"{len(missing)} fold {models} not there any more, or not yours, and fitted again."
