"""Functions of cloud providers."""
