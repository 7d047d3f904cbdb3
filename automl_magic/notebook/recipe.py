"""Code to take home: the cell, or the lines of Python, that make a space which was edited by hand."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from automl_magic.notebook.options import BY_NAME, Request
from automl_magic.plan import Plan

if TYPE_CHECKING:
    from automl_magic.engine.space import SearchSpace

LEFT_OUT = ("name", "time", "trials", "seed")  # of a plan: a name is taken, the others have a form of their own
DURATIONS = ("max_latency", "max_fit")
PLAIN = Plan()
UNNAMED = "declared"


def cell(line: str, space: SearchSpace) -> str:
    """Return the cell with this option line whose body makes `space` out of the default one.

    Examples
    --------
    >>> from automl_magic import Float, compile_space
    >>> print(cell("df --target y", compile_space({"x": Float(0, 1)}).narrow("x", 0.5)))
    %%automl df --target y
    space["x"] = Float(0.5, 1.0)
    """
    return f"%%automl {line}\n{space.to_code()}"


def function(space: SearchSpace) -> str:
    """Return a function for ``fit(…, space=edited)`` that makes `space` out of the default one."""
    body = space.to_code()
    code = f"def edited(space):\n{textwrap.indent(body or 'pass', '    ')}"
    needed = _imports(body)
    return f"{needed}\n\n\n{code}" if needed else code


def draft(space: SearchSpace, declared: str = UNNAMED) -> str:
    """Return the lines that make `space` out of the template for which the expression `declared` stands.

    Examples
    --------
    >>> from automl_magic import Float, compile_space
    >>> print(draft(compile_space({"x": Float(0, 1)}).fix("x", 0.5), "mine"))
    from automl_magic import SpaceDraft, compile_space
    <BLANKLINE>
    space = SpaceDraft(compile_space(mine))
    space["x"] = 0.5
    space = space.space
    """
    body = space.to_code()
    lines = [f"space = SpaceDraft(compile_space({declared}))", *([body] if body else []), "space = space.space"]
    told = ["# declared stands for the space as it was written: an estimator or dict with holes"]
    return "\n".join(
        [_imports(body, "SpaceDraft", "compile_space"), "", *(told if declared == UNNAMED else []), *lines]
    )


def of_run(plan: Mapping[str, Any], about: Mapping[str, Any], space: SearchSpace) -> str:
    """Return what makes the space of a run again: a cell where its data have a name, else lines of Python.

    Parameters
    ----------
    plan, about : mapping
        As the run's history has them.
    space : SearchSpace
        The space, with what was edited while the run went.
    """
    names = about.get("names", {})
    if about.get("own_space", True):
        return draft(space)
    return cell(line_of_plan(plan, names), space) if names.get("data") else function(space)


def line_of_request(request: Request, options: Mapping[str, Any]) -> str:
    """Return the option line of a search: that of `request` with these options, the sub-command left out."""
    words = [*request.names]
    for name, value in options.items():
        words += [f"--{name}"] if not BY_NAME[name].value else [f"--{name}", str(value)]
    return shlex.join(words)


def line_of_plan(plan: Mapping[str, Any], names: Mapping[str, Any]) -> str:
    """Return the option line of a plan, for data of these names.

    Examples
    --------
    >>> line_of_plan(Plan.create(target="y", trials=20, models="linear,svm").to_json(), {"data": "df"})
    'df --target y --models linear,svm --trials 20 --seed 0'
    """
    words = [str(names[part]) for part in ("data", "y") if names.get(part)]
    for name, value in plan.items():
        is_plain = value in (None, {}) or _as_tuple(value) == _as_tuple(getattr(PLAIN, name, None))
        if name not in LEFT_OUT and not is_plain:
            option = name.replace("_", "-")
            words += [f"--no-{option}"] if value is False else [f"--{option}", _as_text(value, name)]
    words += [] if plan.get("time") is None else ["--time", f"{plan['time']:.12g}s"]
    words += [] if plan.get("trials") is None else ["--trials", str(plan["trials"])]
    words += ["--seed", str(plan.get("seed", 0))]
    given = {name: names.get(name) for name in ("test", "baseline")}
    words += [
        word for name, value in given.items() if value and f"--{name}" not in words for word in (f"--{name}", value)
    ]
    return shlex.join(words)


def name_of(template: Any, names: Mapping[str, Any]) -> str:
    """Return an expression for a template: that of a variable which is the template or its space, else "declared".

    Examples
    --------
    >>> name_of({}, {"other": 1})
    'declared'
    """
    from automl_magic.engine.space import SearchSpace

    for name, value in names.items():
        if name.startswith("_"):
            continue
        if value is template:
            return name
        if isinstance(value, SearchSpace) and value.template is template:
            return f"{name}.template"
    return UNNAMED


def put_below(text: str) -> None:
    """Put code into a new cell below the running one; print it where there is no notebook.

    JupyterLab takes it from the answer to a running cell only, never from a button: a callback has to show the code.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        print(text)
    else:
        shell.set_next_input(text, replace=False)


def _imports(body: str, *others: str) -> str:
    """Return the import of the holes that `body` writes, and of `others`; empty where none is needed."""
    holes = [name for name in ("Choice", "Float", "Int") if re.search(rf"(?<![\w.]){name}\(", body)]
    names: Iterable[str] = [*holes, *others]
    return f"from automl_magic import {', '.join(names)}" if names else ""


def _as_text(value: Any, name: str = "") -> str:
    """Return a value as it stands on the option line; the names of a list that hold a comma in quotes."""
    if name in DURATIONS:
        return f"{value:.12g}s"
    if isinstance(value, Mapping):
        value = [f"{key}:{part:g}" for key, part in value.items()]
    if not isinstance(value, list | tuple):
        return str(value)
    return ",".join(f'"{part}"' if "," in str(part) else str(part) for part in value)


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
