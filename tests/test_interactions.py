"""How many parameters matter, which interact and where to narrow: planted truths are found, nothing is made up."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from automl_magic import Choice, Float, Int, tune
from automl_magic.engine.events import RunStarted, TrialEnded, TrialStarted
from automl_magic.engine.history import History
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.interactions import LEAST, Insight, RunInsight, insight_of

PLANE = {f"x{number}": Float(-1, 1) for number in range(1, 21)}
MIXED = {"rate": Float(1e-4, 1, log=True), "kind": Choice("a", "b", "c"), "leaves": Int(1, 30), "idle": Float(0, 1)}


def history_of(score: Callable[[dict[str, Any]], float], space: Any, trials: int = 200, seed: int = 0) -> History:
    """Return a history of random trials, all done."""
    compiled = space if isinstance(space, SearchSpace) else compile_space(space)
    draw = np.random.default_rng(seed)
    history = History()
    about = {"metric": {"name": "value", "label": "value", "sign": 1}}
    history.apply(RunStarted("run", {}, compiled.to_json(), 1, 0, about))
    for number in range(trials):
        config = compiled.sample(draw)
        history.apply(TrialStarted(number, number, config, "random", 0))
        history.apply(TrialEnded(number, "done", score(config), 0.0, 1.0))
    return history


def found_in(score: Callable[[dict[str, Any]], float], space: Any, trials: int = 200, seed: int = 0) -> Insight:
    return insight_of(history_of(score, space, trials, seed)).groups[0]


def pairs_of(insight: Insight) -> list[set[str]]:
    return [{pair.one, pair.other} for pair in insight.interactions]


@pytest.mark.parametrize(
    "score",
    [
        lambda c: c["x3"] * c["x7"],
        lambda c: -5 * c["x3"] * c["x7"],
        lambda c: math.exp(2 * c["x3"] * c["x7"]),
        lambda c: (c["x3"] - 0.3) * (c["x7"] + 0.2),
    ],
    ids=["product", "of the other sign", "on another scale", "off the middle"],
)
def test_a_product_among_eighteen_idle_ones_is_found_and_two_of_twenty_are_said_to_matter(score: Any) -> None:
    for seed in range(3):
        found = found_in(score, PLANE, seed=seed)
        assert pairs_of(found)[0] == {"x3", "x7"}
        assert {label for label, _ in found.matter} == {"x3", "x7"} and found.parameters == 20
        assert found.sentences[0].startswith("2 of 20 hyperparameters matter: x")


@pytest.mark.parametrize(
    "score",
    [
        lambda c: c["x1"] + 2 * c["x2"] - c["x3"],
        lambda c: -((c["x1"] - 0.4) ** 2) - 2 * c["x2"] ** 2 - abs(c["x3"] + 0.3),
        lambda c: math.exp(c["x1"] ** 2 + 2 * (c["x2"] - 0.2) ** 2),
        lambda c: math.log(0.05 + c["x1"] ** 2 + c["x2"] ** 2),
        lambda c: float(c["x1"] > 0.2) + 0.5 * math.sin(6 * c["x2"]),
    ],
    ids=["straight", "peaks", "sum under exp", "sum under log", "steps and waves"],
)
def test_no_interaction_is_claimed_where_effects_add_up_on_some_scale(score: Any) -> None:
    for seed in range(3):
        assert found_in(score, PLANE, seed=seed).interactions == ()


def test_nothing_is_claimed_of_noise() -> None:
    draw = np.random.default_rng(5)
    for seed in range(5):
        found = found_in(lambda _: float(draw.normal()), PLANE, seed=seed)
        assert found.matter == () and found.interactions == () and found.narrowings == ()
        assert found.sentences == ("None of 20 hyperparameters stands out from chance in 200 trials.",)


def test_a_pair_is_found_among_trials_that_a_searcher_gathered() -> None:
    space = {f"x{number}": Float(-1, 1) for number in range(1, 9)}
    hits = 0
    for seed in range(3):
        run = tune(lambda c: c["x1"] * c["x2"], space, trials=120, workers=0, seed=seed, search="tpe")
        found = run.insight().groups[0]
        hits += pairs_of(found)[:1] == [{"x1", "x2"}]
    assert hits >= 2


def test_a_choice_a_whole_number_and_a_logarithm_interact_too() -> None:
    def score(config: dict[str, Any]) -> float:
        bent = 1 if config["kind"] == "b" else -1
        return bent * (math.log10(config["rate"]) + 2) + config["leaves"] / 30

    found = found_in(score, MIXED)
    assert pairs_of(found) == [{"rate", "kind"}]
    assert {label for label, _ in found.matter} == {"rate", "kind", "leaves"}


def test_each_family_is_looked_at_for_itself() -> None:
    space = compile_space(Choice(one={"a": Float(-1, 1), "b": Float(-1, 1)}, two={"c": Float(0, 1), "d": Float(0, 1)}))

    def score(config: dict[str, Any]) -> float:
        return config["one.a"] * config["one.b"] if config["model"] == "one" else 3 + config["two.c"]

    groups = {group.model: group for group in insight_of(history_of(score, space)).groups}
    assert [label for label, _ in groups[None].matter] == ["model"]
    assert pairs_of(groups["one"]) == [{"one.a", "one.b"}]
    assert [label for label, _ in groups["two"].matter] == ["two.c"] and not groups["two"].interactions
    assert groups["two"].sentences[0].startswith("two: 1 of 2 hyperparameters matters: two.c.")


def test_total_effects_are_those_of_the_function_itself() -> None:
    """Of x1 + x1 x2 on [-1, 1]: variances 1/3 and 1/9, so total indices 1 and 1/4."""
    found = dict(found_in(lambda c: c["x1"] + c["x1"] * c["x2"], PLANE).matter)
    assert found == {"x1": pytest.approx(1, abs=0.03), "x2": pytest.approx(0.25, abs=0.05)}


def test_too_few_trials_say_so() -> None:
    found = found_in(lambda c: c["x1"], PLANE, trials=LEAST - 1)
    assert found.matter == () and found.sentences == (
        f"Too few to tell: {LEAST - 1} of the {LEAST} done trials that it takes.",
    )


def test_the_same_history_gives_the_same_insight_and_equal_scores_give_none() -> None:
    one, other = (insight_of(history_of(lambda c: c["rate"] * c["idle"], MIXED)) for _ in range(2))
    assert one == other
    assert found_in(lambda _: 1.0, MIXED).matter == ()


def test_many_trials_and_many_parameters_are_looked_at_by_a_sample() -> None:
    space = {f"x{number}": Float(-1, 1) for number in range(50)}
    found = found_in(lambda c: c["x1"] * c["x2"], space, trials=2000)
    assert pairs_of(found) == [{"x1", "x2"}] and found.parameters == 50 and found.trials == 2000


def peak(config: dict[str, Any]) -> float:
    """Return a score that is best at rate 0.01 with kind a."""
    return -abs(math.log10(config["rate"]) + 2) - (config["kind"] != "a") * 2.0


def test_a_narrowing_keeps_the_optimum_and_can_be_carried_out_and_pasted() -> None:
    for seed in range(5):
        space = compile_space(MIXED)
        insight = insight_of(history_of(peak, space, seed=seed))
        by_label = {one.label: one for one in insight.narrowings}
        assert set(by_label) == {"rate", "kind"}
        assert by_label["kind"].options == ("a",) and by_label["kind"].low is None
        low, high = by_label["rate"].low, by_label["rate"].high
        assert low is not None and high is not None and 1e-4 < low < 0.01 < high < 1
        narrowed = insight.apply(space)
        assert (narrowed["rate"].low, narrowed["rate"].high) == (low, high) and narrowed["kind"].options == ("a",)
        for one in insight.narrowings:
            pasted = eval(one.code, {"space": space})
            assert pasted.fingerprint() == one.apply(space).fingerprint()


def test_the_share_of_good_trials_that_is_kept_holds_for_new_ones() -> None:
    shares = []
    for seed in range(5):
        insight = insight_of(history_of(peak, MIXED, seed=seed))
        space = insight.apply(compile_space(MIXED))
        fresh = history_of(peak, MIXED, trials=2000, seed=100 + seed)
        ranked = sorted(fresh.trials.values(), key=lambda trial: -(trial.score or 0.0))[:200]
        shares.append((sum(space.contains(trial.config) for trial in ranked) / 200, insight.groups[0].kept))
    assert all(real > said - 0.15 for real, said in shares)


def test_after_few_trials_less_is_said_to_be_kept_than_after_many() -> None:
    def said(trials: int, seed: int) -> float:
        found = found_in(lambda c: -abs(c["x1"] - 0.2), {"x1": Float(-1, 1), "x2": Float(-1, 1)}, trials, seed)
        return found.narrowings[0].kept if found.narrowings else 0.0

    few, many = ([said(trials, seed) for seed in range(3)] for trials in (60, 480))
    assert max(few) < 0.92 < min(many) < 1


def test_what_was_hardly_tried_is_not_cut_off() -> None:
    history = history_of(lambda c: -abs(c["x1"] - 0.1), {"x1": Float(-1, 1), "x2": Float(-1, 1)}, trials=60)
    wider = compile_space({"x1": Float(-1, 30), "x2": Float(-1, 1)})
    begun = RunStarted("run", {}, wider.to_json(), 1, 0, history.about)
    history.apply(begun)
    found = insight_of(history).groups[0]
    assert [one.high for one in found.narrowings if one.label == "x1"] in ([], [30.0])


def test_its_text_reads_well_and_its_tables_have_a_row_each() -> None:
    run = tune(lambda c: c["x1"] * c["x2"], PLANE, trials=150, workers=0, search="random")
    insight = run.insight()
    assert isinstance(insight, RunInsight)
    lines = repr(insight).splitlines()
    assert lines[0].startswith("2 of 20 hyperparameters matter: x")
    assert lines[1].startswith("x1 and x2 interact: ")
    assert list(insight.interactions().columns) == ["model", "one", "other", "share"]
    assert len(insight.interactions()) == 1 and len(insight.effects()) == 2
