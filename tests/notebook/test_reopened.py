"""Messages that arrive while a cell waits: questions of a reopened page go to a subshell, all else where it went."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import zmq
from jupyter_client.session import Session

from automl_magic.notebook.reopened import CONTROL, answering


def run_apart(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in a thread of its own: a browser that is being driven has a loop in this one."""
    thread = threading.Thread(target=asyncio.run, args=(coroutine,))
    thread.start()
    thread.join(30)


class Kernel:
    """Stand for the kernel: it notes what it is passed, and what its subshell is sent."""

    def __init__(self) -> None:
        self.session = Session(key=b"key")
        self.passed: list[Any] = []
        self.subshells: list[str] = []
        self.sent: list[Any] = []
        self.receive: Any = self.shell_channel_thread_main
        self.shell_stream = SimpleNamespace(on_recv=self._on_recv)
        socket = SimpleNamespace(send_multipart=lambda frames, copy: self.sent.append(frames))
        manager = SimpleNamespace(
            _create_subshell=lambda: self.subshells.append("ours") or "ours",
            _delete_subshell=self.subshells.remove,
            get_shell_channel_to_subshell_socket=lambda name: socket,
        )
        loop = SimpleNamespace(add_callback=lambda call: call())
        self.shell_channel_thread = SimpleNamespace(manager=manager, io_loop=loop)

    def _on_recv(self, receive: Any, copy: bool) -> None:
        self.receive = receive

    async def shell_channel_thread_main(self, message: Any) -> None:
        """Take what is passed."""
        self.passed.append(message)

    def hear(self, kind: str, content: dict[str, Any], *, key: bytes = b"key", subshell: str | None = None) -> None:
        """Receive a message as it comes from a front end."""
        front = Session(key=key)
        message = front.msg(kind, content)
        message["header"]["subshell_id"] = subshell
        frames = [b"address", *front.serialize(message)]
        run_apart(self.receive([zmq.Frame(frame) for frame in frames]))


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    """Return a kernel whose cell waits."""
    found = Kernel()
    with answering(SimpleNamespace(kernel=found)):
        yield found
    assert found.receive == found.shell_channel_thread_main and found.subshells == []


def test_questions_of_a_reopened_page_go_to_a_subshell_with_a_signature(kernel: Kernel) -> None:
    kernel.hear("kernel_info_request", {})
    kernel.hear("comm_open", {"target_name": CONTROL, "comm_id": "c", "data": {}})
    kernel.hear("comm_msg", {"comm_id": "c", "data": {"method": "request_states"}})
    assert kernel.passed == [] and kernel.subshells == ["ours"] and len(kernel.sent) == 3
    names, parts = kernel.session.feed_identities(kernel.sent[-1])
    read = kernel.session.deserialize(parts)
    assert names == [b"address"] or [bytes(getattr(name, "bytes", name)) for name in names] == [b"address"]
    assert read["header"]["subshell_id"] == "ours" and read["content"]["comm_id"] == "c"


def test_all_else_is_left_to_the_kernel(kernel: Kernel) -> None:
    kernel.hear("execute_request", {"code": "1"})
    kernel.hear("comm_open", {"target_name": "jupyter.widget", "comm_id": "w"})
    kernel.hear("comm_msg", {"comm_id": "w", "data": {}})
    kernel.hear("kernel_info_request", {}, subshell="theirs")
    kernel.hear("kernel_info_request", {}, key=b"forged")
    run_apart(kernel.receive([zmq.Frame(b"no message")]))
    assert len(kernel.passed) == 6 and kernel.sent == []


def test_a_kernel_of_another_make_is_left_alone() -> None:
    for shell in (None, SimpleNamespace(), SimpleNamespace(kernel=SimpleNamespace(shell_channel_thread=None))):
        with answering(shell):
            pass
