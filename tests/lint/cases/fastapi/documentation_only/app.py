from fastapi import FastAPI

from wallet.routes import router

app = FastAPI()
app.include_router(router)


@app.webhooks.post("transfer-settled")
def transfer_settled(body: dict):
    """Describes what the bank sends; nobody can call it here."""


@app.webhooks.post("transfer-returned")
async def transfer_returned(body: dict): ...
