"""Webhooks of three shapes: ``uvicorn webhook_receiver.main:app`` with the folder above on the path.

Before: ``idem-runtime migrate`` and ``psql -f schema.sql``. The environment has ``DATABASE_URL`` and the secrets that the
three modules in ``webhooks/`` ask for.
"""

from __future__ import annotations

from fastapi import FastAPI

from webhook_receiver.accounts import idem
from webhook_receiver.webhooks import adyen, standard, stripe

app = FastAPI(title="webhook receiver")
idem.install(app, require_marks=("webhooks",))
idem.install()  # for the functions that handlers call
for module in (stripe, adyen, standard):
    app.include_router(module.router)
