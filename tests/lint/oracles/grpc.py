"""gRPC: notes the handlers that a case gives to its servers (sync and aio), as the server itself receives them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.lint.oracles import Truth, Truths, load, original, tree

KINDS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


def routes(case: Path) -> set[Truth]:
    """The servicer methods and functions that the case's own code implements; an RPC is a POST."""
    received: list[Any] = []
    _note_generic_handlers(received)
    load(case)
    found = Truths(case)
    for handler in received:
        for name, method in _method_handlers(handler, case):
            behaviour = next(filter(None, (getattr(method, kind) for kind in KINDS)))
            function = original(behaviour)
            # What protoc generates only refuses: an RPC that nobody implemented.
            if function is not None and not function.__code__.co_filename.endswith("_pb2_grpc.py"):
                found.add(function, {"POST"}, name)
    return found.result()


def _note_generic_handlers(received: list[Any]) -> None:
    from grpc import _server
    from grpc.aio import _server as aio_server

    for server in (_server._Server, aio_server.Server):
        server.add_generic_rpc_handlers = _noting(server.add_generic_rpc_handlers, received)


def _noting(add: Any, received: list[Any]) -> Any:
    def noting(self: Any, handlers: Iterable[Any]) -> None:
        handlers = tuple(handlers)
        received.extend(handlers)
        add(self, handlers)

    return noting


def _method_handlers(handler: Any, case: Path) -> Iterator[tuple[str, Any]]:
    """The method handlers of a generic handler: its own table, or its answers to every method name in the case."""
    table = getattr(handler, "_method_handlers", None)
    if table is not None:
        yield from table.items()
        return
    for name in sorted(_method_names(case)):
        method = handler.service(SimpleNamespace(method=name, invocation_metadata=()))
        if method is not None:
            yield name, method


def _method_names(case: Path) -> set[str]:
    nodes = (node for file in case.rglob("*.py") for node in ast.walk(tree(str(file))))
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return {text for text in texts if re.fullmatch(r"/[\w.]+/\w+", text)}
