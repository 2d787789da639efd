from fastapi import FastAPI

from db import api, db

app = FastAPI()


# moves: likely  kind: direct  chain: pay  writes: direct  why: the table is an argument of the layer
@app.post("/payments")
async def pay(wallet: str, amount: int) -> None:
    await db.insert("payments", {"wallet": wallet, "amount": amount})


# moves: likely  kind: direct  chain: spend  writes: direct  why: the columns are an argument of the layer
@app.post("/spend")
async def spend(wallet: str, rest: int) -> None:
    await db.update("wallets", {"balance": rest}, "WHERE id = 1")


# moves: likely  kind: proxy  chain: record  writes: proxy  why: method and path are arguments of the layer
@app.post("/orders/{key}/paid")
async def record(key: int, amount: int) -> dict:
    return await api.request("POST", f"/orders/{key}/payments", {"amount": amount})


# moves: no  why: the same layer, another table
@app.post("/notes")
async def note(text: str) -> None:
    await db.insert("notes", {"text": text})


# moves: no  why: the same layer, a column that holds no money
@app.post("/wallets/color")
async def color(value: str) -> None:
    await db.update("wallets", {"color": value}, "WHERE id = 1")


# moves: no  why: the same path, read
@app.post("/orders/{key}/payments/list")
async def listed(key: int) -> dict:
    return await api.request("GET", f"/orders/{key}/payments")
