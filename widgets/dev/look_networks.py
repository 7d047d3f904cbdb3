"""Picture the Networks tab in light and dark, narrow and wide: `python widgets/dev/look_networks.py FOLDER`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2])]
from look import FLAGS, page  # noqa: E402

SELECTED = {"light": 0, "dark": 13, "jupyter dark": 3}  # a trial of each kind of network


def made_up_networks(trials: int = 48, metric: str = "accuracy", ended: bool = False) -> list[Any]:
    """Return the rows of a plausible search over networks, their drawings among them."""
    from automl_magic.notebook.rows import rows
    from tests.network_recording import drawings, events, history_of

    whole = history_of(events(trials, metric, ended=True))  # its record knows the architectures
    return [*rows(history_of(events(trials, metric, ended))), *drawings(whole)]


def main(folder: Path) -> None:
    """Take the pictures."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    runs = {
        "light": made_up_networks(),
        "dark": made_up_networks(24, "rmse"),
        "jupyter dark": made_up_networks(160, ended=True),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for theme, rows in runs.items():
            for width in (1000, 760, 500):
                view = browser.new_page(viewport={"width": width, "height": 900})
                view.on("pageerror", lambda error: print("page error:", error))
                view.on("console", lambda message: print("console:", message.text))
                view.set_content(page(rows, theme))
                view.wait_for_function("window.ready === true")
                view.wait_for_timeout(400)
                view.get_by_role("tab", name="Networks").click()
                view.wait_for_timeout(300)
                name = f"{theme.replace(' ', '-')}-{width}"
                view.screenshot(path=str(folder / f"{name}-best.png"), full_page=True)
                for details in view.locator(".am-networks summary").all():
                    details.click()
                view.locator(f".am-learning [data-trial='{SELECTED[theme]}']").click()
                view.wait_for_timeout(300)
                view.screenshot(path=str(folder / f"{name}-selected.png"), full_page=True)
                view.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
