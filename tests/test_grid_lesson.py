"""The exercise of the lesson on searchers: a race that is fair to the grid is right; what is unfair is explained."""

from __future__ import annotations

from typing import Any

import pytest

import automl_magic
from automl_magic import Float
from automl_magic.errors import OptionError
from automl_magic.lessons import check

HOLES = {"x": Float(0.0, 1.0), "y": Float(0.0, 1.0), "idle": Float(0.0, 1.0)}
SEARCH = ("grid", "random", "tpe")


@pytest.fixture(autouse=True)
def folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def hill(values: Any) -> float:
    return float((values["x"] - 0.3) ** 2 + (values["y"] - 0.6) ** 2)


def race(*labels: str, search: Any = SEARCH, trials: int = 9, repeats: int = 7) -> Any:
    space = {label: HOLES[label] for label in labels}
    function = hill if "y" in labels else lambda values: hill({**values, "y": 0.6})
    return automl_magic.race(on=function, space=space, search=search, trials=trials, repeats=repeats, workers=0)


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("witness"))
        return automl_magic.tune(hill, HOLES, search="random", trials=80, workers=0, seed=0)


def test_a_grid_that_searches_what_matters_and_comes_to_its_end_is_right(witness: Any) -> None:
    found = check("grid", race("x", "y"), witness)
    assert found.is_right and "3 values of x and 3 values of y" in repr(found) and "It is: " in repr(found)


def test_settings_that_do_not_matter_are_named_and_so_is_what_they_cost(witness: Any) -> None:
    found = check("grid", race("x", "y", "idle"), witness)
    assert [is_there for is_there, _ in found.points] == [False, False, True]
    assert "idle is searched and did not matter: the grid shares its trials out among 3" in repr(found)
    assert "The grid has 27 points" in repr(found) and "9 of them were tried" in repr(found)


def test_a_trial_off_the_grid_is_not_one_of_its_points(witness: Any) -> None:
    space = {label: HOLES[label] for label in ("x", "y")}
    for trials, is_right in ((2, False), (9, False), (10, True)):
        started = automl_magic.compile_space(space).start({"x": 0.25, "y": 0.25})
        found = check(
            "grid",
            automl_magic.race(on=hill, space=started, search=SEARCH, trials=trials, repeats=7, workers=0),
            witness,
        )
        assert found.is_right is is_right
        assert ("of them were tried. Give it more" in repr(found)) is not is_right


def test_defaults_that_are_a_point_of_the_grid_count_as_tried(witness: Any) -> None:
    started = automl_magic.compile_space({label: HOLES[label] for label in ("x", "y")}).start({"x": 0.5, "y": 0.5})
    found = check(
        "grid", automl_magic.race(on=hill, space=started, search=SEARCH, trials=9, repeats=7, workers=0), witness
    )
    assert found.is_right and "9 points, with 3 values of x" in repr(found)


def test_too_few_races_and_a_setting_too_many_left_out_are_said(witness: Any) -> None:
    found = check("grid", race("x", repeats=2), witness)
    assert [is_there for is_there, _ in found.points] == [False, True, False]
    assert "y mattered and is not searched any more" in repr(found) and "it takes 7 or more" in repr(found)


def test_a_race_without_a_grid_is_no_answer(witness: Any) -> None:
    found = check("grid", race("x", "y", search=("random", "tpe"), repeats=2), witness)
    assert not found.is_right and "only random, tpe: write --search grid,random,tpe" in repr(found)


def test_a_search_that_is_too_short_to_tell_what_matters_is_said() -> None:
    short = automl_magic.tune(hill, HOLES, search="random", trials=5, workers=0)
    assert "search with more trials" in repr(check("grid", race("x", "y", repeats=2), short))


@pytest.mark.parametrize("answers", [(), (7,), ("race", "run")])
def test_another_kind_of_answer_is_refused_in_words(answers: tuple[Any, ...]) -> None:
    with pytest.raises(OptionError, match="needs the result of a race"):
        check("grid", *answers)


def test_the_search_must_be_given_too() -> None:
    with pytest.raises(OptionError, match="the search that told what matters"):
        check("grid", race("x", "y", repeats=1), 7)
