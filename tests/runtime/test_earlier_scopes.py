"""A changed principal resolver or name: the records of before are found for one retention period."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI, Request
from flask import Flask
from flask import request as flask_request

from idem_runtime import ConfigurationError, Idempotency, KeyReused, money_moving
from idem_runtime.idempotency import runtime_of
from idem_runtime.marks import MoneyMoving, mark_of
from tests.runtime.adapters.contract import code, ledger, records

INSERT = "INSERT INTO ledger (amount) VALUES (%s) RETURNING id"
Database = psycopg.Connection[Any]
Answer = tuple[int, str | None]
HEADERS = {"x-tenant": "alice", "x-account": "4711", "idempotency-key": "k"}


@dataclass(frozen=True)
class Job:
    id: str
    tenant: str = "alice"
    account: str = "4711"
    amount: int = 5


def tenant(request: Any) -> str:
    return str(request.headers["x-tenant"])


def account(request: Any) -> str:
    return str(request.headers["x-account"])


def nobody_by_key(request: Any) -> str:
    return str(request.headers["x-nothing"])


async def tenant_async(request: Any) -> str:
    return str(request.headers["x-tenant"])


async def nobody_async(request: Any) -> str:
    return str(request.headers["x-nothing"])


def ask_fastapi(
    idem: Idempotency, mark: Any, path: str, headers: dict[str, str], amount: int
) -> httpx.Response:
    app = FastAPI()
    idem.install(app)

    @app.post(path)
    @mark
    async def handler(request: Request) -> int:
        cursor = await (await idem.connection()).execute(INSERT, ((await request.json())["amount"],))
        return int((await cursor.fetchone())[0])

    async def main() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://bank") as client:
            try:
                return await client.post(path, json={"amount": amount}, headers=headers)
            finally:
                await idem.aclose()

    return asyncio.run(main())


def ask_flask(
    idem: Idempotency, mark: Any, path: str, headers: dict[str, str], amount: int
) -> httpx.Response:
    app = Flask("previous")
    idem.init_app(app)

    @app.post(path)
    @mark
    def view() -> str:
        row = idem.sync_connection().execute(INSERT, (flask_request.get_json()["amount"],)).fetchone()
        return str(row[0])

    try:
        answer = app.test_client().post(path, json={"amount": amount}, headers=headers)
    finally:
        idem.close()
    return httpx.Response(answer.status_code, headers=list(answer.headers), content=answer.data)


ASKS = [ask_fastapi, ask_flask]


def told(answer: httpx.Response) -> Answer:
    return answer.status_code, answer.headers.get("idempotent-replayed")


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize(
    ("earlier", "known"),
    [
        ((), False),
        ((tenant,), True),
        ((nobody_by_key, lambda _: None, lambda _: "", tenant, account, tenant), None),
    ],
)
def test_a_record_of_an_earlier_principal_is_replayed(
    dsn: str, db: Database, ask: Callable[..., httpx.Response], earlier: Any, known: bool | None
) -> None:
    if known is None:
        earlier, known = earlier[:5], True
    ask(Idempotency(dsn, principal=tenant), money_moving, "/pay", HEADERS, 5)
    after = Idempotency(dsn, principal=account, previous_principals=earlier)
    assert told(ask(after, money_moving, "/pay", HEADERS, 5)) == (200, "true" if known else None)
    assert ledger(db) == ([5] if known else [5, 5])
    if known:
        after = Idempotency(dsn, principal=account, previous_principals=earlier)
        assert code(ask(after, money_moving, "/pay", HEADERS, 6)) == "key_reused"
        stranger = {**HEADERS, "x-tenant": "bob", "x-account": "1"}
        after = Idempotency(dsn, principal=account, previous_principals=earlier)
        assert told(ask(after, money_moving, "/pay", stranger, 5)) == (200, None)


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize(
    ("resolver", "before", "after", "path"),
    [
        (tenant, money_moving, money_moving(previous_operations=("POST /old",)), "/old"),
        (account, money_moving, money_moving(previous_operations=("POST /old",)), "/old"),
        (account, money_moving, money_moving(previous_principals=(lambda *_, **__: "4711",)), "/new"),
        (account, money_moving, money_moving(previous_operations=("POST /old",), previous_principals=(lambda *_, **__: "4711",)), "/old"),
        (tenant, money_moving(principal=lambda *_, **__: "before"),
         money_moving(principal=lambda *_, **__: "now", previous_principals=(lambda *_, **__: "before",)), "/new"),
    ],
)  # fmt: skip
def test_every_combination_of_earlier_names_and_principals_is_looked_up(
    dsn: str,
    db: Database,
    ask: Callable[..., httpx.Response],
    resolver: Any,
    before: Any,
    after: Any,
    path: str,
) -> None:
    ask(Idempotency(dsn, principal=resolver), before, path, HEADERS, 5)
    idem = Idempotency(dsn, principal=tenant, previous_principals=() if resolver is tenant else (account,))
    assert told(ask(idem, after, "/new", HEADERS, 5)) == (200, "true")


@pytest.mark.parametrize("earlier", [(tenant_async,), (nobody_async, tenant_async)])
def test_an_earlier_resolver_may_be_awaitable(dsn: str, db: Database, earlier: Any) -> None:
    ask_fastapi(Idempotency(dsn, principal=tenant_async), money_moving, "/pay", HEADERS, 5)
    after = Idempotency(dsn, principal=account, previous_principals=earlier)
    assert told(ask_fastapi(after, money_moving, "/pay", HEADERS, 5)) == (200, "true")


def settle(idem: Idempotency, **options: Any) -> Callable[[Job], int]:
    @money_moving(operation=options.pop("operation", "settle"), key=lambda job: job.id,
                  fingerprint=lambda job: job.amount, **options)  # fmt: skip
    def settle(job: Job, db: Database = idem.lent) -> int:
        row = db.execute(INSERT, (job.amount,)).fetchone()
        assert row is not None
        return int(row[0])

    return settle


def by_tenant(job: Job) -> str:
    return job.tenant


def by_account(job: Job) -> str:
    return job.account


def nobody(job: Job) -> str:
    raise KeyError(job.id)


@pytest.fixture
def idem(dsn: str, db: Database) -> Any:
    idem = Idempotency(dsn)
    idem.install()
    yield idem
    idem.close()


@pytest.mark.parametrize(
    ("operation", "earlier"),
    [
        ("settle", {"previous_principals": (by_tenant,)}),
        ("settle", {"previous_principals": (nobody, by_tenant)}),
        ("settle/2", {"previous_principals": (by_tenant,), "previous_operations": ("settle",)}),
        (
            "settle/2",
            {"previous_principals": (by_account, by_tenant), "previous_operations": ("settlement", "settle")},
        ),
    ],
)
def test_a_function_finds_its_earlier_scope(
    idem: Idempotency, db: Database, operation: str, earlier: dict[str, Any]
) -> None:
    assert settle(idem, principal=by_tenant)(Job("1")) == 1
    after = settle(idem, operation=operation, principal=by_account, **earlier)
    assert after(Job("1")) == 1
    with pytest.raises(KeyReused):
        after(Job("1", amount=6))
    assert after(Job("1", tenant="bob", account="1")) == 2
    assert (ledger(db), records(db)) == ([5, 5], 2)


def test_a_nested_function_finds_what_was_stored_under_its_callers_earlier_principal(
    idem: Idempotency, db: Database
) -> None:
    entry = settle(idem, operation="entry")
    runs: list[str] = []

    def pay_as(scope: Any, **options: Any) -> Callable[[Job], int]:
        @money_moving(
            operation="pay", key=lambda job: f"pay {job.id} {len(runs)}", principal=scope, **options
        )
        def pay(job: Job) -> int:
            runs.append(job.id)
            return entry(job)

        return pay

    assert pay_as(by_tenant)(Job("1")) == 1
    assert pay_as(by_account, previous_principals=(by_tenant,))(Job("1")) == 1
    assert pay_as(by_account)(Job("1")) == 2
    assert (len(runs), ledger(db)) == (3, [5, 5])


def test_old_and_new_scope_side_by_side_have_one_effect(idem: Idempotency, db: Database) -> None:
    """As while a new version is rolled out: each knows the other's scope."""
    old = settle(idem, principal=by_tenant, previous_principals=(by_account,))
    new = settle(idem, principal=by_account, previous_principals=(by_tenant,))
    start = threading.Barrier(8)

    def call(number: int) -> int:
        start.wait(10)
        return (new if number % 2 else old)(Job("1"))

    with ThreadPoolExecutor(8) as eight:
        answers = list(eight.map(call, range(8)))
    assert (answers, ledger(db)) == ([1] * 8, [5])


@pytest.mark.parametrize("given", ["old", ["old"], ("",), (5.5,), (None,), (tenant,), tuple("abcdef")])
def test_a_mark_refuses_what_is_no_earlier_operation(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="previous_operations="):
        money_moving(previous_operations=given)


@pytest.mark.parametrize("given", [tenant, [tenant], ("old",), (tenant,) * 6])
def test_a_mark_refuses_what_is_no_earlier_principal(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="previous_principals="):
        money_moving(previous_principals=given)


def test_the_earlier_names_of_options_are_taken_with_a_warning(dsn: str) -> None:
    with pytest.warns(DeprecationWarning, match="principal= now") as warned:
        mark = mark_of(money_moving(scope=len)(lambda text: None))
    assert [warning.filename for warning in warned] == [__file__], "where the option is written"
    assert isinstance(mark, MoneyMoving)
    assert mark.principal is not None
    with pytest.warns(DeprecationWarning, match="previous_operations= and previous_principals= now"):
        mark = mark_of(money_moving(previous_scopes=("old", len))(lambda text: None))
    assert isinstance(mark, MoneyMoving)
    assert (mark.previous_operations, len(mark.previous_principals)) == (("old",), 1)
    with pytest.warns(DeprecationWarning, match="previous_principals= now"):
        idem = Idempotency(dsn, previous_scopes=(tenant,))
    assert runtime_of(idem).previous_principals == (tenant,)
    with pytest.raises(TypeError, match="previous_scope'"):
        Idempotency(dsn, previous_scope=(tenant,))


def test_an_option_is_not_given_by_both_of_its_names() -> None:
    with (
        pytest.warns(DeprecationWarning, match="principal= now"),
        pytest.raises(ConfigurationError, match="earlier name"),
    ):
        money_moving(scope=len, principal=len)


@pytest.mark.parametrize("given", [tenant, [tenant], ("POST /old",), (tenant,) * 6])
def test_an_application_refuses_what_is_no_earlier_resolver(given: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^Idempotency\(previous_principals="):
        Idempotency("postgresql://nowhere.invalid/", previous_principals=given)
