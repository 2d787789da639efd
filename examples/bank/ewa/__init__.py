"""The bank's ewa."""
