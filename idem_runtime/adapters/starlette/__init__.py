"""Starlette and FastAPI."""

from __future__ import annotations

from idem_runtime.adapters.starlette.seal import install

__all__ = ["install"]
