"""Every table, in the order in which they are named where several fit one function."""

from __future__ import annotations

from idem_lint.entry_points import (
    aws_lambda,
    celery,
    commands,
    consumers,
    django_views,
    falcon_resources,
    queues,
    receivers,
    schedules,
    scripts,
)
from idem_lint.entry_points.interface import EntryTable

TABLES: tuple[EntryTable, ...] = (
    *django_views.TABLES,
    *falcon_resources.TABLES,
    *celery.TABLES,
    *queues.TABLES,
    *consumers.TABLES,
    *aws_lambda.TABLES,
    *commands.TABLES,
    *schedules.TABLES,
    *receivers.TABLES,
    *scripts.TABLES,
)
