"""The bank that every peer serves: one transfer in Postgres, one payout at a provider. Only the protection differs.

It imports none of the peers, and nothing of this project: every environment has FastAPI or Django, and psycopg.
"""

from __future__ import annotations

import hashlib
import json
import os
import urllib.request
from collections.abc import Callable
from typing import Any

DSN = os.environ["BANK_DSN"]
REDIS = os.environ["BANK_REDIS"]
DYNAMODB = os.environ.get("BANK_DYNAMODB")
PROVIDER = os.environ["BANK_PROVIDER"]
LEASE = int(os.environ["BANK_LEASE"])
"""Seconds after which an attempt counts as dead, wherever the peer has such a setting: the script cannot wait for hours."""
PROVIDER_PATIENCE = 0.5  # seconds

WITHDRAW = "UPDATE account SET balance = balance - %s WHERE id = 'alice'"
DEPOSIT = "UPDATE account SET balance = balance + %s WHERE id = 'shop'"
ENTER = "INSERT INTO ledger (tenant, reference, amount) VALUES (%s, %s, %s) RETURNING id"


def transfer(db: Any, tenant: str, body: dict[str, Any]) -> dict[str, Any]:
    """Three statements on the caller's connection; ``db`` has psycopg's ``execute``. It commits nothing."""
    db.execute(WITHDRAW, (body["amount"],))
    db.execute(DEPOSIT, (body["amount"],))
    row = db.execute(ENTER, (tenant, body["reference"], body["amount"])).fetchone()
    return {"id": row[0], "amount": body["amount"]}


def payout(body: dict[str, Any]) -> dict[str, Any]:
    """Ask a provider that takes no key of its own.

    :raises TimeoutError: it did not answer in time. Whether it has paid is not known.
    """
    request = urllib.request.Request(
        PROVIDER, json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PROVIDER_PATIENCE) as answer:
        return dict(json.load(answer))


def fingerprint(body: dict[str, Any]) -> str:
    """A digest of what is asked."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def deployed(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function under the name that it has in the version which runs: a later version renamed it."""
    name = os.environ.get("BANK_RENAMED")
    if name:
        function.__name__ = function.__qualname__ = f"{function.__name__}_{name}"
    return function
