from functools import wraps

from blacksheep import Request, Router
from blacksheep.messages import Response

from idem_runtime import money_moving, not_money_moving

router = Router()
get = router.get
post = router.post


def logged(fn):
    @wraps(fn)
    async def wrapper(*args, **kwargs): return await fn(*args, **kwargs)

    return wrapper


@post("/wallet/transfers")
@money_moving
async def transfer(request: Request) -> Response: return Response(200)


@router.post("/wallet/withdraw")
@logged
async def withdraw(): return {}


@router.route("/wallet/list", methods=["POST"])
async def by_list(): return {}


@router.route("/wallet/several", methods=["GET", "POST"])
async def several(): return {}


@router.post("/wallet/sync")
@not_money_moving(reason="search")
def search(): return []


@get("/wallet")
async def index(): return []


@router.route("/wallet/default")
async def default(): return {}


async def added(): return {}


async def added_read(): return {}


async def by_add(): return {}


async def by_add_read(): return {}


async def on_table(): return {}


def install(app):
    app.router.add_post("/wallet/added", added)
    app.router.add_get("/wallet/added", added_read)
    app.router.add("POST", "/wallet/by-add", by_add)
    app.router.add("GET", "/wallet/by-add", by_add_read)
    for path, handler in {"/wallet/on-table": on_table}.items():
        app.router.add_post(path, handler)
