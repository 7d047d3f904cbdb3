"""The exercise of the lesson on networks: a small and good one, and a claim that its ablation shows, are right."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

import automl_magic
from automl_magic.engine.holes import Choice, Int
from automl_magic.errors import OptionError
from automl_magic.lessons import check
from automl_magic.network_ablation import AblationResult
from tests.networks.test_nas import waves

pytest.importorskip("torch")
pytest.importorskip("skorch")


def space(default: int = 4) -> Any:
    from automl_magic.networks import mlp

    return mlp(depth=1, units=Choice(4, 32, default=default), skip=False, norm="none", activation="relu", dropout=0.0)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from automl_magic.networks import conv

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("small"))
        X, y = waves()
        return automl_magic.nas(
            X, y, space=conv(depth=Int(1, 2), channels=Choice(4, 8)), epochs=120, max_params=1000, workers=0, seed=1
        )


@pytest.fixture(scope="module")
def ablation(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that makes an ablation with a fixed network of so many units, once for all tests."""

    @cache
    def made(default: int) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path_factory.mktemp("ablation"))
            X, y = waves()
            return automl_magic.nas_ablation(X, y, space=space(default), epochs=60, workers=0, seed=1)

    return made


class Told:
    """An ablation of which the gains are given: those of the architecture and of the training."""

    def __init__(self, found: AblationResult, architecture: Any, training: Any) -> None:
        self.table, self.verdict = found.table, found.verdict
        self._gains = {"training": architecture, "architecture": training}  # by what stands beside

    def differences(self) -> dict[str, Any]:
        return self._gains


LUCK, GAIN, LOSS = (0.01, -0.01, 0.03), (0.04, 0.01, 0.07), (-0.04, -0.07, -0.01)


def said(*answers: Any) -> tuple[list[bool], str]:
    found = check("networks", *answers)
    return [is_there for is_there, _ in found.points], repr(found)


@pytest.mark.parametrize(
    ("architecture", "training", "right"),
    [
        (LUCK, LUCK, "neither"),
        (GAIN, LUCK, "architecture"),
        (LOSS, GAIN, "training"),
        (GAIN, GAIN, "both"),
        (LUCK, LOSS, "neither"),
    ],
)
def test_a_claim_is_right_where_the_intervals_show_it(
    small: Any, ablation: Any, architecture: Any, training: Any, right: str
) -> None:
    told = Told(ablation(32), architecture, training)
    for claim in ("training", "architecture", "both", "neither"):
        points, text = said(small, told, claim)
        assert points == [True, True, True, claim == right]
        assert (f"Not yet: {claim} is not what the numbers say" in text) is (claim != right)


def test_a_claim_follows_the_ablation_that_was_made(small: Any, ablation: Any) -> None:
    found = ablation(32)
    gains = found.differences()
    shown = [
        part for part, beside in (("architecture", "training"), ("training", "architecture")) if gains[beside][1] > 0
    ]
    right = "both" if len(shown) == 2 else shown[0] if shown else "neither"
    assert check("networks", small, found, right).is_right


def test_a_gain_that_luck_can_make_is_explained(small: Any, ablation: Any) -> None:
    text = said(small, Told(ablation(32), LUCK, LOSS), "architecture")[1]
    assert (
        "The search for the architecture brought 0.01, 95 % interval -0.01 to 0.03: 0 lies in it, so nothing is" in text
    )
    assert "The search for the training brought -0.04, 95 % interval -0.07 to -0.01: all below 0" in text


def test_a_fixed_network_that_is_no_match_is_a_straw_man(small: Any, ablation: Any) -> None:
    found = ablation(4)
    table = found.table().set_index("searched")["parameters"]
    assert table["training"] < 0.5 * table["both"]  # or the next line tests nothing
    points, text = said(small, Told(found, GAIN, GAIN), "both")
    assert points == [True, True, False] and "the claim is not looked at yet" in text
    assert f"the fixed network has {table['training']:,} parameters, the one that was found {table['both']:,}" in text
    assert "default=32" in text


def test_a_limit_that_is_missing_or_too_wide_is_named(small: Any, ablation: Any) -> None:
    worth = Told(ablation(32), LUCK, LUCK)
    for limit, words in ((None, "no limit was set"), (2500, "the limit is 2,500 parameters")):
        points, text = said(replace(small, plan=replace(small.plan, max_params=limit)), worth, "neither")
        assert points == [False, True, True, True] and words in text
        assert "larger ones took their share of the epochs" in text and "Write `--max-params 1000`" in text


def test_the_validation_score_is_not_the_score(small: Any, ablation: Any) -> None:
    worth = Told(ablation(32), LUCK, LUCK)
    for picked, words in ((0.97, "by which the network was picked: that flatters"), (0.9, "learning curve still rise")):
        worse = replace(small, score=replace(small.score, value=0.94, naive=picked))
        points, text = said(worse, worth, "neither")
        assert points == [True, False, True, True] and words in text


def test_an_ablation_that_was_stopped_tells_nothing(small: Any, ablation: Any) -> None:
    found = ablation(32)
    points, text = said(small, AblationResult(found.arms[:2], found.problems), "neither")
    assert points == [True, True, False] and "was not finished" in text


def test_another_metric_is_no_accuracy(ablation: Any) -> None:
    X, y = waves()
    run = automl_magic.nas(X, y, space=space(), epochs=12, max_params=1000, metric="log_loss", workers=0)
    points, text = said(run, ablation(32), "neither")
    assert not points[1] and "Leave out `--metric`" in text


def test_another_kind_of_answer_is_refused_in_words(small: Any, ablation: Any) -> None:
    for answers, words in (
        ((), "the result of a search over networks. Got NoneType"),
        ((ablation(32),), "the result of a search over networks. Got AblationResult"),
        ((small, small), "the result of an ablation too. Got NetworkResult"),
        ((small, ablation(32)), "The claim is one of training, architecture, both, neither. Got None"),
        ((small, ablation(32), "trainin"), "Did you mean"),
        ((small, ablation(32), True), "Got True"),
        ((small, ablation(32), []), r"Got \[\]"),
    ):
        with pytest.raises(OptionError, match=words):
            check("networks", *answers)
