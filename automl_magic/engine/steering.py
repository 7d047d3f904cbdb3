"""What a message about the space does to the space, and how the last edit is taken back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from automl_magic.engine.control import Message
from automl_magic.engine.room import need_room
from automl_magic.engine.rules import parse_rule
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import SpaceError, did_you_mean


@dataclass(frozen=True)
class EditedSpace:
    """A space with the edits that led to it, so that the last one can be taken back.

    Attributes
    ----------
    now : SearchSpace
        As it may be tried.
    done : tuple of (SearchSpace, dict)
        For each edit the space before it, and the change.

    Examples
    --------
    >>> from automl_magic.engine.holes import Float
    >>> from automl_magic.engine.space import compile_space
    >>> edited = EditedSpace(compile_space({"x": Float(0, 1)}))
    >>> edited, change = edited.after(Message("fix", {"label": "x", "value": 0.5}))
    >>> edited, change = edited.after(Message("undo", {}))
    >>> edited.now["x"].high, change
    (1.0, {'kind': 'undo', 'of': {'kind': 'fix', 'label': 'x', 'value': 0.5}})
    """

    now: SearchSpace
    done: tuple[tuple[SearchSpace, dict[str, Any]], ...] = ()

    def after(self, message: Message) -> tuple[EditedSpace, dict[str, Any]]:
        """Return the edited space as `message` asks for it, and the change as it is recorded.

        Raises
        ------
        SpaceError
            If there is nothing to take back, or as `change_of` does.
        """
        if message.kind == "undo":
            if not self.done:
                raise SpaceError("There is no edit to take back.")
            before, change = self.done[-1]
            return EditedSpace(before, self.done[:-1]), {"kind": "undo", "of": change}
        change = {"kind": message.kind, **message.value}
        return EditedSpace(change_of(self.now, message), (*self.done, (self.now, change))), change


def change_of(space: SearchSpace, message: Message) -> SearchSpace:
    """Return the space as `message` (narrow, choose, fix, reset, rule, unrule) asks for it.

    Raises
    ------
    SpaceError
        If the message names no parameter or rule of the space, asks for what was not declared, or leaves so little that
        the search could not draw from it.
    """
    value: dict[str, Any] = message.value
    if message.kind in ("rule", "unrule"):
        text = str(value["text"]).strip()
        changed = with_rule(space, text) if message.kind == "rule" else _without_rule(space, text)
    else:
        changed = _of_parameter(space, message.kind, value)
    need_room(changed)
    return changed


def _of_parameter(space: SearchSpace, kind: str, value: dict[str, Any]) -> SearchSpace:
    label = value["label"]
    space[label]  # the template of a run that is under way stays as it is: workers hold it
    if kind == "narrow":
        return space.narrow(label, low=value.get("low"), high=value.get("high"))
    if kind == "choose":
        return space.narrow(label, options=value["options"])
    if kind == "fix":
        return space.fix(label, value["value"])
    if kind == "reset":
        return space.free(label)
    raise SpaceError(f'A message "{kind}" does not change the space.')


def with_rule(space: SearchSpace, text: str) -> SearchSpace:
    """Return `space` with one more rule.

    Raises
    ------
    SpaceError
        If it is none, names no parameter, or holds already.
    """
    if any(rule.text == parse_rule(text).text for rule in space.rules):
        raise SpaceError(f"The rule {text!r} holds already.")
    return space.rule(text)


def _without_rule(space: SearchSpace, text: str) -> SearchSpace:
    texts = [rule.text for rule in space.rules]
    if text not in texts:
        raise SpaceError(f"There is no rule {text!r}.{did_you_mean(text, texts)}")
    return replace(space, rules=tuple(rule for rule in space.rules if rule.text != text))
