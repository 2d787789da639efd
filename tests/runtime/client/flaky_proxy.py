"""A TCP proxy in front of an HTTP/1.1 server that does to each request what it is told: loses, cuts, delays, lies."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Literal

Fault = Literal[
    "none",
    "refused",
    "lost request",
    "cut request",
    "lost answer",
    "cut head",
    "cut body",
    "late answer",
    "late request",
    "bad gateway",
    "busy",
]
FAULTS: tuple[Fault, ...] = Fault.__args__[1:]  # type: ignore[attr-defined]
RESET = struct.pack("ii", 1, 0)
OVERLOADED = b"HTTP/1.1 %d Sorry\r\nContent-Length: 0\r\nRetry-After: 0\r\nConnection: close\r\n\r\n"


class FlakyProxy:
    """One request per connection. ``plan`` says what happens to the next requests; after that nothing does."""

    def __init__(self, target: int, *, patience: float) -> None:
        """``patience``: seconds after which the client gives up; what is late comes later than that."""
        self.target = target
        self.plan: list[Fault] = []
        self.done: list[Fault] = []
        self.patience = patience
        self.late: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._listener.close()
        for thread in self.late:
            thread.join(10)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with self._lock:
                    fault = self.plan.pop(0) if self.plan else "none"
                    self.done.append(fault)
                thread = threading.Thread(target=self._serve, args=(client, fault), daemon=True)
                self.late = [running for running in self.late if running.is_alive()] + [thread]
                thread.start()

    def _serve(self, client: socket.socket, fault: Fault) -> None:
        with client, contextlib.suppress(OSError):
            if fault == "refused":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                return
            request = read_message(client)
            if fault == "lost request":
                return
            if fault == "busy":
                client.sendall(OVERLOADED % 503)
                return
            if fault == "cut request":
                self._forward(request[:-3])
                return
            if fault == "late request":
                threading.Event().wait(self.patience * 1.5)
            self._answer(client, self._forward(request), fault)

    def _answer(self, client: socket.socket, answer: bytes, fault: Fault) -> None:
        head = answer.find(b"\r\n\r\n")
        if fault == "late answer":
            threading.Event().wait(self.patience * 1.5)
        if fault == "bad gateway":
            answer = OVERLOADED % 502
        if fault == "lost answer":
            answer = b""
        if fault == "cut head":
            answer = answer[: head // 2]
        if fault == "cut body":
            answer = answer[: head + 6]
        client.sendall(answer)

    def _forward(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.target), timeout=20) as server:
            server.sendall(request)
            if b"\r\n\r\n" in request and len(request) < message_size(request):
                return b""
            return read_message(server)


def message_size(message: bytes) -> int:
    """Bytes of a message whose head is there."""
    head, _, _ = message.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return len(head) + 4 + int(value)
    return len(head) + 4


def read_message(source: socket.socket) -> bytes:
    """One message with a Content-Length."""
    message = b""
    while b"\r\n\r\n" not in message or len(message) < message_size(message):
        part = source.recv(65_536)
        if not part:
            raise OSError("hung up")
        message += part
    return message


@contextlib.contextmanager
def flaky(target: int, *, patience: float) -> Iterator[FlakyProxy]:
    """A proxy for the length of a block, until the last of what it delays has come through."""
    running = FlakyProxy(target, patience=patience)
    try:
        yield running
    finally:
        running.close()
