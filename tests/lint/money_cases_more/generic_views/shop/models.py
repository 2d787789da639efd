from django.db import models


class Import(models.Model):
    file = models.FileField()


class Deposit(models.Model):
    account = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
