"""One kernel after another, each with runs that are steered, interrupted, killed and resumed at random."""

from __future__ import annotations

import json
import os
import queue
import random
import shutil
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

from automl_magic.engine.events import RunEnded, TrialEnded
from automl_magic.engine.journal import read_journal

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 90.0  # seconds after which a cell hangs
STOP_PATIENCE = 20.0  # seconds within which an interrupted cell must end
SPACE = '{"x": Float(-5, 5), "fault": Choice("none", "none ", "raise", "exit", "kill", "nan")}'
SEARCH = "%automl df --target kind --models linear,hist_gb --cv 3 --workers 2"
CELLS = {
    "timed": SEARCH + " --time {seconds}s",
    "counted": SEARCH + " --trials {trials}",
    "tune": "%%automl tune shaky --trials {trials} --workers 2",
}
SETUP = """
%load_ext automl_magic
import sys; sys.path.insert(0, {root!r})
import automl_magic, pandas as pd
from tests.soak.inside import listen, shaky
df = pd.read_csv("flowers.csv")
listen(get_ipython().find_line_magic("automl").__self__, "orders", "shown")
"""
MOVES: tuple[tuple[str, list[Any]], ...] = (
    ("pause", []),
    ("proceed", []),
    ("skip", []),
    ("skip", [3]),
    ("narrow", ["hist_gb.learning_rate", 0.05, 0.2]),
    ("narrow", ["x", -1.0, 3.0]),
    ("narrow", ["no.such.label", 0.0, 1.0]),
    ("choose", ["model", ["linear"]]),
    ("choose", ["model", ["linear", "hist_gb"]]),
    ("choose", ["fault", []]),
    ("fix", ["linear.C", "a word"]),
    ("reset", ["hist_gb.learning_rate"]),
    ("reset", ["x"]),
    ("add_time", [0.5]),
    ("enqueue", [{"x": 1.0, "fault": "none"}]),
    ("rule", ["x <= 4"]),
    ("rule", ["linear.C <="]),
    ("unrule", ["x <= 4"]),
    ("undo", []),
    ("enqueue", [{"nonsense": [None, {"deep": 1}]}]),
)


@dataclass
class Lane:
    """A folder, a kernel in it, and what was counted."""

    folder: Path
    random: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest_stop: float = 0.0
    manager: Any = None
    client: Any = None
    orders: Any = None
    _replies: dict[Any, Any] = field(default_factory=dict)

    def go(self, until: float) -> None:
        """Run one round after the other."""
        while time.monotonic() < until:
            if self.manager is None or not self.manager.is_alive():
                self.start()
            try:
                self.round()
            except (queue.Empty, OSError) as error:
                self.fault(f"the kernel does not answer: {type(error).__name__} {error}")
                self.kill()
        self.end()

    # -- kernels ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start a kernel in the folder, with a pipe to steer through."""
        self.counts["kernels"] += 1
        pipe = self.folder / "orders"
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        self.manager = KernelManager(kernel_name="python3")
        self.manager.kernel_spec.argv[0] = sys.executable
        environment = {**os.environ, "AUTOML_SOAK": str(os.getpid())}
        self.manager.start_kernel(cwd=str(self.folder), env=environment)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)
        self.orders = None
        errors, _ = self.wait(self.client.execute(SETUP.format(root=str(ROOT))), PATIENCE)
        if errors:
            raise OSError(f"the kernel cannot be set up: {errors}")
        self.orders = os.fdopen(os.open(pipe, os.O_WRONLY), "w", encoding="utf-8")

    def kill(self) -> None:
        """Kill the kernel as the system would when memory runs out."""
        if self.orders is not None:
            self.orders = None
        if self.manager is not None and self.manager.is_alive():
            os.kill(self.manager.provisioner.pid, signal.SIGKILL)
            self.manager.provisioner.process.wait()
        if self.client is not None:
            self.client.stop_channels()
        if self.manager is not None:
            self.manager.cleanup_resources()
        self.manager = self.client = None

    def end(self) -> None:
        """Shut the last kernel down."""
        if self.manager is not None and self.manager.is_alive():
            self.client.stop_channels()
            self.manager.shutdown_kernel(now=False)
        self.manager = None

    # -- a round ----------------------------------------------------------------------------------------------------

    def round(self) -> None:
        """Begin a run, steer it, end it in one of many ways, and look at what it left."""
        name = f"run-{sum(self.counts.values())}"
        kind = self.random.choice(list(CELLS))
        seconds, trials = self.random.randint(2, 8), self.random.randint(4, 30)
        cell = CELLS[kind].format(seconds=seconds, trials=trials) + f" --name {name}"
        cell += f"\n{SPACE}" if kind == "tune" else ""
        self.counts[f"begun: {kind}"] += 1
        self.follow(cell, name)
        while self.manager is None and self.random.random() < 0.8:
            self.start()
            self.counts["resumed"] += 1
            space = f"%%automl resume {name}\n{SPACE}" if kind == "tune" else f"%automl resume {name}"
            journal = self.folder / ".automl" / name / "journal.jsonl"
            if not journal.exists() or not read_journal(journal)[0]:
                break
            self.follow(space, name)
        shutil.rmtree(self.folder / ".automl" / name, ignore_errors=True)

    def follow(self, cell: str, name: str) -> None:
        """Run a cell, steer while it runs, end it somehow."""
        how = self.random.choices(("wait", "interrupt", "twice", "stop", "kill"), weights=(35, 15, 8, 12, 30), k=1)[0]
        begun = time.monotonic()
        self.client.execute("globals().pop('best', None); None")
        message = self.client.execute(cell)
        leave = begun + self.random.uniform(0.3, 7.0)
        while time.monotonic() < leave and not (how != "kill" and self.is_answered(message, 0.0)):
            if self.random.random() < 0.5:
                self.steer(*self.random.choice(MOVES))
            time.sleep(self.random.uniform(0.05, 0.6))
        self.steer("proceed", [])
        self.counts[how] += 1
        if how == "kill":
            self.kill()
            self.look_at(name, must_have_ended=False)
            return
        asked = time.monotonic()
        if how in ("interrupt", "twice"):
            self.manager.interrupt_kernel()
            if how == "twice":
                time.sleep(self.random.uniform(0.0, 0.4))
                self.manager.interrupt_kernel()
        elif how == "stop":
            self.steer("stop", [])
        errors, _ = self.wait(message, PATIENCE if how == "wait" else STOP_PATIENCE)
        if how != "wait":
            self.slowest_stop = max(self.slowest_stop, time.monotonic() - asked)
        self.judge(errors, how)
        self.look_at(name, must_have_ended=not errors)

    def steer(self, kind: str, arguments: list[Any]) -> None:
        """Send one wish into the kernel."""
        self.counts["moves"] += 1
        try:
            self.orders.write(json.dumps([kind, arguments]) + "\n")
            self.orders.flush()
        except (OSError, AttributeError):
            self.counts["moves"] -= 1

    # -- what must hold ---------------------------------------------------------------------------------------------

    def judge(self, errors: list[str], how: str) -> None:
        """An error is one of ours, in two lines, and only where nothing had been scored; else `best` is bound."""
        for error in errors:
            is_ours = error.startswith(("RunError", "Interrupted")) and len(error.splitlines()) <= 3
            if is_ours:
                self.counts["ended before a result"] += 1
            elif error.startswith("KeyboardInterrupt") and how in ("interrupt", "twice"):
                self.counts["interrupt outside the run"] += 1
            else:
                self.fault(f"an error after {how}: {error[-1500:]}")
        if not errors:
            told, text = self.wait(self.client.execute("print(type(best).__name__)"), PATIENCE)
            if told or text.strip() not in ("Pipeline", "dict"):
                self.fault(f"best is not bound after {how}: {told} {text!r}")
            self.counts["bound"] += 1

    def look_at(self, name: str, must_have_ended: bool) -> None:
        """No trial that was shown is lost, and the journal can be read."""
        journal = self.folder / ".automl" / name / "journal.jsonl"
        if not journal.exists():
            return
        events, problems = read_journal(journal)
        self.counts["journals read"] += 1
        bad = [problem for problem in problems if "last line" not in problem]
        if bad:
            self.fault(f"{name}: {bad}")
        held = {event.trial for event in events if isinstance(event, TrialEnded)}
        lines = (self.folder / "shown").read_text().splitlines() if (self.folder / "shown").exists() else []
        shown = {int(line.split()[1]) for line in lines if line.split()[:1] == [name] and len(line.split()) == 2}
        self.counts["trials shown"] += len(shown)
        if shown - held:
            self.counts["lost trials"] += len(shown - held)
            self.fault(f"{name}: trials were shown and lost: {shown - held}")
        if must_have_ended and not any(isinstance(event, RunEnded) for event in events):
            self.fault(f"{name}: the record has no end")

    def fault(self, text: str) -> None:
        """Note what must not be."""
        self.faults.append(text)
        print("FAULT", text, flush=True)

    # -- messages ---------------------------------------------------------------------------------------------------

    def is_answered(self, message: str, patience: float) -> bool:
        """Whether the cell has ended; its reply is kept."""
        try:
            reply = self.client.get_shell_msg(timeout=patience)
        except queue.Empty:
            return message in self._replies
        self._replies[reply["parent_header"].get("msg_id")] = reply
        return message in self._replies

    def wait(self, message: str, patience: float) -> tuple[list[str], str]:
        """Wait for the end of a cell; return its errors and what it printed."""
        until = time.monotonic() + patience
        while not self.is_answered(message, min(1.0, max(0.0, until - time.monotonic()))):
            if time.monotonic() > until:
                raise queue.Empty(f"no end within {patience:g} s")
        errors, printed = [], ""
        while True:
            content = self.client.get_iopub_msg(timeout=patience)
            if content["parent_header"].get("msg_id") != message:
                continue
            kind, body = content["msg_type"], content["content"]
            if kind == "error":
                trace = "\n".join(body["traceback"])
                errors.append(f"{body['ename']}: {body['evalue']}" if len(trace) < 2000 else trace)
            elif kind == "stream":
                printed += body["text"]
                if "Traceback (most recent call last)" in body["text"]:
                    errors.append(body["text"])
            elif kind == "status" and body["execution_state"] == "idle":
                return errors, printed
