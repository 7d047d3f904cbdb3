"""Start a search for the best neural network."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from automl_magic.endings import notes_of
from automl_magic.engine.budget import Budget, Stopwatch
from automl_magic.engine.draft import SpaceDraft
from automl_magic.engine.events import Config, Finding, Note
from automl_magic.engine.room import need_a_point
from automl_magic.engine.schedulers import policy_named
from automl_magic.engine.search_options import searcher_of
from automl_magic.engine.searchers import import_ahead
from automl_magic.engine.space import SearchSpace
from automl_magic.engine.study import Start, Study
from automl_magic.engine.template import TOP
from automl_magic.engine.workers import warm_up
from automl_magic.errors import RunError, SpaceError
from automl_magic.folder import make_run_folder
from automl_magic.function_run import repeatable, workers_for
from automl_magic.network_finish import REFUSED, finish_networks
from automl_magic.network_plan import NetworkPlan
from automl_magic.network_problem import NetworkProblem, read_network_problem, slots_of, what_differs
from automl_magic.network_result import NetworkResult
from automl_magic.networks import BUILDERS
from automl_magic.networks.architecture import Candidate, candidate_space, default_template, defaults
from automl_magic.networks.evaluate import NetworkEvaluator
from automl_magic.networks.families.own import OwnModule
from automl_magic.networks.limits import LATENCY, MEMORY, MULTIPLY_ADDS, OPTIONS, PARAMETERS, Limits, blocked
from automl_magic.networks.measuring import counted, latency_of_row
from automl_magic.past import NETWORKS, Past, need_same_data, need_same_space, versions, with_names
from automl_magic.running import Run

NEEDED = ("torch", "skorch", "safetensors")
PRELOAD = (
    "torch",
    "automl_magic.networks.evaluate",
    "automl_magic.networks.fold",
    "automl_magic.networks.pausing",
    "automl_magic.networks.ahead",  # the first optimiser of a process imports for a second
)
NEEDED_AT_END = ("automl_magic.networks.estimator", "torch._dynamo")  # in this process
GUARDED = 0.4  # share of the time that the whole training of one network may take
REFIT = 0.15  # share of the time that is kept for the last training, on all rows
LEAST_REFIT = 1.0  # seconds of it at least


@dataclass(frozen=True)
class NetworkSearch:
    """A search over networks that is ready to begin, to go on, or to be computed again.

    Attributes
    ----------
    plan : NetworkPlan
        What is to be done.
    problem : NetworkProblem
        The rows, what is kept apart, and the metric.
    space : SearchSpace
        What is searched; the limits are among its rules.
    declared : SearchSpace
        The same without the limits.
    limits : Limits
        What a network may cost, and what was refused.
    has_own_space : bool
        Whether the space is a person's own.
    """

    plan: NetworkPlan
    problem: NetworkProblem
    space: SearchSpace
    declared: SearchSpace
    limits: Limits
    has_own_space: bool

    @cached_property
    def bare(self) -> SearchSpace:
        """The space as it is declared, without rules: what makes a candidate of a configuration."""
        return self.space.untouched()

    def candidate(self, config: Config) -> Candidate:
        """Return what a configuration stands for."""
        made: Candidate = self.bare.make(config)
        return made

    def evaluator(self, folder: Path) -> NetworkEvaluator:
        """Return what trains a configuration and scores it, and leaves its files in `folder`."""
        longest = None if self.plan.time is None else GUARDED * self.plan.time
        problem = self.problem
        parts = (problem.data, problem.splits.pairs[0], problem.metric, problem.beside, self.bare)
        return NetworkEvaluator(*parts, folder, problem.levels, longest)


def need_torch() -> None:
    """Raise a RunError in one line, if what trains networks is not installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise RunError(
            f"A search over networks needs {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not "
            "installed.",
            'Run: pip install "automl_magic[nas]"',
        )


def read_networks(
    plan: NetworkPlan, X: Any, y: Any = None, *, space: Any = None, test: Any = None, past: Past | None = None
) -> NetworkSearch:
    """Read what `nas` was given.

    Raises
    ------
    ResumeError
        If it is not what the run of `past` was given; what differs is named.
    """
    levels = None if past is None else tuple(past.about["levels"])
    problem = read_network_problem(plan, X, y, test, levels)
    declared = _space_for(plan, problem, space)
    limits = limits_of(plan, problem, declared)
    ruled = declared
    for rule in limits.rules():
        ruled = ruled.rule(rule)
    search = NetworkSearch(plan, problem, ruled, declared, limits, space is not None and not callable(space))
    if past is not None:
        need_same_data(past, what_differs(past.about["fingerprint"], problem.fingerprint()))
        need_same_space(past, ruled)
    return search


def _space_for(plan: NetworkPlan, problem: NetworkProblem, space: Any) -> SearchSpace:
    """Return the space: a person's own, or the one for the shape of X, as a callable changes it."""
    inputs, rows = problem.data.inputs, len(problem.train)
    if isinstance(space, SearchSpace):
        return _with_families(plan, space)
    if isinstance(space, type) or getattr(space, "__name__", None) in BUILDERS:
        raise SpaceError(
            f"{space.__name__} itself is no space.",
            f"Call it: {space.__name__}()" if not isinstance(space, type) else f"Write Build({space.__name__}, …).",
        )
    if space is not None and not callable(space):
        return _with_families(plan, candidate_space(space, inputs, rows=rows))
    found = _with_families(plan, candidate_space(default_template(inputs), inputs, rows=rows))
    if space is None:
        return found
    draft = SpaceDraft(found)
    own = space(draft)
    return draft.space if own is None else _space_for(plan, problem, own)


def unheld(search: NetworkSearch) -> str | None:
    """Return a sentence where limits cannot be held of modules of a person's own; None where they can."""
    space, asked = search.declared, [cost for cost in (MULTIPLY_ADDS, MEMORY) if cost in search.limits.most]
    if not asked or TOP not in space:
        return None
    defaults_of = (space.fix(TOP, key).default() for key in space[TOP].options)
    own = [made for config in defaults_of if isinstance(made := search.candidate(config).architecture, OwnModule)]
    if not own:
        return None
    limits = " and ".join(OPTIONS[cost] for cost in asked)
    return f"{limits} cannot be held of {own[0].name}, a module of your own: its parameters alone are counted."


def _with_families(plan: NetworkPlan, space: SearchSpace) -> SearchSpace:
    """Keep the families that a plan names."""
    found = space.models(*plan.models) if plan.models else space
    for name in plan.exclude:
        found = found.drop("model", name)
    return found


def limits_of(plan: NetworkPlan, problem: NetworkProblem, space: SearchSpace) -> Limits:
    """Return the limits of a plan, with what counts and measures the costs of a configuration."""
    asked = {
        PARAMETERS: plan.max_params,
        MULTIPLY_ADDS: plan.max_macs,
        MEMORY: plan.max_memory,
        LATENCY: plan.max_latency,
    }
    most = {cost: float(limit) for cost, limit in asked.items() if limit is not None}
    bare, inputs = space.untouched(), problem.data.inputs

    def latency(config: Config) -> float:
        return latency_of_row(bare.make(config).architecture, inputs)

    return Limits(most, lambda config: counted(bare.make(config), inputs), latency)


def begin_networks(
    plan: NetworkPlan,
    X: Any,
    y: Any = None,
    *,
    space: Any = None,
    test: Any = None,
    names: Mapping[str, str | None] | None = None,
    past: Past | None = None,
    clock: Stopwatch | None = None,
) -> Run[NetworkResult]:
    """Start `nas` in its own thread; parameters as there and of `begin_search`."""
    clock = clock or Stopwatch()
    need_torch()
    if plan.workers != 0:
        warm_up(slots_of(plan), PRELOAD)
    search = read_networks(plan, X, y, space=space, test=test, past=past)
    if past is None:
        need_a_point(search.space, searcher_of(plan.search))
        folder, note = make_run_folder(plan.name)
        told = [blocked(search.declared, search.limits), unheld(search), *search.problem.warnings, note]
        notes = (*(Note(text) for text in search.problem.told), *notes_of(*told))
    else:
        folder, notes = past.folder, past.notes
    study = Study(
        **parts_of(search, folder),
        budget=budget_of(plan, search.problem),
        name=folder.name,
        plan=plan.to_json(),
        about=with_names(about(search), dict(names or {})),
        past=() if past is None else past.events,
        extension={} if past is None else dict(past.extension),
        clock=clock,
    )
    journal = None if past is None else past.journal

    def refused() -> Finding | None:
        """Count what limits refuse; called when a trial has started: the workers have imported what they need."""
        for module in NEEDED_AT_END:
            import_ahead(module)
        told = search.limits.newly_refused()
        return None if told is None else Finding(REFUSED, told, study.elapsed())

    return Run(study, plan, folder, notes, lambda run: finish_networks(run, search), journal, refused).start()


def parts_of(search: NetworkSearch, folder: Path) -> dict[str, Any]:
    """Return what decides which trials a study makes, its budget aside, and what comes of them."""
    plan = search.plan
    policy = policy_named(plan.scheduler or "halving")
    own = tuple(Start(config, "you", planted=True) for config in search.space.starts)
    first = tuple(Start(config, "default") for config in defaults(search.space))
    return {
        "space": search.space,
        "evaluator": search.evaluator(folder),
        "searcher": searcher_of(plan.search),
        "workers": workers_for(plan, PRELOAD),
        "seed": plan.seed,
        "pruner": policy.pruner,
        "scheduler": policy.scheduler,
        "starts": (*own, *first),
        "lag": plan.lag,
    }


def budget_of(plan: NetworkPlan, problem: NetworkProblem) -> Budget:
    """Return the limits of a plan; of the time a part is kept for the last training, on all rows."""
    fits = None if plan.epochs is None else plan.epochs / problem.levels[-1]
    told = "" if plan.epochs is None else f"all {plan.epochs:,} epochs"
    if plan.time is None:
        return Budget(trials=plan.trials, fits=fits, fits_told=told)
    reserve = min(max(LEAST_REFIT, REFIT * plan.time), 0.5 * plan.time)
    return Budget(seconds=plan.time, trials=plan.trials, fits=fits, fits_told=told, reserve=reserve)


def repeatable_told(plan: NetworkPlan) -> str:
    """Say whether the run can be made again with the same networks."""
    if plan.is_repeatable and plan.max_latency is not None:
        return "Not repeatable to the letter, since the latency is measured; without max_latency it is."
    return repeatable(plan).replace("trials=N repeats", "epochs=N repeats")


def about(search: NetworkSearch) -> dict[str, Any]:
    """Return what RunStarted says of the problem; no value of the data but the classes' number."""
    plan, problem, space = search.plan, search.problem, search.space
    metric, beside, inputs = problem.metric, problem.beside, problem.data.inputs
    return {
        "title": problem.data.task.target,
        "metric": {"name": metric.name, "label": metric.label, "sign": metric.sign},
        "beside": {"name": beside.name, "label": beside.label, "sign": beside.sign},
        "task": problem.data.task.why,
        "splits": problem.splits.why,
        "models": [str(key) for key in space["model"].options],
        "searcher": plan.search,
        "repeatable": repeatable_told(plan),
        "rows": len(problem.data.y),
        "networks": True,
        "inputs": inputs.to_json(),
        "levels": list(problem.levels),
        "limits": {cost: search.limits.most.get(cost) for cost in (PARAMETERS, MULTIPLY_ADDS, LATENCY, MEMORY)},
        "fingerprint": problem.fingerprint(),
        "space": space.fingerprint(),
        "own_space": search.has_own_space,
        "versions": versions(NETWORKS),
    }
