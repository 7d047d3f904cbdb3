"""A run that a cell began: interrupted, in the background, capped, one at a time, quiet, assigned."""

from __future__ import annotations

import _thread
import threading
import time
from collections.abc import Callable

import pandas as pd
import pytest

from automl_magic.errors import OptionError, RunError
from automl_magic.notebook import attend
from tests.notebook.shell import Cells

LONG = "--models linear --trials 500 --workers 0 --cv 3"


@pytest.fixture
def background(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the shell have a front end."""
    monkeypatch.setattr(attend, "front_end", lambda shell: "widgets")


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def interrupt_when_tried(cells: Cells, trials: int = 2) -> threading.Thread:
    """Press ■ when so many trials have been scored."""

    def press() -> None:
        runs = cells.shell._automl_undo[0].runs
        wait_until(lambda: runs.running() is not None)
        wait_until(lambda: runs.running().history.counts()["done"] >= trials)
        _thread.interrupt_main()

    thread = threading.Thread(target=press, daemon=True)
    thread.start()
    return thread


def test_an_interrupt_ends_softly_and_the_best_is_bound(cells: Cells) -> None:
    interrupt_when_tried(cells)
    printed = cells.ok(f"%automl df --target kind {LONG}")
    assert "interrupted" in printed and "Traceback" not in printed
    assert cells.names["best"].predict(cells.names["df"]).shape == (240,)
    assert len(cells.names["best_run"].leaderboard()) < 500


def test_an_impatient_interrupt_while_the_panel_closes_loses_nothing(
    cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[object] = []

    class Slow(attend.NoPanel):
        def close(self, result: object = None) -> None:
            threading.Timer(0.2, _thread.interrupt_main).start()
            time.sleep(0.6)
            closed.append(result)

    monkeypatch.setattr(attend, "_panel", lambda wishes: Slow())
    cells.ok("%automl df --target kind --models linear --trials 1 --workers 0 --cv 3")
    assert closed == [cells.names["best_run"]] and cells.names["best"] is cells.names["best_run"].best


SLEEPER = """
from sklearn.linear_model import LogisticRegression
class Sleeper(LogisticRegression):
    def fit(self, X, y):
        import time
        time.sleep(60)
"""


def test_b63_an_interrupt_before_the_first_result_leaves_the_variables_as_they_were(cells: Cells) -> None:
    cells.ok(SLEEPER + "base = Sleeper()\nbest, best_run = 1, 2")

    def press() -> None:
        runs = cells.shell._automl_undo[0].runs
        wait_until(lambda: runs.running() is not None and runs.running().history.trials)
        _thread.interrupt_main()

    threading.Thread(target=press, daemon=True).start()
    line = "%%automl df --target kind --trials 5 --workers 1 --cv 3 --baseline base"
    error, _ = cells.run(f"{line}\nSleeper(C=Float(0.1, 1))")
    assert isinstance(error, RunError) and "before its first result" in str(error)
    assert "you stopped it (interrupted)" in str(error) and "No variable was written" in str(error)
    assert (cells.names["best"], cells.names["best_run"]) == (1, 2)


def test_b63_an_interrupt_before_the_search_begins_is_said_in_words(
    cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("automl_magic.table_run.read_problem", interrupted)
    cells.ok("best = 1")
    error, printed = cells.run("%automl df --target kind --trials 2 --workers 0")
    assert "Interrupted before there was a result" in str(error) and "No variable was written" in str(error)
    assert cells.names["best"] == 1 and "Traceback" not in printed


@pytest.mark.usefixtures("background")
def test_a_run_in_the_background_lets_cells_run_and_is_bound_by_stop(cells: Cells) -> None:
    cells.ok(f"%automl df --target kind {LONG} --background --quiet --out later")
    assert "later" not in cells.names
    wait_until(lambda: cells.shell._automl_undo[0].runs.last().history.counts()["done"] >= 2)
    error, printed = cells.run("%automl df --target kind --trials 1")
    assert isinstance(error, OptionError) and "%automl status" in printed and "%automl stop" in printed
    assert "of 500 trials" in cells.ok("%automl status")
    cells.ok("shown = %automl leaderboard")
    assert isinstance(cells.names["shown"], pd.DataFrame) and len(cells.names["shown"]) >= 2
    error, printed = cells.run("%automl code")
    assert "still under way" in printed
    cells.ok("%automl pause")
    cells.ok("%automl continue")
    cells.ok("%automl skip")
    assert "you stopped it" in cells.ok("%automl stop")
    assert cells.names["later"].predict(cells.names["df"]).shape == (240,)
    assert "you stopped it" in cells.ok("%automl runs")


@pytest.mark.usefixtures("background")
def test_a_run_in_the_background_that_fails_says_so_and_binds_nothing(
    cells: Cells, capsys: pytest.CaptureFixture[str]
) -> None:
    cells.ok("def f(values): raise ValueError('no such thing')")
    cells.shell.run_cell("%%automl tune f --trials 2 --workers 0 --background --quiet\n{'x': Float(0, 1)}")
    run = cells.shell._automl_undo[0].runs.last()
    run.done.wait(20)
    said = ""

    def is_said() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return "no such thing" in said

    wait_until(is_said)
    assert "best" not in cells.names


def test_without_a_front_end_the_background_is_waited_for(cells: Cells) -> None:
    cells.ok("%automl df --target kind --models linear --trials 1 --workers 0 --cv 3 --background")
    assert "best" in cells.names


def test_a_cap_ends_a_run_of_trials_and_leaves_it_repeatable(cells: Cells, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOML_MAX_SECONDS", "3")
    begun = time.monotonic()
    printed = cells.ok(f"%automl df --target kind {LONG}")
    assert time.monotonic() - begun < 20
    assert "AUTOML_MAX_SECONDS" in printed and cells.names["best_run"].plan.is_repeatable


def test_quiet_shows_a_line_and_underscore_is_the_run_all_the_same(cells: Cells) -> None:
    printed = cells.ok("%automl df --target kind --models linear --trials 1 --workers 0 --cv 3 --quiet")
    assert len(printed.strip().splitlines()) == 1
    assert cells.names["_"] is cells.names["best_run"]


def test_what_the_magic_returns_can_be_assigned(cells: Cells) -> None:
    cells.ok("run = %automl df --target kind --models linear --trials 1 --workers 0 --cv 3")
    assert cells.names["run"] is cells.names["best_run"]


def test_an_error_while_it_runs_leaves_the_variable_as_it_was(cells: Cells) -> None:
    cells.ok("best = 'mine'\ndef f(values): raise ValueError('no such thing')")
    error, printed = cells.run("%%automl tune f --trials 2 --workers 0\n{'x': Float(0, 1)}")
    assert error is not None and "no such thing" in printed and cells.names["best"] == "mine"
    assert "Traceback" not in printed


def test_a_pair_a_path_and_a_baseline_of_ones_own_are_taken(cells: Cells) -> None:
    cells.ok("X = df.drop(columns='kind'); y = df['kind']; df.to_csv('flowers.csv', index=False)")
    quick = "--models linear --trials 1 --workers 0 --cv 3"
    cells.ok(f"%automl X y {quick} --out pair")
    cells.ok(f"%automl flowers.csv --target kind {quick} --out path")
    cells.ok("from sklearn.dummy import DummyClassifier\nmine = DummyClassifier()")
    cells.ok(f"%automl df --target kind {quick} --baseline mine")
    assert cells.names["best_run"].baseline == pytest.approx(0.5)
    assert float(cells.names["pair_run"].score) == pytest.approx(float(cells.names["path_run"].score))


def test_the_demo_takes_a_free_name(cells: Cells) -> None:
    cells.names["titanic"] = "mine"
    cells.ok("%automl demo")
    assert cells.names["titanic"] == "mine" and cells.inputs[-1].startswith("%%automl titanic_2 --target survived")


def test_unloading_undoes_all_and_loading_again_settles_once() -> None:
    cells = Cells()
    shell = cells.shell
    before = (len(shell.configurables), len(shell.input_transformers_cleanup))
    shell.run_line_magic("reload_ext", "automl_magic")
    assert before == (len(shell.configurables), len(shell.input_transformers_cleanup))
    cells.close()
    assert before == (len(shell.configurables) + 1, len(shell.input_transformers_cleanup) + 1)
    assert "AutoMLMagics" not in shell.magics_manager.registry
