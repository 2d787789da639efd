from fastapi import FastAPI

from wallet import quotes, transfers

app = FastAPI(title="wallet")
app.include_router(transfers.router, prefix="/wallet")
app.include_router(quotes.reads, prefix="/wallet")


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.post("/webhooks/rail", include_in_schema=False)
async def rail_webhook(payload: dict):
    return {"seen": payload.get("id")}
