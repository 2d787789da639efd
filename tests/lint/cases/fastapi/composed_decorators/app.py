from fastapi import FastAPI

from payroll import runs
from wallet import routes

app = FastAPI()
app.include_router(routes.router)
app.include_router(runs.router)
