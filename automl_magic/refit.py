"""The winner's fold models: as the run left them, or fitted again where they cannot be had."""

from __future__ import annotations

from typing import Any

from automl_magic.engine.events import Artefact
from automl_magic.engine.history import Trial
from automl_magic.engine.seeds import seed_of
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import RunError
from automl_magic.problem import Problem
from automl_magic.running import Run
from automl_magic.tabular.artefacts import read_model
from automl_magic.tabular.evaluate import TableEvaluator


def models_of(
    run: Run[Any], problem: Problem, space: SearchSpace, beat: Any, best: Trial
) -> tuple[dict[int, Artefact], str | None]:
    """Return the fitted models of a trial by fold, and a sentence where some had to be fitted again.

    A run that is taken up again may find that they were deleted, or that they are not what its record says: then the
    same configuration is fitted on the same rows with the same seed.

    Raises
    ------
    RunError
        If a fold cannot be fitted again.
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
    parts = (problem.table, problem.splits, problem.metric, problem.beside, space, str(run.folder))
    evaluator = TableEvaluator(*parts, baseline=beat)
    for fold in missing:
        seed = seed_of(best.seed, fold)
        scored = evaluator.evaluate(best.config, fold, seed=seed, trial=best.id, hidden=best.hidden)
        found[fold] = scored.artefacts["model"]
    models = "model" if len(missing) == 1 else "models"
    return found, f"{len(missing)} fold {models} of the winner could not be read and had to be fitted again."
