from functools import partial

from fastapi import APIRouter

from idem_runtime import money_moving as moves_money

api = APIRouter(prefix="/b")
post = api.post
get = api.get
route = api.api_route
create = partial(api.api_route, methods=["POST"])
created = partial(api.post, status_code=201)
verb = getattr(api, "post")


@post("/wallet/bare")
def bare(): return {}


@get("/wallet/bare")
def bare_get(): return {}


@route("/wallet/bare-route", methods=("PUT", "POST"))
@moves_money
def bare_route(): return {}


@create("/wallet/partial")
def by_partial(): return {}


@created("/wallet/partial-post")
def by_partial_post(): return {}


@verb("/wallet/getattr")
def by_getattr(): return {}


at_fixed_path = api.post("/wallet/decorator-in-a-variable")


@at_fixed_path
def through_variable(): return {}
