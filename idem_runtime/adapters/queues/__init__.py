"""Queue workers: which refused message is tried again later, and which one goes to the dead letters.

A module for each framework, to be imported from here: ``celery``, ``dramatiq``, ``arq``, ``procrastinate``,
``faststream``. They all decide by :func:`seconds_until_retry`, which is for queues of your own, too. ``docs/queues.md``
has the recipes.
"""

from __future__ import annotations

from idem_runtime.adapters.queues.refused_message import LONGEST_WAIT, is_counted, seconds_until_retry

__all__ = ["LONGEST_WAIT", "is_counted", "seconds_until_retry"]
