"""How good is the network that is found? `python -m tests.benchmarks.network_search digits [seeds]`.

mnist1d: MNIST-1D (Greydanus and Kobak 2020, the extra `teach`), 4,000 rows to learn from, the test set of 1,000 apart;
beside it, in the same run, random search with full trainings. digits: scikit-learn's, three tenths apart, 15 s.
fashion: 10,000 images of Fashion-MNIST and its official test set (Debian's `dataset-fashion-mnist`); beside it a fixed
convolutional network and a fixed perceptron, with Adam at 1e-3 and early stopping, each with the same time.

Give the machine nothing else to do: all of it is in seconds.
"""

from __future__ import annotations

import argparse
import copy
import gzip
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import automl_magic

FASHION = Path("/usr/share/datasets/fashion-mnist")
PATIENCE = 5  # epochs without a better one after which a fixed network is trained no more
Parts = tuple[Any, Any, Any, Any]  # X, y, X_test, y_test


def mnist1d(seed: int) -> Parts:
    """Return MNIST-1D; it is the same for every seed."""
    from mnist1d.data import get_dataset_args, make_dataset

    found = make_dataset(get_dataset_args())
    return found["x"].astype("f4"), found["y"], found["x_test"].astype("f4"), found["y_test"]


def digits(seed: int) -> Parts:
    """Return scikit-learn's digits as images, three tenths of them apart."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X.reshape(-1, 8, 8), y, test_size=0.3, random_state=seed, stratify=y)
    return X, y, X_test, y_test


def fashion(seed: int) -> Parts:
    """Return 10,000 training images of Fashion-MNIST, drawn by the seed, and its test set."""

    def read(name: str, head: int) -> Any:
        return np.frombuffer(gzip.decompress((FASHION / name).read_bytes()), np.uint8, offset=head)

    X, y = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28), read("train-labels-idx1-ubyte.gz", 8)
    rows = np.random.default_rng(seed).choice(len(X), 10_000, replace=False)
    return (
        X[rows],
        y[rows],
        read("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28),
        read("t10k-labels-idx1-ubyte.gz", 8),
    )


def searched(parts: Parts, seconds: float, seed: int, **options: Any) -> tuple[float, str]:
    """Return the accuracy on the test set of what a search finds, and what it was."""
    X, y, X_test, y_test = parts
    begun = time.monotonic()
    run = automl_magic.nas(X, y, test=(X_test, y_test), time=seconds, seed=seed, **options)
    spent = time.monotonic() - begun
    first = min((trial.ended or np.inf for trial in run.history.trials.values() if trial.scores), default=np.inf)
    known = [rung for trial in run.history.trials.values() for rung in trial.turns]
    first = min([first, *(turn.at for turn in known)])
    told = (
        f"{run.candidate.family}, {len(run.history.trials)} networks, first after {first:.1f} s, {spent:.0f} s in all"
    )
    return float(run.score), told


def fixed(kind: str) -> Callable[[Parts, float, int], tuple[float, str]]:
    """Return a function that trains a fixed network and tells its accuracy on the test set."""

    def train(parts: Parts, seconds: float, seed: int) -> tuple[float, str]:
        import torch
        from torch import nn

        begun = time.monotonic()
        torch.manual_seed(seed)
        X, y, X_test, y_test = parts
        mean, deviation = float(X.mean()), float(X.std())
        x, x_test = (torch.from_numpy((part - mean) / deviation).float()[:, None] for part in (X, X_test))
        targets, wanted = (torch.from_numpy(np.asarray(part)).long() for part in (y, y_test))
        order = torch.randperm(len(x))
        held, kept = order[: len(x) // 5], order[len(x) // 5 :]
        net: Any
        if kind == "cnn":
            net = nn.Sequential(
                *(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
                *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
                *(nn.Flatten(), nn.Linear(64 * 49, 128), nn.ReLU(), nn.Linear(128, 10)),
            )
        else:
            net = nn.Sequential(
                *(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
            )
        optimizer, loss = torch.optim.Adam(net.parameters(), 1e-3), nn.CrossEntropyLoss()
        best, weights, epoch, since = -1.0, copy.deepcopy(net.state_dict()), 0, 0
        while since < PATIENCE and time.monotonic() - begun < seconds:
            net.train()
            for batch in kept[torch.randperm(len(kept))].split(64):
                optimizer.zero_grad()
                loss(net(x[batch]), targets[batch]).backward()
                optimizer.step()
                if time.monotonic() - begun > seconds:
                    break
            epoch, since = epoch + 1, since + 1
            accuracy = _accuracy(net, x[held], targets[held])
            if accuracy > best:
                best, weights, since = accuracy, copy.deepcopy(net.state_dict()), 0
        net.load_state_dict(weights)
        return _accuracy(net, x_test, wanted), f"{epoch} epochs, {time.monotonic() - begun:.0f} s in all"

    return train


def _accuracy(net: Any, x: Any, y: Any) -> float:
    import torch

    net.eval()
    with torch.inference_mode():
        told = torch.cat([net(part).argmax(1) for part in x.split(1000)])
    return float((told == y).float().mean())


def random_search(parts: Parts, seconds: float, seed: int) -> tuple[float, str]:
    """Draw networks at random and train each to its end."""
    return searched(parts, seconds, seed, search="random", scheduler="none")


SETS: dict[str, tuple[Callable[[int], Parts], float, dict[str, Any]]] = {
    "mnist1d": (mnist1d, 120.0, {"ours": searched, "random, full training": random_search}),
    "digits": (digits, 15.0, {"ours": searched}),
    "fashion": (fashion, 120.0, {"ours": searched, "cnn 32/64": fixed("cnn"), "mlp 256-128": fixed("mlp")}),
}


def short_of(name: str, found: dict[str, list[float]]) -> list[str]:
    """Return what falls short of what is wanted."""
    ours = found["ours"]
    wanted = []
    if name == "mnist1d":
        wanted = [
            (statistics.median(ours) >= 0.95, "the median is below .95"),
            (min(ours) >= 0.93, "the worst is below .93"),
        ]
        if "random, full training" in found:
            gap = statistics.median(ours) - statistics.median(found["random, full training"])
            wanted.append((gap >= 0.03, f"random search with full training is only {gap:.3f} lower"))
    elif name == "digits":
        wanted = [(min(ours) >= 0.98, "one is below .98")]
    else:
        rival = max(statistics.fmean(scores) for method, scores in found.items() if method != "ours")
        wanted = [(statistics.fmean(ours) >= rival, f"the mean is below {rival:.4f}")]
    return [told for holds, told in wanted if not holds]


def main() -> int:
    """Run and print; return 1 where something falls short."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=SETS)
    parser.add_argument("seeds", nargs="?", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--time", type=float)
    parser.add_argument("--only", help="methods, with commas")
    asked = parser.parse_args()
    load, seconds, methods = SETS[asked.name]
    seconds = asked.time or seconds
    methods = {name: run for name, run in methods.items() if not asked.only or name in asked.only.split(",")}
    found: dict[str, list[float]] = {name: [] for name in methods}
    os.chdir(tempfile.mkdtemp())
    for seed in range(asked.first, asked.first + asked.seeds):
        parts = load(seed)
        for name, run in methods.items():
            score, told = run(parts, seconds, seed)
            found[name].append(score)
            print(f"seed {seed}  {name:22s} {score:.4f}  {told}", flush=True)
    print(f"{asked.name}, {seconds:g} s, {asked.seeds} seeds: accuracy on the test set")
    for name, scores in found.items():
        middle, mean = statistics.median(scores), statistics.fmean(scores)
        print(f"  {name:22s} median {middle:.4f}  mean {mean:.4f}  worst {min(scores):.4f}  best {max(scores):.4f}")
    missing = short_of(asked.name, found) if "ours" in found else []
    for told in missing:
        print(f"Falls short: {told}.")
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
