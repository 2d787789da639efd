from aiohttp import web

from wallet import routes as wallet_routes
from wallet.nested import build

app = web.Application()
app.add_routes(wallet_routes.routes)
app.router.add_routes(wallet_routes.r)
app.add_subapp("/sub/", build())
