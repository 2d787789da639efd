from django.db import models


class Wallet(models.Model):
    owner = models.CharField(max_length=40)
    balance = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    label = models.CharField(max_length=40, blank=True)

    def credit(self, amount):
        self.balance = models.F("balance") + amount  # writes: direct
        self.save(update_fields=["balance"])

    def relabel(self, label):
        self.label = label
        self.save(update_fields=["label"])

    @property
    def available(self):
        return self.balance


class Payment(models.Model):
    PENDING, PAID = "pending", "paid"

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    status = models.CharField(max_length=10, default=PENDING)
    note = models.TextField(blank=True)

    def mark_paid(self):
        self.status = self.PAID  # writes: direct
        self.save()


class WithdrawalRequest(models.Model):
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    approved_at = models.DateTimeField(null=True)


class LoanApplication(models.Model):
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    status = models.CharField(max_length=10, default="new")


class Invoice(models.Model):
    DRAFT, SENT, PAID = "draft", "sent", "paid"

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    state = models.CharField(max_length=10, default=DRAFT)


class PaymentReport(models.Model):
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT)
    total_amount = models.DecimalField(max_digits=12, decimal_places=2)
