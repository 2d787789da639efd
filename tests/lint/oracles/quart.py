"""Quart's truth: it keeps Flask's tables; a websocket's rule has GET only."""

from __future__ import annotations

from tests.lint.oracles.flask import routes

__all__ = ["routes"]
