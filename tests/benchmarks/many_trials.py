"""What 5,000 trials cost: `python -m tests.benchmarks.many_trials`. Needs Chromium; prints one table.

The kernel's side is a real widget whose messages are kept. The panel's side is the bundle in a real Chromium, fed with
the same rows, one update in each frame, which is more than a run ever does: what its own code takes in a frame, and the
time between two frames, which is no shorter than the screen's 16.7 ms. At the end a saved run of 5,000 trials is opened
by `explore()` in a real JupyterLab: from the press of Shift+Enter until all of them are there.
"""

from __future__ import annotations

import base64
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from automl_magic.engine.events import Event, FoldScore, FoldScored, RunStarted, TrialEnded, TrialStarted
from automl_magic.engine.history import History
from automl_magic.notebook.rows import Seen, rows
from tests.browser.lab import FLAGS, ROOT, Notebook, find_browser, server, write_notebook

TRIALS = 5_000
OPENED = 5  # times that the record is explored
REST = 2_500  # ms between two of them
STREAMED = 300  # trials that come while the panel is watched
FAMILIES = ("hist_gb", "linear", "forest", "extra_trees", "knn", "mlp")
FOLDS = 5
PARAMETERS = 12
WATCH = """<script>
  window.work = new Map();  // ms of our code in each frame
  const plain = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) => plain((now) => {
    const begun = performance.now();
    callback(now);
    window.work.set(now, (window.work.get(now) ?? 0) + performance.now() - begun);
  });
</script>"""
STREAM = """(batches) => new Promise((done) => {
  const between = [];
  let last = null;
  let place = 0;
  const next = (now) => {
    if (last !== null) between.push(now - last);
    last = now;
    if (place === batches.length) return done({ between, work: [...window.work.values()].slice(0, batches.length) });
    window.push(batches[place++]);
    requestAnimationFrame(next);
  };
  window.work.clear();
  requestAnimationFrame(next);
})"""


def space_json() -> dict[str, Any]:
    """Return the space of the made-up run."""
    from automl_magic.engine.holes import Choice, Float
    from automl_magic.engine.space import compile_space

    numbers = {f"parameter_{number}": Float(0.0, 1.0) for number in range(PARAMETERS)}
    return compile_space({"model": Choice(*FAMILIES), **numbers}).to_json()


def begun() -> RunStarted:
    """Return the beginning of the run."""
    about = {
        "title": "price",
        "metric": {"name": "roc_auc", "label": "ROC AUC", "sign": 1},
        "models": list(FAMILIES),
        "task": "Two classes.",
        "searcher": "tpe",
        "repeatable": "yes",
    }
    return RunStarted("many", {"trials": TRIALS, "time": None}, space_json(), FOLDS, 0, about)


def trial(number: int) -> list[Event]:
    """Return one trial of five folds with a dozen parameters; some fail, many are pruned."""
    family = FAMILIES[number % len(FAMILIES)]
    config = {"model": family, **{f"parameter_{place}": ((number * 37 + place) % 997) / 997 for place in range(12)}}
    score, at = 0.7 + 0.2 * ((number * 7919) % 1000) / 1000 * min(1.0, 0.5 + number / TRIALS), number * 0.1
    state = "failed" if number % 23 == 5 else "pruned" if number % 3 == 1 else "done"
    folds = 0 if state == "failed" else 2 if state == "pruned" else FOLDS
    made: list[Event] = [TrialStarted(number, number, config, "tpe", 7, False, at)]
    made += [FoldScored(number, fold, FoldScore(score, 0.1), 0, at) for fold in range(folds)]
    end: Any = TrialEnded(number, state, score if folds else None, 0.01, 0.5, None if folds else "ValueError", at=at)
    return [*made, end]


def kernel_side() -> tuple[list[float], list[int]]:
    """Return CPU milliseconds and bytes of each of the last updates, one a trial, of a run that comes to 5,000."""
    from automl_magic.notebook.widget import PanelWidget

    history, sent = History(), list[Any]()
    history.apply(begun())
    for number in range(TRIALS - STREAMED):
        for event in trial(number):
            history.apply(event)
    costs: list[float] = []
    with patch.object(PanelWidget, "send", lambda self, content, buffers=None: sent.append(json.dumps(content))):
        widget = PanelWidget(list, lambda message: None)
        widget.ready.set()
        seen = Seen.of(history)
        for number in range(TRIALS - STREAMED, TRIALS):
            for event in trial(number):
                history.apply(event)
            before = time.thread_time()
            until = Seen.of(history)
            widget.push(rows(history, seen, number * 0.1))
            costs.append(1000 * (time.thread_time() - before))
            seen = until
    return costs, [len(text) for text in sent]


def batches() -> tuple[list[Any], list[list[Any]]]:
    """Return all rows of the run up to the last trials, and the rows of each update after that."""
    history = History()
    history.apply(begun())
    for number in range(TRIALS - STREAMED):
        for event in trial(number):
            history.apply(event)
    first, seen, later = rows(history), Seen.of(history), []
    for number in range(TRIALS - STREAMED, TRIALS):
        for event in trial(number):
            history.apply(event)
        until = Seen.of(history)
        later.append(rows(history, seen))
        seen = until
    return list(first), later


def panel_side(browser: Any) -> dict[str, tuple[list[float], list[float], float]]:
    """Return for each tab the work in each frame, the time between frames, and how long the first picture took."""
    first, later = batches()
    found = {}
    for tab in ("Curve", "Leaderboard", "Space"):
        page = browser.new_page(viewport={"width": 1000, "height": 800})
        page.set_content(page_text())
        page.wait_for_function("window.ready === true")
        page.get_by_role("tab", name=tab).click()
        drawn = page.evaluate(
            """(rows) => new Promise((done) => {
                const begun = performance.now();
                window.push(rows);
                requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun)));
            })""",
            first,
        )
        measured = page.evaluate(STREAM, later)
        assert f"{TRIALS} of {TRIALS}" in page.locator(".am-facts").inner_text()
        found[tab] = (measured["work"], measured["between"], drawn)
        page.close()
    return found


def page_text() -> str:
    """Return the panel outside a notebook, without rows."""
    static = ROOT / "automl_magic" / "notebook" / "static"
    text = (ROOT / "widgets" / "dev" / "page.html").read_text("utf-8")
    text = text.replace("/*CSS*/", (static / "panel.css").read_text("utf-8"))
    text = text.replace("<style>", WATCH + "<style>", 1)
    return text.replace("/*JS*/", base64.b64encode((static / "panel.js").read_bytes()).decode())


def opening(browser: Any) -> list[float]:
    """Return how long `explore()` takes in JupyterLab until all trials are there, in seconds."""
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as lab:
        file = Path(folder) / "many.jsonl"
        save(file)
        load = "%load_ext automl_magic\nfrom automl_magic import read_record\nrun = read_record('many.jsonl')\n"
        few = "from automl_magic import Float, tune\ntune(lambda v: v['x'], {'x': Float(0, 1)}, trials=3).explore()"
        cells = [load + few, *["run.explore()"] * OPENED]  # the first panel of a page loads the front end's modules
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        notebook = Notebook(page, lab, write_notebook(lab.folder, cells, "many")).open()
        notebook.run(0)
        found = []
        for number in range(1, OPENED + 1):
            watch = f"""() => {{
                const cell = document.querySelectorAll('.jp-Notebook .jp-CodeCell')[{number}];
                window.opened = null;
                const look = (now) => cell.querySelector('.am-facts')?.textContent.includes('{TRIALS} of {TRIALS}')
                    ? requestAnimationFrame((drawn) => (window.opened = performance.now()))
                    : requestAnimationFrame(look);
                const press = (event) => event.key === 'Enter' && (window.pressed = performance.now());
                cell.addEventListener('keydown', press, true);
                requestAnimationFrame(look);
            }}"""
            page.wait_for_timeout(REST)
            page.evaluate(watch)
            notebook.start(number)
            page.wait_for_function("window.opened !== null", timeout=30_000)
            found.append(page.evaluate("(window.opened - window.pressed) / 1000"))
        page.close()
    return found


def save(file: Path) -> None:
    """Write the record of the whole run."""
    from automl_magic.records import record_of

    events: list[Event] = [begun()]
    for number in range(TRIALS):
        events += trial(number)
    record_of(events, "many").save(file)


def row(name: str, values: list[float] | list[int], unit: str, aim: str) -> str:
    """Return one row of the table: median, the value that 95 % stay below, and the largest."""
    high = statistics.quantiles(values, n=20)[-1] if len(values) >= 20 else max(values)
    return f"{name:<44}{statistics.median(values):>10.2f}{high:>10.2f}{max(values):>10.2f}  {unit:<6}{aim}"


def main(arguments: list[str]) -> None:
    """Measure and print; "quick" leaves JupyterLab out."""
    from playwright.sync_api import sync_playwright

    print(f"{f'{TRIALS:,} trials':<44}{'median':>10}{'95 %':>10}{'most':>10}")
    costs, sizes = kernel_side()
    print(row("kernel CPU of an update", costs, "ms", "aim below 1"))
    print(row("size of an update", sizes, "bytes", "aim below 1024"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(FLAGS))
        for tab, (work, between, drawn) in panel_side(browser).items():
            print(row(f"{tab}: the panel's work in a frame", work, "ms", "aim below 16"))
            print(row(f"{tab}: from frame to frame", between, "ms", "16.7 is every frame of the screen"))
            print(row(f"{tab}: all rows at once until drawn", [drawn], "ms", ""))
        if "quick" not in arguments:
            print(row("explore() in JupyterLab", opening(browser), "s", "aim below 1"))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
