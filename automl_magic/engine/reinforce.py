"""Reinforcement learning: a policy draws each value from its chances, and what was rewarded becomes more likely."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

import numpy as np
from numpy.typing import NDArray

from automl_magic.engine.cube import share_of, value_at
from automl_magic.engine.events import Config
from automl_magic.engine.history import Trial, View
from automl_magic.engine.keys import find_key, same_key
from automl_magic.engine.order import order_of_trial
from automl_magic.engine.parameters import Parameter
from automl_magic.engine.search_options import number_within, whole_number
from automl_magic.engine.searchers import Searcher, first_new
from automl_magic.extend import SEARCHERS

Logits = dict[str, NDArray[np.float64]]

MEMORY = 0.9  # share of the old mean that stays when a reward comes in
BELIEVED = 3.0  # a reward counts at most so many mean deviations
LEAST = 1e-9  # weight of an option
DIGITS = 12  # exponentials differ in the last ones from processor to processor
CALMER = 0.9  # logits are taken times this after each draw that was tried already
RECENT = 500  # trials that teach the policy at most: the latest


class Reinforce:
    """Propose by a softmax policy that is trained by policy gradient (REINFORCE).

    Each parameter has a chance for each option, or for each of a few parts of its range, all chances equal (or after
    the prior) at first. After a trial, the logits of what was drawn rise where its score was above the moving mean of
    those before, and fall where it was below: by `rate` times how far above, in mean deviations. Only the parameters
    that were active in a trial learn from it. Parameters are drawn independently of each other: a controller network,
    as in the papers, could learn that they belong together, and needs thousands of trials for that.

    A policy that is sure of itself would draw the same again and again. Here each draw that was tried already makes the
    chances of the next one more equal, so that what comes is new, and near to what the policy wants.

    The policy is computed from the trials at each proposal, so a run that is resumed goes the same way.

    Parameters
    ----------
    rate : float
        How far a reward moves the logits.
    parts : int
        Into how many parts a range of numbers is cut.

    References
    ----------
    Williams (1992), "Simple Statistical Gradient-Following Algorithms", Machine Learning 8, equation 6. For
    architectures: Zoph, Le (2017), "Neural Architecture Search with Reinforcement Learning", arXiv 1611.01578; without
    a network, as here: Ying and others (2019), "NAS-Bench-101", arXiv 1902.09635, section 4.
    """

    name = "reinforce"

    def __init__(self, rate: float, parts: int) -> None:
        self.rate = number_within(self.name, "rate", rate, 0.0, 10.0)
        self.parts = whole_number(self.name, "parts", parts, 2)

    def is_starting(self, view: View) -> bool:
        """Whether nothing was rewarded yet: all is as likely as at first."""
        return not view.trials

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""
        logits, heat = self.policy(view), count()
        return first_new(view, rng, lambda: self._drawn(view, logits, CALMER ** next(heat), rng))

    def policy(self, view: View) -> Logits:
        """Return the logits of each parameter after the trials so far."""
        logits = {one.label: self._first(one) for one in view.space.ordered if not one.is_fixed}
        by_label = {one.label: one for one in view.space.ordered}
        trials = view.trials[-RECENT:]
        mean = deviation = None
        for trial, reward in zip(trials, rewards(trials), strict=True):
            if mean is None or deviation is None:
                mean, deviation = reward, 0.0
                continue
            beyond = reward - mean
            deviation = abs(beyond) if deviation == 0 else MEMORY * deviation + (1 - MEMORY) * abs(beyond)
            advantage = float(np.clip(beyond / deviation, -BELIEVED, BELIEVED)) if deviation > 0 else 0.0
            mean = MEMORY * mean + (1 - MEMORY) * reward
            self._learn(logits, by_label, trial, advantage)
        return logits

    def _learn(self, logits: Logits, by_label: Mapping[str, Parameter], trial: Trial, advantage: float) -> None:
        """Take one step along the gradient of the logarithm of the trial's chance."""
        for label, value in trial.config.items():
            if label not in logits:
                continue
            chances = softmax(logits[label])
            place = self._place(by_label[label], value)
            if place is not None:
                logits[label] -= self.rate * advantage * chances
                logits[label][place] += self.rate * advantage

    def _first(self, parameter: Parameter) -> NDArray[np.float64]:
        """Return the logits before anything was learnt: of options the logarithms of their weights."""
        if parameter.kind != "choice":
            return np.zeros(self.parts)
        told = parameter.prior or tuple((option, 1.0) for option in parameter.options)
        found = [next(weight for key, weight in told if same_key(key, option)) for option in parameter.options]
        return np.asarray(np.round(np.log(np.maximum(found, LEAST)), DIGITS), dtype=np.float64)

    def _place(self, parameter: Parameter, value: object) -> int | None:
        """Return which option a value is, or in which part of the range it lies; None if it is no option any more."""
        if parameter.kind == "choice":
            return find_key(value, parameter.options)
        return min(int(share_of(parameter, value) * self.parts), self.parts - 1)

    def _drawn(self, view: View, logits: Logits, sure: float, rng: np.random.Generator) -> Config:
        """Draw each active parameter from its chances; `sure` is 1 for those, and makes them all equal towards 0."""
        config: Config = {}
        for parameter in view.space.ordered:
            if not parameter.is_active(config):
                continue
            if parameter.is_fixed:
                config[parameter.label] = value_at(parameter, 0.0)
                continue
            chances = softmax(sure * logits[parameter.label])
            place = int(np.searchsorted(np.cumsum(chances), rng.random() * chances.sum()))
            place = min(place, len(chances) - 1)
            if parameter.kind == "choice":
                config[parameter.label] = parameter.options[place]
            else:
                config[parameter.label] = value_at(parameter, (place + rng.random()) / self.parts)
        return config


def rewards(trials: list[Trial] | tuple[Trial, ...]) -> list[float]:
    """Return the reward of each trial, larger is better: its score; of one that failed the least score of all."""
    known = [trial.score for trial in trials if order_of_trial(trial)[0] < 2 and trial.score is not None]
    least = min(known, default=0.0)
    return [least if order_of_trial(trial)[0] == 2 or trial.score is None else float(trial.score) for trial in trials]


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return chances that are proportional to the exponentials."""
    powers = np.exp(logits - logits.max())
    return np.asarray(np.round(powers / powers.sum(), DIGITS))


@SEARCHERS.register("reinforce")
def reinforce(rate: float = 0.3, parts: int = 8) -> Searcher:
    """Learn a policy by rewards."""
    return Reinforce(rate, parts)
