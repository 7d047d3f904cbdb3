"""What is said of the winner beside the line to beat, also where one of the two was not finished."""

from __future__ import annotations

from automl_magic.engine.history import BASELINE, History, Trial
from automl_magic.result import model_of, short
from automl_magic.tabular.fallback import LAST_RESORT


def comparison_told(history: History, best: Trial, own: float | None = None) -> list[str]:
    """Return at most one sentence.

    Parameters
    ----------
    history : History
        The run.
    best : Trial
        What is returned.
    own : float, optional
        Its score in the metric's natural sign, where that is another than the trial's: it was calibrated.
    """
    beat, sign = history.baseline(), int(history.about["metric"]["sign"])
    if beat is None or best.config == LAST_RESORT:
        return []
    if beat.state != "done" or beat.score is None:
        return [] if beat.id == best.id else [_unfinished(history, best, beat, sign, is_calibrated=own is not None)]
    own, beaten = sign * (best.score or 0.0) if own is None else own, sign * beat.score
    if (own - beaten) * sign > 0:
        return [f"Over the same folds it has {short(own)}, the untuned baseline {short(beaten)}."]
    if best.origin != BASELINE:
        return [f"Nothing beat the baseline, which has {short(beaten)} over the same folds."]
    others = [trial for trial in history.trials.values() if trial.id >= 0 and trial.id != beat.id]
    if any(trial.state == "done" for trial in others):
        return [f"Nothing beat the untuned baseline ({short(beaten)} over the same folds)."]
    return [_alone(history, beat, [trial for trial in others if trial.scores and trial.state != "failed"], sign)]


def _alone(history: History, beat: Trial, begun: list[Trial], sign: int) -> str:
    """Say that nothing was finished that could have beaten the baseline, and how far the others came."""
    if not begun:
        return "No other trial was finished, and none was scored on any fold: nothing can be said against the baseline."
    furthest = max(begun, key=lambda trial: (len(trial.scores), trial.score or 0.0))
    folds = sorted(furthest.scores)
    number = "1 was" if len(begun) == 1 else f"{len(begun)} were"
    beaten = "" if not set(folds) <= set(beat.scores) else f", the untuned baseline {_mean(beat, folds, sign)} there"
    return (
        f"No other trial was finished: {number} scored on some folds only; the furthest, {model_of(furthest)} "
        f"(trial {furthest.id}), had {_mean(furthest, folds, sign)} on {_of(folds, history)}{beaten}."
    )


def _unfinished(history: History, best: Trial, beat: Trial, sign: int, *, is_calibrated: bool) -> str:
    """Say that the baseline was not finished, and how far it came."""
    if beat.state == "failed":
        return f"The untuned baseline failed, so there is nothing to compare with: {beat.reason}."
    folds = sorted(beat.scores)
    more = " Give more time for a comparison." if history.plan.get("time") is not None else ""
    if not folds:
        return f"The untuned baseline was not scored before the run ended: there is nothing to compare with.{more}"
    can_compare = set(folds) <= set(best.scores) and not is_calibrated
    own = f", where the winner has {_mean(best, folds, sign)}" if can_compare else ""
    had = f"{_mean(beat, folds, sign)} on {_of(folds, history)}{own}"
    return f"The untuned baseline was not finished before the run ended: it had {had}.{more}"


def _mean(trial: Trial, folds: list[int], sign: int) -> str:
    return short(float(sign * sum(trial.scores[fold].score for fold in folds) / len(folds)))


def _of(folds: list[int], history: History) -> str:
    return f"{len(folds)} of {history.folds} folds"
