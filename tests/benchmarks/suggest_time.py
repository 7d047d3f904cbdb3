"""What one proposal costs: CPU milliseconds of ours, hyperopt's and Optuna's at the same histories, in one run.

    python -m tests.benchmarks.suggest_time

The document or trial is made, the objective is not counted. Two spaces: five numbers, and 55 labels (8 families of 6,
the family, 6 of preparation). Histories are random; each figure is the median of several proposals, with the quartiles
behind it; the ratios are those of the medians.
"""

from __future__ import annotations

import logging
import math
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

SIZES = (10, 100, 500, 1000, 2000, 10_000)
REPEATS = {10: 9, 100: 9, 500: 9, 1000: 7, 2000: 5, 10_000: 3}
FAMILIES = 8
SEED = 20


def flat() -> tuple[Any, Callable[[Any], float]]:
    """Return hyperopt's space of five numbers and the same for Optuna."""
    from hyperopt import hp

    def ask(trial: Any) -> float:
        return sum(trial.suggest_float(f"x{place}", 0.0, 1.0) ** 2 for place in range(5))

    return {f"x{place}": hp.uniform(f"x{place}", 0.0, 1.0) for place in range(5)}, ask


def conditional() -> tuple[Any, Callable[[Any], float]]:
    """Return hyperopt's space of 55 labels and the same for Optuna."""
    from hyperopt import hp

    low, high = math.log(1e-4), math.log(1.0)
    families = [
        {
            "name": name,
            "rate": hp.loguniform(f"rate{name}", low, high),
            "penalty": hp.loguniform(f"penalty{name}", low, high),
            "depth": hp.quniform(f"depth{name}", 1, 12, 1),
            "leaf": hp.uniform(f"leaf{name}", 0.0, 1.0),
            "share": hp.uniform(f"share{name}", 0.0, 1.0),
            "kind": hp.choice(f"kind{name}", ["a", "b", "c"]),
        }
        for name in range(FAMILIES)
    ]
    space = {
        "model": hp.choice("model", families),
        "scale": hp.choice("scale", ["none", "standard", "robust"]),
        "impute": hp.choice("impute", ["mean", "median"]),
        "select": hp.uniform("select", 0.1, 1.0),
        "noise": hp.loguniform("noise", low, high),
        "bins": hp.quniform("bins", 2, 50, 1),
        "power": hp.uniform("power", 0.0, 2.0),
    }

    def ask(trial: Any) -> float:
        name = trial.suggest_categorical("model", list(range(FAMILIES)))
        trial.suggest_categorical("scale", ["none", "standard", "robust"])
        trial.suggest_categorical("impute", ["mean", "median"])
        select, noise = trial.suggest_float("select", 0.1, 1.0), trial.suggest_float("noise", 1e-4, 1.0, log=True)
        trial.suggest_int("bins", 2, 50)
        power = trial.suggest_float("power", 0.0, 2.0)
        rate = trial.suggest_float(f"rate{name}", 1e-4, 1.0, log=True)
        trial.suggest_float(f"penalty{name}", 1e-4, 1.0, log=True)
        depth = trial.suggest_int(f"depth{name}", 1, 12)
        leaf = trial.suggest_float(f"leaf{name}", 0.0, 1.0)
        trial.suggest_float(f"share{name}", 0.0, 1.0)
        trial.suggest_categorical(f"kind{name}", ["a", "b", "c"])
        return float(name / 8 + select + noise + power + rate + depth / 12 + leaf)

    return space, ask


def of_values(values: dict[str, Any]) -> float:
    """Return a loss that depends on the numbers of a document, so that good trials have something in common."""
    return float(sum(value for value in values.values() if value < 100) / len(values))


def time_hyperopt(suggest: Callable[..., Any], space: Any, sizes: tuple[int, ...]) -> dict[int, list[float]]:
    """Return CPU milliseconds of proposals of a `suggest` after histories of random documents of each size."""
    from hyperopt import Trials, rand
    from hyperopt.base import JOB_STATE_DONE, Domain

    domain, trials = Domain(of_values, space), Trials()
    taken: dict[int, list[float]] = {}
    for size in sizes:
        missing = size - len(trials.trials)
        documents = rand.suggest(trials.new_trial_ids(missing), domain, trials, SEED + size)
        for document in documents:
            values = {label: float(found[0]) for label, found in document["misc"]["vals"].items() if len(found)}
            document["state"], document["result"] = JOB_STATE_DONE, {"status": "ok", "loss": of_values(values)}
        trials.insert_trial_docs(documents)
        trials.refresh()
        suggest(trials.new_trial_ids(1), domain, trials, SEED)  # a search has met all but the last of these before
        taken[size] = []
        for repeat in range(REPEATS[size]):
            (document,) = rand.suggest(trials.new_trial_ids(1), domain, trials, SEED + repeat)
            values = {label: float(found[0]) for label, found in document["misc"]["vals"].items() if len(found)}
            document["state"], document["result"] = JOB_STATE_DONE, {"status": "ok", "loss": of_values(values)}
            trials.insert_trial_docs([document])
            trials.refresh()
            begin = time.process_time()
            suggest(trials.new_trial_ids(1), domain, trials, SEED + repeat)
            taken[size].append(1000.0 * (time.process_time() - begin))
    return taken


def time_optuna(ask: Callable[[Any], float], sizes: tuple[int, ...]) -> dict[int, list[float]]:
    """Return CPU milliseconds that Optuna's default sampler takes to make a trial with all its parameters."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    random = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=SEED))
    random.optimize(ask, n_trials=max(sizes))
    told = random.trials
    taken: dict[int, list[float]] = {}
    for size in sizes:
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=SEED))
        study.add_trials(told[:size])
        taken[size] = []
        for _ in range(REPEATS[size]):
            begin = time.process_time()
            trial = study.ask()
            value = ask(trial)
            taken[size].append(1000.0 * (time.process_time() - begin))
            study.tell(trial, value)
    return taken


def report(title: str, space: Any, ask: Callable[[Any], float]) -> None:
    """Print the table of one space."""
    from hyperopt import tpe as theirs

    from automl_magic.engine import tpe as ours

    columns = {
        "ours": time_hyperopt(ours.suggest, space, SIZES),
        "hyperopt": time_hyperopt(theirs.suggest, space, SIZES),
        "Optuna": time_optuna(ask, SIZES),
    }
    print(f"\n{title}: CPU ms, median (quartiles); ratio to ours")
    print(f"{'trials':>7}" + "".join(f"{name:>26}" for name in columns))
    middle = {name: {size: statistics.median(taken[size]) for size in SIZES} for name, taken in columns.items()}
    for size in SIZES:
        cells = []
        for name, taken in columns.items():
            low, _, high = statistics.quantiles(taken[size], n=4)
            ratio = "" if name == "ours" else f" {middle[name][size] / middle['ours'][size]:5.1f}x"
            cells.append(f"{middle[name][size]:8.2f} ({low:.1f}-{high:.1f}){ratio}")
        print(f"{size:>7}" + "".join(f"{cell:>26}" for cell in cells))
    growth = {name: taken[10_000] / taken[500] for name, taken in middle.items()}
    print("growth from 500 to 10000: " + ", ".join(f"{name} {ratio:.1f}x" for name, ratio in growth.items()))


def main() -> None:
    """Print both tables."""
    warnings.simplefilter("ignore")
    logging.disable(logging.INFO)
    np.seterr(all="ignore")
    report("5 labels, flat", *flat())
    report(f"{7 + 6 * FAMILIES} labels, conditional", *conditional())


if __name__ == "__main__":
    main()
