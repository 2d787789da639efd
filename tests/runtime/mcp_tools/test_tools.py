"""Tools that move money, called by agents that retry: the SDK's server and fastmcp's, in one table."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from pydantic import BaseModel
from starlette.responses import JSONResponse

with warnings.catch_warnings():  # they import what others have deprecated
    warnings.simplefilter("ignore")
    import fastmcp
    import mcp.client
    import mcp.server.mcpserver
    import mcp.server.mcpserver.exceptions
    from mcp_types import ToolAnnotations

from idem_runtime import ConfigurationError, Idempotency, NotExecuted, current_attempt, money_moving
from tests.runtime import orm
from tests.runtime.adapters import asking
from tests.runtime.adapters.asking import INSERT, PATIENCE
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.postgres import free_port

Database = psycopg.Connection[Any]


class Receipt(BaseModel):
    id: int
    amount: int


class Kind:
    """One of the two packages."""

    def __init__(self, server: Any, client: Any, context: Any, error: Any) -> None:
        self.server, self.client, self.context, self.error = server, client, context, error
        self.installed: list[Idempotency] = []

    def install(self, idem: Idempotency, server: Any, **options: Any) -> None:
        """Its pools end in the event loop of the calls."""
        idem.install(server, **options)
        self.installed.append(idem)

    async def call(self, client: Any, name: str = "pay", key: str | None = "k", **arguments: Any) -> Any:
        """The result; of an error, what is told, as it is read by an agent."""
        meta = arguments.pop("meta", {} if key is None else {"idempotencyKey": key})
        more = {"raise_on_error": False} if self.client is fastmcp.Client else {}
        result = await client.call_tool(name, {"amount": 5, **arguments}, meta=meta, **more)
        text = "".join(part.text for part in result.content)
        if not result.is_error:
            return json.loads(text) if text else None
        found = text.find("{")
        return json.loads(text[found:])["code"] if found >= 0 else text

    def asked(self, server: Any, ask: Callable[[Any], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            async with self.client(server) as client:
                return await asyncio.wait_for(ask(client), PATIENCE)

        return self.finished(main)

    def finished(self, main: Callable[[], Awaitable[Any]]) -> Any:
        async def closing() -> Any:
            try:
                return await main()
            finally:
                for idem in self.installed:
                    await idem.aclose()

        return asyncio.run(closing())

    def called(self, server: Any, *calls: dict[str, Any]) -> list[Any]:
        async def ask(client: Any) -> list[Any]:
            return [await self.call(client, **call) for call in calls]

        answers: list[Any] = self.asked(server, ask)
        return answers


KINDS: dict[str, tuple[Any, ...]] = {
    "fastmcp": (fastmcp.FastMCP, fastmcp.Client, fastmcp.Context, fastmcp.exceptions.ToolError),
    "sdk": (
        mcp.server.mcpserver.MCPServer,
        mcp.client.Client,
        mcp.server.mcpserver.Context,
        mcp.server.mcpserver.exceptions.ToolError,
    ),
}


@pytest.fixture(autouse=True)
def _quiet() -> None:
    for name in ("fastmcp", "mcp"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return Kind(*KINDS[request.param])


@pytest.fixture
def who() -> list[str]:
    return ["alice"]


@pytest.fixture
def idem(dsn: str, db: Database, who: list[str]) -> Idempotency:
    return Idempotency(dsn, principal=lambda context: who[0], wait=5)


@pytest.fixture
def tools(kind: Kind, idem: Idempotency) -> Any:
    server = kind.server("wallet")
    kind.install(idem, server)
    return server


@pytest.fixture
def pay(tools: Any, idem: Idempotency) -> list[int]:
    runs: list[int] = []

    @tools.tool()
    @money_moving
    async def pay(amount: int, memo: str = "", idempotency_key: str | None = None) -> Receipt:
        runs.append(amount)
        db = await idem.connection()
        await asyncio.sleep(0.05)
        number = await orm.write_async(db, amount)
        return Receipt(id=number, amount=amount)

    return runs


def test_a_retry_gets_the_first_result_and_moves_nothing(
    kind: Kind, tools: Any, pay: list[int], db: Database
) -> None:
    first, again, other = kind.called(tools, {}, {"memo": ""}, {"key": "other"})
    assert first == again == {"id": 1, "amount": 5}
    assert other == {"id": 2, "amount": 5}
    assert (pay, ledger(db)) == ([5, 5], [5, 5])


def test_the_key_comes_from_the_calls_meta_or_from_an_argument(
    kind: Kind, tools: Any, pay: list[int], db: Database
) -> None:
    told = kind.called(
        tools,
        {"key": None},
        {"key": None, "idempotency_key": "k"},
        {"key": "k"},
        {"key": "k", "idempotency_key": "k"},
        {"key": "k", "idempotency_key": "other"},
        {"key": "a b\n"},
    )
    assert [told[0], *told[4:]] == ["key_missing", "key_invalid", "key_invalid"]
    assert told[1] == told[2] == told[3]
    assert (pay, ledger(db)) == ([5], [5])


def test_another_payload_and_another_tenant_are_told_apart(
    kind: Kind, tools: Any, pay: list[int], db: Database, who: list[str]
) -> None:
    async def ask(client: Any) -> list[Any]:
        first = await kind.call(client)
        reused = await kind.call(client, amount=6)
        who[0] = "bob"
        return [first, reused, await kind.call(client)]

    first, reused, others = kind.asked(tools, ask)
    assert (first["id"], reused, others["id"]) == (1, "key_reused", 2)
    assert ledger(db) == [5, 5]
    assert [row[0] for row in db.execute("SELECT scope FROM idempotency_records ORDER BY 1")] == [
        "3:bob9:tools/pay",
        "5:alice9:tools/pay",
    ]


@pytest.mark.parametrize("threaded", [False, True])
def test_concurrent_retries_move_money_once(
    kind: Kind, tools: Any, idem: Idempotency, db: Database, threaded: bool
) -> None:
    def pay(amount: int, context: Any) -> int:
        time.sleep(0.1)
        return orm.write(idem.sync_connection(), amount)

    async def pay_async(amount: int, context: Any) -> int:
        await asyncio.sleep(0.1)
        return await orm.write_async(await idem.connection(), amount)

    function: Any = pay if threaded else pay_async
    function.__annotations__ = {"amount": int, "context": kind.context, "return": int}
    tools.tool(name="pay")(money_moving(function))

    async def ask(client: Any) -> list[Any]:
        return list(await asyncio.gather(*(kind.call(client) for _ in range(10))))

    assert kind.asked(tools, ask) == [1] * 10
    assert ledger(db) == [5]


def test_what_a_tool_raises_undoes_it_and_frees_the_key(
    kind: Kind, tools: Any, idem: Idempotency, db: Database
) -> None:
    runs: list[int] = []

    @tools.tool()
    @money_moving
    async def pay(amount: int) -> int:
        runs.append(1)
        await orm.write_async(await idem.connection(), amount)
        if len(runs) == 1:
            raise kind.error("insufficient")
        return len(runs)

    refused, done, again = kind.called(tools, {}, {}, {})
    assert "insufficient" in refused
    assert (done, again, ledger(db)) == (2, 2, [5])


def test_an_external_effect_is_unknown_after_a_crash_and_free_where_nothing_happened(
    kind: Kind, tools: Any, dsn: str, db: Database
) -> None:
    @tools.tool()
    @money_moving(effect="external", operation="wire")
    async def pay(amount: int) -> str:
        if current_attempt().downstream_key("bank") and amount == 6:
            raise NotExecuted
        db.execute(INSERT, (amount,))
        raise RuntimeError

    crashed, unknown, nothing, _ = kind.called(
        tools, {}, {}, {"key": "o", "amount": 6}, {"key": "o", "amount": 6}
    )
    assert unknown == "outcome_unknown"
    assert all("error" in str(told).lower() for told in (crashed, nothing))
    assert (ledger(db), records(db)) == ([5], 1)


def test_a_function_that_a_tool_calls_has_its_own_key(
    kind: Kind, tools: Any, idem: Idempotency, db: Database
) -> None:
    @money_moving(operation="fee", key=lambda name: name)
    async def fee(name: str, lent: Any = idem.lent) -> None:
        await lent.execute(INSERT, (1,))

    @money_moving(operation="sync-fee", key=lambda name: name, principal=lambda name: name)
    def sync_fee(name: str, lent: Any = idem.lent) -> int:
        lent.execute(INSERT, (2,))
        return 7

    @tools.tool()
    @money_moving
    async def pay(amount: int) -> int:
        await orm.write_async(await idem.connection(), amount)
        await fee("monthly")
        return amount

    @tools.tool()
    def report(amount: int) -> int:
        return sync_fee("report")

    told = kind.called(tools, {}, {"key": "other"}, {}, {"name": "report"}, {"name": "report"})
    assert told == [5, 5, 5, 7, 7]
    assert ledger(db) == [5, 1, 5, 2]


def test_the_mark_may_say_all_of_it(kind: Kind, dsn: str, db: Database, who: list[str]) -> None:
    idem = Idempotency(dsn, previous_principals=(lambda context: "before",))
    server = kind.server("wallet")
    kind.install(idem, server)

    @server.tool(name="pay")
    @money_moving(
        operation="pay",
        key=lambda order: order,
        principal=lambda order: "everybody",
        previous_principals=(lambda order: "earlier",),
        fingerprint=lambda order: order,
    )
    async def settle(order: str, amount: int) -> int:
        return await orm.write_async(await idem.connection(), amount)

    told = kind.called(server, {"key": None, "order": "7"}, {"key": None, "order": "7", "amount": 9})
    assert (told, ledger(db)) == ([1, 1], [5])


def test_nobody_and_no_store_are_told(
    kind: Kind, tools: Any, who: list[str], pay: list[int], db: Database
) -> None:
    who[0] = ""
    assert kind.called(tools, {}) == ["principal_missing"]
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/x"
    idem = Idempotency(nowhere, principal=lambda context: "alice", pool_timeout=0.2)
    stranded = kind.server("stranded")
    kind.install(idem, stranded)

    @stranded.tool(name="pay")
    @money_moving
    async def stranded_pay(amount: int) -> None:
        await idem.connection()

    assert kind.called(stranded, {}) == ["store_unavailable"]
    assert pay == []


def test_what_is_called_without_a_request_has_no_meta(
    kind: Kind, tools: Any, pay: list[int], db: Database
) -> None:
    async def main() -> Any:
        return await tools.call_tool("pay", {"amount": 5, "idempotency_key": "k"})

    kind.finished(main)
    assert kind.called(tools, {}) == [{"id": 1, "amount": 5}]
    assert pay == [5]


# What is checked


def test_an_unmarked_tool_is_refused_at_every_call_but_for_one_that_only_reads(
    kind: Kind, dsn: str, db: Database
) -> None:
    idem = Idempotency(dsn, principal=lambda context: "alice")
    server = kind.server("wallet")
    kind.install(idem, server, require_marks=True)

    @server.tool(annotations=ToolAnnotations(read_only_hint=True))
    def balance(amount: int) -> int:
        return amount

    assert kind.called(server, {"name": "balance"}) == [5]
    strict = kind.server("strict")
    kind.install(idem, strict, require_marks=("transfers",))

    @strict.tool(annotations=ToolAnnotations(title="moves"))
    def transfer_money(amount: int) -> int:
        raise AssertionError

    for _ in range(2):
        with pytest.raises(Exception) as stopped:
            kind.finished(lambda: strict.call_tool("transfer_money", {"amount": 5}))
        assert isinstance(stopped.value, ConfigurationError)
        assert "not marked" in str(stopped.value)


def test_a_tool_that_does_not_show_its_connection_is_refused(kind: Kind) -> None:
    idem = Idempotency("postgresql://nowhere.invalid/", principal=lambda context: "alice")
    server = kind.server("wallet")
    kind.install(idem, server)

    @server.tool()
    @money_moving
    async def pay(amount: int) -> None: ...

    with pytest.raises(ConfigurationError, match="does not show where it gets its transaction"):
        kind.finished(lambda: server.call_tool("pay", {"amount": 5}))


def test_without_a_principal_resolver_the_tools_are_named(kind: Kind) -> None:
    idem = Idempotency("postgresql://nowhere.invalid/")
    server = kind.server("wallet")
    kind.install(idem, server)

    @server.tool()
    @money_moving(connection="inside")
    async def pay(amount: int) -> None: ...

    with pytest.raises(ConfigurationError, match=r"POST tools/pay .*principal="):
        kind.finished(lambda: server.call_tool("pay", {"amount": 5}))


def test_a_second_install_is_refused(kind: Kind, tools: Any, idem: Idempotency) -> None:
    with pytest.raises(ConfigurationError, match="one is enough"):
        idem.install(tools)


def test_an_unknown_tool_is_the_servers_own_error(kind: Kind, tools: Any, pay: list[int]) -> None:
    with pytest.raises(Exception, match=r"(?i)nothing|unknown"):
        kind.finished(lambda: tools.call_tool("nothing", {}))


# Retries


def test_a_call_that_is_given_up_moves_money_once_all_the_same(
    kind: Kind, tools: Any, idem: Idempotency, db: Database
) -> None:
    runs: list[int] = []

    @tools.tool()
    @money_moving
    async def pay(amount: int) -> int:
        runs.append(1)
        number = await orm.write_async(await idem.connection(), amount)
        if len(runs) == 1:
            await asyncio.sleep(1)
        return number

    given_up = {"timeout": 0.2} if kind.client is fastmcp.Client else {"read_timeout_seconds": 0.2}

    async def ask(client: Any) -> Any:
        with pytest.raises(Exception, match=r"(?i)timed? ?out"):
            await client.call_tool("pay", {"amount": 5}, meta={"idempotencyKey": "k"}, **given_up)
        return await kind.call(client)

    kind.asked(tools, ask)
    assert ledger(db) == [5]


def test_a_sync_tool_is_refused_as_an_async_one(
    kind: Kind, tools: Any, idem: Idempotency, db: Database
) -> None:
    @tools.tool()
    @money_moving
    def pay(amount: int) -> int:
        return orm.write(idem.sync_connection(), amount)

    assert kind.called(tools, {}, {"amount": 6}, {"key": None}) == [1, "key_reused", "key_missing"]
    assert ledger(db) == [5]


def test_a_custom_route_of_fastmcp_is_a_route_of_its_starlette_application(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, principal=lambda request: request.headers["x-tenant"])
    server = fastmcp.FastMCP("wallet")

    @server.custom_route("/wallet/pay", methods=["POST"])
    @money_moving
    async def pay(request: Any) -> JSONResponse:
        await (await idem.connection()).execute(INSERT, (5,))
        return JSONResponse({"paid": 5})

    app = server.http_app()
    idem.install(app, require_marks=("wallet",))
    first, again, missing = asking.asked(
        idem, app, {"path": "/wallet/pay"}, {"path": "/wallet/pay"}, {"path": "/wallet/pay", "key": None}
    )
    assert (first.json(), again.headers["idempotent-replayed"]) == ({"paid": 5}, "true")
    assert (missing.status_code, ledger(db)) == (400, [5])


def test_a_tool_that_is_no_function_is_left_alone(dsn: str, db: Database) -> None:
    """Another server's tool that is mounted here: that server protects it, or nobody does."""
    kind = Kind(*KINDS["fastmcp"])
    idem = Idempotency(dsn, principal=lambda context: "alice")
    server, inner = kind.server("outer"), kind.server("inner")
    kind.install(idem, server)

    @inner.tool
    @money_moving
    async def pay(amount: int) -> int:
        return await orm.write_async(await idem.connection(), amount)

    server.mount(inner, "inner")
    assert "nothing is installed" in kind.called(server, {"name": "inner_pay"})[0]
    kind.install(idem, inner)
    assert kind.called(server, {"name": "inner_pay"}, {"name": "inner_pay"}) == [1, 1]
    assert ledger(db) == [5]
