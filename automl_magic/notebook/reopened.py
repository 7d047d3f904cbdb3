"""Answer a page that is opened anew while a cell of ours runs, so that it shows the panel again.

A page that comes back asks the kernel what it is and which widgets it has before it shows any. It asks the main shell,
which is busy until the cell ends; ipykernel 7 has subshells, but the page learns of them by that very answer. So while
our cell waits, these questions are passed to a subshell. What this touches is private to ipykernel: where it is not as
expected nothing is done, and such a page shows the panel when the cell has ended.
"""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Iterator
from typing import Any

QUESTIONS = ("kernel_info_request", "comm_info_request")
DELIM = b"<IDS|MSG>"  # between the addresses of a message and its parts
CONTROL = "jupyter.widget.control"  # by this comm a page asks for the state of all widgets


@contextlib.contextmanager
def answering(shell: Any) -> Iterator[None]:
    """Answer pages that are opened anew as long as the block runs."""
    kernel = getattr(shell, "kernel", None)
    thread = getattr(kernel, "shell_channel_thread", None)
    needed = ("_create_subshell", "_delete_subshell", "get_shell_channel_to_subshell_socket")
    if thread is None or not all(hasattr(getattr(thread, "manager", None), name) for name in needed):
        yield
        return
    desk = _Desk(kernel, thread.manager)
    thread.io_loop.add_callback(desk.open)
    try:
        yield
    finally:
        thread.io_loop.add_callback(desk.close)


class _Desk:
    """Where messages of the front end arrive; all of it runs in the kernel's thread for them."""

    def __init__(self, kernel: Any, manager: Any) -> None:
        self._kernel, self._manager = kernel, manager
        self._subshell: str | None = None
        self._comms: set[str] = set()

    def open(self) -> None:
        """Take over."""
        self._kernel.shell_stream.on_recv(self._pass_on, copy=False)

    def close(self) -> None:
        """Let the kernel have its messages again."""
        self._kernel.shell_stream.on_recv(self._kernel.shell_channel_thread_main, copy=False)
        if self._subshell is not None:
            self._manager._delete_subshell(self._subshell)

    async def _pass_on(self, message: list[Any]) -> None:
        """Pass a question to the subshell, all else to where it goes without us."""
        question = self._question(message)
        if question is None:
            await self._kernel.shell_channel_thread_main(message)
            return
        socket = self._manager.get_shell_channel_to_subshell_socket(self._subshell)
        socket.send_multipart(question, copy=False)

    def _question(self, message: list[Any]) -> list[Any] | None:
        """Return the message addressed to the subshell, if it is one for the main shell that any thread may answer."""
        session = self._kernel.session
        try:  # read by hand: a signature can be checked but once, and the kernel does that to what is passed to it
            names, (signature, *frames) = session.feed_identities(message, copy=False)
            parts = [frame.bytes for frame in frames]
            header, content = session.unpack(parts[0]), session.unpack(parts[3])
            is_signed = hmac.compare_digest(bytes(signature.bytes), bytes(session.sign(parts[:4])))
        except Exception:  # the kernel says itself what is wrong with it
            return None
        if not is_signed or header.get("subshell_id") is not None or not self._is_ours(header["msg_type"], content):
            return None
        if self._subshell is None:
            self._subshell = self._manager._create_subshell()
        parts[0] = session.pack({**header, "subshell_id": self._subshell})
        return [*names, DELIM, session.sign(parts[:4]), *parts]

    def _is_ours(self, kind: str, content: dict[str, Any]) -> bool:
        if kind == "comm_open" and content.get("target_name") == CONTROL:
            self._comms.add(str(content.get("comm_id")))
        return kind in QUESTIONS or (kind.startswith("comm_") and content.get("comm_id") in self._comms)
