"""How large a space is, and how much of it rules cut off."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from automl_magic.engine import drawing
from automl_magic.engine.combining import combinations_of
from automl_magic.engine.compiling import values_of
from automl_magic.engine.events import Config
from automl_magic.engine.keys import find_key
from automl_magic.engine.parameters import Parameter
from automl_magic.engine.rules import Rule
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import SearchSpace
from automl_magic.engine.template import TOP

POINTS = 10  # values that are counted for a number that has endless many
VALUES = 10**6  # of whole numbers in a space where holes are shared: they are counted one by one
DRAWS = 400  # of the sample by which shares are estimated: two hundredths off at most, as a rule
NAMES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))


def sample_of(space: SearchSpace) -> list[Config]:
    """Return a fixed sample of the space, rules aside."""
    rng = generator_of("measure")
    return [drawing.draw(space.ordered, rng) for _ in range(DRAWS)]


def shares_cut(space: SearchSpace, rules: Sequence[Rule], sample: Sequence[Config]) -> tuple[float, tuple[float, ...]]:
    """Return the share of the sample that the rules cut off together, and what each cuts off by itself."""
    labels = (
        None if any(rule.function is not None for rule in rules) else {name for rule in rules for name in rule.labels}
    )
    together, alone = 0, [0] * len(rules)
    for config in sample if rules else ():
        values = values_of(space.compiled, config, labels)
        broken = [not rule.holds(values) for rule in rules]
        together += any(broken)
        alone = [count + is_broken for count, is_broken in zip(alone, broken, strict=True)]
    return together / len(sample), tuple(count / len(sample) for count in alone)


def parameters_in(space: Mapping[str, Any]) -> tuple[Parameter, ...]:
    """Return the parameters of a space that is there as JSON only."""
    return tuple(
        Parameter(
            label=written["label"],
            kind=written["kind"],
            low=0.0 if written["low"] is None else written["low"],
            high=0.0 if written["high"] is None else written["high"],
            log=bool(written["log"]),
            options=tuple(written["options"]),
            conditions=tuple(tuple((label, key) for label, key in pairs) for pairs in written["conditions"]),
        )
        for written in space.get("parameters", ())
    )


def size_in_words(parameters: Sequence[Parameter]) -> str:
    """Return how large the space is, rules aside.

    Examples
    --------
    >>> size_in_words([Parameter("x", "float", 0, 1), Parameter("n", "int", 1, 4)])
    '2 parameters: 40 combinations at 10 values for each number'
    >>> size_in_words([Parameter("n", "int", 1, 40), Parameter("kind", "choice", options=("round",))])
    '2 parameters, 1 fixed: 40 combinations'
    """
    searched = [parameter for parameter in parameters if _is_searched(parameter, parameters)]
    families = next((parameter.options for parameter in searched if parameter.label == TOP), ())
    own = [parameter for parameter in searched if parameter.label != TOP]
    parts = [_counted(len(families), "family", "families")] if families else []
    parts.append(_counted(len(own), "parameter", "parameters"))
    fixed = sum(parameter.is_fixed for parameter in own)
    parts += [f"{fixed} fixed"] if fixed else []
    is_endless = any(parameter.kind == "float" and not parameter.is_fixed for parameter in searched)
    count = combinations(searched, POINTS if is_endless else None)
    beside = f" at {POINTS} values for each number" if is_endless else ""
    words = "very many" if count is None else _in_words(count)
    return f"{', '.join(parts)}: {words} combination{'s' * (count != 1)}{beside}"


def combinations(parameters: Sequence[Parameter], points: int | None) -> int | None:
    """Return the number of combinations with `points` values at most for each number.

    Parameters
    ----------
    parameters : sequence of Parameter
        Of a space.
    points : int, optional
        None counts all whole numbers.

    Returns
    -------
    int or None
        None where parameters hang on each other in so many ways that counting would take long.
    """
    if not all(_hangs_on_one(parameter, parameters) for parameter in parameters):
        return _entangled(parameters, points)

    @functools.cache
    def below(path: tuple[tuple[str, Any], ...]) -> int:
        """Return the number of combinations of what counts under `path`."""
        found = 1
        for parameter in by_path.get(path, ()):
            if parameter.kind == "choice":
                found *= sum(below((*path, (parameter.label, key))) for key in parameter.options)
            else:
                found *= _values(parameter, points)
        return found

    by_path: dict[Any, list[Parameter]] = {}
    for parameter in parameters:
        by_path.setdefault(parameter.conditions[0], []).append(parameter)
    return below(())


def _entangled(parameters: Sequence[Parameter], points: int | None) -> int | None:
    """Return the number of combinations where holes are shared, which is rare, and slow: None where it is too slow."""
    widths = [int(one.high - one.low) + 1 for one in parameters if one.kind == "int"]
    if points is None and sum(widths) > VALUES:
        return None
    found = combinations_of(drawing.in_order(parameters), points or max(widths, default=1))
    return None if found is None else found.size


def _values(parameter: Parameter, points: int | None) -> int:
    if parameter.is_fixed:
        return 1
    if parameter.kind == "int":
        whole = int(parameter.high - parameter.low) + 1
        return whole if points is None else min(whole, points)
    return points or POINTS


def _hangs_on_one(parameter: Parameter, parameters: Iterable[Parameter]) -> bool:
    """Whether the parameter counts under one option of one parent, and that wherever the parent counts."""
    if len(parameter.conditions) != 1:
        return False
    pairs = parameter.conditions[0]
    if not pairs:
        return True
    parent = next((other for other in parameters if other.label == pairs[-1][0]), None)
    return parent is not None and parent.conditions == (pairs[:-1],)


def _is_searched(parameter: Parameter, parameters: Iterable[Parameter]) -> bool:
    """Whether some configuration makes the parameter count."""
    left = {other.label: other.options for other in parameters}
    return any(
        all(find_key(key, left.get(label, ())) is not None for label, key in pairs) for pairs in parameter.conditions
    )


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _in_words(count: int) -> str:
    if count < 10_000:
        return f"{count:,}"
    if count >= 10**15:
        return f"about 10^{round(math.log10(count))}"
    for size, name in NAMES:
        if count >= size:
            return f"about {float(f'{count / size:.2g}'):g} {name}"
    return f"about {int(float(f'{count:.2g}')):,}"
