"""Plain functions: workers, queue consumers, jobs. ``idem.install()`` protects them all.

``@money_moving(operation="settle", key=lambda job: job.id, principal=lambda job: job.tenant)``: the name is required,
because a rename of the function must not change it. The function gets our connection in a parameter whose default is
``idem.lent``, or asks ``idem.sync_connection()`` (``await idem.connection()``). What it returns is stored as JSON under
its return annotation, and a replay returns an equal value; what it raises undoes everything and frees the key.

Called inside a local money-moving execution, it joins that transaction under its own key.
"""

from __future__ import annotations

from idem_runtime.adapters.function.admission import install

__all__ = ["install"]
