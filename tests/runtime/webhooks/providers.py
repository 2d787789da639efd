"""Deliveries as providers make them: the same event again has another time and another signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks.webhooks import Webhook

STRIPE_SECRET = "whsec_stripe"
STANDARD_SECRET = "whsec_" + base64.b64encode(b"a secret of the provider").decode()
ADYEN_KEY = "a1" * 32
Delivery = dict[str, Any]
"""Arguments of ``httpx``' ``post``."""


def stripe(event: dict[str, Any], *, ago: int = 0, secret: str = STRIPE_SECRET) -> Delivery:
    body, sent = json.dumps(event), int(time.time()) - ago
    signature = hmac.new(secret.encode(), f"{sent}.{body}".encode(), hashlib.sha256).hexdigest()
    return {"content": body, "headers": {"stripe-signature": f"t={sent},v1={signature}", **JSON}}


def standard(event: dict[str, Any], *, name: str, ago: int = 0, secret: str = STANDARD_SECRET) -> Delivery:
    body, sent = json.dumps(event), datetime.now(tz=UTC) - timedelta(seconds=ago)
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(sent.timestamp())),
        "webhook-signature": Webhook(secret).sign(msg_id=name, timestamp=sent, data=body),
    }
    return {"content": body, "headers": {**headers, **JSON}}


def adyen_item(
    reference: str, *, code: str = "AUTHORISATION", success: str = "true", value: int = 500
) -> Any:
    item: dict[str, Any] = {
        "pspReference": reference,
        "merchantAccountCode": "Bank",
        "merchantReference": f"order-{reference}",
        "amount": {"value": value, "currency": "EUR"},
        "eventCode": code,
        "success": success,
        "eventDate": datetime.now(tz=UTC).isoformat(),
    }
    signed = f"{reference}::Bank:order-{reference}:{value}:EUR:{code}:{success}"
    digest = hmac.new(bytes.fromhex(ADYEN_KEY), signed.encode(), hashlib.sha256).digest()
    return {**item, "additionalData": {"hmacSignature": base64.b64encode(digest).decode()}}


def adyen(*items: Any) -> Delivery:
    return {
        "json": {"live": "false", "notificationItems": [{"NotificationRequestItem": item} for item in items]}
    }


JSON = {"content-type": "application/json"}
