"""A client in a process of its own: ``python -m benchmarks.runtime.adapters.caller KIND PORT``.

So that the processor time of a benchmark's process is the server's alone. It reads a line of JSON, the path, the keys' kind and
how many calls, and writes one with the milliseconds of each call. One connection, one call after the other.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from benchmarks.runtime.adapters.asked import WayOf, new_key, replayed_key
from benchmarks.runtime.asgi import BODY, HEADERS
from benchmarks.runtime.worker import SETTLE, Way

KEYS = {function.__name__: function for function in (new_key, replayed_key)}
Post = Callable[[str, str], None]


class Http:
    """HTTP/1.1 on a socket, as much of it as the benchmarks' servers speak."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = b"".join(b"%s: %s\r\n" % header for header in HEADERS)

    def post(self, path: str, key: str) -> None:
        """One call, to the last byte of its answer."""
        self._socket.sendall(
            b"POST %s HTTP/1.1\r\n%sidempotency-key: %s\r\n\r\n%s"
            % (path.encode(), self._head, key.encode(), BODY)
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._read(path)
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        assert lines[0].split()[1] == b"200", f"{path}: {answer.decode()}"
        length = next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length"))
        while len(body) < length:
            body += self._read(path)

    def _read(self, path: str) -> bytes:
        data = self._socket.recv(1 << 16)
        assert data, f"{path}: the server hung up"
        return data


def grpc_post(port: int) -> Post:
    """The same as unary calls of a gRPC server; the path is the method's."""
    import grpc
    from google.protobuf.wrappers_pb2 import StringValue

    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    message = StringValue(value=BODY.decode()).SerializeToString()

    def post(path: str, key: str) -> None:
        channel.unary_unary(path)(message, metadata=(("idempotency-key", key),))

    return post


@contextmanager
def calling(kind: str, port: int) -> Generator[WayOf]:
    """What makes a way of a path and its keys, for a server on ``port``."""
    command = [sys.executable, "-m", "benchmarks.runtime.adapters.caller", kind, str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asks, answers = process.stdin, process.stdout

        def way(path: str, key: Any) -> Way:
            def calls(count: int) -> list[float]:
                asks.write(json.dumps([path, key.__name__, count]) + "\n")
                asks.flush()
                taken: list[float] = json.loads(answers.readline())
                time.sleep(SETTLE)
                return taken

            return calls

        yield way
        asks.close()


def main(kind: str, port: str) -> None:
    """Call until standard input ends."""
    post = grpc_post(int(port)) if kind == "grpc" else Http(int(port)).post
    for line in sys.stdin:
        path, keys, count = json.loads(line)
        taken: list[float] = []
        for _ in range(count):
            key = KEYS[keys]()
            began = time.perf_counter()
            post(path, key)
            taken.append((time.perf_counter() - began) * 1000)
        print(json.dumps(taken), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
