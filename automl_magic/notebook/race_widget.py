"""The widget of a race: rows of its searchers to the view, Stop and Pause back."""

from __future__ import annotations

from typing import Any

from automl_magic.notebook import widget
from automl_magic.notebook.live import obey
from automl_magic.notebook.race_rows import RaceRows, race_rows
from automl_magic.racing import Race

OBEYED = ("stop", "pause", "continue")


class RaceWidget(widget.PanelWidget):
    """Show a race. It keeps no rows: the view asks for what it missed."""

    _esm = widget.text_of("race.js")

    def __init__(self, race: Race) -> None:
        self._race: Race | None = race
        self._sent: dict[Any, Any] = {}
        super().__init__(self._every_row, self._obey)

    def renew(self) -> None:
        """Send the rows that differ from what was last sent."""
        changed = [row for row in self._rows(has_plane=False) if self._sent.get(_key(row)) != row]
        if changed:
            self._sent.update({_key(row): row for row in changed})
            rows: Any = changed
            self.push(rows)

    def close(self) -> None:
        """Take the widget from the front end and let the race go."""
        super().close()
        self._race = None

    def _every_row(self) -> Any:
        return self._rows(has_plane=True)

    def _rows(self, has_plane: bool) -> RaceRows:
        race = self._race
        if race is None:
            return []
        return race_rows(race.so_far(), race.line(), is_over=race.done.is_set(), has_plane=has_plane)

    def _obey(self, message: Any) -> None:
        if self._race is not None and message["kind"] in OBEYED:
            obey(self._race, message)  # type: ignore[arg-type]


def _key(row: Any) -> tuple[str, Any]:
    return row["kind"], row.get("place")
