from sanic import Blueprint, Sanic

from wallet.handlers import bp, payouts
from wallet.server import Service

app = Sanic("decorators")
group = Blueprint.group(bp, payouts, url_prefix="/api")
app.blueprint(group)
Service(app).setup()


@app.post("/wallet/app-level")
async def app_level(request): return None


@app.middleware("request")
async def trace(request): return None


@app.exception(KeyError)
async def missing(request, error): return None


@app.listener("before_server_start")
async def start(app, loop): return None


@app.signal("wallet.transfer.done")
async def done(**context): return None
