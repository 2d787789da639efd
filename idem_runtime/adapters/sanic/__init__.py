"""Sanic."""

from __future__ import annotations

from idem_runtime.adapters.sanic.seal import install

__all__ = ["install"]
