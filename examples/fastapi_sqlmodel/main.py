from fastapi import FastAPI

from fastapi_sqlmodel.db import idem
from fastapi_sqlmodel.wallet.routes import router

app = FastAPI()
app.include_router(router)
idem.install(app, require_marks=("wallet",))
