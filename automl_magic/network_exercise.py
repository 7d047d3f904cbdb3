"""The exercise on networks: a small one that is good enough, and a claim about what the search for it brought."""

from __future__ import annotations

from typing import Any

from automl_magic.errors import OptionError, did_you_mean
from automl_magic.result import short

MOST = 1_000  # parameters
LEAST = 0.95  # accuracy on the rows kept apart
STRAW = 0.5  # a fixed network with a smaller share of the parameters that were found is no match
TRAINING, ARCHITECTURE, BOTH, NEITHER = "training", "architecture", "both", "neither"
CLAIMS = (TRAINING, ARCHITECTURE, BOTH, NEITHER)
BESIDE = {ARCHITECTURE: TRAINING, TRAINING: ARCHITECTURE}  # what a part brings shows beside the search without it
CALL = 'Write check("networks", small_run, worth, "neither").'


def networks(run: Any = None, ablation: Any = None, claim: Any = None) -> list[tuple[bool, str]]:
    """Look at a search for a small network, at an ablation, and at what is claimed by it.

    Parameters
    ----------
    run : NetworkResult
        Of a search with a limit on parameters.
    ablation : AblationResult
        With a fixed network that is no straw man.
    claim : str
        Which search brought a gain that is more than luck: that for the "training", for the "architecture", "both",
        or "neither".

    Returns
    -------
    list of (bool, str)
        As in `Checked`.

    Raises
    ------
    OptionError
        If an answer is of another kind.
    """
    if not all(hasattr(run, name) for name in ("candidate", "score", "leaderboard")):
        raise OptionError(
            f'The exercise "networks" needs the result of a search over networks. Got {type(run).__name__} instead.',
            CALL,
        )
    if not all(hasattr(ablation, name) for name in ("differences", "table", "verdict")):
        raise OptionError(
            f'The exercise "networks" needs the result of an ablation too. Got {type(ablation).__name__} instead.', CALL
        )
    if claim not in CLAIMS:
        near = did_you_mean(claim, CLAIMS) if isinstance(claim, str) else ""
        raise OptionError(f"The claim is one of {', '.join(CLAIMS)}. Got {claim!r} instead.{near}", CALL)
    points = [_is_small(run), _is_good(run)]
    gains = ablation.differences()
    if set(gains) != set(BESIDE.values()):
        return [*points, (False, "the ablation was not finished: all three of its searches are needed.")]
    fair = _is_fair(ablation.table())
    return [*points, fair, _judges(gains, claim)] if fair[0] else [*points, fair]


def _is_small(run: Any) -> tuple[bool, str]:
    asked, has = run.plan.max_params, int(run.leaderboard()["parameters"].iloc[0])
    if asked is None or asked > MOST:
        limit = "no limit was set" if asked is None else f"the limit is {asked:,} parameters"
        lucky = " Yours is small enough, but larger ones took their share of the epochs." if has <= MOST else ""
        return False, (
            f"{limit}, and the network has {has:,}.{lucky} Write `--max-params {MOST}`. If none fits then, the first "
            "layer is too wide: each unit of it costs 65 parameters. Offer narrower ones, or a convolution."
        )
    return True, f"the network has {has:,} parameters, and none above {asked:,} was trained."


def _is_good(run: Any) -> tuple[bool, str]:
    metric, value, picked = run.history.about["metric"]["name"], run.score.value, run.score.naive
    if metric != "accuracy":
        return False, f"the score is {run.history.about['metric']['label']}. Leave out `--metric`: accuracy is asked."
    if value >= LEAST:
        return True, f"accuracy {short(value)} on the rows kept apart, {short(LEAST)} or more."
    if picked >= LEAST:
        return False, (
            f"{short(picked)} is the validation score, by which the network was picked: that flatters. On the rows "
            f"kept apart it has {short(value)}, less than {short(LEAST)}. More `--epochs`, or another kind of layer?"
        )
    return False, (
        f"accuracy {short(value)} on the rows kept apart is less than {short(LEAST)}. Does the best learning curve "
        "still rise? Then give more `--epochs`. Else offer another kind of layer."
    )


def _is_fair(table: Any) -> tuple[bool, str]:
    """Whether the fixed network is of about the size of what was found."""
    by_name = table.groupby("searched")["parameters"].mean()
    fixed, found = by_name[TRAINING], by_name[BOTH]
    if fixed < STRAW * found:
        return False, (
            f"the fixed network has {fixed:,.0f} parameters, the one that was found {found:,.0f}: that is a straw man. "
            "Anything beats it, so the claim is not looked at yet. Make it wider by the defaults of the space, as "
            "`units=Choice(4, 8, 16, 32, default=32)`, and run it again."
        )
    return True, f"the fixed network, of {fixed:,.0f} parameters, is a match for the one found, of {found:,.0f}."


def _judges(gains: dict[str, tuple[float, float, float]], claim: str) -> tuple[bool, str]:
    """Compare the claim with what the intervals show."""
    shown = [part for part, beside in BESIDE.items() if gains[beside][1] > 0]
    right = BOTH if len(shown) == len(BESIDE) else shown[0] if shown else NEITHER
    told = " ".join(_gain(part, *gains[beside]) for part, beside in BESIDE.items())
    if claim == right:
        return True, f"{claim}. {told}"
    return False, f"{claim} is not what the numbers say. {told}"


def _gain(part: str, value: float, low: float, high: float) -> str:
    """Say what the search of one part has brought."""
    interval = f"{short(value)}, 95 % interval {short(low)} to {short(high)}"
    if low > 0:
        return f"The search for the {part} brought {interval}: all above 0, so more than luck."
    why = "all below 0, so it cost something" if high < 0 else "0 lies in it, so nothing is shown"
    return f"The search for the {part} brought {interval}: {why}."
