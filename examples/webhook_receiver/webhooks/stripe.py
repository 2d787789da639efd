"""Stripe: the event's id is in the body, and the signature is another one with every delivery."""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel

from idem_runtime import money_moving, webhook_event
from webhook_receiver.accounts import Db, credit, note

SECRET = os.environ["STRIPE_WEBHOOK_SECRET"]
TOLERANCE = 300  # seconds
router = APIRouter()


async def signed(request: Request) -> None:
    """What ``stripe.Webhook.construct_event`` checks. It runs before the mark: an unsigned body never claims a key."""
    fields = [part.partition("=") for part in request.headers.get("stripe-signature", "").split(",")]
    sent = next((value for name, _, value in fields if name.strip() == "t"), "")
    signatures = [value for name, _, value in fields if name.strip() == "v1"]
    signed_bytes = sent.encode() + b"." + await request.body()
    expected = hmac.new(SECRET.encode(), signed_bytes, hashlib.sha256).hexdigest()
    fresh = sent.isdecimal() and abs(time.time() - int(sent)) <= TOLERANCE
    if not fresh or not any(hmac.compare_digest(expected.encode(), own.encode()) for own in signatures):
        raise HTTPException(401, "not signed by Stripe")


class Data(BaseModel):
    object: dict[str, Any]


class Event(BaseModel):
    id: str
    type: str
    data: Data


@router.post("/webhooks/stripe", dependencies=[Depends(signed)])
@money_moving(
    key=webhook_event("/id"),
    principal=lambda: "stripe/acct_main",
    ignore=("/pending_webhooks",),  # counts down from delivery to delivery
)
async def stripe_event(event: Event, db: Db) -> dict[str, bool]:
    await note(db, "stripe", f"{event.type} {event.id}")
    if event.type == "payment_intent.succeeded":
        payment = event.data.object
        await credit(payment["id"], payment["amount"], payment["currency"])
    return {"received": True}
