"""Start and end a search for the best pipeline of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from automl_magic.endings import notes_of
from automl_magic.engine.budget import Budget, Stopwatch
from automl_magic.engine.draft import SpaceDraft
from automl_magic.engine.editing import rebased
from automl_magic.engine.events import Note
from automl_magic.engine.history import BASELINE, FALLBACK
from automl_magic.engine.room import need_a_point
from automl_magic.engine.schedulers import policy_named
from automl_magic.engine.search_options import searcher_of
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.engine.study import Start, Study
from automl_magic.engine.workers import Workers, warm_up
from automl_magic.ensembling import Ensembling
from automl_magic.errors import OptionError
from automl_magic.finish import finish_search
from automl_magic.folder import make_run_folder
from automl_magic.function_run import repeatable, workers_for
from automl_magic.limits import caps_of
from automl_magic.memory import Fitting, check_file, fit_into_memory, limit_mb, slots_for_sure
from automl_magic.past import (
    NETWORKS,
    Past,
    as_written,
    need_same_baseline,
    need_same_data,
    need_same_space,
    versions,
    with_names,
)
from automl_magic.plan import NETWORK, Plan
from automl_magic.problem import Problem, read_problem
from automl_magic.reserve import reserve_for
from automl_magic.result import RunResult
from automl_magic.running import Run
from automl_magic.stages import stages_of
from automl_magic.tabular import models
from automl_magic.tabular.constraining import check_space
from automl_magic.tabular.costs import sizes_of
from automl_magic.tabular.evaluate import TableEvaluator
from automl_magic.tabular.fallback import LAST_RESORT, first_fallback
from automl_magic.tabular.fingerprint import fingerprint_of, what_changed
from automl_magic.tabular.metrics import metric_for
from automl_magic.tabular.own import check_models, check_travels
from automl_magic.tabular.portfolio import portfolio
from automl_magic.tabular.row_weights import unweighted_told, weights_told
from automl_magic.tabular.task import Table

LONGEST = 0.5  # share of the time that one trial may have
SAMPLED = " The share of the rows hangs on the memory that was free."
PRELOAD = ("pandas", "sklearn.pipeline", "sklearn.compose", "sklearn.ensemble", "automl_magic.tabular.evaluate")
OF_NETWORKS = ("automl_magic.networks.ahead",)  # torch: seconds


def space_for(plan: Plan, table: Table, space: Any = None) -> SearchSpace:
    """Return the space to search.

    Parameters
    ----------
    plan : Plan
        Its models and exclude choose among the families.
    table : Table
        The table.
    space : None, SearchSpace, object that holds one as its `space`, template, or callable
        A callable is given a `SpaceDraft` of the default; it changes it and returns None, or returns a template.
    """
    found = _space_for(plan, table, space)
    check_space(found.template, table)
    if table.class_weight is not None and space is not None and is_own_space(plan, table, found):
        raise OptionError(
            "class_weight is for the families of models. Got a space of your own.",
            'Leave it out, and say it in your own models: LogisticRegression(class_weight="balanced").',
        )
    return found


def _space_for(plan: Plan, table: Table, space: Any) -> SearchSpace:
    held = space if isinstance(space, SearchSpace) else getattr(space, "space", None)
    if isinstance(held, SearchSpace):
        return prepared(held, table)
    if space is None:
        return _zoo(plan, table)
    if callable(space) and not hasattr(space, "get_params"):
        draft = SpaceDraft(_zoo(plan, table))
        own = space(draft)
        return draft.space if own is None else _space_for(plan, table, own)
    check_models(space, table.task)
    return compile_space(models.wrap(space, table))


def prepared(space: SearchSpace, table: Table) -> SearchSpace:
    """Return the space with our preparation before a person's own models, where the table needs it."""
    wrapped = models.wrap(space.template, table)
    if models.is_same(wrapped, space.template):
        return space
    check_models(space.template, table.task)
    return rebased(space, wrapped)


def is_own_space(plan: Plan, table: Table, space: SearchSpace) -> bool:
    """Whether a space is neither the default one for the table nor an edit of it."""
    return space.untouched().fingerprint() != _zoo(plan, table).fingerprint()


def _zoo(plan: Plan, table: Table) -> SearchSpace:
    return models.zoo(table, plan.models, plan.exclude, metric_for(table.task, plan.metric)[0], more_of(plan))


def more_of(plan: Plan) -> tuple[str, ...]:
    """Return the families that compete beside those that a plan names, or the usual ones."""
    return (NETWORK,) if plan.nas else ()


def preload_of(plan: Plan) -> tuple[str, ...]:
    """Return what workers import beforehand."""
    return (*PRELOAD, *OF_NETWORKS) if plan.has_networks and find_spec("torch") is not None else PRELOAD


@dataclass(frozen=True)
class Search:
    """A search that is ready to begin, to go on, or to be computed again.

    Attributes
    ----------
    plan : Plan
        What is to be done.
    problem : Problem
        The table, its folds and the metric.
    space : SearchSpace
        What is searched.
    beat : estimator
        The line to beat.
    starts : tuple of Start
        What is tried first.
    slots : int
        Fits that run at once.
    warning : str or None
        What the memory does not allow.
    has_own_space : bool
        Whether the space is a person's own, not the default one or an edit of that.
    """

    plan: Plan
    problem: Problem
    space: SearchSpace
    beat: Any
    starts: tuple[Start, ...]
    whole: Table
    fitting: Fitting
    has_own_space: bool = False

    @property
    def slots(self) -> int:
        """Workers that fit into memory."""
        return self.fitting.slots

    @property
    def is_beaten_from_outside(self) -> bool:
        """Whether the line to beat lies outside the space."""
        return any(start.origin == BASELINE and start.hidden for start in self.starts)

    def evaluator(self, folder: Path) -> TableEvaluator:
        """Return what scores a configuration, and leaves its files in `folder`."""
        problem = self.problem
        parts = (problem.table, problem.splits, problem.metric, problem.beside, self.space, str(folder))
        return TableEvaluator(*parts, baseline=self.beat, is_timed=self.plan.max_latency is not None)


def read_search(
    plan: Plan,
    data: Any,
    *,
    y: Any = None,
    space: Any = None,
    test: Any = None,
    baseline: Any = None,
    sample_weight: Any = None,
    past: Past | None = None,
) -> Search:
    """Read what `fit` was given.

    Raises
    ------
    ResumeError
        If it is not what the run of `past` was given; what differs is named.
    """
    check_file(data)
    read = read_problem(plan, data, y, test, sample_weight)
    fitting = fit_into_memory(plan, read, _slots(plan), None if past is None else past.about)
    problem = fitting.problem
    searched = space_for(plan, problem.table, space)
    if baseline is not None:
        check_models(baseline, problem.table.task)
    if space is not None or baseline is not None:
        check_travels(searched, baseline)
    first = line_to_beat(plan, problem, searched, baseline)
    is_own = space is not None and is_own_space(plan, problem.table, searched)
    search = Search(plan, problem, searched, *first, read.table, fitting, is_own)
    if past is not None:
        with as_written():
            changes = what_changed(past.about["fingerprint"], fingerprint_of(search.whole, problem.apart))
        need_same_data(past, changes)
        need_same_space(past, searched)
        need_same_baseline(past, _kind_of(baseline))
    return search


def _kind_of(baseline: Any) -> str | None:
    return None if baseline is None else type(baseline).__name__


def begin_search(
    plan: Plan,
    data: Any,
    *,
    y: Any = None,
    space: Any = None,
    test: Any = None,
    baseline: Any = None,
    sample_weight: Any = None,
    names: Mapping[str, str | None] | None = None,
    past: Past | None = None,
    clock: Stopwatch | None = None,
) -> Run[RunResult]:
    """Start `fit` in its own thread; parameters as there.

    Parameters
    ----------
    names : mapping, optional
        The variables or files that stand for data, y, test, baseline and sample_weight.
    past : Past, optional
        The run that is to go on.
    clock : Stopwatch, optional
        The clock of a run whose time counts already.
    """
    clock = clock or Stopwatch()
    if plan.workers != 0:
        warm_up(slots_for_sure(_slots(plan)), preload_of(plan))
    given = {"y": y, "space": space, "test": test, "baseline": baseline, "sample_weight": sample_weight}
    search = read_search(plan, data, **given, past=past)
    problem, searched = search.problem, search.space
    told = with_names(about(search, _kind_of(baseline)), {**_path_of(data), **(names or {})})
    if past is None:
        need_a_point(searched, searcher_of(plan.search))
        folder, note = make_run_folder(plan.name)
        notes: tuple[Note, ...] = (
            *notes_of(*problem.warnings),
            *told_of(plan, problem, searched, search.beat),
            *notes_of(note, search.fitting.said, short_of_time(search)),
        )
    else:
        folder, notes = past.folder, past.notes
    study = Study(
        **parts_of(search, folder),
        budget=budget_of(plan, problem),
        name=folder.name,
        plan=plan.to_json(),
        about=told,
        past=() if past is None else past.events,
        extension={} if past is None else dict(past.extension),
        clock=clock,
        last_resort=LAST_RESORT if plan.time is not None else None,
    )
    journal = None if past is None else past.journal

    def finish(run: Run[RunResult]) -> RunResult:
        try:
            return finish_search(run, problem, searched, search.beat)
        finally:
            if plan.workers != 0:  # the end of the time has killed some: the next run shall find warm ones
                warm_up(search.slots, preload_of(plan))

    return Run(study, plan, folder, notes, finish, journal).start()


def parts_of(search: Search, folder: Path) -> dict[str, Any]:
    """Return what decides which trials a study makes, its budget aside, and what comes of them."""
    policy, caps = policy_named(search.plan.scheduler or _scheduler_for(search.plan)), caps_of(search.plan)
    return {
        "space": search.space,
        "evaluator": search.evaluator(folder),
        "searcher": searcher_of(search.plan.search),
        "workers": workers_of(search),
        "seed": search.plan.seed,
        "pruner": policy.pruner,
        "scheduler": policy.scheduler,
        "starts": search.starts,
        "lag": search.plan.lag,
        "caps": caps,
        "closing": Ensembling(search.problem, folder, search.plan.seed, caps=caps) if search.plan.ensemble else None,
    }


def _scheduler_for(plan: Plan) -> str:
    """Return how trials are ended when nobody says: where the time is limited, they race on the first fold."""
    return "forgiving" if plan.time is None else "first_fold"


def workers_of(search: Search) -> Workers:
    """Return the workers that a search asks for, as far as they fit into memory."""
    if search.plan.workers == 0:
        return workers_for(search.plan)
    return workers_for(replace(search.plan, workers=search.slots), preload_of(search.plan), limit_mb(search.slots))


def told_of(plan: Plan, problem: Problem, space: SearchSpace, beat: Any) -> tuple[Note, ...]:
    """Return what is said of the table, no warnings."""
    aside = () if plan.group is None else (f'"{plan.group}" says which rows stay together and is not learnt from.',)
    demanded = models.demands_told(problem.table, plan.models, plan.exclude, more_of(plan))
    weights = [] if problem.table.weights is None else [*weights_told(problem.table), *unweighted_told(space, beat)]
    return tuple(Note(text) for text in (problem.splits.why, *aside, *weights, *demanded))


def _path_of(data: Any) -> dict[str, str | None]:
    return {"data": str(data) if isinstance(data, str | Path) else None}


def _slots(plan: Plan) -> int:
    from automl_magic.engine.cpus import available_cpus

    return 1 if plan.workers == 0 else plan.workers or available_cpus()


def budget_of(plan: Plan, problem: Problem) -> Budget:
    """Return the limits of a plan: one trial may take half of the time, and at least a second."""
    if plan.time is None:
        return Budget(trials=plan.trials)
    longest, reserve = max(1.0, LONGEST * plan.time), reserve_for(problem, plan.time, plan.ensemble)
    return Budget(seconds=plan.time, trials=plan.trials, trial_seconds=longest, reserve=reserve)


def line_to_beat(plan: Plan, problem: Problem, space: SearchSpace, baseline: Any) -> tuple[Any, tuple[Start, ...]]:
    """Return the estimator of the line to beat and what is tried first.

    Trial 0 is scikit-learn's untuned HistGradientBoosting behind our preparation. Where the space holds it, it is an
    ordinary trial; else, or where a person gives a pipeline of her own, it is hidden from the searcher. Where the time
    may be too short for it, it is first fitted on a sample of the rows; where it surely is, on that alone.
    """
    config = models.baseline_config(space) if baseline is None else None
    estimator = models.baseline(problem.table) if baseline is None else baseline
    first = Start(config or {}, BASELINE, hidden=config is None)
    own = tuple(Start(start, "you", planted=True) for start in space.starts)
    sizes, slots = sizes_of(problem.table, problem.splits), _slots(plan)
    proven = portfolio(space, problem.table, sizes, plan.time, slots)
    defaults = tuple(Start(start, "default") for start in proven if start != config)
    sample, is_alone = first_fallback(problem.table, problem.splits, plan.time, slots)
    if sample is None:
        return estimator, (first, *own, *defaults)
    if is_alone and baseline is None:  # how long one of a person's own takes is not known
        return estimator, (Start(sample, BASELINE, hidden=True), *own, *defaults)
    return estimator, (Start(sample, FALLBACK, hidden=True), first, *own, *defaults)


def short_of_time(search: Search) -> str | None:
    """Return a sentence where the baseline is fitted on a sample of the rows, since the time is short."""
    first = search.starts[0]
    if "rows" not in first.config or not first.hidden:
        return None
    rows = f"{first.config['rows']:,} of {len(search.problem.table.y):,} rows"
    rows += f", in {first.config['rounds']} rounds" if "rounds" in first.config else ""
    if first.origin == BASELINE:
        return f"The time is too short for the whole baseline: it learns from {rows}."
    return f"The time is short for this table: the baseline first learns from {rows}."


def about(search: Search, baseline: str | None) -> dict[str, Any]:
    """Return what RunStarted says of the problem; no value of the data but the classes' number."""
    plan, problem, space = search.plan, search.problem, search.space
    task, metric = problem.table.task, problem.metric
    families = list(space["model"].options) if "model" in space.labels else []
    beside = problem.beside
    return {
        "title": task.target,
        "metric": {"name": metric.name, "label": metric.label, "sign": metric.sign},
        "beside": {"name": beside.name, "label": beside.label, "sign": beside.sign},
        "task": task.why,
        "splits": problem.splits.why,
        "models": families,
        "searcher": plan.search,
        "repeatable": repeatable(plan) + (SAMPLED if search.fitting.share is not None else ""),
        "rows": len(problem.table.y),
        "columns": len(problem.table.columns),
        "share": search.fitting.share,
        "baseline": baseline,
        "weights": None if problem.table.weights is None else "array" if plan.sample_weight is None else "column",
        "fingerprint": fingerprint_of(search.whole, problem.apart),
        "space": space.fingerprint(),
        "own_space": search.has_own_space,
        "stages": stages_of(space, search.beat if search.is_beaten_from_outside else None),
        "versions": versions(NETWORKS if plan.has_networks else ()),
    }
