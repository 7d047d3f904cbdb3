"""The search space: parameters by label, edits that return a new space, draws, and objects made from a configuration."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from automl_magic.engine import edits, template
from automl_magic.engine.events import Config
from automl_magic.engine.holes import Alternatives, Parameter, middle, rounded, same_key
from automl_magic.engine.rules import Rule, parse_rule
from automl_magic.errors import SpaceError, did_you_mean

DRAWS = 10_000  # draws that break a rule before the space is taken to hold nothing


@dataclass(frozen=True)
class Constant:
    """A parameter that is not searched: its value and when it counts."""

    value: Any
    conditions: Alternatives


@dataclass(frozen=True)
class SearchSpace:
    """What may be tried. Make one with `compile_space`; every edit returns a new one.

    Attributes
    ----------
    template : object
        The estimator, dict or function call with holes.
    declared : mapping of str to Parameter
        The holes as written, parents first.
    parameters : tuple of Parameter
        The same with the bounds and options of now.
    constants : mapping of str to Constant
        Scalar parameters of the template that are not searched.
    rules : tuple of Rule
        Every configuration meets them.
    starts : tuple of dict
        Configurations to try first.
    assigned : tuple of (label, value or hole)
        What was put in the place of parameters of the template.
    """

    template: Any = field(repr=False)
    node: template.Node = field(repr=False, compare=False)
    declared: Mapping[str, Parameter] = field(repr=False)
    parameters: tuple[Parameter, ...]
    constants: Mapping[str, Constant] = field(repr=False)
    rules: tuple[Rule, ...] = ()
    starts: tuple[Config, ...] = ()
    assigned: tuple[tuple[str, Any], ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all parameters, parents first."""
        return tuple(parameter.label for parameter in self.parameters)

    def __getitem__(self, label: str) -> Parameter:
        for parameter in self.parameters:
            if parameter.label == label:
                return parameter
        raise SpaceError(
            f'No parameter "{label}" in the space.{did_you_mean(label, self.labels)}',
            f"Known: {', '.join(self.labels)}.",
        )

    def __contains__(self, label: object) -> bool:
        return label in self.labels

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
            config = self._draw(rng)
            broken = self.broken_rule(config)
            if broken is None:
                return config
            refused[broken.text] += 1
        rule, count = refused.most_common(1)[0]
        raise SpaceError(
            f"No configuration meets the rules: {rule!r} refused {count} of {DRAWS} draws.",
            "Loosen it, or widen the space.",
        )

    def _draw(self, rng: np.random.Generator) -> Config:
        config: Config = {}
        for parameter in self.parameters:
            if parameter.is_active(config):
                config[parameter.label] = _draw_one(parameter, rng)
        return config

    def default(self) -> Config:
        """Return the configuration of all defaults, moved into the bounds of now."""
        return self._complete({})

    def validate(self, config: Mapping[str, Any]) -> Config:
        """Return `config` completed by the defaults of the active labels that it lacks.

        Raises
        ------
        SpaceError
            If a label is unknown or inactive, a value is not allowed, or a rule is broken.
        """
        for label in config:
            self[label]
        whole = self._complete(config)
        for label, value in config.items():
            if label not in whole:
                needs = " and ".join(f"{parent} = {key!r}" for parent, key in self[label].conditions[0])
                raise SpaceError(f'"{label}" does not count here: it needs {needs}.')
            if not self[label].allows(value):
                raise SpaceError(f'"{label}" must be {describe(self[label])}. Got {value!r} instead.')
        broken = self.broken_rule(whole)
        if broken is not None:
            raise SpaceError(f"The configuration breaks the rule {broken.text!r}.")
        return whole

    def _complete(self, config: Mapping[str, Any]) -> Config:
        whole: Config = {}
        for parameter in self.parameters:
            if parameter.is_active(whole):
                given = config.get(parameter.label, _nearest(parameter, parameter.default))
                whole[parameter.label] = float(given) if parameter.kind == "float" and _is_number(given) else given
        return whole

    def active(self, config: Config) -> tuple[str, ...]:
        """Return the labels that `config` makes count."""
        return tuple(parameter.label for parameter in self.parameters if parameter.is_active(config))

    def contains(self, config: Config) -> bool:
        """Whether `config` has exactly the active labels, values within bounds and options, and meets every rule."""
        active = [parameter for parameter in self.parameters if parameter.is_active(config)]
        if len(active) != len(config) or any(parameter.label not in config for parameter in active):
            return False
        return (
            all(parameter.allows(config[parameter.label]) for parameter in active) and self.broken_rule(config) is None
        )

    def broken_rule(self, config: Config) -> Rule | None:
        """Return the first rule that `config` breaks."""
        if not self.rules:
            return None
        values = self.values_of(config)
        return next((rule for rule in self.rules if not rule.holds(values)), None)

    def values_of(self, config: Config) -> dict[str, Any]:
        """Return the values that the parameters really get: a choice that picked a bare hole has the hole's value."""
        values = {
            label: constant.value for label, constant in self.constants.items() if _counts(constant.conditions, config)
        }
        values.update({label: config.get(f"{label}.{template.BARE}", value) for label, value in config.items()})
        return values

    def grid(self, points: int = 3) -> Iterator[Config]:
        """Yield every combination of `points` values for each number and all options, rules met."""
        return (config for config in _combine(self.parameters, points, {}) if self.broken_rule(config) is None)

    def grid_size(self, points: int = 3) -> int:
        """Return the number of combinations, those that rules refuse included."""
        return _count(self.parameters, points, ())

    def make(self, config: Config) -> Any:
        """Return a fresh object with the values of `config` put in."""
        return template.make(self.node, config)

    def config_of(self, made: Any) -> Config | None:
        """Return the configuration from which `made` was made, or None."""
        return template.config_of(self.node, made)

    # -- edits ------------------------------------------------------------------------------------------------------

    def narrow(
        self, label: str, low: float | None = None, high: float | None = None, options: Any = None
    ) -> SearchSpace:
        """Set bounds or options of a parameter, within those declared."""
        declared = self._declared(label)
        changed = (
            edits.with_options(declared, options)
            if declared.kind == "choice"
            else edits.with_bounds(declared, self[label], low, high)
        )
        return self._with(changed)

    def fix(self, label: str, value: Any) -> SearchSpace:
        """Give a parameter one value. A label of the template that is no hole gets the value in the template."""
        if label not in self:
            return self._put(label, value)
        declared = self._declared(label)
        if not declared.allows(value):
            raise SpaceError(f'"{label}" must be {describe(declared)}. Got {value!r} instead.')
        if declared.kind == "choice":
            return self.narrow(label, options=(value,))
        return self._with(replace(declared, low=value, high=value, default=value))

    def search(self, label: str, hole: Any) -> SearchSpace:
        """Put a hole in the place of a parameter of the template, hole or not."""
        return self._put(label, hole)

    def free(self, label: str) -> SearchSpace:
        """Give a parameter its declared bounds or options back."""
        return self._with(self._declared(label))

    def drop(self, label: str, key: Any) -> SearchSpace:
        """Take an option out of a choice."""
        left = tuple(option for option in self[label].options if not same_key(option, key))
        if len(left) == len(self[label].options):
            raise SpaceError(f'"{label}" has no option {key!r}.{did_you_mean(key, self[label].options)}')
        return self.narrow(label, options=left)

    def models(self, *keys: str) -> SearchSpace:
        """Keep these families."""
        return self.narrow(template.TOP, options=keys)

    def rule(self, rule: Any) -> SearchSpace:
        """Add a rule, as text or as a function of the values by label."""
        parsed = parse_rule(rule)
        known = (*self.labels, *self.constants)
        for label in parsed.labels():
            if label not in known:
                raise SpaceError(
                    f'The rule {parsed.text!r} names "{label}", which is no parameter.{did_you_mean(label, known)}'
                )
        return replace(self, rules=(*self.rules, parsed))

    def start(self, config: Mapping[str, Any]) -> SearchSpace:
        """Try this configuration first; labels that it lacks take their defaults."""
        return replace(self, starts=(*self.starts, self.validate(config)))

    def _declared(self, label: str) -> Parameter:
        self[label]
        return self.declared[label]

    def _with(self, changed: Parameter) -> SearchSpace:
        parameters = tuple(changed if parameter.label == changed.label else parameter for parameter in self.parameters)
        return replace(self, parameters=parameters)

    def _put(self, label: str, value: Any) -> SearchSpace:
        changed, found = template.replace_at(self.template, label, value)
        if not found:
            known = (*self.labels, *self.constants)
            raise SpaceError(f'No parameter "{label}" in the space.{did_you_mean(label, known)}')
        new = compile_space(changed)
        kept = {
            parameter.label: parameter for parameter in self.parameters if parameter != self.declared[parameter.label]
        }
        for name, parameter in kept.items():
            if name in new and name != label and new.declared[name].kind == parameter.kind:
                new = new._with(replace(parameter, conditions=new.declared[name].conditions))
        assigned = (*((name, other) for name, other in self.assigned if name != label), (label, value))
        return replace(new, rules=self.rules, starts=self.starts, assigned=assigned)

    # -- what others read -------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Return the space as JSON: enough to draw its sliders and to compare it, without the template."""
        shown = [edits.parameter_to_json(parameter, self.declared[parameter.label]) for parameter in self.parameters]
        return {
            "parameters": shown,
            "rules": [rule.text for rule in self.rules],
            "starts": [dict(start) for start in self.starts],
        }

    def fingerprint(self) -> str:
        """Return a hash of what may be tried."""
        scalars = {label: repr(constant.value) for label, constant in self.constants.items()}
        text = json.dumps([self.to_json(), scalars], sort_keys=True, default=repr)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def to_code(self) -> str:
        """Return the lines of a cell's body that make this space out of the declared one."""
        lines = [f"space[{label!r}] = {value!r}" for label, value in self.assigned]
        for parameter in self.parameters:
            if parameter != self.declared[parameter.label]:
                lines.append(edits.code_of(parameter))
        lines += [f"space.rule({rule.text!r})" for rule in self.rules]
        lines += [f"space.start({start!r})" for start in self.starts]
        return "\n".join(lines)


def compile_space(written: Any) -> SearchSpace:
    """Return the search space of a template: an estimator, dict or `Build` with holes in it.

    Raises
    ------
    SpaceError
        If two different holes have one name.

    Examples
    --------
    >>> from automl_magic.engine.holes import Choice, Float
    >>> compile_space({"x": Float(0, 1), "kernel": Choice("rbf", "linear")}).labels
    ('x', 'kernel')
    """
    if isinstance(written, SearchSpace):
        return written
    node = template.read(written)
    found: dict[str, Parameter] = {}
    constants: dict[str, Constant] = {}
    for item, conditions in template.walk(node):
        if isinstance(item, template.Leaf):
            if item.path and (item.value is None or isinstance(item.value, bool | int | float | str)):
                label = ".".join(item.path)
                before = constants[label].conditions if label in constants else ()
                constants[label] = Constant(item.value, (*before, conditions))
            continue
        parameter = _parameter(item, conditions)
        if item.label in found:
            parameter = edits.merged(found[item.label], parameter)
        found[item.label] = parameter
    ordered = _parents_first(found)
    return SearchSpace(written, node, {parameter.label: parameter for parameter in ordered}, ordered, constants)


def _parameter(item: template.Number | template.Fork, conditions: tuple[tuple[str, Any], ...]) -> Parameter:
    if isinstance(item, template.Fork):
        return Parameter(
            item.label, "choice", options=item.hole.keys, default=item.hole.default, conditions=(conditions,)
        )
    hole = item.hole
    kind: Any = type(hole).__name__.lower()
    return Parameter(item.label, kind, hole.low, hole.high, hole.log, (), middle(hole), hole.prior, (conditions,))


def _parents_first(found: dict[str, Parameter]) -> tuple[Parameter, ...]:
    ordered: dict[str, Parameter] = {}
    left = dict(found)
    while left:
        ready = [
            label
            for label, parameter in left.items()
            if all(parent in ordered for alternative in parameter.conditions for parent, _ in alternative)
        ]
        if not ready:
            raise SpaceError(f"The conditions of {', '.join(left)} go in a circle.", "Give the holes other names.")
        ordered.update({label: left.pop(label) for label in ready})
    return tuple(ordered.values())


def _draw_one(parameter: Parameter, rng: np.random.Generator) -> Any:
    if parameter.kind == "choice":
        return parameter.options[int(rng.integers(len(parameter.options)))]
    low, high = parameter.low, parameter.high
    if parameter.kind == "float":
        drawn = math.exp(rng.uniform(math.log(low), math.log(high))) if parameter.log else rng.uniform(low, high)
        return rounded(drawn, low, high)
    if not parameter.log:
        return int(rng.integers(int(low), int(high) + 1))
    return min(max(round(math.exp(rng.uniform(math.log(low - 0.5), math.log(high + 0.5)))), int(low)), int(high))


def _nearest(parameter: Parameter, value: Any) -> Any:
    """Return the default where it is allowed, else what is nearest to it."""
    if parameter.allows(value):
        return value
    if parameter.kind == "choice":
        return parameter.options[0]
    bounded = min(max(value, parameter.low), parameter.high)
    return int(bounded) if parameter.kind == "int" else bounded


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _counts(conditions: Alternatives, config: Config) -> bool:
    return any(all(label in config and same_key(config[label], key) for label, key in pairs) for pairs in conditions)


def _combine(parameters: tuple[Parameter, ...], points: int, config: Config) -> Iterator[Config]:
    if not parameters:
        yield dict(config)
        return
    first, rest = parameters[0], parameters[1:]
    if not first.is_active(config):
        yield from _combine(rest, points, config)
        return
    for value in edits.spread(first, points):
        yield from _combine(rest, points, {**config, first.label: value})


def _count(parameters: tuple[Parameter, ...], points: int, chosen: tuple[tuple[str, Any], ...]) -> int:
    if not parameters:
        return 1
    first, rest = parameters[0], parameters[1:]
    if not first.is_active(dict(chosen)):
        return _count(rest, points, chosen)
    values = edits.spread(first, points)
    parents = {parent for parameter in rest for pairs in parameter.conditions for parent, _ in pairs}
    if first.label not in parents:
        return len(values) * _count(rest, points, chosen)
    return sum(_count(rest, points, (*chosen, (first.label, value))) for value in values)


def describe(parameter: Parameter) -> str:
    """Return in words what is allowed."""
    if parameter.kind == "choice":
        return "one of " + ", ".join(map(repr, parameter.options))
    return f"{'a whole number' if parameter.kind == 'int' else 'a number'} from {parameter.low:g} to {parameter.high:g}"
