"""Picture the panel in light and dark, narrow and wide: `python widgets/dev/look.py FOLDER`. Needs Chromium."""

from __future__ import annotations

import base64
import json
import math
import random
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STATIC = ROOT / "automl_magic" / "notebook" / "static"
sys.path.insert(0, str(ROOT))
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
TABS = ("Curve", "Leaderboard", "Space", "Parallel coordinates", "Importance", "Columns", "Pipeline", "Log")
FAMILIES = {"hist_gb": 0.872, "linear": 0.845, "forest": 0.861, "extra_trees": 0.858, "mlp": 0.84, "lightgbm": 0.874}


def made_up_space() -> Any:
    """Return the space of some families on a bundled table."""
    from automl_magic import load_data
    from automl_magic.tabular.models import zoo
    from automl_magic.tabular.task import read_table

    return zoo(read_table(load_data("titanic"), "survived"), tuple(FAMILIES))


def made_up_columns() -> Any:
    """Return what the columns of a plausible run are worth: some count, two are twins, more than fit at first."""
    from automl_magic.column_importance import ColumnWorth, importance_of

    def worth(columns: tuple[str, ...], loss: float, error: float) -> Any:
        return ColumnWorth(columns, loss, error, loss - 1.96 * error, loss + 1.96 * error)

    alone = {
        "sex": (0.151, 0.011),
        "passenger_class": (0.062, 0.008),
        "fare": (0.011, 0.004),
        "fare_in_pence": (0.009, 0.004),
    }
    noise = {f"measured_noise_{at}": (0.003 - at / 4000, 0.003) for at in range(18)}
    worths = [worth((name,), *numbers) for name, numbers in {**alone, **noise}.items()]
    twins = [worth(("fare", "fare_in_pence"), 0.048, 0.007)]
    return importance_of(worths, twins, folds=5, repeats=2, rows=1309)


def made_up_run(trials: int, ended: bool = False, regression: bool = False) -> list[Any]:
    """Return the rows of a plausible run."""
    from automl_magic.column_importance import TOPIC
    from automl_magic.engine.events import (
        Finding,
        FoldScore,
        FoldScored,
        Note,
        RunEnded,
        RunStarted,
        SpaceChanged,
        TrialEnded,
        TrialStarted,
    )
    from automl_magic.engine.history import History
    from automl_magic.notebook.insight_rows import insight_row, pipeline_rows
    from automl_magic.notebook.rows import rows
    from automl_magic.stages import stages_of

    draw = random.Random(7)
    history = History()
    metric = {"name": "roc_auc", "label": "ROC AUC", "sign": 1}
    if regression:
        metric = {"name": "neg_root_mean_squared_error", "label": "RMSE", "sign": -1}
    searched = made_up_space()
    about = {
        "stages": stages_of(searched),
        "title": "price" if regression else "survived",
        "metric": metric,
        "task": "Two classes, since survived has the values 0 and 1.",
        "models": list(FAMILIES),
        "searcher": "tpe",
        "repeatable": "The same plan gives the same trials again (seed 0).",
    }
    space = searched.to_json()
    limits = {"trials": None if regression else max(80, trials), "time": 60.0 if regression else None}
    apply = history.apply
    apply(RunStarted("calm_heron", limits, space, 5, 0, about))
    apply(Note("5 folds, each with the same share of classes."))
    for trial in range(trials):
        family = "hist_gb" if trial == 0 else draw.choice(list(FAMILIES))
        config = searched.narrow("model", options=[family]).sample(np.random.default_rng(trial))
        at = trial * 0.7
        apply(
            TrialStarted(trial, trial, config, "baseline" if trial == 0 else draw.choice(["tpe", "default"]), 0, at=at)
        )
        skill = (
            FAMILIES[family]
            + 0.02 * (1 - math.exp(-trial / 25))
            - abs(draw.gauss(0, 0.02))
            - 0.25 * (draw.random() < 0.04)
        )
        score = -40 * (1.3 - skill) ** 2 if regression else skill
        failed = draw.random() < 0.05
        pruned = not failed and draw.random() < 0.2
        folds = 0 if failed else 2 if pruned or (trial >= trials - 2 and not ended) else 5
        for fold in range(folds):
            apply(FoldScored(trial, fold, FoldScore(score + draw.gauss(0, 0.004), 0.3), 0, at))
        if trial >= trials - 2 and not ended:
            continue
        state: Any = "failed" if failed else "pruned" if pruned else "done"
        reason = (
            "ValueError: Input X contains infinity"
            if failed
            else "worse than the median after 2 folds"
            if pruned
            else None
        )
        apply(TrialEnded(trial, state, None if failed else score, 0.011, 0.4 + draw.random(), reason, None, at))
        if trial == 30:
            change = {"kind": "narrow", "label": "hist_gb.learning_rate", "low": 0.02, "high": 0.2}
            for parameter in space["parameters"]:
                if parameter["label"] == "hist_gb.learning_rate":
                    parameter.update(low=0.02, high=0.2)
            apply(SpaceChanged(space, change, "you", "", trial, trial, at))
    if ended:
        best = history.best()
        apply(RunEnded(f"all {trials} trials were made", best.id if best else None, trials * 0.7, trials * 0.7))
    apply(Finding(TOPIC, made_up_columns().to_json(), history.seconds))
    steps = [row for trial in history.trials for row in pipeline_rows(history, trial)]
    return [*rows(history), insight_row(history), *steps]


def page(rows: list[Any], theme: str) -> str:
    """Return the page with bundle and rows in it."""
    text = (HERE / "page.html").read_text("utf-8").replace('lang="en"', f'lang="en" class="{theme}"')
    text = text.replace("/*CSS*/", (STATIC / "panel.css").read_text("utf-8"))
    text = text.replace("/*JS*/", base64.b64encode((STATIC / "panel.js").read_bytes()).decode())
    return text.replace("/*ROWS*/ []", json.dumps(rows))


def main(folder: Path) -> None:
    """Take the pictures."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    runs = {
        "light": made_up_run(64),
        "dark": made_up_run(48, regression=True),
        "jupyter dark": made_up_run(240, ended=True),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for theme, rows in runs.items():
            for width in (1000, 360):
                view = browser.new_page(viewport={"width": width, "height": 700})
                view.on("pageerror", lambda error: print("page error:", error))
                view.on("console", lambda message: print("console:", message.text))
                view.set_content(page(rows, theme))
                view.wait_for_function("window.ready === true")
                view.wait_for_timeout(400)
                view.get_by_role("button", name="More").click()
                for tab in TABS:
                    view.get_by_role("tab", name=tab).click()
                    if tab == "Curve" and theme != "dark":
                        view.locator(".am-chart").focus()
                        view.keyboard.press("End")
                        for _ in range(4):
                            view.keyboard.press("ArrowLeft")
                    if tab == "Space":
                        view.locator("summary", has_text="hist_gb").click()
                    if tab == "Parallel coordinates":
                        view.locator(".am-brush-end").first.press("PageUp")
                    view.wait_for_timeout(250)
                    name = f"{theme.replace(' ', '-')}-{width}-{tab.split()[0].lower()}.png"
                    view.screenshot(path=str(folder / name), full_page=True)
                view.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
