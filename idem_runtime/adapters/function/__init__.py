"""Plain functions: workers, queue consumers, jobs."""

from __future__ import annotations

from idem_runtime.adapters.function.admission import install

__all__ = ["install"]
