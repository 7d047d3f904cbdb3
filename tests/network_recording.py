"""A search over neural networks, made by hand, for the tests of the panel: `python -m tests.network_recording`.

It lies in tests/data/networks: the batches of rows that Python makes from the events below, and the drawing of each
network. Nothing is trained: the curves are formulas.
"""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

from automl_magic.engine.events import (
    Event,
    Finding,
    FoldScore,
    FoldScored,
    Note,
    RunEnded,
    RunStarted,
    TrialEnded,
    TrialPaused,
    TrialPromoted,
    TrialStarted,
)
from automl_magic.engine.history import History
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.space import compile_space
from automl_magic.network_drawing import architectures_of
from automl_magic.networks.architecture import Candidate
from automl_magic.networks.counting import multiply_adds, parameters
from automl_magic.networks.families.cell import Cell, CellNode
from automl_magic.networks.families.conv import Conv, ConvLayer
from automl_magic.networks.families.mlp import DenseLayer, Mlp
from automl_magic.networks.families.recurrent import Recurrent
from automl_magic.networks.graph import Inputs
from automl_magic.networks.shaping import graph_of
from automl_magic.networks.training import Training
from automl_magic.notebook.network_rows import REFUSED, drawing_rows
from tests.recording import batches_of

FOLDER = Path(__file__).parent / "data" / "networks"
EPOCHS = (1, 3, 9, 27)  # by rung
FAMILIES = {
    "mlp": (0.62, 8.0, 6e-6),
    "conv": (0.95, 5.0, 2e-5),
    "recurrent": (0.93, 12.0, 9e-5),
    "cell": (0.9, 7.0, 4e-5),
}
LIMIT = 50_000  # parameters
INPUTS = Inputs("sequence", (40, 1), outputs=10)
SHARE = 2  # one of so many is sent on


def plan(trials: int | None = 24) -> dict[str, Any]:
    """Return the limits of the run."""
    return {"trials": trials, "time": None}


def space() -> Any:
    """Return a space in the terms of the run."""
    return compile_space(
        {
            "model": Choice(*FAMILIES),
            "units": Choice(16, 32, 64, 128),
            "depth": Int(1, 4),
            "learning_rate": Float(1e-4, 1e-1, log=True),
        }
    )


def about(ends: str = "accuracy") -> dict[str, Any]:
    """Return what the run says of itself."""
    metrics = {
        "accuracy": {"name": "accuracy", "label": "accuracy", "sign": 1},
        "rmse": {"name": "neg_root_mean_squared_error", "label": "RMSE", "sign": -1},
    }
    return {
        "networks": True,
        "inputs": INPUTS.to_json(),
        "limits": {"parameters": LIMIT, "multiply_adds": None, "latency": 2e-3, "memory": None},
        "title": "digit",
        "metric": metrics[ends],
        "task": "Ten classes, since y has the values 0 to 9.",
        "models": list(FAMILIES),
        "searcher": "hybrid",
        "repeatable": "The same plan gives the same trials again (seed 0).",
        "rungs": len(EPOCHS),
        "leaves": f"not among the best of {SHARE} that came this far",
    }


def events(trials: int = 24, metric: str = "accuracy", ended: bool = False) -> list[Event]:
    """Return the events of a run: trials on four rungs, of which the best half is sent on; some fail."""
    draw = random.Random(3)
    sign = about(metric)["metric"]["sign"]
    clock = _Clock()
    made: list[Event] = [RunStarted("tidy_finch", plan(trials), space().to_json(), 1, 0, about(metric))]
    made.append(Note("One validation split, with the same share of classes; 1, 3, 9 and 27 epochs."))
    nets = [_Net(number, draw) for number in range(trials)]
    waiting: list[list[_Net]] = [[] for _ in EPOCHS]
    came = [0] * len(EPOCHS)
    for net in nets:
        config = {"model": net.family, "units": net.units, "depth": net.depth, "learning_rate": net.rate}
        made.append(
            TrialStarted(net.number, net.number, config, "default" if net.number < 4 else "hybrid", 0, at=clock.now)
        )
        if net.number == 7:
            made.append(
                TrialEnded(
                    7,
                    "failed",
                    None,
                    None,
                    0.4,
                    "RunError: the loss is not finite after epoch 1",
                    at=clock.pass_by(0.4),
                )
            )
            continue
        if net.number == trials - 1 and not ended:
            break  # it is still at work
        rung = 0
        while True:
            made.append(net.scored(rung, sign, clock))
            if rung == len(EPOCHS) - 1:
                made.append(TrialEnded(net.number, "done", net.best(rung, sign), 0.0, net.seconds, at=clock.now))
                break
            made.append(TrialPaused(net.number, rung, clock.now))
            waiting[rung].append(net)
            came[rung] += 1
            if came[rung] % SHARE:
                break
            net = _best(waiting[rung], rung)
            waiting[rung].remove(net)
            rung += 1
            made.append(TrialPromoted(net.number, trials + len(made), rung, clock.now))
        if net.number in (5, 17):
            counts = {
                "more than 50,000 parameters": 4 + net.number,
                "more than 2 ms to predict one row": net.number - 4,
            }
            refused = [{"why": why, "count": count} for why, count in counts.items()]
            made.append(Finding(REFUSED, {"looked_at": 90, "refused": refused}, clock.now))
    if ended:
        left = [(net, rung) for rung, nets in enumerate(waiting) for net in nets]
        for net, rung in left:
            reason = f"paused at rung {rung + 1} of {len(EPOCHS)}: not sent on by the end"
            made.append(TrialEnded(net.number, "pruned", net.best(rung, sign), 0.0, net.seconds, reason, at=clock.now))
        best = history_of(made).best()
        made.append(architectures_of(history_of(made), lambda config: Candidate(_architecture(config), Training())))
        made.append(RunEnded(f"all {trials} trials were made", None if best is None else best.id, clock.now, clock.now))
    return made


def _best(nets: list[_Net], rung: int) -> _Net:
    return max(nets, key=lambda net: net.best(rung, 1))


def _architecture(config: dict[str, Any]) -> Any:
    """Return the architecture that a configuration stands for."""
    units, depth = config["units"], config["depth"]
    if config["model"] == "mlp":
        return Mlp(tuple(DenseLayer(units) for _ in range(depth)))
    if config["model"] == "conv":
        return Conv(tuple(ConvLayer(units // 2, 3 + 2 * (at == 0), "pool", at > 0) for at in range(depth)))
    if config["model"] == "recurrent":
        return Recurrent(hidden=units // 2)
    edges = (("conv3",), ("skip", "conv5"), ("skip", "pool", "conv3"))
    return Cell((CellNode(), *map(CellNode, edges[: max(2, depth - 1)])), channels=units // 8, stages=2)


class _Clock:
    """Seconds of the run."""

    def __init__(self) -> None:
        self.now = 0.0

    def pass_by(self, seconds: float) -> float:
        self.now = round(self.now + seconds, 4)
        return self.now


class _Net:
    """A network that learns by a formula."""

    def __init__(self, number: int, draw: random.Random) -> None:
        self.number = number
        self.family = list(FAMILIES)[number] if number < len(FAMILIES) else draw.choice(list(FAMILIES))
        ceiling, slowness, cost = FAMILIES[self.family]
        self.units, self.depth = draw.choice((16, 32, 64, 128)), draw.randint(1, 4)
        self.depth = min(self.depth, 3) if self.units == 128 else self.depth  # no more parameters than allowed
        self.rate = round(10 ** draw.uniform(-4, -1), 6)
        graph = graph_of(_architecture({"model": self.family, "units": self.units, "depth": self.depth}), INPUTS)
        self.parameters, self.multiply_adds = parameters(graph), multiply_adds(graph)
        fit = 1 - 0.08 * abs(math.log10(self.rate) + 2.4) - 0.12 * math.exp(-self.parameters / 4000)
        self.ceiling, self.slowness = ceiling * fit, slowness * draw.uniform(0.6, 1.6)
        self.latency, self.each = round(2e-5 + cost * self.depth, 8), 0.04 + cost * 1e3 * self.depth * self.units / 64
        self.noise = [draw.gauss(0, 0.012) for _ in range(EPOCHS[-1])]
        self.seconds = 0.0

    def curve(self, sign: int) -> list[float]:
        """Return the validation score after each epoch, higher is better."""
        scores = []
        for epoch, noise in enumerate(self.noise, start=1):
            score = 0.1 + (self.ceiling - 0.1) * (1 - math.exp(-epoch / self.slowness)) + noise / epoch**0.5
            scores.append(round(score if sign > 0 else -12 * (1.05 - score), 5))
        return scores

    def best(self, rung: int, sign: int) -> float:
        return max(self.curve(sign)[: EPOCHS[rung]])

    def scored(self, rung: int, sign: int, clock: _Clock) -> FoldScored:
        """Return the result on a rung: the epochs after those of the rung below."""
        begun = EPOCHS[rung - 1] if rung else 0
        seconds = self.each * (EPOCHS[rung] - begun)
        self.seconds = round(self.seconds + seconds, 4)
        costs = {
            "parameters": float(self.parameters),
            "multiply_adds": float(self.multiply_adds),
            "latency": self.latency,
        }
        result = FoldScore(
            self.best(rung, sign),
            seconds,
            costs=costs,
            rounds=EPOCHS[rung],
            curve=self.curve(sign)[begun : EPOCHS[rung]],
        )
        return FoldScored(self.number, 0, result, rung, clock.pass_by(seconds))


def history_of(found: list[Event]) -> History:
    """Return the history that events make."""
    history = History()
    for event in found:
        history.apply(event)
    return history


def drawings(history: History) -> list[Any]:
    """Return the drawing of each network, as the panel is sent it."""
    return [row for trial in history.trials for row in drawing_rows(history, trial)]


def made() -> dict[str, Any]:
    """Return what lies beside this file."""
    found = events()
    return {"batches": batches_of(found), "drawings": drawings(history_of(events(ended=True)))}


def main() -> None:
    """Write it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = json.dumps(made(), indent=None, separators=(",", ":")) + "\n"
    (FOLDER / "rows.json").write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main()
