"""What is said of the winner beside the baseline, where both are finished and where one is not."""

from __future__ import annotations

from typing import Any

import pytest

from automl_magic.comparison import comparison_told
from automl_magic.engine.events import FoldScore, FoldScored, RunStarted, TrialEnded, TrialStarted
from automl_magic.engine.history import History
from automl_magic.tabular.fallback import LAST_RESORT

FOLDS = 4


def history_of(*trials: tuple[str, str, list[float]], sign: int = 1, **plan: Any) -> History:
    """Return a run with trials of an origin, a state and the scores of their folds, higher is better."""
    history = History()
    history.apply(RunStarted("run", plan, {}, FOLDS, 0, {"metric": {"label": "score", "sign": sign}}))
    for number, (origin, state, scores) in enumerate(trials):
        config = {"model": f"family {number}"}
        history.apply(TrialStarted(number, number, config, origin, 0))
        for fold, score in enumerate(scores):
            history.apply(FoldScored(number, fold, FoldScore(score, 1.0)))
        mean = sum(scores) / len(scores) if scores else None
        why = "it broke" if state == "failed" else None
        history.apply(TrialEnded(number, state, mean, 0.0, 1.0, why))  # type: ignore[arg-type]
    return history


def told(best: int, *trials: tuple[str, str, list[float]], sign: int = 1, **plan: Any) -> str:
    history = history_of(*trials, sign=sign, **plan)
    (sentence,) = comparison_told(history, history.trial(best))
    return sentence


BEAT = ("baseline", "done", [0.7, 0.8, 0.7, 0.8])


def test_both_are_finished() -> None:
    better, worse = ("default", "done", [0.9] * 4), ("default", "done", [0.5] * 4)
    assert told(1, BEAT, better) == "Over the same folds it has 0.9, the untuned baseline 0.75."
    assert told(0, BEAT, worse) == "Nothing beat the untuned baseline (0.75 over the same folds)."
    assert told(1, BEAT, worse) == "Nothing beat the baseline, which has 0.75 over the same folds."
    loss = ("baseline", "done", [-0.5] * 4), ("default", "done", [-0.25] * 4)
    assert told(1, *loss, sign=-1) == "Over the same folds it has 0.25, the untuned baseline 0.5."


def test_nothing_but_the_baseline_was_finished() -> None:
    looked_at, further = ("default", "pruned", [0.95]), ("default", "stopped", [0.6, 0.7])
    sentence = told(0, BEAT, looked_at, further, ("default", "failed", [0.9] * 3), ("default", "stopped", []))
    assert sentence == (
        "No other trial was finished: 2 were scored on some folds only; the furthest, family 2 (trial 2), had 0.65 on "
        "2 of 4 folds, the untuned baseline 0.75 there."
    )
    assert "1 was scored on some folds only; the furthest, family 1 (trial 1)" in told(0, BEAT, looked_at)
    assert "0.95 on 1 of 4 folds, the untuned baseline 0.7 there" in told(0, BEAT, looked_at)
    assert "none was scored on any fold" in told(0, BEAT, ("default", "stopped", []))


@pytest.mark.parametrize(
    ("beat", "expected"),
    [
        (
            ("baseline", "stopped", [0.6, 0.8]),
            "was not finished before the run ended: it had 0.7 on 2 of 4 folds, where",
        ),
        (("baseline", "stopped", []), "was not scored before the run ended: there is nothing to compare with."),
        (("baseline", "failed", [0.7]), "The untuned baseline failed, so there is nothing to compare with: it broke."),
    ],
)
def test_the_baseline_was_not_finished(beat: tuple[str, str, list[float]], expected: str) -> None:
    won = ("default", "done", [0.9, 0.8, 0.7, 0.6])
    sentence = told(1, beat, won)
    assert expected in sentence and "more time" not in sentence
    assert ("the winner has 0.85" in sentence) == (len(beat[2]) == 2)
    assert sentence in told(1, beat, won, time=1.0)
    assert told(1, beat, won, time=1.0).endswith("more time for a comparison.") == (beat[1] == "stopped")


def test_a_calibrated_winner_is_not_compared_by_what_it_had_before() -> None:
    won = ("default", "done", [0.9, 0.8, 0.7, 0.6])
    history = history_of(("baseline", "stopped", [0.6]), won)
    assert "the winner has" not in comparison_told(history, history.trial(1), 0.95)[0]
    history = history_of(BEAT, won)
    assert comparison_told(history, history.trial(1), 0.95) == [
        "Over the same folds it has 0.95, the untuned baseline 0.75."
    ]
    assert comparison_told(history, history.trial(0), 0.8)[0].startswith("Over the same folds it has 0.8")


def test_there_is_nothing_to_compare() -> None:
    history = history_of(("default", "done", [0.9] * 4))
    assert comparison_told(history, history.trial(0)) == []
    history = history_of(("baseline", "stopped", [0.9]))
    assert comparison_told(history, history.trial(0)) == []
    history.apply(TrialStarted(1, 1, LAST_RESORT, "fallback", 0, True))
    assert comparison_told(history, history.trial(1)) == []
