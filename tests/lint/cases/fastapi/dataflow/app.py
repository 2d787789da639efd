from fastapi import FastAPI

from wallet import builder, closures, resources
from wallet.handlers import approve, capture, cards, history, payout, void

app = FastAPI()
builder.Routes(app).post("/wallet/capture", capture).get("/wallet/history", history).post("/wallet/void", void)
chosen = approve
app.post("/wallet/approve")(chosen)
app.include_router(closures.resource("cards", cards, ["GET"]))
app.include_router(closures.resource("payouts", payout, ["POST"]))
app.include_router(closures.guarded(methods=("PUT", "POST")))
app.include_router(resources.Loans().router)
