"""The space editor: a widget whose `space` is a search space that a person changes by sliders, or a program sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from IPython import get_ipython
from traitlets import Any as AnyTrait
from traitlets import observe, validate

from automl_magic.engine.control import EDITS
from automl_magic.engine.control import Message as Edit
from automl_magic.engine.history import History
from automl_magic.engine.measuring import size_in_words
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.engine.steering import EditedSpace
from automl_magic.engine.template import TOP
from automl_magic.errors import AutoMLError, OptionError, SpaceError
from automl_magic.notebook import recipe
from automl_magic.notebook.frontend import front_end
from automl_magic.notebook.protocol import AboutRow, CodeRow, Message, NoteRow, Row
from automl_magic.notebook.rows import about_row, parameters_as_rows, trial_row
from automl_magic.notebook.space_rows import Measure
from automl_magic.notebook.widget import PanelWidget, text_of


class SpaceEditor(PanelWidget):
    """Change a search space by hand.

    Parameters
    ----------
    space : SearchSpace, template with holes, SpaceEditor, or RunResult
        Where the editor begins. Of a run, its space at its end, and its trials as marks.
    trials : RunResult, Run or Record, optional
        A run whose trials are shown as marks beside the sliders.
    line : str, optional
        The option line of the cell that "Copy as code" writes, such as ``"df --target price"``, where the space is the
        default one for those data. Without it plain Python is written.
    run : callable, optional
        Called with the code when "Run" is pressed; without it there is no such button.

    Attributes
    ----------
    space : SearchSpace
        As it is now. Setting it redraws the view; it can be observed and linked.

    Examples
    --------
    >>> from automl_magic import Float, SpaceEditor, compile_space
    >>> editor = SpaceEditor(compile_space({"x": Float(0, 1)}))
    >>> editor.observe(lambda change: print(change.new.default()), "space")
    >>> editor.space = editor.space.narrow("x", high=0.25)
    {'x': 0.25}
    """

    _esm = text_of("editor.js")

    space = AnyTrait()

    def __init__(
        self, space: Any, *, trials: Any = None, line: str | None = None, run: Callable[[str], None] | None = None
    ) -> None:
        super().__init__(self._all_rows_now, self._answer)
        begun = space_of(space)
        self._measure = Measure()
        self._history = history_of(trials if trials is not None else space, is_needed=trials is not None)
        self._line, self._run, self._template = line, run, begun.template
        self._edited = EditedSpace(begun)
        self.space = begun

    def cell(self) -> str:
        """Return the code that makes the space: a cell where the data are known, else lines of Python."""
        if self._line is not None and self.space.template is self._template:
            return recipe.cell(self._line, self.space)
        return recipe.draft(self.space, recipe.name_of(self.space.template, getattr(get_ipython(), "user_ns", {})))

    def to_cell(self) -> None:
        """Put `cell` into a new cell below the running one."""
        recipe.put_below(self.cell())

    def undo(self) -> None:
        """Take the last change back.

        Raises
        ------
        SpaceError
            If there is none.
        """
        self._edit("undo", {})

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """Return the view, and its text alone where nobody is there to move a slider."""
        if front_end(get_ipython()) != "widgets":
            return {"text/plain": repr(self)}
        return super()._repr_mimebundle_(**options)

    def __repr__(self) -> str:
        return f"Space editor: {size_in_words(self.space.parameters)}"

    @validate("space")
    def _as_space(self, proposal: Any) -> SearchSpace:
        return space_of(proposal.value)

    @observe("space")
    def _show(self, change: Any) -> None:
        if self._edited.now is not change.new:  # set by a program, or by a link
            self._edited = EditedSpace(change.new, (*self._edited.done, (self._edited.now, {"kind": "set"})))
        if self.ready.is_set():
            self.push([*self._space_rows(since=change.old), _said("")])

    def _edit(self, kind: str, value: dict[str, Any]) -> None:
        self._edited, _ = self._edited.after(Edit(kind, value))
        self.space = self._edited.now

    # -- the view ---------------------------------------------------------------------------------------------------

    def _answer(self, message: Message) -> list[Row]:
        """Do what the view asks; what cannot be done is answered in words, and changes nothing."""
        kind = message["kind"]
        try:
            if kind in EDITS:
                self._edit(kind, {name: value for name, value in message.items() if name != "kind"})
            elif message["kind"] == "check":
                return [self._measure.check(self.space, message["text"])]
            elif kind == "copy":
                return [self._code_row(self.cell())]
            elif kind == "run" and self._run is not None:
                self._run(self.cell())
                return [self._code_row("", "The search has begun.")]
        except AutoMLError as error:
            told = " ".join(str(error).split("\n"))
            return [self._code_row("", told)] if kind == "run" else [*self._space_rows(), _said(told)]
        return []

    def _all_rows_now(self) -> list[Row]:
        found: list[Row] = [self._about_row()]
        if self._history is not None:
            found += [trial_row(self._history, trial) for trial in self._history.trials.values()]
        return [*found, *self._space_rows(), self._code_row("")]

    def _space_rows(self, since: SearchSpace | None = None) -> list[Row]:
        """Return the rows of the space; of its parameters, those that are not as they were in another one."""
        before = {} if since is None else {row["label"]: row for row in parameters_as_rows(since.to_json())}
        gone = [label for label in before if label not in self.space]
        found: list[Row] = [{"kind": "gone", "labels": gone}] if gone else []
        found += [row for row in parameters_as_rows(self.space.to_json()) if before.get(row["label"]) != row]
        return [*found, self._measure.row_of(self.space, len(self._edited.done))]

    def _code_row(self, text: str, said: str = "") -> CodeRow:
        return {"kind": "code", "text": text, "run": self._run is not None, "said": said}

    def _about_row(self) -> AboutRow:
        families = [str(key) for key in self.space.declared[TOP].options] if TOP in self.space else []
        if self._history is not None and self._history.about:
            row = about_row(self._history)
            return {**row, "models": list(dict.fromkeys((*row["models"], *families)))}
        return {
            "kind": "about",
            "run": "",
            "title": "",
            "metric": "",
            "better": "higher",
            "task": "",
            "models": families,
            "baseline": None,
            "searcher": "",
            "repeatable": "",
        }


def space_of(given: Any) -> SearchSpace:
    """Return the search space that something is, holds or describes.

    Raises
    ------
    SpaceError
        If there is nothing to search in it.
    """
    held = given if isinstance(given, SearchSpace) else getattr(given, "space", None)
    if isinstance(held, SearchSpace):
        return held
    if hasattr(given, "history"):
        raise SpaceError(
            "The record of a run does not hold the template of its space.",
            "Write SpaceEditor(space, trials=run): the space as it was given to the run.",
        )
    space = compile_space(given)
    if not space.parameters:
        raise SpaceError(
            f"There is nothing to search in {type(given).__name__}: it has no holes.",
            "Put Float, Int or Choice where the search may choose, or name a table: %automl space df --target y",
        )
    return space


def history_of(given: Any, *, is_needed: bool) -> History | None:
    """Return the history of a run or result.

    Raises
    ------
    OptionError
        If `is_needed` and there is none.
    """
    history = getattr(given, "history", None)
    if isinstance(history, History):
        return history
    if is_needed:
        raise OptionError(
            f"trials must be the result of a search. Got {type(given).__name__} instead.", "Example: trials=best_run"
        )
    return None


def _said(text: str) -> NoteRow:
    return {
        "kind": "note",
        "id": 0,
        "text": text,
        "level": "warning",
        "edit": False,
        "who": None,
        "trial": -1,
        "at": 0.0,
    }
