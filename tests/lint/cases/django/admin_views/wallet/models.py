from __future__ import annotations

from django.db import models


class Payout(models.Model):
    amount = models.IntegerField()
