"""Configurations against a space: completed by defaults, cleaned, or refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from automl_magic.engine.events import Config
from automl_magic.engine.holes import BARE
from automl_magic.engine.parameters import Parameter, describe, nearest
from automl_magic.errors import SpaceError, did_you_mean

if TYPE_CHECKING:
    from automl_magic.engine.space import SearchSpace


def identity(config: Mapping[str, Any]) -> str:
    """Return a text that is equal for equal configurations only."""
    return json.dumps(config, sort_keys=True)


def complete(parameters: Sequence[Parameter], config: Mapping[str, Any]) -> Config:
    """Return the active labels of `config` with their values, and the defaults of those that it lacks."""
    whole: Config = {}
    for parameter in parameters:
        if parameter.is_active(whole):
            value = config[parameter.label] if parameter.label in config else nearest(parameter, parameter.default)
            whole[parameter.label] = parameter.clean(value) if parameter.allows(value) else value
    return whole


def validated(space: SearchSpace, config: Mapping[str, Any]) -> Config:
    """Return `config` completed and clean, rules aside.

    Raises
    ------
    SpaceError
        If it is no mapping, a label is unknown or inactive, or a value is not allowed.
    """
    if not isinstance(config, Mapping):
        raise SpaceError(f"A configuration must be a dict of labels and values. Got {type(config).__name__} instead.")
    for label in config:
        if label not in space:
            known = (*space.labels, *space.compiled.constants)
            hint = (
                "It is not searched: assign it instead."
                if label in space.compiled.constants
                else f"Known: {', '.join(space.labels)}."
            )
            raise SpaceError(f'No parameter "{label}" in the space.{did_you_mean(label, known)}', hint)
        check_value(space[label], config[label])
    whole = complete(space.parameters, config)
    for label in config:
        if label not in whole:
            needs = " or ".join(_in_words(pairs) for pairs in space[label].conditions)
            raise SpaceError(
                f'"{label}" does not count in this configuration: it needs {needs}.', "Leave it out, or choose that."
            )
    return whole


def check_value(parameter: Parameter, value: Any, hint: str | None = None) -> None:
    """Raise a SpaceError unless the parameter allows `value`."""
    if not parameter.allows(value):
        near = did_you_mean(value, parameter.options) if isinstance(value, str) else ""
        raise SpaceError(f'"{parameter.label}" must be {describe(parameter)}. Got {value!r} instead.{near}', hint)


def spell_out(space: SearchSpace, config: Mapping[str, Any]) -> Config:
    """Return `config` with bare holes spelled out: {"depth": 7} -> {"depth": "value", "depth.value": 7}."""
    spelt: Config = {}
    for label, value in dict(config).items():
        inner = f"{label}.{BARE}"
        is_bare = label in space and not space[label].allows(value) and inner in space and space[label].allows(BARE)
        spelt.update({label: BARE, inner: value} if is_bare else {label: value})
    return spelt


def _in_words(pairs: tuple[tuple[str, Any], ...]) -> str:
    return " and ".join(f"{parent} = {key!r}" for parent, key in pairs)
