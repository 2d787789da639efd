"""gRPC on grpclib."""
