"""How long the start takes and what the panel costs: `python -m tests.benchmarks.start_and_panel`.

Prints import time, the time of %load_ext in a fresh shell, kernel CPU and bytes for each update of the panel.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from typing import Any
from unittest.mock import patch

from automl_magic.engine.events import FoldScore, FoldScored, RunStarted, TrialEnded, TrialStarted
from automl_magic.engine.history import History
from automl_magic.notebook.rows import NOTHING, Seen, rows

REPEATS = 5
TRIALS = 500
IMPORT = "import time; begun = time.perf_counter(); import automl_magic; print(time.perf_counter() - begun)"
LOAD = (
    "import time; from IPython.core.interactiveshell import InteractiveShell; shell = InteractiveShell(); "
    "begun = time.perf_counter(); shell.run_line_magic('load_ext', 'automl_magic'); print(time.perf_counter() - begun)"
)


def seconds_of(code: str) -> list[float]:
    """Return what fresh processes print, in seconds."""
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(REPEATS)
    ]
    return [float(run.stdout.strip().splitlines()[-1]) for run in runs]


def grow(history: History, trial: int) -> None:
    """Add one trial of five folds with a dozen parameters."""
    config = {
        "model": "hist_gb",
        **{f"hist_gb.parameter_{number}": 0.123456789 * (number + trial) for number in range(12)},
    }
    history.apply(TrialStarted(trial, trial, config, "tpe", 7, False, trial * 0.1))
    for fold in range(5):
        history.apply(FoldScored(trial, fold, FoldScore(0.8 + trial / 1e4, 0.1), 0, trial * 0.1))
    history.apply(TrialEnded(trial, "done", 0.8 + trial / 1e4, 0.01, 0.5, at=trial * 0.1))


def updates() -> tuple[list[float], list[int]]:
    """Return CPU milliseconds and bytes of each update, one a trial, of a real widget whose messages are kept."""
    from automl_magic.notebook.widget import PanelWidget

    sent: list[dict[str, Any]] = []
    history = History()
    about = {"metric": {"name": "roc_auc", "label": "ROC AUC", "sign": 1}, "models": ["hist_gb"], "title": "y"}
    history.apply(RunStarted("run", {"trials": TRIALS}, {"parameters": []}, 5, 0, about))
    costs = []
    with patch.object(PanelWidget, "send", lambda self, content, buffers=None: sent.append(content)):
        widget = PanelWidget(list, lambda message: None)
        widget.ready.set()
        seen: Seen = NOTHING
        for trial in range(TRIALS):
            grow(history, trial)
            begun = time.thread_time()
            until = Seen.of(history)
            widget.push(rows(history, seen, trial * 0.1))
            json.dumps(sent[-1])
            seen = until
            costs.append(1000 * (time.thread_time() - begun))
    return costs, [len(json.dumps(content, separators=(",", ":"))) for content in sent]


def row(name: str, values: list[float] | list[int], unit: str, aim: str) -> str:
    """Return one row of the table: median, smallest and largest."""
    return f"{name:<34}{statistics.median(values):>10.3f}{min(values):>10.3f}{max(values):>10.3f}  {unit:<6}{aim}"


def main() -> None:
    """Measure and print."""
    costs, sizes = updates()
    print(f"{'':<34}{'median':>10}{'least':>10}{'most':>10}")
    print(row("import automl_magic", seconds_of(IMPORT), "s", ""))
    print(row("%load_ext automl_magic", seconds_of(LOAD), "s", "aim 0.5"))
    print(row(f"panel update, {TRIALS} trials, kernel CPU", costs, "ms", "aim below 1"))
    print(row("panel update, size", sizes, "bytes", "aim below 1024"))


if __name__ == "__main__":
    main()
