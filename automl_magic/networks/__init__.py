"""Networks as data: drawn as graphs, counted, trained, shown and written out; the second thing a run can search.

The builders of architectures are here by name: ``from automl_magic.networks import conv, mlp``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automl_magic.networks.architecture import bag, cell, conv, mlp, recurrent, repeat, residual_mlp

FAMILIES = ("bag", "cell", "conv", "mlp", "recurrent", "residual_mlp")
BUILDERS = ("bag", "cell", "conv", "mlp", "recurrent", "repeat", "residual_mlp")
__all__ = ["bag", "cell", "conv", "mlp", "recurrent", "repeat", "residual_mlp"]


def __getattr__(name: str) -> Any:
    """Import a builder when it is first used."""
    if name not in BUILDERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from automl_magic.networks import architecture

    return getattr(architecture, name)
