"""What is made when a search on a table has ended: the fitted pipeline, its honest score, the sentences, the script."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from automl_magic.calibration import FOUND, Calibrated, calibrated_at_end, calibration_told
from automl_magic.column_importance import TOPIC
from automl_magic.comparison import comparison_told
from automl_magic.endings import without_result
from automl_magic.engine.events import Finding
from automl_magic.engine.history import History, Trial
from automl_magic.engine.seeds import seed_of
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import RunError
from automl_magic.limits import caps_of, limits_told, nothing_kept
from automl_magic.measuring_columns import measured_at_end
from automl_magic.members import files_of, in_words, members_of
from automl_magic.plan import NETWORK
from automl_magic.problem import Problem
from automl_magic.result import RunResult, model_of, short
from automl_magic.running import Run
from automl_magic.tabular.artefacts import read_predictions
from automl_magic.tabular.evaluate import one_thread
from automl_magic.tabular.fallback import LAST_RESORT
from automl_magic.tabular.homemade import homemade_told
from automl_magic.tabular.honest import Score, score_of_trials
from automl_magic.tabular.models import demands_told
from automl_magic.tabular.row_weights import weights_told
from automl_magic.winner import Winner, estimator_of, script_of, winner_or_next, winning

FIRST_ROWS = 500  # rows kept apart that are scored first, to see how long it takes
NOT_MEASURED = "No time was left to see which columns it uses: best_run.column_importance(data) measures it."


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
    with one_thread():  # two threads that share busy processors take thirty times as long as one
        return _finish(run, problem, space, beat)


def _finish(run: Run[RunResult], problem: Problem, space: SearchSpace, beat: Any) -> RunResult:
    history = run.history
    best = winning(history)
    if best is None:
        raise RunError(*(nothing_kept(history, caps_of(run.plan)) or without_result(history)))
    best, winner, pipeline, instead = winner_or_next(run, problem, space, beat, best)
    found, failed = _calibrated(run, problem, best)
    if found is not None:
        winner, pipeline = winner.calibrated(pipeline, found.calibration)
        run.keep(Finding(FOUND, found.calibration.to_json(), run.history.seconds))
    members = winner.members
    score = _score(run, problem, best, found)
    baseline = history.baseline()
    sign = problem.metric.sign
    beaten = None if baseline is None or baseline.state != "done" or baseline.score is None else sign * baseline.score
    test_score, unseen = (None, 0) if problem.apart is None else score_apart(problem, winner, pipeline, run.left)
    made = [estimator_of(problem, member, beat, space) for member in members]
    told = [*_told(history, problem, best, winner, score), *_apart_told(problem, test_score, unseen)]
    parts = (pipeline, lambda X: winner.predict(pipeline, X, problem), problem.table, run.left())
    told += demands_told(problem.table, run.plan.models, run.plan.exclude, (NETWORK,) if run.plan.nas else ())
    told += limits_told(history, caps_of(run.plan), best, *parts)
    told += dict.fromkeys(sentence for one in made for sentence in homemade_told(one))
    told += [*instead, *failed, *([] if winner.refitted is None else [winner.refitted])]
    said = (*told, *_columns_told(run, problem, winner, pipeline, best), _next(run, best))
    return RunResult(
        name=run.name,
        plan=run.plan,
        history=history,
        events=tuple(run.events),
        folder=run.folder,
        best=pipeline,
        score=score,
        baseline=beaten,
        test_score=test_score,
        said=said,
        script=script_of(run, problem, winner, made),
        space=run.space() or space,
    )


def _calibrated(run: Run[RunResult], problem: Problem, best: Trial) -> tuple[Calibrated | None, list[str]]:
    """Return what of the winner is calibrated, and a sentence where that failed."""
    try:
        return calibrated_at_end(run, problem, best), []
    except Exception as error:  # a metric of a person's own may refuse what is tried: that must not cost the result
        return None, [f"Nothing was calibrated: {type(error).__name__}."]


def _score(run: Run[RunResult], problem: Problem, best: Trial, found: Calibrated | None) -> Score:
    """Return the honest score over all trials with every fold; of an unfinished one the plain mean and no interval.

    The winner with its calibration is one more candidate, ahead of the trials: to calibrate is a choice, too.
    """
    if best.state != "done" or best.score is None or run.left() <= 0:
        value = problem.metric.sign * (best.score or 0.0) if found is None else found.calibration.after
        return Score(value, float("nan"), float("nan"), value)
    done = [trial for trial in run.history.trials.values() if trial.is_candidate]
    done.sort(key=lambda trial: (-(trial.score or 0.0), trial.id))
    # one whose models cannot be read may be better: what is returned was chosen among the others
    done = done[done.index(best) :] if best in done else [best, *done]
    parts = (problem.table, problem.splits, problem.metric, seed_of(run.plan.seed, "score"), run.left)
    ahead = () if found is None else (found.prediction,)
    try:
        return score_of_trials(run.folder, [files_of(trial, "prediction") for trial in done], *parts, ahead)
    except RunError:  # of a run that is taken up again, predictions may be gone
        there = [trial for trial in done if _is_there(run, trial)]
    if best not in there:
        value = problem.metric.sign * best.score
        return Score(value, float("nan"), float("nan"), value)
    return score_of_trials(run.folder, [files_of(trial, "prediction") for trial in there], *parts, ahead)


def _is_there(run: Run[RunResult], trial: Trial) -> bool:
    """Whether the predictions of a trial can be read."""
    try:
        return len(read_predictions(run.folder, files_of(trial, "prediction"))) > 0
    except (RunError, ValueError):
        return False


def score_apart(problem: Problem, winner: Winner, pipeline: Any, left: Callable[[], float]) -> tuple[float | None, int]:
    """Score the winner on the rows kept apart, part by part; return also for how many rows no time was left."""
    apart, metric = problem.apart, problem.metric
    assert apart is not None
    rows = np.random.default_rng(0).permutation(len(apart.y)) if np.isfinite(left()) else np.arange(len(apart.y))
    done, size, parts = 0, FIRST_ROWS if np.isfinite(left()) else len(rows), []
    while done < len(rows) and size > 0 and left() > 0:
        begun = time.perf_counter()
        parts.append(winner.predict(pipeline, apart.X.iloc[rows[done : done + size]], problem))
        done += len(parts[-1])
        size = int(min(4 * size, 0.5 * left() * size / (time.perf_counter() - begun))) if np.isfinite(left()) else size
    if not parts:
        return None, len(rows)
    counted = None if apart.weights is None else apart.weights[rows[:done]]
    predicted, classes = np.concatenate(parts), problem.table.task.classes
    score = metric.score(np.asarray(apart.y)[rows[:done]], predicted, classes, counted)
    return metric.sign * float(score), len(rows) - done


def _apart_told(problem: Problem, score: float | None, unseen: int) -> list[str]:
    if problem.apart is None:
        return []
    rows = len(problem.apart.y)
    if score is None:
        return ["No time was left for the rows kept apart: they were not scored."]
    on = "the rows kept apart" if not unseen else f"{rows - unseen} of the {rows} rows kept apart (no time for more)"
    alike = problem.table.weights is not None and problem.apart.weights is None
    return [f"On {on}{', which have no weights' * alike}: {_label(problem)} {short(score)}."]


def _label(problem: Problem) -> str:
    return problem.metric.label + (" (lower is better)" if problem.metric.sign < 0 else "")


def _told(history: History, problem: Problem, best: Trial, winner: Winner, score: Score) -> list[str]:
    """Return the sentences about task, winner, score and gain."""
    members, calibration = winner.members, winner.calibration
    label = _label(problem)
    interval = "" if not np.isfinite(score.low) else f", 95 % interval {short(score.low)} to {short(score.high)}"
    is_mean = best.id < 0
    name = f"an ensemble of {len(members)} trials" if is_mean else f"{model_of(best)} (trial {best.id})"
    value = f"{label} {short(score.value)}"
    name = name[0].upper() + name[1:] if is_mean else name
    won = f"{name} won: {value}{interval}, corrected for the search (uncorrected {short(score.naive)})."
    if best.state == "done" and not interval:
        why = score.why or "no time was left for that"
        won = f"{name} won: {value}, not corrected for the search: {why}."
    elif best.state != "done":
        folds = f"{len(best.scores)} of {len(problem.splits.pairs)} folds"
        won = f"{name} was furthest when the run ended: {value} on {folds}, no interval."
    sentences = [problem.table.task.why, *weights_told(problem.table), won, *_short_of_time(problem, best)]
    if score.rows is not None:
        sentences.append(
            f"{problem.metric.label} grows with the number of rows: it is told for {short(score.rows)}, as many as a "
            "fold has."
        )
    sentences += comparison_told(history, best, None if calibration is None else calibration.after)
    votes = len(problem.splits.voters) if best.state == "done" else len(best.scores)
    if is_mean:
        sentences.append(f"It is the weighted mean of {in_words(members)}; --no-ensemble returns a single pipeline.")
    if calibration is not None:
        sentences.append(calibration_told(calibration, problem))
    sentences.append(
        "best is a fitted pipeline that takes the raw table"
        + (f": the mean of {'their' if is_mean else 'its'} {votes} fold models." if votes > 1 else ".")
    )
    return sentences


def _short_of_time(problem: Problem, best: Trial) -> list[str]:
    """Say aloud that the winner is a fallback."""
    if best.hidden and best.config == LAST_RESORT:
        what = "the mean" if problem.table.task.kind == "regression" else "the classes' shares"
        return [f"The time was too short for a single fit: best only guesses ({what}). Give more time or fewer rows."]
    if best.hidden and "rows" in best.config:
        learnt = len(problem.splits.pairs[0][0])
        rounds = f", in {best.config['rounds']} rounds" if "rounds" in best.config else ""
        of = f"{best.config['rows']:,} of {learnt:,} rows{rounds}"
        return [f"The time was too short for a whole fit: it learnt from {of}. Give more time."]
    return []


def _columns_told(run: Run[RunResult], problem: Problem, winner: Winner, pipeline: Any, best: Trial) -> list[str]:
    """Measure what each column is worth, keep it in the record, and return sentences on it."""
    try:
        found = measured_at_end(run, problem, winner, pipeline, best)
    except Exception as error:  # a model of a person's own may refuse shuffled rows: that must not cost the result
        return [f"Which columns it uses could not be measured: {type(error).__name__}."]
    if found is None:
        is_told = best.config != LAST_RESORT and len(winner.folds) > 0 and not run.hurried.is_set()
        return [NOT_MEASURED] if is_told else []
    run.keep(Finding(TOPIC, found.to_json(), run.history.seconds))
    return found.told(problem.metric.label)


def _next(run: Run[RunResult], best: Trial) -> str:
    """Return one sentence on what to do next."""
    last = max(run.history.trials, default=0)
    latest = max(member.trial.id for member in members_of(run.history, best))
    if run.plan.time is not None and latest > 0.8 * last:
        return "The best came late: more --time may bring more."
    return (
        "Next: `%automl code` writes the plain scikit-learn script; "
        "narrow the space to where the good trials lie and search again."
    )
