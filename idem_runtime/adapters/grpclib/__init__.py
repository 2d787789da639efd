"""gRPC on grpclib."""

from __future__ import annotations

from idem_runtime.adapters.grpclib.servers import install

__all__ = ["install"]
