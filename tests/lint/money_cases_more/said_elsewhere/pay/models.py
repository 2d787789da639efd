from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver


class PlainPayment:
    """No record, whatever it is called."""


class CardPayment(models.Model):
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    state = models.CharField(max_length=1)
    note = models.TextField()


class State(models.IntegerChoices):
    WAITING = 1
    CONFIRMED = 2


class FeeRule(models.Model):
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    state = models.CharField(max_length=1)


def get_payment_model():
    return apps.get_model(settings.PAYMENT_MODEL)


def get_badge_model():
    return apps.get_model(settings.BADGE)


def get_rule_model():
    return apps.get_model(settings.RULE_MODEL)


class Notice(models.Model):
    text = models.TextField()


class Order(models.Model):
    note = models.TextField()


@receiver(post_save)
def book_orders(sender, instance, **kwargs):
    if not isinstance(instance, Order):
        return
    CardPayment.objects.create(amount=1)  # writes: direct
