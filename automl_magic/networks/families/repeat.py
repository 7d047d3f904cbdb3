"""A stack of blocks, each a network of another family without its head; the last one closes the stack."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from automl_magic.engine.holes import Build, Choice, Int
from automl_magic.engine.repeated import Repeated
from automl_magic.errors import SpaceError
from automl_magic.networks.drawing import Drawing
from automl_magic.networks.families.built import Built

TIMES = Int(1, 4, default=2)


class Block(Protocol):
    """A concrete architecture: what it draws for its body and to close a network."""

    @property
    def embedding(self) -> int | None:
        """Width of the vector of a category or token."""

    def body(self, drawing: Drawing) -> None:
        """Draw the body."""

    def close(self, drawing: Drawing) -> None:
        """Draw what leads to the outputs."""


@dataclass(frozen=True)
class Repeat:
    """A concrete stack of blocks."""

    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        for place, block in enumerate(self.blocks, start=1):
            if not is_family(type(block)):
                raise SpaceError(f"repeat: block{place} must be one of our networks. Got {block!r} instead.")

    @property
    def embedding(self) -> int | None:
        """Width of the vector of a category or token: that of the first block."""
        return self.blocks[0].embedding

    def body(self, drawing: Drawing) -> None:
        """Draw one body after the other."""
        for block in self.blocks:
            block.body(drawing)

    def close(self, drawing: Drawing) -> None:
        """Close the stack as its last block closes."""
        self.blocks[-1].close(drawing)


def repeat(block: Any, times: Any = TIMES) -> Build:
    """Return stacks of blocks to be searched: `block` is a builder's result, or a Choice of such.

    Parameters
    ----------
    block : Build or Choice
        As `conv(...)`; what is to be found in it is found for each block.
    times : int
        Number of blocks; a value or a hole.

    Raises
    ------
    SpaceError
        If the block is none of a builder's.

    Examples
    --------
    >>> from automl_magic.engine.space import compile_space
    >>> from automl_magic.networks.families.residual_mlp import residual_mlp
    >>> block = residual_mlp(depth=1, width=Choice(32, 64), factor=2, norm="batch", activation="relu", dropout=0.0)
    >>> compile_space(repeat(block, times=Int(1, 2))).labels
    ('times', 'block1.width', 'block2.width')
    """
    _check_block(block)
    blocks = Repeated(times, partial(_same, block), "block", "times")
    return Built(Repeat, {"block": block, "times": times}, blocks=blocks)


def is_family(factory: Any) -> bool:
    """Whether a class is one of concrete architectures, and no module of the person's own."""
    return isinstance(factory, type) and hasattr(factory, "body") and hasattr(factory, "close")


def _same(block: Any, number: int) -> Any:
    return block


def _check_block(block: Any) -> None:
    if isinstance(block, Choice):
        for option in block.options:
            _check_block(option)
    elif not (isinstance(block, Build) and is_family(block.factory)):
        raise SpaceError(
            f"repeat: block must be one of our networks. Got {block!r} instead.", "Write repeat(conv(depth=1))."
        )
