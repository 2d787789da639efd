import functools

import falcon

from idem_runtime import money_moving, not_money_moving


def tenant(req, resp, resource, params): params["tenant"] = req.get_header("X-Tenant")


def logged(fn):
    @functools.wraps(fn)
    def wrapper(self, req, resp, **kwargs): return fn(self, req, resp, **kwargs)

    return wrapper


class Wallet:
    def on_get(self, req, resp): resp.media = {}

    @money_moving
    def on_post(self, req, resp): resp.media = {}


class Reads:
    def on_get(self, req, resp): resp.media = []

    def on_put(self, req, resp): resp.media = {}

    def post(self, req, resp): resp.media = {}


class Transfers:
    def __init__(self, store): self.store = store

    def on_get(self, req, resp): resp.media = self.store

    @falcon.before(tenant)
    def on_post(self, req, resp, tenant): resp.media = {}

    @logged
    def on_post_bulk(self, req, resp): resp.media = {}

    @not_money_moving(reason="search")
    def on_post_search(self, req, resp): resp.media = []

    def on_get_search(self, req, resp): resp.media = []

    def on_post_unused(self, req, resp): resp.media = {}


class Base:
    def on_post(self, req, resp): resp.media = self.execute(req)

    def execute(self, req): raise LookupError


class Inherits(Base):
    def execute(self, req): return {}


class Keywords:
    def on_post(self, req, resp, **kwargs): resp.media = {}


@falcon.before(tenant)
class Hooked:
    def on_post(self, req, resp, tenant): resp.media = {}

    def on_delete(self, req, resp, tenant): resp.media = {}
