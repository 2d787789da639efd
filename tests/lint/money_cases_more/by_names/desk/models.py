from django.db import models


class Payment(models.Model):
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    account = models.CharField(max_length=34)


class Price(models.Model):
    amount = models.DecimalField(max_digits=12, decimal_places=2)
