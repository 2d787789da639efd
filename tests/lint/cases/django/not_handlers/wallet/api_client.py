from __future__ import annotations

import requests_like


class LedgerClient:
    """Talks to the ledger: ``post`` sends, it does not receive."""

    def __init__(self, base: str) -> None:
        self.base = base

    def post(self, path: str, body: dict[str, object]) -> str:
        return requests_like.post(self.base + path, json=body)

    def create(self, body: dict[str, object]) -> str:
        return self.post("/entries", body)
