from starlette.applications import Starlette
from starlette.routing import Mount

from wallet.routes import ROUTES

app = Starlette(routes=[Mount("/wallet", routes=ROUTES)])
