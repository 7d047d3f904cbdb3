"""The panel on the kernel's side: widget, picture or lines; late answers; what is left when the run has ended."""

from __future__ import annotations

import contextvars
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from automl_magic.engine.control import Control
from automl_magic.engine.events import RunEnded
from automl_magic.engine.history import History
from automl_magic.engine.space import SearchSpace
from automl_magic.notebook import frontend, live, widget
from automl_magic.notebook.live import LivePanel, obey
from automl_magic.notebook.rows import NOTHING, rows
from automl_magic.plan import Plan
from tests.notebook.test_rows import small_space, started, trial

WIDGET = "application/vnd.jupyter.widget-view+json"


class Screen:
    """Stand for the cell's output: what lies in each place, as a front end keeps it."""

    def __init__(self) -> None:
        self.places: dict[str, dict[str, Any]] = {}
        self.kinds: list[tuple[str, tuple[str, ...]]] = []

    def display(self, data: dict[str, Any], *, display_id: str, update: bool = False, **_: Any) -> None:
        """Take what is displayed."""
        place = display_id.split("-")[1]
        assert update == (place in self.places), f"{place}: update={update}"
        self.places[place] = data
        self.kinds.append((place, tuple(sorted(data))))

    def update(self, data: dict[str, Any], *, display_id: str, **_: Any) -> None:
        """Take what replaces it."""
        self.display(data, display_id=display_id, update=True)


class FakeWidget:
    """Stand for the widget: it answers when told to."""

    def __init__(self, all_rows: Callable[[], Any], hear: Callable[[Any], None]) -> None:
        self.ready, self.sent, self.is_closed = live.threading.Event(), [], False
        self._all_rows, self._hear = all_rows, hear
        self.views = 1
        FakeWidget.last = self

    last: Any = None

    def _repr_mimebundle_(self) -> dict[str, Any]:
        return {WIDGET: {"model_id": "1"}}

    def push(self, sent: Any) -> None:
        """Remember what was sent."""
        self.sent.append(sent)

    def close(self) -> None:
        """Remember it."""
        self.is_closed = True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """Return a screen before a front end that may show widgets; time runs twenty times as fast."""
    found = Screen()
    monkeypatch.setattr(live, "display", found.display)
    monkeypatch.setattr(live, "update_display", found.update)
    monkeypatch.setattr(live, "front_end", lambda shell: "widgets")
    monkeypatch.setattr(live, "can_hear_while_busy", lambda shell: True)
    monkeypatch.setattr(live, "TICK", 0.005)
    monkeypatch.setattr(live, "RENEWED", 0.05)
    monkeypatch.setattr(live, "PATIENCE", 0.1)
    monkeypatch.setattr(live, "PRINTED", 0.05)
    monkeypatch.setattr(widget, "PanelWidget", FakeWidget)
    yield found


def run_of(*events: Any, space: SearchSpace | None = None) -> Any:
    """Return what the panel needs of a run."""
    history = History()
    for event in (started(), *events):
        history.apply(event)
    return SimpleNamespace(history=history, control=Control(), elapsed=lambda: history.seconds, space=lambda: space)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def add(run: Any, *events: Any) -> None:
    """Let a run go on."""
    for event in events:
        run.history.apply(event)


def test_a_widget_that_answers_gets_what_changed_and_the_line_is_renewed(screen: Screen) -> None:
    run, panel = run_of(*trial(0, -3.0)), LivePanel()
    panel.show(run)
    FakeWidget.last.ready.set()
    assert WIDGET in screen.places["panel"] and "text/plain" in screen.places["panel"]
    wait_until(lambda: len(FakeWidget.last.sent) >= 1)
    add(run, *trial(1, -2.0))
    wait_until(lambda: any(row.get("id") == 1 for rows in FakeWidget.last.sent for row in rows))
    wait_until(lambda: "2 of 10 trials" in screen.places["line"]["text/plain"])
    assert sum(row.get("id") == 0 for rows in FakeWidget.last.sent for row in rows) == 1
    panel.close()
    assert WIDGET not in screen.places["panel"] and "image/png" in screen.places["panel"]
    assert FakeWidget.last.is_closed


def test_a_page_that_was_opened_anew_keeps_the_panel_until_the_next_run(screen: Screen) -> None:
    run, panel = run_of(*trial(0, -3.0)), LivePanel()
    panel.show(run)
    first = FakeWidget.last
    first.ready.set()
    first.views = 2
    add(run, RunEnded("stopped by you", 0, 3.0))
    panel.close()
    assert not first.is_closed and first.sent[-1][-1]["state"] == "ended"
    screen.places.clear()  # another cell
    following = LivePanel()
    following.show(run_of(*trial(0, -3.0)))
    assert first.is_closed
    following.close()
    assert FakeWidget.last.is_closed


def test_a_silent_widget_gives_way_to_a_picture_and_comes_back_when_it_answers(screen: Screen) -> None:
    run, panel = run_of(*trial(0, -3.0)), LivePanel()
    panel.show(run)
    wait_until(lambda: "image/png" in screen.places["panel"])
    wait_until(lambda: "anywidget" in screen.places["line"]["text/plain"])
    FakeWidget.last.ready.set()
    wait_until(lambda: WIDGET in screen.places["panel"])
    wait_until(lambda: "anywidget" not in screen.places["line"]["text/plain"])
    panel.close()
    assert "image/png" in screen.places["panel"]


def test_a_kernel_that_hears_nothing_while_busy_shows_a_picture_and_says_why(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "can_hear_while_busy", lambda shell: False)
    run, panel = run_of(*trial(0, -3.0)), LivePanel()
    panel.show(run)
    wait_until(lambda: "ipykernel" in screen.places["line"]["text/plain"])
    assert not any(WIDGET in kinds for _, kinds in screen.kinds)
    panel.close()
    assert "ipykernel" not in screen.places["line"]["text/plain"]


def test_nothing_of_a_widget_is_left_when_no_trial_was_begun(screen: Screen) -> None:
    panel = LivePanel()
    panel.show(run_of())
    panel.close()
    assert set(screen.places["panel"]) == {"text/plain"}


def test_the_last_line_says_how_the_run_ended(screen: Screen) -> None:
    run, panel = run_of(*trial(0, -3.0)), LivePanel()
    panel.show(run)
    add(run, RunEnded("stopped by you", 0, 3.0))
    panel.close()
    assert "stopped by you" in screen.places["line"]["text/plain"]


def test_a_reader_gets_lines_then_one_picture_and_no_widget(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "front_end", lambda shell: "reader")
    run, panel = run_of(*trial(0, -3.0)), LivePanel()
    panel.show(run)
    said = ""

    def printed() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return "1 of 10" in said

    wait_until(printed)
    time.sleep(0.2)
    assert capsys.readouterr().out == ""  # nothing new has ended
    panel.close()
    assert [kinds for place, kinds in screen.kinds if place == "panel"] == [("image/png", "text/plain")]


def test_plain_python_gets_lines_alone(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "front_end", lambda shell: "none")
    panel = LivePanel()
    panel.show(run_of(*trial(0, -3.0)))
    panel.close()
    assert screen.places == {} and "1 of 10 trials" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("message", "kind", "value"),
    [
        ({"kind": "stop"}, "stop", None),
        ({"kind": "pause"}, "pause", None),
        ({"kind": "continue"}, "continue", None),
        ({"kind": "skip", "trial": 3}, "skip", 3),
        ({"kind": "narrow", "label": "x", "low": 1, "high": 2}, "narrow", {"label": "x", "low": 1, "high": 2}),
        ({"kind": "choose", "label": "k", "options": ["a"]}, "choose", {"label": "k", "options": ["a"]}),
        ({"kind": "reset", "label": "x"}, "reset", {"label": "x"}),
        ({"kind": "fix", "label": "x", "value": 3}, "fix", {"label": "x", "value": 3}),
        ({"kind": "rule", "text": "x <= 3"}, "rule", {"text": "x <= 3"}),
        ({"kind": "unrule", "text": "x <= 3"}, "unrule", {"text": "x <= 3"}),
        ({"kind": "undo"}, "undo", {}),
        ({"kind": "add_time", "seconds": 30}, "add_time", 30.0),
        ({"kind": "enqueue", "config": {"x": 3}}, "enqueue", {"x": 3}),
    ],
)
def test_what_the_view_says_is_put_into_the_mailbox(message: Any, kind: str, value: Any) -> None:
    run = run_of()
    assert obey(run, message) == []
    sent = run.control.inbox.get_nowait()
    assert (sent.kind, sent.value, sent.who) == (kind, value, "you")


def test_a_rule_that_is_typed_is_answered_and_changes_nothing() -> None:
    run = run_of(space=small_space())
    (good,) = obey(run, {"kind": "check", "text": "n <= 3"})
    (bad,) = obey(run, {"kind": "check", "text": "n <="})
    assert good["kind"] == "check" and good["error"] is None and 0.6 < good["share"] < 0.73
    assert bad["share"] is None and "cannot be read" in bad["error"]
    assert run.control.inbox.empty()
    run.space = lambda: None  # the run has ended
    assert obey(run, {"kind": "check", "text": "n <= 3"}) == []


def test_the_code_of_the_space_of_now_is_given_while_the_run_goes() -> None:
    run = run_of(space=small_space().fix("n", 2))
    run.history.about = {"own_space": False, "names": {"data": "df"}}
    run.history.plan = Plan.create(target="y", trials=5).to_json()
    (row,) = obey(run, {"kind": "copy"})
    assert row["text"] == '%%automl df --target y --trials 5 --seed 0\nspace["n"] = 2' and not row["run"]
    run.space = lambda: None
    (row,) = obey(run, {"kind": "copy"})
    assert row["text"] == "" and "to_cell" in row["said"]
    assert obey(run, {"kind": "run"}) == [] and run.control.inbox.empty()


# -- the real widget, its comm cut ------------------------------------------------------------------------------------


@pytest.fixture
def real() -> Iterator[Any]:
    """Return the widget, what it sent, and what it heard."""
    sent: list[Any] = []
    heard: list[Any] = []
    made = widget.PanelWidget(lambda: rows(run_of(*trial(0, -3.0)).history), heard.append)
    made.send = sent.append  # type: ignore[method-assign]
    yield SimpleNamespace(widget=made, sent=sent, heard=heard)
    made.close()


def test_a_view_that_is_ready_gets_every_row_and_batches_are_numbered(real: Any) -> None:
    real.widget.push([])
    assert real.sent == []  # nobody is there yet
    real.widget._receive(None, {"kind": "ready", "have": 0}, [])
    real.widget.push([])
    assert [batch["seq"] for batch in real.sent] == [1, 2]
    assert {row["kind"] for row in real.sent[0]["rows"]} >= {"about", "trial", "parameter", "status"}


def test_rows_that_a_view_asked_for_are_not_sent_after_newer_ones() -> None:
    sent: list[Any] = []

    def every_row() -> list[Any]:
        newer = threading.Thread(target=lambda: made.push([{"kind": "newer"}]))  # type: ignore[typeddict-item]
        newer.start()
        newer.join(0.3)
        waiting.append(newer)
        return [{"kind": "older"}]

    waiting: list[threading.Thread] = []
    made = widget.PanelWidget(every_row, lambda message: None)
    made.send = sent.append  # type: ignore[method-assign]
    made._receive(None, {"kind": "ready", "have": 0}, [])
    for thread in waiting:
        thread.join()
    assert [batch["rows"][0]["kind"] for batch in sent] == ["older", "newer"]
    made.close()


def test_a_thousand_malformed_messages_change_nothing(real: Any) -> None:
    rng = random.Random(0)
    pieces: list[Any] = ["stop!", "kind", None, 1, -1, float("nan"), [], {}, "x" * 5000, {"kind": ["stop"]}, b"stop"]
    for _ in range(1000):
        content = {rng.choice(["kind", "label", "low", "x"]): rng.choice(pieces) for _ in range(rng.randrange(4))}
        real.widget._receive(None, rng.choice([content, rng.choice(pieces)]), [])
    assert real.heard == [] and not real.widget.ready.is_set()


def test_an_update_costs_under_a_kilobyte_and_a_millisecond(screen: Screen) -> None:
    run = run_of(*(event for number in range(200) for event in trial(number, -3.0)))
    panel = LivePanel()
    panel._widget = FakeWidget(list, lambda message: None)
    panel._widget.ready.set()
    panel._push(run, is_due=True)
    spent = []
    for number in range(200, 260):
        add(run, *trial(number, -2.0))
        begun = time.thread_time()
        panel._push(run, is_due=False)
        spent.append(time.thread_time() - begun)
    sizes = [len(json.dumps(batch)) for batch in panel._widget.sent[1:]]
    assert len(sizes) == 60 and max(sizes) < 1000
    assert sorted(spent)[len(spent) // 2] < 0.001
    assert panel._seen != NOTHING


# -- what is on the other side -----------------------------------------------------------------------------------------


def shell_of(kernel: Any, **content: Any) -> Any:
    """Return a shell whose kernel answers a message of that content."""
    return SimpleNamespace(kernel=kernel, get_parent=lambda: {"content": content})


def test_the_front_end_is_told_by_kernel_and_message() -> None:
    assert frontend.front_end(None) == "none" and frontend.front_end(SimpleNamespace()) == "none"
    assert frontend.front_end(shell_of(object(), allow_stdin=False)) == "reader"
    assert frontend.front_end(shell_of(object(), allow_stdin=True)) == "widgets"


def test_a_kernel_without_subshells_cannot_hear() -> None:
    assert not frontend.can_hear_while_busy(shell_of(object()))
    assert not frontend.can_hear_while_busy(shell_of(SimpleNamespace(_supports_kernel_subshells=False)))
    assert frontend.can_hear_while_busy(shell_of(SimpleNamespace(_supports_kernel_subshells=True)))


def test_the_hook_into_the_comm_leaves_the_front_ends_choice_alone() -> None:
    comm = SimpleNamespace(_reply_subshell_for=lambda data, default: "main")
    frontend.hear_while_busy(SimpleNamespace(comm=comm))
    assert comm._reply_subshell_for({}, "theirs") == "theirs"
    frontend.hear_while_busy(SimpleNamespace(comm=None))
    frontend.hear_while_busy(SimpleNamespace(comm=SimpleNamespace()))


def test_what_a_thread_shows_lands_in_the_cell_that_began_it() -> None:
    hooks: list[Callable[[dict[str, Any]], dict[str, Any]]] = []
    shell = shell_of(object())
    shell.get_parent = lambda: {"header": {"msg_id": "first"}}
    shell.display_pub = SimpleNamespace(register_hook=hooks.append)
    cell = contextvars.ContextVar("cell", default="none")
    cell.set("first")
    seen: list[str] = []
    bound = frontend.bound_to_cell(shell, lambda: seen.append(cell.get()))
    cell.set("second")
    thread = threading.Thread(target=bound)
    thread.start()
    thread.join()
    assert seen == ["first"]
    assert hooks[0]({"parent_header": {"msg_id": "second"}})["parent_header"] == {"msg_id": "first"}
    frontend.bound_to_cell(None, lambda: seen.append("plain"))()
    assert seen == ["first", "plain"]


def test_two_threads_show_in_one_cell_at_once_each_told_what_to_do() -> None:
    seen: list[str] = []
    begun, go_on = threading.Barrier(3), threading.Event()

    def wait(name: str) -> None:
        seen.append(name)
        begun.wait(5)
        assert go_on.wait(5)

    waiting = frontend.bound_to_cell(None, wait)
    threads = [threading.Thread(target=waiting, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    begun.wait(5)  # both are under way at once, each in a context of its own
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert sorted(seen) == ["one", "other"]
