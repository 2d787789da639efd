"""Standard Webhooks: the event's id is the header webhook-id; timestamp and signature are others with every delivery."""

from __future__ import annotations

import os

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from idem_runtime import money_moving, standard_webhook
from webhook_receiver.accounts import Db, credit, note

SECRET = Webhook(os.environ["STANDARD_WEBHOOK_SECRET"])
router = APIRouter()


async def signed(request: Request) -> None:
    """It runs before the mark: an unsigned body never claims a key."""
    try:
        SECRET.verify(await request.body(), dict(request.headers))
    except WebhookVerificationError as error:
        raise HTTPException(401, "not signed by the provider") from error


class Payment(BaseModel):
    id: str
    amount: int
    currency: str


class Event(BaseModel):
    type: str
    data: Payment


@router.post("/webhooks/standard", dependencies=[Depends(signed)], status_code=204)
@money_moving(key=standard_webhook(), principal=lambda: "provider/main")
async def standard_event(event: Event, db: Db) -> None:
    await note(db, "standard", event.type)
    if event.type == "payment.settled":
        await credit(event.data.id, event.data.amount, event.data.currency)
