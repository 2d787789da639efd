"""gRPC: ``grpc.server(…)`` and ``grpc.aio.server(…)``."""

from __future__ import annotations

from idem_runtime.adapters.grpc.servers import install

__all__ = ["install"]
