"""The bank's transfers, protected: ``uvicorn protected:app`` with this folder on the path, after ``idem-runtime migrate``.

The bank's handlers stay as they are: they ask for a connection, and get the one whose transaction also holds the key and
the response. Two of them have their mark above the route (IDM003), where no request meets it: ``install`` refuses to serve
them, so they are left out until somebody moves the marks.
"""

from __future__ import annotations

from bank.db import connection
from bank.wallet.transfers import router
from fastapi import APIRouter, FastAPI

from idem_runtime import Idempotency

TENANTS = {"Bearer alice's": "alice", "Bearer bob's": "bob"}  # stands for your authentication

MISPLACED_MARKS = {"/wallet/transfers/scheduled", "/wallet/transfers/now"}

idem = Idempotency(
    principal=lambda request: TENANTS[request.headers["authorization"]]
)  # the DSN is in DATABASE_URL
app = FastAPI(title="protected bank")
idem.install(app)
app.include_router(APIRouter(routes=[route for route in router.routes if route.path not in MISPLACED_MARKS]))
app.dependency_overrides[connection] = idem.sync_connection
