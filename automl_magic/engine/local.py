"""Local search: go through what lies beside the best place, move where it is better, begin anew where nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

import numpy as np

from automl_magic.engine.configs import identity
from automl_magic.engine.cube import share_of, value_at
from automl_magic.engine.drawing import draw_one
from automl_magic.engine.events import Config
from automl_magic.engine.history import Trial, View
from automl_magic.engine.keys import same_key
from automl_magic.engine.order import order_of_trial
from automl_magic.engine.parameters import Parameter
from automl_magic.engine.search_options import number_within
from automl_magic.engine.searchers import Searcher, sample_new, seen_in
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import SearchSpace
from automl_magic.extend import SEARCHERS


class LocalSearch:
    """Climb: propose a neighbour of the place where the search stands that was not tried yet.

    A neighbour has one active parameter changed: another option, or a number one step up or down. The first neighbour
    that is better becomes the place (first improvement). When all were tried, a random draw is the next place. Where
    the search stands is read from the trials, one after the other, so nothing need be remembered; a trial that comes
    late, proposed from a place that was left in between, is moved to if it is better than the place of now.

    Parameters
    ----------
    step : float
        By how much a number changes, as a share of its range on its scale.

    References
    ----------
    White, Nolen, Savani (2021), "Exploring the Loss Landscape in Neural Architecture Search", arXiv 2005.02960: on
    NAS-Bench-201 as good as anything; in larger and noisier spaces it is caught by the first hill.
    """

    name = "local"

    def __init__(self, step: float) -> None:
        self.step = number_within(self.name, "step", step, 0.0, 0.5)
        self._around: WeakKeyDictionary[SearchSpace, dict[str, dict[str, Config]]] = WeakKeyDictionary()

    def __reduce__(self) -> tuple[type[LocalSearch], tuple[float]]:
        return LocalSearch, (self.step,)

    def is_starting(self, view: View) -> bool:
        """Whether nothing was tried yet."""
        return not view.trials

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""
        if self.is_starting(view):
            return sample_new(view, rng)
        around, seen = self._beside(view, self.place(view)), seen_in(view)
        left = [config for key, config in around.items() if key not in seen and view.space.contains(config)]
        return left[rng.integers(len(left))] if left else sample_new(view, rng)

    def place(self, view: View) -> Trial:
        """Return where the search stands: what is beside no place so far is a start, the rest must be better."""
        place, reached = view.trials[0], set(self._beside(view, view.trials[0]))
        for trial in view.trials[1:]:
            if trial.key not in reached or order_of_trial(trial) < order_of_trial(place):
                place = trial
                reached.update(self._beside(view, place))
        return place

    def _beside(self, view: View, place: Trial) -> dict[str, Config]:
        """Return the neighbours of a place by identity."""
        known = self._around.setdefault(view.space, {})
        if place.key not in known:
            found = neighbours(view.space, place.config, self.step, view.seed)
            known[place.key] = {identity(config): config for config in found}
        return known[place.key]


def neighbours(space: SearchSpace, config: Config, step: float, seed: int = 0) -> Iterator[Config]:
    """Yield the configurations with one active parameter changed; rules are not looked at.

    Where an option brings in other parameters, these are drawn, always the same for the same place and option.
    """
    for changed in space.ordered:
        if changed.label not in config or changed.is_fixed:
            continue
        for value in _beside(changed, config[changed.label], step):
            rng = generator_of("local", seed, identity(config), changed.label, repr(value))
            found: Config = {}
            for parameter in space.ordered:
                if parameter is changed:
                    found[parameter.label] = value
                elif parameter.is_active(found):
                    label = parameter.label
                    found[label] = config[label] if label in config else draw_one(parameter, rng)
            yield found


def _beside(parameter: Parameter, value: object, step: float) -> list[object]:
    """Return the other options, or the numbers one step up and down that differ."""
    if parameter.kind == "choice":
        return [option for option in parameter.options if not same_key(option, value)]
    share = share_of(parameter, value)
    found = []
    for moved in (share - step, share + step):
        number = value_at(parameter, min(max(moved, 0.0), 1.0 - 1e-12))
        if parameter.kind == "int" and number == value and 0 < moved < 1:  # a step is too short for the next one
            number = value + (1 if moved > share else -1)  # type: ignore[operator]
        if number != value and number not in found:
            found.append(number)
    return found


@SEARCHERS.register("local")
def local(step: float = 0.1) -> Searcher:
    """Climb from neighbour to better neighbour; begin anew on a hilltop."""
    return LocalSearch(step)
