"""What may happen to a (scope, key), decided without I/O."""
