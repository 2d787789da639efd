from django.db import models


class Account(models.Model):
    name = models.CharField(max_length=40)
    balance_cents = models.BigIntegerField(default=0)


class Transaction(models.Model):
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    amount_cents = models.BigIntegerField()


class Payout(models.Model):
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    amount_cents = models.BigIntegerField()
    status = models.CharField(max_length=10, default="created")


class Ticket(models.Model):
    subject = models.CharField(max_length=40)
