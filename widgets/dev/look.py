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

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STATIC = ROOT / "automl_magic" / "notebook" / "static"
sys.path.insert(0, str(ROOT))
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FAMILIES = {"hist_gb": 0.872, "linear": 0.845, "forest": 0.861, "extra_trees": 0.858, "mlp": 0.84, "lightgbm": 0.874}


def space_json() -> dict[str, Any]:
    """Return a space as the engine tells it."""
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    from automl_magic.engine.holes import Choice, Float, Int
    from automl_magic.engine.space import compile_space

    def trees(model: Any) -> Any:
        return model(
            n_estimators=Int(50, 800, log=True), max_features=Float(0.1, 1.0), min_samples_leaf=Int(1, 50, log=True)
        )

    boosting = {"learning_rate": Float(0.005, 0.3, log=True), "max_leaf_nodes": Int(3, 200, log=True)}
    hist_gb = HistGradientBoostingClassifier(**boosting, l2_regularization=Float(1e-6, 10, log=True))
    space = compile_space(
        Choice(
            hist_gb=hist_gb,
            linear=LogisticRegression(C=Float(1e-3, 1e3, log=True), class_weight=Choice(None, "balanced")),
            forest=trees(RandomForestClassifier),
            extra_trees=trees(ExtraTreesClassifier),
            mlp=MLPClassifier(alpha=Float(1e-6, 0.1, log=True), activation=Choice("relu", "tanh", "logistic")),
            lightgbm=HistGradientBoostingClassifier(**boosting),
        )
    )
    return space.to_json()


def made_up_run(trials: int, ended: bool = False, regression: bool = False) -> list[Any]:
    """Return the rows of a plausible run."""
    from automl_magic.engine.events import (
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
    from automl_magic.notebook.rows import rows

    draw = random.Random(7)
    history = History()
    metric = {"name": "roc_auc", "label": "ROC AUC", "sign": 1}
    if regression:
        metric = {"name": "neg_root_mean_squared_error", "label": "RMSE", "sign": -1}
    about = {
        "title": "price" if regression else "survived",
        "metric": metric,
        "task": "Two classes, since survived has the values 0 and 1.",
        "models": list(FAMILIES),
        "searcher": "tpe",
        "repeatable": "The same plan gives the same trials again (seed 0).",
    }
    space = space_json()
    limits = {"trials": None if regression else max(80, trials), "time": 60.0 if regression else None}
    apply = history.apply
    apply(RunStarted("calm_heron", limits, space, 5, 0, about))
    apply(Note("5 folds, each with the same share of classes."))
    for trial in range(trials):
        family = "hist_gb" if trial == 0 else draw.choice(list(FAMILIES))
        config: dict[str, Any] = {"model": family}
        for parameter in space["parameters"]:
            if any(["model", family] in pairs for pairs in parameter["conditions"]):
                number = parameter["kind"] != "choice"
                low, high = (parameter["low"], parameter["high"]) if number else (0, 0)
                value = low * (high / low) ** draw.random() if parameter["log"] else low + (high - low) * draw.random()
                value = round(value) if parameter["kind"] == "int" else value
                config[parameter["label"]] = value if number else draw.choice(parameter["options"])
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
    return list(rows(history))


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
        "jupyter dark": made_up_run(80, ended=True),
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
                for tab in ("Curve", "Leaderboard", "Space"):
                    view.get_by_role("tab", name=tab).click()
                    if tab == "Curve" and theme != "dark":
                        view.locator(".am-chart").focus()
                        view.keyboard.press("End")
                        for _ in range(4):
                            view.keyboard.press("ArrowLeft")
                    if tab == "Space":
                        view.locator("summary", has_text="hist_gb").click()
                    view.wait_for_timeout(250)
                    name = f"{theme.replace(' ', '-')}-{width}-{tab.lower()}.png"
                    view.screenshot(path=str(folder / name), full_page=True)
                view.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
