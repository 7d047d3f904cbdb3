"""Bounds narrowed in mid-run: which trials should go on guiding?

Run it with ``python -m tests.benchmarks.narrowing [seeds]``. After 60 trials on (-10, 10) x (-10, 10) the bounds of x
are narrowed, and 30 more follow. Told is the median over the seeds, with quartiles, of the regret of the best new
point against the best within the new bounds. The rows "hyperopt: …" treat the 60 documents by hand before hyperopt's
own `tpe.suggest` sees them; those of "view" are what runs do: the history's view of the edited space. All rows of one
seed go on from the same 60 trials, which hyperopt's estimator made; "fresh: tpe" forgets them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from automl_magic.engine.events import Config, FoldScore, FoldScored, RunStarted, TrialEnded, TrialStarted
from automl_magic.engine.history import History, Trial
from automl_magic.engine.holes import Float
from automl_magic.engine.search_options import searcher_of
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import SearchSpace, compile_space

BEFORE, AFTER = 60, 30
BOUNDS = {"optimum cut off": (-10.0, 0.0), "cut off, less to search": (-4.0, 0.0), "optimum inside": (1.0, 6.0)}


def loss(config: Config) -> float:
    """Return a bowl whose two numbers interact; its optimum lies near x = 3.7, y = -2.9."""
    x, y = float(config["x"]), float(config["y"])
    return (x - 3.0) ** 2 + (y + 2.0) ** 2 + 0.5 * x * y


def least(space: SearchSpace) -> float:
    """Return the least loss within the bounds, from a fine grid."""
    xs, ys = (np.linspace(space[label].low, space[label].high, 2001) for label in ("x", "y"))
    x, y = np.meshgrid(xs, ys)
    return float(((x - 3.0) ** 2 + (y + 2.0) ** 2 + 0.5 * x * y).min())


def go_on(history: History, space: SearchSpace, search: str, seed: int, count: int) -> float:
    """Add trials that a searcher proposes from the history's view; return the least of their losses."""
    searcher, found = searcher_of(search), []
    for _ in range(count):
        step = history.last_started() + 1
        config = searcher(history.view(space, step), generator_of(seed, step))
        found.append(loss(config))
        history.apply(TrialStarted(step, step, config, search, 0))
        history.apply(FoldScored(step, 0, FoldScore(-found[-1], 0.0)))
        history.apply(TrialEnded(step, "done", -found[-1], 0.0, 0.0))
    return min(found)


def fresh_history() -> History:
    """Return a history without trials."""
    history = History()
    history.apply(RunStarted("run", {}, {}, 1, 0, {}))
    return history


def treated(trials: list[Trial], space: SearchSpace, seed: int, treat: Callable[[Config], Config | None]) -> float:
    """Treat the old configurations by hand and go on with hyperopt's estimator; return the least new loss."""
    from hyperopt import tpe
    from hyperopt.base import JOB_STATE_DONE, Trials

    from automl_magic.engine.hyperopt_space import domain_of

    domain, told, best = domain_of(space), Trials(), np.inf
    kept = [(config, -float(trial.score or 0.0)) for trial in trials if (config := treat(trial.config)) is not None]

    def tell(number: int, config: Config, value: float) -> None:
        vals = {label: [config[label]] for label in ("x", "y")}
        misc: dict[str, Any] = {"tid": number, "cmd": None, "workdir": None, "vals": vals}
        misc["idxs"] = {label: [number] for label in vals}
        (document,) = told.new_trial_docs([number], [None], [{"status": "ok", "loss": value}], [misc])
        told.insert_trial_doc({**document, "state": JOB_STATE_DONE})
        told.refresh()

    for number, (config, value) in enumerate(kept):
        tell(number, config, value)
    for number in range(len(kept), len(kept) + AFTER):
        draw = int(generator_of(seed, number).integers(2**31 - 1))
        (document,) = tpe.suggest([number], domain, told, draw, verbose=False)
        config = {label: float(values[0]) for label, values in document["misc"]["vals"].items()}
        tell(number, config, loss(config))
        best = min(best, loss(config))
    return float(best)


def regrets(low: float, high: float, seed: int) -> dict[str, float]:
    """Return the regret of the best new point by each way."""
    whole = compile_space({"x": Float(-10.0, 10.0), "y": Float(-10.0, 10.0)})
    space, found = whole.narrow("x", low, high), {}
    least_loss = least(space)
    first = fresh_history()
    go_on(first, whole, "hyperopt", seed, BEFORE)
    trials = list(first.view(whole, BEFORE).trials)
    ways: dict[str, Callable[[Config], Config | None]] = {
        "hyperopt: keep all": lambda config: config,
        "hyperopt: drop outside": lambda config: config if space.contains(config) else None,
        "hyperopt: clip to edge": lambda config: {**config, "x": min(max(config["x"], low), high)},
        "hyperopt: start fresh": lambda config: None,
    }
    for name, treat in ways.items():
        found[name] = treated(trials, space, seed, treat) - least_loss
    for search in ("hyperopt", "tpe"):
        history = fresh_history()
        for trial in trials:
            history.view(whole, trial.step)
            history.apply(TrialStarted(trial.step, trial.step, trial.config, trial.origin, 0))
            history.apply(TrialEnded(trial.step, "done", trial.score, 0.0, 0.0))
        found[f"view: {search}"] = go_on(history, space, search, seed, AFTER) - least_loss
    found["fresh: tpe"] = go_on(fresh_history(), space, "tpe", seed, AFTER) - least_loss
    return found


def main(seeds: int = 20) -> None:
    """Print the table."""
    print(f"Regret of the best of {AFTER} points after narrowing; median (quartiles) of {seeds} seeds")
    for name, (low, high) in BOUNDS.items():
        found = [regrets(low, high, seed) for seed in range(seeds)]
        print(f"\n{name}: x within ({low:g}, {high:g})")
        for way in found[0]:
            first, middle, third = np.percentile([one[way] for one in found], [25, 50, 75])
            print(f"  {way:24} {middle:8.3f}  ({first:.3f} to {third:.3f})", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
