"""The row of the whole space, and what is said of a rule while it is typed."""

from __future__ import annotations

import json
import time

import pytest

from automl_magic.engine.control import Message
from automl_magic.engine.events import RunStarted, SpaceChanged
from automl_magic.engine.history import History
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.engine.steering import EditedSpace
from automl_magic.notebook.space_rows import Measure, space_row_of, undoable


def two_families() -> SearchSpace:
    return compile_space(
        Choice(forest={"depth": Int(1, 10), "trees": Int(1, 100)}, linear={"C": Float(0.01, 100, log=True)})
    )


def edited(*messages: Message) -> tuple[SearchSpace, History]:
    """Return the space and the history of a run after these edits."""
    now, history = EditedSpace(two_families()), History()
    history.apply(RunStarted("run", {}, two_families().to_json(), 2, 0, {}))
    for message in messages:
        now, change = now.after(message)
        history.apply(SpaceChanged(now.now.to_json(), change, "you", "", -1, -1))
    return now.now, history


def test_rules_are_told_with_the_share_that_each_cuts_off_and_all_together() -> None:
    space, history = edited(Message("rule", {"text": "forest.depth <= 5"}), Message("rule", {"text": "linear.C <= 1"}))
    row = Measure().row(history, space)
    assert [rule["text"] for rule in row["rules"]] == ["forest.depth <= 5", "linear.C <= 1"]
    shares = [rule["share"] for rule in row["rules"]]
    assert all(share is not None and 0.18 < share < 0.32 for share in shares)
    assert row["share"] == pytest.approx(sum(share or 0.0 for share in shares))  # a trial is of one family
    assert row["undo"] == 2 and "2 families, 3 parameters" in row["size"]
    json.dumps(row, allow_nan=False)


def test_an_edit_that_was_taken_back_cannot_be_taken_back_again() -> None:
    fix, undo = Message("fix", {"label": "forest.depth", "value": 3}), Message("undo", {})
    assert [undoable(edited(*those)[1]) for those in ((), (fix,), (fix, fix, undo), (fix, undo))] == [0, 1, 1, 0]


def test_a_record_alone_tells_size_and_rules_but_no_shares() -> None:
    space, history = edited(Message("rule", {"text": "forest.depth <= 5"}))
    alone, measured = space_row_of(history), Measure().row(history, space)
    assert (alone["size"], alone["undo"]) == (measured["size"], measured["undo"])
    assert alone["share"] is None and alone["rules"] == [{"text": "forest.depth <= 5", "share": None}]


def test_a_run_that_has_ended_keeps_the_last_row() -> None:
    space, history = edited(Message("rule", {"text": "forest.depth <= 5"}))
    measure = Measure()
    row = measure.row(history, space)
    assert measure.row(history, None) == row and row["share"] is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("forest.depth <", "cannot be read"),
        ("forest.dept <= 3", 'Did you mean "forest.depth"'),
        ("forest.depth", None),
        ("model == 'svm'", "next to nothing"),
        ("linear.C <= 1", "holds already"),
        ("open('x') == 1", "not allowed"),
        ("(" * 400 + "forest.depth" + ")" * 400, "cannot be read"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_told_so(text: str, words: str | None) -> None:
    check = Measure().check(two_families().rule("linear.C <= 1"), text)
    if words is None:
        assert check["error"] is None
    else:
        assert check["share"] is None and check["error"] is not None and words in check["error"]


def test_a_rule_of_the_persons_own_that_raises_is_listed_without_a_share() -> None:
    row = Measure().row_of(two_families().rule(lambda values: values["no.such.label"] > 1), 0)
    assert row["share"] is None and [rule["share"] for rule in row["rules"]] == [None]


def test_the_same_question_has_the_same_answer_and_edits_of_rules_draw_nothing_anew() -> None:
    space, measure = two_families(), Measure()
    first = measure.check(space, "forest.depth * forest.trees <= 200")
    begun = time.perf_counter()
    again = measure.check(space.rule("linear.C <= 1"), "forest.depth * forest.trees <= 200")
    assert time.perf_counter() - begun < 0.2
    assert first == again == Measure().check(two_families(), "forest.depth * forest.trees <= 200")
