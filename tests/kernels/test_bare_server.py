"""A server whose environment has JupyterLab alone, as on most hubs: the kernel's environment has all the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import Notebook, server, wait_until, write_notebook
from tests.kernels.kinds import kernel_of, python_of_bare_server, write_kernelspec
from tests.kernels.test_matrix import LOAD, SEARCH

pytestmark = [pytest.mark.browser, pytest.mark.kernels]
DARK = '{"theme": "JupyterLab Dark"}'


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_without_the_front_ends_of_widgets_there_is_a_picture_and_a_line_that_names_the_packages(
    theme: str, chromium: Any, tmp_path: Path, pictures: Path | None
) -> None:
    kernel = kernel_of("7.4")
    write_kernelspec(kernel, tmp_path / ".data")
    if theme == "dark":
        chosen = tmp_path / ".settings" / "@jupyterlab" / "apputils-extension"
        chosen.mkdir(parents=True)
        (chosen / "themes.jupyterlab-settings").write_text(DARK, encoding="utf-8")
    with server(tmp_path, python=python_of_bare_server()) as lab:
        cells = [LOAD, SEARCH + "shown", "print('BOUND', type(shown).__name__)"]
        page = chromium.new_page(viewport={"width": 1200, "height": 900})
        name = write_notebook(tmp_path, cells, "bare", kernel.name)
        notebook = Notebook(page, lab, name).open()
        notebook.run(0)
        notebook.start(1)
        page.wait_for_selector(".jp-OutputArea img", timeout=60_000)
        wait_until(lambda: "anywidget and ipywidgets" in notebook.text(1), 20, "it was not told what is missing")
        source = "() => document.querySelector('.jp-OutputArea img').src"
        before = page.evaluate(source)
        wait_until(lambda: page.evaluate(source) != before, 20, "the picture was not renewed")
        if pictures is not None:
            page.screenshot(path=str(pictures / f"bare-{theme}.png"))
        notebook.interrupt()
        notebook.wait(1, 30)
        assert "BOUND Pipeline" in notebook.run(2)
        assert "Error" not in notebook.text(1) and "Loading widget" not in notebook.text(1)
        if pictures is not None:
            page.screenshot(path=str(pictures / f"bare-{theme}-ended.png"))
        page.close()
