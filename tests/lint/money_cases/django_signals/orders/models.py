from django.db import models
from django.db.models.signals import post_save
from django.dispatch import Signal, receiver

order_confirmed = Signal()
order_viewed = Signal()


class Order(models.Model):
    customer = models.CharField(max_length=40)
    total = models.DecimalField(max_digits=12, decimal_places=2)


class JournalEntry(models.Model):
    account = models.CharField(max_length=40)
    debit = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    credit = models.DecimalField(max_digits=12, decimal_places=2, default=0)


class Shipment(models.Model):
    order = models.ForeignKey(Order, on_delete=models.PROTECT)


class GiftCard(models.Model):
    code = models.CharField(max_length=40)
    balance = models.DecimalField(max_digits=12, decimal_places=2, default=0)


class Redemption(models.Model):
    card = models.ForeignKey(GiftCard, on_delete=models.PROTECT)
    amount = models.DecimalField(max_digits=12, decimal_places=2)

    def save(self, *args, **kwargs):
        self.card.balance -= self.amount  # writes: direct
        self.card.save()
        super().save(*args, **kwargs)


class Visit(models.Model):
    page = models.CharField(max_length=40)


@receiver(post_save, sender=Order)
def book_order(sender, instance, created, **kwargs):
    if created:
        JournalEntry.objects.create(account="receivables", debit=instance.total)  # writes: direct


@receiver(order_confirmed)
def book_revenue(sender, order, **kwargs):
    JournalEntry.objects.create(account="revenue", credit=order.total)  # writes: direct


def count_view(sender, **kwargs):
    Visit.objects.create(page="order")


order_viewed.connect(count_view)
