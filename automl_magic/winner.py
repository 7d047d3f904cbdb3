"""What `best` is made of: the models of the winner's folds, put together, and the script that makes them again."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from automl_magic.calibration import found_in
from automl_magic.engine.caps import is_verdict
from automl_magic.engine.events import Artefact, RunResumed
from automl_magic.engine.history import BASELINE, History, Trial
from automl_magic.engine.seeds import seed_of
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import AutoMLError, RunError
from automl_magic.export import Apart, Part, script
from automl_magic.members import Member, files_of, members_of
from automl_magic.problem import Problem
from automl_magic.refit import models_of
from automl_magic.result import ranked
from automl_magic.running import Run
from automl_magic.tabular.artefacts import load_vote
from automl_magic.tabular.calibrating import Calibration, calibrated
from automl_magic.tabular.ensemble import EnsembleClassifier, EnsembleRegressor
from automl_magic.tabular.evaluate import predict_with
from automl_magic.tabular.fallback import LAST_RESORT, guess, shortened
from automl_magic.tabular.splits import Splits


@dataclass(frozen=True)
class Winner:
    """The members of the result with the files of their models.

    Attributes
    ----------
    members : tuple of Member
        One, or those of an ensemble.
    files : tuple of dict
        The models of each by fold.
    refitted : str or None
        A sentence where some had to be fitted again.
    calibration : Calibration or None
        What of the result was calibrated.
    """

    members: tuple[Member, ...]
    files: tuple[dict[int, Artefact], ...]
    refitted: str | None = None
    calibration: Calibration | None = None

    @property
    def folds(self) -> list[int]:
        """The folds of which every member left a model."""
        return sorted(set.intersection(*(set(files) for files in self.files)))

    @classmethod
    def of(cls, history: History, best: Trial) -> Winner:
        """Return the winner as its trials left it."""
        members = members_of(history, best)
        files = tuple(files_of(member.trial, "model") for member in members)
        return cls(members, files, calibration=found_in(history))

    def pipeline(self, folder: Path, problem: Problem, fold: int | None = None) -> Any:
        """Return the fitted pipeline; with `fold`, that of the models that did not see its rows.

        Raises
        ------
        RunError
            If a model is gone, or is not what this person's run wrote.
        """
        task = problem.table.task
        splits: Splits | None = problem.splits if fold is None else None
        chosen = [files if fold is None else {fold: files[fold]} for files in self.files]
        return self._worn(self._together([load_vote(folder, files, task, splits) for files in chosen], problem))

    def calibrated(self, pipeline: Any, calibration: Calibration) -> tuple[Winner, Any]:
        """Return the winner with a calibration, and so its pipeline, which has none yet."""
        winner = replace(self, calibration=calibration)
        return winner, winner._worn(pipeline)

    def predict(self, pipeline: Any, X: Any, problem: Problem) -> Any:
        """Return what the metric scores of the whole result, or of one of its folds; see `predict_with`.

        With a threshold the class that is called has the chance 1.
        """
        task = problem.table.task
        prediction = predict_with(pipeline, X, task, problem.metric)
        if self.calibration is None or self.calibration.kind != "threshold":
            return prediction
        return calibrated("threshold", self.calibration.value, prediction)

    def _worn(self, pipeline: Any) -> Any:
        if self.calibration is None:
            return pipeline
        return Pipeline([(self.calibration.kind, self.calibration.worn_by(self._inner(pipeline)))])

    def _inner(self, pipeline: Any) -> Any:
        """Return the vote or the ensemble in a pipeline that wears no calibration."""
        return _bare(pipeline) if len(self.members) == 1 else pipeline[-1]

    def of_fold(self, pipeline: Any, folder: Path, problem: Problem, fold: int) -> Any:
        """Return what `pipeline` returns for a fold, out of the whole pipeline where that holds the models.

        Raises
        ------
        RunError
            As `pipeline` does, where a model has to be read.
        """
        voters = problem.splits.voters
        if fold not in voters:
            return self.pipeline(folder, problem, fold)
        whole = self._inner(pipeline) if self.calibration is None else pipeline[-1].estimator_
        votes = [whole] if len(self.files) == 1 else [_bare(vote) for vote in whole.members_]
        chosen = []
        for vote, files in zip(votes, self.files, strict=True):
            place = [number for number in sorted(files) if number in voters].index(fold)
            chosen.append(vote.pipelines_[place] if hasattr(vote, "pipelines_") else vote)
        return self._worn(self._together(chosen, problem))

    def _together(self, votes: list[Any], problem: Problem) -> Any:
        task = problem.table.task
        if len(votes) == 1:
            return votes[0]
        named = [(member.name, _bare(vote)) for member, vote in zip(self.members, votes, strict=True)]
        weights = [member.weight for member in self.members]
        if task.kind == "regression":
            mean: Any = EnsembleRegressor(named, weights)
        else:
            mean = EnsembleClassifier(named, weights)
            whole = [vote.classes_ for vote in votes if len(vote.classes_) == len(task.classes)]
            mean.classes_ = whole[0] if whole else np.asarray(task.classes)
        mean.members_ = [vote for _, vote in named]
        return Pipeline([("ensemble", mean)])


def _bare(vote: Any) -> Any:
    """Return the vote without the pipeline of one step around it."""
    return vote.named_steps["vote"] if list(getattr(vote, "named_steps", ())) == ["vote"] else vote


def winning(history: History) -> Trial | None:
    """Return the trial whose models are the result: the best one; where none is done, the one that got furthest."""
    best = history.best()
    if best is not None:
        return best
    trials = history.trials.values()
    scored = [trial for trial in trials if trial.scores and trial.state != "failed" and not is_verdict(trial.reason)]
    if history.plan.get("monotone") and history.about.get("baseline") is not None:  # nobody knows what that keeps
        scored = [trial for trial in scored if not (trial.hidden and trial.origin == BASELINE)]
    return max(scored, key=lambda trial: (_rank(trial), len(trial.scores), trial.score), default=None)


def _rank(trial: Trial) -> int:
    """Return how good a fallback a trial is: what was fitted on all rows, on a sample of them, a guess."""
    return 0 if trial.config == LAST_RESORT else 1 if trial.hidden and "rows" in trial.config else 2


def winner_of(
    run: Run[Any], problem: Problem, space: SearchSpace, beat: Any, members: tuple[Member, ...]
) -> tuple[Winner, Any]:
    """Return the winner and its pipeline; of a run that was taken up again, models that are gone are fitted again.

    Raises
    ------
    RunError
        If models are gone for another reason.
    """
    winner = Winner(members, tuple(files_of(member.trial, "model") for member in members))
    try:
        return winner, winner.pipeline(run.folder, problem)
    except RunError:
        if not any(isinstance(event, RunResumed) for event in run.events):
            raise
    found = [models_of(run, problem, space, beat, member.trial) for member in members]
    told = [sentence for _, sentence in found if sentence is not None]
    winner = Winner(members, tuple(files for files, _ in found), " ".join(told) or None)
    return winner, winner.pipeline(run.folder, problem)


def winner_or_next(
    run: Run[Any], problem: Problem, space: SearchSpace, beat: Any, best: Trial
) -> tuple[Trial, Winner, Any, list[str]]:
    """Return the best with what it is made of, as of `winner_of`; where an ensemble cannot be, the best single trial.

    The list holds a sentence where that was so.

    Raises
    ------
    RunError
        If the models of the best cannot be had; of an ensemble, if those of no trial can.
    """
    members = members_of(run.history, best)
    try:
        return best, *winner_of(run, problem, space, beat, members), []
    except Exception as error:  # to read a fitted model is to run what it holds: anything may be raised
        if len(members) < 2:
            raise
        failure = error
    why = failure.message.removesuffix(".") if isinstance(failure, AutoMLError) else type(failure).__name__
    alone = [trial for trial in ranked(run.history) if trial.is_candidate]
    for trial in alone:
        try:
            winner, pipeline = winner_of(run, problem, space, beat, (Member(trial),))
        except RunError:
            continue
        return trial, winner, pipeline, [f"The ensemble could not be put together ({why}): best is a single trial."]
    raise failure


def estimator_of(problem: Problem, member: Member, beat: Any, space: SearchSpace) -> Any:
    """Return what a member fits, not fitted."""
    trial = member.trial
    if trial.hidden:
        if trial.config == LAST_RESORT:
            return guess(problem.table.task)
        return shortened(copy.deepcopy(beat), trial.config["rounds"]) if "rounds" in trial.config else beat
    return space.make(trial.config)


def script_of(run: Run[Any], problem: Problem, winner: Winner, made: list[Any]) -> str:
    """Return the script that makes the winner again: the same rows, the same folds, the same seeds."""
    members, kept = winner.members, []
    config = members[0].trial.config
    if members[0].trial.hidden and "rows" in config and config != LAST_RESORT:
        kept.append(f"The winner learnt from {config['rows']:,} rows of each fold for lack of time; here all are.")
    parts = [
        Part(
            member.name,
            estimator,
            {fold: seed_of(member.trial.seed, fold) for fold in member.trial.scores},
            member.weight,
            {fold: result.rounds for fold, result in member.trial.scores.items()},
        )
        for member, estimator in zip(members, made, strict=True)
    ]
    plan = run.plan
    source, apart = _source(run), _apart(run, problem)
    told: dict[str, Any] = {"source": source, "group": plan.group, "order": plan.order, "apart": apart, "remarks": kept}
    told["calibration"] = winner.calibration
    if len(parts) == 1:
        return script(parts[0].pipeline, problem.table, problem.splits, parts[0].seeds, parts[0].rounds, **told)
    return script(parts, problem.table, problem.splits, **told)


def _source(run: Run[Any]) -> str | None:
    """Return the path of the file that holds table and target, or None where there is none."""
    name = run.history.about.get("names", {}).get("data")
    return str(name) if name and run.plan.target is not None and PurePath(str(name)).suffix else None


def _apart(run: Run[Any], problem: Problem) -> Apart | None:
    """Return how rows were kept apart, where that was a share of the table."""
    if run.plan.test is None or problem.apart is None:
        return None
    labels = np.concatenate([problem.table.y, problem.apart.y])
    classes = problem.table.task.kind != "regression"
    smallest = int(np.unique(labels, return_counts=True)[1].min()) if classes else 0
    return Apart(run.plan.test, run.plan.seed, smallest >= 2)
