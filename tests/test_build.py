"""The package's build: the panel is in the wheel, an sdist needs no Node, and no host is named in the lock file."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from automl_magic import __version__

ROOT = Path(__file__).parent.parent
NOWHERE = "/nowhere"  # a PATH without Node
USE = """
import json, automl_magic
from importlib.metadata import version
from pathlib import Path
table = automl_magic.load_data("titanic")
run = automl_magic.fit(table, "survived", trials=1, models=["linear"], workers=0, cv=2)
told = run.best.predict(table)
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
shell.run_line_magic("load_ext", "automl_magic")
file = Path(automl_magic.__file__)
print(json.dumps({
    "file": str(file), "static": str(file.parent / "notebook" / "static" / "panel.js"), "rows": len(told),
    "version": version("automl_magic"), "magic": "automl" in shell.magics_manager.magics["cell"],
}))
"""
PANEL = {f"automl_magic/notebook/static/{name}" for name in ("panel.js", "editor.js", "race.js", "panel.css")}


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


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory, bundle: ModuleType) -> Path:
    """Return an sdist that was made without Node."""
    pytest.importorskip("hatchling.build")
    if not bundle.is_fresh():
        pytest.skip("the panel's bundle is not built: run python widgets/bundle.py")
    return backend("sdist", ROOT, tmp_path_factory.mktemp("sdist"), NOWHERE)


def test_an_sdist_holds_the_panel_and_a_wheel_is_made_from_it_without_node(sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
        archive.extractall(tmp_path / "unpacked", filter="data")
    assert names >= PANEL | {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "widgets/hatch_build.py"}
    assert names >= {"tests/conftest.py", "tests/example_package/pyproject.toml", "widgets/src/panel.ts"}
    tops = {name.split("/")[0] for name in names}
    assert not tops & {".venv", ".automl", ".ci", ".git", "dist", "build", ".mypy_cache", ".pytest_cache"}
    assert not any("node_modules" in name or "__pycache__" in name or ".automl/" in name for name in names)
    source = next((tmp_path / "unpacked").iterdir())
    wheel = backend("wheel", source, tmp_path, NOWHERE)
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    typed = {"automl_magic/__init__.py", "automl_magic/data/titanic.csv"}
    assert packed >= PANEL | typed
    assert not any(name.startswith(("widgets/", "tests/", "notebooks/")) for name in packed)
    assert {name.split("/")[0] for name in packed} == {"automl_magic", f"automl_magic-{__version__}.dist-info"}
    assert f"automl_magic-{__version__}.dist-info/licenses/LICENSE" in packed


def test_an_sdist_installs_into_a_fresh_environment_without_node_and_works(sdist: Path, tmp_path: Path) -> None:
    """The dependencies come from the environment of the tests; ours from the sdist alone."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    folder = "Scripts" if os.name == "nt" else "bin"
    python = home / folder / Path(sys.executable).name
    python = python if python.exists() else home / folder / ("python.exe" if os.name == "nt" else "python")
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip())
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")  # after its own: ours come first
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PATH": NOWHERE}
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet", "--disable-pip-version-check"]
    pip = [python, "-m", "pip", "install", "--ignore-installed", "--prefix", home, *options, sdist]
    done = subprocess.run(pip, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(
        [python, "-I", "-c", USE], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert Path(told["file"]).is_relative_to(site) and Path(told["static"]).is_file()
    assert told["version"] == __version__ and told["rows"] == 1309 and told["magic"]


def test_the_versions_of_python_are_told_alike_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert project["requires-python"] == f">={named[0]}"
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in named
    jobs = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    tried = re.findall(r"os: ubuntu-latest\n\s+python: \"(3\.\d+)\"", jobs)
    assert tried == named
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    assert tools["mypy"]["python_version"] == named[0] and tools["ruff"]["target-version"] == "py" + named[0].replace(
        ".", ""
    )


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
        assert len(text) < 165_000  # it is sent with each panel; a third of it is uPlot, a seventh the tab of networks
