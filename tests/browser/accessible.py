"""Ask axe-core what is wrong for people who use a screen reader, the keyboard alone, or need contrast."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
TABS = ("Curve", "Leaderboard", "Space", "Parallel coordinates", "Importance", "Columns", "Pipeline", "Log")
RUN = """
async (selector) => {
  const found = await axe.run(document.querySelector(selector), {resultTypes: ["violations"]});
  return found.violations.filter((one) => ["serious", "critical"].includes(one.impact)).map((one) => ({
    rule: one.id, impact: one.impact, help: one.help,
    where: one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} | ${node.failureSummary}`),
  }));
}
"""


def violations(page: Any, selector: str = ".automl-panel") -> list[Any]:
    """Return the serious and critical violations inside an element of a page."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found: list[Any] = page.evaluate(RUN, selector)
    return found


def open_tab(page: Any, name: str) -> None:
    """Show a tab of the panel, behind More or not."""
    panel = page.locator(".automl-panel").first
    more = panel.get_by_role("button", name="More", exact=True)
    if more.get_attribute("aria-expanded") == "false":
        more.click()
    panel.get_by_role("tab", name=name, exact=True).click()
    page.wait_for_timeout(150)


def told(found: dict[str, list[Any]]) -> str:
    """Return violations by tab as text."""
    return json.dumps({tab: wrong for tab, wrong in found.items() if wrong}, indent=1)
