"""What is made when a search on a table has ended: the fitted pipeline, its honest score, the sentences, the script."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from automl_magic.endings import without_result
from automl_magic.engine.events import Artefact
from automl_magic.engine.history import BASELINE, Trial
from automl_magic.engine.seeds import seed_of
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import RunError
from automl_magic.export import Apart, script
from automl_magic.insight import column_worth
from automl_magic.plan import Plan
from automl_magic.problem import Problem
from automl_magic.result import RunResult, model_of, short
from automl_magic.running import Run
from automl_magic.tabular.artefacts import load_vote
from automl_magic.tabular.evaluate import predict_with
from automl_magic.tabular.homemade import homemade_told
from automl_magic.tabular.honest import Score, score_of_trials

NAMED = 3  # columns that the summary names


def finish_search(run: Run[RunResult], problem: Problem, space: SearchSpace, beat: Any) -> RunResult:
    """Return the result of a run that has ended.

    Parameters
    ----------
    run : Run
        The run.
    problem, space : Problem, SearchSpace
        What was searched.
    beat : estimator
        The line to beat: the winner where the run ended before anything else was scored.

    Raises
    ------
    RunError
        If no fold of any trial was scored.
    """
    history = run.history
    best = history.best() or _furthest(run)
    if best is None:
        raise RunError(*without_result(history))
    models = _artefacts(best, "model")
    pipeline = load_vote(run.folder, models, problem.table.task, problem.splits)
    score = _score(run, problem, best)
    baseline = history.baseline()
    sign = problem.metric.sign
    beaten = None if baseline is None or baseline.state != "done" or baseline.score is None else sign * baseline.score
    test_score = None if problem.apart is None else _score_apart(problem, pipeline)
    made = beat if best.hidden else space.make(best.config)
    said = (
        *_told(problem, best, score, beaten, test_score),
        *homemade_told(made),
        *_columns_told(run, problem, best),
        _next(run, best),
    )
    return RunResult(
        name=run.name,
        plan=run.plan,
        history=history,
        events=tuple(run.events),
        best=pipeline,
        score=score,
        baseline=beaten,
        test_score=test_score,
        said=said,
        script=_script(run, problem, best, made),
    )


def _furthest(run: Run[RunResult]) -> Trial | None:
    """Return the unfinished trial with the most scored folds, the better one of equals."""
    scored = [trial for trial in run.history.trials.values() if trial.scores and trial.state != "failed"]
    return max(scored, key=lambda trial: (len(trial.scores), trial.score), default=None)


def _artefacts(trial: Trial, role: str) -> dict[int, Artefact]:
    return {fold: result.artefacts[role] for fold, result in trial.scores.items() if role in result.artefacts}


def _score(run: Run[RunResult], problem: Problem, best: Trial) -> Score:
    """Return the honest score over all trials with every fold; of an unfinished one the plain mean and no interval."""
    if best.state != "done" or best.score is None or run.hurried.is_set():
        value = problem.metric.sign * (best.score or 0.0)
        return Score(value, float("nan"), float("nan"), value)
    done = [trial for trial in run.history.trials.values() if trial.state == "done" and not trial.hidden]
    done.sort(key=lambda trial: (-(trial.score or 0.0), trial.id))
    predictions = [_artefacts(trial, "prediction") for trial in done]
    seed = seed_of(run.plan.seed, "score")
    return score_of_trials(run.folder, predictions, problem.table, problem.splits, problem.metric, seed)


def _score_apart(problem: Problem, pipeline: Any) -> float:
    apart = problem.apart
    assert apart is not None
    task = problem.table.task
    prediction = predict_with(pipeline, apart.X, task, problem.metric)
    return problem.metric.sign * float(problem.metric.score(np.asarray(apart.y), prediction, task.classes))


def _told(problem: Problem, best: Trial, score: Score, beaten: float | None, test_score: float | None) -> list[str]:
    """Return the sentences about task, winner, score and gain."""
    label = problem.metric.label + (" (lower is better)" if problem.metric.sign < 0 else "")
    interval = "" if not np.isfinite(score.low) else f", 95 % interval {short(score.low)} to {short(score.high)}"
    name, value = f"{model_of(best)} (trial {best.id})", f"{label} {short(score.value)}"
    won = f"{name} won: {value}{interval}, corrected for the search (uncorrected {short(score.naive)})."
    if best.state != "done":
        folds = f"{len(best.scores)} of {len(problem.splits.pairs)} folds"
        won = f"{name} was furthest when the run ended: {value} on {folds}, no interval."
    sentences = [problem.table.task.why, won]
    if beaten is not None:
        sentences.append(_gain(problem, best, beaten))
    if test_score is not None:
        sentences.append(f"On the rows kept apart: {label} {short(test_score)}.")
    votes = len(problem.splits.voters) if best.state == "done" else len(best.scores)
    sentences.append(
        "best is a fitted pipeline that takes the raw table"
        + (f": the mean of its {votes} fold models." if votes > 1 else ".")
    )
    return sentences


def _gain(problem: Problem, best: Trial, beaten: float) -> str:
    own = problem.metric.sign * (best.score or 0.0)
    if best.origin == BASELINE:
        return f"Nothing beat the untuned baseline ({short(beaten)} over the same folds)."
    better = (own - beaten) * problem.metric.sign
    if better <= 0:
        return f"Nothing beat the baseline, which has {short(beaten)} over the same folds."
    return f"Over the same folds it has {short(own)}, the untuned baseline {short(beaten)}."


def _columns_told(run: Run[RunResult], problem: Problem, best: Trial) -> list[str]:
    """Return a sentence on the columns that the winner uses most, measured on rows that its first model did not see."""
    models = _artefacts(best, "model")
    fold = min(models, default=None)
    if fold is None or run.hurried.is_set():
        return []
    model = load_vote(run.folder, {fold: models[fold]}, problem.table.task)
    held_out = problem.splits.pairs[fold][1]
    task = problem.table.task

    def score(X: pd.DataFrame, y: Any) -> float:
        return float(problem.metric.score(y, predict_with(model, X, task, problem.metric), task.classes))

    worths = column_worth(score, problem.table.X.iloc[held_out], problem.table.y[held_out], run.plan.seed)
    if not worths:
        return []
    named = [f"{worth.column} ({short(worth.loss)})" for worth in worths[:NAMED]]
    return [f"It uses these columns most (loss in {problem.metric.label} when shuffled): {', '.join(named)}."]


def _next(run: Run[RunResult], best: Trial) -> str:
    """Return one sentence on what to do next."""
    last = max(run.history.trials, default=0)
    if run.plan.time is not None and best.id > 0.8 * last:
        return "The best came late: more --time may bring more."
    return (
        "Next: `%automl code` writes the plain scikit-learn script; "
        "narrow the space to where the good trials lie and search again."
    )


def _script(run: Run[RunResult], problem: Problem, best: Trial, pipeline: Any) -> str:
    """Return the script that makes the winner again: the same rows, the same folds, the same seeds."""
    seeds = {fold: seed_of(best.seed, fold) for fold in best.scores}
    plan = run.plan
    source, apart = _source(run), _apart(plan, problem)
    return script(
        pipeline, problem.table, problem.splits, seeds, source=source, group=plan.group, order=plan.order, apart=apart
    )


def _source(run: Run[RunResult]) -> str | None:
    """Return the path of the file that holds table and target, or None where there is none."""
    name = run.history.about.get("names", {}).get("data")
    return str(name) if name and run.plan.target is not None and PurePath(str(name)).suffix else None


def _apart(plan: Plan, problem: Problem) -> Apart | None:
    """Return how rows were kept apart, where that was a share of the table."""
    if plan.test is None or problem.apart is None:
        return None
    labels = np.concatenate([problem.table.y, problem.apart.y])
    classes = problem.table.task.kind != "regression"
    return Apart(plan.test, plan.seed, classes and bool(np.unique(labels, return_counts=True)[1].min() >= 2))
