"""Architectures: what a configuration stands for, and the graph that it is drawn as."""

from __future__ import annotations

from typing import Any

from automl_magic.engine.keys import snake_case
from automl_magic.networks.drawing import Drawing
from automl_magic.networks.graph import Graph, Inputs


def graph_of(architecture: Any, inputs: Inputs) -> Graph:
    """Return the graph of a concrete architecture on such inputs; the same one each time.

    Examples
    --------
    >>> from automl_magic.networks.families.mlp import DenseLayer, Mlp
    >>> graph = graph_of(Mlp((DenseLayer(8),)), Inputs("table", (4,), outputs=3))
    >>> [layer.name for layer in graph.layers]
    ['linear1', 'norm1', 'activation1', 'output']
    """
    drawing = Drawing(snake_case(type(architecture).__name__), inputs, architecture.embedding)
    architecture.body(drawing)
    architecture.close(drawing)
    return drawing.finish()
