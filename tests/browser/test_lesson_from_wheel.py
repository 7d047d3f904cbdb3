"""The lessons as a reader has them: the wheel installed, the notebook alone, JupyterLab; no make, no clone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import ROOT, Notebook, server
from tests.test_notebooks import NEEDED

pytestmark = pytest.mark.browser

WHERE = "import automl_magic; print('HERE', automl_magic.__file__, type(best).__name__)"
FIRST, *LATER = sorted((ROOT / "notebooks").glob("*.ipynb"))
LESSONS = [FIRST, *(pytest.param(path, marks=pytest.mark.further) for path in LATER)]  # test_notebooks runs each, too


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the wheel holds, and nothing else of ours."""
    pytest.importorskip("hatchling.build")
    folder = tmp_path_factory.mktemp("wheel")
    call = f"import hatchling.build as b; print(b.build_wheel({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", call], cwd=ROOT, capture_output=True, text=True, check=True)
    with zipfile.ZipFile(folder / done.stdout.strip().splitlines()[-1]) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


@pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in (FIRST, *LATER)])
def test_a_reader_who_has_only_the_lesson_gets_a_fitted_pipeline(
    path: Path, site: Path, chromium: Any, tmp_path: Path
) -> None:
    for package in NEEDED.get(path.stem, ()):
        pytest.importorskip(package)
    lesson = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in lesson["cells"] if cell["cell_type"] == "code"]
    lesson["cells"].append({**code[0], "id": "where", "source": WHERE})
    (tmp_path / path.name).write_text(json.dumps(lesson), encoding="utf-8")
    checks = [place for place, cell in enumerate(code) if "check(" in "".join(cell["source"])]
    said: dict[int, str] = {}
    with server(tmp_path, site) as lab:
        page = chromium.new_page(viewport={"width": 1200, "height": 1400})
        notebook = Notebook(page, lab, path.name).open()
        for place in range(len(code)):
            said[place] = notebook.run(place, 240)
            assert "Error" not in said[place].replace("error bars", ""), said[place]
        where = notebook.run(len(code))
        page.close()
    assert f"HERE {site}{os.sep}" in where and "Pipeline" in where
    assert all("Not yet" in said[place] for place in checks)  # an exercise is not solved before the reader solves it
    assert os.path.exists(site / "automl_magic" / "notebook" / "static" / "panel.js")
