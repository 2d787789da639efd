"""The ledger as Django maps it."""

from __future__ import annotations

from django.db import models


class Entry(models.Model):  # noqa: DJ008
    id = models.AutoField(primary_key=True)
    who = models.TextField(null=True)  # noqa: DJ001
    amount = models.IntegerField()

    class Meta:
        app_label = "django_project"
        db_table = "ledger"
        managed = False
