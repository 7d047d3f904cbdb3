"""Sentences as a notebook shows them."""

from __future__ import annotations

import html
import re


def paragraph(sentence: str) -> str:
    """Return a sentence as a paragraph of HTML: escaped, and what stands between backticks as code.

    Examples
    --------
    >>> paragraph("Next: `%automl code` where a < b")
    "<p style='margin:.3em 0'>Next: <code>%automl code</code> where a &lt; b</p>"
    """
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(sentence))
    return f"<p style='margin:.3em 0'>{text}</p>"
