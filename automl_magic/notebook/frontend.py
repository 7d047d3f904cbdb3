"""What is on the other side of the kernel: a front end that may show widgets, one that reads only, or none."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any, Literal, ParamSpec, TypeAlias

FrontEnd: TypeAlias = Literal["widgets", "reader", "none"]
Given = ParamSpec("Given")


def front_end(shell: Any) -> FrontEnd:
    """Return what sits before the kernel.

    "widgets" where a person may look (JupyterLab, Notebook, VS Code …), "reader" where a program executes the notebook
    (nbclient, papermill: they allow no input), "none" in a terminal or plain Python.
    """
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return "none"
    content = (parent_of(shell) or {}).get("content", {})
    return "widgets" if content.get("allow_stdin", True) else "reader"


def parent_of(shell: Any) -> dict[str, Any] | None:
    """Return the message that the kernel is answering: that of the running cell."""
    try:
        parent: dict[str, Any] | None = shell.get_parent()
    except (AttributeError, LookupError):
        return None
    return parent


def bound_to_cell(shell: Any, target: Callable[Given, None]) -> Callable[Given, None]:
    """Return `target` so that what it shows, from any thread, lands in the cell that is running now.

    Several threads may call it at once: each call has a context of its own.

    The context of the cell says where its text goes (ipykernel 6.30 and later) and whose answer a widget's message is
    (7.0); a hook of the display publisher, which counts for the calling thread alone, says where displays go. Setting
    the kernel's parent in the thread instead would send the outputs of the next cell to this one.
    """
    context = contextvars.copy_context()
    header = (parent_of(shell) or {}).get("header")
    register = getattr(getattr(shell, "display_pub", None), "register_hook", None)

    def to_cell(message: dict[str, Any]) -> dict[str, Any]:
        message["parent_header"] = header
        return message

    def bound(*given: Given.args, **named: Given.kwargs) -> None:
        if register is not None and header:
            register(to_cell)
        target(*given, **named)

    def call(*given: Given.args, **named: Given.kwargs) -> None:
        context.copy().run(bound, *given, **named)

    return call


def hear_while_busy(widget: Any) -> None:
    """Let a widget hear its view while a cell is running.

    ipykernel 7.4 answers a comm's messages on the subshell of the message that opened it, which overrides the subshell
    that the front end asks for; the guarded hook leaves the front end's choice alone.
    """
    comm = getattr(widget, "comm", None)
    if comm is not None and hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda data, default: default


def can_hear_while_busy(shell: Any) -> bool:
    """Whether the kernel hears messages of a widget while a cell runs: since ipykernel 7, by its subshells."""
    return bool(getattr(getattr(shell, "kernel", None), "_supports_kernel_subshells", False))
