# ruff: noqa: B008, B018, E701, E702, F841, PLC3002, PLW0108, SLOT000 - a table of handlers, one line each where it can be
"""Which handlers certainly have no way to a connection that we lend: shapes, each with its answer."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import functools
import importlib
import json
import logging
import sys
import threading
from collections import defaultdict, deque
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType, SimpleNamespace
from typing import Annotated, Any

import flask
import flask.views
import psycopg
import pytest
from fastapi import Depends, FastAPI, Request
from psycopg_pool import ConnectionPool
from pydantic import BaseModel, field_validator

import tests.runtime.lending_bank as bank
from idem_runtime import Idempotency, current_attempt, lending, money_moving, origins, reach
from idem_runtime.lending import Entry
from idem_runtime.reach import Kind

idem = Idempotency("postgresql://nowhere.invalid/")
pool = ConnectionPool("postgresql://nowhere.invalid/", open=False)
leading_pool = ConnectionPool(
    "postgresql://nowhere.invalid/", open=False, configure=lambda _: idem.sync_connection()
)
per_context: ContextVar[Any] = ContextVar("per_context")
per_thread = threading.local()
state = SimpleNamespace()
registry: dict[str, Any] = {}
rates = {"EUR": Decimal(1)}
waiting: deque[Any] = deque([idem])
later = None
application = FastAPI()
log = logging.getLogger(__name__)
INSERT = "INSERT INTO ledger (amount) VALUES (1)"


class Transfer(BaseModel):
    amount: int
    memo: str | None = None

    @field_validator("amount")
    @classmethod
    def positive(cls, value: int) -> int:
        return abs(value)

    def half(self) -> int:
        return self.amount // 2


class Paying(BaseModel):
    amount: int

    def pay(self) -> None:
        idem.sync_connection().execute(INSERT)


@dataclass
class Order:
    item: Paying


class Service:
    def __init__(self, idem: Any = None) -> None:
        self.idem = idem

    def transfer(self, body: Transfer) -> None:
        self.idem.connection().execute(INSERT)

    def helped(self, body: Transfer) -> None:
        help_out(self)

    def outside(self, body: Transfer) -> None:
        with pool.connection() as db:
            db.execute(INSERT)

    def missing(self) -> None:
        self.nothing_here.execute(INSERT)

    @property
    def db(self) -> Any:
        return self.idem.sync_connection()

    @functools.cached_property
    def cached(self) -> Any:
        return idem

    def by_property(self) -> None:
        self.db.execute(INSERT)

    @staticmethod
    def static() -> None:
        idem.sync_connection()

    @classmethod
    def of_class(cls) -> None:
        cls.static()


class Waiting:
    def __init__(self) -> None:
        self.idem: Any = None


class Loud(Service):
    def transfer(self, body: Transfer) -> None:
        super().transfer(body)


class Slotted:
    __slots__ = ("db", "empty")

    def __init__(self, db: Any) -> None:
        self.db = db

    def pay(self) -> None:
        self.db.execute(INSERT)

    def nothing(self) -> None:
        self.empty.execute(INSERT)


class Repository:
    def __init__(self, db: Any) -> None:
        self.db = db

    def add(self) -> None:
        self.db.execute(INSERT)


class Singleton:
    instance: Any = None

    @classmethod
    def get(cls) -> Any:
        return cls.instance

    def pay(self) -> None:
        self.instance.execute(INSERT)


class Dynamic:
    def __getattr__(self, name: str) -> Any: ...


class Callable_:
    def __init__(self, idem: Any) -> None:
        self.idem = idem

    def __call__(self, body: Transfer) -> None:
        self.idem.sync_connection()


class Bare:
    def pay(self) -> None: ...


class Hostile:
    @property
    def __class__(self) -> Any:
        raise ZeroDivisionError


class Registry(dict[str, Any]):
    def pay(self) -> None:
        idem.sync_connection()


class Currency(str):
    def pay(self) -> None:
        idem.sync_connection()


class Kind_(enum.Enum):
    PAY = 1

    def pay(self) -> None:
        idem.sync_connection()


class Handlers:
    known: dict[str, Any] = {}

    def run(self) -> None:
        self.known["pay"]()


subclass, euro = Registry(a=1), Currency("EUR")
looked_up = MappingProxyType({"idem": idem})
getter = registry.get
plain_factory = defaultdict(int, a=1)
factory: Any = defaultdict(lambda: idem, a=1)
descriptors = [property(lambda self: idem.sync_connection()), 1]
static_methods = {"pay": staticmethod(bank.pay)}
hostile = Hostile()


def with_an_empty_cell() -> Any:
    def handler(body):
        return late.connection()

    if len("") > 0:
        late = idem
    return handler


service, lost_service, waiting_service, loud = Service(idem), Service(), Waiting(), Loud(idem)
slotted, repository, dynamic, bare = Slotted(idem), Repository(pool), Dynamic(), Bare()


def help_out(thing: Any) -> None:
    thing.idem.connection()


def write(db: Any) -> None:
    db.execute(INSERT).fetchone()


@contextlib.contextmanager
def session() -> Any:
    yield idem.sync_connection()


@contextlib.contextmanager
def own_session() -> Any:
    with pool.connection() as db:
        yield db


@functools.lru_cache
def cached_connection() -> Any:
    return idem.sync_connection()


@money_moving(operation="nested", key=str)
def nested_with_a_way(name: str, db: Any = idem.lent) -> None: ...


@money_moving(operation="nested", key=str)
def nested_without(name: str) -> None: ...


def decorated(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def injecting(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, idem.sync_connection(), **kwargs)

    return wrapper


def unwrapped(function: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def looking_in(function: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return kwargs["request"].app.state.idem

    return wrapper


partly = functools.partial(write, None)


# the handlers: named for what they do
# fmt: off


def there_global(body): idem.sync_connection().execute(INSERT)
async def there_async(body): await (await idem.connection()).execute(INSERT)
def there_default(body, db=Depends(idem.sync_connection)): db.execute(INSERT)
def there_lent(body, db=idem.lent): db.execute(INSERT)
def there_annotated(body, db: Annotated[Any, Depends(idem.sync_connection)]): db.execute(INSERT)
def there_only_keyword(body, *, db=idem.lent): db.execute(INSERT)
def there_alias(body): (lender := idem).sync_connection()
def there_helper(body): bank.pay()
def there_imported(body):
    from tests.runtime.lending_bank import pay
    pay()
def there_imported_relatively(body):
    from .lending_bank import pay
    pay()
def there_service(body): service.transfer(body)
def there_service_passed(body): help_out(service)
def there_property(body): service.db.execute(INSERT)
def there_property_within(body): service.by_property()
def there_cached_property(body): service.cached.connection()
def there_static(body): Service.static()
def there_class_method(body): Service.of_class()
def there_class(body): Service(None).static()
def there_super(body): loud.transfer(body)
def there_slots(body): slotted.pay()
def there_slot(body): slotted.db.sync_connection()
def there_context_manager(body):
    with session() as db: db.execute(INSERT)
def there_cached(body): cached_connection().execute(INSERT)
def there_nested(body): nested_with_a_way("1")
def there_thread(body): asyncio.to_thread(service.transfer, body)
def there_model(body: Paying): body.pay()
def there_order(body: Order): body.item.pay()
def there_written_within(body):
    def inner(): return idem.sync_connection()
    inner()
def there_comprehension(body): return [idem.sync_connection() for _ in "1"]
def there_lambda(body): return (lambda: idem.sync_connection())()
def there_class_within(body):
    class Inner:
        lender = idem
    return Inner.lender
def there_container(body): waiting[0].connection()
def there_callback_of_the_pool(body):
    with leading_pool.connection() as db: db.execute(INSERT)
def there_descriptor(body): return descriptors[0]
def there_static_method_in_a_container(body): static_methods["pay"]()
def there_attribute_of_a_method(body): service.transfer.__call__(body)
def there_method_with_an_attribute(body): return loud.transfer.__name__.lower()
def there_subclass_of_a_container(body): help_out(subclass)
def there_subclass_of_text(body): help_out(euro)
def there_enumeration(body): help_out(Kind_.PAY)
def there_proxy_of_a_container(body): looked_up["idem"].connection()
def there_factory(body): factory["b"].connection()
def there_partial(body): functools.partial(bank.pay, 1)()
def there_container_of_functions(body): bank.BY_NAME["pay"]()
there_partially = functools.partial(there_global, 1)
there_decorated = decorated(there_global)
there_unwrapped = unwrapped(there_global)
there_marked = money_moving(there_global)
@injecting
def there_injected(body, db): db.execute(INSERT)
there_bound = service.transfer
there_callable = Callable_(idem)
there_of_a_class = Service.of_class

def none_nothing(body): ...
def none_pool(body):
    with pool.connection() as db: return write(db)
async def none_connect(body: Transfer):
    async with await psycopg.AsyncConnection.connect("") as db:
        async for row in await db.execute(INSERT): log.info("%s", row)
def none_cursor(body):
    with psycopg.connect("") as db, db.cursor() as cursor:
        cursor.execute(INSERT)
        return [row[0].upper() for row in cursor.fetchall()]
def none_helper(body): write(pool.getconn())
def none_repository(body): Repository(psycopg.connect("")).add()
def none_repository_of_a_pool(body): repository.add()
def none_context_manager(body):
    with own_session() as db: write(db)
def none_data(body: Transfer): return {"half": body.half(), "memo": body.memo.strip(), "rate": rates["EUR"]}
async def none_request(request: Request):
    body = await request.json()
    with pool.connection() as db: db.execute(INSERT, (body["amount"], request.headers["x"]))
def none_flask(body): return flask.jsonify(flask.request.get_json()["amount"], flask.request.args.get("a"))
def none_sorted(body): return json.dumps(sorted(rates, key=lambda each: each.lower()))
def none_within(body):
    def inner(db): return db.execute(INSERT)
    with pool.connection() as db: return inner(db)
def none_captured(body):
    def inner(): return body.half()
    return inner()
def none_class_within(body):
    class Inner:
        rate = rates
        doubled = rate
    return Inner.doubled
def none_imported(body):
    import decimal
    from os.path import join
    return join("a", str(decimal.Decimal(1)))
def none_attempt(body): return current_attempt().downstream_key("bank")
def none_logging(body): log.warning("%s", body); logging.getLogger("x").info("y")
def none_service_method(body): lost_service.outside(body)
def none_super_of_a_local_class(body):
    class Inner(Repository):
        def add(self): super().add()
    Inner(psycopg.connect("")).add()
def unseen_nested(body): nested_without("1")
def none_unresolvable_annotation(body: NotThere): return body  # noqa: F821
def none_missing_in_a_library(body):
    from os import not_there
    return not_there
def none_partial(body): partly()
def none_factory(body): return plain_factory["b"]
none_class = Bare
none_context_manager_called = contextlib.contextmanager(none_pool)
none_decorated = decorated(none_pool)
none_unwrapped = unwrapped(none_pool)
none_marked = money_moving(none_pool)
none_bound = lost_service.outside

def unseen_parameter(service): service.pay()
def unseen_parameter_passed(service): asyncio.to_thread(service)
def unseen_parameter_within(service): return lambda: service.pay()
def unseen_stars(*services): services[0].pay()
async def unseen_state(request): await request.app.state.idem.connection()
def unseen_request_passed(request): help_out(request)
def unseen_getattr(body): getattr(body, "i" + "dem").connection()
def unseen_globals(body): globals()["idem"].connection()
def unseen_importlib(body): importlib.import_module("bank").idem.connection()
def unseen_import(body):
    from not_there_yet import idem as lender
    lender.connection()
def unseen_imported_module(body):
    import tests.runtime.lending_bank as there
    there.pay()
def unseen_context(body): per_context.get().execute(INSERT)
def unseen_thread_local(body): per_thread.db.execute(INSERT)
def unseen_g(body): flask.g.db.execute(INSERT)
def unseen_extension(body): flask.current_app.extensions["idem"].connection()
def unseen_request_of_flask_passed(body): help_out(flask.request)
def unseen_attribute_of_flasks_request(body): flask.request.db.execute(INSERT)
def unseen_namespace(body): state.idem.connection()
def unseen_namespace_passed(body): help_out(state)
def unseen_registry(body): registry["idem"].connection()
def unseen_entry(body): registry.get("idem").connection()
def unseen_later(body): later.connection()
def unseen_undefined(body): not_defined_yet.connection()  # noqa: F821
def unseen_undefined_within(body): return lambda: not_defined_yet.connection()  # noqa: F821
def unseen_class_attribute(body): Service.not_there.connection()
def unseen_getter(body): getter("idem").connection()
def unseen_handlers(body): Handlers().run()
def unseen_hostile(body): help_out(hostile)
unseen_cell = with_an_empty_cell()
def unseen_lost(body): lost_service.transfer(body)
def unseen_lost_passed(body): help_out(waiting_service)
def unseen_missing(body): service.missing_too()
def unseen_missing_within(body): lost_service.missing()
def unseen_empty_slot(body): slotted.nothing()
def unseen_bare(body): help_out(bare)
def unseen_singleton(body): Singleton.get().execute(INSERT)
def unseen_singleton_attribute(body): Singleton.instance.execute(INSERT)
def unseen_singleton_made(body): Singleton().pay()
def unseen_dynamic(body): dynamic.db.execute(INSERT)
def unseen_dynamic_class(body): Dynamic().db.execute(INSERT)
def unseen_application(body): application.state.idem.connection()
def unseen_module(body): help_out(bank)
def unseen_attribute_of_a_module(body): bank.not_there.connection()
def unseen_function_attribute(body): write.db.execute(INSERT)
unseen_looking_in = looking_in(none_pool)
@decorated
def unseen_decorated(request): request.app.state.idem
unseen_forwarded = unwrapped(unseen_state)


# fmt: on

GIVEN: dict[str, Kind] = {"body": "data", "request": "request"}
CASES = [
    (name, value)
    for name, value in list(globals().items())
    if name.startswith(("there_", "none_", "unseen_"))
]


@pytest.mark.parametrize("name", [name for name, _ in CASES])
def test_only_what_certainly_has_no_way_is_told_to_have_none(name: str) -> None:
    assert lending.way([Entry(dict(CASES)[name], GIVEN)]) == name.partition("_")[0]


def test_a_search_that_goes_too_far_is_not_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "LIMIT", 3)
    assert lending.way([Entry(none_cursor, GIVEN)]) == "unseen"


def test_an_entry_that_a_framework_made_is_followed_to_what_it_encloses() -> None:
    def view(lender: Any) -> Any:
        return Depends(lambda: lender.connection())

    assert lending.way([Entry(view(idem).dependency)]) == "there"
    assert lending.way([Entry(flask.views.View.as_view("a", idem))]) == "there"


@pytest.mark.parametrize(
    ("name", "package", "told"),
    [("a.b", "x", "a.b"), (".b", "x.y", "x.y.b"), ("..b", "x.y", "x.b"), (".", "x.y", "x.y")],
)
def test_an_import_with_dots_names_a_module_of_the_package(name: str, package: str, told: str) -> None:
    assert origins.absolute(name, package) == told


def test_a_module_of_the_program_that_is_called_as_one_of_the_library_is_the_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "calendar", bank)
    origins.known.cache_clear()
    assert not origins.known("calendar")
    monkeypatch.undo()
    origins.known.cache_clear()
    assert origins.known("calendar") and origins.known("calendar.nothing")
