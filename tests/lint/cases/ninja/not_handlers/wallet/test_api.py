from __future__ import annotations

from ninja.testing import TestClient

from wallet.api import api


def test_pay() -> None:
    client = TestClient(api)
    assert client.post("/pay", json={"amount": 1}).status_code == 401
