"""Litestar."""

from __future__ import annotations

from idem_runtime.adapters.litestar.seal import install

__all__ = ["install"]
