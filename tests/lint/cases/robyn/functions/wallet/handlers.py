import functools

from idem_runtime import money_moving, not_money_moving


def logged(fn):
    @functools.wraps(fn)
    def wrapper(*args, **kwargs): return fn(*args, **kwargs)

    return wrapper


def added(request): return {}


def added_read(request): return {}


def by_enum(request): return {}


@money_moving
def by_keywords(request): return {}


def deposit(request): return {}


def withdraw(request): return {}


TABLE = [("/wallet/deposit", deposit), ("/wallet/withdraw", withdraw)]


def install(server):
    @server.post("/wallet/installed")
    @logged
    def installed(request): return {}

    @server.post("/wallet/search")
    @not_money_moving(reason="search")
    def search(request): return []

    @server.put("/wallet/limit")
    def limit(request): return {}

    verb = server.post

    @verb("/wallet/bare")
    async def bare(request): return {}
