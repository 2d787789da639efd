"""What an application is refused for before it serves: unmarked POSTs, another inventory, no way to a connection."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from flask import Blueprint, Flask
from flask.views import MethodView
from psycopg_pool import ConnectionPool
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from werkzeug.routing import BaseConverter, Rule

from idem_runtime import ConfigurationError, Idempotency, money_moving, not_money_moving

with warnings.catch_warnings():  # the test client warns of its own HTTP library
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

pool = ConnectionPool("postgresql://nowhere.invalid/", open=False)
INSERT = "INSERT INTO ledger (amount) VALUES (1)"
idem = Idempotency("postgresql://nowhere.invalid/", principal=lambda request: "alice")
Register = Callable[[Any], None]


def own_connection() -> Iterator[Any]:
    with pool.connection() as db:
        yield db


def nothing() -> Any: ...


def lends(db: Annotated[Any, Depends(idem.sync_connection)]) -> Any:
    return db


class Service:
    def __init__(self, lender: Any) -> None:
        self.lender = lender

    @money_moving
    def transfer(self, amount: int) -> None:
        self.lender.sync_connection().execute(INSERT)

    @money_moving
    def outside(self, amount: int) -> None:
        with pool.connection() as db:
            db.execute(INSERT, (amount,))


@money_moving
def lost(amount: int) -> None:
    with pool.connection() as db:
        db.execute(INSERT, (amount,))


@money_moving
def lost_by_a_dependency(amount: int, db: Annotated[Any, Depends(own_connection)]) -> None:
    db.execute(INSERT, (amount,))


@money_moving
async def lost_with_a_request(request: Request) -> PlainTextResponse:
    with pool.connection() as db:
        db.execute(INSERT, (await request.json(),))
    return PlainTextResponse("")


@money_moving
def dependent(amount: int, db: Annotated[Any, Depends(lends)]) -> None:
    db.execute(INSERT, (amount,))


@money_moving
def placeholder(amount: int, db: Annotated[Any, Depends(nothing)]) -> None:
    db.execute(INSERT, (amount,))


@money_moving
async def by_state(request: Request) -> None:
    await request.app.state.idem.connection()


@money_moving(effect="external")
def external(amount: int) -> None: ...


class Lost(HTTPEndpoint):
    @money_moving
    async def post(self, request: Request) -> None:
        self.write(await request.json())

    def write(self, body: Any) -> None:
        pool.getconn().execute(INSERT, (body,))


class Found(HTTPEndpoint):
    @money_moving
    async def put(self, request: Request) -> None:
        self.write()

    def write(self) -> None:
        idem.sync_connection()


class ByScope(HTTPEndpoint):
    lender = None

    @money_moving
    async def post(self, request: Request) -> None:
        self.scope["idem"].sync_connection()

    @money_moving
    async def put(self, request: Request) -> None:
        self.lender.sync_connection()  # type: ignore[attr-defined]

    @money_moving
    async def patch(self, request: Request) -> None:
        Service(self).transfer(1)

    @money_moving
    async def delete(self, request: Request) -> None:
        await super().dispatch()


def start(app: Any) -> None:
    with TestClient(app):
        pass


def fastapi(function: Any, **more: Any) -> Any:
    app, router = FastAPI(), APIRouter(prefix="/api")
    idem.install(app, **more)
    router.add_api_route("/t", function, methods=["POST"])
    app.include_router(router)
    return app


@pytest.mark.parametrize(
    ("function", "place"),
    [
        (lost, "test_startup.lost)"),
        (lost_by_a_dependency, "lost_by_a_dependency"),
        (lost_with_a_request, "lost_with_a_request"),
        (Service(None).outside, "Service.outside"),
    ],
)
def test_a_handler_without_a_way_to_our_connection_does_not_start(function: Any, place: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Depends\(idem\.connection\)") as stopped:
        start(fastapi(function))
    assert str(stopped.value).startswith("POST /api/t (") and place in str(stopped.value)
    with pytest.warns(RuntimeWarning, match="nothing in it leads") as warned:
        start(fastapi(function, without_connection="warn"))
    assert len([each for each in warned if "nothing in it leads" in str(each.message)]) == 1


@pytest.mark.parametrize("function", [dependent, by_state, external, Service(idem).transfer])
def test_a_handler_with_a_way_or_with_one_that_cannot_be_seen_starts(function: Any) -> None:
    start(fastapi(function))


def test_a_dependency_that_another_takes_the_place_of_is_a_way() -> None:
    with pytest.raises(ConfigurationError):
        start(fastapi(placeholder))
    app = fastapi(placeholder)
    app.dependency_overrides[nothing] = idem.sync_connection
    start(app)


def test_class_endpoints_and_starlettes_own_are_seen_too() -> None:
    app = Starlette(routes=[Route("/found", Found), Route("/scope", ByScope)])
    idem.install(app)
    start(app)
    app = Starlette(routes=[Route("/lost", Lost), Route("/t", lost_with_a_request, methods=["POST"])])
    idem.install(app)
    with pytest.raises(
        ConfigurationError, match=r"POST /lost \(.*Lost.post\), POST /t \(.*lost_with_a_request"
    ):
        start(app)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"without_connection": "ignore"}, "say 'refuse' or 'warn'"),
        ({"require_marks": "/wallet"}, "tuple of prefixes"),
    ],
)
@pytest.mark.parametrize("application", [FastAPI, lambda: Flask("own")])
def test_options_that_cannot_be_meant_are_refused(application: Any, options: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        idem.install(application(), **options)


# Flask: every way of registering a view


class Accounts(MethodView):
    def get(self) -> str:
        return "read"

    def post(self) -> str:
        return "open"


class MarkedAccounts(MethodView):
    init_every_request = False

    def get(self) -> str:
        return "read"

    @not_money_moving(reason="opens nothing")
    def post(self) -> str:
        return "open"


def view() -> str:
    return "open"


quoted = not_money_moving(reason="reads")(lambda: "quote")


def by_route(app: Any) -> None:
    app.post("/wallet/t")(view)


def by_rule(app: Any) -> None:
    app.add_url_rule("/wallet/t", view_func=view, methods=["POST"])


def by_class(app: Any) -> None:
    app.add_url_rule("/wallet/t", view_func=Accounts.as_view("accounts"))


def by_blueprint(app: Any) -> None:
    wallet, inner = Blueprint("wallet", "wallet", url_prefix="/wallet"), Blueprint("inner", "inner")
    inner.post("/t")(view)
    wallet.register_blueprint(inner)
    app.register_blueprint(wallet)


def by_endpoint(app: Any) -> None:
    app.add_url_rule("/wallet/t", endpoint="late", methods=["POST"])
    app.endpoint("late")(view)


def by_map(app: Any) -> None:
    app.url_map.add(Rule("/wallet/t", endpoint="late", methods=["POST"]))
    app.view_functions["late"] = view


def to_class(app: Any) -> None:
    app.add_url_rule("/wallet/t", view_func=MarkedAccounts.as_view("accounts"))


def to_other_path(app: Any) -> None:
    app.post("/other")(view)


def to_reading(app: Any) -> None:
    app.get("/wallet/t")(view)


AT_ONCE = [by_route, by_rule, by_class, by_blueprint]
LATE = [by_endpoint, by_map]
ALLOWED = [to_class, to_other_path, to_reading]


@pytest.mark.parametrize("register", [*AT_ONCE, *LATE])
@pytest.mark.parametrize("required", [True, ("/wallet",), lambda path: path.startswith("/wallet")])
def test_an_unmarked_view_is_refused_where_it_is_registered_or_at_a_first_request(
    register: Register, required: Any
) -> None:
    app = Flask("own")
    app.testing = True
    idem.init_app(app, require_marks=required)
    app.post("/wallet/quote")(quoted)
    if register in AT_ONCE:
        with pytest.raises(ConfigurationError, match=r"POST /wallet/t \(endpoint '") as stopped:
            register(app)
    else:
        register(app)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"POST /wallet/t \(endpoint '") as stopped:
            app.test_client().post("/wallet/quote")
    assert "@not_money_moving(reason=" in str(stopped.value)
    assert "quote" not in str(stopped.value)


@pytest.mark.parametrize("register", [*AT_ONCE, by_endpoint, by_map])
def test_what_was_registered_before_is_refused_at_once(register: Register) -> None:
    app = Flask("own")
    register(app)
    with pytest.raises(ConfigurationError, match="POST /wallet/t"):
        idem.init_app(app, require_marks=True)


@pytest.mark.parametrize("register", ALLOWED)
def test_a_marked_view_and_one_elsewhere_are_served(register: Register) -> None:
    app = Flask("own")
    app.testing = True
    idem.init_app(app, require_marks=("/wallet",))
    register(app)
    path = "/other" if register is to_other_path else "/wallet/t"
    method = "GET" if register is to_reading else "POST"
    assert [app.test_client().open(path, method=method).text for _ in range(2)] == ["open", "open"]


def test_a_rule_that_comes_after_the_first_request_is_checked_before_the_next() -> None:
    app = Flask("own")
    app.testing = True
    idem.init_app(app, require_marks=("/wallet",))
    app.post("/other")(view)
    assert app.test_client().post("/other").text == "open"
    by_map(app)
    with pytest.raises(ConfigurationError, match="/wallet/t"):
        app.test_client().post("/other")


def test_a_rule_without_a_view_is_refused_at_a_first_request() -> None:
    app = Flask("own")
    app.testing = True
    idem.init_app(app, require_marks=True)
    app.add_url_rule("/wallet/t", endpoint="never", methods=["POST"])
    with pytest.raises(ConfigurationError, match="endpoint 'never'"):
        app.test_client().get("/")


@pytest.mark.parametrize(
    ("handlers", "says"),
    [
        ([("view", None), ("post", "not_money_moving")], None),
        ([("post", "not_money_moving")], "not in the inventory"),
        (
            [("view", "money_moving"), ("post", "not_money_moving")],
            "runs unmarked, but the inventory says money_moving",
        ),
        ([("view", None), ("post", None)], "runs not_money_moving, but the inventory says unmarked"),
    ],
)
def test_flasks_views_are_compared_with_what_the_linter_read(
    tmp_path: Path, handlers: list[tuple[str, str | None]], says: str | None
) -> None:
    inventory = tmp_path / "inventory.json"
    file = "tests/runtime/adapters/test_startup.py"
    found = [{"file": file, "qualname": f"bank.{name}", "mark": mark} for name, mark in handlers]
    inventory.write_text(json.dumps({"handlers": found}))
    app = Flask("own")
    idem.init_app(app, inventory=inventory)
    if says is None:
        by_route(app)
        to_class(app)
        return
    with pytest.raises(ConfigurationError, match=says):
        by_route(app)
        to_class(app)


class Fetching(BaseConverter):
    def to_python(self, value: str) -> Any: ...


class LostView(MethodView):
    @money_moving
    def post(self, account: str) -> str:
        with pool.connection() as db:
            db.execute(INSERT, (account.strip(),))
        return "done"


class ServiceView(MethodView):
    def __init__(self, service: Any) -> None:
        self.service = service

    @money_moving
    def post(self) -> str:
        self.service.transfer(1)
        return "done"


@money_moving
def lost_account(account: str) -> str:
    with pool.connection() as db:
        db.execute(INSERT, (account.strip(),))
    return "done"


@money_moving
def given(account: Any) -> str:
    account.pay()
    return "done"


@pytest.mark.parametrize(
    "register",
    [
        lambda app: app.post("/t/<account>")(lost_account),
        lambda app: app.add_url_rule("/t/<account>", view_func=LostView.as_view("accounts")),
    ],
)
def test_a_view_without_a_way_to_our_connection_is_refused_where_it_is_registered(register: Register) -> None:
    app = Flask("own")
    idem.init_app(app)
    with pytest.raises(ConfigurationError, match=r"idem\.lent") as stopped:
        register(app)
    assert str(stopped.value).startswith("POST /t/<account> (endpoint '")
    app = Flask("own")
    idem.init_app(app, without_connection="warn")
    with pytest.warns(RuntimeWarning, match="nothing in it leads"):
        register(app)
    app.test_client().get("/")  # said once


@pytest.mark.parametrize(
    "register",
    [
        lambda app: app.post("/t/<fetching:account>")(given),
        lambda app: app.post("/t", defaults={"account": Service(idem)})(given),
        lambda app: app.add_url_rule("/t", view_func=ServiceView.as_view("service", Service(idem))),
    ],
)
def test_what_a_view_is_given_by_the_program_may_be_a_way(register: Register) -> None:
    app = Flask("own")
    app.url_map.converters["fetching"] = Fetching
    idem.init_app(app)
    register(app)
