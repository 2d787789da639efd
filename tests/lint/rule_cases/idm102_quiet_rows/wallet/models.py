from django.db import models
from sqlmodel import Field, SQLModel


class Payment(models.Model):
    amount = models.IntegerField()
    account = models.CharField()
    status = models.CharField()

    def save(self, *args, **kwargs):
        self._last_status = self.status
        self.previous_state = "paid"
        super().save(*args, **kwargs)


class LedgerEntry(SQLModel, table=True):
    id: int = Field(primary_key=True)
    account_id: int
    amount: int


class LedgerEntryBase(SQLModel):
    account_id: int
    amount: int


class LedgerEntryPublic(LedgerEntryBase):
    id: int


class KeptLedgerEntry(LedgerEntryBase, table=True):
    id: int = Field(primary_key=True)
