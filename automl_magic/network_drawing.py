"""The network of any trial as a block diagram: out of the space while a run goes, out of its record afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from automl_magic.engine.events import Config, Finding
from automl_magic.engine.history import History, Trial
from automl_magic.errors import AutoMLError
from automl_magic.networks.families.own import OwnModule
from automl_magic.networks.families.repeat import Block
from automl_magic.networks.graph import Inputs
from automl_magic.networks.picture import Diagram, boxes_of
from automl_magic.networks.recorded import architecture_from_json, architecture_to_json
from automl_magic.networks.shaping import graph_of

if TYPE_CHECKING:
    from automl_magic.engine.space import SearchSpace
    from automl_magic.networks.architecture import Candidate

TOPIC = "architectures"  # the finding that holds what was trained: by the number of the trial, as JSON


def architectures_of(history: History, candidate: Callable[[Config], Candidate]) -> Finding:
    """Return the architectures that were trained, for the record: it does not hold what the space is made of.

    Parameters
    ----------
    history : History
        The run.
    candidate : callable
        From a configuration to what it stands for.
    """
    made = {
        str(trial.id): architecture_to_json(candidate(trial.config).architecture)
        for trial in history.trials.values()
        if trial.scores and trial.id >= 0 and not trial.hidden
    }
    return Finding(TOPIC, {trial: told for trial, told in made.items() if told is not None}, history.seconds)


def drawing_of(history: History, trial: Trial, space: SearchSpace | None = None) -> Diagram | None:
    """Return the blocks of a trial's network and how they are connected.

    Parameters
    ----------
    history : History
        The run, or its record: that may come from anybody.
    trial : Trial
        One of the run.
    space : SearchSpace, optional
        What is searched, while the run is under way. Default: what the record holds.

    Returns
    -------
    Diagram or None
        None where nobody knows the network, or it is a module of the person's own.
    """
    try:
        architecture = _architecture(history, trial, space)
        if architecture is None or isinstance(architecture, OwnModule):
            return None
        return boxes_of(graph_of(architecture, Inputs.from_json(history.about["inputs"])))
    except (AutoMLError, LookupError, TypeError, ValueError):  # a record of another version, or one made by hand
        return None


def _architecture(history: History, trial: Trial, space: SearchSpace | None) -> Block | OwnModule | None:
    if space is not None:
        made: Any = space.untouched().make(trial.config).architecture
        found: Block | OwnModule = made
        return found
    told = (history.finding(TOPIC) or {}).get(str(trial.id))
    return None if told is None else architecture_from_json(told)
