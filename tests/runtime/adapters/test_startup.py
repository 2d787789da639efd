"""What an application is refused for before it serves: unmarked POSTs, another inventory, no way to a connection."""

from __future__ import annotations

import functools
import json
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import flask
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from flask import Blueprint, Flask
from flask.views import MethodView
from psycopg_pool import ConnectionPool
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute
from werkzeug.routing import Rule

from idem_runtime import ConfigurationError, Idempotency, money_moving, not_money_moving
from tests.runtime import another_module

with warnings.catch_warnings():  # the test client warns of its own HTTP library
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

pool = ConnectionPool("postgresql://nowhere.invalid/", open=False)
engine = create_engine("postgresql+psycopg://nowhere.invalid/")
SessionLocal = sessionmaker(engine)
INSERT = "INSERT INTO ledger (amount) VALUES (1)"
idem = Idempotency("postgresql://nowhere.invalid/", principal=lambda request: "alice")
Register = Callable[[Any], None]


def own_connection() -> Iterator[Any]:
    with pool.connection() as db:
        yield db


def get_db() -> Iterator[Session]:
    """As FastAPI's tutorial has it."""
    session = SessionLocal()
    try:
        yield session
    finally:
        session.close()


def get_session() -> Iterator[Session]:
    """As SQLModel's tutorial has it."""
    with Session(engine) as session:
        yield session


def nothing() -> Any: ...


def lends(db: Annotated[Any, Depends(idem.sync_connection)]) -> Any:
    return db


class SQLAlchemy:
    """As Flask's extensions for it look."""

    def __init__(self) -> None:
        self.session = scoped_session(SessionLocal)


flask_db = SQLAlchemy()


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
def naive_sqlalchemy(amount: int, db: Annotated[Session, Depends(get_db)]) -> None:
    db.execute(text(INSERT))
    db.commit()


@money_moving
def naive_sqlmodel(amount: int, session: Annotated[Session, Depends(get_session)]) -> None:
    session.execute(text(INSERT))
    session.commit()


@money_moving
def naive_flask() -> str:
    flask_db.session.execute(text(INSERT))
    flask_db.session.commit()
    return "done"


@money_moving
def naive_service(amount: int) -> None:
    another_module.pay()


@money_moving(connection="inside")
def vouched_for(amount: int) -> None:
    another_module.pay()


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
    ("function", "place", "instead"),
    [
        (lost, "test_startup.lost, ", "it uses pool (psycopg_pool.pool.ConnectionPool)"),
        (lost_by_a_dependency, ".lost_by_a_dependency, ", ".own_connection, "),
        (lost_with_a_request, ".lost_with_a_request, ", "it uses pool"),
        (Service(None).outside, ".Service.outside, ", "it uses pool"),
        (by_state, ".by_state, ", "nothing in it"),
        (naive_sqlalchemy, ".naive_sqlalchemy, ", "uses SessionLocal (sqlalchemy.orm.session.sessionmaker)"),
        (naive_sqlmodel, ".naive_sqlmodel, ", "uses Session (sqlalchemy.orm.session.Session), engine"),
        (naive_service, ".naive_service, ", "nothing in it"),
    ],
)
def test_a_handler_that_does_not_show_its_transaction_does_not_start(
    function: Any, place: str, instead: str
) -> None:
    with pytest.raises(ConfigurationError, match="does not show where it gets its transaction") as stopped:
        start(fastapi(function))
    said = str(stopped.value)
    assert "\n  POST /api/t (" in said and place in said and f"{__file__}:" in said and instead in said
    colour = "connection" if function in (lost_with_a_request, by_state) else "sync_connection"
    awaited = "await " if colour == "connection" else ""
    for line in (f"Depends(idem.{colour})]", f"db = {awaited}idem.{colour}()", "connection='inside'"):
        assert line in said
    with pytest.warns(RuntimeWarning, match="does not show") as warned:
        start(fastapi(function, without_connection="warn"))
    assert len([record for record in warned if "does not show" in str(record.message)]) == 1


@pytest.mark.parametrize("function", [dependent, external, Service(idem).transfer, vouched_for])
def test_a_handler_that_shows_it_or_is_vouched_for_starts(function: Any) -> None:
    start(fastapi(function))


@pytest.mark.parametrize("where", ["application", "router", "route"])
def test_a_dependency_of_a_router_or_of_the_application_is_one_of_the_handlers_tree(where: str) -> None:
    given = [Depends(idem.sync_connection)]
    app, router = FastAPI(dependencies=given if where == "application" else []), APIRouter()
    idem.install(app)
    router.add_api_route("/t", by_state, methods=["POST"], dependencies=given if where == "route" else [])
    app.include_router(router, dependencies=given if where == "router" else [])
    start(app)


def nested(db: Annotated[Any, Depends(nothing)]) -> Any:
    return db


@money_moving
def on_nested(amount: int, db: Annotated[Any, Depends(nested)]) -> None: ...


@pytest.mark.parametrize(
    ("function", "overrides", "starts"),
    [
        (placeholder, {}, False),
        (placeholder, {nothing: idem.sync_connection}, True),
        (placeholder, {nothing: another_module.depending}, True),
        (placeholder, {nothing: lends}, True),  # its own dependency lends
        (on_nested, {nothing: idem.sync_connection}, True),
        (placeholder, {nothing: nested}, False),  # which depends on what it takes the place of
        (placeholder, {nothing: get_db}, False),
        (dependent, {lends: get_db}, False),  # what runs counts, not what is written
        (dependent, {idem.sync_connection: get_db}, False),
    ],
)
def test_dependencies_count_as_they_are_overridden(function: Any, overrides: Any, starts: bool) -> None:
    app = fastapi(function)
    app.dependency_overrides.update(overrides)
    if starts:
        start(app)
        return
    with pytest.raises(ConfigurationError, match="does not show"):
        start(app)


def test_class_endpoints_and_starlettes_own_are_seen_too() -> None:
    app = Starlette(routes=[Route("/found", Found)])
    idem.install(app)
    start(app)
    app = Starlette(routes=[Route("/lost", Lost), Route("/t", lost_with_a_request, methods=["POST"])])
    idem.install(app)
    with pytest.raises(
        ConfigurationError, match=r"(?s)POST /lost \(.*Lost.post, .*POST /t \(.*lost_with_a_request"
    ) as stopped:
        start(app)
    assert "Depends" not in str(stopped.value)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"without_connection": "ignore"}, "say 'refuse' or 'warn'"),
        ({"require_marks": "/wallet"}, "a tuple of words and globs"),
        ({"require_marks": ("wallet", 1)}, "a tuple of words and globs"),
        ({"require_marks": ("/",)}, "a tuple of words and globs"),
        ({"require_marks": 1}, "a tuple of words and globs"),
        ({"require_mark": True}, r"no option require_mark=: did you mean require_marks=\?"),
        ({"strict": True}, "no option strict=: known are require_marks, inventory, without_connection"),
    ],
)
@pytest.mark.parametrize("application", [FastAPI, lambda: Flask("own")])
def test_options_that_cannot_be_meant_are_refused(application: Any, options: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        idem.install(application(), **options)


# Who asks


@money_moving(scope=lambda amount: "everybody")
def with_a_scope(amount: int, db: Annotated[Any, Depends(idem.sync_connection)]) -> None: ...


@money_moving(effect="external", scope=lambda **_: "everybody")
def external_with_a_scope() -> None: ...


@pytest.mark.parametrize(
    ("functions", "refused"),
    [
        ([dependent], "POST /0 \\(.*dependent"),
        ([with_a_scope, external], "POST /1 \\(.*external"),
        ([with_a_scope, external_with_a_scope], None),
        ([nothing], None),
    ],
)
def test_where_nobody_says_who_asks_the_routes_are_named_at_start_up(
    functions: list[Any], refused: str | None
) -> None:
    nobodys = Idempotency("postgresql://nowhere.invalid/")
    app, other = FastAPI(), Flask("own")
    for number, function in enumerate(functions):
        app.post(f"/{number}")(function)
        if function is not dependent and function is not with_a_scope:  # which have a dependency
            other.post(f"/{number}")(function)
    nobodys.install(app)
    if refused is None:
        start(app)
        nobodys.init_app(other)
        return
    with pytest.raises(ConfigurationError, match=rf"(?s)nobody .*{refused}.*principal=.*scope=") as stopped:
        start(app)
    assert "with_a_scope" not in str(stopped.value)
    if external in functions:
        with pytest.raises(ConfigurationError, match=refused):
            nobodys.init_app(other)


# One function, several routes


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


async def starlette(_: None, request: Request) -> None:
    await idem.connection()


@pytest.mark.parametrize(
    "routes",
    [
        [Route("/pay", starlette_pay, methods=["GET", "HEAD", "OPTIONS"])],
        [Route("/pay/{id}", starlette_pay, methods=["POST"])] * 2,
        [Route(f"/{n}", money_moving(functools.partial(starlette, None)), methods=["POST"]) for n in "ab"],
        [Route("/a", quoted, methods=["POST"]) for quoted in [not_money_moving(reason="reads")(nothing)] * 2],
    ],
)
def test_one_name_needs_no_other(routes: list[Any]) -> None:
    app = Starlette(routes=routes)
    idem.install(app)
    start(app)


def test_a_websocket_is_no_route_that_needs_a_mark() -> None:
    async def talk(socket: Any) -> None: ...

    app = FastAPI(routes=[WebSocketRoute("/wallet/starlette", talk)])
    app.websocket("/wallet/fastapi")(talk)
    idem.install(app, require_marks=True)
    start(app)


# Words and globs of routes


@pytest.mark.parametrize(
    "required", [("/wallet",), ["wallet"], {"/api/*/wallet"}, frozenset({"**/transfers"})]
)
def test_a_required_mark_is_missed_below_prefixes_of_the_route(required: Any) -> None:
    app, router = FastAPI(), APIRouter(prefix="/wallet")
    idem.install(app, require_marks=required)
    router.post("/transfers")(lambda: 1)
    app.include_router(router, prefix="/api/v1")
    with pytest.raises(ConfigurationError, match=r"not marked .*POST /api/v1/wallet/transfers"):
        start(app)


@pytest.mark.parametrize(
    "required", [("wallet", "walet"), ("wallet", "/v1/wallet"), ("wallet", "payroll/**")]
)
def test_what_matches_no_route_is_refused(required: tuple[str, ...]) -> None:
    app, other = FastAPI(), Flask("own")
    for application in (app, other):
        idem.install(application, require_marks=required)
    app.get("/api/v1/wallet")(nothing)
    other.get("/api/v1/wallet")(nothing)
    says = rf"require_marks: '{re.escape(required[1])}' matches no route \(routes: .*/api/v1/wallet"
    with pytest.raises(ConfigurationError, match=says):
        start(app)
    other.testing = True
    with pytest.raises(ConfigurationError, match=says):
        other.test_client().get("/api/v1/wallet")


def test_an_application_without_routes_says_so() -> None:
    app = Starlette()
    idem.install(app, require_marks=("wallet",))
    with pytest.raises(ConfigurationError, match=r"\(routes: none\)"):
        start(app)


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
    idem.init_app(app, require_marks=None if register is to_other_path else ("/wallet",))
    register(app)
    path = "/other" if register is to_other_path else "/wallet/t"
    method = "GET" if register is to_reading else "POST"
    assert [app.test_client().open(path, method=method).text for _ in range(2)] == ["open", "open"]


def test_a_rule_that_comes_after_the_first_request_is_checked_before_the_next() -> None:
    app = Flask("own")
    app.testing = True
    idem.init_app(app, require_marks=("/wallet",))
    app.post("/other")(view)
    app.post("/wallet/quote")(quoted)
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


class LostView(MethodView):
    @money_moving
    def post(self, account: str) -> str:
        with pool.connection() as db:
            db.execute(INSERT, (account.strip(),))
        return "done"


class GivenView(MethodView):
    def __init__(self, service: Any) -> None:
        self.service = service

    @money_moving
    def post(self) -> str:
        self.service.transfer(1)
        return "done"


class FoundView(another_module.Base, MethodView):
    @money_moving
    def post(self) -> str:
        self.db().execute(INSERT)
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
    ("register", "instead"),
    [
        (lambda app: app.post("/t/<account>")(lost_account), "it uses pool"),
        (
            lambda app: app.add_url_rule("/t/<account>", view_func=LostView.as_view("accounts")),
            "it uses pool",
        ),
        (lambda app: app.post("/t/<account>")(naive_flask), "it uses SessionLocal (sqlalchemy"),
        (lambda app: app.post("/t/<account>", defaults={"account": Service(idem)})(given), "nothing in it"),
        (
            lambda app: app.add_url_rule("/t/<account>", view_func=GivenView.as_view("given", Service(idem))),
            "nothing",
        ),
    ],
)
def test_a_view_that_does_not_show_its_transaction_is_refused_where_it_is_registered(
    register: Register, instead: str
) -> None:
    app = Flask("own")
    idem.init_app(app)
    with pytest.raises(ConfigurationError, match="does not show") as stopped:
        register(app)
    said = str(stopped.value)
    assert "\n  POST /t/<account> (endpoint '" in said and instead in said
    assert "db: psycopg.Connection = idem.lent" in said and "db = idem.sync_connection()" in said
    app = Flask("own")
    idem.init_app(app, without_connection="warn")
    with pytest.warns(RuntimeWarning, match="does not show"):
        register(app)
    app.test_client().get("/")  # said once


@money_moving
def by_g() -> str:
    flask.g.idem_connection.execute(INSERT)
    return "done"


@pytest.mark.parametrize(
    "register",
    [
        lambda app: app.post("/t")(by_g),
        lambda app: app.add_url_rule("/t", view_func=FoundView.as_view("found")),
        lambda app: app.post("/t")(vouched_for),
    ],
)
def test_a_view_that_shows_it_is_registered(register: Register) -> None:
    app = Flask("own")
    idem.init_app(app)
    register(app)
    app.test_client().get("/")


def test_flasks_name_for_the_connection_is_nothing_to_another_framework() -> None:
    with pytest.raises(ConfigurationError, match="does not show"):
        start(fastapi(by_g))


@pytest.mark.parametrize("comes", [True, False])
def test_a_view_whose_module_is_not_loaded_to_its_end_is_asked_at_the_first_request(comes: bool) -> None:
    app = Flask("own")
    app.testing = True
    idem.init_app(app)
    program: dict[str, Any] = {"__name__": "program", "app": app, "money_moving": money_moving, "idem": idem}
    exec('@app.post("/t")\n@money_moving\ndef pay(): return helper()', program)
    if comes:
        exec("def helper(): return idem.sync_connection()", program)
        assert app.test_client().get("/").status_code == 404
        return
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="does not show"):
            app.test_client().get("/")


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


def test_a_rule_for_all_methods_needs_a_mark() -> None:
    app = Flask("own")
    app.testing = True
    idem.init_app(app, require_marks=True)
    app.url_map.add(Rule("/t", endpoint="late"))
    app.view_functions["late"] = view
    with pytest.raises(ConfigurationError, match="not marked"):
        app.test_client().get("/")
