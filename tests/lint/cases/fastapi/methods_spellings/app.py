from fastapi import FastAPI

from wallet.routes import router

app = FastAPI()
app.include_router(router)
