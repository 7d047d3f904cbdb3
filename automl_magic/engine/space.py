"""The search space: parameters by label, edits that return a new space, draws, objects made from configurations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from automl_magic.engine import drawing, editing, template, writing
from automl_magic.engine.combining import combinations_of
from automl_magic.engine.compiling import Compiled, compile_node, values_of
from automl_magic.engine.configs import complete, spell_out, validated
from automl_magic.engine.events import Config
from automl_magic.engine.keys import find_key
from automl_magic.engine.parameters import Parameter, describe, with_bounds, with_options
from automl_magic.engine.room import DRAWS, HINT, told
from automl_magic.engine.rules import Rule
from automl_magic.errors import SpaceError, did_you_mean


@dataclass(frozen=True, eq=False, repr=False)
class SearchSpace:
    """What may be tried. Make one with `compile_space`; every edit returns a new one and shares what was compiled.

    Attributes
    ----------
    template : object
        The estimator, dict or `Build` with holes, as written.
    parameters : tuple of Parameter
        The holes with the bounds and options of now, parents first.
    rules : tuple of Rule
        Every configuration meets them.
    starts : tuple of dict
        Configurations to try first.
    assigned : tuple of (label, value or hole)
        What was put in the place of parameters of the template.

    Examples
    --------
    >>> from automl_magic.engine.holes import Choice, Float
    >>> space = compile_space({"x": Float(0, 1), "kernel": Choice("rbf", "linear")})
    >>> space.narrow("x", high=0.25).fix("kernel", "linear").default()
    {'x': 0.25, 'kernel': 'linear'}
    """

    template: Any = field(repr=False)
    origin: Compiled = field(repr=False)
    compiled: Compiled = field(repr=False)
    parameters: tuple[Parameter, ...]
    rules: tuple[Rule, ...] = ()
    starts: tuple[Config, ...] = ()
    assigned: tuple[tuple[str, Any], ...] = ()

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The labels of all parameters, parents first."""
        return tuple(self._by_label)

    @property
    def declared(self) -> Mapping[str, Parameter]:
        """The parameters as written, by label."""
        return self.compiled.by_label

    @cached_property
    def ordered(self) -> tuple[Parameter, ...]:
        """The parameters in the order of draws, which does not depend on how the space is written."""
        return drawing.in_order(self.parameters)

    @cached_property
    def _ruled(self) -> frozenset[str] | None:
        """The labels that the rules read; None for all, which a function may."""
        if any(rule.function is not None for rule in self.rules):
            return None
        return frozenset(label for rule in self.rules for label in rule.labels)

    @cached_property
    def _by_label(self) -> dict[str, Parameter]:
        return {parameter.label: parameter for parameter in self.parameters}

    def __getitem__(self, label: str) -> Parameter:
        if label not in self._by_label:
            known = f"Known: {', '.join(self.labels)}." if self.labels else "It has no holes."
            raise SpaceError(f'No parameter "{label}" in the space.{did_you_mean(label, self.labels)}', known)
        return self._by_label[label]

    def __contains__(self, label: object) -> bool:
        return label in self._by_label

    def __repr__(self) -> str:
        searched = (f"  {parameter.label}: {describe(parameter)}" for parameter in self.parameters)
        return "\n".join(["Search space", *searched, *(f"  rule: {rule.text}" for rule in self.rules)])

    def __getstate__(self) -> dict[str, Any]:
        cached = ("labels", "ordered", "_ruled", "_by_label")
        return {name: value for name, value in self.__dict__.items() if name not in cached}

    # -- configurations ---------------------------------------------------------------------------------------------

    def sample(self, rng: np.random.Generator) -> Config:
        """Draw a configuration that meets every rule.

        Raises
        ------
        SpaceError
            If none is found; the rule that refuses most is named.
        """
        refused: Counter[str] = Counter()
        for _ in range(DRAWS):
            config = drawing.draw(self.ordered, rng)
            broken = self.broken_rules(config)
            if not broken:
                return config
            refused.update(rule.text for rule in broken)
        raise SpaceError(f"No configuration that meets the rules was found: {told(refused, DRAWS)} draws.", HINT)

    def default(self) -> Config:
        """Return the configuration of all defaults, moved into the bounds of now. It may break a rule."""
        return complete(self.parameters, {})

    def validate(self, config: Mapping[str, Any]) -> Config:
        """Return `config` completed by the defaults of the active labels that it lacks, in its one JSON form.

        Raises
        ------
        SpaceError
            If a label is unknown or inactive, a value is not allowed, or a rule is broken.
        """
        whole = validated(self, config)
        broken = self.broken_rules(whole)
        if broken:
            raise SpaceError(f"The configuration breaks the rule {broken[0].text!r}. Got {whole}.")
        return whole

    def active(self, config: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the labels that `config` makes count, parents first."""
        return tuple(parameter.label for parameter in self.parameters if parameter.is_active(config))

    def contains(self, config: Mapping[str, Any]) -> bool:
        """Whether `config` has exactly the active labels, values within bounds and options, and meets every rule."""
        active = [parameter for parameter in self.parameters if parameter.is_active(config)]
        if len(active) != len(config):
            return False
        within = all(parameter.label in config and parameter.allows(config[parameter.label]) for parameter in active)
        return within and not self.broken_rules(config)

    def broken_rules(self, config: Mapping[str, Any]) -> list[Rule]:
        """Return the rules that `config` breaks."""
        if not self.rules:
            return []
        values = values_of(self.compiled, config, self._ruled)
        return [rule for rule in self.rules if not rule.holds(config if rule.reads_config else values)]

    def values_of(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values that the parameters really get under `config`, fixed and unsearched ones included."""
        return values_of(self.compiled, config)

    def grid(self, points: int = 3) -> Iterator[Config]:
        """Yield every combination of `points` values for each number and all options that meets the rules."""
        return (config for config in drawing.combine(self.ordered, points) if not self.broken_rules(config))

    def grid_size(self, points: int = 3) -> int | None:
        """Return the number of combinations, those that rules refuse included; None where to count them takes long."""
        found = combinations_of(self.ordered, points)
        return None if found is None else found.size

    def make(self, config: Mapping[str, Any]) -> Any:
        """Return a fresh object with the values of `config` put in."""
        return template.make(self.compiled.node, config)

    def config_of(self, made: Any) -> Config | None:
        """Return the configuration from which `made` was made, or None."""
        return template.config_of(self.compiled.node, made)

    # -- edits ------------------------------------------------------------------------------------------------------

    def narrow(
        self, label: str, low: float | None = None, high: float | None = None, options: Iterable[Any] | None = None
    ) -> SearchSpace:
        """Set bounds or options of a parameter, within those declared; a bound left out stays as it is."""
        now, declared = self[label], self.declared[label]
        if now.kind == "choice":
            if options is None or low is not None or high is not None:
                raise SpaceError(
                    f'"{label}" is a choice: give options, not bounds.',
                    f"narrow({label!r}, options={list(now.options)!r})",
                )
            return self._with(with_options(declared, options))
        if options is not None:
            raise SpaceError(
                f'"{label}" is a number: give low and high, not options.',
                f"narrow({label!r}, {now.low!r}, {now.high!r})",
            )
        return self._with(with_bounds(declared, now, low, high))

    def fix(self, label: str, value: Any) -> SearchSpace:
        """Give a parameter one value; one of the template that is no hole gets it in the template."""
        return editing.fix(self, label, value)

    def search(self, label: str, hole: Any) -> SearchSpace:
        """Put a hole in the place of a parameter, hole or not; one within the declared hole narrows that."""
        return editing.search(self, label, hole)

    def free(self, label: str) -> SearchSpace:
        """Give a parameter its declared bounds or options back, or the value that the template has."""
        if label not in self and any(label == name for name, _ in self.assigned):
            return editing.unassign(self, label)
        self[label]
        return self._with(self.declared[label])

    def drop(self, label: str, key: Any) -> SearchSpace:
        """Take an option out of a choice."""
        options = self[label].options
        place = find_key(key, options)
        if place is None:
            known = f"Left: {', '.join(map(repr, options))}." if options else "It is a number: narrow it."
            raise SpaceError(f'"{label}" has no option {key!r}.{did_you_mean(key, options)}', known)
        return self.narrow(label, options=options[:place] + options[place + 1 :])

    def models(self, *keys: str) -> SearchSpace:
        """Keep these families: options of the choice at the top."""
        if template.TOP not in self:
            raise SpaceError("The space has no choice of models.", f"Its parameters: {', '.join(self.labels)}.")
        return self.narrow(template.TOP, options=keys)

    def rule(self, rule: str | Callable[[Mapping[str, Any]], Any] | Rule) -> SearchSpace:
        """Add a rule, as text or as a function of the values by label."""
        return replace(self, rules=(*self.rules, editing.checked_rule(self, rule)))

    def start(self, config: Mapping[str, Any]) -> SearchSpace:
        """Try this configuration first; labels that it lacks take their defaults."""
        return replace(self, starts=(*self.starts, self.validate(spell_out(self, config))))

    def untouched(self) -> SearchSpace:
        """Return the space as its template declares it, without any edit."""
        return SearchSpace(self.template, self.origin, self.origin, self.origin.parameters)

    def _with(self, *changed: Parameter) -> SearchSpace:
        new = {parameter.label: parameter for parameter in changed}
        return replace(self, parameters=tuple(new.get(parameter.label, parameter) for parameter in self.parameters))

    # -- what others read -------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Return the space as JSON: enough to draw its sliders and to compare it, without the template."""
        return writing.to_json(self)

    def fingerprint(self) -> str:
        """Return a hash of what may be tried, in hexadecimal; the order in which it is written does not matter."""
        return writing.fingerprint(self)

    def to_code(self) -> str:
        """Return the lines of a cell's body that make this space out of the declared one."""
        return writing.to_code(self)


def compile_space(written: Any) -> SearchSpace:
    """Return the search space of a template: an estimator, dict or `Build` with holes in it.

    Raises
    ------
    SpaceError
        If two holes have one label, or holes of one name differ.

    Examples
    --------
    >>> from automl_magic.engine.holes import Choice, Float
    >>> compile_space({"x": Float(0, 1), "kernel": Choice("rbf", "linear")}).labels
    ('x', 'kernel')
    """
    if isinstance(written, SearchSpace):
        return written
    compiled = compile_node(template.read(written))
    return SearchSpace(written, compiled, compiled, compiled.parameters)
