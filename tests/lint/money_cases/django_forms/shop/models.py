from django.db import models


class Donation(models.Model):
    donor = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=12, decimal_places=2)


class Refund(models.Model):
    donation = models.ForeignKey(Donation, on_delete=models.PROTECT)
    amount = models.DecimalField(max_digits=12, decimal_places=2)


class PricingRule(models.Model):
    name = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=12, decimal_places=2)


class Voucher(models.Model):
    code = models.CharField(max_length=40)
    remaining_balance = models.DecimalField(max_digits=12, decimal_places=2, default=0)
