"""Race on the first fold: every trial is scored on it, and what is promising there goes on to the others.

A family is worth a whole evaluation when its best trial is among the best families, whatever the score of the others:
a mean of families is better than the best of one. Of what is searched afterwards, the best third goes on.
"""

from __future__ import annotations

from automl_magic.engine.history import BASELINE, Trial, View
from automl_magic.engine.schedulers import Decision, Policy, Promote, StartNew, forgiving
from automl_magic.extend import SCHEDULERS

FAMILIES = 7  # whose best trial goes on
RACE = 0.45  # share of the time after which no first configuration is tried any more before others go on
CHEAP = 0.1  # share of the time left that the line to beat may take at once
ETA = 3  # the best 1 / ETA of all trials go on


class FirstFold:
    """Start what is to be tried first, then promote what is worth it, else start another.

    What a person asked for waits for nothing. Where there is a limit of time, the other first configurations have
    `RACE` of it, and only what can still be finished goes on. A trial goes on when it is the best of its family on the
    first fold and the family among the best `FAMILIES`, or when it is among the best third of all. The line to beat
    goes on at once where that takes little of the time, else as the second one: without it nobody knows what was won.

    References
    ----------
    Feurer, Eggensperger, Falkner, Lindauer, Hutter (2022), "Auto-Sklearn 2.0: Hands-free AutoML via Meta-Learning",
    JMLR 23, section 4.2 (successive halving of a portfolio); Li and others (2020), as of `Halving`.
    """

    leaves = "not promising on the first fold"
    race = RACE
    pauses_baseline = True

    def __call__(self, view: View) -> Decision:
        """Start another trial, or promote a paused one."""
        if view.planted:
            return StartNew()
        beat = next((trial for trial in view.trials if trial.origin == BASELINE and trial.is_waiting), None)
        if beat is not None and (view.left is None or seconds_to_go(beat, view) <= CHEAP * view.left):
            return Promote(beat.id, beat.rung + 1)
        if view.queued and (view.used is None or view.used < RACE):
            return StartNew()
        worth = worthy(view)
        return Promote(worth.id, worth.rung + 1) if worth is not None else StartNew()


def seconds_to_go(trial: Trial, view: View) -> float:
    """Return about how long the folds take that a paused trial lacks."""
    known = [result.seconds for result in trial.scores.values()]
    return max(known, default=0.0) * (view.folds - len(known))


def worthy(view: View) -> Trial | None:
    """Return the paused trial that is to go on next; None where none is worth it, or can be finished in time.

    The line to beat goes before all others once one of them has gone on. When no further trial can start, the best one
    goes on however good it is, if none has gone on.
    """
    scored = [trial for trial in view.trials if 0 in trial.curve and trial.state != "failed"]
    there = sorted(scored, key=lambda trial: (-trial.curve[0], trial.id))
    best: dict[object, Trial] = {}
    for trial in there:
        best.setdefault(trial.config.get("model"), trial)
    chosen = {trial.id for trial in list(best.values())[:FAMILIES]} | {trial.id for trial in there[: len(there) // ETA]}
    chosen |= {trial.id for trial in there if trial.origin == BASELINE}
    if view.is_full and not any(trial.rung > 0 or trial.state == "done" for trial in there):
        chosen |= {trial.id for trial in [trial for trial in there if trial.is_waiting][:1]}
    waiting = [trial for trial in there if trial.is_waiting and trial.id in chosen]
    if any(trial.promotions or trial.state == "done" for trial in there):
        waiting.sort(key=lambda trial: trial.origin != BASELINE)
    return next((one for one in waiting if view.left is None or seconds_to_go(one, view) <= view.left), None)


def mild(trial: Trial, view: View) -> str | None:
    """Stop a trial by the forgiving rule, unless it would be the first complete one of its family.

    Of each family that has gone on one trial is completed: it may be worse alone and still make a mean better.
    """
    family = trial.config.get("model")
    is_first = all(one.state != "done" or one.config.get("model") != family for one in view.trials)
    return None if is_first else forgiving(trial, view)


@SCHEDULERS.register("first_fold")
def first_fold() -> Policy:
    """Score each trial on one fold, and what is promising on all; end early what is worse than the best one's worst."""
    return Policy(mild, FirstFold())
