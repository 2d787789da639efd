from fastapi import FastAPI

from wallet import api, clients, events

app = FastAPI()
app.include_router(api.router)
events.bus.emit("wallet.started")
__all__ = ["app", "clients"]
