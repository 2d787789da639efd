"""FastAPI: which handlers start-up refuses, and the linter names."""

import functools
from typing import Annotated, Any

import app.db
from app import services
from app.db import Again, Ours, Own, get_db, idem, ours, pool, through_ours
from app.services import marked, own, plain, service
from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPBearer
from idem_runtime import money_moving
from sqlalchemy.orm import Session

router = APIRouter()
bearer = HTTPBearer()


@router.post("/a")
@money_moving
def by_a_pool(amount: int):  # want IDM106
    with pool.connection() as db:
        db.execute("select 1")


@router.post("/b")
@money_moving
def by_a_session(amount: int, db: Annotated[Session, Depends(get_db)]):  # want IDM106
    db.commit()


@router.post("/c")
@money_moving
def by_an_alias(amount: int, db: Own):  # want IDM106
    db.commit()


@router.post("/d")
@money_moving
async def with_a_request(request: Request):  # want IDM106
    return await request.json()


@router.post("/e")
@money_moving
def by_a_function_of_another_module(amount: int):  # want IDM106
    services.pay(amount)


@router.post("/f")
@money_moving
def by_an_object_without_one(amount: int):  # want IDM106
    plain.pay(amount)


def no_help(amount):
    return helps_neither(amount)


def helps_neither(amount):
    return no_help(amount)


@router.post("/g")
@money_moving
def by_no_help(amount: int):  # want IDM106
    no_help(amount)


@router.post("/h")
@money_moving
def by_itself(amount: int):  # want IDM106
    return by_itself if amount else None


@router.post("/i")
@money_moving
def by_a_dependency_that_admits(amount: int, _: Annotated[Any, Depends(idem.admitted)]):  # want IDM106
    return amount


@router.post("/ia")
@money_moving
def by_a_text(amount: int, db: "Own", again: "Annotated[Session, Depends(get_db)]"):  # want IDM106
    db.commit()


class Pager:
    size = 10
    nothing = None

    def __init__(self, page: int = 1):
        self.page = page


class Lending:
    def __init__(self, db: Ours):
        self.db = db


@router.post("/ib")
@money_moving
def by_a_class(amount: int, pager: Annotated[Pager, Depends()], other=Depends(Pager)):  # want IDM106
    try:
        return pager
    except ValueError as error:
        return error


@router.post("/ic")
@money_moving
def by_the_frameworks_own(amount: int, token=Depends(bearer)):  # want IDM106
    return token


@router.post("/id")
@money_moving
def shown_by_a_class(amount: int, lending=Depends(Lending)):
    return lending


@router.post("/ie")
@money_moving
def shown_by_a_text(amount: int, db: "Ours"):
    return db


router.add_api_route("/if", money_moving(lambda: no_help(1)), methods=["POST"])  # want IDM106
router.add_api_route("/ig", money_moving(lambda: idem.sync_connection()), methods=["POST"])


def by_arguments(amount: int, function=no_help):
    def inner(value):
        return function(value)

    return inner(amount)


@router.post("/ih")
@money_moving
def by_a_method(amount: int):  # want IDM106
    by_arguments(amount)
    return plain_ledger.total(amount)


class PlainLedger(dict):
    def total(self, amount):
        return amount


plain_ledger = PlainLedger()
total = plain_ledger.total


@router.post("/ii")
@money_moving
def by_a_bound_method(amount: int):  # want IDM106
    return total(amount)


class Bare:
    size = 1


@router.post("/ij")
@money_moving
def by_a_bare_class(amount: int, bare=Depends(Bare)):  # want IDM106
    return bare


class Bank:
    @money_moving
    def pay(self, amount: int):
        return self.take()

    def take(self):
        return idem.sync_connection()


router.add_api_route("/ik", Bank().pay, methods=["POST"])

again = money_moving(operation="again", key=lambda amount: amount, principal=lambda amount: "a")(helps_neither)


@router.post("/il")
@money_moving
def shown_by_a_wrapped_function(amount: int):
    return again(amount)


@router.post("/j")
@money_moving
def shown_by_a_dependency(amount: int, db: Annotated[Any, Depends(idem.sync_connection)]): ...


@router.post("/k")
@money_moving
def shown_by_a_default(amount: int, db=Depends(idem.sync_session)): ...


@router.post("/l")
@money_moving
def shown_by_an_alias(amount: int, db: Ours): ...


@router.post("/m")
@money_moving
def shown_by_an_alias_of_an_alias(amount: int, db: Again): ...


@router.post("/n")
@money_moving
def shown_by_what_a_dependency_refers_to(amount: int, db=Depends(ours)): ...


@router.post("/o")
@money_moving
def shown_by_what_a_dependency_depends_on(amount: int, db=Depends(through_ours)): ...


@router.post("/p")
@money_moving
def shown_in_its_body(amount: int):
    return idem.sync_connection()


@router.post("/q")
@money_moving
def shown_through_a_module(amount: int):
    return app.db.idem.sync_connection()


@router.post("/r")
@money_moving
def shown_by_an_import_within(amount: int):
    from app.db import idem as lender

    return lender.sync_connection()


def helps(amount):
    return idem.sync_connection()


@router.post("/s")
@money_moving
def shown_by_help(amount: int):
    helps(amount)


@router.post("/t")
@money_moving
def shown_by_an_object(amount: int):
    service.pay(amount)


@router.post("/u")
@money_moving
def shown_by_what_an_object_takes(amount: int):
    return own.lender.sync_connection()


@router.post("/v")
@money_moving
def shown_by_another_mark(amount: int):
    marked(amount)


@router.post("/w")
@money_moving(connection="inside")
def vouched_for(amount: int):
    services.pay(amount)


@router.post("/x")
@money_moving(effect="external")
def external(amount: int):
    services.pay(amount)


class Ledger:
    def post(self, amount):
        return self.connection()

    def connection(self):
        return idem.sync_connection()


@router.post("/y")
@money_moving
def shown_by_a_class_of_its_module(amount: int):
    Ledger().post(amount)


partial = functools.partial(helps, 1)


@router.post("/z")
@money_moving
def shown_by_a_partial(amount: int):
    partial()


def with_ours(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        idem.sync_connection()
        return function(*args, **kwargs)

    return wrapper


@router.post("/za")
@money_moving
@with_ours
def shown_by_a_decorator(amount: int):
    return amount


def made(lender):
    @router.post("/zb")
    @money_moving
    def shown_by_a_closure(amount: int):
        return lender.sync_connection()

    return shown_by_a_closure


made(idem)


@router.post("/zc")
def unmarked(amount: int):
    return amount
