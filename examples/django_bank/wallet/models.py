from django.db import models


class Account(models.Model):
    name = models.TextField(unique=True)
    balance = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Entry(models.Model):
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    amount = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.amount} on {self.account}"
