"""The row of the space as a whole, and the answer to a rule that is being typed."""

from __future__ import annotations

from collections.abc import Sequence

from automl_magic.engine.events import Config
from automl_magic.engine.history import History
from automl_magic.engine.measuring import parameters_in, sample_of, shares_cut, size_in_words
from automl_magic.engine.space import SearchSpace
from automl_magic.engine.steering import with_rule
from automl_magic.errors import SpaceError
from automl_magic.notebook.protocol import CheckRow, SpaceRow

LONG = 150  # characters of a hint that are too many beside a field: a list of every parameter


class Measure:
    """Measure spaces; what was drawn to estimate shares is kept until bounds or options change.

    Examples
    --------
    >>> from automl_magic.engine.holes import Float
    >>> from automl_magic.engine.space import compile_space
    >>> space = compile_space({"x": Float(0, 1)})
    >>> Measure().check(space, "x <= 2")["share"]
    0.0
    >>> print(Measure().check(space, "y <= 2")["error"])
    The rule 'y <= 2' names "y", which is no parameter. Searched: x.
    """

    def __init__(self) -> None:
        self._drawn: tuple[object, list[Config]] = (None, [])  # of which parameters; two threads may ask
        self._last: SpaceRow | None = None

    def row(self, history: History, space: SearchSpace | None) -> SpaceRow:
        """Return the row of the space of a run; where the run has ended, the last one that was made."""
        if space is not None:
            self._last = self.row_of(space, undoable(history))
        return self._last or space_row_of(history)

    def row_of(self, space: SearchSpace, undo: int) -> SpaceRow:
        """Return the row of `space`, of which `undo` edits can be taken back."""
        together, alone = self._shares(space)
        return {
            "kind": "space",
            "size": size_in_words(space.parameters),
            "share": together,
            "rules": [{"text": rule.text, "share": share} for rule, share in zip(space.rules, alone, strict=True)],
            "undo": undo,
        }

    def _shares(self, space: SearchSpace) -> tuple[float | None, Sequence[float | None]]:
        if not space.rules:
            return 0.0, ()
        try:
            return shares_cut(space, space.rules, self._sample(space))
        except Exception:  # a rule may be a function of the person's own
            return None, [None] * len(space.rules)

    def check(self, space: SearchSpace, text: str) -> CheckRow:
        """Return what the rule `text` would do to `space`."""
        error, share = None, None
        try:
            rule = with_rule(space, text).rules[-1]
            share = shares_cut(space, (rule,), self._sample(space))[0]
            if share == 1.0:
                error, share = "It leaves nothing of the space, or next to nothing.", None
        except SpaceError as found:
            hint = found.hint or ""
            error = f"{found.message} {hint}".strip() if len(hint) <= LONG else found.message
        return {"kind": "check", "text": text, "error": error, "share": share}

    def _sample(self, space: SearchSpace) -> list[Config]:
        of, drawn = self._drawn
        if of is not space.parameters:
            drawn = sample_of(space)
            self._drawn = (space.parameters, drawn)
        return drawn


def space_row_of(history: History) -> SpaceRow:
    """Return the row of the space as the record alone tells it: what rules cut off is not known."""
    rules = history.space.get("rules", ())
    return {
        "kind": "space",
        "size": size_in_words(parameters_in(history.space)),
        "share": None if rules else 0.0,
        "rules": [{"text": str(text), "share": None} for text in rules],
        "undo": undoable(history),
    }


def undoable(history: History) -> int:
    """Return how many edits of the space can be taken back."""
    return sum(-1 if edit.change.get("kind") == "undo" else 1 for edit in history.edits)
