"""What an agent's runtime does around a tool call: ``python -m agent_wallet.agent http://127.0.0.1:8080/mcp``.

The key is made when the model has decided to pay, and stays until it has an answer: whatever is lost on the way, a retry is
the same payment. A model that says the key itself uses the tool's own argument for it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from typing import Any

from fastmcp import Client
from fastmcp.exceptions import ToolError

TRIES = 5
PATIENCE = 10.0
"""Seconds after which an answer counts as lost."""


async def decided(client: Client[Any], tool: str, arguments: dict[str, Any]) -> Any:
    """Call ``tool`` for one decision of the model, as often as it takes to know what became of it.

    :raises ToolError: it did not happen, or nobody knows whether it did: its text says which, and no retry changes that.
    """
    meta = {"idempotencyKey": uuid.uuid4().hex}
    for tried in range(TRIES):
        try:
            return (await client.call_tool(tool, arguments, meta=meta, timeout=PATIENCE)).data
        except ToolError as error:
            refusal = read(error)
            if not refusal.get("retryable") or tried == TRIES - 1:
                raise
            await asyncio.sleep(refusal.get("retry_after", 1))
        except Exception:  # the answer is lost: a time-out, a connection
            if tried == TRIES - 1:
                raise
    return None


def read(error: ToolError) -> dict[str, Any]:
    """What the server says of its refusal; nothing, where it is the tool's own."""
    text = str(error)
    try:
        return dict(json.loads(text[text.index("{") :]))
    except ValueError:
        return {}


async def main(url: str) -> None:
    async with Client(url, auth="alice's") as client:
        print(await decided(client, "pay", {"payee": "rent", "amount": 700}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
