"""JSON-RPC: methods that one POST route calls by name."""
