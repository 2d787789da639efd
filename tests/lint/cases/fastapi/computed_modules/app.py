import importlib
import pkgutil

from fastapi import FastAPI

import wallet.routes

app = FastAPI()

for info in pkgutil.iter_modules(wallet.routes.__path__):
    module = importlib.import_module(f"wallet.routes.{info.name}")
    app.include_router(module.router, prefix=f"/wallet/{info.name}")

for domain in ("payroll",):
    importlib.import_module(f"{domain}.v1.endpoints").setup(app)
