"""How many parameters matter, which of them act together, and where to narrow: out of a history alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automl_magic.effects import effects_of
from automl_magic.engine.history import History, Trial
from automl_magic.engine.seeds import generator_of
from automl_magic.expansion import columns_of
from automl_magic.importance import groups_of
from automl_magic.narrowing import Narrowing, narrowings_of

if TYPE_CHECKING:
    import pandas as pd

    from automl_magic.engine.space import SearchSpace

LEAST = 40  # done trials below which nothing is said
ROWS = 500  # trials that are looked at, at the most: a sample of more


@dataclass(frozen=True)
class Interaction:
    """Two parameters that act together.

    Attributes
    ----------
    one, other : str
        Their labels.
    share : float
        Of the variance that is explained: what neither of the two explains alone.
    """

    one: str
    other: str
    share: float


@dataclass(frozen=True)
class Insight:
    """What matters among the trials of one family, or (`model` is None) among all.

    Attributes
    ----------
    model : str or None
        The family.
    trials : int
        Its trials that are done.
    parameters : int
        How many were searched and tried with more than one value.
    matter : tuple of (label, float)
        The parameters that matter and the total effect of each: its share of the explained variance alone and in all
        its interactions. The largest first.
    interactions : tuple of Interaction
        The strongest first.
    told : float
        The share of the variance that all this tells of trials left out.
    narrowings : tuple of Narrowing
        For parameters that matter.
    kept : float
        The share of good points that all narrowings together are expected to keep.
    """

    model: str | None
    trials: int
    parameters: int
    matter: tuple[tuple[str, float], ...] = ()
    interactions: tuple[Interaction, ...] = ()
    told: float = 0.0
    narrowings: tuple[Narrowing, ...] = ()
    kept: float = 1.0

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is found, in plain sentences."""
        among = f"{self.model}: " if self.model else ""
        if self.trials < LEAST:
            return (f"{among}Too few to tell: {self.trials} of the {LEAST} done trials that it takes.",)
        if self.parameters == 0:
            return ()
        whole = f"{self.parameters} hyperparameter{'s' * (self.parameters != 1)}"
        if not self.matter:
            return (f"{among}None of {whole} stands out from chance in {self.trials} trials.",)
        names = _listed([label for label, _ in self.matter])
        count = len(self.matter)
        said = [
            f"{among}{count} of {whole} matter{'s' * (count == 1)}: {names}. "
            f"This tells {self.told:.0%} of how the scores of trials left out differ."
        ]
        said += [
            f"{pair.one} and {pair.other} interact: {pair.share:.0%} of what is explained lies in the two together."
            for pair in self.interactions
        ]
        if not self.interactions and count > 1:
            said.append("No interaction stands out from chance.")
        return tuple(said)


@dataclass(frozen=True)
class RunInsight:
    """What a run tells about its parameters.

    Attributes
    ----------
    groups : tuple of Insight
        Among all trials, then family by family.
    """

    groups: tuple[Insight, ...]

    @property
    def narrowings(self) -> tuple[Narrowing, ...]:
        """Every proposal to narrow the space."""
        return tuple(one for group in self.groups for one in group.narrowings)

    def apply(self, space: SearchSpace) -> SearchSpace:
        """Return `space` with every proposal carried out.

        Raises
        ------
        SpaceError
            If the space has not the parameters of the run.
        """
        for narrowing in self.narrowings:
            space = narrowing.apply(space)
        return space

    def effects(self) -> pd.DataFrame:
        """Return the parameters that matter as a table.

        Returns
        -------
        DataFrame of shape (n_parameters, 3)
            Columns model, parameter and total_effect.
        """
        import pandas as pd

        rows = [(group.model, label, share) for group in self.groups for label, share in group.matter]
        return pd.DataFrame(rows, columns=["model", "parameter", "total_effect"])

    def interactions(self) -> pd.DataFrame:
        """Return the pairs of parameters that act together as a table.

        Returns
        -------
        DataFrame of shape (n_pairs, 4)
            Columns model, one, other and share.
        """
        import pandas as pd

        rows = [(group.model, pair.one, pair.other, pair.share) for group in self.groups for pair in group.interactions]
        return pd.DataFrame(rows, columns=["model", "one", "other", "share"])

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for group in self.groups:
            yield from group.sentences
            width = max((len(label) for label, _ in group.matter), default=0)
            for label, share in group.matter:
                yield f"  {label:{width}}  {share:4.0%}  {'█' * max(1, round(20 * min(share, 1.0)))}"
        if self.narrowings:
            yield "Narrower, and most of what is good is expected to be kept:"
            yield from (f"  {one.code}  # keeps {one.kept:.0%}, cuts off {one.cut:.0%}" for one in self.narrowings)


def insight_of(history: History) -> RunInsight:
    """Return how many parameters matter, which interact and where the space may be narrowed.

    Parameters
    ----------
    history : History
        The run, over or not.

    Returns
    -------
    RunInsight
        The same history gives the same numbers.

    Notes
    -----
    A parameter matters when a model without it, and without its interactions, tells clearly less of trials left out:
    its total effect (Sobol's total index) stands above chance. So one that acts only together with another is seen.
    """
    groups = [group for group in groups_of(history) if group.model is not None or group.parameters]
    return RunInsight(tuple(_within(group.model, group.trials, group.parameters) for group in groups))


def _within(model: str | None, trials: Sequence[Trial], parameters: Sequence[Mapping[str, Any]]) -> Insight:
    done = [trial for trial in trials if trial.state == "done"]
    if len(done) < LEAST:
        return Insight(model, len(done), 0)
    rng = generator_of("insight", model or "")
    looked_at = trials
    if len(trials) > ROWS:
        looked_at = [trials[place] for place in np.sort(rng.permutation(len(trials))[:ROWS])]
    configs = [trial.config for trial in looked_at]
    made = [(parameter, columns_of(parameter, configs)) for parameter in parameters]
    known = [(parameter, columns) for parameter, columns in made if columns is not None]
    if not known:
        return Insight(model, len(done), 0)
    labels = [str(parameter["label"]) for parameter, _ in known]
    scores = np.array([trial.score for trial in looked_at], dtype=float)
    effects = effects_of([columns for _, columns in known], scores, rng)
    total = dict(effects.alone)
    for (one, other), share in effects.pairs.items():
        total[one] = total.get(one, 0.0) + share
        total[other] = total.get(other, 0.0) + share
    order = sorted(total, key=lambda number: (-total[number], labels[number]))
    pairs = sorted(effects.pairs.items(), key=lambda item: (-item[1], item[0]))
    narrowings, kept = narrowings_of(done, [known[number][0] for number in order])
    return Insight(
        model,
        len(done),
        len(known),
        tuple((labels[number], total[number]) for number in order),
        tuple(Interaction(labels[one], labels[other], share) for (one, other), share in pairs),
        effects.told,
        narrowings,
        kept,
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
