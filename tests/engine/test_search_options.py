"""Searchers with options: how they are written, refused, and what they say before they begin."""

from __future__ import annotations

import time

import pytest

from automl_magic.engine.budget import Budget
from automl_magic.engine.cube import share_of, value_at
from automl_magic.engine.events import Note, TrialStarted
from automl_magic.engine.history import View
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.search_options import name_and_options, searcher_of
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import compile_space
from automl_magic.errors import OptionError, SpaceError
from tests.engine.toy import toy_study


def test_options_stand_in_brackets_behind_the_name() -> None:
    assert name_and_options(" de(population=8, crossover=0.9) ") == ("de", {"population": 8, "crossover": 0.9})
    assert searcher_of("evolution(population=8, tournament=2)").tournament == 2
    assert searcher_of("grid()").points == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gird(points=5)", 'Did you mean "grid"'),
        ("grid(pionts=5)", 'has no option "pionts". Did you mean "points"'),
        ("random(points=5)", 'has no option "points"'),
        ("grid(5)", "must be name=value"),
        ("grid(points=open('x'))", "must be name=value"),
        ("grid(points=5", "must be the name of a searcher"),
        ("grid(points=0)", "at least 1. Got 0"),
        ("evolution(population=3)", "at most its population"),
        ("de(population=3)", "at least 4"),
        ("de(crossover=2)", "1 at most"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        searcher_of(text)
    assert said in str(caught.value)


def test_a_grid_says_first_how_many_points_it_has_and_what_the_trials_cover() -> None:
    events = list(toy_study(search="grid", budget=Budget(trials=9)).events())
    assert isinstance(events[1], Note)
    assert events[1].text == (
        "The grid has 18 points (3 values for each number, every option). 9 trials cover 50 % of them at most."
    )
    space = compile_space({"n": Int(1, 3), "x": Float(0, 1)}).rule("n < 3")
    assert "6 points" in searcher_of("grid").announce(space, None)


def test_a_grid_of_any_size_is_begun_at_once_and_not_in_one_corner() -> None:
    space = compile_space({f"x{place}": Float(0, 1) for place in range(40)})
    begun, grid = time.process_time(), searcher_of("grid(points=7)")
    assert "about 6.4 · 10^33 points" in grid.announce(space, 100) and "next to none" in grid.announce(space, 100)
    config = grid(View(space, (), (), 0), generator_of(0))
    assert len(set(config.values())) > 3 and space.contains(config)
    assert time.process_time() - begun < 2


def test_trials_say_who_proposed_them_and_which_were_the_random_start() -> None:
    study = toy_study(search="tpe", budget=Budget(trials=16), lag=1)
    origins = [event.origin for event in study.events() if isinstance(event, TrialStarted)]
    assert origins == ["tpe (random start)"] * 10 + ["tpe"] * 6


@pytest.mark.parametrize("search", ["random", "grid", "sobol", "de"])
def test_rules_that_nothing_meets_are_an_error_that_names_one_and_comes_soon(search: str) -> None:
    space = compile_space({"x": Float(0, 1), "y": Float(0, 1)}).rule("x + y > 2.5")
    begun = time.process_time()
    with pytest.raises(SpaceError, match="x . y > 2.5"):
        searcher_of(search)(View(space, (), (), 0), generator_of(0))
    assert time.process_time() - begun < 5


def test_the_one_configuration_that_a_rule_leaves_of_many_is_found() -> None:
    space = compile_space({"a": Int(1, 130), "b": Int(1, 130)}).rule("a * b >= 16900")
    for search in ("random", "sobol", "tpe", "evolution"):
        assert searcher_of(search)(View(space, (), (), 0), generator_of(0)) == {"a": 130, "b": 130}


def test_a_share_of_the_cube_and_its_value_belong_to_each_other() -> None:
    space = compile_space(
        {
            "x": Float(-5, 5),
            "rate": Float(1e-6, 1, log=True),
            "n": Int(1, 40),
            "m": Int(1, 900, log=True),
            "k": Choice("a", "b", None),
            "p": Float(0, 10, prior=(9, 1)),
            "q": Int(1, 1000, log=True, prior=(10, 0.5)),
        }
    )
    for parameter in space.parameters:
        for share in (0.001, 0.2, 0.5, 0.77, 0.999):
            value = value_at(parameter, share)
            assert parameter.allows(value)
            assert value_at(parameter, share_of(parameter, value)) == pytest.approx(value) or value == value_at(
                parameter, share_of(parameter, value)
            )
