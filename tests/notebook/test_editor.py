"""The space editor: a widget in Python's hands, and what its view may ask for."""

from __future__ import annotations

import threading
from typing import Any

import ipywidgets
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from traitlets import link

import automl_magic
from automl_magic import AutoMLClassifier, Choice, Float, Int, SearchSpace, SpaceEditor, compile_space
from automl_magic.errors import AutoMLError, OptionError, SpaceError
from automl_magic.notebook.opening import Below
from tests.notebook.shell import Cells

LINE = "df --target kind --models linear,hist_gb --trials 2 --workers 0 --cv 2"


def small() -> SearchSpace:
    return compile_space({"x": Float(0.01, 1, log=True), "n": Int(1, 9), "kind": Choice("a", "b", "c")})


class View:
    """Stand for the view: it says that it is there, keeps what it is sent, and sends messages."""

    def __init__(self, editor: SpaceEditor) -> None:
        self.editor = editor
        self.rows: list[dict[str, Any]] = []
        editor.send = lambda content: self.rows.extend(content["rows"])
        self.say("ready", have=0)

    def say(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        """Send a message and return the rows that it was answered with."""
        before = len(self.rows)
        self.editor._receive(None, {"kind": kind, **fields}, [])
        return self.rows[before:]

    def last(self, kind: str) -> dict[str, Any]:
        """Return the newest row of a kind."""
        return next(row for row in reversed(self.rows) if row["kind"] == kind)


def test_it_is_a_widget_at_home_in_a_box_and_says_how_large_the_space_is() -> None:
    editor = SpaceEditor(small())
    assert isinstance(editor, ipywidgets.DOMWidget)
    assert ipywidgets.HBox([editor, SpaceEditor(small())]).children[0] is editor
    assert repr(editor).startswith("Space editor: 3 parameters")


def test_a_space_set_in_python_is_observed_and_redrawn() -> None:
    editor, seen = SpaceEditor(small()), []
    view = View(editor)
    editor.observe(lambda change: seen.append(change.new), "space")
    editor.space = editor.space.narrow("x", 0.1, 0.5)
    assert seen == [editor.space]
    row = next(row for row in reversed(view.rows) if row["kind"] == "parameter" and row["label"] == "x")
    assert (row["low"], row["high"], row["full_high"]) == (0.1, 0.5, 1.0)
    editor.space = {"y": Float(0, 1)}
    assert editor.space.labels == ("y",)


def test_two_linked_editors_stay_equal_whoever_moves() -> None:
    one, other = SpaceEditor(small()), SpaceEditor(small())
    link((one, "space"), (other, "space"))
    views = View(one), View(other)
    views[1].say("narrow", label="n", low=2, high=3)
    assert one.space is other.space and one.space["n"].high == 3
    views[0].say("choose", label="kind", options=["a"])
    assert one.space is other.space and other.space["kind"].is_fixed
    views[1].say("undo")
    assert one.space is other.space and not one.space["kind"].is_fixed


def test_the_view_narrows_chooses_fixes_resets_rules_and_takes_back() -> None:
    editor = SpaceEditor(small())
    view = View(editor)
    view.say("narrow", label="x", low=0.1, high=0.5)
    view.say("choose", label="kind", options=["a", "c"])
    view.say("fix", label="n", value=4)
    view.say("rule", text="x * n <= 1.0")
    assert (editor.space["x"].low, editor.space["kind"].options) == (0.1, ("a", "c"))
    assert editor.space["n"].is_fixed and editor.space.rules[0].text == "x * n <= 1.0"
    assert view.last("space")["undo"] == 4 and 0 < view.last("space")["rules"][0]["share"] < 1
    view.say("unrule", text="x * n <= 1.0")
    view.say("reset", label="n")
    assert editor.space["n"].high == 9 and editor.space.rules == ()
    for _ in range(6):
        view.say("undo")
    assert editor.space.fingerprint() == small().fingerprint() and view.last("space")["undo"] == 0


def test_undo_takes_back_what_python_set_as_well() -> None:
    editor = SpaceEditor(small())
    editor.space = editor.space.fix("n", 2)
    editor.space = editor.space.fix("x", 0.5)
    editor.undo()
    assert editor.space["n"].is_fixed and not editor.space["x"].is_fixed
    editor.undo()
    with pytest.raises(SpaceError, match="no edit"):
        editor.undo()


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"kind": "narrow", "label": "x", "low": 0.1, "high": 7.0}, "between 0.01 and 1"),
        ({"kind": "narrow", "label": "y", "low": 0.1, "high": 0.2}, 'No parameter "y"'),
        ({"kind": "choose", "label": "kind", "options": ["z"]}, "no option 'z'"),
        ({"kind": "choose", "label": "x", "options": ["z"]}, "number"),
        ({"kind": "fix", "label": "n", "value": 2.5}, "whole number"),
        ({"kind": "rule", "text": "x <= "}, "cannot be read"),
        ({"kind": "rule", "text": "__import__('os').getpid() > 0"}, "not allowed"),
        ({"kind": "rule", "text": "x > 5"}, "next to nothing of the space"),
        ({"kind": "unrule", "text": "x > 5"}, "no rule"),
        ({"kind": "undo"}, "no edit"),
    ],
)
def test_what_cannot_be_done_is_answered_in_words_and_changes_nothing(message: dict[str, Any], said: str) -> None:
    editor = SpaceEditor(small())
    view, before = View(editor), editor.space
    rows = view.say(**message)
    assert said in next(row["text"] for row in rows if row["kind"] == "note")
    assert any(row["kind"] == "parameter" for row in rows)  # the view goes back to what is true
    assert editor.space is before and view.last("space")["undo"] == 0
    view.say("narrow", label="x", low=0.1, high=0.2)
    assert view.last("note")["text"] == ""


@pytest.mark.parametrize(
    "content",
    [None, 5, "undo", {"kind": "undo", "more": 1}, {"kind": "rule", "text": ""}, {"kind": "narrow", "label": "x"}, {}],
)
def test_what_is_no_message_of_ours_is_dropped(content: Any) -> None:
    editor = SpaceEditor(small())
    view, before = View(editor), editor.space
    sent = len(view.rows)
    editor._receive(None, content, [])
    assert editor.space is before and len(view.rows) == sent


def test_a_rule_being_typed_is_checked_and_not_added() -> None:
    view = View(SpaceEditor(small()))
    row = view.say("check", text="n <= 3")[0]
    assert row["error"] is None and 0.5 < row["share"] < 0.8 and view.editor.space.rules == ()
    assert "no parameter" in view.say("check", text="m <= 3")[0]["error"]


def test_the_trials_of_a_run_are_sent_as_marks(flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    run = automl_magic.fit(flowers, "kind", **quick)
    for editor in (SpaceEditor(run), SpaceEditor(run.space, trials=run)):
        view = View(editor)
        trials = [row for row in view.rows if row["kind"] == "trial"]
        assert len(trials) == 3 and all(row["score"] is not None for row in trials)
        assert view.last("about")["metric"] == "ROC AUC" and "linear" in view.last("about")["models"]
        assert editor.space.fingerprint() == run.history.about["space"]


def test_what_holds_no_space_is_refused_in_words() -> None:
    with pytest.raises(SpaceError, match="nothing to search"):
        SpaceEditor(5)
    with pytest.raises(OptionError, match="trials must be"):
        SpaceEditor(small(), trials=5)
    editor = SpaceEditor(small())
    before = editor.space
    with pytest.raises(AutoMLError):
        editor.space = "x"
    assert editor.space is before


def test_fit_the_estimators_and_a_cell_take_an_editor_as_their_space(
    cells: Cells, flowers: pd.DataFrame, quick: dict[str, Any]
) -> None:
    editor = SpaceEditor(LogisticRegression(C=Float(0.001, 100, log=True)))
    View(editor).say("narrow", label="C", low=0.1, high=0.2)
    plan = {name: value for name, value in quick.items() if name != "models"}
    runs = [automl_magic.fit(flowers, "kind", space=editor, **plan)]
    X, y = flowers.drop(columns="kind"), flowers["kind"]
    runs.append(AutoMLClassifier(space=editor, **plan).fit(X, y).run_)
    cells.names["editor"] = editor
    cells.ok("%%automl df --target kind --trials 3 --workers 0 --cv 3\neditor")
    runs.append(cells.names["best_run"])
    for run in runs:  # the table has gaps and categories: our preparation stands before a model that knows none
        tried = [trial for trial in run.history.trials.values() if not trial.hidden]
        assert tried and all(trial.state == "done" and 0.1 <= trial.config["C"] <= 0.2 for trial in tried)
        assert run.history.about["own_space"] is True


def test_the_line_command_opens_an_editor_of_the_cells_space_and_binds_it(cells: Cells) -> None:
    cells.ok(f"%automl space {LINE} --out mine")
    editor = cells.names["mine"]
    assert isinstance(editor, SpaceEditor) and cells.names["_"] is editor and "space_editor" not in cells.names
    assert editor.space["model"].options == ("linear", "hist_gb")
    View(editor).say("fix", label="linear.C", value=1.0)
    assert editor.cell() == f'%%automl {LINE}\nspace["linear.C"] = 1.0'
    assert cells.ok("mine.to_cell()").strip() == editor.cell()  # no kernel of a notebook: it is printed
    cells.ok("%automl code mine")
    assert cells.inputs[-1] == editor.cell()
    cells.ok(cells.inputs[-1])
    assert cells.names["best_run"].history.about["space"] == editor.space.fingerprint()
    assert cells.names["best_run"].history.about["own_space"] is False


def test_an_editor_may_begin_with_the_body_of_a_cell(cells: Cells) -> None:
    cells.ok(f'%%automl space {LINE}\nspace["linear.C"] = 2.0')
    editor = cells.names["space_editor"]
    assert editor.space["linear.C"].is_fixed and editor.cell().endswith('\nspace["linear.C"] = 2.0')


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%automl space", "No data are named"),
        ("%automl space df --target kidn", 'Did you mean "kind"'),
        ("%automl space df --target kind --models linaer", "linear"),
        ("%automl space df --target kind --out df", "overwrite"),
    ],
)
def test_a_mistake_in_the_line_is_answered_in_words(cells: Cells, cell: str, said: str) -> None:
    error, printed = cells.run(cell)
    assert isinstance(error, AutoMLError) and said in printed and "space_editor" not in cells.names


def test_copy_and_run_answer_with_exactly_the_code_that_is_shown() -> None:
    begun: list[str] = []
    editor = SpaceEditor(small(), line=LINE, run=begun.append)
    view = View(editor)
    assert view.last("code") == {"kind": "code", "text": "", "run": True, "said": ""}
    view.say("fix", label="n", value=4)
    shown = view.say("copy")[0]["text"]
    assert shown == editor.cell() == f'%%automl {LINE}\nspace["n"] = 4'
    assert "begun" in view.say("run")[0]["said"] and begun == [shown]
    assert View(SpaceEditor(small())).last("code")["run"] is False


def test_run_begins_a_search_by_the_code_and_says_where_it_cannot(cells: Cells) -> None:
    cells.ok(f"%automl space {LINE}")
    editor = cells.names["space_editor"]
    View(editor).say("fix", label="linear.C", value=1.0)
    editor._run(editor.cell())
    automl = cells.shell.magics_manager.registry["AutoMLMagics"]
    for thread in automl_threads():
        thread.join(60)
    assert cells.names["best_run"].history.about["space"] == editor.space.fingerprint()

    def refuse() -> None:
        raise OptionError("A run is under way.")

    editor._run = Below(cells.shell, refuse, automl._search_below)
    assert View(editor).say("run")[0]["said"] == "A run is under way."


def test_run_pressed_twice_begins_one_search_and_says_so_and_the_next_press_begins_another(cells: Cells) -> None:
    begun, go_on = [], threading.Event()

    def search(code: str) -> None:
        begun.append(code)
        assert go_on.wait(10)

    editor = SpaceEditor(small(), line=LINE, run=Below(cells.shell, lambda: None, search))
    view, first = View(editor), editor.cell()
    assert "has begun" in view.say("run")[0]["said"]
    view.say("fix", label="n", value=4)
    assert "being begun" in view.say("run")[0]["said"]
    go_on.set()
    for thread in automl_threads():
        thread.join(10)
    assert begun == [first]
    assert "has begun" in view.say("run")[0]["said"]
    for thread in automl_threads():
        thread.join(10)
    assert begun[1:] == [editor.cell()]


def test_a_search_that_cannot_begin_leaves_the_way_free(cells: Cells, capsys: pytest.CaptureFixture[str]) -> None:
    refusals = [OptionError("A run is under way.")]

    def check() -> None:
        if refusals:
            raise refusals.pop()

    def search(code: str) -> None:
        raise OptionError("The table is gone.")

    view = View(SpaceEditor(small(), line=LINE, run=Below(cells.shell, check, search)))
    assert view.say("run")[0]["said"] == "A run is under way."
    for _ in range(2):
        assert "has begun" in view.say("run")[0]["said"]
        for thread in automl_threads():
            thread.join(10)
    assert capsys.readouterr().out.count("OptionError: The table is gone.") == 2


def automl_threads() -> list[Any]:
    """Return the threads that begin a search."""
    return [thread for thread in threading.enumerate() if thread.name == "automl-begin"]


def test_a_space_of_another_template_is_not_written_as_an_edit_of_the_default(cells: Cells) -> None:
    cells.ok(f"%automl space {LINE}")
    editor = cells.names["space_editor"]
    editor.space = {"x": Float(0, 1)}
    assert not editor.cell().startswith("%%automl") and "compile_space(declared)" in editor.cell()


def test_without_a_front_end_an_editor_is_shown_as_text_alone() -> None:
    editor = SpaceEditor(compile_space({"x": Float(0, 1)}))
    assert editor._repr_mimebundle_() == {"text/plain": repr(editor)}
