"""Whether rules leave anything of a space to try: asked before a search begins, and after each edit of its space."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from automl_magic.engine import drawing
from automl_magic.engine.combining import combinations_of
from automl_magic.engine.configs import complete
from automl_magic.engine.events import Config
from automl_magic.engine.parameters import Parameter
from automl_magic.engine.rules import Rule
from automl_magic.engine.seeds import generator_of
from automl_magic.errors import SpaceError

if TYPE_CHECKING:
    from automl_magic.engine.space import SearchSpace

DRAWS = 10_000  # draws that break a rule before the space is taken to hold nothing
ENOUGH = 20  # draws that must meet the rules of an edited space: with fewer, DRAWS draws in a row could fail
WALKS, STEPS = 40, 60  # walks from a draw towards the rules, and their length
FEW = 20_000  # combinations of what rules read that are gone through one by one
HINT = "Loosen it, or widen the space."


def need_a_point(space: SearchSpace, searcher: object = None) -> None:
    """Refuse a space of which no configuration that meets the rules can be found, before a search begins in it.

    Parameters
    ----------
    space : SearchSpace
        Only what its rules read is drawn, so it takes a part of a second however large the space is.
    searcher : Searcher, optional
        Where it has a method `check(space)`, it is asked too.

    Raises
    ------
    SpaceError
        If none is found; the rules that refuse are named, and it says what was looked at.
    """
    if not space.rules:
        return
    read = _read_by_rules(space)
    refused, looked_at = _refused(space, (drawing.draw(read, rng) for rng in _generators()), 1)
    if refused and not any(not space.broken_rules(config) for config in _known(space)):
        whole = _all_of(read)
        if whole is not None:
            refused, looked_at = _refused(space, whole, 1)
            if refused:
                raise SpaceError(f"No configuration meets the rules: {told(refused, looked_at)} combinations.", HINT)
        elif mended(space, read, generator_of("mend")) is None:
            raise SpaceError(
                f"No configuration that meets the rules was found: {told(refused, looked_at)} draws.", HINT
            )
    check = getattr(searcher, "check", None)
    if check is not None:
        check(space)


def need_room(space: SearchSpace) -> None:
    """Refuse an edited space of whose draws its rules leave next to none: a searcher would look for one in vain.

    Raises
    ------
    SpaceError
        If fewer than 20 of 10,000 draws meet the rules.
    """
    if not space.rules:
        return
    refused, looked_at = _refused(space, (drawing.draw(space.ordered, rng) for rng in _generators()), ENOUGH)
    if refused:
        raise SpaceError(f"The rules leave next to nothing of the space: {told(refused, looked_at)} draws.", HINT)


def told(refused: Counter[str], looked_at: int) -> str:
    """Return which rules refused how many of what was looked at, the worst first, three at most.

    Examples
    --------
    >>> told(Counter({"x > 2": 90, "y > 2": 70}), 100)
    "'x > 2' refused 90 and 'y > 2' refused 70 of 100"
    """
    parts = [f"{rule!r} refused {count:,}" for rule, count in refused.most_common(3)]
    said = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"{said} of {looked_at:,}"


def mended(space: SearchSpace, ordered: Sequence[Parameter], rng: np.random.Generator) -> Config | None:
    """Walk from draws towards the rules: draw one parameter that a broken rule reads anew, unless that breaks more.

    Where many rules each leave a little, no draw may meet them all, and such a walk meets one after the other.

    Parameters
    ----------
    space : SearchSpace
        Its rules are to be met.
    ordered : sequence of Parameter
        What is drawn, parents first.
    rng : numpy Generator
        Decides where walks begin and go.

    Returns
    -------
    dict or None
        A configuration of these parameters; None where no walk arrived.
    """
    for _ in range(WALKS):
        config = drawing.draw(ordered, rng)
        broken = space.broken_rules(config)
        for _ in range(STEPS):
            if not broken:
                return config
            labels = [label for label in _labels_of(broken, space) if label in config]
            if not labels:
                break
            redrawn = labels[int(rng.integers(len(labels)))]
            other = _with_redrawn(ordered, config, redrawn, rng)
            broken_then = space.broken_rules(other)
            if len(broken_then) <= len(broken):
                config, broken = other, broken_then
    return None


def _with_redrawn(ordered: Sequence[Parameter], config: Config, label: str, rng: np.random.Generator) -> Config:
    """Return a configuration with one parameter drawn anew, and whatever counts only since then."""
    other: Config = {}
    for parameter in ordered:
        if parameter.is_active(other):
            keeps = parameter.label in config and parameter.label != label
            other[parameter.label] = config[parameter.label] if keeps else drawing.draw_one(parameter, rng)
    return other


def _labels_of(rules: Iterable[Rule], space: SearchSpace) -> list[str]:
    """Return the labels whose values decide about rules: those they read, and those below and above them."""
    read: dict[str, None] = {}
    for rule in rules:
        read.update(dict.fromkeys(space.labels if rule.function is not None else rule.labels))
    compiled = space.compiled
    waiting = list(read)
    while waiting:
        label = waiting.pop()
        near = [meaning.label for meaning in compiled.meanings.get(label, ()) if meaning.label is not None]
        conditions = [constant.conditions for constant in compiled.constants.get(label, ())]
        conditions += [space[label].conditions] if label in space else []
        near += [parent for pairs in conditions for way in pairs for parent, _ in way]
        fresh = [one for one in near if one not in read]
        read.update(dict.fromkeys(fresh))
        waiting += fresh
    return list(read)


def _read_by_rules(space: SearchSpace) -> tuple[Parameter, ...]:
    """Return the parameters that decide whether rules hold, parents first."""
    read = set(_labels_of(space.rules, space))
    return tuple(parameter for parameter in space.ordered if parameter.label in read)


def _generators() -> Iterator[np.random.Generator]:
    return itertools.repeat(generator_of("check"), DRAWS)


def _refused(space: SearchSpace, configs: Iterable[Config], enough: int) -> tuple[Counter[str], int]:
    """Count by rule what the rules refuse, and what was looked at; nothing where enough configurations meet them."""
    refused: Counter[str] = Counter()
    kept = looked_at = 0
    for config in configs:
        looked_at += 1
        broken = space.broken_rules(config)
        refused.update(rule.text for rule in broken)
        kept += not broken
        if kept == enough:
            return Counter(), looked_at
    return refused, looked_at


def _known(space: SearchSpace) -> Iterator[Config]:
    """Yield configurations that need not be looked for: those to be tried first, and the defaults of each option."""
    yield from space.starts
    for parameter in space.parameters:
        for key in parameter.options:
            chosen: dict[str, Any] = {parameter.label: key}
            yield complete(space.parameters, chosen)
    yield space.default()


def _all_of(ordered: Sequence[Parameter]) -> Iterator[Config] | None:
    """Return every combination of parameters that take few values; None where they are many or endless."""
    if any(parameter.kind == "float" and not parameter.is_fixed for parameter in ordered):
        return None
    points = max((int(one.high - one.low) + 1 for one in ordered if one.kind == "int"), default=1)
    found = combinations_of(ordered, points)
    return None if found is None or found.size > FEW else drawing.combine(ordered, points)
