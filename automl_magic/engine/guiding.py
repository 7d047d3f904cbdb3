"""Which trials guide a search: those that lie in the space as it is now, however it was edited since they were made."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from automl_magic.engine.compiling import Compiled, values_of
from automl_magic.engine.configs import spell_out
from automl_magic.engine.events import Config
from automl_magic.engine.holes import BARE
from automl_magic.engine.keys import is_scalar, same_key

if TYPE_CHECKING:
    from automl_magic.engine.outcomes import Trial
    from automl_magic.engine.space import SearchSpace


def carried_over(space: SearchSpace, config: Config, made_in: Compiled) -> Config | None:
    """Return a configuration as one of another space: the same values under the labels and option keys of that one.

    A label that is new in the space takes the value that was really used then, a constant of the template; so old
    trials go on guiding where a parameter is searched that was not before.

    Parameters
    ----------
    space : SearchSpace
        The space now.
    config : dict
        What was tried.
    made_in : Compiled
        The compiled template of the space in which it was tried.

    Returns
    -------
    dict or None
        None where the space does not hold it: a value outside the bounds, an option that is gone, a rule broken, a
        value that is no longer searched and another one now, or a new label whose value then nobody knows.
    """
    if space.contains(config):
        return config
    then = values_of(made_in, config)
    found = _matched(space, config, then)
    if found is None or not space.contains(found):
        return None
    now = space.values_of(found)
    means_the_same = all(_are_same(then[label], now[label]) for label in then if label in now)
    is_whole = all(label in now or _is_inner(label, config) for label in config)
    return found if means_the_same and is_whole else None


def _matched(space: SearchSpace, config: Config, then: Mapping[str, Any]) -> Config | None:
    """Return the values of then for each active label, where all are allowed."""
    known = spell_out(space, {label: value for label, value in {**then, **config}.items() if label in space})
    found: Config = {}
    for parameter in space.parameters:
        if not parameter.is_active(found):
            continue
        label = parameter.label
        value = next((one[label] for one in (known, then) if label in one and parameter.allows(one[label])), _NONE)
        if value is _NONE:
            return None
        found[label] = parameter.clean(value)
    return found


_NONE = object()  # None is a value


def _are_same(one: Any, other: Any) -> bool:
    """Whether two values are the same, as far as can be told: of what is no scalar only the label is compared."""
    return not (is_scalar(one) and is_scalar(other)) or same_key(one, other)


def _is_inner(label: str, config: Config) -> bool:
    """Whether a label is that of a bare hole, whose value its choice has too."""
    return label.endswith(f".{BARE}") and label[: -len(BARE) - 1] in config


class Guides:
    """The trials of a run as one space sees them, kept up to date trial by trial.

    Parameters
    ----------
    space : SearchSpace
        The space that is searched now.

    Attributes
    ----------
    version : int
        The history's version up to which trials were taken; whoever keeps this sets it.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self.version = -1
        self._inside: dict[int, Trial | None] = {}  # None for what lies outside
        self._settled: list[Trial] = []  # by step: of these no other step will be asked, unless they change
        self._moving: dict[int, Trial] = {}
        self._until = -math.inf

    def take(self, trial: Trial, made_in: Compiled) -> None:
        """Take a trial that is new, or has changed."""
        if trial.hidden:
            return
        before = self._inside.get(trial.id)
        if trial.id not in self._inside:
            config = carried_over(self.space, trial.config, made_in)
        else:
            config = None if before is None else before.config
        if config is None:
            self._inside[trial.id] = None
            return
        trial = trial if config is trial.config else replace(trial, config=config)
        self._inside[trial.id] = self._moving[trial.id] = trial
        place = bisect_left(self._settled, trial.step, key=_step)
        if place < len(self._settled) and self._settled[place].id == trial.id:
            del self._settled[place]

    def up_to(self, until: int | None) -> tuple[tuple[Trial, ...], tuple[Config, ...], tuple[Config, ...]]:
        """Return the trials of which something is known by step, what is pending, and what was skipped.

        Parameters
        ----------
        until : int, optional
            The last step whose results may be used. Default: all results may.
        """
        limit = math.inf if until is None else until
        if limit < self._until:  # an earlier step is asked about: what was settled by then is not now
            self._moving.update((trial.id, trial) for trial in self._settled)
            self._settled = []
        self._until = limit
        known: list[Trial] = []
        pending: list[Config] = []
        for trial in sorted(self._moving.values(), key=_step):
            if trial.state != "running" and trial.last_step <= limit:
                del self._moving[trial.id]
                insort(self._settled, trial, key=_step)
                continue
            found = trial.as_known(until)
            if found is None:
                pending.append(trial.config)
            else:
                known.append(found)
        known = sorted((*self._settled, *known), key=_step) if known else self._settled
        skipped = tuple(trial.config for trial in known if trial.state == "stopped")
        return tuple(trial for trial in known if trial.state != "stopped"), tuple(pending), skipped


def _step(trial: Trial) -> int:
    return trial.step
