"""What ends the transaction that a handler is lent: the runtime answers with an error and keeps nothing, and IDM104 says it before."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from idem_runtime import Idempotency
from tests.runtime import orm
from tests.runtime.adapters.asking import Database, asked
from tests.runtime.adapters.contract import ledger, records

HEAD = """\
import contextlib
import functools
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing, contextmanager, nullcontext
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from idem_runtime import Idempotency, money_moving

idem = Idempotency({pool}, principal=lambda request: "alice")
router = APIRouter()
INSERT = "INSERT INTO ledger (amount) VALUES (5)"
Db = Annotated[Any, Depends(idem.sync_connection)]
AsyncDb = Annotated[Any, Depends(idem.connection)]
Session = Annotated[Any, Depends(idem.sync_session)]
AsyncSession = Annotated[Any, Depends(idem.session)]


@contextmanager
def committing(db):
    yield db
    db.commit()


@contextmanager
def around(db):
    with committing(db) as inner:
        yield inner


@asynccontextmanager
async def acommitting(db):
    try:
        yield db
    finally:
        await db.commit()


@contextmanager
def timed(db):
    yield db


def commits(function):
    @functools.wraps(function)
    def wrapper(db, **rest):
        answer = function(db, **rest)
        db.commit()
        return answer

    return wrapper


def the_same(function):
    same = function
    return same


def with_more(function):
    @functools.wraps(function)
    def wrapper(db, log=None, *, trace=None):
        return function(db)

    return wrapper


def commits_words(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        answer = function(*args, **kwargs)
        kwargs["db"].commit()
        return answer

    return wrapper


def commits_if(name):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(db):
            function(db)
            db.commit()

        return wrapper

    return decorate


def commits_own(method):
    @functools.wraps(method)
    def wrapper(self):
        method(self)
        self.db.commit()

    return wrapper


class Repository:
    def __init__(self, db):
        self.db = db

    @commits_own
    def save(self):
        self.db.execute(INSERT)


def finish(end):
    end()


def logged(function):
    @functools.wraps(function)
    def wrapper(db, **rest):
        return function(db, **rest)

    return wrapper


class Unit:
    def __init__(self, db):
        self.db = db

    def __enter__(self):
        return self.db

    def __exit__(self, *error):
        self.db.commit()


@commits
def decorated(db):
    db.execute(INSERT)


@logged
def only_logged(db):
    db.execute(INSERT)


@the_same
def noted(db):
    db.execute(INSERT)


@with_more
def widened(db):
    db.execute(INSERT)


@router.post("/t")
@money_moving
"""
ENDS = {
    "with the connection": "def t(db: Db):\n    with db:\n        db.execute(INSERT)",
    "with the async connection": "async def t(db: AsyncDb):\n    async with db:\n        await db.execute(INSERT)",
    "with the connection under another name": "def t(db: Db):\n    with db as same:\n        same.execute(INSERT)",
    "enter_context": "def t(db: Db):\n    with ExitStack() as stack:\n        stack.enter_context(db)\n        db.execute(INSERT)",
    "enter_async_context": (
        "async def t(db: AsyncDb):\n    async with AsyncExitStack() as stack:\n"
        "        await stack.enter_async_context(db)\n        await db.execute(INSERT)"
    ),
    "push": "def t(db: Db):\n    with ExitStack() as stack:\n        stack.push(db)\n        db.execute(INSERT)",
    "callback": "def t(db: Db):\n    with ExitStack() as stack:\n        stack.callback(db.commit)\n        db.execute(INSERT)",
    "close": "def t(db: Db):\n    db.execute(INSERT)\n    db.close()",
    "async close": "async def t(db: AsyncDb):\n    await db.execute(INSERT)\n    await db.close()",
    "closing": "def t(db: Db):\n    with closing(db):\n        db.execute(INSERT)",
    "with the session": "def t(session: Session):\n    with session:\n        session.execute(text(INSERT))",
    "with the async session": "async def t(session: AsyncSession):\n    async with session:\n        await session.execute(text(INSERT))",
    "session close": "def t(session: Session):\n    session.execute(text(INSERT))\n    session.close()",
    "session begins": "def t(session: Session):\n    session.begin()\n    session.execute(text(INSERT))",
    "async session begins": (
        "async def t(session: AsyncSession):\n    async with session.begin():\n        await session.execute(text(INSERT))"
    ),
    "session reset": "def t(session: Session):\n    session.execute(text(INSERT))\n    session.reset()",
    "the session's connection": "def t(session: Session):\n    session.execute(text(INSERT))\n    session.connection().commit()",
    "gathered": (
        "async def t(db: AsyncDb):\n    await db.execute(INSERT)\n    import asyncio\n    await asyncio.gather(db.commit())"
    ),
    "handed on": "def t(db: Db):\n    db.execute(INSERT)\n    finish(db.commit)",
    "own decorator": "@commits\ndef t(db: Db):\n    db.execute(INSERT)",
    "own decorator by its words": "@commits_words\ndef t(db: Db):\n    db.execute(INSERT)",
    "own decorator with a choice": "@commits_if('paid')\ndef t(db: Db):\n    db.execute(INSERT)",
    "a method's decorator": "def t(db: Db):\n    Repository(db).save()",
    "session begin": "def t(session: Session):\n    with session.begin():\n        session.execute(text(INSERT))",
    "generator": "def t(db: Db):\n    with committing(db):\n        db.execute(INSERT)",
    "generator around a generator": "def t(db: Db):\n    with around(db):\n        db.execute(INSERT)",
    "async generator": "async def t(db: AsyncDb):\n    async with acommitting(db):\n        await db.execute(INSERT)",
    "unit entered": "def t(db: Db):\n    with ExitStack() as stack:\n        stack.enter_context(Unit(db)).execute(INSERT)",
    "nested units": "def t(db: Db):\n    with timed(db), Unit(db) as same:\n        same.execute(INSERT)",
    "decorator": "def t(db: Db):\n    decorated(db)",
    "autocommit": "def t(db: Db):\n    db.autocommit = True\n    db.execute(INSERT)",
    "set_autocommit": "async def t(db: AsyncDb):\n    await db.set_autocommit(True)\n    await db.execute(INSERT)",
}
LEAVES = {
    "transaction": "def t(db: Db):\n    with db.transaction():\n        db.execute(INSERT)",
    "async transaction": "async def t(db: AsyncDb):\n    async with db.transaction():\n        await db.execute(INSERT)",
    "cursor": "def t(db: Db):\n    with db.cursor() as cursor:\n        cursor.execute(INSERT)",
    "pipeline": "def t(db: Db):\n    with db.pipeline():\n        db.execute(INSERT)",
    "nested": "def t(session: Session):\n    with session.begin_nested():\n        session.execute(text(INSERT))",
    "nested by begin": "def t(session: Session):\n    with session.begin(nested=True):\n        session.execute(text(INSERT))",
    "async nested": (
        "async def t(session: AsyncSession):\n    async with session.begin_nested():\n        await session.execute(text(INSERT))"
    ),
    "a decorator that gives back what it is given": "def t(db: Db):\n    noted(db)",
    "a decorator that takes more": "def t(db: Db):\n    widened(db)",
    "logged handler": "@logged\ndef t(db: Db):\n    db.execute(INSERT)",
    "cursor that is closed": "def t(db: Db):\n    cursor = db.cursor()\n    cursor.execute(INSERT)\n    cursor.close()",
    "nullcontext": "def t(db: Db):\n    with nullcontext(db) as same:\n        same.execute(INSERT)",
    "generator": "def t(db: Db):\n    with timed(db):\n        db.execute(INSERT)",
    "entered": "def t(db: Db):\n    with ExitStack() as stack:\n        stack.enter_context(db.transaction())\n        db.execute(INSERT)",
    "closed cursor": "def t(db: Db):\n    with closing(db.cursor()) as cursor:\n        cursor.execute(INSERT)",
    "decorator": "def t(db: Db):\n    only_logged(db)",
}


def program(body: str, dsn: str) -> str:
    """The whole program: sessions come from an engine, connections from a pool."""
    engine = "create_async_engine" if "AsyncSession" in body else "create_engine" if "Session" in body else ""
    pool = f"pool={engine}({orm.url(dsn)!r})" if engine else repr(dsn)
    return HEAD.format(pool=pool) + body


def run(body: str, dsn: str, monkeypatch: pytest.MonkeyPatch) -> httpx.Response:
    module = types.ModuleType("app")
    monkeypatch.setitem(sys.modules, "app", module)
    exec(compile(program(body, dsn), "app.py", "exec"), vars(module))
    app = FastAPI()
    idem: Idempotency = vars(module)["idem"]
    idem.install(app)
    app.include_router(vars(module)["router"])
    try:
        (answer,) = asked(idem, app, {})
    finally:
        idem.close()
    return answer


def said(body: str, folder: Path) -> list[str]:
    (folder / "app.py").write_text(program(body, "postgresql://bank"))
    findings = check([folder], Config(root=folder, all_domains=True), is_cached=False).findings
    return [found.message for found in findings if found.code == "IDM104"]


@pytest.mark.parametrize("name", ENDS)
def test_what_ends_the_lent_transaction_is_said_and_keeps_nothing(
    name: str, dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer = run(ENDS[name], dsn, monkeypatch)
    assert answer.status_code == 500, answer.text
    assert (ledger(db), records(db)) == ([], 0)
    assert len(said(ENDS[name], tmp_path)) == 1


@pytest.mark.parametrize("name", LEAVES)
def test_what_leaves_the_lent_transaction_is_not_said_and_is_kept(
    name: str, dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer = run(LEAVES[name], dsn, monkeypatch)
    assert answer.status_code == 200, answer.text
    assert (ledger(db), records(db)) == ([5], 1)
    assert said(LEAVES[name], tmp_path) == []
