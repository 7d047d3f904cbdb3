"""S13: what the panel is built from is locked, and the same sources give the same bundle."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WIDGETS = ROOT / "widgets"


@pytest.fixture(scope="module")
def bundle() -> ModuleType:
    """Return widgets/bundle.py."""
    spec = importlib.util.spec_from_file_location("bundle", WIDGETS / "bundle.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(name: str) -> Any:
    """Return a JSON file of the panel."""
    return json.loads((WIDGETS / name).read_text("utf-8"))


def test_s13_the_lock_file_names_no_host_and_hashes_every_package() -> None:
    text = (WIDGETS / "package-lock.json").read_text("utf-8")
    packages = {name: entry for name, entry in read("package-lock.json")["packages"].items() if name}
    assert len(packages) > 20
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []
    assert not re.search(r'"resolved"|git\+|file:|registry', text)


def test_s13_the_lock_file_is_in_step_with_what_is_asked_for() -> None:
    asked, lock = read("package.json"), read("package-lock.json")
    assert lock["lockfileVersion"] == 3
    for part in ("dependencies", "devDependencies"):
        assert lock["packages"][""][part] == asked[part]
    for name, wanted in {**asked["dependencies"], **asked["devDependencies"]}.items():
        found = lock["packages"][f"node_modules/{name}"]["version"]
        assert found.split(".")[0] == wanted.lstrip("^~").split(".")[0], name
    assert lock["version"] == asked["version"]


def test_s13_packages_run_nothing_of_their_own_but_the_bundler() -> None:
    packages = read("package-lock.json")["packages"]
    scripts = {name for name, entry in packages.items() if entry.get("hasInstallScript")}
    assert scripts <= {"node_modules/esbuild", "node_modules/fsevents"}


def test_s13_what_is_installed_is_what_is_locked(bundle: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr(bundle, "is_installed", lambda everything=False: False)
    monkeypatch.setattr(bundle.subprocess, "run", lambda command, **_: calls.append(command))
    bundle.install(["npm"])
    bundle.install(["npm"], everything=True)
    assert [command[:2] for command in calls] == [["npm", "ci"], ["npm", "ci"]]
    for file in (ROOT / "Makefile", WIDGETS / "bundle.py", WIDGETS / "hatch_build.py"):
        assert not re.search(r"npm\b[^\n]{0,8}\b(install|i|update)\b(?! --quiet)", file.read_text("utf-8")), file


def test_s13_the_bundle_is_built_the_same_twice(tmp_path: Path, bundle: ModuleType) -> None:
    if not bundle.is_installed():
        pytest.skip("the bundler is not installed: run python widgets/bundle.py check")
    bundle.npm_command()  # puts its Node on PATH
    made = []
    for name in ("first", "second"):
        environment = {**os.environ, "SOURCES": bundle.sources_hash()}
        subprocess.run(["node", "build.mjs", str(tmp_path / name)], cwd=WIDGETS, env=environment, check=True)
        made.append({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()})
    assert made[0] == made[1] and set(made[0]) == set(bundle.BUNDLE)
    if bundle.is_fresh():
        assert made[0] == {name: (bundle.STATIC / name).read_bytes() for name in bundle.BUNDLE}


def test_s13_the_audits_run_where_the_internet_is() -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    assert "pip-audit" in text and "npm audit" in text
    assert "audit" not in (ROOT / "Makefile").read_text("utf-8")
