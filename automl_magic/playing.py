"""Play a recorded run: its events, applied to a fresh history at the times at which they happened, only faster."""

from __future__ import annotations

import math
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from automl_magic.engine.events import Event
from automl_magic.engine.history import History
from automl_magic.errors import OptionError

SLOWEST, FASTEST = 0.1, 1000.0


class Player:
    """Apply recorded events as time goes by; nothing is computed.

    One thread calls `advance`. Any thread may ask where the player stands, and wish: to pause, to be elsewhere, to end.

    Parameters
    ----------
    events : sequence of Event
        The run, RunStarted first.
    speed : float
        How many seconds of the run go by in one second.
    clock : callable
        Seconds, as `time.monotonic` tells them.

    Attributes
    ----------
    history : History
        The run so far. Where somebody goes back in time, another history takes its place.
    generation : int
        How many histories there have been before this one.
    length : float
        Seconds of the whole run.
    ended : threading.Event
        Set when the end was played, or somebody stopped it.
    """

    def __init__(self, events: Sequence[Event], speed: float = 10.0, clock: Callable[[], float] = time.monotonic):
        self._events = tuple(events)
        self._times = list(accumulate((event.at for event in self._events), max))  # a line of a record may be lost
        self._clock = clock
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._looked = clock()
        self._position = 0.0
        self._applied = 0
        self.history = History()
        self.generation = 0
        self.length = self._times[-1] if self._times else 0.0
        self.speed = checked_speed(speed)
        self.playing = True
        self.ended = threading.Event()

    @property
    def position(self) -> float:
        """Seconds of the run that have gone by."""
        with self._lock:
            return self._position

    def pause(self) -> None:
        """Stay where it is."""
        self._wish(playing=False)

    def proceed(self) -> None:
        """Go on."""
        self._wish(playing=True)

    def seek(self, position: float) -> None:
        """Go to a second of the run. At the very end it waits, so that a hand that slipped ends nothing."""
        wanted = min(max(0.0, position), self.length)
        self._wish(wanted=wanted, playing=False if wanted >= self.length else None)

    def set_speed(self, speed: float) -> None:
        """Let time go by faster or slower from now on; a wish outside the limits is taken to the nearest one."""
        self._wish(speed=min(max(SLOWEST, speed), FASTEST))

    def stop(self) -> None:
        """End here."""
        self.ended.set()
        self._woken.set()

    def wait(self, seconds: float) -> bool:
        """Wait until somebody wishes something, at most so long; return whether somebody did."""
        wished = self._woken.wait(seconds)
        self._woken.clear()
        return wished

    def advance(self) -> None:
        """Apply what has become due since the last call; after a wish to go back, begin anew."""
        with self._lock:
            self._move()
            due = bisect_right(self._times, self._position)
            at_end = self.playing and self._position >= self.length
        is_back = due < self._applied
        history = History() if is_back else self.history
        for event in self._events[0 if is_back else self._applied : due]:
            history.apply(event)
        self.history, self._applied = history, due
        self.generation += is_back
        if at_end:
            self.ended.set()

    def finish(self) -> None:
        """Apply all that is left at once, where there is nobody to watch."""
        with self._lock:
            self._position = self.length
        self.advance()

    def _move(self) -> None:
        now = self._clock()
        if self.playing:
            self._position = min(self._position + (now - self._looked) * self.speed, self.length)
        self._looked = now

    def _wish(self, *, wanted: float | None = None, playing: bool | None = None, speed: float | None = None) -> None:
        with self._lock:
            self._move()  # what went by until now went by at the old speed
            self._position = self._position if wanted is None else wanted
            self.playing = self.playing if playing is None else playing
            self.speed = self.speed if speed is None else speed
        self._woken.set()


def checked_speed(speed: float | str) -> float:
    """Return a speed as a number.

    Raises
    ------
    OptionError
        If it is none between 0.1 and 1000.

    Examples
    --------
    >>> checked_speed("2.5")
    2.5
    """
    try:
        number = float(speed)
    except (TypeError, ValueError):
        number = math.nan
    if not SLOWEST <= number <= FASTEST:
        raise OptionError(
            f"The speed of a replay must be a number from {SLOWEST:g} to {FASTEST:g}. Got {speed!r} instead.",
            "10 shows ten seconds of the run in one.",
        )
    return number
