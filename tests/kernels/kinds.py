"""The kernels of the matrix: the installed one, and others laid over it, as kernelspecs of one JupyterLab.

Another version of ipykernel is installed alone into a folder (1 MB) that comes first on the kernel's path; all else is
shared with the environment of the tests.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.browser.lab import ROOT

FOLDER = ROOT / ".kernels"
ASKED = ("6.31", "7.3", "7.4", "newest")
BESIDE = ("nest-asyncio", "nest-asyncio2")  # each version wants one of the two


@dataclass(frozen=True)
class Kernel:
    """One kernel: what was asked for, its version, and the folder that holds it (None: the installed one)."""

    asked: str
    version: str
    folder: Path | None

    @property
    def name(self) -> str:
        """The name of its kernelspec."""
        return f"ipykernel-{self.version}"

    @property
    def has_buttons(self) -> bool:
        """Whether it hears the panel's buttons while a cell runs."""
        return int(self.version.split(".")[0]) >= 7


def kernel_of(asked: str) -> Kernel:
    """Return the kernel of a version ("7.3", or "newest"); install it where it is neither installed nor there."""
    installed = importlib.metadata.version("ipykernel")
    if asked != "newest" and _is_of(installed, asked):
        return Kernel(asked, installed, None)
    folder = FOLDER / f"ipykernel-{asked}"
    if asked == "newest" or not _version_in(folder):
        wanted = "ipykernel" if asked == "newest" else f"ipykernel=={asked}.*"
        shutil.rmtree(folder, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--target", str(folder), wanted, *BESIDE]
        subprocess.run(command, check=True, capture_output=True, text=True)
    version = _version_in(folder)
    return Kernel(asked, version, None if version == installed else folder)


def write_kernelspec(kernel: Kernel, data: Path) -> None:
    """Write the kernelspec into a data folder of Jupyter, with this Python whatever the server's is."""
    own = (kernel.folder or Path(sys.prefix)) / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec = json.loads(own.read_text(encoding="utf-8"))
    spec["argv"][0] = sys.executable
    spec["display_name"] = f"ipykernel {kernel.version}"
    first = [] if kernel.folder is None else [str(kernel.folder)]
    spec["env"] = {"PYTHONPATH": os.pathsep.join([*first, str(ROOT), os.environ.get("PYTHONPATH", "")])}
    folder = data / "kernels" / kernel.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


def python_of_bare_server() -> str:
    """Return a Python that has JupyterLab alone, no front end of any widget; make its environment if need be."""
    folder = FOLDER / "server"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        wanted = f"jupyterlab=={importlib.metadata.version('jupyterlab')}"
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", wanted], check=True, capture_output=True)
        (folder / "done").touch()
    return str(python)


def _version_in(folder: Path) -> str:
    """Return the version of ipykernel in a folder; an empty string where there is none."""
    found = sorted(folder.glob("ipykernel-*.dist-info"))
    return re.sub(r"^ipykernel-|\.dist-info$", "", found[-1].name) if found else ""


def _is_of(version: str, asked: str) -> bool:
    return version == asked or version.startswith(f"{asked}.")
