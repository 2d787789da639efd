"""gRPC on grpcio: sync and asyncio servers."""
