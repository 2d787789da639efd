"""Quart."""

from __future__ import annotations

from idem_runtime.adapters.quart.dispatch import install

__all__ = ["install"]
