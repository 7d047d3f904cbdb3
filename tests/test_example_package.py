"""A package that adds a family, a searcher, a scheduler, a metric and a step: found, held to the contracts, used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tests" / "example_package"
USE = """
import warnings

import numpy as np
import pandas as pd

import automl_magic
from automl_magic.extend import METRICS, MODELS, SCHEDULERS, SEARCHERS, STEPS
from tests.notebook.shell import Cells


def main():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for registry in (METRICS, MODELS, SCHEDULERS, SEARCHERS, STEPS):
            print(registry.kind, *[key for key in registry if key.startswith("example_")])
    assert "linear" in MODELS and "tpe" in SEARCHERS and "roc_auc" in METRICS and "forgiving" in SCHEDULERS
    print([str(one.message) for one in told if "broken" in str(one.message)])

    rng = np.random.default_rng(0)
    df = pd.DataFrame({"a": rng.normal(size=120), "b": rng.choice(["x", "y", None], 120)})
    df["kind"] = np.where(df["a"] + rng.normal(size=120) > 0, "yes", "no")
    options = {"models": ["example_bayes", "linear"], "search": "example_halton", "metric": "example_error_rate"}
    run = automl_magic.fit(df, "kind", trials=6, cv=3, workers=1, **options)
    board = run.leaderboard()
    assert (board["state"] == "done").sum() >= 3 and "example_bayes" in set(board["model"]), board
    assert "example_halton" in set(board["origin"]), board
    assert run.metric["label"] == "error rate" and 0 <= float(run.score) < 0.5, run.score

    cells = Cells()
    cells.names["df"] = df
    cells.ok("%%automl df --target kind --models example_bayes --search example_halton --trials 3 --workers 0 --cv 2")
    run = cells.names["best_run"]
    assert "example_bayes" in set(run.leaderboard()["model"]), run.leaderboard()
    assert run.best.predict(df.drop(columns="kind")).shape == (120,)
    print("used")


if __name__ == "__main__":
    main()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package into a folder, without network and without touching this environment."""
    pytest.importorskip("hatchling.build")
    folder = tmp_path_factory.mktemp("site")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    call = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder), str(PACKAGE)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "automl_magic_example.py").is_file()
    return folder


def python(*arguments: str, paths: tuple[Path, ...]) -> str:
    """Run a fresh Python that sees these folders; return what it printed."""
    there = [*map(str, paths), str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, there)), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_what_it_adds_is_found_and_used_by_a_call_and_a_cell_beside_a_package_that_is_broken(
    site: Path, tmp_path: Path
) -> None:
    info = tmp_path / "other" / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[automl_magic.models]\nbroken = no_such_module_at_all:model\n")
    file = tmp_path / "use.py"
    file.write_text(USE, encoding="utf-8")
    said = python(str(file), paths=(site, info.parent)).splitlines()
    assert said[:5] == [
        "metric example_error_rate example_pinball",
        "model example_bayes",
        "scheduler example_half",
        "searcher example_halton",
        "step example_ranks",
    ]
    assert "'broken'" in said[5].replace("\\", "") and "could not be loaded" in said[5]
    assert said[-1] == "used"


@pytest.mark.further
def test_what_it_adds_passes_the_contracts(site: Path) -> None:
    options = ["-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml")]
    said = python("-m", "pytest", *options, "-k", "example_", str(ROOT / "tests" / "contracts"), paths=(site,))
    passed = re.search(r"(\d+) passed", said)
    assert passed is not None and int(passed.group(1)) >= 40, said[-2000:]
    assert "failed" not in said and "skipped" not in said
