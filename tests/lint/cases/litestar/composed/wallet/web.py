import functools
from typing import Any

import litestar
from litestar.handlers import HTTPRouteHandler

from idem_runtime import money_moving

endpoint = litestar.post
accepted = functools.partial(litestar.post, status_code=202)


def money_post(path: str, **options: Any):
    def decorate(fn):
        return litestar.post(path, **options)(money_moving(fn))

    return decorate


def command(path: str):
    return litestar.post(path, status_code=202)


def query(path: str):
    return litestar.get(path)


class BankPost(HTTPRouteHandler):
    def __init__(self, path: str, **options: Any) -> None:
        options.setdefault("http_method", "POST")
        super().__init__(path, **options)
