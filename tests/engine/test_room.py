"""A space of which rules leave nothing is refused before a search; one that is merely hard to draw from is searched."""

from __future__ import annotations

import time
from typing import Any

import pytest

import automl_magic
from automl_magic.engine.budget import Budget
from automl_magic.engine.grid import GridSearcher
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.room import need_a_point
from automl_magic.engine.searchers import sample_new
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.errors import SpaceError
from automl_magic.extend import SEARCHERS
from tests.contracts.test_searchers import views
from tests.engine.toy import toy_space, toy_study

WHOLE = {f"n{number}": Int(1, 9) for number in range(4)}
NUMBERS = {f"x{number}": Float(0.0, 1.0) for number in range(8)}


def large() -> SearchSpace:
    """Return a space as large as that of tables: eight families with six numbers each."""
    families = {f"f{family}": {f"p{number}": Float(0, 1) for number in range(6)} for family in range(8)}
    return compile_space({"model": Choice(**families), **NUMBERS})


def ruled(holes: dict[str, Any], *rules: str) -> SearchSpace:
    space = compile_space(holes)
    for rule in rules:
        space = space.rule(rule)
    return space


@pytest.fixture(autouse=True)
def folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("search", sorted(SEARCHERS.keys()))
def test_every_searcher_refuses_before_the_first_call_and_names_the_rules(search: str, tmp_path: Any) -> None:
    calls: list[Any] = []
    space = ruled(NUMBERS, "x0 < 0.3", "x0 > 0.6")
    with pytest.raises(SpaceError) as caught:
        automl_magic.tune(lambda values: calls.append(values) or 0.0, space, search=search, trials=3, workers=0)
    assert "'x0 < 0.3' refused" in str(caught.value) and "'x0 > 0.6' refused" in str(caught.value)
    assert "of 10,000 draws" in str(caught.value) and "was found" in str(caught.value)
    assert not calls and not list(tmp_path.glob(".automl/*"))


def test_a_table_and_a_race_refuse_as_well(tmp_path: Any) -> None:
    def body(space: Any) -> None:
        space.rule("linear.C > 10")
        space.rule("linear.C < 1")
        space.models("linear")

    table = automl_magic.load_data("titanic").head(60)
    with pytest.raises(SpaceError, match="'linear.C > 10' refused"):
        automl_magic.fit(table, "survived", space=body, trials=2, workers=0)
    space = ruled(NUMBERS, "x0 > 2")
    with pytest.raises(SpaceError, match="'x0 > 2' refused 10,000 of 10,000 draws"):
        automl_magic.race(on=lambda values: values["x0"], space=space, search=("random", "tpe"), trials=2, workers=0)
    assert not list(tmp_path.glob(".automl/*"))


def test_of_a_finite_space_it_is_known_that_there_is_none() -> None:
    with pytest.raises(SpaceError, match="No configuration meets the rules: 'n0 > 8' refused 8 and .* of 9 combin"):
        need_a_point(ruled({**NUMBERS, **WHOLE}, "n0 > 8", "n0 < 9"))


@pytest.mark.parametrize("rules", [("x0 > 2",), ("model == 'f1'", "model.f1.p0 > 0.5", "model.f1.p0 + x1 < 0.4")])
def test_a_large_space_is_refused_in_less_than_half_a_second(rules: tuple[str, ...]) -> None:
    space = large()
    for rule in rules:
        space = space.rule(rule)
    begun = time.process_time()
    with pytest.raises(SpaceError):
        need_a_point(space)
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    "space",
    [
        ruled(NUMBERS, *(f"x{number} < 0.2" for number in range(8))),  # about one draw of 400,000
        ruled({**WHOLE, "m": Int(1, 9)}, *(f"n{number} == 3" for number in range(4)), "m == 9"),  # one of 59,049
        ruled({"x": Float(0, 1, default=0.25), "y": Float(0, 1)}, "x == 0.25"),  # the default alone
        compile_space({"x": Float(0, 1)}).start({"x": 0.125}).rule("x == 0.125"),
    ],
    ids=["small", "one of many", "default", "start"],
)
def test_a_space_that_is_hard_to_draw_from_is_not_refused(space: SearchSpace) -> None:
    need_a_point(space)


def test_where_no_draw_meets_many_rules_a_walk_towards_them_does() -> None:
    space = ruled(NUMBERS, *(f"x{number} < 0.2" for number in range(8)))
    found = sample_new(next(views(space, [])), generator_of(0))
    assert found is not None and space.contains(found)


def test_a_search_with_trials_to_show_ends_in_words_where_nothing_more_is_found() -> None:
    space = compile_space({"x": Float(0, 1, default=0.25)}).start({"x": 0.25}).rule("x == 0.25")
    run = automl_magic.tune(lambda values: values["x"], space, trials=5, workers=0)
    assert run.score == 0.25 and len(run.history.trials) == 1
    assert "nothing more could be proposed" in str(run.history.reason) and "'x == 0.25' refused" in run.summary()[-1]


# -- the grid ----------------------------------------------------------------------------------------------------------


def grid_of(space: SearchSpace, points: int) -> list[Any]:
    return list(GridSearcher(points).visit(space))


def test_a_grid_without_a_point_is_refused_though_its_space_has_some() -> None:
    space = ruled({"x": Float(0, 1), "y": Float(0, 1)}, "x > 0.1 and x < 0.2")
    with pytest.raises(SpaceError, match=r"No point of the grid .* 'x > 0.1 and x < 0.2' refused 9 of 9 points"):
        automl_magic.tune(lambda values: values["x"], space, search="grid(points=3)", trials=3, workers=0)


def test_of_a_huge_grid_it_is_said_how_many_points_were_looked_at() -> None:
    with pytest.raises(SpaceError, match="refused 10,000 of 10,000 points, the first out of 390,625"):
        grid_of(ruled(NUMBERS, "x0 > 0.1 and x0 < 0.2"), 5)


def test_a_grid_of_which_the_rest_is_refused_ends_the_search_and_says_what_was_looked_at() -> None:
    seen: list[Any] = []

    def few(values: Any) -> bool:  # the first points of the grid in its order, and no other
        seen.append(1)
        return len(seen) <= 40

    study = toy_study(space=toy_space().rule(few), searcher=GridSearcher(800), budget=Budget(trials=60))
    list(study.events())
    assert 0 < study.history.counts()["done"] < 60
    assert "points of the grid met the rules, and of those that came next 'few' refused 10,000 of 10,000" in str(
        study.history.reason
    )


def test_a_grid_of_which_few_points_are_left_goes_on_to_its_end() -> None:
    space = ruled(WHOLE, "n0 == 1", "n1 == 1")
    assert len(grid_of(space, 9)) == 81 and GridSearcher(9).ended == "every point of the grid was tried"
