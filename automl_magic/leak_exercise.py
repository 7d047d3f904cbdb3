"""The exercise on leaks: which column promises too much, by how much, and is the search honest without it?"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from automl_magic.errors import OptionError
from automl_magic.result import short

CLOSE = 0.005  # how near a number that a reader wrote must be
CALL = 'Write check("leak", theirs_run, mended_run, "name_of_the_column", 0.123).'


def leak(leaky: Any = None, mended: Any = None, column: Any = None, fooled: Any = None) -> list[tuple[bool, str]]:
    """Look at a search that a leak fooled, one that leaves out the leak, the column's name and how much was promised.

    Parameters
    ----------
    leaky, mended : RunResult
        Both with rows kept apart; the second leaves out one column more.
    column : str
        The column that leaks.
    fooled : float
        By how much the score of `leaky` is better than that on the rows kept apart.

    Returns
    -------
    list of (bool, str)
        As in `Checked`.

    Raises
    ------
    OptionError
        If an answer is of another kind.
    """
    for run in (leaky, mended):
        if not all(hasattr(run, name) for name in ("score", "test_score", "plan", "metric")):
            raise OptionError(
                f'The exercise "leak" needs the results of two searches. Got {type(run).__name__} instead.', CALL
            )
    if not isinstance(column, str):
        raise OptionError(f"The column is a name in quotes. Got {type(column).__name__} instead.", CALL)
    if isinstance(fooled, bool) or not isinstance(fooled, Real):
        raise OptionError(f"By how much it was fooled is a number. Got {type(fooled).__name__} instead.", CALL)
    for place, run in (("first", leaky), ("second", mended)):
        if run.test_score is None:
            return [(False, f"the {place} search kept no rows apart: nobody can say what it promises. Write --test.")]
    if not _is_fooled(leaky):
        return [(False, f"the first search is not fooled: {_both(leaky)}. Give the one with the leak first.")]
    return [_is_mended(mended), _names(leaky, mended, column), _measures(leaky, mended, float(fooled))]


def _gap(run: Any) -> float:
    """Return by how much a run promises too much; below 0, too little."""
    return float(run.metric["sign"] * (run.score.value - run.test_score))


def _is_fooled(run: Any) -> bool:
    """Whether the gap is wider than the whole interval: the rows kept apart are fewer, and luck has its part there."""
    return not _gap(run) <= run.score.high - run.score.low


def _both(run: Any) -> str:
    interval = f"between {short(run.score.low)} and {short(run.score.high)}"
    return f"it promises {short(run.score.value)}, {interval}, and has {short(run.test_score)} on the rows kept apart"


def _is_mended(mended: Any) -> tuple[bool, str]:
    if _is_fooled(mended):
        return False, f"the second search is still fooled: {_both(mended)}. Something in its table knows the answers."
    return True, f"the second search keeps its word: {_both(mended)}."


def _names(leaky: Any, mended: Any, column: str) -> tuple[bool, str]:
    left_out = sorted(set(mended.plan.ignore) - set(leaky.plan.ignore))
    named, without = f'"{column}"', " and ".join(f'"{name}"' for name in left_out)
    if column not in left_out:
        seen = f"The second one leaves out {without}. " if left_out else ""
        return False, f"what happens without {named}? {seen}Write it behind --ignore, and change nothing else."
    if len(left_out) > 1:
        return False, f"the second search leaves out {without}: which of them was it? Leave out one at a time."
    if _is_fooled(mended):
        return False, (
            f"without {named} it is fooled just as well: it is another one. Which column knows the answer of its own "
            "row? The search that is fooled leans on it most."
        )
    return True, f"{named} was it: without it alone, the gap is gone."


def _measures(leaky: Any, mended: Any, fooled: float) -> tuple[bool, str]:
    sign, promised, gap = leaky.metric["sign"], leaky.score.value, _gap(leaky)
    if math.isclose(fooled, gap, abs_tol=CLOSE):
        return True, f"{short(gap)} too much: {_both(leaky)}."
    if math.isclose(fooled, -gap, abs_tol=CLOSE):
        return False, "the other way round: the promise is the better one of the two."
    if _is_about(fooled, sign * (leaky.score.naive - promised)):
        return False, (
            f"{short(fooled)} is what the correction took off for having picked the best of many trials. It cannot "
            "know of a leak: only rows kept apart do."
        )
    if _is_about(fooled, sign * (promised - mended.score.value)):
        return False, (
            f"{short(fooled)} lies between the promises of two models. How far is the first one from its own promise? "
            f"On the rows kept apart it has {short(leaky.test_score)}."
        )
    return False, "compare what the first search promises (.score.value) with what it has on the rows kept apart."


def _is_about(number: float, wrong: float) -> bool:
    """Whether a reader has worked out this one, which may be small."""
    return wrong > 0 and math.isclose(number, wrong, rel_tol=0.1)
