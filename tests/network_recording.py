"""A search over neural networks, made by hand, for the tests of the panel: `python -m tests.network_recording`.

It lies in tests/data/networks: the batches of rows that Python makes from the events below, and the drawings of a plain
network, one with a skip, and a cell. Nothing is trained: the curves are formulas.
"""

from __future__ import annotations

import json
import math
import random
from itertools import pairwise
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
from automl_magic.engine.history import History, Trial
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.space import compile_space
from automl_magic.extend import DRAWINGS
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
            counts = {"more than 50,000 parameters": 4 + net.number, "one row takes longer than 2 ms": net.number - 4}
            made.append(Finding(REFUSED, counts, clock.now))
    if ended:
        left = [(net, rung) for rung, nets in enumerate(waiting) for net in nets]
        for net, rung in left:
            reason = f"paused at rung {rung + 1} of {len(EPOCHS)}: not sent on by the end"
            made.append(TrialEnded(net.number, "pruned", net.best(rung, sign), 0.0, net.seconds, reason, at=clock.now))
        best = history_of(made).best()
        made.append(RunEnded(f"all {trials} trials were made", None if best is None else best.id, clock.now, clock.now))
    return made


def _best(nets: list[_Net], rung: int) -> _Net:
    return max(nets, key=lambda net: net.best(rung, 1))


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
        self.parameters = 40 * self.units + self.units * self.units * (self.depth - 1) + 11 * self.units
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
        costs = {"parameters": float(self.parameters), "multiply_adds": 40.0 * self.parameters, "latency": self.latency}
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


def _box(id: str, label: str, kind: str, shape: list[int], parameters: int = 0, does: str = "") -> dict[str, Any]:
    """Return a block; each weight is used once at every place."""
    words = [f"{id}: {does}" if does else id, f"gives {' x '.join(map(str, shape))}"]
    return {
        "id": id,
        "label": label,
        "kind": kind,
        "width": shape[-1] if kind == "input" else shape[0],
        "shape": shape,
        "parameters": parameters,
        "multiply_adds": (parameters - shape[0]) * math.prod(shape[1:]) if parameters else 0,
        "text": "; ".join(words + ([f"{parameters:,} parameters"] if parameters else [])),
    }


def drawn(history: History, trial: Trial) -> dict[str, Any] | None:
    """Return a drawing by the family of a trial: none of a recurrent network, as if it were of a person's own class."""
    output = _box("output", "linear, 10", "linear", [10], 330, "linear layer of 10 units")
    five, three = ("convolution of kernel 5 with 16 channels", "convolution of kernel 3 with 32 channels")
    if trial.config["model"] == "mlp":
        boxes = [_box("input", "input", "input", [40])]
        boxes += [_box(f"dense{at}", "linear, 32", "linear", [32], size) for at, size in ((1, 1312), (2, 1056))]
        return {"boxes": [*boxes, output], "arcs": _chain("input", "dense1", "dense2", "output")}
    if trial.config["model"] == "conv":
        boxes = [
            _box("input", "input", "input", [40, 1]),
            _box("conv1", "conv 5, 16", "conv1d", [16, 40], 96, five),
            _box("norm1", "batch norm", "batch_norm", [16, 40], 32),
            _box("conv2", "conv 3, 32", "conv1d", [32, 20], 1568, three),
            _box("conv3", "conv 3, 32", "conv1d", [32, 20], 3104, three),
            _box("conv3.add", "add", "add", [32, 20], 0, "add; takes conv3 and conv2 by skip"),
            _box("head1", "mean", "global_mean", [32], 0, "mean over all places"),
        ]
        arcs = _chain("input", "conv1", "norm1", "conv2", "conv3", "conv3.add", "head1", "output")
        return {"boxes": [*boxes, output], "arcs": [*arcs, _arc("conv2", "conv3.add", "skip")]}
    if trial.config["model"] == "cell":
        nodes = [f"cell1.node{at}" for at in (2, 3, 4)]
        boxes = [
            _box("input", "input", "input", [40, 1]),
            _box("stem1", "conv 3, 32", "conv1d", [32, 40], 128),
            *[_box(node, node.replace("1.node", " 1, node "), "node", [32, 40], 3136) for node in nodes],
            _box("head1", "mean", "global_mean", [32], 0, "mean over all places"),
        ]
        edges = [
            ("stem1", 0, "conv 3"),
            (0, 1, "conv 5"),
            ("stem1", 1, "skip"),
            (1, 2, "conv 3"),
            ("stem1", 2, "skip"),
            (0, 2, "mean pool"),
        ]
        inside = [
            _arc(start if isinstance(start, str) else nodes[start], nodes[end], told) for start, end, told in edges
        ]
        return {
            "boxes": [*boxes, output],
            "arcs": [*_chain("input", "stem1"), *inside, *_chain(nodes[-1], "head1", "output")],
        }
    return None


def _arc(start: str, end: str, label: str = "") -> dict[str, str]:
    return {"from": start, "to": end, "label": label}


def _chain(*names: str) -> list[dict[str, str]]:
    return [_arc(start, end) for start, end in pairwise(names)]


def drawings(history: History) -> list[Any]:
    """Return the drawing of each network, as the panel is sent it."""
    DRAWINGS.register("recorded")(drawn)
    try:
        return [row for trial in history.trials for row in drawing_rows(history, trial)]
    finally:
        DRAWINGS._members.pop("recorded")


def made() -> dict[str, Any]:
    """Return what lies beside this file."""
    found = events()
    return {"batches": batches_of(found), "drawings": drawings(history_of(found))}


def main() -> None:
    """Write it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = json.dumps(made(), indent=None, separators=(",", ":")) + "\n"
    (FOLDER / "rows.json").write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main()
