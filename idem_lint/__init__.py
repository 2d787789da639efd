"""Find every POST handler in money code and say whether it is marked (ADR-007)."""

__version__ = "0.1.0"
