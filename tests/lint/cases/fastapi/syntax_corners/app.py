from fastapi import FastAPI

from wallet.routes import routers

app = FastAPI()
for router in routers:
    app.include_router(router)
