"""The checks of the exercises: right, not yet, and of another kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl_magic
from automl_magic import Float
from automl_magic.engine.closing import NO_STEP
from automl_magic.engine.events import TrialEnded, TrialStarted
from automl_magic.engine.history import ENSEMBLE
from automl_magic.errors import OptionError
from automl_magic.lessons import LEAVES, RATE, check


@pytest.fixture(autouse=True)
def folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def search(space: Any = None) -> Any:
    """Return a small run in the family hist_gb; `space` is the body of its cell."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=120), "b": rng.normal(size=120)})
    frame["kind"] = np.where(frame["a"] > 0, "yes", "no")
    options: dict[str, Any] = {"trials": 2, "workers": 0, "cv": 2, "seed": 0}
    return automl_magic.fit(frame, target="kind", models=["hist_gb"], space=space, **options)


def points(checked: Any) -> list[bool]:
    return [is_there for is_there, _ in checked.points]


def test_a_run_that_was_left_as_it_was_misses_all_and_says_what_to_do() -> None:
    found = check("steer", search())
    assert points(found) == [False, False, False] and not found.is_right
    shown = repr(found)
    assert shown.startswith("steer: 0 of 3") and shown.count("Not yet") == 3
    assert found._repr_html_().count("<p ") == 4 and "&#x27;" not in shown and "<= 40" not in found._repr_html_()
    assert f'space["{RATE}"] = Float(' in shown and "space.rule(" in shown and "space.start(" in shown


def test_a_run_that_was_steered_is_right() -> None:
    def body(space: Any) -> None:
        space[RATE] = Float(0.02, 0.1, log=True)
        space.rule(f"{LEAVES} <= 40")
        space.start({RATE: 0.05, LEAVES: 20, "hist_gb.max_iter": 40})

    found = check("steer", search(body))
    assert points(found) == [True, True, True] and found.is_right
    assert f"{LEAVES} <= 40" in repr(found) and "Not yet" not in repr(found)


def test_an_ensemble_that_beats_what_is_planted_has_no_number() -> None:
    def body(space: Any) -> None:
        space.start({RATE: 0.05, LEAVES: 20})

    run = search(body)
    history = run.history
    at = history.seconds
    history.apply(TrialStarted(-1, NO_STEP, {"model": "ensemble", "trial 0": 1.0}, ENSEMBLE, 0, True, at))
    history.apply(TrialEnded(-1, "done", 1.0, 0.0, 0.0, None, None, at))
    found = repr(check("steer", run))
    assert "is yours, and an ensemble beats it" in found and "trial -1" not in found


def test_what_is_missing_alone_is_said() -> None:
    def body(space: Any) -> None:
        space.rule(f"{LEAVES} <= 40")
        space["hist_gb.max_iter"] = 30

    assert points(check("steer", search(body))) == [False, True, False]


def test_a_race_needs_enough_repeats_for_a_verdict() -> None:
    few = automl_magic.race(on="branin", search=("grid", "random", "tpe"), trials=4, repeats=2)
    assert points(check("race", few)) == [True, False] and "7 or more" in repr(check("race", few))
    enough = automl_magic.race(on="branin", search=("grid", "random", "tpe"), trials=4, repeats=7)
    found = check("race", enough)
    assert found.is_right and str(enough.verdict()) in repr(found)
    two = automl_magic.race(on="branin", search=("random", "tpe"), trials=4, repeats=7)
    assert points(check("race", two)) == [False, True]


@pytest.mark.parametrize(("exercise", "words"), [("steer", "result of a search"), ("race", "result of a race")])
@pytest.mark.parametrize("answers", [(), (7,), ("best",)])
def test_another_kind_of_answer_is_refused_in_words(exercise: str, words: str, answers: tuple[Any, ...]) -> None:
    with pytest.raises(OptionError, match=words):
        check(exercise, *answers)


def test_an_unknown_exercise_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(OptionError, match='Did you mean "steer"'):
        check("stear", None)
