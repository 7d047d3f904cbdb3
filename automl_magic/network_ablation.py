"""Was the search for an architecture worth it? The same budget for training alone, architecture alone, and both."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from automl_magic.api import attended
from automl_magic.engine.events import Config
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import OptionError, RunError
from automl_magic.network_plan import NetworkPlan
from automl_magic.option_values import whole_number
from automl_magic.own_parts import named
from automl_magic.result import short

if TYPE_CHECKING:
    import pandas as pd

    from automl_magic.network_problem import NetworkProblem
    from automl_magic.network_result import NetworkResult

TRAINING, ARCHITECTURE, BOTH = "training", "architecture", "both"
ARMS = {
    TRAINING: "a fixed, sensible network, its training searched",
    ARCHITECTURE: "the architecture searched, its training left at the defaults",
    BOTH: "architecture and training searched",
}
DRAWS = 2000  # of the rows kept apart, for the interval of a difference


@dataclass(frozen=True)
class Arm:
    """One of the three searches of a repeat.

    Attributes
    ----------
    name : str
        "training", "architecture" or "both".
    repeat : int
        From 0.
    run : NetworkResult
        Its result.
    prediction : ndarray
        For the rows kept apart.
    """

    name: str
    repeat: int
    run: NetworkResult = field(repr=False)
    prediction: NDArray[Any] = field(repr=False)


@dataclass(frozen=True, repr=False)
class AblationResult:
    """What the three searches found, and whether the search for an architecture was worth it.

    Attributes
    ----------
    arms : tuple of Arm
        Repeat by repeat, those that were finished.
    problems : tuple of NetworkProblem
        The rows of each repeat.
    """

    arms: tuple[Arm, ...]
    problems: tuple[NetworkProblem, ...] = field(repr=False)

    @property
    def runs(self) -> dict[str, tuple[NetworkResult, ...]]:
        """The results of each search, repeat by repeat."""
        return {name: tuple(arm.run for arm in self.arms if arm.name == name) for name in ARMS}

    def table(self) -> pd.DataFrame:
        """Return one row for each search: what was searched, repeat, score on the rows kept apart with its interval.

        Further columns: validation (by which the network was picked), networks (how many were begun), epochs (of all of
        them), parameters (of the one that was found).
        """
        import pandas as pd

        rows = []
        for arm in self.arms:
            board, score = arm.run.leaderboard(), arm.run.score
            found = (arm.name, arm.repeat, score.value, score.low, score.high, score.naive)
            parameters = sum(weight.numel() for weight in arm.run.best["network"].module_.parameters())
            rows.append((*found, len(board), int(board["epochs"].sum()), parameters))
        names = ["searched", "repeat", "score", "low", "high", "validation", "networks", "epochs", "parameters"]
        return pd.DataFrame(rows, columns=names)

    def differences(self) -> dict[str, tuple[float, float, float]]:
        """Return by how much the search of both is better than each other one, with a 95 % interval.

        Both are scored on the same rows kept apart, so the rows are drawn anew for both together; over repeats the
        differences are averaged. Above 0 means that both is better, whatever the metric.
        """
        found = {}
        for name in (TRAINING, ARCHITECTURE):
            drawn = [one for repeat in range(len(self.problems)) if (one := self._drawn(name, repeat)) is not None]
            if drawn:
                mean = np.mean(drawn, axis=0)  # the first is of all rows as they are
                low, high = np.nanquantile(mean[1:], (0.025, 0.975))
                found[name] = (float(mean[0]), float(low), float(high))
        return found

    def _drawn(self, name: str, repeat: int) -> NDArray[Any] | None:
        """Return the difference on all rows kept apart, then on rows drawn from them."""
        held = {arm.name: arm.prediction for arm in self.arms if arm.repeat == repeat}
        if BOTH not in held or name not in held:
            return None
        problem = self.problems[repeat]
        y, metric, classes = problem.y_apart, problem.metric, problem.data.task.classes
        rng = generator_of("ablation", repeat)
        rows = [np.arange(len(y)), *rng.integers(len(y), size=(DRAWS, len(y)))]
        return np.array(
            [metric.score(y[at], held[BOTH][at], classes) - metric.score(y[at], held[name][at], classes) for at in rows]
        )

    def verdict(self) -> str:
        """Return in words whether the search for an architecture was worth it, on these rows."""
        found = self.differences()
        if not found:
            return "Too little was finished to tell: all three searches of a repeat are needed."
        problem = self.problems[0]
        repeats = len({arm.repeat for arm in self.arms if arm.name == BOTH})
        over = f", over {repeats} repeats" if repeats > 1 else ""
        told = [f"{self._scores()} ({problem.metric.label} on {len(problem.y_apart):,} rows kept apart{over})."]
        for name, beside in ((TRAINING, "a fixed network with tuned training"), (ARCHITECTURE, "architecture alone")):
            if name in found:
                told.append(_difference(beside, *found[name]))
        if TRAINING in found:
            _, low, high = found[TRAINING]
            told.append(
                "So here the search for an architecture was worth its share of the budget."
                if low > 0
                else "So here the search for an architecture cost more than it brought."
                if high < 0
                else "So it cannot be told that the search for an architecture was worth it here."
            )
        if repeats == 1:
            told.append("One repeat says nothing of other seeds: --repeats 3 says more.")
        return " ".join(told)

    def _scores(self) -> str:
        table = self.table().groupby("searched", sort=False)["score"].mean()
        return ", ".join(f"{name} {short(float(value))}" for name, value in table.items())

    def __repr__(self) -> str:
        return "\n".join([self.table().to_string(index=False, float_format=short), "", self.verdict()])

    def _repr_html_(self) -> str:
        told = "".join(f"<li><b>{name}</b>: {html.escape(says)}</li>" for name, says in ARMS.items())
        table = self.table().to_html(index=False, float_format=short, border=0)
        return f"<div>{table}<ul>{told}</ul><p>{html.escape(self.verdict())}</p></div>"


def _difference(beside: str, value: float, low: float, high: float) -> str:
    how = "better" if value >= 0 else "worse"
    return (
        f"Both is {how} than {beside} by {short(abs(value))} (95 % interval of the gain {short(low)} to {short(high)})."
    )


def nas_ablation(
    X: Any,
    y: Any = None,
    target: str | None = None,
    *,
    space: Any = None,
    test: Any = None,
    repeats: int = 1,
    panel: Callable[[], Any] | None = None,
    **options: Any,
) -> AblationResult:
    """Search training alone, architecture alone, and both, each with a third of the budget, and say what was worth it.

    Parameters
    ----------
    X, y, target, space, test
        As of `nas`. The fixed network is the default of the space: its first family.
    repeats : int
        How often; repeat r has the seed ``seed + r``.
    panel : callable, optional
        Returns a panel for each search.
    **options
        As of `nas`; `time`, `epochs` and `trials` are those of a whole repeat.

    Returns
    -------
    AblationResult
        With `.verdict()`, `.table()`, `.runs`.

    References
    ----------
    Li and Talwalkar (2019), "Random Search and Reproducibility for Neural Architecture Search", arXiv 1902.07638;
    Yang, Esperança and Carlucci (2020), "NAS evaluation is frustratingly hard", arXiv 1912.12522: much of what a search
    for architectures seems to bring is the training.
    """
    if isinstance(test, int | float | str):
        options["test"], test = test, None
    plan = NetworkPlan.create(target=target, **named(options))
    return ablation_of(plan, X, y, space=space, test=test, repeats=repeats, panel=panel)


def ablation_of(
    plan: NetworkPlan,
    X: Any,
    y: Any = None,
    *,
    space: Any = None,
    test: Any = None,
    repeats: Any = 1,
    panel: Callable[[], Any] | None = None,
) -> AblationResult:
    """Make the searches of `nas_ablation`; parameters as there."""
    from automl_magic.network_run import begin_networks, need_torch, read_networks
    from automl_magic.networks.architecture import defaults

    need_torch()
    arms: list[Arm] = []
    problems: list[NetworkProblem] = []
    for repeat in range(whole_number("repeats", repeats)):
        mine = _third(replace(plan, seed=plan.seed + repeat, name=None))
        search = read_networks(mine, X, y, space=space, test=test)
        problems.append(search.problem)
        kept = defaults(search.space)
        for name, narrowed in spaces_of(search.declared, kept[0] if kept else None).items():
            run = begin_networks(mine, X, y, space=narrowed, test=test)
            try:
                result = attended(run, None if panel is None else panel())
            except RunError:
                if not arms:
                    raise
                continue  # what the others found holds
            arms.append(Arm(name, repeat, result, _predicted(search.problem, result)))
            if any(act.kind == "stop" for act in result.history.steered):
                return AblationResult(tuple(arms), tuple(problems))
    return AblationResult(tuple(arms), tuple(problems))


def _third(plan: NetworkPlan) -> NetworkPlan:
    """Return the plan of one search: a third of the budget."""
    if plan.epochs is not None and plan.epochs < len(ARMS):
        raise OptionError(f"epochs must be at least {len(ARMS)}: each search has a third. Got {plan.epochs}.")
    limits: Mapping[str, Any] = {
        "time": None if plan.time is None else plan.time / len(ARMS),
        "epochs": None if plan.epochs is None else plan.epochs // len(ARMS),
        "trials": None if plan.trials is None else max(1, plan.trials // len(ARMS)),
    }
    return replace(plan, **limits)


def spaces_of(space: SearchSpace, fixed_at: Config | None = None) -> dict[str, SearchSpace]:
    """Return the spaces of the three searches: one part of each configuration is left at its default.

    `fixed_at` is a configuration in place of the defaults: the first one that keeps the limits.

    Raises
    ------
    OptionError
        If nothing of architecture or of training is searched.
    """
    default = fixed_at or space.default()
    parts = {
        TRAINING: [label for label in default if not label.startswith("training.")],
        ARCHITECTURE: [label for label in default if label.startswith("training.")],
    }
    found = {}
    for name, labels in parts.items():
        fixed = space
        for label in labels:
            fixed = fixed.narrow(label, **_only(fixed, label, default[label]))
        found[name] = fixed
        if not any(not parameter.is_fixed for parameter in fixed.parameters if parameter.is_active(default)):
            raise OptionError(f"Nothing of the {name} is searched in this space.", "Give it holes for both.")
    return {**found, BOTH: space}


def _only(space: SearchSpace, label: str, value: Any) -> dict[str, Any]:
    if space[label].kind == "choice":
        return {"options": [value]}
    return {"low": value, "high": value}


def _predicted(problem: NetworkProblem, result: NetworkResult) -> NDArray[Any]:
    from automl_magic.tabular.evaluate import predict_with

    return predict_with(result.best, problem.X_apart, problem.data.task, problem.metric)
