"""Make a recorded run again, and compare: does the search find the same trials, and do their folds score the same?"""

from __future__ import annotations

import os
import queue
import shutil
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from automl_magic.continuing import data_of
from automl_magic.engine.budget import Budget
from automl_magic.engine.caps import costs_of
from automl_magic.engine.events import Event, FoldScore, FoldScored, RunResumed
from automl_magic.engine.history import History, Trial
from automl_magic.engine.interventions import interventions_of
from automl_magic.engine.ladder import Ladder, ladder_of
from automl_magic.engine.sealing import place_of
from automl_magic.engine.seeds import seed_of
from automl_magic.engine.spare import drop_spare
from automl_magic.engine.study import Study
from automl_magic.engine.workers import Outcome, Task, Workers
from automl_magic.errors import OptionError
from automl_magic.past import Past, need_same_space, open_past
from automl_magic.plan import weights_again
from automl_magic.rerunning import Rerun, TrialAgain


def compute_again(
    run: str | os.PathLike[str],
    data: Any = None,
    *,
    y: Any = None,
    space: Any = None,
    test: Any = None,
    baseline: Any = None,
    sample_weight: Any = None,
    workers: int | None = None,
) -> Rerun:
    """Return the comparison; parameters as of `automl_magic.rerun`."""
    past = open_past(run, workers=workers, to_write=False)
    history = _history_of(past.events)
    given = data_of(past, data)
    folder = Path(tempfile.mkdtemp(prefix="automl-rerun-"))
    try:
        weights = weights_again(past.plan, sample_weight)
        parts = _parts(past, given, folder, y=y, space=space, test=test, baseline=baseline, sample_weight=weights)
        now = _search_again(past, parts, folder) if past.plan.is_repeatable else None
        found = _known(history, now)
        ladder = ladder_of(parts["evaluator"], parts.get("scheduler") is not None)
        found.update(scores_again(history, found, parts["evaluator"], ladder, parts["workers"], folder))
    finally:
        drop_spare(folder)
        shutil.rmtree(folder, ignore_errors=True)
    sign = past.about["metric"]["sign"]
    rows = []
    for trial in _fitted(history, now):
        for fold, result in sorted(trial.scores.items()):
            score = found.get((trial.id, fold))
            again = None if score is None else sign * score
            rows.append((trial.id, fold, sign * result.score, again, score == result.score))
    searched = None if now is None else _compared(history, now)
    return Rerun(past.start.run, tuple(rows), tuple(note.text for note in past.notes), searched)


def _history_of(events: tuple[Event, ...]) -> History:
    """Return the history of a record with the last ensemble alone, under the number that a run's first one has.

    Those that were made before the run went on are not made again.
    """
    resumed = max((place for place, event in enumerate(events) if isinstance(event, RunResumed)), default=-1)
    history = History()
    for place, event in enumerate(events):
        trial = getattr(event, "trial", 0)
        if trial >= 0:
            history.apply(event)
        elif place > resumed:
            again: Any = event
            history.apply(replace(again, trial=-1))
    return history


def _parts(past: Past, given: Any, folder: Path, *, space: Any, **parts: Any) -> dict[str, Any]:
    """Return what a study is made of that searches again, and scores what was tried."""
    if past.is_of_networks:
        from automl_magic import network_run

        plan: Any = past.plan
        search = network_run.read_networks(plan, given, parts["y"], space=space, test=parts["test"], past=past)
        return network_run.parts_of(search, folder)
    if past.is_of_a_table:
        from automl_magic.table_run import parts_of, read_search

        return parts_of(read_search(past.plan, given, space=space, past=past, **parts), folder)
    from automl_magic import function_run

    if space is None:
        raise OptionError(
            "The search was for the values of a function.", "Give it and its space: rerun(run, f, space=…)."
        )
    compiled = function_run.space_of(space)
    need_same_space(past, compiled)
    return function_run.parts_of(past.plan, given, compiled, past.about["metric"]["sign"])


def _search_again(past: Past, parts: dict[str, Any], folder: Path) -> History:
    """Search again, with what was done from outside at the steps of then, and as many trials as were wanted then."""
    again = interventions_of(past.events)
    budget = _budget_again(past, again.trials)
    name, plan, about = past.start.run, past.start.plan, past.about
    if parts.get("closing") is not None:  # models are dropped, see below; members are chosen by what was measured then
        measured = {trial.id: costs_of(trial.scores) for trial in _history_of(past.events).trials.values()}
        parts = {**parts, "closing": replace(parts["closing"], is_returned=False, measured=measured)}
    study = Study(**parts, budget=budget, again=again, name=name, plan=plan, about=about)
    study.keep = lambda event: _drop(folder, event.result, ("model",)) if isinstance(event, FoldScored) else None
    for _ in study.events():
        pass
    return study.history


def _budget_again(past: Past, trials: int) -> Budget:
    """Return the budget of a run that is made again: as many trials as were wanted, or as many epochs."""
    epochs, levels = past.start.plan.get("epochs"), past.about.get("levels")
    if epochs is None or not levels:
        return Budget(trials=trials)
    return Budget(trials=past.start.plan.get("trials"), fits=epochs / levels[-1])


def _known(history: History, now: History | None) -> dict[tuple[int, int], float | None]:
    """Return the scores of recorded folds that the search has computed again already."""
    found: dict[tuple[int, int], float | None] = {}
    for trial in [] if now is None else now.trials.values():
        before = history.trials.get(trial.id)
        if before is not None and (before.config, before.seed, before.hidden) == (
            trial.config,
            trial.seed,
            trial.hidden,
        ):
            for fold, rung in _highest(before).items():
                result = trial.results.get(rung, {}).get(fold)
                if result is not None:
                    found[trial.id, fold] = result.score
    return found


def _highest(trial: Trial) -> dict[int, int]:
    """Return, by fold, the highest rung on which a trial was scored."""
    return {fold: rung for rung in sorted(trial.results) for fold in trial.results[rung] if fold in trial.scores}


def _compared(history: History, now: History) -> tuple[TrialAgain, ...]:
    """Return each trial of the record, and of the search made again, beside the other."""
    before, after = history.trials, now.trials
    return tuple(
        TrialAgain(
            number,
            before[number].config if number in before else None,
            after[number].config if number in after else None,
            before[number].state if number in before else None,
            after[number].state if number in after else None,
        )
        for number in sorted({*before, *(number for number in after if number >= 0)})
    )


def scores_again(
    history: History,
    known: Mapping[tuple[int, int], float | None],
    evaluator: Any,
    ladder: Ladder,
    workers: Workers,
    folder: Path,
) -> Iterator[tuple[tuple[int, int], float | None]]:
    """Yield the score of each recorded fold that is not known as it is now; None where the fit failed.

    Each fold is scored at the level of the highest rung of `ladder` that its trial reached, without the states of
    lower ones: a score must be the same with and without.
    """
    takes_rounds = getattr(evaluator, "takes_rounds", True)
    waiting = deque(task for task in _tasks(history, ladder, takes_rounds) if task[0] not in known)
    if not waiting:
        return
    running: dict[int, tuple[int, int]] = {}
    arrived: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    workers.open(evaluator, arrived.put)
    try:
        while waiting or running:
            while waiting and len(running) < workers.slots:
                place, task = waiting.popleft()
                running[task.key] = place
                workers.submit(task)
            outcome = arrived.get()
            place = running.pop(outcome.key)
            is_score = outcome.failure is None and isinstance(outcome.value, FoldScore)
            if is_score:
                _drop(folder, outcome.value)
            yield place, outcome.value.score if is_score else None
    finally:
        workers.close()


def _drop(folder: Path, result: FoldScore, roles: tuple[str, ...] = ("model", "prediction", "state")) -> None:
    """Remove the files of a fold: they would fill the disk."""
    for artefact in [artefact for role, artefact in result.artefacts.items() if role in roles]:
        if (file := place_of(folder, artefact)) is not None:
            file.unlink(missing_ok=True)


def _fitted(history: History, now: History | None) -> list[Trial]:
    """Return the trials that are computed again: an ensemble only where the search is, at whose end it is made."""
    return [trial for trial in history.trials.values() if now is not None or trial.id >= 0]


def _tasks(history: History, ladder: Ladder, takes_rounds: bool) -> Iterator[tuple[tuple[int, int], Task]]:
    key = 0
    for trial in history.trials.values():
        if trial.id < 0:
            continue
        for fold, rung in sorted(_highest(trial).items()):
            key += 1
            level = ladder[min(rung, len(ladder) - 1)].level
            yield (trial.id, fold), Task(key, "evaluate", _arguments(trial, fold, level, takes_rounds))


def _arguments(trial: Trial, fold: int, level: int, takes_rounds: bool) -> dict[str, Any]:
    seed = seed_of(trial.seed, fold)
    common = {"rung": level, "trial": trial.id, "hidden": trial.hidden}
    rounds = trial.scores[fold].rounds
    more = {"rounds": rounds} if rounds and takes_rounds else {}
    return {"config": trial.config, "fold": fold, "seed": seed, **common, **more}
