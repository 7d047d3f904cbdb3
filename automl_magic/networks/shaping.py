"""From a concrete architecture to its graph."""

from __future__ import annotations

from automl_magic.engine.keys import snake_case
from automl_magic.errors import SpaceError
from automl_magic.networks.drawing import Drawing
from automl_magic.networks.families.own import OwnModule
from automl_magic.networks.families.repeat import Block
from automl_magic.networks.graph import Graph, Inputs


def graph_of(architecture: Block | OwnModule, inputs: Inputs) -> Graph:
    """Return the graph of a concrete architecture on such inputs; the same one each time.

    Raises
    ------
    SpaceError
        If the architecture is the person's own module, which has none, or cannot take such inputs.

    Examples
    --------
    >>> from automl_magic.networks.families.mlp import DenseLayer, Mlp
    >>> graph = graph_of(Mlp((DenseLayer(8),)), Inputs("table", (4,), outputs=3))
    >>> [layer.name for layer in graph.layers]
    ['linear1', 'norm1', 'activation1', 'output']
    """
    if isinstance(architecture, OwnModule):
        raise SpaceError(f"{architecture.name} is a module of your own: it has no graph of ours.")
    drawing = Drawing(family_of(architecture), inputs, architecture.embedding)
    architecture.body(drawing)
    architecture.close(drawing)
    return drawing.finish()


def family_of(architecture: Block | OwnModule) -> str:
    """Return the name of the family of an architecture, as its builder is called."""
    name = architecture.name if isinstance(architecture, OwnModule) else type(architecture).__name__
    return snake_case(name)
