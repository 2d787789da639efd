import httpx
from litestar import Litestar, post

from clients import PAYMENTS_URL, PaymentsClient, disburse, tell

client = PaymentsClient()


# moves: likely  kind: proxy  chain: transfer -> PaymentsClient.create_transfer -> PaymentsClient._post
@post("/transfers")
async def transfer(data: dict) -> dict:
    return client.create_transfer(data)


# moves: no  why: it reads through the same client
@post("/transfers/status")
async def transfer_status(data: dict) -> dict:
    return client.transfer(data["id"])


# moves: likely  kind: proxy  chain: pay_loan -> disburse
@post("/loans/{loan:str}/pay")
async def pay_loan(loan: str) -> None:
    await disburse(loan)


# moves: likely  kind: proxy  chain: relay
@post("/relay")
async def relay(data: dict) -> dict:
    answer = httpx.request("POST", f"{PAYMENTS_URL}/payments", json=data)  # writes: proxy
    return answer.json()


# moves: no  why: a message to people
@post("/messages")
async def message(data: dict) -> None:
    await tell(data["text"])


# moves: no  why: the other service gives a quote
@post("/quotes")
async def quote(data: dict) -> dict:
    return httpx.post(f"{PAYMENTS_URL}/quotes", json=data).json()


# moves: no  why: it asks for a token
@post("/token")
async def token() -> dict:
    return httpx.post(f"{PAYMENTS_URL}/oauth/token", data={"grant_type": "client_credentials"}).json()


app = Litestar([transfer, transfer_status, pay_loan, relay, message, quote, token])
