from sanic import Blueprint

from idem_runtime import money_moving


@money_moving
async def transfer(request): return None


async def index(request): return None


async def keywords(request): return None


async def by_partial(request, rail): return None


async def called(request): return None


async def deposit(request): return None


async def history(request): return None


async def on_blueprint(request): return None


async def wrapped(request): return None


TABLE = [("/wallet/deposit", deposit, ["POST"]), ("/wallet/history", history, ["GET"])]


class Desk:
    async def pay(self, request): return None

    async def post(self, letter): return letter


def register(target, path, fn, verb="POST"):
    target.add_route(fn, path, methods=[verb])


def setup(app):
    bp = Blueprint("late", url_prefix="/late")
    register(bp, "/wallet/blueprint", on_blueprint)
    bp.add_route(money_moving(wrapped), "/wallet/wrapped", methods=["POST"])
    app.blueprint(bp)
