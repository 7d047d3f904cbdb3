"""Start, steer, interrupt, kill and resume runs at random for a while; print what was counted.

    python -m tests.soak [seconds [seed]]

It fails when an error is not one of ours, a trial that was shown is lost, a journal cannot be read, a process is left.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from tests.soak.lane import Lane

LANES = 2
GONE_SECONDS = 3.0  # within which every process must have ended


def write_table(folder: Path) -> None:
    """Write a small table with gaps and a category."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"width": rng.normal(size=240), "length": rng.normal(size=240)})
    frame["soil"] = rng.choice(["clay", "sand", "loam"], 240)
    frame.loc[::9, "length"] = np.nan
    frame["kind"] = np.where(frame["width"] + 0.5 * rng.normal(size=240) > 0.3, "rose", "lily")
    frame.to_csv(folder / "flowers.csv", index=False)


def left_over() -> list[str]:
    """Return the processes that the kernels of this soak have left."""
    mine, found = str(os.getpid()), []
    for process in psutil.process_iter(["pid", "cmdline"]):
        try:
            if process.environ().get("AUTOML_SOAK") == mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid} {' '.join(process.cmdline())[:100]}")
        except (psutil.Error, OSError):
            continue
    return found


def main() -> int:
    """Run the lanes side by side; return the exit code."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 900.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    lanes, threads = [], []
    until = time.monotonic() + seconds
    print(f"soak of {seconds:g} s, seed {seed}", flush=True)
    for number in range(LANES):
        folder = Path(tempfile.mkdtemp(prefix="automl-soak-"))
        write_table(folder)
        lanes.append(Lane(folder, random.Random(seed + number)))
        threads.append(threading.Thread(target=lanes[-1].go, args=(until,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    time.sleep(GONE_SECONDS)
    counts: Counter[str] = sum((lane.counts for lane in lanes), Counter())
    faults = [fault for lane in lanes for fault in lane.faults]
    orphans = left_over()
    for name, count in sorted(counts.items()):
        print(f"{name:<28}{count:>6}")
    print(f"{'slowest stop':<28}{max(lane.slowest_stop for lane in lanes):>6.2f} s")
    print(f"{'lost trials':<28}{counts['lost trials']:>6}")
    print(f"{'processes left':<28}{len(orphans):>6}")
    print(f"{'faults':<28}{len(faults):>6}")
    for line in (*faults, *orphans):
        print(f"  {line}")
    return 1 if faults or orphans else 0


if __name__ == "__main__":
    sys.exit(main())
