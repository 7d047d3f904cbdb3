"""What a message about the space does to the space."""

from __future__ import annotations

from typing import Any

from automl_magic.engine.control import Message
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import SpaceError


def change_of(space: SearchSpace, message: Message) -> SearchSpace:
    """Return the space as `message` (narrow, choose, fix, reset) asks for it.

    Raises
    ------
    SpaceError
        If the message names no parameter of the space, or asks for what was not declared.
    """
    value: dict[str, Any] = message.value
    label = value["label"]
    if message.kind == "narrow":
        changed = space.narrow(label, low=value.get("low"), high=value.get("high"))
    elif message.kind == "choose":
        changed = space.narrow(label, options=value["options"])
    elif message.kind == "fix":
        changed = space.fix(label, value["value"])
    elif message.kind == "reset":
        changed = space.free(label)
    else:
        raise SpaceError(f'A message "{message.kind}" does not change the space.')
    changed.sample(generator_of("check"))  # a space in which nothing can be drawn is refused here
    return changed
