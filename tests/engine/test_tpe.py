"""The joint estimator: hyperopt's contract of a suggest algorithm, the same point everywhere, and what it learns."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hyperopt import STATUS_FAIL, STATUS_OK, Trials, fmin, hp
from hyperopt.base import Domain
from hyperopt.early_stop import no_progress_loss
from hyperopt.fmin import generate_trials_to_calculate

from automl_magic.engine.tpe import suggest

ROOT = Path(__file__).parents[2]
EVERY_KIND = {
    "uniform": hp.uniform("uniform", -5, 10),
    "loguniform": hp.loguniform("loguniform", math.log(1e-4), 0),
    "quniform": hp.quniform("quniform", 1, 10, 3),
    "qloguniform": hp.qloguniform("qloguniform", 0, math.log(100), 2),
    "normal": hp.normal("normal", 3, 2),
    "lognormal": hp.lognormal("lognormal", 0, 1),
    "qnormal": hp.qnormal("qnormal", 0, 5, 2),
    "qlognormal": hp.qlognormal("qlognormal", 1, 1, 2),
    "randint": hp.randint("randint", 7),
    "between": hp.randint("between", 3, 9),
    "uniformint": hp.uniformint("uniformint", 2, 6),
    "choice": hp.choice(
        "choice", ["a", {"depth": hp.quniform("depth", 1, 5, 1)}, {"share": hp.uniform("share", 0, 1)}]
    ),
    "pchoice": hp.pchoice("pchoice", [(0.1, "rare"), (0.9, {"below": hp.normal("below", 0, 1)})]),
}


def distance(values: Any) -> float:
    """Return a loss that depends on several kinds, and on a branch."""
    choice = values["choice"]
    branch = 2.0 if choice == "a" else abs(choice.get("depth", 4) - 4) if "depth" in choice else choice["share"] + 0.5
    return float(abs(values["uniform"] - 2) + abs(math.log(values["loguniform"]) + 5) + branch + values["randint"] / 7)


def run(
    space: Any = EVERY_KIND,
    function: Callable[[Any], Any] = distance,
    evaluations: int = 60,
    seed: int = 0,
    **more: Any,
) -> Trials:
    """Search with hyperopt's own loop."""
    trials = more.pop("trials") if "trials" in more else Trials()
    rng = np.random.default_rng(seed)
    fmin(
        function, space, suggest, evaluations, trials=trials, rstate=rng, show_progressbar=False, verbose=False, **more
    )
    return trials


def values_of(trials: Trials, label: str) -> list[Any]:
    """Return the values of a label in the trials in which it counts."""
    return [value for document in trials.trials for value in document["misc"]["vals"][label]]


@pytest.fixture(scope="module")
def searched() -> Trials:
    """Return 60 trials on every kind of distribution."""
    return run()


def test_every_kind_stays_within_its_bounds_and_on_its_steps(searched: Trials) -> None:
    def all_of(label: str, holds: Callable[[Any], bool]) -> None:
        values = values_of(searched, label)
        assert values and all(map(holds, values)), (label, values)

    all_of("uniform", lambda x: -5 <= x <= 10)
    all_of("loguniform", lambda x: 1e-4 <= x <= 1)
    all_of("quniform", lambda x: x in (0, 3, 6, 9))
    all_of("qloguniform", lambda x: 0 <= x <= 100 and x % 2 == 0)
    all_of("lognormal", lambda x: x > 0)
    all_of("qnormal", lambda x: x % 2 == 0)
    all_of("qlognormal", lambda x: x >= 0 and x % 2 == 0)
    all_of("randint", lambda x: x in range(7) and isinstance(x, int))
    all_of("between", lambda x: x in range(3, 9) and isinstance(x, int))
    all_of("uniformint", lambda x: x in range(2, 7))
    all_of("choice", lambda x: x in (0, 1, 2))
    all_of("pchoice", lambda x: x in (0, 1))
    all_of("depth", lambda x: x in range(1, 6))
    assert len(set(values_of(searched, "normal"))) > 50


def test_labels_are_there_exactly_when_they_count_and_idxs_say_so(searched: Trials) -> None:
    for document in searched.trials:
        vals, idxs = document["misc"]["vals"], document["misc"]["idxs"]
        counts = {"depth": vals["choice"] == [1], "share": vals["choice"] == [2], "below": vals["pchoice"] == [1]}
        for label in vals:
            assert len(vals[label]) == counts.get(label, True), label
            assert idxs[label] == [document["tid"]] * len(vals[label])


def test_it_comes_nearer_than_random_draws(searched: Trials) -> None:
    losses = searched.losses()
    assert np.mean(losses[40:]) < 0.6 * np.mean(losses[:10])


def test_the_same_seed_gives_the_same_points_and_another_other_ones(searched: Trials) -> None:
    assert [one["misc"]["vals"] for one in run().trials] == [one["misc"]["vals"] for one in searched.trials]
    assert run(seed=1).trials[30]["misc"]["vals"] != searched.trials[30]["misc"]["vals"]


def test_trials_go_on_where_they_were(searched: Trials) -> None:
    whole = [one["misc"]["vals"] for one in searched.trials]
    half = run(evaluations=30)
    domain = Domain(distance, EVERY_KIND)
    old = Trials()
    old.insert_trial_docs(half.trials)
    old.refresh()
    for seed in range(5):
        again, known = (suggest([30], Domain(distance, EVERY_KIND), one, seed) for one in (old, half))
        assert again[0]["misc"]["vals"] == known[0]["misc"]["vals"]
    assert suggest([30], domain, old, 3)[0]["misc"]["vals"] == suggest([30], domain, old, 3)[0]["misc"]["vals"]
    assert [one["misc"]["vals"] for one in half.trials] == whole[:30]


def test_points_to_evaluate_come_first_and_are_learned_from() -> None:
    space = {"x": hp.uniform("x", -10, 10), "y": hp.uniform("y", -10, 10)}
    points = [{"x": 1.0, "y": 2.0}, {"x": -9.0, "y": 9.0}]
    trials = run(
        space, lambda v: (v["x"] - 1) ** 2 + (v["y"] - 2) ** 2, 40, trials=generate_trials_to_calculate(points)
    )
    assert trials.trials[0]["misc"]["vals"] == {"x": [1.0], "y": [2.0]}
    near = [abs(document["misc"]["vals"]["x"][0] - 1) for document in trials.trials[25:]]
    assert np.median(near) < 2


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_queue_gets_points_that_differ(at_once: int) -> None:
    trials = run(
        {"x": hp.uniform("x", 0, 1), "k": hp.randint("k", 4)}, lambda v: v["x"] + v["k"], 40, max_queue_len=at_once
    )
    assert len(trials.trials) == 40
    assert len({json.dumps(one["misc"]["vals"]) for one in trials.trials}) == 40


def test_what_is_pending_is_not_proposed_again_and_is_no_good_example() -> None:
    space = {"x": hp.uniform("x", 0, 1)}
    domain = Domain(lambda v: 0.0, space)
    trials = run(space, lambda v: (v["x"] - 0.2) ** 2, 30)
    batch = suggest(list(range(30, 60)), domain, trials, 0)
    drawn = sorted(document["misc"]["vals"]["x"][0] for document in batch)
    assert len(set(drawn)) == 30
    assert np.median(np.abs(np.array(drawn) - 0.2)) < 0.35


def test_a_finite_space_is_gone_through_without_a_point_twice() -> None:
    space = {"a": hp.choice("a", list(range(6))), "b": hp.quniform("b", 1, 5, 1)}
    trials = run(space, lambda v: v["a"] + v["b"], 30)
    assert len({json.dumps(one["misc"]["vals"]) for one in trials.trials}) == 30


def test_failures_nan_and_exceptions_are_learned_from() -> None:
    def fails(values: Any) -> Any:
        if values["x"] > 0:
            kind = int(values["x"] * 1000) % 3
            if kind == 0:
                raise ValueError("does not work here")
            return {"status": STATUS_FAIL} if kind == 1 else {"status": STATUS_OK, "loss": math.nan}
        return {"status": STATUS_OK, "loss": (values["x"] + 0.3) ** 2}

    trials = Trials()
    space = {"x": hp.uniform("x", -1, 1), "y": hp.uniform("y", 0, 1)}
    rng = np.random.default_rng(0)
    fmin(
        fails,
        space,
        suggest,
        60,
        trials=trials,
        rstate=rng,
        show_progressbar=False,
        verbose=False,
        catch_eval_exceptions=True,
    )
    drawn = [document["misc"]["vals"]["x"][0] for document in trials._dynamic_trials]
    assert sum(x > 0 for x in drawn[20:]) <= 8, "about 20 of 40 would be drawn blindly"


def test_early_stopping_of_hyperopt_works() -> None:
    trials = run({"x": hp.uniform("x", 0, 1)}, lambda v: 1.0, 200, early_stop_fn=no_progress_loss(15))
    assert len(trials.trials) < 40


def test_a_filtered_and_a_grown_history_is_read_anew() -> None:
    domain = Domain(distance, EVERY_KIND)
    trials = run(evaluations=40)
    suggest([40], domain, trials, 0)
    fewer = [document for document in trials.trials if document["tid"] % 2]
    trials._dynamic_trials[:] = fewer
    trials.refresh()
    fresh = Trials()
    fresh.insert_trial_docs(fewer)
    fresh.refresh()
    assert suggest([40], domain, trials, 5)[0]["misc"]["vals"] == suggest([40], domain, fresh, 5)[0]["misc"]["vals"]


PROPOSE = """
import json, sys
import numpy as np
sys.path.insert(0, {root!r})
print(json.dumps(np.exp(np.linspace(-5, 5, 4001)).tobytes().hex()[-4000:]) if len(sys.argv) > 1 else "", end="")
from tests.engine.test_tpe import run
print(json.dumps([document["misc"]["vals"] for document in run(evaluations=45, seed=3).trials]))
"""


def proposed_in_a_process(*arguments: str, **environment: str) -> str:
    """Return what another process proposes, after the digits of numpy's exp where `arguments` ask for them."""
    command = [sys.executable, "-c", PROPOSE.format(root=str(ROOT)), *arguments]
    around = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, env=around, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def test_the_same_points_come_bit_for_bit_in_another_process_and_on_another_processor() -> None:
    here = json.dumps([document["misc"]["vals"] for document in run(evaluations=45, seed=3).trials])
    assert proposed_in_a_process().strip() == here
    exp_here = json.dumps(np.exp(np.linspace(-5, 5, 4001)).tobytes().hex()[-4000:])
    other = proposed_in_a_process("exp", NPY_DISABLE_CPU_FEATURES="X86_V4")
    if other.startswith(exp_here):
        pytest.skip("np.exp is the same with NPY_DISABLE_CPU_FEATURES=X86_V4 on this processor: nothing can be shown")
    assert other.strip().endswith(here)
