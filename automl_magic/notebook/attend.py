"""Attend a run that a cell began: show it, wait for it or let it go on in the background, bind its result."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from automl_magic.engine.events import Note
from automl_magic.errors import AutoMLError
from automl_magic.notebook.cell import Cap
from automl_magic.notebook.frontend import bound_to_cell, front_end
from automl_magic.notebook.reopened import answering
from automl_magic.notebook.watching import Watched

if TYPE_CHECKING:
    from automl_magic.running import Run


IMPATIENT = 3  # interrupts while the panel is being closed after which the cell ends at once


@dataclass(frozen=True)
class Wishes:
    """What the cell asks for besides the search: variable, how it is shown, the cap, tables to keep an eye on, and the
    panel where it is not the ordinary one.
    """

    out: str = "best"
    is_quiet: bool = False
    in_background: bool = False
    cap: Cap | None = None
    watched: tuple[Watched, ...] = ()
    panel: Any = None


class LeftEarly(AutoMLError):
    """The person left the cell while the run was ending."""

    def __init__(self, out: str) -> None:
        super().__init__("You left before the run had ended.", f"{out} is written as soon as there is a result.")
        self.out = out

    def __reduce__(self) -> tuple[type[LeftEarly], tuple[str]]:  # type: ignore[override]
        return type(self), (self.out,)


def attend(run: Run[Any], wishes: Wishes, shell: Any) -> Any:
    """Show `run`, wait for its end, bind the variables, and return the result.

    Returns
    -------
    RunResult, TuneResult, threading.Thread
        The result; with ``--background`` (where there is a front end) the thread that will bind it.

    Raises
    ------
    AutoMLError
        What ended the run without a result; no variable was written.
    LeftEarly
        If an interrupt came while the run was ending on account of earlier ones.
    """
    panel = wishes.panel or _panel(wishes)
    ender = _end_at_cap(run, wishes.cap)
    try:
        panel.show(run)
        if wishes.in_background and front_end(shell) == "widgets":
            return _follow(run, panel, wishes, shell, ender)
    except BaseException:
        run.control.stop(who="you", why="interrupted")
        raise
    result = None
    try:
        with answering(shell):
            result = run.wait()
    except KeyboardInterrupt:  # the person will not wait for the end: what there is by then is bound all the same
        threading.Thread(target=_bind_later, args=(run, wishes.out, shell), daemon=True).start()
        raise LeftEarly(wishes.out) from None
    finally:
        ender.cancel()
        if result is not None:
            bind(wishes.out, result, shell)
        _close(panel, result, shell)
    return result


def _close(panel: Any, result: Any, shell: Any) -> None:
    """Close the panel in a thread, so that an impatient ■ neither leaves it half drawn nor turns into a traceback."""
    closed = threading.Event()

    def close() -> None:
        try:
            panel.close(result)
        finally:
            closed.set()

    threading.Thread(target=bound_to_cell(shell, close), name="automl-close", daemon=True).start()
    interrupts = 0
    while not closed.is_set() and interrupts < IMPATIENT:
        try:
            closed.wait(0.1)
        except KeyboardInterrupt:
            interrupts += 1


def bind(out: str, result: Any, shell: Any) -> None:
    """Write the two variables; a race, which has no pipeline of its own, is one."""
    if not hasattr(result, "best"):
        shell.user_ns[out] = result
        return
    shell.user_ns[out] = result.best
    shell.user_ns[f"{out}_run"] = result


def with_doubts(run: Run[Any], result: Any, wishes: Wishes, names: Mapping[str, Any]) -> Any:
    """Return the result with a warning for each table that was changed meanwhile."""
    doubts = [doubt for watched in wishes.watched if (doubt := watched.doubt(names)) is not None]
    notes = [Note(doubt, "warning", run.history.seconds) for doubt in doubts]
    for note in notes:
        run.history.apply(note)
    return replace(result, events=(*result.events, *notes)) if notes else result


class NoPanel:
    """Show nothing while a run goes, one line when it ends."""

    def show(self, run: Run[Any]) -> None:
        """Remember the run."""
        self._run = run

    def close(self, result: Any = None) -> None:
        """Say how it ended, and what must not stay unsaid."""
        from automl_magic.notebook.runs import line_of

        for text in warnings_of(self._run):
            print(f"Warning: {text}")
        print(line_of(self._run), flush=True)


def warnings_of(run: Any) -> list[str]:
    """Return what was warned of in a run or a race."""
    if hasattr(run, "so_far"):
        return list(run.so_far().warnings)
    return [note.text for note in run.history.notes if note.level == "warning"]


def _panel(wishes: Wishes) -> Any:
    from automl_magic.notebook.live import LivePanel

    return NoPanel() if wishes.is_quiet else LivePanel()


def _end_at_cap(run: Run[Any], cap: Cap | None) -> threading.Timer:
    """Return a clock that ends the run softly at the cap; a run that is limited by its own time ends by itself."""

    def end() -> None:
        assert cap is not None
        run.control.stop(who=cap.who, why=f"no search takes longer than {cap.seconds:g} s")

    clock = threading.Timer(cap.seconds if cap is not None else 0.0, end)
    clock.daemon = True
    run.control.longest = None if cap is None else cap.seconds
    if cap is not None and (run.plan.time is None or run.plan.time > cap.seconds):  # one that is resumed may be longer
        clock.start()
    return clock


def _follow(run: Run[Any], panel: Any, wishes: Wishes, shell: Any, ender: threading.Timer) -> threading.Thread:
    """Bind the result of a run in the background when it ends, and say so in the cell that began it."""

    def follow() -> None:
        run.done.wait()
        ender.cancel()
        result = None
        try:
            result = with_doubts(run, run.result(), wishes, shell.user_ns)
            bind(wishes.out, result, shell)
        except Exception as error:  # nobody waits for it: it is told where the run was begun
            print(f"{type(error).__name__}: {error}", flush=True)
        panel.close(result)
        if result is not None and not wishes.is_quiet:
            from IPython.display import display

            display(result)

    thread = threading.Thread(target=bound_to_cell(shell, follow), name=f"automl-follow-{run.name}", daemon=True)
    thread.start()
    return thread


def _bind_later(run: Run[Any], out: str, shell: Any) -> None:
    run.done.wait()
    try:
        result = run.result()
    except BaseException:  # the person left by an interrupt, and there is nothing to bind
        return
    bind(out, result, shell)
