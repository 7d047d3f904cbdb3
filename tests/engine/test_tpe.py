"""The joint estimator: hyperopt's contract of a suggest algorithm, and that of the project's searchers."""

from __future__ import annotations

import gc
import math
import os
import statistics
import subprocess
import sys
import weakref
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hyperopt import STATUS_FAIL, STATUS_OK, Trials, fmin, hp
from hyperopt.base import JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_NEW, Domain, trials_from_docs
from hyperopt.early_stop import no_progress_loss

from automl_magic.engine import tpe
from automl_magic.engine.budget import Budget
from automl_magic.engine.columns import Column, Columns
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.joint import Settings, _layout, _mixtures
from automl_magic.engine.observations import DONE, Rows
from automl_magic.engine.space import compile_space
from automl_magic.engine.tpe import JointTPE, suggest
from automl_magic.extend import SEARCHERS
from tests.engine.toy import ToyEvaluator, toy_space, toy_study

E = math.exp(1.0)
BOUNDS: dict[str, tuple[Any, float, float, float]] = {  # node, low, high, step
    "uniform": (hp.uniform("uniform", -5, 10), -5, 10, 0),
    "quniform": (hp.quniform("quniform", 0.3, 2, 0.3), 0.3, 1.8, 0.3),
    "quniform_between": (hp.quniform("quniform_between", 1, 10, 3), 3, 9, 3),
    "loguniform": (hp.loguniform("loguniform", -4, 1), math.exp(-4), E, 0),
    "qloguniform": (hp.qloguniform("qloguniform", 0, 4, 2), 2, 54, 2),
    "normal": (hp.normal("normal", 3, 2), -20, 26, 0),
    "qnormal": (hp.qnormal("qnormal", 0, 10, 2), -120, 120, 2),
    "lognormal": (hp.lognormal("lognormal", 0, 1), 0, 1e5, 0),
    "qlognormal": (hp.qlognormal("qlognormal", 1, 1, 0.5), 0, 1e5, 0.5),
    "randint": (hp.randint("randint", 5), 0, 4, 1),
    "randint_two": (hp.randint("randint_two", 2, 7), 2, 6, 1),
    "randint_huge": (hp.randint("randint_huge", 1_000_000), 0, 999_999, 1),
    "uniformint": (hp.uniformint("uniformint", 1, 5), 1, 5, 1),
    "choice": (hp.choice("choice", ["a", "b", "c"]), 0, 2, 1),
    "pchoice": (hp.pchoice("pchoice", [(0.2, "a"), (0.8, "b")]), 0, 1, 1),
}
CONDITIONAL = {
    "kind": hp.choice(
        "kind",
        [
            {"deep": hp.pchoice("deep", [(0.3, 0), (0.7, {"inner": hp.uniform("inner", 0, 1)})])},
            {"c": hp.loguniform("c", -3, 3), "shared": hp.uniform("shared", 0, 1)},
        ],
    ),
    "z": hp.uniform("z", 0, 1),
}


def everything(values: dict[str, Any]) -> float:
    """Return a loss that depends on many labels of `BOUNDS`."""
    return abs(values["uniform"] - 1) + abs(values["quniform"] - 0.9) + abs(values["normal"]) + values["randint"] / 5


def run(function: Any, space: Any, evaluations: int, seed: int = 0, **options: Any) -> Any:
    """Minimise by plain hyperopt with our algorithm; return its trials."""
    trials = options.pop("trials", None) or Trials()
    fmin(
        function,
        space,
        algo=options.pop("algo", suggest),
        max_evals=evaluations,
        trials=trials,
        rstate=np.random.default_rng(seed),
        show_progressbar=False,
        verbose=False,
        **options,
    )
    return trials


@pytest.fixture(scope="module")
def searched() -> Any:
    """Return 60 trials of every type of label."""
    return run(everything, {name: node for name, (node, *_) in BOUNDS.items()}, 60)


@pytest.mark.parametrize("name", BOUNDS)
def test_every_type_stays_within_its_bounds_and_steps(name: str, searched: Any) -> None:
    _, low, high, step = BOUNDS[name]
    values = searched.vals[name]
    assert len(values) == 60
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in values)
    assert len(set(values)) > 1
    if step:
        assert all(abs(value / step - round(value / step)) < 1e-9 for value in values)


@pytest.mark.parametrize("queue", [1, 4])
def test_conditional_labels_are_set_only_where_they_count(queue: int) -> None:
    def loss(values: dict[str, Any]) -> float:
        return float(values["z"] + values["kind"].get("c", 1.0))

    trials = run(loss, CONDITIONAL, 40, max_queue_len=queue)
    for document in trials.trials:
        vals, idxs, number = document["misc"]["vals"], document["misc"]["idxs"], document["tid"]
        kind = vals["kind"][0]
        active = {"kind", "z", "deep"} if kind == 0 else {"kind", "z", "c", "shared"}
        if kind == 0 and vals["deep"][0] == 1:
            active.add("inner")
        assert {label for label, found in vals.items() if len(found)} == active
        assert all(list(idxs[label]) == ([number] if label in active else []) for label in vals)
    assert len({str(document["misc"]["vals"]) for document in trials.trials}) == 40


def test_a_label_shared_by_branches_counts_in_each_and_depth_may_vary() -> None:
    blocks = [hp.uniform(f"block{place}", 0, 1) for place in range(3)]
    space = hp.choice("depth", [blocks[:1], blocks[:2], blocks])
    trials = run(lambda found: abs(len(found) - 2) + sum(found), space, 40)
    for document in trials.trials:
        vals = document["misc"]["vals"]
        assert sum(len(vals[f"block{place}"]) for place in range(3)) == vals["depth"][0] + 1


def test_trials_go_on_from_what_was_tried_and_points_come_first() -> None:
    space = {"x": hp.uniform("x", -5, 5)}
    trials = run(lambda values: values["x"] ** 2, space, 15)
    again = run(lambda values: values["x"] ** 2, space, 30, trials=trials)
    assert again is trials and len(trials.trials) == 30
    seen: list[float] = []

    def loss(values: dict[str, Any]) -> float:
        seen.append(values["x"])
        return float(values["x"] ** 2)

    fmin(
        loss,
        space,
        algo=suggest,
        max_evals=14,
        points_to_evaluate=[{"x": 3.0}, {"x": -1.0}],
        rstate=np.random.default_rng(0),
        show_progressbar=False,
    )
    assert seen[:2] == [3.0, -1.0] and len(seen) == 14 + 2


def test_early_stopping_by_hyperopt_works() -> None:
    trials = run(lambda values: 1.0, {"x": hp.uniform("x", 0, 1)}, 100, early_stop_fn=no_progress_loss(12))
    assert 12 <= len(trials.trials) < 20


def test_a_finite_space_is_gone_through_without_a_point_twice() -> None:
    space = {"a": hp.choice("a", [1, 2, 3]), "b": hp.quniform("b", 1, 4, 1), "c": hp.randint("c", 2)}
    for queue in (1, 4):
        trials = run(lambda values: values["a"] * values["b"], space, 24, max_queue_len=queue)
        assert len({str(document["misc"]["vals"]) for document in trials.trials}) == 24
    run(lambda values: values["a"] * values["b"], space, 26, trials=trials)  # nothing is left: points come again
    assert len(trials.trials) == 26


def told(domain: Any, trials: Any, loss: Any, count: int, seed: int = 0) -> None:
    """Propose and tell some trials one after the other."""
    for step in range(count):
        (document,) = suggest(trials.new_trial_ids(1), domain, trials, seed * 1000 + step)
        values = {label: found[0] for label, found in document["misc"]["vals"].items() if len(found)}
        document["state"], document["result"] = JOB_STATE_DONE, loss(values)
        trials.insert_trial_docs([document])
        trials.refresh()


def square(values: dict[str, Any]) -> dict[str, Any]:
    """Return a result whose optimum is 1."""
    return {"status": STATUS_OK, "loss": (values["x"] - 1) ** 2}


def test_a_batch_is_made_of_different_points_and_awaited_ones_are_not_taken_for_good() -> None:
    domain, trials = Domain(square, {"x": hp.uniform("x", -5, 5)}), Trials()
    told(domain, trials, square, 30)
    batch = suggest(trials.new_trial_ids(8), domain, trials, 1)
    points = [document["misc"]["vals"]["x"][0] for document in batch]
    assert len(set(points)) == 8
    for document, place in zip(batch, np.linspace(-5, -4.9, 8), strict=True):
        document["misc"]["vals"]["x"] = [float(place)]  # many awaited points in one place draw nothing there
    trials.insert_trial_docs(batch)
    trials.refresh()
    later = [suggest([100], domain, trials, seed)[0]["misc"]["vals"]["x"][0] for seed in range(20)]
    assert statistics.median(later) == pytest.approx(1.0, abs=0.7)
    assert sum(point < -4 for point in later) <= 1


@pytest.mark.parametrize("failure", ["raise", "nan", "inf", "fail"])
def test_the_half_of_a_space_that_fails_is_left(failure: str) -> None:
    def loss(values: dict[str, Any]) -> Any:
        if values["x"] < 0:
            if failure == "raise":
                raise ValueError("no")
            return {"status": STATUS_FAIL} if failure == "fail" else float(failure)
        return (values["x"] - 1.5) ** 2

    space = {"x": hp.uniform("x", -5, 5)}
    shares = []
    for seed in range(3):
        trials = run(loss, space, 50, seed, catch_eval_exceptions=True)
        late = trials._dynamic_trials[25:50]
        shares.append(sum(document["misc"]["vals"]["x"][0] < 0 for document in late) / len(late))
    assert statistics.median(shares) < 0.35


def proposed(domain: Any, trials: Any, seed: int = 5) -> float:
    """Return the next point of x."""
    return float(suggest([10_000], domain, trials, seed)[0]["misc"]["vals"]["x"][0])


def fresh(domain: Any, trials: Any) -> float:
    """Return the next point of x of somebody who reads all documents anew."""
    copy = trials_from_docs(trials._dynamic_trials, validate=False)
    return proposed(domain, copy)


def test_documents_that_change_go_or_are_told_late_are_read_again() -> None:
    domain, trials = Domain(square, {"x": hp.uniform("x", -5, 5)}), Trials()
    told(domain, trials, square, 25)
    before = proposed(domain, trials)
    assert proposed(domain, trials) == before == fresh(domain, trials)
    documents = suggest(trials.new_trial_ids(2), domain, trials, 3)
    trials.insert_trial_docs(documents)
    trials.refresh()
    awaited = proposed(domain, trials)
    assert awaited == fresh(domain, trials)
    for document in trials.trials[-2:]:
        assert document["state"] == JOB_STATE_NEW
        document["state"], document["result"] = JOB_STATE_DONE, {"status": STATUS_OK, "loss": -1.0}
    assert proposed(domain, trials) == fresh(domain, trials)
    for document in trials.trials[:20]:
        document["result"]["loss"] = 50.0 - document["result"]["loss"]
    changed = proposed(domain, trials)
    assert changed == fresh(domain, trials) != before
    trials.trials[3]["state"] = JOB_STATE_ERROR
    trials.refresh()
    assert proposed(domain, trials) == fresh(domain, trials)
    del trials._dynamic_trials[5:15]  # ids collide from here on
    trials.refresh()
    assert proposed(domain, trials) == fresh(domain, trials)
    told(domain, trials, square, 5, seed=9)
    assert proposed(domain, trials) == fresh(domain, trials)


def test_what_was_read_goes_with_the_trials_it_was_read_from() -> None:
    domain, trials = Domain(square, {"x": hp.uniform("x", -5, 5)}), Trials()
    told(domain, trials, square, 12)
    kept = weakref.ref(domain), weakref.ref(trials)
    assert trials in tpe._read
    del domain, trials
    gc.collect()
    assert [reference() for reference in kept] == [None, None]


def test_a_long_history_is_seen_in_part_and_the_best_of_it_always() -> None:
    domain, trials = Domain(square, {"x": hp.uniform("x", -5, 5)}), Trials()
    documents = suggest(trials.new_trial_ids(3000), domain, trials, 0, Settings(startup=10**6))
    for document in documents:
        document["state"], document["result"] = JOB_STATE_DONE, square({"x": document["misc"]["vals"]["x"][0]})
    trials.insert_trial_docs(documents)
    trials.refresh()
    points = [proposed(domain, trials, seed) for seed in range(9)]
    assert all(abs(point - 1) < 0.5 for point in points)
    assert points == [proposed(domain, trials, seed) for seed in range(9)]


SCRIPT = """
import hashlib, sys
import numpy as np
print(hashlib.sha256(np.exp(np.linspace(-5, 5, 1001)).tobytes()).hexdigest())
from tests.engine.test_tpe import repeatable
print(repeatable())
"""


def repeatable() -> str:
    """Return the values of two searches, to the last bit."""
    trials = run(everything, {name: node for name, (node, *_) in BOUNDS.items() if name != "randint_huge"}, 45, 7)
    study = toy_study(search="tpe", budget=Budget(trials=30))
    list(study.events())
    configs = [sorted(trial.config.items()) for trial in study.history.trials.values()]
    return repr([sorted(document["misc"]["vals"].items()) for document in trials.trials]) + repr(configs)


def elsewhere(**environment: str) -> tuple[str, str]:
    """Return what exp gives in a second process, and what is found there."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    exp, found = done.stdout.splitlines()
    return exp, found


def test_a_second_process_finds_the_same_bit_for_bit_also_on_an_older_processor() -> None:
    here = repeatable()
    exp, found = elsewhere()
    assert found == here
    other, found = elsewhere(NPY_DISABLE_CPU_FEATURES="X86_V4")
    if other == exp:
        pytest.skip("np.exp is the same without X86_V4: this processor cannot show a difference")
    assert found == here


def test_a_search_taken_up_from_half_its_history_goes_on_alike() -> None:
    domain, whole = Domain(square, {"x": hp.uniform("x", -5, 5)}), Trials()
    told(domain, whole, square, 30)
    half = trials_from_docs(whole._dynamic_trials[:15], validate=False)
    other = Domain(square, {"x": hp.uniform("x", -5, 5)})
    for step in range(15, 30):
        (document,) = suggest([step], other, half, step)
        assert document["misc"]["vals"]["x"] == whole.trials[step]["misc"]["vals"]["x"]
        half.insert_trial_docs([whole.trials[step]])
        half.refresh()


def regret(space: Any, seed: int, search: Any, trials: int) -> float:
    """Return the regret of a search of the toy problem without noise."""

    class Plain(ToyEvaluator):
        def evaluate(self, *, config, fold, rung, seed, trial, hidden):  # type: ignore[no-untyped-def]
            from automl_magic.engine.events import FoldScore

            return FoldScore(-((config["x"] - 1.0) ** 2), 0.0)

    study = toy_study(
        space=space, seed=seed, searcher=search, budget=Budget(trials=trials), lag=1, evaluator=Plain(folds=1)
    )
    list(study.events())
    best = study.history.best()
    assert best is not None and best.score is not None
    return -best.score


def test_a_right_prior_helps_and_a_wrong_one_does_little_harm() -> None:
    def median(prior: Any, trials: int) -> float:
        space = compile_space({"x": Float(-50.0, 50.0, prior=prior)})
        return statistics.median(regret(space, seed, SEARCHERS.get("tpe")(), trials) for seed in range(7))

    assert median((1.5, 2.0), 10) < median(None, 10)
    assert median((-40.0, 2.0), 60) < 0.1


def test_a_rule_is_never_broken_and_the_last_points_that_it_leaves_are_found() -> None:
    space = compile_space({"x": Int(1, 6), "kind": Choice("a", "b", "c"), "y": Int(1, 4)}).rule("x * y == 12")
    study = toy_study(space=space, search="tpe", budget=Budget(trials=50), lag=1, evaluator=OneScore(folds=1))
    list(study.events())
    found = [trial.config for trial in study.history.trials.values()]
    assert len(found) == 9 and all(config["x"] * config["y"] == 12 for config in found)


class OneScore(ToyEvaluator):
    """Score everything alike."""

    def evaluate(self, *, config, fold, rung, seed, trial, hidden):  # type: ignore[no-untyped-def]
        """Score one fold."""
        from automl_magic.engine.events import FoldScore

        return FoldScore(0.0, 0.0)


def test_a_space_with_one_point_is_tried_once() -> None:
    space = toy_space().fix("x", 1.0).fix("n", 2).fix("kind", "round")
    study = toy_study(space=space, search="tpe")
    list(study.events())
    assert len(study.history.trials) == 1


def test_the_searcher_needs_no_memory_of_earlier_calls() -> None:
    study = toy_study(search="tpe", budget=Budget(trials=25), lag=1)
    list(study.events())
    view = study.history.view(study.space, 25)
    old, new = study.searcher, JointTPE("tpe", Settings())
    for seed in range(5):
        assert old(view, np.random.default_rng(seed)) == new(view, np.random.default_rng(seed))


def test_trials_outside_an_edited_space_come_back_when_the_edit_is_undone() -> None:
    study = toy_study(search="tpe", budget=Budget(trials=25), lag=1)
    list(study.events())
    narrow, searcher = study.space.narrow("x", low=0.0), study.searcher
    before = searcher(study.history.view(study.space, 25), np.random.default_rng(1))
    inside = searcher(study.history.view(narrow, 25), np.random.default_rng(1))
    assert inside is not None and narrow.contains(inside)
    assert searcher(study.history.view(study.space, 25), np.random.default_rng(1)) == before


def test_choices_with_a_prior_are_drawn_after_it_at_first() -> None:
    kind = Choice("a", "b")
    kind.prior = (("a", 0.95), ("b", 0.05))
    space = compile_space({"kind": kind, "x": Float(0.0, 1.0)})
    study = toy_study(space=space, search="tpe", budget=Budget(trials=1), evaluator=OneScore(folds=1))
    list(study.events())
    view = study.history.view(space, 0, -10)
    drawn = Counter(study.searcher(view, np.random.default_rng(seed))["kind"] for seed in range(200))
    assert drawn["a"] > 140


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (Column("x", 0, low=-0.5, high=9.5, zero=-0.5, scale=10.0, step=1.0), 12),
        (Column("x", 0, options=10), 12),
        (Column("x", 0, low=0.0, high=1.0), 6),
    ],
)
def test_more_trials_are_good_where_every_label_has_few_values(column: Column, expected: int) -> None:
    columns, rows = Columns((column,)), Rows(1)
    for number in range(60):
        rows.tell(rows.append(np.array([number % 10 if column.options else number / 60])), DONE, float(number))
    evidence = rows.evidence(np.arange(60), np.empty((0, 1)))
    good, bad = _mixtures(columns, _layout(columns, {}), evidence, {}, 0.0, Settings())
    assert (len(good.log_weights) - 1, len(bad.log_weights) - 1) == (expected, 60 - expected)
