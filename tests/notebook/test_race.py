"""`%automl race`: options, variable, panel, picture, rows, and what stays in the saved notebook."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl_magic import race
from automl_magic.api import begin_race
from automl_magic.notebook import live, race_widget
from automl_magic.notebook.charts import as_png
from automl_magic.notebook.race import RacePanel, picture_of
from automl_magic.notebook.race_chart import band, race_chart, told, trace
from automl_magic.notebook.race_rows import race_rows
from automl_magic.notebook.race_widget import RaceWidget
from automl_magic.plan import Plan
from automl_magic.race_result import RaceResult
from tests.notebook.shell import Cells
from tests.notebook.test_complete import offered
from tests.notebook.test_live import Screen, wait_until
from tests.test_race import begun_slowly


@pytest.fixture(scope="module")
def branin() -> RaceResult:
    """Return a race on branin."""
    with pytest.MonkeyPatch.context() as patch:
        import tempfile

        patch.chdir(tempfile.mkdtemp())
        return race(on="branin", search="grid,random,tpe", trials=12, repeats=3)


# -- the cell -----------------------------------------------------------------------------------------------------


def test_a_race_on_a_table_binds_its_variable_and_prints_the_verdict(cells: Cells) -> None:
    line = "%automl race df --target kind --models linear --search random,tpe --trials 3 --cv 3 --workers 0 --repeats 2"
    printed = cells.ok(f"{line}\n")
    found = cells.names["race"]
    assert isinstance(found, RaceResult) and found.names == ("random", "tpe") and len(found.lanes) == 4
    assert "Too few to tell: 2 repeats" in printed and "random" in printed
    assert "best" not in cells.names, "a race binds no pipeline"
    assert found.lanes[0].history.about["names"]["data"] == "df"


def test_a_body_narrows_the_space_of_every_searcher(cells: Cells) -> None:
    cells.ok(
        "%%automl race df --target kind --search random,grid --trials 3 --cv 3 --workers 0 --repeats 1 --out raced\n"
        'space.models("linear")'
    )
    trials = [trial for lane in cells.names["raced"].lanes for trial in lane.history.trials.values()]
    assert {trial.config["model"] for trial in trials if not trial.hidden} == {"linear"}


def test_on_a_function_by_name_or_of_ones_own(cells: Cells) -> None:
    cells.ok("%automl race --on branin --search random,tpe --trials 4 --repeats 2")
    assert cells.names["race"].function == "branin"
    cells.ok("def f(values): return -values['x']")
    cells.ok(
        '%%automl race --on f --search random,grid --trials 3 --repeats 1 --workers 0 --maximize\n{"x": Float(0, 1)}'
    )
    assert cells.names["race"].metric["sign"] == 1


def test_on_networks_that_were_trained_beforehand(cells: Cells) -> None:
    printed = cells.ok("%automl race --on nasbench201-cifar100 --search random,tpe --trials 30 --repeats 2")
    found: RaceResult = cells.names["race"]
    assert found.function == "nasbench201-cifar100" and "Above the least value, 26.51" in printed
    rows = race_rows(found, "over")
    assert [row["kind"] for row in rows] == ["race", "runner", "runner"], "six choices are no plane"
    runner = rows[1]
    assert runner["kind"] == "runner" and len(runner["middle"]) == len(runner["dots"]) == 30 and not runner["looked"]
    race = rows[0]
    assert race["kind"] == "race" and race["minimum"] is not None
    assert min(value for value in runner["middle"] if value is not None) >= round(race["minimum"], 3)
    assert [one.get_title() for one in race_chart(found).axes[:2]] == ["random", "tpe"]
    assert race_chart(found).axes[0].get_ylabel() == "CIFAR-100 error in %\n(lower is better)"


def test_help_status_leaderboard_and_code_know_a_race(cells: Cells) -> None:
    assert "%automl race" in cells.ok("%automl help") and "--repeats" in cells.ok("%automl help")
    cells.ok("%automl race --on branin --search random,tpe --trials 3 --repeats 1")
    assert "random 3 of 3 trials" in cells.ok("%automl status") and "random 3 of 3" in cells.ok("%automl runs")
    assert "searcher" in cells.ok("%automl leaderboard")
    error, printed = cells.run("%automl code")
    assert error is not None and "fits no pipeline" in printed


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%automl race df --target kind --search tpe", "2 to 6 searchers"),
        ("%automl race df --target kind --search tpe,rando", "random"),
        ("%automl race --on brannin", "branin"),
        ("%automl race --on nasbench201-cifar", 'Did you mean "nasbench201-cifar10"'),
        ("%automl race df --on branin", "Got both"),
        ("%automl race", "No data are named"),
        ("%automl race df --target kind --repeats no", "repeats"),
        ("%automl race df --target kind --test 0.2", "--test means nothing"),
        ("%automl race --from nothing.jsonl", "No file"),
        ("%automl race --from nothing.jsonl --trials 3", "--trials means nothing with --from"),
        ("%automl df --target kind --repeats 3", "belongs to a race"),
        ("%automl df --target kind --on branin", "belongs to a race"),
    ],
)
def test_a_mistake_is_answered_in_two_lines(cells: Cells, line: str, words: str) -> None:
    error, printed = cells.run(line)
    assert error is not None and words in printed and "Traceback" not in printed
    assert len(printed.strip().splitlines()) <= 3


def test_saved_runs_are_laid_over_one_another_from_the_cell(cells: Cells) -> None:
    for seed in range(3):
        cells.ok(_save(seed))
    printed = cells.ok("%automl race --from s*.jsonl")
    assert len(cells.names["race"].lanes) == 3 and "nothing is tested" in printed


def _save(seed: int) -> str:
    return (
        "from automl_magic import Float, tune\n"
        f"tune(lambda v: v['x'], {{'x': Float(0, 1)}}, trials=3, workers=0, seed={seed}).save('s{seed}.jsonl')"
    )


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("%automl ra", "race"),
        ("%automl race d", "df"),
        ("%automl race df --target kind --search grid,ra", "grid,random"),
        ("%automl race --on br", "branin"),
        ("%automl race --on nas", "nasbench201-cifar100"),
        ("%automl race df --search hy", "hybrid"),
        ("%automl race df --target ki", "kind"),
        ("%automl race df --rep", "--repeats"),
    ],
)
def test_tab_knows_a_race(cells: Cells, text: str, word: str) -> None:
    assert word in offered(cells, text)


# -- picture and rows ---------------------------------------------------------------------------------------------


def test_the_picture_has_one_panel_for_each_searcher_and_one_of_all(branin: RaceResult) -> None:
    axes = race_chart(branin).axes
    assert [one.get_title() for one in axes[:3]] == ["grid", "random", "tpe"]
    assert axes[3].get_ylabel() == "branin (lower is better)" and "3 repeats" in axes[3].get_title()
    styles = {line.get_linestyle() for line in axes[3].lines if line.get_marker() not in ("None", "")}
    markers = {line.get_marker() for line in axes[3].lines if line.get_marker() not in ("None", "")}
    assert len(styles) == 3 and len(markers) == 3, "lines differ by more than colour"
    looked = [
        sum(len(dots.get_offsets()) for dots in one.collections if len(dots.get_offsets()) > 1) for one in axes[:3]
    ]
    assert looked == [27, 36, 36], "each small panel shows every place that was looked at"


def test_the_best_so_far_never_gets_worse_and_an_exhausted_grid_holds_its_best(branin: RaceResult) -> None:
    for lane in branin.lanes:
        values = [value for value in trace(lane.history) if np.isfinite(value)]
        assert values == sorted(values, reverse=True)
    middle, low, high = band(branin.of("tpe"))
    assert len(middle) == 12 and (low <= middle).all() and (middle <= high).all()
    grid = band([*branin.of("grid"), *branin.of("random")])[0]
    assert len(grid) == 12 and np.isfinite(grid).all()


def test_the_picture_stands_before_the_first_trial_and_for_one_run_alone(branin: RaceResult) -> None:
    empty = RaceResult("r", "t", (), 2)
    assert "no trial has ended yet" in told(empty)
    one = RaceResult("r", "t", branin.lanes[:1], 1, function="branin")
    assert base64.b64decode(as_png(race_chart(one)))[:4] == b"\x89PNG"
    many = RaceResult("r", "t", branin.lanes, 1, is_paired=False)
    assert len(race_chart(many).axes) == 1


def test_rows_are_json_and_hold_what_the_result_holds(branin: RaceResult) -> None:
    rows = race_rows(branin, "line")
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    kinds = [row["kind"] for row in rows]
    assert kinds == ["race", "plane", "runner", "runner", "runner"]
    assert rows[0]["state"] == "ended" and rows[0]["verdict"] == list(branin.verdict().sentences)
    tpe: Any = rows[-1]
    assert tpe["name"] == "tpe" and tpe["middle"][-1] == pytest.approx(
        branin.leaderboard().loc["tpe", "score"], rel=1e-4
    )
    assert len(tpe["looked"]) == 12 and all(0 <= share <= 1 for point in tpe["looked"] for share in point)
    plane: Any = rows[1]
    assert plane["reach"] == [-5.0, 10.0, 0.0, 15.0] and len(plane["valleys"]) == 3 and len(plane["contours"]) > 5


# -- the panel ----------------------------------------------------------------------------------------------------


class FakeRaceWidget(RaceWidget):
    """A widget whose messages are kept."""

    last: Any = None

    def __init__(self, begun: Any) -> None:
        super().__init__(begun)
        self.batches: list[Any] = []
        FakeRaceWidget.last = self

    def push(self, rows: Any) -> None:
        """Remember what was sent."""
        self.batches.append(rows)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """Return a screen before a front end that may show widgets; time runs faster."""
    found = Screen()
    monkeypatch.setattr(live, "display", found.display)
    monkeypatch.setattr(live, "update_display", found.update)
    monkeypatch.setattr(live, "front_end", lambda shell: "widgets")
    monkeypatch.setattr(live, "can_hear_while_busy", lambda shell: True)
    monkeypatch.setattr(live, "TICK", 0.01)
    monkeypatch.setattr(live, "RENEWED", 0.1)
    monkeypatch.setattr(live, "PATIENCE", 0.3)
    monkeypatch.setattr(race_widget, "RaceWidget", FakeRaceWidget)
    yield found


def test_the_widget_is_renewed_and_stop_in_it_ends_the_race(screen: Screen, own_folder: Path) -> None:
    begun, panel = begun_slowly(), RacePanel()
    panel.show(begun)
    shown = FakeRaceWidget.last
    shown._receive(None, {"kind": "ready", "have": 0}, None)
    wait_until(lambda: any(row["kind"] == "runner" and row["made"] > 3 for rows in shown.batches for row in rows))
    wait_until(lambda: "random" in screen.places["line"]["text/plain"])
    shown._receive(None, {"kind": "skip", "trial": None}, None)  # none of a race's
    shown._receive(None, {"kind": "stop"}, None)
    result = begun.wait()
    panel.close(result)
    assert set(screen.places["panel"]) == {"image/png", "text/plain"}, "the picture takes the panel's place"
    assert screen.places["line"]["text/plain"].startswith("Ended: ")
    assert shown.batches[-1][0]["state"] == "ended"


def test_a_silent_widget_gives_way_to_the_picture(screen: Screen, own_folder: Path) -> None:
    begun, panel = begun_slowly(), RacePanel()
    panel.show(begun)
    wait_until(lambda: "image/png" in screen.places["panel"])
    wait_until(lambda: "anywidget" in screen.places["line"]["text/plain"])
    begun.control.stop()
    panel.close(begun.wait())


def test_an_interrupt_ends_a_race_softly(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = begun_slowly()
    wait, pressed = begun.done.wait, []

    def press(timeout: float | None = None) -> bool:
        if not pressed and sum(lane.made for lane in begun.lanes) >= 3:
            pressed.append(time.monotonic())
            raise KeyboardInterrupt
        return bool(wait(timeout))

    monkeypatch.setattr(begun.done, "wait", press)
    found = begun.wait()
    assert pressed and "finished 0 of 5 repeats" in str(found.verdict())


def test_the_picture_comes_with_words(branin: RaceResult) -> None:
    data, metadata = picture_of(branin)
    assert set(data) == {"image/png", "text/plain"} and "tpe" in data["text/plain"]
    assert metadata["image/png"]["alt"] == data["text/plain"]


def test_a_race_in_the_background_binds_its_variable_when_it_ends(cells: Cells) -> None:
    cells.ok("%automl race --on branches --search random,tpe --trials 3 --repeats 1 --background")
    assert isinstance(cells.names["race"], RaceResult), "without a front end it waits"


def test_quiet_shows_one_line(cells: Cells) -> None:
    printed = cells.ok("%automl race --on branin --search random,tpe --trials 3 --repeats 1 --quiet")
    assert printed.startswith("Ended: random 3 of 3 trials") and len(printed.strip().splitlines()) == 1


def test_the_plan_of_a_race_may_be_given_by_hand() -> None:
    begun = begin_race(Plan.create(trials=2), on="branin", search="random,tpe", repeats=1)
    assert begun.result(20).names == ("random", "tpe")
