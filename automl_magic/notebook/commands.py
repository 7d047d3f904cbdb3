"""The sub-commands of `%automl`: each a function of the shell, the runs of the kernel and the names behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from automl_magic.errors import OptionError
from automl_magic.notebook.options import Request, help_text
from automl_magic.notebook.runs import Runs, line_of

DEMO = """%%automl {name} --target survived --time 30s
# Each line below is an option that you may take: remove its "#".
# space.models("hist_gb", "linear", "forest")                    # keep these families
# space["hist_gb.learning_rate"] = Float(0.02, 0.2, log=True)    # narrow a parameter
# space.rule("hist_gb.max_leaf_nodes <= 100")                    # forbid"""


def obey(command: str, names: tuple[str, ...], shell: Any, runs: Runs) -> Any:
    """Do what a sub-command asks; return what the cell is to show, or None.

    Raises
    ------
    OptionError
        If there is no run that it could be about, or a name stands for no result.
    """
    steering: dict[str, Callable[[], None]] = {
        "pause": lambda: runs.under_way().control.pause(),
        "continue": lambda: runs.under_way().control.proceed(),
        "skip": lambda: runs.under_way().control.skip(),
    }
    if command in steering:
        return steering[command]()
    shown: dict[str, Callable[[], Any]] = {
        "help": lambda: print(help_text()),
        "demo": lambda: _demo(shell),
        "runs": lambda: print(runs.told()),
        "status": lambda: print(_status(runs)),
        "stop": lambda: _stop(runs),
        "leaderboard": lambda: _record(names, shell, runs).leaderboard(),
        "code": lambda: _code(names, shell, runs),
    }
    return shown[command]()


def _demo(shell: Any) -> None:
    from automl_magic.api import load_data

    name, number = "titanic", 1
    while name in shell.user_ns:
        number += 1
        name = f"titanic_{number}"
    shell.user_ns[name] = load_data("titanic")
    print(f"The table is in the variable {name}. Run the cell below.")
    shell.set_next_input(DEMO.format(name=name), replace=False)


def _status(runs: Runs) -> str:
    run = runs.last()
    return f"{run.name}: {line_of(run, None if run.done.is_set() else run.elapsed())}"


def _stop(runs: Runs) -> None:
    run = runs.stop()
    print(f"{run.name}: {line_of(run)}")


def _code(names: tuple[str, ...], shell: Any, runs: Runs) -> None:
    held = shell.user_ns.get(names[0]) if names else None
    if held is not None and hasattr(held, "to_cell") and not hasattr(held, "leaderboard"):  # an editor of a space
        shell.set_next_input(held.cell(), replace=False)
        return
    result = _record(names, shell, runs)
    if not hasattr(result, "code"):
        found = "The run is still under way" if not hasattr(result, "best") else "tune found values, not a pipeline"
        found = "a race fits no pipeline to take home" if hasattr(result, "verdict") else found
        raise OptionError(f"There is no script: {found}.", "%automl code follows a search that has ended.")
    if hasattr(result, "write_weights"):
        code = result.code(f"{result_name(names)}.pt", in_cell=True)
        print(f"The weights were written to {result.write_weights(f'{result_name(names)}.pt')}.")
        shell.set_next_input(code, replace=False)
        return
    shell.set_next_input(result.code(), replace=False)


def result_name(names: tuple[str, ...]) -> str:
    """Return what a network's files are called: as the variable that holds it."""
    return names[0].removesuffix("_run") if names else "net"


def replay_named(request: Request, shell: Any, runs: Runs) -> None:
    """Replay the run that the line names: a result's variable, a run, a file; without a name, the last one.

    Raises
    ------
    OptionError
        If there is none, the name is followed by others, or an option is given that a replay does not have.
    """
    from automl_magic.notebook.replaying import replay

    usage = "Example: %automl replay best --speed 20, or a run's name, or a file that run.save(FILE) wrote."
    other = next((name for name in request.options if name != "speed"), None)
    if other is not None or len(request.names) > 1:
        found = f"--{other} means nothing to it" if other is not None else f"got {' '.join(request.names)}"
        raise OptionError(f"replay takes one run and --speed: {found}.", usage)
    held = [shell.user_ns.get(variable) for name in request.names for variable in (f"{name}_run", name)]
    is_result = any(hasattr(value, "leaderboard") for value in held)
    run = _record(request.names, shell, runs) if is_result or not request.names else request.names[0]
    replay(run, request.options.get("speed", 10.0))


def _record(names: tuple[str, ...], shell: Any, runs: Runs) -> Any:
    """Return the result that a name stands for, or that of the last run; of one under way, its record so far."""
    if names:
        for name in (f"{names[0]}_run", names[0]):
            if hasattr(shell.user_ns.get(name), "leaderboard"):
                return shell.user_ns[name]
        raise OptionError(f'"{names[0]}" is no result of a search.', "Name the variable of --out, for instance best.")
    run: Any = runs.last()
    if run.done.is_set():
        return run.result()
    if hasattr(run, "so_far"):
        return run.so_far()
    from automl_magic.result import Record

    return Record(run.name, run.plan, run.history, tuple(run.events))
