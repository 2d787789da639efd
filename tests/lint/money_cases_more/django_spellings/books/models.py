from django.db import models
from django_fsm import FSMField, transition
from djmoney.models.fields import MoneyField


class Ledgered(models.Model):
    amount = MoneyField(max_digits=12, decimal_places=2)

    class Meta:
        abstract = True


class Account(models.Model):
    balance = MoneyField(max_digits=12, decimal_places=2, default=0)
    note = models.TextField(blank=True)


class Posting(Ledgered):
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="postings")


class PaymentStatus(models.TextChoices):
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    PAID = "paid"


class Payment(Ledgered):
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    status = models.CharField(max_length=10, choices=PaymentStatus.choices)


class Bill(models.Model):
    state = FSMField(default="open")

    @transition(field=state, source="open", target="paid")
    def pay(self):
        pass  # writes: direct

    @transition(field=state, source="open", target="cancelled")
    def cancel(self):
        pass
