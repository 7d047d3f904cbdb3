"""What insight says against the truth: `python -m tests.benchmarks.insight_truth [seeds] [trials]`.

Planted pairs among idle parameters, sums that hold no pair on some scale of the score, and hartmann6, whose Sobol
indices are computed by brute force (Saltelli and others 2010, "Variance based sensitivity analysis of model output",
Computer Physics Communications 181, table 2: the estimators of Saltelli and of Jansen). Each on random trials and on
those that the searcher "tpe" gathered.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from automl_magic import Float, tune
from automl_magic.engine.functions import FUNCTIONS
from automl_magic.importance import parameter_importance
from automl_magic.interactions import Insight

Values = dict[str, Any]
PLANE = {f"x{number}": Float(-1, 1) for number in range(1, 21)}
CUBE = {f"x{number}": Float(0, 1) for number in range(1, 7)}
OPTIMUM = {"x1": 0.20169, "x2": 0.150011, "x3": 0.476874, "x4": 0.275332, "x5": 0.311652, "x6": 0.6573}
DRAWS = 2000  # that stand for the space where the true share of a narrowing is asked for
PAIRS: dict[str, tuple[Callable[[Values], float], int]] = {
    "x1 x2": (lambda v: v["x1"] * v["x2"], 2),
    "-3 x1 x2": (lambda v: -3 * v["x1"] * v["x2"], 2),
    "exp(2 x1 x2)": (lambda v: math.exp(2 * v["x1"] * v["x2"]), 2),
    "log(1.2 + x1 x2)": (lambda v: math.log(1.2 + v["x1"] * v["x2"]), 2),
    "(x1 - .25)(x2 + .3)": (lambda v: (v["x1"] - 0.25) * (v["x2"] + 0.3), 2),
    "x3 + .7 x4 + x1 x2": (lambda v: v["x3"] + 0.7 * v["x4"] + v["x1"] * v["x2"], 4),
}
SUMS: dict[str, tuple[Callable[[Values], float], int]] = {
    "straight": (lambda v: v["x1"] + 2 * v["x2"] - v["x3"], 3),
    "bowl": (lambda v: (v["x1"] - 0.4) ** 2 + 2 * (v["x2"] + 0.3) ** 2 + v["x3"] ** 2, 3),
    "corners": (lambda v: abs(v["x1"] - 0.4) + 2 * abs(v["x2"] + 0.3) + abs(v["x3"]), 3),
    "log of a bowl": (lambda v: math.log(0.05 + (v["x1"] - 0.4) ** 2 + 2 * (v["x2"] + 0.3) ** 2), 2),
    "exp of a bowl": (lambda v: math.exp((v["x1"] - 0.4) ** 2 + 2 * (v["x2"] + 0.3) ** 2), 2),
    "step and wave": (lambda v: (v["x1"] > 0.2) + 0.5 * math.sin(6 * v["x2"]), 2),
}


def noisy(function: Callable[[Values], float], spread: float) -> Callable[[Values], float]:
    """Return the function with noise that depends on the values alone."""
    return lambda v: function(v) + spread * np.random.default_rng(abs(hash(tuple(v.values())))).normal()


def total_indices(
    function: Callable[[Values], float], draws: int = 20_000
) -> tuple[dict[str, float], dict[str, float]]:
    """Return Sobol's first and total indices of a function of the cube, by brute force."""
    rng = np.random.default_rng(0)
    labels = list(CUBE)
    one, other = rng.random((2, draws, len(labels)))

    def of(places: Any) -> Any:
        return np.array([function(dict(zip(labels, place, strict=True))) for place in places])

    here, there = of(one), of(other)
    variance = np.concatenate([here, there]).var()
    first, total = {}, {}
    for column, label in enumerate(labels):
        mixed = one.copy()
        mixed[:, column] = other[:, column]
        score = of(mixed)
        first[label] = float((there * (score - here)).mean() / variance)
        total[label] = float(((here - score) ** 2).mean() / 2 / variance)
    return first, total


def told_of(function: Callable[[Values], float], space: Any, search: str, trials: int, seed: int) -> tuple[Any, ...]:
    """Return the run, what is said of it, and the seconds that saying it took."""
    run = tune(function, space, trials=trials, workers=0, search=search, seed=seed)
    begun = time.process_time()
    found: Insight = run.insight().groups[0]
    return run, found, time.process_time() - begun


def kept_truly(function: Callable[[Values], float], trials: list[float], found: Insight) -> float:
    """Return the share of fresh random draws, as good as the worst good trial, that lie inside all proposals.

    Where fewer than 30 of the draws are so good, the best 30 count.
    """
    rng = np.random.default_rng(1)
    draws = [dict(zip(PLANE, map(float, place), strict=True)) for place in rng.uniform(-1, 1, (DRAWS, len(PLANE)))]
    losses = np.array([function(draw) for draw in draws])
    level = sorted(trials)[found.narrowings[0].good - 1]
    best = np.argsort(losses, kind="stable")[: max(30, int((losses <= level).sum()))]
    inside = [all(one.low <= draws[place][one.label] <= one.high for one in found.narrowings) for place in best]
    return float(np.mean(inside))


def table(seeds: int, trials: int) -> None:
    """Print how often what is said is true."""
    print(f"{seeds} seeds, {trials} trials, 20 parameters. pair: it ranks first; none: no pair is claimed;")
    print("number: as many matter as do (and those). PED-ANOVA: x1 and x2 are its first two.")
    print(f"{'function':24}{'trials by':11}{'true':>12}{'number':>9}{'PED-ANOVA':>11}{'CPU s, median (most)':>24}")
    narrowed: dict[str, list[tuple[float, float, float]]] = {"random": [], "tpe": []}
    runs = 0
    noise = {"x1 x2, noise 10 %": (noisy(PAIRS["x1 x2"][0], 0.033), 2)}
    flat = {"bowl, noise": (noisy(SUMS["bowl"][0], 0.2), 3), "noise alone": (noisy(lambda _: 0.0, 1.0), 0)}
    for kind, functions in (("pair", PAIRS | noise), ("none", SUMS | flat)):
        for name, (function, count) in functions.items():
            for search in ("random", "tpe"):
                right = number = ped = 0
                spent = []
                for seed in range(seeds):
                    run, found, seconds = told_of(function, PLANE, search, trials, seed)
                    spent.append(seconds)
                    runs += search == "tpe"
                    if found.narrowings:
                        losses = [-float(trial.score) for trial in run.history.trials.values() if trial.state == "done"]
                        cut = statistics.mean(one.cut for one in found.narrowings)
                        narrowed[search].append((found.kept, kept_truly(function, losses, found), cut))
                    pairs = [{pair.one, pair.other} for pair in found.interactions]
                    right += pairs[:1] == [{"x1", "x2"}] if kind == "pair" else not pairs
                    number += {label for label, _ in found.matter} == {f"x{place}" for place in range(1, count + 1)}
                    shares = [label for label, _ in parameter_importance(run.history)[0].shares]
                    ped += set(shares[:2]) == {"x1", "x2"}
                first = f"{ped}/{seeds}" if kind == "pair" and count == 2 else ""
                cost = f"{statistics.median(spent):.3f} ({max(spent):.3f})"
                said = f"{kind} {right}/{seeds}"
                print(f"{name:24}{search:11}{said:>12}{f'{number}/{seeds}':>9}{first:>11}{cost:>24}")
    print("\nnarrowing: the share of good points that all proposals of a run are said to keep, and do of fresh draws")
    for search, rows in narrowed.items():
        said, true, cut = (statistics.mean(column) for column in zip(*rows, strict=True)) if rows else (math.nan,) * 3
        high = sum(row[0] > row[1] + 0.1 for row in rows)
        print(
            f"{search:8}{len(rows)} of {runs} runs have proposals: said {said:.2f}, true {true:.2f}, "
            f"said .1 too high {high}, a proposal cuts {cut:.0%}"
        )


def peaks(seeds: int, trials: int) -> None:
    """Print total effects on hartmann6 beside the true ones, and whether its optimum lies in what is proposed."""
    function: Callable[[Values], float] = FUNCTIONS["hartmann6"].call
    first, total = total_indices(function)
    whole = sum(total.values())
    print("\nhartmann6: total effects as shares of their sum; truth by brute force, then mean ± deviation over seeds")
    print(f"{'':14}" + "".join(f"{label:>14}" for label in CUBE))
    print(f"{'first, true':14}" + "".join(f"{value:14.2f}" for value in first.values()))
    print(f"{'total, true':14}" + "".join(f"{value:14.2f}" for value in total.values()))
    print(f"{'share, true':14}" + "".join(f"{value / whole:14.2f}" for value in total.values()))
    for search in ("random", "tpe"):
        rows, inside, kept, cuts = [], 0, [], []
        for seed in range(seeds):
            _, found, _ = told_of(function, CUBE, search, trials, seed)
            matter = dict(found.matter)
            summed = sum(matter.values()) or 1.0
            rows.append([matter.get(label, 0.0) / summed for label in CUBE])
            inside += all(one.low <= OPTIMUM[one.label] <= one.high for one in found.narrowings)
            kept.append(found.kept)
            cuts.append(len(found.narrowings))
        values = np.array(rows)
        cells = [f"{mean:.2f} ± {spread:.2f}" for mean, spread in zip(values.mean(0), values.std(0), strict=True)]
        print(f"{search:14}" + "".join(f"{cell:>14}" for cell in cells))
        print(f"{'':14}optimum inside the proposals {inside}/{seeds}, {statistics.mean(cuts):.1f} proposals a run,")
        print(f"{'':14}which are said to keep {statistics.mean(kept):.0%} together")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    table(*(given + [10, 200][len(given) :]))
    peaks(*(given + [10, 200][len(given) :]))
