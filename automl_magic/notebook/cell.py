"""The cell: from the option line and the body to what the API is called with."""

from __future__ import annotations

import builtins
import keyword
import os
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl_magic.errors import AutoMLError, OptionError, did_you_mean
from automl_magic.notebook.options import BY_NAME, EXAMPLE, Request, visible
from automl_magic.plan import Plan, seconds_of

NOT_IN_PLAN = ("out", "background", "quiet", "baseline", "data", "config", "maximize", "no-ensemble")
CAP = "AUTOML_MAX_SECONDS"
SHELL_NAMES = ("In", "Out", "get_ipython", "exit", "quit", "_", "__", "___")


class BodyError(AutoMLError):
    """A body that is no Python."""


def with_config(request: Request) -> dict[str, Any]:
    """Return the options, those of the file of --config beneath those of the line.

    Raises
    ------
    OptionError
        If the file cannot be read or holds what is no option.
    """
    options = dict(request.options)
    file = options.pop("config", None)
    if file is None:
        return options
    try:
        with open(file, "rb") as stream:
            held = tomllib.load(stream)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise OptionError(f'The file "{file}" of --config cannot be read: {error}.') from None
    given = {name.replace("_", "-"): value for name, value in held.items()}
    for name in given:
        if name not in BY_NAME:
            raise OptionError(f'No option "{name}" (in {file}).{did_you_mean(name, BY_NAME)}')
    return {**given, **options}


@dataclass(frozen=True)
class Cap:
    """The longest time that a search may take, and who says so."""

    seconds: float
    who: str


def cap_of(max_time: float | None) -> Cap | None:
    """Return the cap of the trait `max_time` and of the environment's AUTOML_MAX_SECONDS, the shorter one; or None.

    Raises
    ------
    OptionError
        If one of them is no number above 0.
    """
    caps = []
    for who, given in (("AutoMLMagics.max_time", max_time), (CAP, os.environ.get(CAP))):
        if given is None or str(given).strip() == "":
            continue
        try:
            caps.append(Cap(seconds_of(float(given), who), who))
        except ValueError:
            raise OptionError(f"{who} must be a number of seconds above 0. Got {given!r} instead.") from None
    return min(caps, key=lambda cap: cap.seconds, default=None)


def plan_of(options: Mapping[str, Any], defaults: Mapping[str, Any], cap: Cap | None) -> Plan:
    """Return the plan of the options.

    Parameters
    ----------
    options : mapping
        By the option's name.
    defaults : mapping
        What the magic's traits set.
    cap : Cap or None
        Shortens `time`. A run that is limited by `trials` alone keeps its plan, so that it repeats; who starts it ends
        it when the cap is reached.
    """
    chosen = {name.replace("-", "_"): value for name, value in options.items() if name not in NOT_IN_PLAN}
    if "time" not in chosen and "trials" not in chosen:
        chosen["time"] = defaults.get("time")
    if chosen.get("time") is not None:
        chosen["time"] = _duration(chosen["time"])
        if cap is not None:
            chosen["time"] = min(chosen["time"], cap.seconds)
    chosen.setdefault("workers", defaults.get("workers"))
    if isinstance(chosen.get("test"), str) and not _is_share(chosen["test"]):
        del chosen["test"]
    return Plan.create(**chosen)


def _duration(text: Any) -> float:
    """Return seconds; a number without a unit is refused, since it could mean minutes."""
    example = "Example: --time 60s, --time 2m, --time 1m30s, --time 1h"
    try:
        return seconds_of(str(text))
    except OptionError as error:
        raise OptionError(f"--{error.message}", example) from None


def _is_share(text: str) -> bool:
    return text.rstrip("%").replace(".", "", 1).isdigit()


def test_data(options: Mapping[str, Any], names: Mapping[str, Any]) -> Any:
    """Return the table of --test, or None where it is a share."""
    text = options.get("test")
    return None if not isinstance(text, str) or _is_share(text) else data_named(text, names)


def data_of(request: Request, options: Mapping[str, Any], names: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the table and the target that is given apart (or None).

    Raises
    ------
    OptionError
        If no data are named, too many, or there is no such variable or file.
    """
    given = list(request.names)
    if "data" in options:
        given = [part for part in str(options["data"]).replace(",", " ").split() if part] + given
    if not given:
        raise OptionError("No data are named.", EXAMPLE)
    if len(given) > 2:
        raise OptionError(f"Too many names: {' '.join(given)}. Give one table, or X and y.", EXAMPLE)
    return data_named(given[0], names), (variable(given[1], names) if len(given) == 2 else None)


def data_named(name: str, names: Mapping[str, Any]) -> Any:
    """Return the variable of that name, or the path, where it looks like one."""
    if name in names and name.isidentifier():
        return names[name]
    if Path(name).suffix.lower() in (".csv", ".parquet", ".pq", ".gz", ".txt") or "/" in name or os.sep in name:
        return name
    return variable(name, names)


def variable(name: str, names: Mapping[str, Any]) -> Any:
    """Return a variable of the user.

    Raises
    ------
    OptionError
        If there is none of that name.
    """
    if name not in names:
        raise OptionError(
            f'No variable named "{name}".{did_you_mean(name, visible(names))}', "Run the cell that makes it first."
        )
    return names[name]


def checked_out(name: str, names: Mapping[str, Any]) -> str:
    """Return the name of the variable to write.

    Raises
    ------
    OptionError
        If it is no name, or would hide something else than an earlier result.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or hasattr(builtins, name) or name in SHELL_NAMES:
        raise OptionError(
            f'--out must be the name of a new variable. Got "{name}" instead.', "Example: --out price_model"
        )
    for taken in (name, f"{name}_run"):
        held = names.get(taken)
        if isinstance(held, types.ModuleType) or hasattr(held, "columns") or isinstance(held, type):
            kind = type(held).__name__
            raise OptionError(f'--out would overwrite "{taken}", which is a {kind}.', "Choose another name with --out.")
    return name
<<<<<<< HEAD


def body_of(cell: str | None, line: str, names: Mapping[str, Any], shell: Any = None) -> Callable[[Any], Any] | None:
    """Return a function that runs the cell's body on a draft of the space, or None where the body is empty.

    Parameters
    ----------
    cell : str or None
        The body.
    line : str
        The option line, for the numbers of the lines in an error.
    names : mapping
        The user's variables; they are copied, so names that the body assigns are not written back.
    shell : InteractiveShell, optional
        Renders an error in the body.

    Raises
    ------
    BodyError
        If the body is no Python; it points at the line in the cell.
    """
    if cell is None or not _has_statement(cell):
        return None
    source = f"%%automl {line}\n{cell}"
    file = f"<automl cell {abs(hash(source)) % 10**8}>"
    tree = _parsed(cell, file)
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    steps = compile(tree, file, "exec")
    value = compile(ast.Expression(last.value), file, "eval") if isinstance(last, ast.Expr) else None

    def run(space: Any) -> Any:
        scope = {**names, **_vocabulary(), "space": space}
        try:
            exec(steps, scope)
            found = eval(value, scope) if value is not None else None
        except Exception as error:
            _point_at_body(error, shell)
            raise
        return found if _is_template(found) else None

    return run


def _has_statement(cell: str) -> bool:
    return any(line.strip() and not line.strip().startswith("#") for line in cell.splitlines())


def _parsed(cell: str, file: str) -> ast.Module:
    try:
        tree = ast.parse(cell, file)
    except SyntaxError as error:
        line = error.lineno or 1
        text = (cell.splitlines() + [""])[line - 1]
        pointer = " " * max(0, (error.offset or 1) - 1) + "^"
        message = f"The body cannot be read as Python, line {line + 1} of the cell: {error.msg}."
        raise BodyError(message, f"    {text}\n    {pointer}") from None
    ast.increment_lineno(tree, 1)
    return tree


def _vocabulary() -> dict[str, Any]:
    """Return the names that a body may use besides its own: the holes, and hyperopt's hp when it is touched."""
    from automl_magic.engine.holes import Build, Choice, Float, Int

    return {"Float": Float, "Int": Int, "Choice": Choice, "Build": Build, "hp": _LazyHp()}


class _LazyHp:
    """hyperopt's `hp`, imported when it is used."""

    def __getattr__(self, name: str) -> Any:
        from hyperopt import hp

        return getattr(hp, name)


def _is_template(value: Any) -> bool:
    from automl_magic.engine.holes import Build, Choice
    from automl_magic.engine.space import SearchSpace

    if isinstance(value, SearchSpace | Choice | Build | dict):
        return True
    return hasattr(value, "get_params") and not isinstance(value, type)


def _point_at_body(error: Exception, shell: Any) -> None:
    """Let IPython show the frames of the body only, not ours."""
    frames = error.__traceback__
    below = frames.tb_next if frames is not None else None
    if shell is None or below is None or hasattr(error, "_render_traceback_"):
        return

    def render() -> list[str]:
        lines: list[str] = shell.InteractiveTB.structured_traceback(type(error), error, below)
        return lines

    error._render_traceback_ = render  # type: ignore[attr-defined]
=======
>>>>>>> main
