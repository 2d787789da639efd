"""What the gRPC adapters share: key, fingerprint, statuses and refusals of a protobuf request."""
