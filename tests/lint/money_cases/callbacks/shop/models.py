from django.db import models


class Payment(models.Model):
    order = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    captured = models.BooleanField(default=False)


class Notice(models.Model):
    text = models.CharField(max_length=40)
