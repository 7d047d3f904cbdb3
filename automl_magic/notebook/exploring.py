"""The panel of a run that has ended, out of its record alone: nothing is computed, and nothing can be steered."""

from __future__ import annotations

import functools
import threading
import uuid
from typing import Any, cast

from IPython import get_ipython
from IPython.display import display, update_display

from automl_magic.engine.history import History
from automl_magic.notebook.frontend import bound_to_cell, can_hear_while_busy, front_end
from automl_magic.notebook.insight_rows import InsightTeller, importance_rows, pipeline_rows
from automl_magic.notebook.live import MISSING
from automl_magic.notebook.network_rows import drawing_rows
from automl_magic.notebook.protocol import CodeRow, Message, Row, StatusRow
from automl_magic.notebook.rows import rows, status_line

PATIENCE = 2.0  # seconds that the widget has to answer
LATER = 0.5  # seconds after which what mattered is worked out, so that it does not keep the rows from the view
OWN_CODE = "A record has no code: the run's own result gives it, by best_run.to_cell()."
SILENT = (
    "The panel did not answer: install anywidget and ipywidgets\n"
    "where the Jupyter server runs, too. A picture is shown until it does."
)
DEAF = (
    "This kernel hears no panel while a cell runs; ipykernel 7 or later does. A picture is shown until the panel\n"
    "answers. If it does not when the cell has ended, install anywidget and ipywidgets where the Jupyter server runs."
)


def explore(history: History) -> None:
    """Show the interactive panel of a run; a picture where no panel can be shown, words where no picture can.

    Parameters
    ----------
    history : History
        The run as its record tells it.
    """
    from automl_magic.notebook import charts
    from automl_magic.notebook.widget import STATIC

    shell: Any = get_ipython()
    front = front_end(shell)
    if front == "none":
        print(charts.told(history))
    elif front == "reader" or not (STATIC / "panel.js").exists():
        data, metadata = charts.bundle(history)
        display(data, metadata=metadata, raw=True)
        if front != "reader":
            display({"text/plain": MISSING}, raw=True)
    else:
        _show(history, shell)


def _show(history: History, shell: Any) -> None:
    """Show the widget; a picture in its place while it is silent, and why under it."""
    widget, line = panel_of(history), status_line(history)
    places = {part: f"automl-{part}-{uuid.uuid4().hex[:12]}" for part in ("explore", "line")}
    display(shown_as(widget, line), raw=True, display_id=places["explore"])

    def look() -> None:
        from automl_magic.notebook import charts

        if widget.ready.wait(PATIENCE):
            return
        data, metadata = charts.bundle(history)
        update_display(data, metadata=metadata, raw=True, display_id=places["explore"])
        why = SILENT if can_hear_while_busy(shell) else DEAF
        display({"text/plain": why}, raw=True, display_id=places["line"])
        widget.ready.wait()  # a cell that goes on, or a slow page, keeps it for as long as it likes
        update_display(shown_as(widget, line), raw=True, display_id=places["explore"])
        update_display({"text/plain": line}, raw=True, display_id=places["line"])

    threading.Thread(target=bound_to_cell(shell, look), name="automl-explore", daemon=True).start()


def panel_of(history: History) -> Any:
    """Return the panel as a widget, which has its place in a box with others too."""
    from automl_magic.notebook.widget import PanelWidget

    insight = InsightTeller()

    def hear(message: Message) -> list[Row]:
        """Answer a question; all else is for a run that is under way."""
        if message["kind"] == "describe":
            return [*pipeline_rows(history, message["trial"])]
        if message["kind"] == "network":
            return [*drawing_rows(history, message["trial"])]
        if message["kind"] == "insight":
            insight.tell(history, panel.push)
            return []
        return [no_code(OWN_CODE)] if message["kind"] in ("copy", "run") else []

    @functools.cache
    def mattered() -> list[Row]:
        return [*importance_rows(history)]

    def all_rows() -> list[Row]:
        """Return what is there at once; what mattered takes longer with thousands of trials, and follows."""
        later = threading.Timer(LATER, lambda: panel.push(mattered()))
        later.daemon = True
        later.start()
        return rows_at_rest(history)

    panel = PanelWidget(all_rows, hear)
    return panel


def no_code(said: str) -> CodeRow:
    """Return the answer to a wish for code where there is none to give."""
    return {"kind": "code", "text": "", "said": said, "run": False}


def shown_as(widget: Any, words: str) -> dict[str, Any]:
    """Return a widget as an output of a cell, with words for where it cannot be shown."""
    bundle = widget._repr_mimebundle_()
    return {**(bundle[0] if isinstance(bundle, tuple) else bundle), "text/plain": words}


def rows_at_rest(history: History) -> list[Row]:
    """Return the rows, without what mattered, of a run that goes on no more, or whose record breaks off."""
    found = rows(history, with_importance=False)
    status = cast(StatusRow, found[-1])
    if status["state"] != "ended":
        found[-1] = {**status, "state": "ended", "line": f"Broke off: {status['line']}"}
    return found
