"""What the soak runs inside a kernel: a thread that steers as told through a pipe, and writes down what was shown."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import Any

LOOK_SECONDS = 0.02  # between two looks at what is shown


def listen(magics: Any, orders: str, shown: str) -> None:
    """Steer the run that is under way as the lines of the pipe `orders` say; write ended trials to `shown`."""
    threading.Thread(target=_steer, args=(magics, orders), name="soak-steer", daemon=True).start()
    threading.Thread(target=_watch, args=(magics, shown), name="soak-watch", daemon=True).start()


def _steer(magics: Any, orders: str) -> None:
    with open(orders, encoding="utf-8") as stream:
        for line in stream:
            kind, arguments = json.loads(line)
            run = magics.runs.running()
            if run is not None:
                getattr(run.control, kind)(*arguments)


def _watch(magics: Any, shown: str) -> None:
    """Write each trial that has ended, as the history shows it: from then on it must not be lost."""
    told: set[tuple[str, int]] = set()
    handle = os.open(shown, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    while True:
        run = magics.runs.running()
        if run is not None:
            for trial in run.history.trials.values():
                if trial.state in ("done", "pruned", "failed") and (run.name, trial.id) not in told:
                    told.add((run.name, trial.id))
                    os.write(handle, f"{run.name} {trial.id}\n".encode())
        time.sleep(LOOK_SECONDS)


def shaky(values: Any) -> float:
    """Return a value; for some arguments, misbehave as models do."""
    fault = values.get("fault", "none")
    if fault == "raise":
        raise ValueError("this one does not work")
    if fault == "exit":
        os._exit(3)
    if fault == "kill":
        os.kill(os.getpid(), 9)
    if fault == "nan":
        return float("nan")
    time.sleep(0.01 + 0.05 * abs(values["x"]) / 5)
    return float((values["x"] - 1) ** 2)
