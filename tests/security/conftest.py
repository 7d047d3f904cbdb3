"""A shell with the magic loaded, as the tests of the notebook have it."""

from __future__ import annotations

from tests.notebook.conftest import cells

__all__ = ["cells"]
