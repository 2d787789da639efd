from django.db import models


class SavingsAccount(models.Model):
    owner = models.CharField(max_length=40)
    balance = models.DecimalField(max_digits=12, decimal_places=2, default=0)


class Interest(models.Model):
    account = models.ForeignKey(SavingsAccount, on_delete=models.PROTECT)
    amount = models.DecimalField(max_digits=12, decimal_places=2)


def accrue(account, amount):
    Interest.objects.create(account=account, amount=amount)  # writes: direct
