"""Adyen: several items in one delivery, each signed, and none of them has an id.

It wants ``[accepted]``; whatever else it gets, it sends all of them again. So that is said only where every item was
executed, or is decided and has to be looked at.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import os
from datetime import timedelta

from fastapi import APIRouter, HTTPException
from fastapi.responses import PlainTextResponse
from psycopg import AsyncConnection
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from idem_runtime import (
    ExecutedResponseLost,
    IdempotencyError,
    KeyReused,
    OutcomeUnknown,
    money_moving,
    not_money_moving,
)
from webhook_receiver.accounts import credit, idem, note

DECIDED = (KeyReused, ExecutedResponseLost, OutcomeUnknown)
"""Refusals of an item whose key is taken for good: sent again it would be refused again."""
SECRET = bytes.fromhex(os.environ["ADYEN_HMAC_KEY"])
router = APIRouter()


class Camel(BaseModel):
    """Its fields have Adyen's names in JSON."""

    model_config = ConfigDict(alias_generator=to_camel)


class Amount(BaseModel):
    value: int
    currency: str


class Item(Camel):
    psp_reference: str
    original_reference: str = ""
    merchant_account_code: str
    merchant_reference: str
    amount: Amount
    event_code: str
    success: str
    additional_data: dict[str, str] = {}

    def is_signed(self) -> bool:
        parts = (
            self.psp_reference,
            self.original_reference,
            self.merchant_account_code,
            self.merchant_reference,
        )
        parts += (str(self.amount.value), self.amount.currency, self.event_code, self.success)
        expected = hmac.new(SECRET, ":".join(parts).encode(), hashlib.sha256).digest()
        own = self.additional_data.get("hmacSignature", "")
        return hmac.compare_digest(base64.b64encode(expected), own.encode())


class Entry(BaseModel):
    item: Item = Field(alias="NotificationRequestItem")


class Delivery(Camel):
    notification_items: list[Entry]


@money_moving(
    operation="adyen-item",
    key=lambda item: f"{item.psp_reference}/{item.event_code}/{item.success}",
    principal=lambda item: f"adyen/{item.merchant_account_code}",
    fingerprint=lambda item: [item.original_reference, item.merchant_reference, item.amount.model_dump()],
    retention=timedelta(days=30),
)
async def book(item: Item, db: AsyncConnection = idem.lent) -> None:
    """One item: executed once, in whatever delivery it comes."""
    await note(db, "adyen", f"{item.event_code} {item.psp_reference}")
    if item.event_code == "AUTHORISATION" and item.success == "true":
        await credit(item.psp_reference, item.amount.value, item.amount.currency)


@router.post("/webhooks/adyen", response_class=PlainTextResponse)
@not_money_moving(reason="each of its items is a money-moving execution of its own")
async def adyen_delivery(delivery: Delivery) -> str:
    items = [entry.item for entry in delivery.notification_items]
    if not all(item.is_signed() for item in items):
        raise HTTPException(401, "not signed by Adyen")
    refused: list[str] = []
    for item in items:
        try:
            await book(item)
        except DECIDED:  # accepted, so that it does not come for days: somebody has to look
            logging.getLogger(__name__).exception("%s %s", item.event_code, item.psp_reference)
        except IdempotencyError as error:  # it was not executed, whatever the reason
            refused.append(error.code)
    if refused:  # the whole delivery comes again; what is done is replayed
        raise HTTPException(503, ", ".join(refused))
    return "[accepted]"
