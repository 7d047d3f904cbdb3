"""The race on the first fold: who goes on, what is tried first, what a limit of time changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from automl_magic.engine.budget import Budget
from automl_magic.engine.events import Config, Event, FoldScore, FoldScored, Steered, TrialPromoted, TrialStarted
from automl_magic.engine.first_fold import FAMILIES, FirstFold, mild, worthy
from automl_magic.engine.history import BASELINE, Trial, View
from automl_magic.engine.holes import Choice, Float
from automl_magic.engine.schedulers import Promote, StartNew, policy_named
from automl_magic.engine.space import compile_space
from automl_magic.engine.standing import Start
from automl_magic.engine.workers import InProcess
from tests.engine.toy import toy_study, trials_of

LETTERS = "abcdefghij"


@dataclass(frozen=True)
class Ranked:
    """Score ten families by their letter, the first the best; a little better with a larger x."""

    folds: int = 4
    rungs: int = 1

    def evaluate(self, *, config: Config, fold: int, rung: int, seed: int, trial: int, hidden: bool) -> FoldScore:
        """Score one fold."""
        return FoldScore(-LETTERS.index(config["model"]) + 0.1 * config["x"] + 0.001 * fold, 0.0)


def space_of() -> Any:
    options = {letter: {"x": Float(0.0, 1.0, name="x")} for letter in LETTERS}
    return compile_space({"m": Choice(**options, name="model")})


def study_of(**fields: Any) -> Any:
    policy = policy_named("first_fold")
    space = space_of()
    starts = tuple(Start(space.validate({"model": letter, "x": 0.5}), "default") for letter in LETTERS)
    parts = {
        "space": space,
        "evaluator": Ranked(),
        "starts": starts,
        "pruner": policy.pruner,
        "scheduler": policy.scheduler,
        "budget": Budget(trials=30),
        "workers": InProcess(),
        "lag": 1,
    }
    return toy_study(**{**parts, **fields})


def view_of(*trials: Trial, **fields: Any) -> View:
    return View(space_of(), trials, (), 9, rungs=2, **fields)


def test_the_best_of_each_of_the_best_families_goes_on_to_all_folds() -> None:
    study = study_of(budget=Budget(trials=10))
    events = list(study.events())
    begun = [event.trial for event in events if isinstance(event, TrialStarted | TrialPromoted)]
    assert begun[:10] == list(range(10))  # what is to be tried first goes first
    promoted = [event.trial for event in events if isinstance(event, TrialPromoted)]
    assert promoted == list(range(FAMILIES))
    ended = Counter(trial.state for trial in study.history.trials.values())
    assert ended["done"] >= 1 and all(len(study.history.trial(id).scores) == 1 for id in range(FAMILIES, 10))
    assert "not promising on the first fold" in str(study.history.trial(9).reason)


def test_what_is_found_later_goes_on_when_it_is_among_the_best_third() -> None:
    study = study_of()
    scored: dict[int, float] = {}
    for event in study.events():
        if isinstance(event, FoldScored) and event.rung == 0:
            scored[event.trial] = event.result.score
        if isinstance(event, TrialPromoted) and event.trial >= 10:
            better = sum(score > scored[event.trial] for score in scored.values())
            family = study.history.trial(event.trial).config["model"]
            of_family = [scored[id] for id in scored if study.history.trial(id).config["model"] == family]
            assert better < len(scored) / 3 or scored[event.trial] == max(of_family)
    sent_on = [trial for trial in study.history.trials.values() if trial.promotions]
    assert FAMILIES <= len(sent_on) < 20


def test_the_same_plan_gives_the_same_run() -> None:
    assert trials_of(list(study_of(lag=4).events())) == trials_of(list(study_of(lag=4).events()))


@pytest.mark.parametrize(("used", "wanted"), [(None, StartNew), (0.1, StartNew), (0.5, Promote)])
def test_where_time_is_short_what_is_promising_goes_before_what_is_left_of_the_first(used: Any, wanted: Any) -> None:
    study = study_of(budget=Budget(trials=3))
    events = study.events()
    view = None
    for event in events:
        if isinstance(event, TrialPromoted):
            view = study.view(9)
            break
    assert view is not None
    waiting = [trial for trial in view.trials if trial.is_waiting]
    assert waiting
    assert isinstance(FirstFold()(replace(view, queued=5, used=used)), wanted)


def test_a_run_that_is_full_before_anything_went_on_sends_its_best() -> None:
    study = study_of(budget=Budget(trials=1))
    list(study.events())
    assert [trial.state for trial in study.history.trials.values()] == ["done"]


def test_nothing_is_worth_it_where_nothing_waits() -> None:
    assert worthy(view_of()) is None
    study = study_of(budget=Budget(trials=10))
    list(study.events())
    assert worthy(view_of(*study.history.trials.values())) is None


def test_what_failed_stands_in_nobodys_way() -> None:
    trials = (
        Trial(0, 0, {"model": "a"}, "default", 0, 0.0, state="failed", curve={0: 0.9}),
        Trial(1, 1, {"model": "a"}, "default", 0, 0.0, state="paused", curve={0: 0.8}),
    )
    for is_full in (False, True):
        sent = worthy(view_of(*trials, is_full=is_full))
        assert sent is not None and sent.id == 1


def paused(id: int, score: float, seconds: float, origin: str = "default") -> Trial:
    scores = {0: FoldScore(score, seconds)}
    config = {"model": LETTERS[id], "x": 0.5}
    return Trial(id, id, config, origin, 0, 0.0, state="paused", scores=scores, score=score, curve={0: score})


def test_only_what_can_still_be_finished_goes_on() -> None:
    slow, quick = paused(0, 0.9, 2.0), paused(1, 0.8, 0.1)
    for left, expected in ((None, 0), (7.0, 0), (5.9, 1), (0.4, 1), (0.2, None)):
        sent = worthy(view_of(slow, quick, folds=4, left=left))
        assert (None if sent is None else sent.id) == expected, left


def test_the_line_to_beat_goes_first_where_it_is_cheap_and_else_in_its_turn() -> None:
    beat, better = paused(1, 0.8, 1.0, BASELINE), paused(0, 0.9, 1.0)
    assert FirstFold()(view_of(beat, better, folds=4, left=60.0, queued=3, used=0.1)) == Promote(1, 1)
    assert FirstFold()(view_of(beat, better, folds=4, left=6.0, queued=3, used=0.1)) == StartNew()
    assert FirstFold()(view_of(beat, better, folds=4, left=6.0, used=0.6)) == Promote(0, 1)
    assert FirstFold()(view_of(beat, folds=4, left=6.0, used=0.6)) == Promote(1, 1)


def test_the_line_to_beat_goes_second_where_it_was_too_dear_to_go_at_once() -> None:
    beat, better, next_best = paused(2, 0.7, 1.0, BASELINE), paused(0, 0.9, 1.0), paused(1, 0.8, 1.0)
    assert FirstFold()(view_of(beat, better, next_best, folds=4, left=6.0, used=0.6)) == Promote(0, 1)
    for gone_on in (replace(better, promotions=((9, 1),)), replace(better, state="done", rung=1)):
        assert FirstFold()(view_of(beat, gone_on, next_best, folds=4, left=6.0, used=0.6)) == Promote(2, 1)
        slow = replace(beat, scores={0: FoldScore(0.7, 9.0)})  # it cannot be finished any more
        assert FirstFold()(view_of(slow, gone_on, next_best, folds=4, left=6.0, used=0.6)) == Promote(1, 1)


def test_no_rule_over_folds_ends_the_line_to_beat() -> None:
    def never_good(trial: Trial, view: View) -> str:
        return "it was not good enough"

    space = space_of()
    starts = tuple(
        Start(space.validate({"model": letter, "x": 0.5}), told) for letter, told in [("a", "default"), ("j", BASELINE)]
    )
    study = study_of(starts=starts, scheduler=None, pruner=never_good, budget=Budget(trials=2))
    list(study.events())
    assert [trial.state for trial in study.history.trials.values()] == ["pruned", "done"]


def test_the_first_of_a_family_is_completed_however_it_falls_behind() -> None:
    best = Trial(0, 0, {"model": "a"}, "default", 0, 0.0, state="done", scores={0: FoldScore(0.9, 0.1)}, score=0.9)
    best = replace(best, curve={1: 0.9}, rung=1, results={1: best.scores})
    behind = Trial(1, 1, {"model": "b"}, "default", 0, 0.0, scores={0: FoldScore(0.1, 0.1)}, score=0.1, rung=1)
    assert mild(behind, view_of(best)) is None
    assert mild(replace(behind, config={"model": "a"}), view_of(best)) is not None


def test_time_that_is_used_is_told_as_a_share() -> None:
    told = []
    study = study_of(budget=Budget(seconds=0.4), starts=())
    scheduler = study.scheduler

    class Telling:
        leaves = "left"

        def __call__(self, view: Any) -> Any:
            told.append(view.used)
            return scheduler(view)

    study.scheduler = Telling()
    list(study.events())
    assert told == sorted(told) and 0 <= told[0] < 0.5 < told[-1] <= 1.1


def test_what_a_person_asked_for_waits_for_no_promotion() -> None:
    told = []

    def watched(**fields: Any) -> Any:
        study = study_of(**{"starts": (), **fields})
        scheduler = study.scheduler

        class Late:
            leaves = "left"

            def __call__(self, view: View) -> Any:
                told.append((view.planted, view.queued))
                return scheduler(replace(view, used=0.9))

        study.scheduler = Late()
        return study

    def decided_in(events: Sequence[Event]) -> list[Any]:
        starts = [event for event in events if not isinstance(event, TrialStarted) or event.attempt == 1]
        return [event for event in starts if isinstance(event, TrialStarted | TrialPromoted)]

    study, events = watched(budget=Budget(trials=8)), []
    for event in study.events():
        events.append(event)
        if isinstance(event, TrialPromoted) and not study.history.steered:
            study.control.enqueue({"model": "j", "x": 0.0})
    place = next(at for at, event in enumerate(events) if isinstance(event, Steered))
    after = decided_in(events[place:])
    assert isinstance(after[0], TrialStarted) and after[0].origin == "you"
    assert (True, 1) in told
    told.clear()
    again = decided_in(list(watched(budget=Budget(trials=8), past=tuple(events[: place + 1])).events()))
    assert (True, 1) in told and again[0].origin == "you"


def test_what_was_to_be_tried_first_does_wait_where_time_is_short() -> None:
    waiting = Trial(0, 0, {"model": "a"}, "default", 0, 0.0, state="paused", curve={0: 0.9})
    view = View(space_of(), (waiting,), (), 1, queued=2, used=0.9)
    assert isinstance(FirstFold()(view), Promote)
    assert isinstance(FirstFold()(replace(view, planted=True)), StartNew)
