"""How large a space is, in words and exactly, and the share that rules cut off."""

from __future__ import annotations

import time
from itertools import islice

import pytest

from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.measuring import combinations, parameters_in, sample_of, shares_cut, size_in_words
from automl_magic.engine.parameters import Parameter
from automl_magic.engine.space import SearchSpace, compile_space


def nested() -> SearchSpace:
    return compile_space(
        Choice(
            forest={"depth": Choice(None, Int(1, 5)), "trees": Int(1, 4)},
            linear={"C": Float(0.1, 10), "kind": Choice("a", "b")},
        )
    )


SPACES = {
    "nested": nested(),
    "flat": compile_space({"x": Float(0, 1), "n": Int(1, 30), "k": Choice("a", "b", "c")}),
    "shared": compile_space({"a": Choice(one={"p": Int(1, 3, name="p")}, two={"p": Int(1, 3, name="p")}, three={})}),
    "narrowed": nested().fix("linear.C", 1.0).narrow("forest.trees", 2, 3),
    "dropped": nested().narrow("model", options=["linear"]),
}


@pytest.mark.parametrize("name", list(SPACES))
def test_combinations_are_those_of_the_grid(name: str) -> None:
    space = SPACES[name]
    assert combinations(space.parameters, 10) == space.grid_size(10) == len(list(islice(space.grid(10), 5000)))


def test_whole_numbers_are_counted_all_where_nothing_is_endless() -> None:
    space = compile_space({"n": Int(1, 300), "k": Choice("a", "b")})
    assert size_in_words(space.parameters) == "2 parameters: 600 combinations"


def test_the_words_tell_families_what_is_fixed_and_leave_out_what_is_dropped() -> None:
    space = nested()
    assert size_in_words(space.parameters).startswith("2 families, 5 parameters: 44 combinations at 10 values")
    narrowed = space.narrow("model", options=["linear"]).fix("linear.C", 1.0)
    assert size_in_words(narrowed.parameters) == "1 family, 2 parameters, 1 fixed: 2 combinations"
    large = compile_space({f"x{number}": Float(0, 1) for number in range(20)})
    assert "about 10^20 combinations" in size_in_words(large.parameters)
    middle = compile_space({f"x{number}": Float(0, 1) for number in range(9)})
    assert "about 1 billion combinations" in size_in_words(middle.parameters)


@pytest.mark.parametrize("name", list(SPACES))
def test_a_record_tells_the_same_size(name: str) -> None:
    space = SPACES[name]
    assert size_in_words(parameters_in(space.to_json())) == size_in_words(space.parameters)


def test_shares_are_near_the_truth_and_the_same_each_time() -> None:
    space = compile_space({"x": Float(0, 1), "y": Float(0, 1)}).rule("x <= 0.7").rule("y <= 0.5")
    together, (first, second) = shares_cut(space, space.rules, sample_of(space))
    assert first == pytest.approx(0.3, abs=0.06) and second == pytest.approx(0.5, abs=0.06)
    assert together == pytest.approx(0.65, abs=0.06)
    assert shares_cut(space, space.rules, sample_of(space)) == (together, (first, second))


def test_a_rule_from_python_is_measured_too() -> None:
    space = compile_space({"x": Float(0, 1)}).rule(lambda values: values["x"] <= 0.25)
    assert shares_cut(space, space.rules, sample_of(space))[0] == pytest.approx(0.75, abs=0.06)


def test_what_hangs_on_many_choices_is_very_many_after_a_bounded_number_of_steps() -> None:
    names = [f"c{number}" for number in range(13)]
    choices = [Parameter(name, "choice", options=tuple("0123456789")) for name in names]
    last = Parameter("x", "float", 0, 1, conditions=tuple(((name, "0"),) for name in names))
    begun = time.monotonic()
    assert combinations([*choices, last], 10) is None
    assert size_in_words([*choices, last]) == "14 parameters: very many combinations at 10 values for each number"
    assert time.monotonic() - begun < 5
    few = [*choices[:2], Parameter("x", "float", 0, 1, conditions=last.conditions[:2])]
    assert combinations(few, 10) == 81 + 19 * 10


def test_wide_whole_numbers_beside_a_shared_hole_are_not_made_to_be_counted() -> None:
    shared = compile_space({"a": Choice(one={"p": Int(1, 3, name="p")}, two={"p": Int(1, 3, name="p")}, three={})})
    wide = [Parameter(f"n{number}", "int", 1, 10**7) for number in range(3)]
    begun = time.monotonic()
    assert size_in_words([*shared.parameters, *wide]) == "5 parameters: very many combinations"
    assert time.monotonic() - begun < 1


def test_options_that_stand_twice_are_counted_without_walking_twice() -> None:
    parameters, path = [], ()
    for number in range(40):
        parameters.append(Parameter(f"c{number}", "choice", options=("a", "a"), conditions=(path,)))
        path = (*path, (f"c{number}", "a"))
    begun = time.monotonic()
    assert combinations(parameters, 10) == 2**40
    assert time.monotonic() - begun < 5
