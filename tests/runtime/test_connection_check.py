# ruff: noqa: B008, B018, E701, E702, PLC3002, PLW0108 - a table of handlers, one line each where it can be
"""Which handlers show where they get their transaction: shapes, each with its answer."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any
from unittest.mock import MagicMock

import flask
import psycopg
import pytest
from fastapi import Depends
from psycopg_pool import ConnectionPool
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker

import tests.runtime.another_module as another
import tests.runtime.another_module as there
from idem_runtime import ConfigurationError, Idempotency, money_moving
from idem_runtime.startup import connection_check
from tests.runtime.another_module import Base, external, injecting, lend, marked, own_db, pay, service
from tests.runtime.another_module import idem as imported

idem = Idempotency("postgresql://nowhere.invalid/", principal=lambda request: "alice")
pool = ConnectionPool("postgresql://nowhere.invalid/", open=False)
engine = create_engine("postgresql+psycopg://nowhere.invalid/")
SessionLocal = sessionmaker(engine)
registry = scoped_session(SessionLocal)
INSERT = "INSERT INTO ledger (amount) VALUES (1)"
mock = MagicMock()


def helper() -> Any:
    return idem.sync_connection()


def helper_of_helper() -> Any:
    return helper()


def own_helper() -> Any:
    return pool.connection()


@contextlib.contextmanager
def lent_session() -> Iterator[Any]:
    yield idem.sync_connection()


@functools.cache
def made() -> Any:
    return Idempotency("postgresql://nowhere.invalid/")


def get_db() -> Iterator[Any]:
    with SessionLocal() as session:
        yield session


@contextlib.contextmanager
def own_session() -> Iterator[Any]:
    with Session(engine) as session:
        yield session


class Local:
    lender = idem

    def pay(self) -> None: ...


class Paying:
    """Its objects hold nothing: its methods name what lends."""

    def pay(self) -> None:
        idem.sync_connection()

    @property
    def db(self) -> Any:
        return idem.sync_connection()


class Inheriting(Paying): ...


class Own:
    def pay(self) -> None:
        pool.connection()


@dataclass(slots=True)
class Slotted:
    lender: Any
    other: Any = None


class Holder:
    def __init__(self, lender: Any) -> None:
        self.lender = lender

    def transfer(self, body: Any) -> None:
        self.lender.sync_connection()

    def __call__(self, body: Any) -> None:
        self.lender.sync_connection()


class View(Base):
    lender = idem

    def by_inherited(self) -> None:
        self.db()

    def by_attribute(self) -> None:
        self.lender.connection()

    def by_another(self) -> None:
        self.write()

    def write(self) -> None:
        idem.sync_connection()

    def itself(self) -> None:
        self.itself()

    def nothing(self) -> None: ...
    @classmethod
    def of_class(cls) -> None:
        cls.made()

    @staticmethod
    def made() -> None:
        idem.sync_connection()

    @functools.cached_property
    def cached(self) -> Any:
        return idem

    def by_cached(self) -> None:
        self.cached.connection()


paying, inheriting, own, slotted, empty = Paying(), Inheriting(), Own(), Slotted(idem), Slotted(None)
two_levels = Holder(Holder(idem))
held_method = Holder(idem.sync_connection)

# fmt: off
# the handlers: named for what they do


def shown_global(body): idem.sync_connection().execute(INSERT)
async def shown_async(body): await (await idem.connection()).execute(INSERT)
def shown_lent(body, db=idem.lent): db.execute(INSERT)
def shown_lent_session(body, *, db=idem.lent_session): db.execute(INSERT)
def shown_depends_default(body, db=Depends(idem.sync_connection)): db.execute(INSERT)
def shown_annotated(body, db: Annotated[Any, Depends(idem.sync_connection)]): db.execute(INSERT)
def shown_default_lender(body, connect=idem.sync_session): connect()
def shown_helper(body): helper()
def shown_helper_of_helper(body): helper_of_helper()
def shown_context_manager(body):
    with lent_session() as db: db.execute(INSERT)
def shown_made(body): made().sync_connection()
def shown_imported(body): imported.sync_connection()
def shown_bound(body): lend().execute(INSERT)
def shown_of_a_module(body): another.idem.sync_connection()
def shown_of_a_package(body): passed_to(there.idem)
def shown_imported_within(body):
    from tests.runtime.another_module import idem
    idem.sync_connection()
def shown_imported_relatively(body):
    from .another_module import lend
    lend()
def shown_module_imported_relatively(body):
    from . import another_module
    another_module.idem.connection()
def shown_module_imported_whole(body):
    import tests.runtime.another_module
    tests.runtime.another_module.idem.connection()
def shown_service_of_another_module(body): service.pay()
def shown_class_attribute(body): Local.lender.connection()
def shown_object_of_this_module(body): paying.pay()
def shown_inherited_of_this_module(body): inheriting.pay()
def shown_property(body): paying.db
def shown_class_of_this_module(body): Paying().pay()
def shown_slot(body): slotted.lender.connection()
def shown_method_held(body): held_method.lender()
def shown_marked(body): marked("1")
def shown_written_within(body):
    def inner(): return idem.sync_connection()
    inner()
def shown_comprehension(body): return [idem.sync_connection() for _ in "1"]
def shown_lambda(body): return (lambda: idem.sync_connection())()
def shown_passed_on(body): pay(idem)
def shown_itself_and_more(body): shown_itself_and_more(idem)
def passed_to(lender): ...
def closing_over(lender):
    def handler(body): lender.sync_connection()
    return handler
def closing_over_a_function(function):
    def handler(body): function()
    return handler
shown_closure = closing_over(idem)
shown_closure_of_a_function = closing_over_a_function(pay)  # what a closure holds is own code, wherever it is written
shown_partial = functools.partial(shown_global, 1)
shown_partial_of_a_lender = functools.partial(passed_to, idem)
shown_partial_lender = closing_over(functools.partial(idem.sync_connection))
shown_method = Holder(idem).transfer
shown_method_by_its_class = paying.pay
shown_callable = Holder(idem)
shown_class_method = View.of_class
@injecting
def shown_injected(body, db): db.execute(INSERT)
@functools.cache
def shown_cached(): idem.sync_connection()


def refused_nothing(body): ...
def refused_pool(body):
    with pool.connection() as db: db.execute(INSERT)
async def refused_connect(body):
    async with await psycopg.AsyncConnection.connect("") as db: await db.execute(INSERT)
def refused_session(body):
    with Session(engine) as session: session.execute(text(INSERT))
def refused_scoped_session(body): registry.execute(text(INSERT)); registry.commit()
def refused_helper(body): own_helper()
def refused_context_manager(body):
    with own_session() as db: db.execute(INSERT)
def refused_service_of_another_module(body): pay()
def refused_module_of_another(body): there.pay()
def refused_object(body): own.pay()
def refused_empty(body): empty.lender.connection()
def refused_two_levels(body): two_levels.transfer(body)
def refused_parameter(body, db): db.execute(INSERT)
def refused_state(request): request.app.state.idem.connection()
def refused_g(body): flask.g.db.execute(INSERT); flask.request.get_json()
def refused_extension(body): flask.current_app.extensions["idem"].connection()
def refused_not_a_lender(body): admitted()
def refused_mock(body): mock.sync_connection()
def refused_annotated(body, db: Annotated[Any, Depends(own_db)]): db.execute(INSERT)
def refused_unresolvable(body: NotThere): ...  # noqa: F821
def refused_undefined(body): not_there_yet.connection()  # noqa: F821
def refused_undefined_import(body):
    from not_there_yet import idem
    idem.connection()
@money_moving
def refused_itself(body): refused_itself(body)
def refused_empty_cell():
    def handler(body): return late.connection()
    if len("") > 0: late = idem
    return handler
refused_empty_cell = refused_empty_cell()
refused_method = own.pay
refused_partial = functools.partial(refused_pool, 1)
def refused_external(body): external("1")
refused_closure = closing_over(pool)
refused_wrapped = contextlib.contextmanager(refused_pool)
refused_builtin = print
admitted = idem.close


# fmt: on
CASES = [(name, value) for name, value in list(globals().items()) if name.startswith(("shown_", "refused_"))]


@pytest.mark.parametrize("name", [name for name, _ in CASES])
def test_a_handler_shows_where_it_gets_its_transaction_or_does_not(name: str) -> None:
    answer = connection_check.shown_connection(dict(CASES)[name])
    assert answer.shown == name.startswith("shown_")
    assert connection_check.shown_connection(money_moving(dict(CASES)[name])).shown == answer.shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("by_inherited", True),
        ("by_attribute", True),
        ("by_another", True),
        ("by_cached", True),
        ("nothing", False),
        ("itself", False),
    ],
)
def test_a_method_shows_it_by_what_its_own_class_has(name: str, shown: bool) -> None:
    assert connection_check.shown_connection(getattr(View, name), owner=View).shown == shown


@pytest.mark.parametrize("dependency", [idem.sync_connection, lend, another.lent_db, Holder(idem), helper])
def test_a_dependency_shows_it_by_what_it_is_or_by_its_own_module(dependency: Any) -> None:
    assert connection_check.shown_connection(refused_parameter, dependencies=[dependency]).shown


@pytest.mark.parametrize("dependency", [own_db, get_db, idem.close, Own, pay.__class__])
def test_a_dependency_that_lends_nothing_shows_nothing(dependency: Any) -> None:
    assert not connection_check.shown_connection(refused_parameter, dependencies=[dependency]).shown


def test_a_word_shows_it_where_the_framework_knows_it() -> None:
    def by_name(): return flask.g.idem_connection  # fmt: skip

    def by_text(): return flask.g.get("idem_connection")  # fmt: skip

    words = frozenset({"idem_connection"})
    for handler in (by_name, by_text):
        assert connection_check.shown_connection(handler, words=words).shown
        assert not connection_check.shown_connection(handler).shown


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        (refused_pool, "it uses pool (psycopg_pool.pool.ConnectionPool)"),
        (refused_connect, "it uses psycopg.AsyncConnection (psycopg.AsyncConnection)"),
        (refused_session, "Session (sqlalchemy.orm.session.Session), engine (sqlalchemy.engine.base.Engine)"),
        (refused_scoped_session, "registry (sqlalchemy.orm.scoping.scoped_session)"),
        (refused_nothing, "nothing in it or in its module leads to one"),
        (refused_state, "nothing in it"),
    ],
)
def test_what_was_found_instead_is_named(handler: Any, says: str) -> None:
    assert says in connection_check.shown_connection(handler).instead


def test_a_dependency_with_a_session_of_its_own_is_named_with_its_place() -> None:
    instead = connection_check.shown_connection(
        refused_parameter, dependencies=[get_db, own_db, helper_less]
    ).instead
    assert f"its dependency {__name__}.get_db, {__file__}:" in instead
    assert (
        "uses SessionLocal (sqlalchemy.orm.session.sessionmaker); its dependency tests.runtime.another"
        in instead
    )
    assert "helper_less" not in instead


def helper_less() -> None: ...


@pytest.mark.parametrize(
    ("handler", "complete"), [(refused_undefined, False), (refused_empty_cell, False), (refused_pool, True)]
)
def test_what_is_not_there_yet_is_told_apart(handler: Any, complete: bool) -> None:
    assert connection_check.shown_connection(handler).complete == complete


# Plain functions


@pytest.fixture
def installed(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """Install for plain functions, and take it away after the test."""
    from idem_runtime import marks

    yield idem.install
    marks.install_for_process(None)


def paid(function: Any, **options: Any) -> Any:
    return money_moving(operation="pay", key=lambda *_: "k", principal=lambda *_: "alice", **options)(
        function
    )


def own_payment(key: str) -> int:
    with psycopg.connect("postgresql://nowhere.invalid/", autocommit=True) as db:
        db.execute(INSERT)
    return 5


async def own_async_payment(key: str) -> int:
    return own_payment(key)


@pytest.mark.parametrize(
    ("function", "line"),
    [(own_payment, "db = idem.sync_connection()"), (own_async_payment, "db = await idem.connection()")],
)
def test_a_function_that_does_not_show_it_is_refused_at_every_call_before_anything_is_asked(
    installed: Callable[..., None], function: Any, line: str
) -> None:
    import asyncio

    installed()
    for _ in range(2):
        with pytest.raises(
            ConfigurationError, match="does not show where it gets its transaction"
        ) as stopped:
            answer = paid(function)("k")
            asyncio.run(answer)
    said = str(stopped.value)
    assert f"{__name__}.{function.__name__}, {__file__}:" in said
    assert "psycopg.connect (psycopg.connection.Connection.connect)" in said
    assert "db: psycopg.Connection = idem.lent" in said
    assert line in said
    assert "connection='inside'" in said


class Jobs:
    def __init__(self, lender: Any) -> None:
        self.lender = lender

    @paid
    def run(self, key: str) -> None:
        self.lender.sync_connection()

    @paid
    def helped(self, key: str) -> None:
        self.write()

    def write(self) -> None:
        idem.sync_connection()

    @paid
    def lost(self, key: str) -> None:
        with pool.connection() as db:
            db.execute(INSERT)

    @classmethod
    @paid
    def of_class(cls, key: str) -> None:
        cls.write(cls)


class Ask(Exception):
    """The rule let the call through."""


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch, installed: Callable[..., None]) -> Callable[..., None]:
    from idem_runtime.adapters.function import admission

    def ask(*_: Any) -> None:
        raise Ask

    monkeypatch.setattr(admission.Call, "ask", ask)
    return installed


@pytest.mark.parametrize(
    "call",
    [
        Jobs(idem).run,
        Jobs(None).helped,
        Jobs.of_class,
        paid(own_payment, connection="inside"),
        paid(own_payment, effect="external"),
        paid(shown_lent),
    ],
)
def test_a_function_that_shows_it_or_is_vouched_for_is_admitted(
    asking: Callable[..., None], call: Any
) -> None:
    asking()
    for _ in range(2):
        with pytest.raises(Ask):
            call("k")


def test_a_method_whose_object_holds_nothing_is_refused(asking: Callable[..., None]) -> None:
    asking()
    for call in (Jobs(None).run, Jobs(idem.close).lost):
        with pytest.raises(ConfigurationError, match="does not show"):
            call("k")


def test_a_function_may_be_only_warned_of_and_is_once(asking: Callable[..., None]) -> None:
    asking(without_connection="warn")
    call = paid(own_payment)
    with pytest.warns(RuntimeWarning, match="does not show"), pytest.raises(Ask):
        call("k")
    with pytest.raises(Ask):  # no second warning, which would be an error here
        call("k")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"without_connection": "ignore"}, "say 'refuse' or 'warn'"),
        ({"without_connections": "warn"}, "did you mean without_connection=?"),
        ({"require_marks": True}, "known are without_connection"),
    ],
)
def test_options_that_plain_functions_do_not_have_are_refused(options: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says.replace("?", r"\?")):
        idem.install(**options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"connection": "outside"}, "say 'inside', or leave it out"),
        ({"connection": "inside", "effect": "external"}, "only with effect='local'"),
    ],
)
def test_a_mark_that_vouches_for_nothing_is_refused(options: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        money_moving(**options)
