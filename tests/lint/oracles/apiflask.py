"""apiflask keeps Flask's tables: its truth is Flask's."""

from __future__ import annotations

from tests.lint.oracles.flask import routes

__all__ = ["routes"]
