"""Start and end a search over the values of a person's own function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from automl_magic.endings import notes_of, without_result
from automl_magic.engine.budget import Budget, Stopwatch
from automl_magic.engine.cpus import available_cpus
from automl_magic.engine.function import FunctionEvaluator
from automl_magic.engine.hyperopt_space import from_hyperopt
from automl_magic.engine.room import need_a_point
from automl_magic.engine.schedulers import policy_named
from automl_magic.engine.search_options import searcher_of
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.engine.study import Start, Study
from automl_magic.engine.workers import InProcess, ProcessWorkers, Workers
from automl_magic.errors import OptionError, RunError
from automl_magic.folder import make_run_folder
from automl_magic.past import Past, need_same_space, versions, with_names
from automl_magic.plan import Plan
from automl_magic.result import TuneResult
from automl_magic.running import Run


def begin_tuning(
    plan: Plan,
    function: Callable[[Any], float],
    space: Any,
    *,
    maximize: bool = False,
    start: Mapping[str, Any] | None = None,
    name: str | None = None,
    past: Past | None = None,
    clock: Stopwatch | None = None,
) -> Run[TuneResult]:
    """Start `tune` in its own thread; parameters as there and of `begin_search`, and the function's variable.

    Raises
    ------
    OptionError
        If `function` cannot be called.
    SpaceError
        If the space or the start cannot be meant, or its rules leave nothing to try.
    """
    if not callable(function):
        raise OptionError(
            f"tune needs a function that takes a dict of values. Got {type(function).__name__} instead.",
            'For example: def f(values): return (values["x"] - 2) ** 2',
        )
    compiled = space_of(space)
    if start is not None:
        compiled = compiled.start(dict(start))
    told = with_names(about_function(plan, function, maximize, compiled), {"data": name})
    if past is None:
        need_a_point(compiled, searcher_of(plan.search))
        folder, note = make_run_folder(plan.name)
        notes = notes_of(note)
    else:
        need_same_space(past, compiled)
        folder, notes = past.folder, past.notes
    study = Study(
        **parts_of(plan, function, compiled, +1 if maximize else -1),
        budget=_budget_of(plan),
        name=folder.name,
        plan=plan.to_json(),
        about=told,
        past=() if past is None else past.events,
        extension={} if past is None else dict(past.extension),
        clock=clock,
    )
    return Run(study, plan, folder, notes, _finish(compiled), None if past is None else past.journal).start()


def parts_of(plan: Plan, function: Callable[[Any], float], space: SearchSpace, sign: int) -> dict[str, Any]:
    """Return what decides which trials a study makes, its budget aside, and what comes of them."""
    policy = policy_named(plan.scheduler or "none")
    return {
        "space": space,
        "evaluator": FunctionEvaluator(function, space, sign),
        "searcher": searcher_of(plan.search),
        "workers": workers_for(plan),
        "seed": plan.seed,
        "pruner": policy.pruner,
        "scheduler": policy.scheduler,
        "starts": tuple(Start(config, "you", planted=True) for config in space.starts),
        "lag": plan.lag,
    }


def _budget_of(plan: Plan) -> Budget:
    """Return the limits of a plan: one call may take half the time, and at least a second."""
    longest = None if plan.time is None else max(1.0, plan.time / 2)
    return Budget(seconds=plan.time, trials=plan.trials, trial_seconds=longest)


def space_of(space: Any) -> SearchSpace:
    """Return the space that a dict of holes, or of hyperopt's nodes, stands for."""
    return space if isinstance(space, SearchSpace) else compile_space(from_hyperopt(space))


def workers_for(plan: Plan, preload: tuple[str, ...] = (), memory_mb: int | None = None) -> Workers:
    """Return the workers that a plan asks for: processes, by default one each CPU, or none."""
    if plan.workers == 0:
        return InProcess()
    return ProcessWorkers(plan.workers or available_cpus(), memory_mb, preload)


def repeatable(plan: Plan) -> str:
    """Say whether the run can be made again with the same trials."""
    if plan.is_repeatable and (plan.max_latency is not None or plan.max_fit is not None):
        return "Not repeatable to the letter, since limits are measured; rerun reads what was measured then."
    if plan.is_repeatable:
        return f"The same plan gives the same trials again (seed {plan.seed})."
    return "Not repeatable to the letter, since the clock decides how many trials are made; trials=N repeats."


def about_function(plan: Plan, function: Callable[[Any], float], maximize: bool, space: SearchSpace) -> dict[str, Any]:
    """Return what RunStarted says of the problem."""
    name = getattr(function, "__name__", type(function).__name__)
    label = name if name != "<lambda>" else "value"
    return {
        "title": f"{label} {'made large' if maximize else 'made small'}",
        "metric": {"name": label, "label": label, "sign": 1 if maximize else -1},
        "task": f"The values that make {label} {'large' if maximize else 'small'} are searched.",
        "models": [],
        "searcher": plan.search,
        "repeatable": repeatable(plan),
        "space": space.fingerprint(),
        "versions": versions(),
    }


def _finish(space: SearchSpace) -> Callable[[Run[TuneResult]], TuneResult]:
    def finish(run: Run[TuneResult]) -> TuneResult:
        best = run.history.best()
        if best is None or best.score is None:
            raise RunError(*without_result(run.history))
        value = run.history.about["metric"]["sign"] * best.score
        found = space.make(best.config)
        return TuneResult(run.name, run.plan, run.history, tuple(run.events), best=found, score=value)

    return finish
