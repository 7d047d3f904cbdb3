"""Drive a real JupyterLab in a real Chromium: start the server, open a notebook, run cells, read them."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_browser() -> str | None:
    """Return the path of a Chromium or Chrome (AUTOML_BROWSER names one), or None."""
    if os.environ.get("AUTOML_BROWSER"):
        return os.environ["AUTOML_BROWSER"]
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@dataclass(frozen=True)
class Server:
    """A running JupyterLab on loopback."""

    url: str
    token: str
    folder: Path

    def ask(self, method: str, path: str) -> Any:
        """Return what the server's API answers."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}/api/{path}", method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def end_kernels(self) -> None:
        """End every kernel."""
        for session in self.ask("GET", "sessions"):
            self.ask("DELETE", f"sessions/{session['id']}")


@contextlib.contextmanager
def server(folder: Path, package: Path = ROOT, python: str = sys.executable) -> Iterator[Server]:
    """Start the JupyterLab of `python` in `folder`, its kernels importing `package`; end it at the end."""
    port, token = free_port(), secrets.token_hex(16)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")]),
        "JUPYTER_CONFIG_DIR": str(folder / ".config"),
        "JUPYTER_DATA_DIR": str(folder / ".data"),
        "JUPYTER_RUNTIME_DIR": str(folder / ".runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / ".workspaces"),
        "IPYTHONDIR": str(folder / ".ipython"),
    }
    quiet = folder / ".settings" / "@jupyterlab" / "apputils-extension"
    quiet.mkdir(parents=True, exist_ok=True)
    (quiet / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    command = [python, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}", "--ServerApp.port_retries=0"]
    command += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += ["--LabApp.expose_app_in_browser=True"]  # so that a test can change the theme
    log = open(folder / "server.log", "w")  # noqa: SIM115  (the server writes it for as long as it runs)
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    found = Server(f"http://127.0.0.1:{port}", token, folder)
    try:
        wait_until(lambda: answers(found), 60, "JupyterLab did not start")
        yield found
    finally:
        with contextlib.suppress(Exception):
            found.end_kernels()
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def answers(found: Server) -> bool:
    """Whether the server answers."""
    try:
        found.ask("GET", "status")
    except OSError:
        return False
    return True


def wait_until(condition: Any, seconds: float, otherwise: str) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, otherwise
        time.sleep(0.05)


def write_notebook(folder: Path, cells: list[str], name: str, kernel: str = "python3") -> str:
    """Write a notebook of code cells and return its unique name."""
    unique = f"{name}-{secrets.token_hex(3)}.ipynb"
    code = [
        {
            "cell_type": "code",
            "id": f"c{place}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for place, source in enumerate(cells)
    ]
    spec = {"name": kernel, "display_name": kernel, "language": "python"}
    notebook = {"cells": code, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    (folder / unique).write_text(json.dumps(notebook))
    return unique


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page: Any, found: Server, name: str) -> None:
        self.page, self.server, self.name = page, found, name

    def open(self, *, has_kernel: bool = True, in_notebook_7: bool = False) -> Notebook:
        """Open it and wait until its kernel is idle."""
        place = f"lab/workspaces/auto-{secrets.token_hex(3)}/tree"
        place = "notebooks" if in_notebook_7 else place
        self.page.goto(f"{self.server.url}/{place}/{self.name}?token={self.server.token}&reset")
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        if has_kernel:
            idle = "() => document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"
            self.page.wait_for_function(idle, timeout=60_000)
        return self

    def dismiss(self) -> None:
        """Close a dialog of JupyterLab's own that lies over the page."""
        dialog = self.page.locator("dialog.jp-Dialog")
        if dialog.count():
            print("closed a dialog:", dialog.first.inner_text().replace("\n", " "))
            self.page.keyboard.press("Escape")

    def cell(self, number: int) -> Any:
        """Return a cell."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(number)

    def start(self, number: int) -> float:
        """Press Shift+Enter in a cell until it runs; return when it was pressed."""
        cell = self.cell(number)
        for _ in range(4):
            self.dismiss()
            cell.locator(".jp-InputArea-editor .cm-content").click(position={"x": 20, "y": 8})
            pressed = time.monotonic()
            self.page.keyboard.press("Shift+Enter")
            while time.monotonic() - pressed < 2.5:
                if cell.locator(".jp-InputPrompt").first.inner_text().strip() not in ("[ ]:", ""):
                    return pressed
                time.sleep(0.02)
        raise AssertionError("the cell did not start")

    def wait(self, number: int, seconds: float = 60) -> None:
        """Wait until a cell has ended."""
        done = (
            "(number) => /\\[\\d+\\]/.test(document.querySelectorAll('.jp-Notebook .jp-CodeCell')[number]"
            ".querySelector('.jp-InputPrompt').textContent)"
        )
        self.page.wait_for_function(done, arg=number, timeout=seconds * 1000)

    def run(self, number: int, seconds: float = 60) -> str:
        """Run a cell to its end and return its output as text."""
        self.start(number)
        self.wait(number, seconds)
        return self.text(number)

    def interrupt(self, times: int = 1) -> float:
        """Press ■; return when it was pressed first."""
        button = self.page.locator("[data-command='notebook:interrupt-kernel']").first
        pressed = time.monotonic()
        for _ in range(times):
            button.click()
        return pressed

    def text(self, number: int) -> str:
        """Return the text that a cell put out."""
        area = self.cell(number).locator(".jp-Cell-outputArea")
        return str(area.inner_text()) if area.count() else ""

    def save(self) -> dict[str, Any]:
        """Save it and return what lies on the disk."""
        before = (self.server.folder / self.name).stat().st_mtime_ns
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+s")
        wait_until(lambda: (self.server.folder / self.name).stat().st_mtime_ns != before, 15, "it was not saved")
        time.sleep(0.3)
        saved: dict[str, Any] = json.loads((self.server.folder / self.name).read_text())
        return saved
