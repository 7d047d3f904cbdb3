"""Successive halving without waiting: a trial pauses on each rung, and the best share of a rung is promoted."""

from __future__ import annotations

from automl_magic.engine.history import Trial, View
from automl_magic.engine.schedulers import Decision, Policy, Promote, StartNew
from automl_magic.extend import SCHEDULERS

SHARES = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 6: "sixth", 8: "eighth", 10: "tenth"}


class Halving:
    """Promote the best 1/`eta` of a rung, the highest rung first; where none waits to be promoted, start another.

    The first trial on a rung is promoted at once, so that a complete one is there early: the rule of the paper alone
    has none before the lowest rung holds `eta` to the power of the number of promotions. When no further trial can
    start, the best one of each rung goes on however few there are. No trial waits for others, so the share of promoted
    ones is only nearly 1/`eta`: what was among the best when it was promoted may not be so later.

    Parameters
    ----------
    eta : int
        At least 2.

    References
    ----------
    Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht, Talwalkar (2020), "A System for Massively Parallel
    Hyperparameter Tuning", MLSys, arXiv 1810.05934, algorithm 2.

    Raises
    ------
    ValueError
        If `eta` is below 2.
    """

    def __init__(self, eta: int = 3) -> None:
        if eta < 2:
            raise ValueError(f"eta must be at least 2. Got {eta!r} instead.")
        self.eta = eta
        self.leaves = f"not among the best {SHARES.get(eta, f'1/{eta}')}"

    def __call__(self, view: View) -> Decision:
        """Start another trial, or promote a paused one. What is to be tried first goes first."""
        if view.queued:
            return StartNew()
        for rung in reversed(range(view.rungs - 1)):
            there = sorted(
                (trial for trial in view.trials if _is_through(trial, rung)),
                key=lambda trial: (-trial.curve[rung], trial.id),
            )
            is_first = bool(there) and all(trial.is_waiting for trial in there)
            for trial in there[: len(there) // self.eta or int(is_first or view.is_full)]:
                if trial.is_waiting and trial.rung == rung:
                    return Promote(trial.id, rung + 1)
        return StartNew()


def _is_through(trial: Trial, rung: int) -> bool:
    """Whether all of `rung` is known: a trial that failed or was pruned on it does not count."""
    return rung in trial.curve and (trial.rung > rung or trial.state in ("done", "paused"))


@SCHEDULERS.register("halving")
def halving(eta: int = 3) -> Policy:
    """Let trials pause on each rung, and promote the best 1/`eta` of it."""
    return Policy(scheduler=Halving(eta))
