"""The bank's transfers, protected: ``uvicorn protected:app`` with this folder on the path, after ``idem-runtime migrate``.

The bank's handlers stay as they are: they ask for a connection, and get the one whose transaction also holds the key and
the response.
"""

from __future__ import annotations

from bank.db import connection
from bank.wallet.transfers import router
from fastapi import FastAPI

from idem_runtime import Idempotency

TENANTS = {"Bearer alice's": "alice", "Bearer bob's": "bob"}  # stands for your authentication

idem = Idempotency(
    principal=lambda request: TENANTS[request.headers["authorization"]]
)  # the DSN is in DATABASE_URL
app = FastAPI(title="protected bank")
idem.install(app)
app.include_router(router)
app.dependency_overrides[connection] = idem.sync_connection
