"""Compute the recorded trials of a run again, and compare: are its results what they are said to be?"""

from __future__ import annotations

import html
import os
import queue
import shutil
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl_magic.continuing import data_of
from automl_magic.engine.events import FoldScore
from automl_magic.engine.history import History, Trial
from automl_magic.engine.sealing import place_of
from automl_magic.engine.seeds import seed_of
from automl_magic.engine.spare import drop_spare
from automl_magic.engine.workers import Outcome, Task, Workers
from automl_magic.errors import OptionError
from automl_magic.function_run import workers_for
from automl_magic.past import Past, need_same_space, open_past

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("trial", "fold", "recorded", "again", "same")


@dataclass(frozen=True)
class Rerun:
    """What came of computing a run's folds again.

    Attributes
    ----------
    run : str
        The run's name.
    rows : tuple of (trial, fold, recorded, again, same)
        Scores in the metric's natural sign; `again` is None where the fit failed now.
    notes : tuple of str
        Sentences on what may make a difference: other versions, lines that were lost.
    """

    run: str
    rows: tuple[tuple[int, int, float, float | None, bool], ...] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether every fold gave the same score to the last bit."""
        return all(same for *_, same in self.rows)

    def table(self) -> pd.DataFrame:
        """Return one row for each fold that was scored: trial, fold, recorded, again, same."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(COLUMNS))

    def summary(self) -> list[str]:
        """Return in plain sentences what came of it."""
        other = [row for row in self.rows if not row[4]]
        trials = len({row[0] for row in self.rows})
        made = f"{len(self.rows)} folds of {trials} trials were computed again"
        if not other:
            return [f"{made}: every score is the same to the last bit.", *self.notes]
        failed = sum(row[3] is None for row in other)
        worst = max((abs(row[3] - row[2]) for row in other if row[3] is not None), default=0.0)
        told = f"{len(other)} differ, by {worst:.3g} at most" + (f"; {failed} failed" if failed else "")
        named = ", ".join(f"trial {trial}" for trial in sorted({row[0] for row in other})[:5])
        return [f"{made}: {told} ({named}).", *self.notes]

    def __repr__(self) -> str:
        return "\n".join([f"Rerun of {self.run}", *self.summary()])

    def _repr_html_(self) -> str:
        return "".join(f"<p>{html.escape(sentence)}</p>" for sentence in self.summary())


def compute_again(
    run: str | os.PathLike[str],
    data: Any = None,
    *,
    y: Any = None,
    space: Any = None,
    test: Any = None,
    baseline: Any = None,
    workers: int | None = None,
) -> Rerun:
    """Return the comparison; parameters as of `automl_magic.rerun`."""
    past = open_past(run, workers=workers, to_write=False)
    history = History()
    for event in past.events:
        history.apply(event)
    given = data_of(past, data)
    folder = Path(tempfile.mkdtemp(prefix="automl-rerun-"))
    try:
        evaluator, hands = _evaluator(past, given, folder, y=y, space=space, test=test, baseline=baseline)
        found = dict(_scores(history, evaluator, hands, folder))
    finally:
        drop_spare(folder)
        shutil.rmtree(folder, ignore_errors=True)
    sign = past.about["metric"]["sign"]
    rows = []
    for trial in history.trials.values():
        for fold, result in sorted(trial.scores.items()):
            score = found.get((trial.id, fold))
            again = None if score is None else sign * score
            rows.append((trial.id, fold, sign * result.score, again, score == result.score))
    return Rerun(past.start.run, tuple(rows), tuple(note.text for note in past.notes))


def _evaluator(past: Past, given: Any, folder: Path, *, space: Any, **parts: Any) -> tuple[Any, Workers]:
    """Return what scores a configuration again, and the workers that do it."""
    if past.is_of_a_table:
        from automl_magic.table_run import read_search, workers_of

        search = read_search(past.plan, given, space=space, past=past, **parts)
        return search.evaluator(folder), workers_of(search)
    from automl_magic.engine.function import FunctionEvaluator
    from automl_magic.function_run import space_of

    if space is None:
        raise OptionError(
            "The search was for the values of a function.", "Give it and its space: rerun(run, f, space=…)."
        )
    compiled = space_of(space)
    need_same_space(past, compiled)
    return FunctionEvaluator(given, compiled, past.about["metric"]["sign"]), workers_for(past.plan)


def _scores(
    history: History, evaluator: Any, workers: Workers, folder: Path
) -> Iterator[tuple[tuple[int, int], float | None]]:
    """Yield the score of each recorded fold as it is now; None where the fit failed."""
    waiting = deque(_tasks(history))
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
            for artefact in outcome.value.artefacts.values() if is_score else ():
                if (file := place_of(folder, artefact)) is not None:  # they would fill the disk
                    file.unlink(missing_ok=True)
            yield place, outcome.value.score if is_score else None
    finally:
        workers.close()


def _tasks(history: History) -> Iterator[tuple[tuple[int, int], Task]]:
    key = 0
    for trial in history.trials.values():
        for fold in sorted(trial.scores):
            key += 1
            yield (trial.id, fold), Task(key, "evaluate", _arguments(trial, fold))


def _arguments(trial: Trial, fold: int) -> dict[str, Any]:
    seed = seed_of(trial.seed, fold)
    common = {"rung": 0, "trial": trial.id, "hidden": trial.hidden}
    return {"config": trial.config, "fold": fold, "seed": seed, **common}
