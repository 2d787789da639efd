"""Which handlers an application does not start with, because they do not show where they get their transaction."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Annotated, Any

import flask
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from flask import Flask
from flask.views import MethodView
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from idem_runtime import ConfigurationError, money_moving
from tests.runtime import another_module

with warnings.catch_warnings():  # the test client warns of its own HTTP library
    warnings.simplefilter("ignore")
from tests.runtime.adapters.starting import INSERT, Register, fastapi, idem, pool, start

engine = create_engine("postgresql+psycopg://nowhere.invalid/")
SessionLocal = sessionmaker(engine)


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


@pytest.mark.parametrize(
    ("function", "place", "instead"),
    [
        (lost, "test_startup_connections.lost, ", "it uses pool (psycopg_pool.pool.ConnectionPool)"),
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


# Flask


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
