"""A figure that shows itself in a notebook, whether pyplot is there or not."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


class Picture(Figure):
    """A figure of matplotlib with a picture of its own for front ends.

    IPython knows how to show a `Figure` once pyplot has drawn one, and not before.
    """

    def _repr_png_(self) -> bytes:
        picture, canvas = io.BytesIO(), FigureCanvasAgg(self)
        draw: Any = canvas.print_png
        draw(picture)
        return picture.getvalue()
