"""A double-entry bank with slow, flaky handlers: what its two applications share. Settings come from the environment."""

from __future__ import annotations

import http.client
import json
import os
import random
import time
import uuid
from dataclasses import dataclass
from typing import Any

from idem_runtime import Idempotency, NotExecuted, current_attempt

LEASE = 3.0
"""Seconds that an external attempt is believed alive."""
POOL_TIMEOUT = 3.0
"""Seconds that is waited for a connection."""
SCHEMA = """
CREATE TABLE accounts (id text PRIMARY KEY, balance bigint NOT NULL);
INSERT INTO accounts SELECT 'a' || number, 1000 FROM generate_series(0, 9) AS number;
CREATE TABLE entries (id bigserial PRIMARY KEY, intent text NOT NULL, account text NOT NULL, amount bigint NOT NULL);
"""
MOVE = "UPDATE accounts SET balance = balance + %s WHERE id = %s"
ENTER = "INSERT INTO entries (intent, account, amount) VALUES (%s, %s, %s) RETURNING id"
FLAKY = 0.03


@dataclass(frozen=True)
class Order:
    """One intent: ``declined`` ones end with a 402."""

    intent: str
    source: str
    target: str
    amount: int
    declined: bool = False


def idempotency() -> Idempotency:
    """The runtime, on the connection that is disturbed."""
    return Idempotency(
        os.environ["BANK_DSN"],
        principal=lambda request: "alice",
        lease=LEASE,
        pool_size=6,
        pool_timeout=POOL_TIMEOUT,
    )


def nap() -> float:
    """Seconds that a handler takes between two statements."""
    return random.choice((0, 0, 0.005, 0.02))


def stumble() -> None:
    """Fail now and then, as handlers do."""
    if random.random() < FLAKY:
        raise RuntimeError("a flaky handler")


def lines(order: Order) -> list[tuple[str, tuple[Any, ...]]]:
    """The statements of a transfer; the last one gives the number of its entry."""
    return [
        (MOVE, (-order.amount, order.source)),
        (ENTER, (order.intent, order.source, -order.amount)),
        (MOVE, (order.amount, order.target)),
        (ENTER, (order.intent, order.target, order.amount)),
    ]


def receipt(entry: int | str) -> dict[str, Any]:
    """What is answered: another one each time the handler runs."""
    return {"entry": entry, "nonce": uuid.uuid4().hex}


def pay_out(order: Order) -> dict[str, Any]:
    """Call the provider, which does not know idempotency keys."""
    if random.random() < FLAKY:
        raise NotExecuted
    host, _, port = os.environ["BANK_PROVIDER"].partition(":")
    provider = http.client.HTTPConnection(host, int(port), timeout=10)
    if current_attempt().lost:
        raise NotExecuted
    provider.request("POST", "/", json.dumps({"intent": order.intent}))
    reference = json.loads(provider.getresponse().read())["reference"]
    provider.close()
    time.sleep(nap())
    stumble()
    return receipt(reference)
