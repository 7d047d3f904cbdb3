"""`%automl space`: from the option line to an editor, and from its "Run" to a search below it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from automl_magic.errors import AutoMLError, OptionError
from automl_magic.notebook import cell as cells
from automl_magic.notebook.frontend import bound_to_cell
from automl_magic.notebook.options import Request
from automl_magic.notebook.recipe import line_of_request
from automl_magic.plan import Plan

if TYPE_CHECKING:
    from automl_magic.notebook.editor import SpaceEditor


def open_editor(
    request: Request, options: Mapping[str, Any], plan: Plan, space: Any, shell: Any, run: Callable[[str], None]
) -> SpaceEditor:
    """Return an editor of the space that a cell with these options would search.

    Parameters
    ----------
    request, options : Request, mapping
        What the line says; the options with those of a file beneath.
    plan : Plan
        The same, read.
    space : callable or None
        What the body makes of a draft of the default space.
    shell : InteractiveShell
        Holds the data.
    run : callable
        Begins a search by the code of a cell.
    """
    from automl_magic.notebook.editor import SpaceEditor
    from automl_magic.problem import read_problem
    from automl_magic.table_run import is_own_space, space_for

    names = shell.user_ns
    data, y = cells.data_of(request, options, names)
    plan, weights = cells.weights_of(plan, data, names)
    table = read_problem(plan, data, y, cells.test_data(options, names), weights).table
    searched = space_for(plan, table, space)
    if space is not None and is_own_space(plan, table, searched):  # what it is made of stands in the body alone
        return SpaceEditor(searched)
    given = {name: value for name, value in request.options.items() if name not in ("out", "background")}
    return SpaceEditor(searched, line=line_of_request(request, given), run=run)


class Below:
    """Begin searches whose outputs land in the cell that is running when this is made.

    Parameters
    ----------
    shell : InteractiveShell
        Runs the cell.
    check : callable
        Raises an error where no search can be begun now.
    search : callable
        Begins a search in the background by the code of a cell.
    """

    def __init__(self, shell: Any, check: Callable[[], None], search: Callable[[str], Any]) -> None:
        self._check, self._search = check, search
        self._begin = bound_to_cell(shell, self._work)  # a button's callback has no cell of its own
        self._lock, self._is_beginning = threading.Lock(), False

    def __call__(self, code: str) -> None:
        """Begin the search of `code`, in a thread of its own.

        Raises
        ------
        OptionError
            If no search can be begun now, or one is being begun: until it runs, nobody else knows of it.
        """
        with self._lock:
            if self._is_beginning:
                raise OptionError("A search is being begun.", "It is shown below in a moment.")
            self._is_beginning = True
        try:
            self._check()
            threading.Thread(target=self._begin, args=(code,), name="automl-begin", daemon=True).start()
        except BaseException:
            self._is_beginning = False
            raise

    def _work(self, code: str) -> None:
        try:
            self._search(code)
        except AutoMLError as error:  # nobody waits for it: it is told below the editor
            print(f"{type(error).__name__}: {error}", flush=True)
        finally:
            self._is_beginning = False
