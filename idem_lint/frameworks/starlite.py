"""Starlite: Litestar under its earlier name, which the runtime's adapter does not know."""

from __future__ import annotations

from dataclasses import replace

from idem_lint.frameworks import litestar

FRAMEWORK = replace(
    litestar.FRAMEWORK, name="starlite", titles=("Starlite",), packages=("starlite",), adapter=None
)
