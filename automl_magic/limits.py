"""Limits on what the result of a run costs: what a plan allows, and what is said of it at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from automl_magic.engine.caps import Cap, costs_of, is_verdict
from automl_magic.engine.history import History, Trial
from automl_magic.option_values import both_ways, flag_of
from automl_magic.plan import Plan
from automl_magic.result import model_of

if TYPE_CHECKING:
    from automl_magic.tabular.task import Table

LATENCY = "predicting 1,000 rows takes"
SIZE = "pickled it takes"
FIT = "a fit on one fold takes"
ENOUGH, TIMES = 0.3, 3.0  # seconds, and times its latency, that must be left for the result to be measured itself
OPTIONS = {"latency": "max_latency", "size": "max_size", "fit": "max_fit"}


def caps_of(plan: Plan) -> tuple[Cap, ...]:
    """Return the limits of a plan."""
    caps = (
        None if plan.max_latency is None else Cap("latency", plan.max_latency, LATENCY),
        None if plan.max_size is None else Cap("size", float(plan.max_size), SIZE, "bytes"),
        None if plan.max_fit is None else Cap("fit", plan.max_fit, FIT),
    )
    return tuple(cap for cap in caps if cap is not None)


def limits_told(
    history: History,
    caps: Sequence[Cap],
    trial: Trial,
    best: Any,
    predict: Callable[[Any], Any],
    table: Table,
    left: float = float("inf"),
) -> list[str]:
    """Return what is said of limits at the end: what the result costs, measured on itself, and what was refused.

    Parameters
    ----------
    history : History
        The run.
    caps : sequence of Cap
        Its limits; without any nothing is said.
    trial : Trial
        The best one.
    best : estimator
        The result, fitted.
    predict : callable
        Its predictions of a table.
    table : Table
        Rows to predict.
    left : float
        Seconds that are left; where they are few, what the fold models told stands.
    """
    if not caps:
        return []
    import cloudpickle

    from automl_magic.tabular.costing import latency_of

    known, asked = costs_of(trial.scores), [cap.cost for cap in caps if cap.cost != "fit"]
    costs = {cost: known[cost] for cost in asked if cost in known}
    on = "its fold models, one by one"
    if left > ENOUGH + TIMES * known.get("latency", 0.0):
        on = "best itself"
        if "latency" in asked:
            predict(table.X.head(1))
            costs["latency"] = latency_of(predict, table.X)
        if "size" in asked:
            costs["size"] = float(len(cloudpickle.dumps(best)))
    parts = [f"{cap.told} {cap.in_words(costs[cap.cost])}" for cap in caps if cap.cost in costs]
    told = [f"Measured on {on}: {' and '.join(parts)}."] if parts else []
    told += [
        f"This is more than the {cap.in_words(cap.most)} that its fold models told: it differs from time to time."
        for cap in caps
        if costs.get(cap.cost, 0.0) > cap.most
    ]
    refused = [trial for trial in history.trials.values() if is_verdict(trial.reason) and trial.state == "failed"]
    if refused:
        told.append(f"{_counted(len(refused))} refused: {_most_told(refused, caps)}.")
    baseline = history.baseline()
    if baseline is not None and is_verdict(baseline.reason):
        told.append(f"The baseline breaks a limit ({baseline.reason}): it is the line to beat and cannot be best.")
    return told


def _counted(trials: int) -> str:
    return "1 trial was" if trials == 1 else f"{trials} trials were"


def _most_told(refused: Sequence[Trial], caps: Sequence[Cap]) -> str:
    """Return by which limits trials were refused, the commonest first."""
    counts = Counter(next(cap.told for cap in caps if str(trial.reason).startswith(cap.told)) for trial in refused)
    told = {cap.told: f"{cap.told} more than {cap.in_words(cap.most)}" for cap in caps}
    return ", ".join(f"{told[text]} ({count}x)" for text, count in counts.most_common())


def nothing_kept(history: History, caps: Sequence[Cap]) -> tuple[str, str] | None:
    """Return message and hint where limits left no result; None where they refused nothing."""
    trials = history.trials.values()
    refused = [trial for trial in trials if is_verdict(trial.reason) and trial.scores and not trial.hidden]
    if not refused or not caps:
        return None

    def excess(trial: Trial) -> float:
        costs = costs_of(trial.scores)
        return max(costs.get(cap.cost, 0.0) / cap.most for cap in caps)

    nearest = min(refused, key=excess)
    costs = costs_of(nearest.scores)
    over = [cap for cap in caps if costs.get(cap.cost, 0.0) > cap.most]
    wider = [(OPTIONS[cap.cost], cap.in_words(1.2 * costs[cap.cost]).replace(" ", "")) for cap in over]
    in_python = ", ".join(f'{name}="{value}"' for name, value in wider)
    in_cell = " ".join(f"--{flag_of(name)} {value}" for name, value in wider)
    return (
        f"No pipeline keeps the limits. Nearest was {model_of(nearest)} (trial {nearest.id}): "
        f"{' and '.join(str(cap.broken_by(costs[cap.cost])) for cap in over)}.",
        f"Allow more, for example {in_python} in Python, {in_cell} in a cell; or fewer fold models: with "
        f"{both_ways('cv', 'holdout')} in a cell, a single one predicts.",
    )
