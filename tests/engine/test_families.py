"""The rule for the next family: what changes its choice, what does not, and what it does in a search."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from automl_magic.engine import tpe
from automl_magic.engine.budget import Budget
from automl_magic.engine.events import Config, FoldScore, from_json, to_json
from automl_magic.engine.families import START, Arm, Fork, by_promise
from automl_magic.engine.history import History
from automl_magic.engine.holes import Build, Choice, Float, Int
from automl_magic.engine.repeated import Repeated
from automl_magic.engine.space import compile_space
from automl_magic.engine.space_columns import columns_of_space
from tests.engine.toy import toy_study

Draw = Callable[[np.random.Generator], float]


def arm_of(
    option: int, losses: Sequence[float], *, cost: float = math.nan, pending: int = 0, weight: float = 1.0
) -> Arm:
    count = len(losses)
    return Arm(option, 3, weight, np.array(losses, dtype=float), np.arange(count), np.full(count, cost), pending)


def fork_of(arms: Sequence[Arm], **fields: Any) -> Fork:
    return Fork(**{"label": "model", "arms": tuple(arms), "depth": 0, "evaluated": 0, **fields})


def choice_of(arms: Sequence[Arm], seed: int = 0) -> int:
    option = by_promise(fork_of(arms), np.random.default_rng(seed))
    assert option is not None
    return option


def draws_of(families: Sequence[Draw], count: int, seed: int = 0, costs: Sequence[float] | None = None) -> list[int]:
    """Return the families of `count` trials whose losses are drawn."""
    rng, losses, chosen = np.random.default_rng(seed), [list[float]() for _ in families], list[int]()
    for _ in range(count):
        told = [math.nan] * len(families) if costs is None else costs
        option = choice_of([arm_of(at, one, cost=told[at]) for at, one in enumerate(losses)], int(rng.integers(2**31)))
        losses[option].append(families[option](rng))
        chosen.append(option)
    return chosen


def random_losses(seed: int, arms: int = 5) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(rng.normal(), rng.exponential(), int(rng.integers(4, 30))) for _ in range(arms)]


def above(floor: float, spread: float = 1.0) -> Draw:
    return lambda rng: floor + spread * float(rng.random())


@pytest.mark.parametrize("arms", (2, 7, 30))
def test_every_family_begins_with_a_few_trials_in_turns(arms: int) -> None:
    start = START if arms < 16 else 2
    chosen = draws_of([above(at) for at in range(arms)], start * arms)
    for turn in range(start):
        assert sorted(chosen[turn * arms : (turn + 1) * arms]) == list(range(arms))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("factor", "offset"), ((1000.0, 0.0), (1e-6, 0.0), (1.0, -37.5), (0.125, 1e3)))
def test_shifting_and_stretching_all_losses_changes_no_choice(seed: int, factor: float, offset: float) -> None:
    losses = random_losses(seed)
    moved = [factor * one + offset for one in losses]
    choices = [choice_of([arm_of(at, one) for at, one in enumerate(of)]) for of in (losses, moved)]
    assert choices[0] == choices[1]


def test_the_choice_hangs_on_the_losses_and_not_on_the_order_of_families() -> None:
    chosen = set()
    for seed in range(20):
        losses = random_losses(seed)
        first = choice_of([arm_of(at, one) for at, one in enumerate(losses)])
        second = choice_of([arm_of(at, one) for at, one in enumerate(reversed(losses))])
        assert first == len(losses) - 1 - second
        chosen.add(first)
    assert len(chosen) > 1


def test_the_same_seed_gives_the_same_families() -> None:
    families = [above(0.3), above(0.2), above(0.1)]
    assert draws_of(families, 60, seed=3) == draws_of(families, 60, seed=3)


@pytest.mark.parametrize("seed", range(5))
def test_the_family_whose_usual_draw_beats_every_other_gets_most_trials(seed: int) -> None:
    families = [above(1.0 + at / 10, 0.5) for at in range(8)]
    families[5] = above(0.0, 0.5)
    assert Counter(draws_of(families, 100, seed))[5] >= 50
    assert draws_of(families, 100, seed)[50:].count(5) >= 30


def test_a_family_that_came_to_rest_gives_way_to_one_whose_good_losses_lie_far_apart() -> None:
    rested = [0.9, 0.5, 0.31, 0.302, 0.3011, 0.3009, 0.3008, 0.3005, 0.3004, 0.3003]
    spread = [2.4, 1.9, 1.7, 1.3, 1.1, 0.9, 0.8, 0.6, 0.5, 0.36]
    assert min(rested) < min(spread)
    assert choice_of([arm_of(0, rested), arm_of(1, spread)]) == 1
    assert choice_of([arm_of(0, rested), arm_of(1, [one + 30 for one in rested])]) == 0


def test_a_family_that_always_fails_gets_no_more_than_it_is_owed() -> None:
    chosen = Counter(draws_of([above(0.2), lambda rng: math.inf, above(0.4)], 120))
    assert START <= chosen[1] <= math.log2(1 + 120 / 3) + 1


def test_failures_of_everything_are_spread_over_all_families() -> None:
    chosen = Counter(draws_of([lambda rng: math.inf] * 4, 40))
    assert set(chosen.values()) == {10}


def test_the_more_often_a_family_fails_the_less_it_gets() -> None:
    def failing(share: float) -> Draw:
        return lambda rng: math.inf if rng.random() < share else float(rng.random())

    shares = [
        sum(draws_of([above(0.0), failing(share)], 100, seed).count(1) for seed in range(8))
        for share in (0.0, 0.6, 0.95)
    ]
    assert shares[0] > shares[1] > shares[2] >= 8 * START


@pytest.mark.parametrize("seed", range(10))
def test_a_huge_loss_counts_as_a_bad_one(seed: int) -> None:
    losses = random_losses(seed)
    everything = np.concatenate(losses)
    bad = everything.min() + 5 * (np.median(everything) - everything.min())
    choices = []
    for value in (bad, 1e12, 1e300):
        arms = [arm_of(at, np.append(one, value)) for at, one in enumerate(losses)]
        choices.append(choice_of(arms))
    assert len(set(choices)) == 1


def test_a_family_with_losses_of_another_order_hides_nothing_among_the_others() -> None:
    families = [lambda rng: math.inf, above(0.0), lambda rng: 1e12 * (1 + float(rng.random()))]
    assert draws_of(families, 60).count(1) >= 40


def test_equal_losses_are_tried_in_turns_and_nothing_breaks() -> None:
    chosen = Counter(draws_of([lambda rng: 1.0] * 3, 30))
    assert set(chosen.values()) == {10}


def test_trials_that_are_pending_send_the_next_ones_to_other_families() -> None:
    losses = [0.5, 0.4, 0.8, 0.3, 0.9, 0.35]
    pending, chosen = [0, 0, 0, 0], []
    for _ in range(4):
        chosen.append(choice_of([arm_of(at, losses, pending=count) for at, count in enumerate(pending)]))
        pending[chosen[-1]] += 1
    assert sorted(chosen) == [0, 1, 2, 3]


def test_at_the_beginning_pending_trials_count_as_turns() -> None:
    assert choice_of([arm_of(0, [], pending=1), arm_of(1, [], pending=1), arm_of(2, [])]) == 2


def test_every_family_is_tried_again_as_trials_grow_in_number() -> None:
    chosen = draws_of([above(0.0, 0.1), above(50.0, 0.1)], 300)
    assert chosen.count(1) >= 7
    assert 1 in chosen[60:]


def test_a_dear_family_gets_fewer_trials_unless_it_is_better() -> None:
    alike, better = [above(0.0)] * 3, [above(0.0, 0.5), above(5.0), above(5.0)]
    costs = (20.0, 1.0, 1.0)
    for seed in range(3):
        equal, dear = (Counter(draws_of(alike, 90, seed, given))[0] for given in (None, costs))
        assert dear * 2 < equal
        assert Counter(draws_of(better, 90, seed, costs))[0] > 45


def test_costs_in_another_unit_change_no_choice_and_untold_ones_count_as_the_mean() -> None:
    for seed in range(10):
        losses = random_losses(seed, arms=3)
        arms = [arm_of(at, one, cost=cost) for at, (one, cost) in enumerate(zip(losses, (1, 5, 3), strict=True))]
        assert choice_of(arms) == choice_of([replace(arm, costs=arm.costs * 60) for arm in arms])
        untold = [*arms[:2], replace(arms[2], costs=np.full(len(losses[2]), np.nan))]
        assert choice_of(arms) == choice_of(untold)


def test_an_option_without_weight_is_not_taken() -> None:
    arms = [arm_of(0, [0.1, 0.2, 0.3]), arm_of(1, [], weight=0.0), arm_of(2, [0.1, 0.2, 0.4])]
    assert {choice_of(arms, seed) for seed in range(10)} <= {0, 2}


def test_choices_beside_the_families_are_left_to_the_estimator() -> None:
    arms = [arm_of(0, [0.1, 0.2]), replace(arm_of(1, [0.3, 0.1]), labels=1)]
    rng = np.random.default_rng(0)
    assert by_promise(fork_of(arms, is_of_families=False), rng) is None
    assert by_promise(fork_of(arms, depth=1), rng) is None  # one option alone has several labels
    assert by_promise(fork_of([arms[0], replace(arms[0], option=1)], depth=1), rng) is not None


def test_a_number_of_layers_is_no_choice_of_families() -> None:
    layers = Repeated(Int(1, 3), lambda number: {"x": Float(0, 1), "y": Float(0, 1)}, "layer", "depth")
    models = Choice(deep=Build(dict, layers=layers), flat={"x": Float(0, 1), "y": Float(0, 1)}, no={"z": Float(0, 1)})
    columns = columns_of_space(compile_space(models))
    told = {column.label: columns.is_of_amounts(column) for column in columns.forks}
    assert told == {"model": False, "deep.depth": True}
    arms = [arm_of(option, [0.1, 0.2]) for option in range(3)]
    rng = np.random.default_rng(0)
    assert by_promise(fork_of(arms, depth=1, is_of_amounts=True), rng) is None
    assert by_promise(fork_of(arms, depth=0, is_of_amounts=True), rng) is not None


def families_of(space: Any, call: Callable[[Any], float], trials: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return the values of the trials that plain hyperopt makes with our algorithm."""
    from hyperopt import Trials, fmin

    told = Trials()
    rng = np.random.default_rng(seed)
    fmin(call, space, algo=tpe.suggest, max_evals=trials, trials=told, rstate=rng, show_progressbar=False)
    return [{label: one[0] for label, one in trial["misc"]["vals"].items() if one} for trial in told.trials]


def test_the_choice_with_the_most_labels_is_that_of_families_wherever_it_stands() -> None:
    from hyperopt import hp

    models = [{"kind": kind, **{f"{kind}{at}": hp.uniform(f"{kind}{at}", 0, 1) for at in range(3)}} for kind in "abc"]
    step = hp.choice("a_step", [{"kind": "none"}, {"kind": "some", "share": hp.uniform("share", 0, 1)}])
    made = families_of({"a": step, "m": hp.choice("model", models)}, lambda values: values["m"]["kind"] == "a", 9)
    assert Counter(values["model"] for values in made) == {0: 3, 1: 3, 2: 3}


def test_a_choice_of_families_within_one_is_explored_as_well() -> None:
    from hyperopt import hp

    def family(name: str) -> dict[str, Any]:
        return {"name": name, "x": hp.uniform(f"{name}.x", 0, 1), "y": hp.uniform(f"{name}.y", 0, 1)}

    inner = hp.choice("tree", [family("forest"), family("boosting"), family("extra")])
    space = hp.choice("model", [family("linear"), inner])
    made = families_of(space, lambda values: 0.5 + values["x"] if values["name"] != "extra" else values["x"], 60)
    counts = Counter((values["model"], values.get("tree")) for values in made)
    assert min(counts[1, tree] for tree in range(3)) >= START
    assert counts[1, 2] == max(counts.values())


def test_a_family_that_has_nothing_new_to_offer_is_left() -> None:
    from hyperopt import hp

    small = {"name": "small", "kind": hp.choice("kind", [1, 2, 3])}
    large = {"name": "large", "x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)}
    made = families_of(
        hp.choice("model", [small, large]),
        lambda values: values["kind"] / 9 if values["name"] == "small" else 1 + values["x"],
        40,
    )
    assert len({tuple(sorted(values.items())) for values in made}) == 40


@dataclass(frozen=True)
class TwoFamilies:
    """Score two families alike; `cost` says what the first costs."""

    dear: float
    folds: int = 1
    rungs: int = 1

    def cost(self, config: Config) -> float:
        return self.dear if config["model"] == "dear" else 1.0

    def evaluate(self, *, config: Config, fold: int, rung: int, seed: int, trial: int, hidden: bool) -> FoldScore:
        x, y = (config[f"{config['model']}.{name}"] for name in "xy")
        return FoldScore(-((x - 0.3) ** 2) - (y - 0.6) ** 2, 0.0)


def test_a_run_gives_a_dear_family_fewer_trials_by_the_estimate_of_the_evaluator() -> None:
    def family(name: str) -> dict[str, Any]:
        return {"x": Float(0.0, 1.0, name=f"{name}.x"), "y": Float(0.0, 1.0, name=f"{name}.y")}

    space = compile_space({"m": Choice(dear=family("dear"), cheap=family("cheap"), name="model")})
    shares = []
    for dear in (1.0, 20.0):
        study = toy_study(space=space, evaluator=TwoFamilies(dear), search="tpe", budget=Budget(trials=60), seed=2)
        for _ in study.events():
            pass
        shares.append(sum(trial.config["model"] == "dear" for trial in study.history.trials.values()))
    assert shares[1] * 2 < shares[0]


def test_seconds_count_as_they_were_recorded_under_a_budget_of_seconds_and_the_estimate_under_one_of_trials() -> None:
    space = compile_space({"m": Choice(dear={"x": Float(0, 1), "y": Float(0, 1)}, name="model")})
    for budget, is_timed in ((Budget(seconds=30.0, trials=4), True), (Budget(trials=4), False)):
        study = toy_study(space=space, evaluator=TwoFamilies(7.0), budget=budget)
        recorded = History()
        for event in study.events():
            recorded.apply(from_json(to_json(event)))
        for trial in study.history.trials.values():
            seconds = recorded.trial(trial.id).seconds
            assert study.cost_of(trial) == (seconds if is_timed else 7.0) and 0.0 < seconds < 7.0
