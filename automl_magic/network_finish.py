"""What is made when a search over networks has ended: the fitted network, its score, the sentences."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from automl_magic.endings import without_result
from automl_magic.engine.control import Message
from automl_magic.engine.events import Finding
from automl_magic.engine.history import History, Trial
from automl_magic.engine.seeds import generator_of, seed_of
from automl_magic.errors import RunError
from automl_magic.network_drawing import architectures_of
from automl_magic.network_result import NetworkResult
from automl_magic.networks.limits import LATENCY, in_words
from automl_magic.result import model_of, short
from automl_magic.running import Run
from automl_magic.tabular.honest import Score

if TYPE_CHECKING:
    from automl_magic.network_run import NetworkSearch
    from automl_magic.networks.architecture import Candidate

REFUSED = "refused"  # the finding that holds what the limits refused
DRAWS, FEWEST_DRAWS = 1000, 100  # of the rows kept apart, for the interval
SPARE = 0.3  # seconds that are kept of the last training, to score the network
SLOWER = 1.25  # times what an epoch of the search needed, that one of the last training is taken to need


@dataclass(frozen=True)
class Fitted:
    """The network that is returned.

    Attributes
    ----------
    pipeline : Pipeline
        Fitted.
    epochs : int
        For so many it was trained.
    told : str
        On which rows it was trained, in a sentence.
    """

    pipeline: Any
    epochs: int
    told: str


def finish_networks(run: Run[NetworkResult], search: NetworkSearch) -> NetworkResult:
    """Return the result of a search over networks that has ended.

    The winner is trained once more on the rows of training and validation together, for the number of epochs at which
    it was best, where the run was not stopped and time is left; else the weights of the search are the result.

    Raises
    ------
    RunError
        If no network was trained for an epoch.
    """
    history = run.history
    run.keep(Finding(REFUSED, search.limits.to_json(), history.seconds))
    run.keep(architectures_of(history, search.candidate))
    best = furthest(history)
    if best is None:
        raise RunError(*without_result(history))
    candidate = search.candidate(best.config)
    fitted = _fitted(run, search, best, candidate)
    score = score_apart(search, fitted.pipeline, best, run.left)
    return NetworkResult(
        name=run.name,
        plan=run.plan,
        history=history,
        events=tuple(run.events),
        folder=run.folder,
        best=fitted.pipeline,
        score=score,
        epochs=fitted.epochs,
        candidate=candidate,
        said=tuple(_told(search, best, fitted, score)),
        space=run.space() or search.space,
    )


def furthest(history: History) -> Trial | None:
    """Return the best trial; where none is done, the one that was trained furthest."""
    best = history.best()
    if best is not None:
        return best
    trained = [trial for trial in history.trials.values() if trial.scores and trial.state != "failed"]
    return max(trained, key=lambda trial: (trial.rung, trial.score or 0.0, -trial.id), default=None)


def _fitted(run: Run[NetworkResult], search: NetworkSearch, best: Trial, candidate: Candidate) -> Fitted:
    """Train the winner on all rows of the search, or take its weights as the search left them."""
    from automl_magic.networks.estimator import OutOfTime, fit_in_time, pipeline_of, with_weights
    from automl_magic.networks.evaluate import read_weights

    data, result = search.problem.data, best.scores[0]
    epochs, seed = max(1, result.rounds), seed_of(best.seed, 0)
    stopped = any(act.kind == "stop" for act in run.history.steered)
    unfitted = pipeline_of(data.prepare, candidate, data.inputs, data.task, epochs, seed)
    if not stopped and run.left() > _seconds_for(search, best, epochs):
        pipeline = clone(unfitted)
        begun = time.perf_counter()
        try:
            fit_in_time(pipeline, data.X, data.y, lambda: run.left() <= SPARE or _is_stopped(run))
        except OutOfTime:
            why = "there was too little time to train it on all rows"
        except Exception as error:  # what trained in the search may not on more rows: that must not cost the result
            why = f"training on all rows failed ({type(error).__name__})"
        else:
            spent = time.perf_counter() - begun
            told = f"It was trained anew on all {len(data.y):,} rows of the search for its best {_epochs(epochs)}"
            return Fitted(pipeline, epochs, f"{told}, in {short(spent)} s.")
    else:
        why = "the run was stopped" if stopped else "no time was left to train it on all rows"
    try:
        weights, train = read_weights(run.folder, result), search.problem.train
        pipeline = with_weights(unfitted, weights, data.rows(train), data.y[train])
    except RunError:  # of a run that is taken up again, weights may be gone
        return Fitted(unfitted.fit(data.X, data.y), epochs, "Its weights were gone: it was trained anew on all rows.")
    return Fitted(pipeline, epochs, f"Its weights are those of the search, after {_epochs(epochs)}: {why}.")


def _is_stopped(run: Run[NetworkResult]) -> bool:
    """Whether somebody asks for the end now: the search has ended, so nobody else reads the mailbox."""
    while not run.control.inbox.empty():
        message = run.control.inbox.get()
        if isinstance(message, Message) and message.kind == "stop":
            run.hurried.set()
    return run.hurried.is_set()


def _epochs(number: int) -> str:
    return f"{number} epoch{'s' * (number != 1)}"


def _seconds_for(search: NetworkSearch, best: Trial, epochs: int) -> float:
    """Return about how long the last training takes: there are more rows, and the loop is another one."""
    scored = [one for rung in best.results.values() for one in rung.values()]
    trained = sum(len(one.curve) for one in scored)
    each = sum(one.seconds for one in scored) / max(1, trained)
    more = len(search.problem.data.y) / max(1, len(search.problem.train))
    return SLOWER * each * epochs * more


def score_apart(search: NetworkSearch, pipeline: Any, best: Trial, left: Callable[[], float]) -> Score:
    """Score the network on the rows kept apart; the interval is that of a bootstrap of these rows.

    The bootstrap has fewer draws where no time is left; `left` tells.

    Its `naive` is the score of validation by which the network was picked.
    """
    from automl_magic.tabular.evaluate import predict_with

    problem = search.problem
    metric, task = problem.metric, problem.data.task
    prediction = predict_with(pipeline, problem.X_apart, task, metric)
    value = metric.sign * metric.score(problem.y_apart, prediction, task.classes)
    rng = generator_of(search.plan.seed, "apart")
    drawn: list[float] = []
    while len(drawn) < FEWEST_DRAWS or (len(drawn) < DRAWS and left() > 0):
        at = rng.integers(len(problem.y_apart), size=len(problem.y_apart))
        drawn.append(metric.sign * metric.score(problem.y_apart[at], prediction[at], task.classes))
    low, high = np.nanquantile(drawn, (0.025, 0.975)) if np.isfinite(drawn).any() else (np.nan, np.nan)
    return Score(float(value), float(low), float(high), float(metric.sign * (best.score or 0.0)))


def _kept(search: NetworkSearch, costs: Mapping[str, float]) -> list[str]:
    """Return what is said of the winner and its limits: what it costs, as it was counted and measured in the search."""
    most = search.limits.most
    kept = {cost: costs[cost] for cost in most if costs.get(cost, float("inf")) <= most[cost]}
    told = [f"It keeps the limits: {', '.join(in_words(cost, value) for cost, value in kept.items())}."] if kept else []
    if costs.get(LATENCY, 0.0) > most.get(LATENCY, float("inf")):
        slower = f"While others were trained it took {in_words(LATENCY, costs[LATENCY])}"
        told.append(f"{slower}, more than the limit; measured alone it kept it. It differs from time to time.")
    return told


def _told(search: NetworkSearch, best: Trial, fitted: Fitted, score: Score) -> list[str]:
    """Return the sentences about task, winner, score, training and limits."""
    metric, problem = search.problem.metric, search.problem
    label = metric.label + (" (lower is better)" if metric.sign < 0 else "")
    costs = best.scores[0].costs
    size = f", {costs['parameters']:,.0f} parameters" if "parameters" in costs else ""
    won = (
        f"{model_of(best)} (trial {best.id}{size}) won: {label} {short(score.value)}, 95 % interval "
        f"{short(score.low)} to {short(score.high)}, on {len(problem.y_apart):,} rows kept apart "
        f"(validation, by which it was picked: {short(score.naive)})."
    )
    kept = _kept(search, costs)
    refused = [told] if (told := search.limits.told()) is not None else []
    code = "Next: `%automl code` writes the network as plain PyTorch, its weights in a file beside it."
    return [problem.data.task.why, won, fitted.told, *kept, *refused, code]
