"""What a race is run on: a table with its folds for each repeat, or a function."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from automl_magic.endings import notes_of
from automl_magic.engine.events import FoldScore, Note
from automl_magic.engine.function import FunctionEvaluator
from automl_magic.engine.functions import FUNCTIONS, function_named
from automl_magic.engine.sealing import ARTEFACTS, place_of
from automl_magic.engine.space import SearchSpace
from automl_magic.engine.study import Start
from automl_magic.engine.workers import Workers, warm_up
from automl_magic.errors import OptionError
from automl_magic.function_run import about_function, repeatable, space_of, workers_for
from automl_magic.past import with_names
from automl_magic.plan import Plan


@dataclass(frozen=True)
class Course:
    """What every searcher of a race is given.

    Attributes
    ----------
    title : str
        In words.
    space : SearchSpace
        What is searched.
    starts : tuple of Start
        What each tries first.
    evaluator : callable
        From a repeat's number and a run's folder to what scores a configuration.
    about : callable
        From a repeat's number and a run's plan to what its record says of the problem.
    workers : Workers
        Where fits run, for all.
    notes : tuple of Note
        What is to be said of it.
    hand_over : callable
        Makes a fold's result in one run's folder one of another's; None where its files are gone.
    function : str or None
        The test function.
    """

    title: str
    space: SearchSpace
    starts: tuple[Start, ...]
    evaluator: Callable[[int, Path], Any]
    about: Callable[[int, Plan], dict[str, Any]]
    workers: Workers
    notes: tuple[Note, ...] = ()
    hand_over: Callable[[FoldScore, Path, Path], FoldScore | None] = lambda result, source, target: result
    function: str | None = None


def table_course(
    plan: Plan,
    data: Any,
    repeats: int,
    *,
    y: Any = None,
    space: Any = None,
    sample_weight: Any = None,
    names: Mapping[str, str | None] | None = None,
) -> Course:
    """Return the course of a table: each repeat draws its folds anew, from `plan.seed` plus its number.

    Raises
    ------
    DataError, OptionError, SpaceError
        As of `fit`.
    """
    from automl_magic.table_run import PRELOAD, about, read_search, told_of, workers_of
    from automl_magic.tabular.splits import make_splits

    if plan.test is not None:
        raise OptionError("A race keeps no rows apart.", "Leave out test: fit with the winner afterwards scores them.")
    if plan.workers != 0:
        warm_up(1, PRELOAD)
    untimed = replace(plan, time=None, trials=plan.trials or 1)  # no short cuts that hang on the clock: all start alike
    search = read_search(untimed, data, y=y, space=space, sample_weight=sample_weight)
    problem = search.problem
    splits = [problem.splits] + [
        make_splits(problem.table, plan.cv, plan.seed + repeat) for repeat in range(1, repeats)
    ]
    told = with_names(about(search, None), names or {})
    problems = [replace(problem, splits=drawn) for drawn in splits]
    warned = notes_of(*problem.warnings, search.fitting.said)

    def evaluator(repeat: int, folder: Path) -> Any:
        return replace(search, problem=problems[repeat]).evaluator(folder)

    def about_run(repeat: int, own: Plan) -> dict[str, Any]:
        return {**told, "splits": splits[repeat].why, "searcher": own.search, "repeatable": repeatable(own)}

    return Course(
        title=problem.table.task.target,
        space=search.space,
        starts=search.starts,
        evaluator=evaluator,
        about=about_run,
        workers=workers_of(search),
        notes=(*warned, *told_of(plan, problem, search.space, search.beat)),
        hand_over=lend_files,
    )


def lend_files(result: FoldScore, source: Path, target: Path) -> FoldScore | None:
    """Put the files of a fold's result into the folder of another run; None where they are gone.

    They keep their names, on which their seals hang: the same trial has the same number in both runs.
    """
    for artefact in result.artefacts.values():
        there, here = place_of(source, artefact), target / artefact.path
        if there is None or not artefact.path.startswith(f"{ARTEFACTS}/"):
            return None
        try:
            here.unlink(missing_ok=True)
            try:
                os.link(there, here)
            except OSError:  # a disk without links, or the file is gone
                shutil.copyfile(there, here)
                here.chmod(0o600)
        except OSError:
            return None
    return result


def function_course(plan: Plan, on: Any, space: Any = None, *, maximize: bool = False) -> Course:
    """Return the course of a function: a test function by its name, or a person's own with its space.

    Raises
    ------
    OptionError
        If there is no such function, or its space is missing.
    """
    if isinstance(on, str):
        chosen = function_named(on)
        function: Callable[[Any], float] = chosen.call
        compiled = space_of(dict(chosen.space) if space is None else space)
        own = chosen.name if space is None else ""  # in a space of one's own its contours may not fit
    elif callable(on):
        if space is None:
            raise OptionError(
                "A function of your own needs a space.", 'Example: race(on=f, space={"x": Float(-5, 10)}).'
            )
        function, compiled, own = on, space_of(space), ""
    else:
        known = ", ".join(FUNCTIONS)
        raise OptionError(
            f"on must be a test function's name or a function. Got {type(on).__name__} instead.", f"Known: {known}."
        )
    sign = +1 if maximize else -1
    told = about_function(plan, function, maximize, compiled)

    def about_run(repeat: int, own_plan: Plan) -> dict[str, Any]:
        return {**told, "searcher": own_plan.search, "repeatable": repeatable(own_plan)}

    return Course(
        title=told["title"],
        space=compiled,
        starts=tuple(Start(config, "you", planted=True) for config in compiled.starts),
        evaluator=lambda repeat, folder: FunctionEvaluator(function, compiled, sign),
        about=about_run,
        workers=workers_for(replace(plan, workers=0) if isinstance(on, str) and plan.workers is None else plan),
        function=own or None,
    )
