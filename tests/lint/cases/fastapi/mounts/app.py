from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.routing import Host, Mount, Route, Router

from wallet import legacy, partner, routes
from wallet.routes import guard

app = FastAPI(dependencies=[Depends(guard)])
app.include_router(routes.outer, dependencies=[Depends(guard)], tags=["wallet"])
app.mount("/partner", partner.create())
app.mount("/legacy", Starlette(routes=[Route("/wallet/pay", legacy.pay, methods=["POST"])]))
app.mount("/class", Router([Route("/wallet", legacy.Wallet), Route("/read", legacy.ReadOnly)]))
app.mount("/raw", legacy.raw_asgi)
app.routes.append(Host("rail.bank.example", Router([Mount("/in", routes=[Route("/", legacy.hook, methods=["POST"])])])))
