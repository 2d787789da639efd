from fastapi import FastAPI

from savings.routes import legacy, router

app = FastAPI()
app.include_router(router, prefix="/v2")
app.include_router(legacy, prefix="/v1")
