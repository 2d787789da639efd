import os

from fastapi import FastAPI

import wallet.api as wallet_api
from wallet import controller, domains, flows, parameters
from wallet.server import Server

server = Server(name="wallet")
app: FastAPI = server.app
parameters.install(app)
parameters.install_reports(app, base="/wallet/reports")
app.include_router(wallet_api.v1)
app.include_router(wallet_api.v2.ledger_routes)
for part in domains.ROUTERS.values():
    app.include_router(part)
app.include_router(flows.get_router())
app.include_router(flows.left)
app.include_router(flows.right)
app.include_router(flows.chosen)
app.include_router(flows.Holder.routes)
app.include_router(controller.Payouts(limit=int(os.environ.get("LIMIT", "5"))).api)
