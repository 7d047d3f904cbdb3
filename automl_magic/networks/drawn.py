"""A concrete architecture on given inputs as what makes its module, and as what can be written into a script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from automl_magic.engine.holes import Build
from automl_magic.networks.families.repeat import Block
from automl_magic.networks.graph import Inputs
from automl_magic.networks.shaping import graph_of
from automl_magic.networks.source import class_lines


@dataclass(frozen=True)
class Drawn:
    """Make the untrained module of an architecture when called.

    In a script a class of its own stands in its place (`written`), which draws the same weights from the same seed.

    Attributes
    ----------
    architecture : Mlp, ResidualMlp or another family's
        The layers.
    inputs : Inputs
        What comes in and goes out.
    called : str
        How the class in a script begins to be called.
    """

    architecture: Block
    inputs: Inputs
    called: ClassVar[str] = "Network"

    def __call__(self) -> Any:
        """Return the module; its weights hang on torch's generator."""
        from automl_magic.networks.module import module_of

        return module_of(self.architecture, self.inputs)

    def source_of_class(self, name: str) -> tuple[set[tuple[str, str]], str]:
        """Return what a script imports, as pairs of module and name, and the source of a class that is the network."""
        source = "\n".join(class_lines(graph_of(self.architecture, self.inputs), name))
        needed = {("torch", "nn"), *({("torch", "")} if "torch." in source else ())}
        return needed | ({("torch.nn", "functional")} if "functional." in source else set()), source


class NetworkBuild(Build):
    """An estimator around a `Drawn` to be searched, whose labels begin as those of the estimator."""

    unnamed = ("network",)
