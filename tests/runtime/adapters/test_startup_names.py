"""What a function behind several routes is called: nothing starts until its mark says it."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request
from flask import Blueprint, Flask
from flask.views import MethodView
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route, Router
from werkzeug.routing import Rule

from idem_runtime import ConfigurationError, money_moving, not_money_moving

with warnings.catch_warnings():  # the test client warns of its own HTTP library
    warnings.simplefilter("ignore")
from tests.runtime.adapters.starting import Register, idem, start


@money_moving
async def starlette_pay(request: Request) -> PlainTextResponse:
    await idem.connection()
    return PlainTextResponse("")


@money_moving(operation="pay")
async def named_pay(request: Request) -> PlainTextResponse:
    await idem.connection()
    return PlainTextResponse("")


class Paying(HTTPEndpoint):
    @money_moving
    async def post(self, request: Request) -> None:
        await idem.connection()


class Both(HTTPEndpoint):
    @money_moving
    async def post(self, request: Request) -> None:
        await idem.connection()

    put = post


class Inheriting(Paying): ...


def two_paths(function: Any) -> list[Any]:
    return [Route("/pay", function, methods=["POST"]), Route("/pay/", function, methods=["POST"])]


def two_mounts(function: Any) -> list[Any]:
    app = FastAPI()
    app.add_api_route("/pay", function, methods=["POST"])
    return [Mount("/v1", app), Mount("/v2", app)]


def two_routers(function: Any) -> list[Any]:
    router = APIRouter()
    router.add_api_route("/pay", function, methods=["POST"])
    app = FastAPI()
    app.include_router(router, prefix="/v1")
    app.include_router(router, prefix="/v2")
    return list(app.routes)


def two_decorators(function: Any) -> list[Any]:
    router = APIRouter()
    router.post("/v1/pay")(router.post("/v2/pay")(function))
    return list(router.routes)


def two_hosts(function: Any) -> list[Any]:
    routes = [Route("/pay", function, methods=["POST"])]
    return [Host("a.bank", Router(routes)), Host("b.bank", Router(routes))]


def two_methods(function: Any) -> list[Any]:
    return [Route("/pay", function, methods=["POST", "PUT"])]


def two_routes_of_two_methods(function: Any) -> list[Any]:
    router = APIRouter()
    router.put("/pay")(router.post("/pay")(function))
    return list(router.routes)


def two_decorated(function: Any) -> list[Any]:
    def decorated() -> Any:
        return functools.wraps(function)(functools.partial(function))

    return [Route(path, decorated(), methods=["POST"]) for path in ("/eur", "/usd")]


def two_partials(function: Any) -> list[Any]:
    return [Route(path, functools.partial(function), methods=["POST"]) for path in ("/eur", "/usd")]


SEVERAL = [
    (two_paths, "POST /pay and POST /pay/"),
    (two_mounts, "POST /v1/pay and POST /v2/pay"),
    (two_routers, "POST /v1/pay and POST /v2/pay"),
    (two_decorators, "POST /v2/pay and POST /v1/pay"),
    (two_hosts, "POST //a.bank/pay and POST //b.bank/pay"),
    (two_methods, "POST /pay and PUT /pay"),
    (two_routes_of_two_methods, "POST /pay and PUT /pay"),
    (two_decorated, "POST /eur and POST /usd"),
    (two_partials, "POST /eur and POST /usd"),
]


@pytest.mark.parametrize(("routes", "names"), SEVERAL)
def test_a_function_behind_several_routes_needs_a_name(routes: Any, names: str) -> None:
    app = Starlette(routes=routes(starlette_pay))
    idem.install(app)
    with pytest.raises(ConfigurationError, match=rf"answers {names} \(.*starlette_pay, .*operation='…'"):
        start(app)
    app = Starlette(routes=routes(named_pay))
    idem.install(app)
    start(app)


@pytest.mark.parametrize(
    ("routes", "names"),
    [
        ([Route("/pay", Paying), Route("/pay/", Paying)], "POST /pay and POST /pay/"),
        ([Route("/pay", Paying), Route("/v2", Inheriting)], "POST /pay and POST /v2"),
        ([Route("/pay", Both)], "POST /pay and PUT /pay"),
    ],
)
def test_a_method_of_a_class_behind_several_routes_needs_a_name(routes: list[Any], names: str) -> None:
    app = Starlette(routes=routes)
    idem.install(app)
    with pytest.raises(ConfigurationError, match=rf"answers {names} \("):
        start(app)


async def quote(request: Request) -> None: ...


async def starlette(_: None, request: Request) -> None:
    await idem.connection()


@pytest.mark.parametrize(
    "routes",
    [
        [Route("/pay", starlette_pay, methods=["GET", "HEAD", "OPTIONS"])],
        [Route("/pay/{id}", starlette_pay, methods=["POST"])] * 2,
        [Route(f"/{n}", money_moving(functools.partial(starlette, None)), methods=["POST"]) for n in "ab"],
        [Route("/a", quoted, methods=["POST"]) for quoted in [not_money_moving(reason="reads")(quote)] * 2],
    ],
)
def test_one_name_needs_no_other(routes: list[Any]) -> None:
    app = Starlette(routes=routes)
    idem.install(app)
    start(app)


# Flask


class PayView(MethodView):
    @money_moving
    def post(self) -> str:
        idem.sync_connection()
        return "done"


@money_moving
def flask_pay() -> str:
    idem.sync_connection()
    return "done"


def blueprint_twice(app: Any) -> None:
    wallet = Blueprint("wallet", "wallet")
    wallet.post("/pay")(flask_pay)
    app.register_blueprint(wallet, url_prefix="/v1")
    app.register_blueprint(wallet, url_prefix="/v2", name="again")


def class_twice(app: Any) -> None:
    app.add_url_rule("/v1/pay", view_func=PayView.as_view("one"))
    app.add_url_rule("/v2/pay", view_func=PayView.as_view("two"))


def two_rules(app: Any) -> None:
    app.post("/v1/pay")(flask_pay)
    app.post("/v2/pay")(flask_pay)


def two_rules_of_a_view_that_is_given_late(app: Any) -> None:
    for path in ("/v1/pay", "/v2/pay"):
        app.url_map.add(Rule(path, endpoint="late", methods=["POST"]))
    app.view_functions["late"] = flask_pay


def two_flask_methods(app: Any) -> None:
    app.route("/v1/pay", methods=["GET", "POST"])(flask_pay)


def any_method(app: Any) -> None:
    app.url_map.add(Rule("/v1/pay", endpoint="late"))
    app.view_functions["late"] = flask_pay


def two_flask_hosts(app: Any) -> None:
    app.add_url_rule("/pay", host="v1", view_func=flask_pay, methods=["POST"])
    app.add_url_rule("/pay", host="v2", view_func=flask_pay, methods=["POST"])


@pytest.mark.parametrize(
    ("register", "names"),
    [
        (blueprint_twice, "POST /v1/pay and POST /v2/pay"),
        (class_twice, "POST /v1/pay and POST /v2/pay"),
        (two_rules, "POST /v1/pay and POST /v2/pay"),
        (two_rules_of_a_view_that_is_given_late, "POST /v1/pay and POST /v2/pay"),
        (two_flask_methods, "GET /v1/pay and POST /v1/pay"),
        (any_method, "DELETE /v1/pay and GET /v1/pay and PATCH /v1/pay and POST"),
        (two_flask_hosts, "POST //v1/pay and POST //v2/pay"),
    ],
)
def test_a_view_behind_several_rules_needs_a_name(register: Register, names: str) -> None:
    app = Flask("own", host_matching=register is two_flask_hosts, static_folder=None)
    app.testing = True
    idem.init_app(app)
    with pytest.raises(ConfigurationError, match=f"answers {names}"):
        register(app)
        app.test_client().get("/")
    for _ in range(2):  # whatever was caught there is said again
        with pytest.raises(ConfigurationError, match=f"answers {names}"):
            app.test_client().get("/")
