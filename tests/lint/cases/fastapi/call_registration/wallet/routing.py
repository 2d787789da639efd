import functools

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import Route

import wallet.handlers as h
from idem_runtime import money_moving
from wallet.objects import Service

extra_routes = [
    Route("/wallet/extra", lambda request: None, methods=["POST"]),
    APIRoute("/wallet/route-object", h.in_route_object, methods=["POST"]),
]


def build() -> APIRouter:
    r = APIRouter()
    s = Service()
    add = r.add_api_route
    r.add_api_route("/wallet/module-attribute", h.by_module_attribute, methods=["POST"])
    r.add_api_route("/wallet/wrapped", money_moving(h.wrapped_at_registration), methods=["POST"])
    r.add_api_route("/wallet/partial", functools.partial(h.by_partial, rail="sepa"), methods=["POST"])
    r.routes.append(APIRoute("/wallet/appended", h.in_appended_route, methods=["POST"]))
    getattr(r, "post")("/wallet/getattr")(h.by_getattr)
    add("/wallet/bound", s.payout, methods=["POST"])
    add("/wallet/bound-read", s.statement, methods=["GET"])
    r.post("/wallet/lambda")(lambda: {"ok": True})
    r.add_api_route("/wallet/string", getattr(h, "by_string_constant"), methods=["POST"])
    return r
