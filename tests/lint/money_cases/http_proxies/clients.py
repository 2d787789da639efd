import os

import httpx
import requests

PAYMENTS_URL = os.environ.get("PAYMENTS_URL", "http://payments.internal")
NOTIFICATIONS_URL = os.environ.get("NOTIFICATIONS_URL", "http://notifications.internal")


class PaymentsClient:
    def __init__(self, base_url: str = PAYMENTS_URL) -> None:
        self.session = requests.Session()
        self.base_url = base_url

    def _post(self, path: str, body: dict) -> dict:
        answer = self.session.post(self.base_url + path, json=body, timeout=5)  # writes: proxy
        answer.raise_for_status()
        return answer.json()

    def _get(self, path: str) -> dict:
        return self.session.get(self.base_url + path, timeout=5).json()

    def create_transfer(self, body: dict) -> dict:
        return self._post("/transfers", body)

    def transfer(self, key: str) -> dict:
        return self._get(f"/transfers/{key}")


async def tell(text: str) -> None:
    async with httpx.AsyncClient(base_url=NOTIFICATIONS_URL) as client:
        await client.post("/messages", json={"text": text})


async def disburse(loan: str) -> None:
    async with httpx.AsyncClient(base_url=PAYMENTS_URL) as client:
        await client.post(f"/loans/{loan}/disbursements")  # writes: proxy
