"""Tab: what is offered where."""

from __future__ import annotations

import time

import numpy as np
import pytest

from automl_magic import Float, SpaceEditor
from tests.notebook.shell import Cells


def offered(cells: Cells, text: str) -> list[str]:
    """Return what Tab at the end of `text` offers."""
    context = cells.shell.Completer
    line = text.split("\n")[-1]
    from IPython.core.completer import CompletionContext

    found = cells.shell._automl_undo[1](
        CompletionContext(
            token=line.split(" ")[-1],
            full_text=text,
            cursor_position=len(line),
            cursor_line=text.count("\n"),
            limit=None,
        )
    )
    assert context is not None
    return [completion.text for completion in found["completions"]]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("%%automl df --tar", "--target"),
        ("%%automl df --target ki", "kind"),
        ("%%automl df --target kind --ignore wi", "width"),
        ("%%automl df --target kind --metric a", "auc"),
        ("%%automl df --target kind --models hist_gb,li", "hist_gb,linear"),
        ("%%automl df --target kind --search r", "random"),
        ("%%automl d", "df"),
        ("%automl st", "status"),
        ("%automl sp", "space"),
        ("%automl space d", "df"),
        ("%automl space df --target ki", "kind"),
        ("%automl code ed", "editor"),
        ("%%automl df --target kind\nspace.ru", "rule("),
        ('%%automl df --target kind\nspace["hist_gb.lea', "hist_gb.learning_rate"),
        ('%%automl df --target kind\nspace.models("for', "forest"),
        ("%%automl nas im", "images"),
        ("%%automl nas images labels --inp", "--input"),
        ("%%automl nas images labels --input im", "image"),
        ("%%automl nas images labels --models con", "conv"),
        ('%%automl nas images labels\nspace.models("con', "conv"),
        ('%%automl nas images labels\nspace["conv.la', "conv.layer1.channels"),
        ('%%automl nas df --target kind\nspace["mlp.de', "mlp.depth"),
    ],
)
def test_tab_offers_what_fits(cells: Cells, text: str, word: str) -> None:
    cells.names["editor"] = SpaceEditor({"x": Float(0, 1)})
    cells.names["images"], cells.names["labels"] = np.ones((40, 8, 8)), np.arange(40) % 2
    assert word in offered(cells, text)


def test_tab_says_nothing_outside_our_cells_and_offers_no_option_twice(cells: Cells) -> None:
    assert offered(cells, "x = df.wi") == []
    assert "--target" not in offered(cells, "%%automl df --target kind --ta")


def test_tab_is_quick(cells: Cells) -> None:
    offered(cells, '%%automl df --target kind\nspace["')
    begun = time.perf_counter()
    for _ in range(20):
        offered(cells, '%%automl df --target kind\nspace["hist')
        offered(cells, "%%automl df --target kind --metric ")
    assert (time.perf_counter() - begun) / 40 < 0.05
