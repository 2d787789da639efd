"""Flask."""

from __future__ import annotations

from idem_runtime.adapters.flask.dispatch import install

__all__ = ["install"]
