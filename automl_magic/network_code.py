"""The network of a result as plain PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automl_magic.errors import OptionError
from automl_magic.networks.families.own import OwnModule
from automl_magic.networks.shaping import graph_of

if TYPE_CHECKING:
    from automl_magic.network_result import NetworkResult


def code_of(result: NetworkResult, weights: str, in_cell: bool = False) -> str:
    """Return a script that makes the network of a result, with torch and numpy alone.

    Raises
    ------
    OptionError
        If the network is a module of the person's own.
    """
    from automl_magic.networks.script import check_outputs, script_of

    prepare, network = result.best["prepare"], result.best["network"]
    architecture = result.candidate.architecture
    if isinstance(architecture, OwnModule):
        raise OptionError(
            f"{architecture.name} is a module of your own: its source is where you wrote it.",
            f"It was made with {dict(architecture.values)}; write_weights(FILE) writes its weights.",
        )
    is_number = not hasattr(network, "classes_")
    score = f"{result.metric['label']} {float(result.score):.4g} on rows kept apart (run {result.name})."
    return script_of(
        graph_of(architecture, network.inputs),
        result.candidate.training,
        epochs=result.epochs,
        classes=None if is_number else list(network.classes_),
        scale=(network.target_center_, network.target_scale_) if is_number else (0.0, 1.0),
        prepare=prepare,
        weights=weights,
        outputs=check_outputs(network.module_, network.inputs),
        seed=network.seed,
        remarks=[score],
        in_cell=in_cell,
    )
