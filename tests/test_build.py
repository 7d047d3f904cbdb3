"""The package's build: the panel is in the wheel, an sdist needs no Node, and no host is named in the lock file."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
PANEL = {"automl_magic/notebook/static/panel.js", "automl_magic/notebook/static/panel.css"}


@pytest.fixture(scope="module")
def bundle() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bundle", ROOT / "widgets" / "bundle.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def backend(target: str, source: Path, folder: Path, path: str) -> Path:
    """Build with the backend itself, as pip does inside its own environment; `path` is PATH."""
    call = f"import hatchling.build as b; print(b.build_{target}({str(folder)!r}))"
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(
        [sys.executable, "-c", call], cwd=source, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / done.stdout.strip().splitlines()[-1]


def test_an_sdist_holds_the_panel_and_a_wheel_is_made_from_it_without_node(tmp_path: Path, bundle: ModuleType) -> None:
    pytest.importorskip("hatchling.build")
    if not bundle.is_fresh():
        pytest.skip("the panel's bundle is not built: run python widgets/bundle.py")
    sdist = backend("sdist", ROOT, tmp_path, os.environ["PATH"])
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
        archive.extractall(tmp_path / "unpacked", filter="data")
    assert names >= PANEL
    assert not any("node_modules" in name for name in names)
    source = next((tmp_path / "unpacked").iterdir())
    wheel = backend("wheel", source, tmp_path, "/nowhere")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    assert packed >= PANEL | {"automl_magic/__init__.py", "automl_magic/data/titanic.csv"}
    assert not any(name.startswith(("widgets/", "tests/", "notebooks/")) for name in packed)


def test_a_change_of_the_sources_makes_the_bundle_stale(tmp_path: Path, bundle: ModuleType) -> None:
    mark = f"/* sources {bundle.sources_hash()} */"
    for name in bundle.BUNDLE:
        (tmp_path / name).write_text(mark, encoding="utf-8")
    assert bundle.is_fresh(tmp_path)
    (tmp_path / "panel.css").write_text("/* sources 0000 */", encoding="utf-8")
    assert not bundle.is_fresh(tmp_path)
    (tmp_path / "panel.css").unlink()
    assert not bundle.is_fresh(tmp_path)


def test_the_lock_file_names_no_host() -> None:
    lock = json.loads((ROOT / "widgets" / "package-lock.json").read_text("utf-8"))
    assert all("resolved" not in package for package in lock["packages"].values())
    assert len(lock["packages"]) > 5


def test_the_panel_loads_nothing_from_elsewhere(bundle: ModuleType) -> None:
    if not bundle.is_fresh():
        pytest.skip("the panel's bundle is not built: run python widgets/bundle.py")
    for name in bundle.BUNDLE:
        text = (bundle.STATIC / name).read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text and "https://" not in text
        assert ".innerHTML" not in text
        assert len(text) < 130_000
