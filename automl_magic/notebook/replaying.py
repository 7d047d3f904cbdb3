"""A recorded run once more, in the panel that it had: as it went, only faster, and with a hand on its time."""

from __future__ import annotations

import os
import threading
import time
import uuid
from typing import Any

from IPython import get_ipython
from IPython.display import display, update_display

from automl_magic.engine.events import TrialEnded
from automl_magic.engine.history import History
from automl_magic.errors import OptionError
from automl_magic.notebook import live
from automl_magic.notebook.exploring import no_code, shown_as
from automl_magic.notebook.frontend import bound_to_cell, front_end
from automl_magic.notebook.insight_rows import ImportanceClock, InsightTeller, pipeline_rows
from automl_magic.notebook.network_rows import drawing_rows
from automl_magic.notebook.protocol import Message, NoteRow, PlayerRow, Row
from automl_magic.notebook.rows import NOTHING, Seen, parameter_rows, rows, status_line
from automl_magic.playing import Player, checked_speed
from automl_magic.records import read_record
from automl_magic.result import Record

TICK = 0.1  # seconds between two batches
RENEWED = 1.0  # seconds between two renewals of the line, and of the picture where there is no widget
PATIENCE = 2.0  # seconds that the widget has to answer
LINES = 10  # that are printed where there is no front end
SILENT = "The panel did not answer: install anywidget and ipywidgets where the Jupyter server runs, too."
RECORDING = "This is a recording: it can be paused, wound and stopped, and nothing in it can be changed."


def replay(run: Record | str | os.PathLike[str], speed: float | str = 10.0) -> Replay:
    """Show a recorded run again in the panel, faster than it was, with no computing.

    The cell is given back at once: the panel has buttons to pause and stop, and a slider over the run's time. At its
    end a picture takes the panel's place. Without a front end, the run's progress is printed at once.

    Parameters
    ----------
    run : RunResult, str or path
        What a run returned, a run's name (its folder in `.automl`), or a file that `run.save(FILE)` wrote.
    speed : float
        Seconds of the run that go by in one second, from 0.1 to 1000.

    Returns
    -------
    Replay
        With `pause()`, `proceed()`, `seek(seconds)`, `stop()` and `wait()`.

    Raises
    ------
    OptionError
        If there is no such run, or the speed is none.
    RecordError
        If the file is no record of a run.

    Examples
    --------
    >>> from automl_magic import Float, tune
    >>> run = tune(lambda values: values["x"] ** 2, {"x": Float(-5, 5)}, trials=2, workers=0)
    >>> shown = replay(run)  # doctest: +ELLIPSIS
    1 of 2 trials, best value ...
    Ended, since all 2 trials were made: 2 of 2 trials, best value ...
    """
    if not isinstance(run, Record | str | os.PathLike):
        raise OptionError(
            f"replay takes the result of a run, its name, or a file. Got {type(run).__name__} instead.",
            'Of a race, one run can be replayed: replay(race.runs["tpe"][0]).',
        )
    record = run if isinstance(run, Record) else read_record(run)
    shown = Replay(record, speed)
    shown.show()
    return shown


class Replay:
    """A recording that is being shown.

    Parameters
    ----------
    record : Record
        The run.
    speed : float
        Seconds of the run that go by in one second.
    """

    def __init__(self, record: Record, speed: float | str = 10.0) -> None:
        self._record = record
        self._player = Player(record.events, checked_speed(speed))
        self._shell: Any = get_ipython()
        self._ids = {part: f"automl-{part}-{uuid.uuid4().hex[:12]}" for part in ("replay", "line")}
        self._widget: Any = None
        self._shows_picture = False
        self._why_picture = ""
        self._seen: Seen = NOTHING
        self._importance = ImportanceClock()
        self._insight = InsightTeller()
        self._generation = 0
        self._told = threading.Event()
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"Replay of {self._record.name}: {self._player.position:.0f} of {self._player.length:.0f} s"

    @property
    def history(self) -> History:
        """The run as far as it is shown."""
        return self._player.history

    def pause(self) -> None:
        """Stay where it is."""
        self._player.pause()

    def proceed(self) -> None:
        """Go on."""
        self._player.proceed()

    def seek(self, seconds: float) -> None:
        """Go to a second of the run."""
        self._player.seek(seconds)

    def stop(self) -> None:
        """End here; what is shown by now becomes the picture."""
        self._player.stop()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it has ended; an interrupt ends it."""
        try:
            while self._thread is not None and self._thread.is_alive() and (timeout is None or timeout > 0):
                self._thread.join(TICK)
                timeout = None if timeout is None else timeout - TICK
        except KeyboardInterrupt:
            self.stop()
            if self._thread is not None:
                self._thread.join(PATIENCE)

    def show(self) -> None:
        """Show it: in the panel until it ends, or all at once where nobody can watch."""
        front = front_end(self._shell)
        if front != "widgets":
            self._print()
            if front == "reader":
                self._freeze()
            return
        self._player.advance()
        self._open()
        display({"text/plain": self._line()}, raw=True, display_id=self._ids["line"])
        self._thread = threading.Thread(
            target=bound_to_cell(self._shell, self._follow), name="automl-replay", daemon=True
        )
        self._thread.start()

    # -- where somebody watches -------------------------------------------------------------------------------------

    def _open(self) -> None:
        from automl_magic.notebook.widget import STATIC, PanelWidget

        if not (STATIC / "panel.js").exists():
            self._shows_picture, self._why_picture = True, live.MISSING
            display({"text/plain": self._line()}, raw=True, display_id=self._ids["replay"])
            return
        live._KEPT.close()
        self._widget = PanelWidget(self._all_rows, self._hear)
        display(shown_as(self._widget, self._line()), raw=True, display_id=self._ids["replay"])

    def _follow(self) -> None:
        """Show what happens until the end, then put the picture in the panel's place."""
        player = self._player
        begun = renewed = time.monotonic()
        try:
            while not player.ended.is_set():
                is_wished = player.wait(TICK)
                player.advance()
                now = time.monotonic()
                is_due = now - renewed >= RENEWED
                self._push(is_due or is_wished or player.playing)
                if is_due:
                    renewed = now
                    self._choose(now - begun)
                    self._say()
        finally:
            self._close()

    def _all_rows(self) -> list[Row]:
        """Return every row, for a view that has just begun or has missed some."""
        player = self._player
        self._importance = ImportanceClock()  # it follows
        found = rows(player.history, NOTHING, player.position, with_importance=False)
        return [{"kind": "clear"}, *found, self._player_row()]

    def _player_row(self) -> PlayerRow:
        player = self._player
        return {
            "kind": "player",
            "position": player.position,
            "length": player.length,
            "speed": player.speed,
            "playing": player.playing,
        }

    def _push(self, is_due: bool) -> None:
        """Send the rows that changed; all of them where somebody went back."""
        player = self._player
        if self._widget is None or not self._widget.ready.is_set():
            return
        if player.generation != self._generation:
            self._generation, self._seen = player.generation, Seen.of(player.history)
            self._widget.push(self._all_rows())
        elif is_due or player.history.version != self._seen.version:
            until = Seen.of(player.history)
            found = [*rows(player.history, self._seen, player.position), self._player_row()]
            self._widget.push([*found, *self._importance.rows(player.history, time.monotonic())])
            self._seen = until

    def _hear(self, message: Message) -> list[Row]:
        """Do what the view asks of the player; what would change the run is answered by a note."""
        player = self._player
        if message["kind"] == "stop":
            player.stop()
        elif message["kind"] == "pause":
            player.pause()
        elif message["kind"] == "continue":
            player.proceed()
        elif message["kind"] == "seek":
            player.seek(message["position"])
        elif message["kind"] == "speed":
            player.set_speed(message["value"])
        elif message["kind"] == "describe":
            return [*pipeline_rows(player.history, message["trial"])]
        elif message["kind"] == "network":
            return [*drawing_rows(self._record.history, message["trial"])]  # it is known from the end on
        elif message["kind"] == "insight":
            self._insight.tell(player.history, self._widget.push)
        elif message["kind"] in ("copy", "run"):
            return [no_code(RECORDING)]
        else:
            return [*parameter_rows(player.history), self._refusal()]
        return []

    def _refusal(self) -> NoteRow:
        return {
            "kind": "note",
            "id": -1,
            "text": RECORDING,
            "level": "warning",
            "edit": False,
            "who": None,
            "trial": self._player.history.last_started(),
            "at": self._player.position,
        }

    def _choose(self, waited: float) -> None:
        """Show the picture while the widget is silent; put the widget back when it answers after all."""
        answers = self._widget is not None and self._widget.ready.is_set()
        if answers and self._shows_picture:
            self._shows_picture, self._why_picture = False, ""
            update_display(shown_as(self._widget, self._line()), raw=True, display_id=self._ids["replay"])
        elif not answers and (self._shows_picture or waited > PATIENCE):
            self._shows_picture, self._why_picture = True, self._why_picture or SILENT
            self._draw()

    def _line(self) -> str:
        return f"Replay of {self._record.name}: {status_line(self._player.history, self._player.position)}"

    def _say(self) -> None:
        text = f"{self._line()}\n{self._why_picture}" if self._why_picture else self._line()
        update_display({"text/plain": text}, raw=True, display_id=self._ids["line"])

    def _draw(self) -> None:
        from automl_magic.notebook import charts

        if self._player.history.trials:
            data, metadata = charts.bundle(self._player.history)
            update_display(data, metadata=metadata, raw=True, display_id=self._ids["replay"])

    def _close(self) -> None:
        """Put the picture in the panel's place, and the table under it."""
        self._why_picture = ""
        self._say()
        if self._player.history.trials:
            self._draw()
            display(self._shown())
        else:
            update_display({"text/plain": "No trial was shown."}, raw=True, display_id=self._ids["replay"])
        if self._widget is not None:
            live._KEPT.leave(self._widget)

    # -- where nobody watches ---------------------------------------------------------------------------------------

    def _print(self) -> None:
        """Print how the run went, in a few lines, without waiting."""
        history, ended = History(), 0
        trials = sum(isinstance(event, TrialEnded) for event in self._record.events)
        for event in self._record.events:
            history.apply(event)
            if isinstance(event, TrialEnded) and not history.trials[event.trial].hidden:
                ended += 1
                if ended < trials and ended % max(1, trials // LINES) == 0:
                    print(status_line(history))
        self._player.finish()
        print(status_line(self._player.history))

    def _freeze(self) -> None:
        from automl_magic.notebook import charts

        if self._player.history.trials:
            data, metadata = charts.bundle(self._player.history)
            display(data, metadata=metadata, raw=True)
            display(self._shown())

    def _shown(self) -> Record:
        """Return the record as far as it was shown."""
        record = self._record
        return Record(record.name, record.plan, self._player.history, record.events)
