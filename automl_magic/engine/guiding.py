"""Which trials guide a search: those that lie in the space as it is now, however it was edited since they were made."""

from __future__ import annotations

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
    from automl_magic.engine.history import Trial
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
        self._ended: list[Trial] = []  # with a result, by step
        self._pending: dict[int, Trial] = {}
        self._skipped: dict[int, Trial] = {}
        self._taken: dict[int, Trial | None] = {}  # None for what lies outside

    def take(self, trial: Trial, made_in: Compiled) -> None:
        """Take a trial that is new, or has changed."""
        if trial.hidden:
            return
        if trial.id in self._taken:
            before = self._taken[trial.id]
            if before is None:
                return
            self._forget(before)
            config: Config | None = before.config
        else:
            config = carried_over(self.space, trial.config, made_in)
        if config is None:
            self._taken[trial.id] = None
            return
        trial = trial if config is trial.config else replace(trial, config=config)
        self._taken[trial.id] = trial
        if trial.state in ("running", "paused"):
            self._pending[trial.id] = trial
        elif trial.state == "stopped":
            self._skipped[trial.id] = trial
        else:
            insort(self._ended, trial, key=_step)

    def _forget(self, trial: Trial) -> None:
        self._pending.pop(trial.id, None)
        self._skipped.pop(trial.id, None)
        place = bisect_left(self._ended, trial.step, key=_step)
        if place < len(self._ended) and self._ended[place].id == trial.id:
            del self._ended[place]

    def up_to(self, until: int | None) -> tuple[tuple[Trial, ...], tuple[Config, ...], tuple[Config, ...]]:
        """Return the trials with a result, what is pending, and what was skipped.

        Parameters
        ----------
        until : int, optional
            The last step whose results may be used; the trials of later steps are pending.
        """
        last = len(self._ended) if until is None else bisect_left(self._ended, until + 1, key=_step)
        skipped = [trial for trial in self._skipped.values() if until is None or trial.step <= until]
        late = [trial for trial in self._skipped.values() if until is not None and trial.step > until]
        pending = [*self._ended[last:], *late, *self._pending.values()]
        return (
            tuple(self._ended[:last]),
            tuple(trial.config for trial in sorted(pending, key=lambda trial: trial.id)),
            tuple(trial.config for trial in sorted(skipped, key=lambda trial: trial.id)),
        )


def _step(trial: Trial) -> int:
    return trial.step
