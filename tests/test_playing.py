"""A recorded run played again: what is due is applied, forwards, backwards, and at any speed."""

from __future__ import annotations

import pytest

from automl_magic.engine.events import Event, FoldScore, FoldScored, RunEnded, RunStarted, TrialEnded, TrialStarted
from automl_magic.errors import OptionError
from automl_magic.playing import Player

ABOUT = {"metric": {"name": "loss", "label": "loss", "sign": -1}}


def recorded(trials: int = 10) -> list[Event]:
    """Return a run of one trial a second."""
    events: list[Event] = [RunStarted("run", {"trials": trials}, {"parameters": []}, 1, 0, ABOUT)]
    for trial in range(trials):
        events.append(TrialStarted(trial, trial, {"x": trial}, "random", 0, at=float(trial)))
        events.append(FoldScored(trial, 0, FoldScore(float(trial), 0.5), 0, trial + 0.5))
        events.append(TrialEnded(trial, "done", float(trial), 0.0, 0.5, at=trial + 0.5))
    return [*events, RunEnded("all trials were made", trials - 1, float(trials), float(trials))]


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def played(speed: float = 2.0) -> tuple[Player, Clock]:
    """Return a player and its clock."""
    clock = Clock()
    return Player(recorded(), speed, clock), clock


def test_what_is_due_is_applied_at_the_speed_that_is_asked_for() -> None:
    player, clock = played(2.0)
    player.advance()
    assert (len(player.history.trials), player.history.status) == (1, "running")
    clock.now += 1.3
    player.advance()
    assert player.position == pytest.approx(2.6)
    assert [trial.state for trial in player.history.trials.values()] == ["done", "done", "done"]
    player.set_speed(4.0)
    clock.now += 1.0
    player.advance()
    assert player.position == pytest.approx(6.6)


def test_a_pause_stops_the_time_and_what_went_by_before_counts() -> None:
    player, clock = played()
    clock.now += 1.0
    player.pause()
    clock.now += 50.0
    player.advance()
    assert player.position == pytest.approx(2.0)
    player.proceed()
    clock.now += 1.0
    player.advance()
    assert player.position == pytest.approx(4.0)


def test_going_back_begins_a_new_history_and_going_on_does_not() -> None:
    player, clock = played()
    player.seek(8.2)
    player.advance()
    assert (len(player.history.trials), player.generation) == (9, 0)
    later = player.history
    player.seek(3.1)
    assert player.position == 3.1
    player.advance()
    assert (len(player.history.trials), player.generation) == (4, 1)
    assert len(later.trials) == 9
    assert player.history.trials[3].state == "running"
    player.seek(-5)
    player.advance()
    assert player.position == 0.0


def test_the_end_ends_it_when_it_was_played_and_waits_when_a_hand_went_there() -> None:
    player, clock = played()
    player.seek(1e9)
    player.advance()
    assert player.history.status == "ended" and not player.ended.is_set() and not player.playing
    player.seek(9.0)
    player.proceed()
    clock.now += 2.0
    player.advance()
    assert player.ended.is_set() and player.history.reason == "all trials were made"
    player, _ = played()
    player.stop()
    assert player.ended.is_set()


def test_the_whole_run_is_the_same_history_as_the_events_make() -> None:
    player, clock = played(7.0)
    while not player.ended.is_set():
        clock.now += 0.013
        player.advance()
    other, _ = played()
    other.finish()
    assert player.history.trials == other.history.trials
    assert player.history.version == other.history.version


def test_a_speed_that_is_none_is_refused_in_words_and_a_wish_is_kept_within_limits() -> None:
    for speed in ("fast", 0, -1, float("nan"), 1e6, None):
        with pytest.raises(OptionError, match="speed of a replay must be a number"):
            Player(recorded(), speed)  # type: ignore[arg-type]
    player, _ = played()
    player.set_speed(1e9)
    assert player.speed == 1000.0


def test_times_that_go_backwards_in_a_record_do_not_stop_it() -> None:
    events = recorded()
    player = Player([*events[:4], *events[7:], *events[4:7]], 10.0, Clock())
    assert player.length == 10.0
    player.finish()
    assert len(player.history.trials) == 10
