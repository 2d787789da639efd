"""aiohttp.web."""

from __future__ import annotations

from idem_runtime.adapters.aiohttp.seal import install

__all__ = ["install"]
