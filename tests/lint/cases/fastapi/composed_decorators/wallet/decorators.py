import functools
import inspect

from fastapi import APIRouter

from idem_runtime import money_moving, not_money_moving

router = APIRouter(prefix="/wallet")


def endpoint(path: str, **options):
    """Applies a route and nothing else."""

    def decorate(fn):
        return router.post(path, status_code=201, **options)(fn)

    return decorate


def money_endpoint(path: str):
    """Applies a route and the mark, in the right order."""

    def decorate(fn):
        return router.post(path)(money_moving(fn))

    return decorate


def lookup_endpoint(path: str):
    def decorate(fn):
        router.add_api_route(path, not_money_moving(reason="reads only")(fn), methods=["POST"])
        return fn

    return decorate


def read_endpoint(path: str):
    def decorate(fn):
        return router.get(path)(fn)

    return decorate


def moves_money(fn):
    """Applies the mark and nothing else."""
    return money_moving(effect="external")(fn)


def logged(fn):
    @functools.wraps(fn)
    async def wrapper(*args, **kwargs):
        return await fn(*args, **kwargs)

    return wrapper


def bare_wrapper(fn):
    """Forgets functools.wraps: FastAPI no longer sees the handler's parameters."""

    async def wrapper():
        result = fn()
        return await result if inspect.isawaitable(result) else result

    return wrapper


class Guard:
    """A decorator that is an object."""

    def __init__(self, permission: str) -> None:
        self.permission = permission

    def __call__(self, fn):
        @functools.wraps(fn)
        async def wrapper(*args, **kwargs):
            return await fn(*args, **kwargs)

        return wrapper
