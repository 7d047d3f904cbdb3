"""A recorded run in the notebook once more: played in its panel, explored at rest, printed where nobody can watch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from automl_magic import Float, read_record, tune
from automl_magic.engine.events import Event, RunEnded, SpaceChanged, TrialEnded
from automl_magic.notebook import exploring, replaying, widget
from automl_magic.notebook.exploring import explore, rows_at_rest
from automl_magic.notebook.protocol import parse_message
from automl_magic.notebook.replaying import RECORDING, Replay, replay
from automl_magic.notebook.rows import rows
from automl_magic.records import record_of
from automl_magic.result import Record
from tests.notebook.shell import Cells
from tests.notebook.test_live import FakeWidget, Screen
from tests.notebook.test_rows import started, trial

RECORDED = Path(__file__).parents[1] / "data" / "recording"
WIDGET = "application/vnd.jupyter.widget-view+json"


def recorded(trials: int = 8, ended: bool = True) -> Record:
    """Return a run of one trial a second, narrowed half way."""
    events: list[Event] = [started(trials)]
    for number in range(trials):
        for event in trial(number, 0.5 + number / 100):
            object.__setattr__(event, "at", float(number) + 0.5 * isinstance(event, TrialEnded))
            events.append(event)
        if number == trials // 2:
            change = {"kind": "narrow", "label": "x", "low": 0.1, "high": 1.0}
            events.append(SpaceChanged(events[0].space, change, "you", "", number, number, number + 0.5))  # type: ignore[union-attr]
    end = [RunEnded("all trials were made", trials - 1, float(trials), float(trials))] if ended else []
    return record_of([*events, *end], "run")


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """Return a screen before a front end that may show widgets; the player looks often."""
    found = Screen()
    found.results = []  # type: ignore[attr-defined]

    def display(data: Any, **named: Any) -> None:
        if "display_id" in named:
            found.display(data, **named)
        else:
            found.results.append(data)  # type: ignore[attr-defined]

    monkeypatch.setattr(exploring, "can_hear_while_busy", lambda shell: True)
    for module in (replaying, exploring):
        monkeypatch.setattr(module, "display", display)
        monkeypatch.setattr(module, "update_display", found.update)
        monkeypatch.setattr(module, "front_end", lambda shell: "widgets")
        monkeypatch.setattr(module, "PATIENCE", 0.1)
    monkeypatch.setattr(replaying, "TICK", 0.005)
    monkeypatch.setattr(replaying, "RENEWED", 0.05)
    monkeypatch.setattr(widget, "PanelWidget", FakeWidget)
    yield found


def until(condition: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.005)


def sent() -> list[dict[str, Any]]:
    """Return every row that the widget was sent."""
    return [row for batch in FakeWidget.last.sent for row in batch]


def begun(speed: float = 1.0, **options: Any) -> Replay:
    """Return a replay whose view has answered."""
    shown = replay(recorded(**options), speed)
    FakeWidget.last.ready.set()
    return shown


def hear(kind: str, **fields: Any) -> None:
    """Say what the view says."""
    message = parse_message({"kind": kind, **fields})
    assert message is not None
    FakeWidget.last.push(FakeWidget.last._hear(message) or [])  # as the widget does


def test_a_replay_shows_each_trial_in_turn_and_leaves_a_picture_and_the_table(screen: Screen) -> None:
    shown = begun(speed=40)
    shown.wait(5)
    seen = [(row["id"], row["state"]) for row in sent() if row["kind"] == "trial"]
    assert [number for number, state in seen if state == "done"] == sorted(range(8)) and len(shown.history.trials) == 8
    assert "image/png" in screen.places["replay"] and WIDGET not in screen.places["replay"]
    assert "8 of 8 trials" in screen.places["line"]["text/plain"] and FakeWidget.last.is_closed
    assert "<table>" in screen.results[0]._repr_html_()  # type: ignore[attr-defined]


def test_the_same_rows_come_as_when_the_run_was_live(screen: Screen) -> None:
    begun(speed=100).wait(5)
    last = {(row["kind"], row.get("id", row.get("label"))): row for row in sent() if row["kind"] != "player"}
    whole = {(row["kind"], row.get("id", row.get("label"))): row for row in rows(recorded().history)}
    assert {key: row for key, row in whole.items() if key[0] != "status"}.items() <= last.items()


def test_the_view_pauses_goes_on_changes_the_speed_and_ends_it(screen: Screen) -> None:
    shown = begun()
    until(lambda: any(row["kind"] == "player" for row in sent()))
    hear("pause")
    until(lambda: [row for row in sent() if row["kind"] == "player"][-1]["playing"] is False)
    hear("seek", position=3.2)
    until(lambda: len(shown.history.trials) == 4)
    assert not any(row["kind"] == "clear" for row in sent())
    hear("speed", value=100.0)
    hear("continue")
    until(lambda: len(shown.history.trials) == 8)
    shown.wait(5)
    assert "image/png" in screen.places["replay"]


def test_going_back_tells_the_view_to_forget_and_sends_what_was_then(screen: Screen) -> None:
    shown = begun()
    hear("pause")
    hear("seek", position=7.0)
    until(lambda: len(shown.history.trials) == 8)
    hear("seek", position=2.1)
    until(lambda: any(row["kind"] == "clear" for row in sent()))
    rest = sent()[[row["kind"] for row in sent()].index("clear") :]
    assert [row["id"] for row in rest if row["kind"] == "trial"] == [0, 1, 2]
    assert not any(row["kind"] == "note" and row["edit"] for row in rest), "the edit came later"
    assert [row for row in rest if row["kind"] == "player"][-1]["position"] == 2.1
    hear("stop")
    shown.wait(5)
    assert len(screen.results[0].leaderboard()) == 3  # type: ignore[attr-defined]


def test_what_would_change_a_recording_is_answered_by_a_note(screen: Screen) -> None:
    shown = begun()
    hear("narrow", label="x", low=0.1, high=0.2)
    hear("skip", trial=None)
    notes = [row for row in sent() if row["kind"] == "note" and row["text"] == RECORDING]
    assert len(notes) == 2 and shown.history.edits == ()
    assert len({row["id"] for row in notes}) == 1, "said twice it stands there once"
    assert any(row["kind"] == "parameter" for row in sent()), "the slider goes back to where it was"
    before = len(sent())
    hear("copy")
    answer = [row["kind"] for row in sent()[before:] if row["kind"] not in ("player", "status", "trial", "note")]
    assert "code" in answer and "parameter" not in answer, "the view asks again whenever the space is another"
    shown.stop()
    shown.wait(5)


def test_a_view_that_never_answers_gets_a_picture_that_is_renewed(screen: Screen) -> None:
    shown = replay(recorded(), 5)
    until(lambda: "image/png" in screen.places["replay"])
    until(lambda: "anywidget" in screen.places["line"]["text/plain"])
    shown.stop()
    shown.wait(5)
    assert "anywidget" not in screen.places["line"]["text/plain"]


def test_a_replay_that_is_stopped_before_its_first_trial_says_so(screen: Screen) -> None:
    shown = replay(record_of([started()], "run"), 1)
    shown.stop()
    shown.wait(5)
    assert "No trial was shown" in screen.places["replay"]["text/plain"]


def test_without_a_front_end_it_is_printed_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    begun_at = time.monotonic()
    replay(recorded(60), 0.1)
    assert time.monotonic() - begun_at < 2
    lines = capsys.readouterr().out.splitlines()
    assert 5 <= len(lines) <= 12 and "all trials were made: 60 of 60 trials" in lines[-1]


def test_where_a_program_reads_the_picture_and_the_table_follow(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in (replaying, exploring):
        monkeypatch.setattr(module, "front_end", lambda shell: "reader")
    replay(recorded(), 1)
    assert "8 of 8 trials" in capsys.readouterr().out
    picture, record = screen.results  # type: ignore[attr-defined]
    assert "image/png" in picture and len(record.leaderboard()) == 8
    explore(recorded().history)
    assert "image/png" in screen.results[-1]  # type: ignore[attr-defined]


def test_explore_shows_every_row_at_rest_and_hears_nothing(screen: Screen) -> None:
    recorded().explore()
    FakeWidget.last.ready.set()
    assert WIDGET in screen.places["explore"]
    hear("stop")
    time.sleep(0.3)
    assert WIDGET in screen.places["explore"] and not FakeWidget.last.is_closed


def test_explore_answers_what_a_trial_was_made_of_and_tells_what_mattered_once_for_all_views(screen: Screen) -> None:
    view = exploring.panel_of(read_record(RECORDED).history)
    view.ready.set()
    kinds = {row["kind"] for row in view._all_rows()}
    assert {"about", "trial", "parameter", "space", "note", "status"} <= kinds and "importance" not in kinds
    until(lambda: any(row["kind"] == "importance" for row in sent()))
    hear("describe", trial=1)
    told = [row for row in sent() if row["kind"] == "pipeline"]
    assert told[0]["trial"] == 1 and len(told[0]["steps"]) >= 2
    hear("describe", trial=999)
    hear("copy")
    assert [row["text"] for row in sent() if row["kind"] == "code"] == [""]


def test_explore_of_a_record_that_breaks_off_is_at_rest_too(screen: Screen) -> None:
    status = rows_at_rest(recorded(ended=False).history)[-1]
    assert status["kind"] == "status" and status["state"] == "ended" and status["line"].startswith("Broke off: ")
    assert rows_at_rest(recorded().history) == rows(recorded().history, with_importance=False)


def test_explore_shows_a_picture_while_no_widget_answers_and_the_panel_when_it_does(screen: Screen) -> None:
    recorded().explore()
    until(lambda: "line" in screen.places)
    assert "image/png" in screen.places["explore"] and WIDGET not in screen.places["explore"]
    assert "install anywidget" in screen.places["line"]["text/plain"]
    assert not FakeWidget.last.is_closed, "it may only be late"
    FakeWidget.last.ready.set()
    until(lambda: WIDGET in screen.places["explore"])
    until(lambda: "anywidget" not in screen.places["line"]["text/plain"])
    assert "8 of 8 trials" in screen.places["line"]["text/plain"] and not FakeWidget.last.is_closed


def test_explore_on_a_kernel_that_hears_nothing_while_busy_says_when_the_panel_comes(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exploring, "can_hear_while_busy", lambda shell: False)
    recorded().explore()
    until(lambda: "line" in screen.places)
    assert screen.places["line"]["text/plain"].startswith("This kernel hears no panel while a cell runs")
    assert "image/png" in screen.places["explore"] and not FakeWidget.last.is_closed
    FakeWidget.last.ready.set()
    until(lambda: WIDGET in screen.places["explore"])


def test_explore_without_its_script_is_a_picture_that_says_so(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(widget, "STATIC", tmp_path)
    recorded().explore()
    picture, said = screen.results  # type: ignore[attr-defined]
    assert "image/png" in picture and "script is missing" in said["text/plain"]


def test_explore_without_a_front_end_is_words(capsys: pytest.CaptureFixture[str]) -> None:
    recorded().explore()
    assert "Trial curve. Ended, since all trials were made" in capsys.readouterr().out


def test_the_magic_replays_a_variable_a_run_a_file_and_the_last_run(cells: Cells) -> None:
    run = tune(lambda values: values["x"], {"x": Float(0, 1)}, trials=3, workers=0, name="first")
    run.save("first.jsonl")
    cells.names["best_run"] = run
    for named in ("best", "best_run", "first", "first.jsonl", "{file}"):
        cells.names["file"] = Path("first.jsonl")
        assert "all 3 trials were made" in cells.ok(f"%automl replay {named} --speed 50")
    cells.names["f"] = lambda values: values["x"]
    cells.ok('%%automl tune f --trials 2 --workers 0 --out other\n{"x": Float(0, 1)}')
    assert "all 2 trials were made" in cells.ok("%automl replay")


def test_a_replay_of_what_is_none_is_two_lines(cells: Cells) -> None:
    Path("letter.txt").write_text("Dear reader,", "utf-8")
    for line, said in (
        ("nothing", "No run and no file"),
        ("letter.txt", "is no record of a run"),
        ("letter.txt --speed fast", "is no record of a run"),
        ("a b", "replay takes one run"),
        ("a --time 5s", "--time means nothing to it"),
    ):
        error, _ = cells.run(f"%automl replay {line}")
        assert said in str(error) and len(str(error).split("\n")) == 2, line
    tune(lambda values: values["x"], {"x": Float(0, 1)}, trials=1, workers=0, name="first")
    error, _ = cells.run("%automl replay first --speed fast")
    assert "The speed of a replay must be a number" in str(error)


def test_tab_completes_runs_results_and_speeds(cells: Cells) -> None:
    from automl_magic.notebook.complete import on_line

    tune(lambda values: values["x"], {"x": Float(0, 1)}, trials=1, workers=0, name="first")
    cells.names["best_run"] = read_record("first")
    found, _ = on_line("automl replay ", cells.names)
    assert {"first", "best_run"} <= set(found)
    assert on_line("automl replay first --sp", cells.names)[0] == ["--speed"]
    assert "10" in on_line("automl replay first --speed ", cells.names)[0]
    assert "automl replay RUN|FILE" in cells.ok("%automl help")


def test_a_race_is_no_run_to_replay_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from automl_magic import race
    from automl_magic.errors import OptionError

    monkeypatch.chdir(tmp_path)
    found: Any = race(on="branin", search=("random", "tpe"), trials=2, repeats=1)
    with pytest.raises(OptionError, match=r'race\.runs\["tpe"\]\[0\]'):
        replay(found)
    assert replay(found.runs["tpe"][0])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%automl df --target kind --speed 20", "--speed belongs to a replay"),
        ("%automl space df --target kind --speed 20", "--speed belongs to a replay"),
        ("%automl space df --target kind --repeats 3", "--repeats belongs to a race"),
    ],
)
def test_an_option_of_another_command_is_refused(cells: Cells, line: str, said: str) -> None:
    error, printed = cells.run(line)
    assert error is not None and said in printed and "Traceback" not in printed
