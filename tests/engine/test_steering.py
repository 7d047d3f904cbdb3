"""Edits of the space in mid-run: each is recorded, holds for every later trial, and can be taken back or resumed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from automl_magic.engine.budget import Budget
from automl_magic.engine.control import Control, Message
from automl_magic.engine.events import (
    Config,
    Event,
    FoldScore,
    Note,
    RunStarted,
    SpaceChanged,
    Steered,
    TrialStarted,
    from_json,
    to_json,
)
from automl_magic.engine.history import History
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.engine.steering import EditedSpace
from automl_magic.engine.study import Start, Study
from automl_magic.engine.workers import ProcessWorkers
from automl_magic.errors import SpaceError
from automl_magic.extend import SEARCHERS
from tests.engine.toy import ToyEvaluator, toy_space, toy_study

Steer = Callable[[Control], None]


@dataclass(frozen=True)
class FamilyEvaluator:
    """Score three families; "good" wins by far."""

    folds: int = 2
    rungs: int = 1

    def evaluate(self, *, config: Config, fold: int, rung: int, seed: int, trial: int, hidden: bool) -> FoldScore:
        """Score one fold."""
        ahead = {"good": 10.0, "fair": 5.0, "poor": 0.0}[config["model"]]
        return FoldScore(ahead + sum(value for value in config.values() if isinstance(value, float)), 0.0)


def families() -> SearchSpace:
    """Return a space of three families, each with parameters of its own."""
    return compile_space(
        Choice(
            good={"x": Float(0, 1), "n": Int(1, 9)}, fair={"x": Float(0, 1), "n": Int(1, 9)}, poor={"x": Float(0, 1)}
        )
    )


def family_study(**fields: Any) -> Study:
    """Return a study of the three families."""
    return toy_study(**{"space": families(), "evaluator": FamilyEvaluator(), "budget": Budget(trials=30), **fields})


def searcher_of(search: str) -> Any:
    """Return a searcher; a grid so fine that it is not used up."""
    return SEARCHERS.get(search)(points=7) if search == "grid" else SEARCHERS.get(search)()


def steered(study: Study, at: dict[int, Steer]) -> list[Event]:
    """Run the study in process; when trial k has started, do what `at[k]` does to its control."""
    events = []
    for event in study.events():
        events.append(event)
        if isinstance(event, TrialStarted) and event.trial in at:
            at[event.trial](study.control)
    return events


def configs_after(events: list[Event], change: type[Any] = SpaceChanged) -> list[Config]:
    """Return what was started after the last change of the space."""
    place = max(place for place, event in enumerate(events) if isinstance(event, change))
    return [event.config for event in events[place:] if isinstance(event, TrialStarted)]


def changes(events: list[Event]) -> list[SpaceChanged]:
    """Return the changes of the space."""
    return [event for event in events if isinstance(event, SpaceChanged)]


def notes(events: list[Event]) -> list[str]:
    """Return what was said."""
    return [event.text for event in events if isinstance(event, Note)]


# -- edits ------------------------------------------------------------------------------------------------------------

EDITS: list[tuple[str, Steer, Callable[[Config], bool]]] = [
    ("rule", lambda control: control.rule("x * n <= 2"), lambda config: config["x"] * config["n"] <= 2),
    ("fix", lambda control: control.fix("n", 4), lambda config: config["n"] == 4),
    ("fix", lambda control: control.fix("kind", "square"), lambda config: config["kind"] == "square"),
    ("narrow", lambda control: control.narrow("x", 2.0, 3.0), lambda config: 2 <= config["x"] <= 3),
    ("choose", lambda control: control.choose("kind", ["round"]), lambda config: config["kind"] == "round"),
]


@pytest.mark.parametrize("search", ["random", "grid", "tpe", "hyperopt"])
@pytest.mark.parametrize(
    ("kind", "edit", "holds"), EDITS, ids=[f"{kind}-{place}" for place, (kind, *_) in enumerate(EDITS)]
)
def test_every_trial_after_an_edit_respects_it(
    search: str, kind: str, edit: Steer, holds: Callable[[Config], bool]
) -> None:
    events = steered(toy_study(searcher=searcher_of(search), budget=Budget(trials=26)), {13: edit})
    (change,) = changes(events)
    later = configs_after(events)
    assert change.change["kind"] == kind and change.who == "you" and change.last_trial == change.step == 13
    assert len(later) == 12 and all(map(holds, later))
    assert not all(holds(event.config) for event in events if isinstance(event, TrialStarted))


def test_a_rule_that_is_removed_and_a_range_that_is_widened_are_searched_again() -> None:
    at = {
        2: lambda control: (control.rule("x <= -4"), control.fix("n", 2)),
        8: lambda control: (control.unrule("x <= -4"), control.narrow("n", 1, 9)),
    }
    events = steered(toy_study(budget=Budget(trials=40)), at)
    assert [change.change["kind"] for change in changes(events)] == ["rule", "fix", "unrule", "narrow"]
    later = configs_after(events)
    assert max(config["x"] for config in later) > 0 and len({config["n"] for config in later}) > 3
    assert changes(events)[1].space["rules"] == ["x <= -4"] and changes(events)[2].space["rules"] == []


def test_undo_takes_back_one_edit_after_the_other_and_says_which() -> None:
    control = Control()
    control.rule("x <= 0")
    control.fix("n", 3)
    control.undo()
    control.undo(who="teacher")
    control.undo()
    study = toy_study(control=control)
    events = list(study.events())
    kinds = [change.change["kind"] for change in changes(events)]
    assert kinds == ["rule", "fix", "undo", "undo"]
    assert changes(events)[2].change["of"] == {"kind": "fix", "label": "n", "value": 3}
    assert changes(events)[3].change["of"] == {"kind": "rule", "text": "x <= 0"}
    assert changes(events)[3].who == "teacher"
    assert notes(events) == ["The space stays as it is: There is no edit to take back."]
    assert changes(events)[3].space == toy_space().to_json()


@pytest.mark.parametrize(
    ("edit", "word"),
    [
        (lambda control: control.rule("x <="), "cannot be read"),
        (lambda control: control.rule("wheels <= 3"), "wheels"),
        (lambda control: control.rule("x >= 6"), "next to nothing"),
        (lambda control: control.rule("x == 0.25"), "next to nothing"),
        (lambda control: control.rule("__import__('os').getpid() > 0"), "not allowed"),
        (lambda control: control.rule("-" * 900 + "x <= 1"), "too deep"),
        (lambda control: control.unrule("x <= 3"), "no rule"),
        (lambda control: control.fix("n", 99), "whole number from 1 to 9"),
        (lambda control: control.fix("wheels", 4), "wheels"),
        (lambda control: control.fix("kind", "oval"), "oval"),
        (lambda control: control.reset("wheels"), "wheels"),
        (lambda control: control.choose("kind", []), "at least one"),
        (lambda control: control.narrow("x", -50, 50), "must lie between"),
    ],
)
def test_a_refused_edit_is_a_note_in_words_and_harms_nothing(edit: Steer, word: str) -> None:
    control = Control()
    edit(control)
    study = toy_study(control=control)
    events = list(study.events())
    plain = list(toy_study().events())
    assert not changes(events) and word in notes(events)[0]
    started = [[event.config for event in those if isinstance(event, TrialStarted)] for those in (events, plain)]
    assert started[0] == started[1] and study.space.to_json() == toy_space().to_json()


def test_the_same_rule_twice_is_refused_and_one_that_leaves_a_hundredth_is_not() -> None:
    control = Control()
    control.rule("x <= -4.9")
    control.rule(" x <= -4.9 ")
    events = list(toy_study(control=control, budget=Budget(trials=20)).events())
    assert len(changes(events)) == 1 and "holds already" in notes(events)[0]
    assert all(config["x"] <= -4.9 for config in configs_after(events))


def test_a_value_of_the_template_that_no_trial_could_get_is_not_fixed_in_mid_run() -> None:
    edited = EditedSpace(compile_space({"x": Float(0, 1), "kept": 3}))
    with pytest.raises(SpaceError, match="kept"):
        edited.after(Message("fix", {"label": "kept", "value": 4}))


# -- the winner is dropped ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("search", sorted(SEARCHERS.keys()))
def test_the_search_goes_on_when_the_winning_family_is_dropped_and_comes_back(search: str) -> None:
    at: dict[int, Steer] = {
        14: lambda control: control.choose("model", ["fair", "poor"]),
        30: lambda control: control.reset("model"),
    }
    study = family_study(searcher=searcher_of(search), budget=Budget(trials=50))
    events = steered(study, at)
    models = [event.config["model"] for event in events if isinstance(event, TrialStarted)]
    assert len(models) == 50
    assert "good" in models[:15] and "good" not in models[15:31] and "good" in models[31:]
    assert study.history.best().config["model"] == "good"  # what was found stays the best


def test_trials_outside_the_space_no_longer_guide_and_guide_again_when_the_edit_is_taken_back() -> None:
    study = family_study(search="tpe", budget=Budget(trials=12))
    list(study.events())
    whole = families()
    dropped = whole.narrow("model", options=["fair", "poor"])
    inside = study.history.view(dropped, 12).trials
    assert inside and all(trial.config["model"] != "good" for trial in inside)
    assert len(study.history.view(whole, 12).trials) == 12


def test_first_configurations_that_an_edit_puts_outside_are_left_out() -> None:
    first = tuple(Start({"model": "good", "good.x": 0.5, "good.n": n}, "default") for n in range(1, 9))
    study = family_study(starts=first, budget=Budget(trials=12))
    events = steered(study, {2: lambda control: control.choose("model", ["fair"])})
    origins = [event.origin for event in events if isinstance(event, TrialStarted)]
    assert origins[:3] == ["default"] * 3 and set(origins[3:]) == {"random"} and len(origins) == 12


# -- points, time, skip ------------------------------------------------------------------------------------------------


def test_a_point_of_a_person_is_completed_tried_next_and_bears_their_name() -> None:
    events = steered(toy_study(), {4: lambda control: control.enqueue({"x": 1.25})})
    (act,) = [event for event in events if isinstance(event, Steered)]
    planted = next(event for event in events if isinstance(event, TrialStarted) and event.trial == 5)
    assert act.value == planted.config == {"x": 1.25, "n": 5, "kind": "round"}
    assert planted.origin == "you" and act.step == 4


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"x": 4.0}, ("x", "a number from 0 to 1", "4.0")),  # declared, but outside the narrowed space
        ({"x": 0.5, "n": 9}, ("breaks the rule", "n <= 5")),
        ({"wheels": 4}, ("wheels",)),
        ({"kind": "oval"}, ("oval",)),
        ({"x": "much"}, ("much",)),
    ],
)
def test_a_refused_point_is_a_note_that_names_why(config: Config, words: tuple[str, ...]) -> None:
    def steer(control: Control) -> None:
        control.narrow("x", 0.0, 1.0)
        control.rule("n <= 5")
        control.enqueue(config)

    events = steered(toy_study(), {1: steer})
    (note,) = notes(events)
    assert note.startswith("Not tried: ") and all(word in note for word in words)
    assert not [event for event in events if isinstance(event, Steered)]
    assert len(configs_after(events)) == 10


def test_a_point_that_comes_when_every_trial_was_started_is_refused() -> None:
    events = steered(toy_study(), {11: lambda control: control.enqueue({"x": 1.0})})
    assert notes(events) == ["Not tried, since all 12 trials were made."]
    assert not [event for event in events if isinstance(event, Steered)]


def test_time_is_added_up_to_the_longest_that_is_allowed() -> None:
    control = Control()
    control.longest = 0.6
    control.add_time(0.2)
    control.add_time(5.0)
    control.add_time(-1.0)
    study = toy_study(control=control, budget=Budget(seconds=0.3), evaluator=ToyEvaluator(seconds=0.01))
    study.plan["time"] = 0.3
    events = list(study.events())
    assert [event.value for event in events if isinstance(event, Steered)] == [0.2]
    assert "no search takes longer than 0.6 s" in notes(events)[0] and "above 0" in notes(events)[1]
    assert study.history.plan["time"] == pytest.approx(0.5) and 0.45 < events[-1].seconds < 1.5


def test_a_run_without_a_limit_of_time_has_none_to_be_lengthened() -> None:
    control = Control()
    control.add_time(30.0)
    events = list(toy_study(control=control).events())
    assert notes(events) == ["No time was added: the run has no limit of time."]


# -- resumed, repeated -------------------------------------------------------------------------------------------------

FIRST = (Start({"x": 4.0, "n": 3, "kind": "round"}, "default"), Start({"x": 4.5, "n": 3, "kind": "round"}, "default"))


def plan_of_edits() -> dict[int, Steer]:
    """Return edits of every kind; the second configuration to try first is put outside, and inside again."""
    return {
        0: lambda control: control.narrow("x", -5.0, 4.2),
        2: lambda control: (control.reset("x"), control.rule("n <= 7")),
        4: lambda control: (control.fix("kind", "square"), control.enqueue({"x": 1.0, "n": 2})),
        6: lambda control: control.undo(),
        8: lambda control: (control.unrule("n <= 7"), control.fix("n", 8)),
    }


def found(history: History) -> list[tuple[Any, ...]]:
    """Return what must be the same."""
    return [(trial.id, sorted(trial.config.items()), trial.origin, trial.score) for trial in history.trials.values()]


def resumable(**fields: Any) -> Study:
    """Return the study that is steered and resumed."""
    return toy_study(**{"search": "tpe", "budget": Budget(trials=14), "starts": FIRST, **fields})


def test_a_resumed_run_has_the_same_space_and_goes_on_with_the_same_trials() -> None:
    whole = resumable()
    events = [from_json(to_json(event)) for event in steered(whole, plan_of_edits())]
    last = max(place for place, event in enumerate(events) if isinstance(event, SpaceChanged | Steered))
    assert [change.change["kind"] for change in changes(events)] == [
        "narrow", "reset", "rule", "fix", "undo", "unrule", "fix",
    ]  # fmt: skip
    origins = [event.origin for event in events if isinstance(event, TrialStarted)]
    assert origins.count("default") == 1 and origins.count("you") == 1
    for cut in range(last + 1, len(events)):
        resumed = resumable(past=tuple(events[:cut]))
        list(resumed.events())
        assert resumed.space.to_json() == whole.space.to_json()
        assert found(resumed.history) == found(whole.history), f"cut after event {cut}"


def test_an_edit_can_be_taken_back_after_the_break() -> None:
    events = steered(resumable(), {3: lambda control: (control.fix("n", 8), control.rule("x <= 2"))})
    cut = max(place for place, event in enumerate(events) if isinstance(event, SpaceChanged)) + 1
    control = Control()
    control.undo()
    control.undo()
    resumed = resumable(past=tuple(events[:cut]), control=control)
    assert [change.change["kind"] for change in changes(list(resumed.events()))] == ["undo", "undo"]
    assert resumed.space.to_json() == toy_space().to_json()


def test_steps_alone_decide_what_an_edited_run_tries() -> None:
    """Replay the edits at their recorded steps over other workers: the same trials."""
    once = toy_study(search="tpe", budget=Budget(trials=24), lag=2)
    events = steered(once, {9: lambda control: (control.rule("x * n <= 3"), control.choose("kind", ["round"]))})
    at = changes(events)[0].step

    def again() -> Iterator[Event]:
        study = toy_study(search="tpe", budget=Budget(trials=24), lag=2, workers=ProcessWorkers(2))
        for event in study.events():
            yield event
            if isinstance(event, TrialStarted) and event.step == at:
                for change in changes(events):
                    study.control.send(Message(change.change["kind"], {**change.change}, "you"))

    repeated = list(again())
    moved = [change.step for change in changes(repeated)]
    configs = [[event.config for event in those if isinstance(event, TrialStarted)] for those in (events, repeated)]
    assert moved == [at, at], "the edits must fall on the same step for the runs to be comparable"
    assert configs[0] == configs[1]


def test_the_record_of_an_edited_run_can_be_read_by_json_alone() -> None:
    events = steered(resumable(), plan_of_edits())
    history = History()
    for event in events:
        history.apply(from_json(to_json(event)))
    assert isinstance(events[0], RunStarted) and history.space["rules"] == []
    assert len(history.edits) == 7 and history.steered[0].value == {"x": 1.0, "n": 2, "kind": "square"}
