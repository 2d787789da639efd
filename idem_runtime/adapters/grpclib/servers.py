"""Takes over the methods of a grpclib server, which are in a mapping since it was made."""

from __future__ import annotations

from typing import Any

from idem_runtime.adapters.asyncio_waiting import Threads
from idem_runtime.adapters.grpclib.seal import RecordedBytes, RecordedDetails, sealed
from idem_runtime.adapters.rpc.methods import Method, check_server, method_of
from idem_runtime.adapters.rpc.running import AsyncRunning
from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import MoneyMoving, mark_of
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import Checks

GRPC_OWN = "/grpc."
"""Services of gRPC itself (health, reflection), which are left as they are."""


def install(runtime: Runtime, server: Any, **options: Any) -> None:
    """Protect the methods of ``server``; options: :class:`idem_runtime.startup.route_checks.Checks`.

    :raises ConfigurationError: names every method that is refused.
    """
    check_server(runtime, server)
    checks = Checks.of(runtime, options)
    methods = {path: _method(path, handler) for path, handler in server._mapping.items()}  # noqa: SLF001 - nothing else has them
    checked = [
        method for path, method in methods.items() if method.protected or not path.startswith(GRPC_OWN)
    ]
    for method in checked:
        _check(method)
    checks.run([method.endpoint() for method in checked])
    Installed(runtime, server, methods)


class Installed:
    """What is put into a server."""

    def __init__(self, runtime: Runtime, server: Any, methods: dict[str, Method]) -> None:
        """Seal its methods, and wait for them where it waits for its own end."""
        self._running, self._wait_closed = AsyncRunning(), server.wait_closed
        details, threads = server._status_details_codec, Threads()  # noqa: SLF001 - as above
        server._codec = RecordedBytes(server._codec)  # noqa: SLF001 - as above
        server._status_details_codec = RecordedDetails(details)  # noqa: SLF001 - as above
        for path, method in methods.items():
            if not method.streams and not (path.startswith(GRPC_OWN) and not method.protected):
                seal = sealed(runtime, method, self._running, threads, details)
                server._mapping[path] = server._mapping[path]._replace(func=seal)  # noqa: SLF001 - as above
        server.wait_closed = self.wait_closed
        vars(server)["_idem"] = self

    async def wait_closed(self) -> None:
        """In the place of ``wait_closed``: what has not committed yet is waited for, too."""
        await self._wait_closed()
        await self._running.wait()


def _method(path: str, handler: Any) -> Method:
    """``handler``: the entry of the mapping."""
    cardinality = handler.cardinality
    return method_of(
        path,
        handler.func,
        deserializer=getattr(handler.request_type, "FromString", None),
        serializer=getattr(handler.reply_type, "SerializeToString", None),
        streams=cardinality.client_streaming or cardinality.server_streaming,
    )


def _check(method: Method) -> None:
    """:raises ConfigurationError: it cannot be protected."""
    method.check()
    owner: Any = getattr(getattr(method.behaviour, "__self__", None), "__class__", None)
    if method.mark is not None or hasattr(owner, method.name.rpartition("/")[2]):
        return
    marked = [name for name in dir(owner) if isinstance(mark_of(getattr(owner, name)), MoneyMoving)]
    if marked:
        raise ConfigurationError(
            f"{owner.__qualname__}.{marked[0]} is @money_moving, and generated code calls it in a way of its own "
            "(betterproto), which is not protected: generate the service with grpclib's own plugin, or use grpcio"
        )
