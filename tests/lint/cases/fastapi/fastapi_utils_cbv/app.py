from fastapi import FastAPI

from wallet.views import payouts, router

app = FastAPI()
app.include_router(router)
app.include_router(payouts)
