"""A TCP proxy in front of a gRPC server that breaks connections at random places, in either direction."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Iterator


class Cutting:
    """Each connection passes on some chunks, and is broken then; ``cuts`` says how many were."""

    def __init__(self, target: str, chunks: int, seed: int) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._chunks = chunks
        self._random = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.cuts = 0
        self.whole = False
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                left = [10**9 if self.whole else self._random.randint(4, self._chunks)]
                for source, sink in ((client, server), (server, client)):
                    arguments = (source, sink, left, (client, server))
                    threading.Thread(target=self._pass_on, args=arguments, daemon=True).start()

    def _pass_on(
        self, source: socket.socket, sink: socket.socket, left: list[int], both: tuple[socket.socket, ...]
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                left[0] -= 1
                if left[0] == 0:
                    self.cuts += 1
                    break
                sink.sendall(chunk)
        for end in both:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextlib.contextmanager
def cutting(target: str, *, chunks: int, seed: int) -> Iterator[Cutting]:
    proxy = Cutting(target, chunks, seed)
    try:
        yield proxy
    finally:
        proxy.close()
