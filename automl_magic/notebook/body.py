"""The body of a cell: Python that runs on a draft of the space, or ends with a space of its own."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Mapping
from typing import Any

from automl_magic.errors import AutoMLError, SpaceError


class BodySyntaxError(AutoMLError):
    """A body that is no Python: shown as Python shows it, at its line in the cell, without our frames.

    It is no SyntaxError, since IPython shows one of those that is raised while a cell runs with every frame.
    """

    def __init__(self, error: SyntaxError, shell: Any = None) -> None:
        super().__init__(f"The body is no Python: {error.msg} (line {error.lineno}).")
        self._shell, self._error = shell, error

    def _render_traceback_(self) -> list[str]:
        if self._shell is None:
            return super()._render_traceback_()
        lines: list[str] = self._shell.SyntaxTB.structured_traceback(SyntaxError, self._error, [])
        return lines


def body_of(
    cell: str | None,
    line: str,
    names: Mapping[str, Any],
    shell: Any = None,
    words: Callable[[], Mapping[str, Any]] = dict,
) -> Callable[[Any], Any] | None:
    """Return a function that runs the cell's body and returns the value of its last expression.

    Parameters
    ----------
    cell : str or None
        The body.
    line : str
        The option line, shown where an error is.
    names : mapping
        The user's variables; they are copied, so names that the body assigns are not written back.
    shell : InteractiveShell, optional
        Names the cell and renders an error in the body.
    words : callable
        Returns the names that the body may use besides the holes.

    Returns
    -------
    callable or None
        Called with what `space` is in the body; None where the body is empty.

    Raises
    ------
    BodySyntaxError
        If the body is no Python; it points at the line in the cell.

    Examples
    --------
    >>> body_of("a = 2; a * n", "df", {"n": 21})(None)
    42
    """
    if cell is None or not any(part.strip() and not part.strip().startswith("#") for part in cell.splitlines()):
        return None
    source, above, number = _whole_cell(cell, line, shell)
    file = _file_of(source, number, shell)
    tree = _parsed("\n" * above + cell, file, source, shell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    steps = compile(tree, file, "exec")
    value = compile(ast.Expression(last.value), file, "eval") if isinstance(last, ast.Expr) else None

    def run(space: Any) -> Any:
        scope = {**names, **_vocabulary(), **words(), "space": space}
        try:
            exec(steps, scope)
            return eval(value, scope) if value is not None else None
        except Exception as error:
            _show_body_only(error, shell)
            raise

    return run


def template_of(value: Any) -> Any:
    """Return the body's last value where it is a space to search for a table, None where it is none.

    Raises
    ------
    SpaceError
        If it looks like a space and is none: a list, a dict, a class instead of an instance.
    """
    from automl_magic.engine.holes import Build, Choice, as_hole
    from automl_magic.engine.space import SearchSpace

    name = getattr(value, "__name__", type(value).__name__)
    if isinstance(value, SearchSpace | Choice | Build) or isinstance(getattr(value, "space", None), SearchSpace):
        return value
    if isinstance(value, type) and hasattr(value, "get_params"):
        raise SpaceError(f"The body ends with the class {name}.", f"Write {name}() for an instance.")
    if isinstance(value, list | tuple):
        raise SpaceError(f"The body ends with a {name}, which is no space.", "Write Choice(a, b) for one of them.")
    if isinstance(value, dict):
        raise SpaceError("The body ends with a dict: that is a space for %%automl tune.", "End with an estimator.")
    if as_hole(value) is not None:
        raise SpaceError(f"The body ends with {name}, one number.", "Put it into an estimator: SVC(C=Float(0.1, 10)).")
    if hasattr(value, "get_params") or not any(callable(getattr(value, method, None)) for method in ("fit", "predict")):
        return value if hasattr(value, "get_params") else None
    raise SpaceError(
        f"The body ends with {name}, which is no model that can be searched: it has no get_params.",
        "Give an estimator of scikit-learn, or derive yours from sklearn.base.BaseEstimator.",
    )


def _whole_cell(cell: str, line: str, shell: Any) -> tuple[str, int, int]:
    """Return the cell's source as the person sees it, the number of lines above the body, and the cell's number."""
    history = getattr(getattr(shell, "history_manager", None), "input_hist_raw", [""])
    place = history[-1].rfind(cell.rstrip("\n"))
    if place > 0 and "automl" in history[-1][:place]:
        return history[-1], history[-1][:place].count("\n"), len(history) - 1
    return f"%%automl {line}\n{cell}", 1, getattr(shell, "execution_count", 0)


def _file_of(source: str, number: int, shell: Any) -> str:
    """Return a name for the source under which IPython shows "Cell In[3], line 2"."""
    if shell is not None:
        return str(shell.compile.cache(source, number))
    file = f"<automl cell {abs(hash(source)) % 10**8}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    return file


def _parsed(padded: str, file: str, source: str, shell: Any) -> ast.Module:
    try:
        return ast.parse(padded, file)
    except SyntaxError as error:
        lines = source.splitlines()
        if error.lineno is not None and error.lineno <= len(lines):
            error.text = lines[error.lineno - 1] + "\n"
        raise BodySyntaxError(error, shell) from None


def _vocabulary() -> dict[str, Any]:
    """Return the names that a body may use besides its own: the holes, and hyperopt's hp, imported when touched."""
    from automl_magic.engine.holes import Build, Choice, Float, Int

    return {"Float": Float, "Int": Int, "Choice": Choice, "Build": Build, "hp": _LazyHp()}


class _LazyHp:
    """hyperopt's `hp`, imported when it is used."""

    def __getattr__(self, name: str) -> Any:
        from hyperopt import hp

        return getattr(hp, name)


def _show_body_only(error: Exception, shell: Any) -> None:
    """Let IPython show the frames of the body and what it called, not ours."""
    frames = error.__traceback__
    below = frames.tb_next if frames is not None else None
    if shell is None or below is None or hasattr(error, "_render_traceback_"):
        return

    def render() -> list[str]:
        lines: list[str] = shell.InteractiveTB.structured_traceback(type(error), error, below)
        return lines

    error._render_traceback_ = render  # type: ignore[attr-defined]
