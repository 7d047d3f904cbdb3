"""The picture of what each column is worth: bars with their intervals, the dearest at the top."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from automl_magic.column_importance import ColumnWorth, found_in, listed
from automl_magic.engine.history import History
from automl_magic.errors import OptionError
from automl_magic.extend import CHARTS
from automl_magic.notebook.picture import Picture

FIRST = 15  # columns and groups that are drawn
LEADING, INSIDE, NOISE = "#0072b2", "#8fbfdd", "#b8bec6"


@CHARTS.register("column_importance")
def column_chart(history: History, width: float = 7.2) -> Figure:
    """Draw what the score loses when a column, or the columns of a group together, are shuffled.

    Parameters
    ----------
    history : History
        A run that has ended.
    width : float
        In inches; the height follows from the number of columns.

    Returns
    -------
    Figure

    Raises
    ------
    OptionError
        If the record of the run does not say what its columns are worth.
    """
    found = found_in(history)
    if found is None or not found.worths:
        raise OptionError(
            "No column's worth is in the record of this run.", "run.column_importance(df) measures it, as a table."
        )
    last = found.leading[FIRST : FIRST + 1]
    shown = found.worths[: found.worths.index(last[0])] if last else found.worths
    figure = Picture(figsize=(width, 1.1 + 0.26 * len(shown)), layout="constrained", facecolor="white")
    axes: Axes = figure.subplots()
    places = range(len(shown))
    axes.barh(places, [worth.loss for worth in shown], color=[_colour(worth) for worth in shown], height=0.62)
    for place, worth in enumerate(shown):
        if worth.low == worth.low:
            axes.errorbar(
                worth.loss, place, xerr=[[worth.loss - worth.low], [worth.high - worth.loss]], color="#333333",
                linewidth=1.0, capsize=2.5,
            )  # fmt: skip
    axes.set_yticks(places, [_name(worth) for worth in shown], fontsize=8)
    axes.invert_yaxis()
    axes.axvline(0, color="#8a8a8a", linewidth=0.9)
    label = str(history.about.get("metric", {}).get("label", "score")).replace("$", r"\$")
    rest = f"\n(the first {FIRST} of {len(found.leading)} columns and groups)" if last else ""
    axes.set_xlabel(f"loss in {label} when shuffled, with its 95 % interval{rest}", fontsize=9)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    return figure


def _name(worth: ColumnWorth) -> str:
    if worth.inside:
        return f"{worth.name} alone".replace("$", r"\$")
    together = " together" if len(worth.columns) > 1 else ""
    return f"{listed(worth.columns)}{together}".replace("$", r"\$")


def _colour(worth: ColumnWorth) -> str:
    return INSIDE if worth.inside else LEADING if worth.stands_out else NOISE
