"""Every option of ``@money_moving`` has an effect with every adapter, or is refused: none is accepted and ignored."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Annotated, Any

import httpx
import psycopg
import pytest
from fastapi import Body, FastAPI
from flask import Flask, jsonify
from flask import request as flask_request

from idem_runtime import (
    ConfigurationError,
    Idempotency,
    IdempotencyError,
    Response,
    current_attempt,
    from_header,
    money_moving,
    standard_webhook,
)
from idem_runtime.marks import MoneyMoving
from tests.runtime.adapters.asking import INSERT, PATIENCE, Database
from tests.runtime.adapters.contract import code

Call = dict[str, Any]
Headers = dict[str, str]
JsonField = Annotated[Any, Body()]
DAY = timedelta(days=1)


def nothing(bank: Bank, run: int) -> None:
    """What a handler does besides."""


class Bank:
    """One marked handler, and what became of the calls of it."""

    key_in_arguments = False
    """Whether a call has no header to find a key in."""

    def __init__(self, dsn: str, idem: Idempotency) -> None:
        self.dsn = dsn
        self.idem = idem
        self.runs = 0
        self.during: Callable[[Bank, int], None] = nothing

    def pay(self, amount: int) -> int:
        """What every handler does: on a connection of its own, so that it does it whatever the effect is."""
        self.runs += 1
        self.during(self, self.runs)
        with psycopg.connect(self.dsn, autocommit=True) as db:
            db.execute(INSERT, (amount,))
        return self.runs

    def pick(self, name: str) -> Callable[..., Any]:
        """A function for an option: the argument ``name`` of the handler, by name."""
        return eval(f"lambda {name}: {name}")  # type: ignore[no-any-return]

    def pick_later(self, name: str) -> Callable[..., Any]:
        """As :meth:`pick`, async."""
        picked = self.pick(name)
        inner: dict[str, Any] = {"picked": picked}
        taken = ", ".join(picked.__code__.co_varnames)
        exec(f"async def later({taken}): return picked({taken})", inner)
        return inner["later"]  # type: ignore[no-any-return]

    def told(self) -> Any:
        """An answer as ``reconcile=`` gives it."""
        return Response(200, (("content-type", "application/json"),), b"7")

    def ask(self, mark: Any, calls: Sequence[Call]) -> list[str]:
        """What became of ``calls``: executed, replayed, or the code of the refusal."""
        raise NotImplementedError

    def outcome(self, answer: httpx.Response) -> str:
        if answer.status_code == 200:
            return "replayed" if "idempotent-replayed" in answer.headers else "executed"
        return code(answer) if "problem" in answer.headers["content-type"] else str(answer.status_code)


def request(call: Call) -> tuple[dict[str, Any], Headers]:
    """The JSON body and the headers of a call."""
    sent = {"amount": 5, "memo": "", "who": "alice", "once": "k", **call}
    return sent, {"idempotency-key": "k", "webhook-id": "w", "x-event": "e", **sent.pop("headers", {})}


class FastAsync(Bank):
    def app(self, mark: Any) -> FastAPI:
        app = FastAPI()

        @app.post("/t")
        @mark
        async def t(amount: JsonField, memo: JsonField, who: JsonField, once: JsonField) -> int:
            return self.pay(amount)

        self.idem.install(app, without_connection="warn")
        return app

    def ask(self, mark: Any, calls: Sequence[Call]) -> list[str]:
        app = self.app(mark)

        async def main() -> list[str]:
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            answers: list[str] = []
            async with httpx.AsyncClient(transport=transport, base_url="http://bank") as client:
                for call in calls:
                    sent, headers = request(call)
                    answers.append(self.outcome(await client.post("/t", json=sent, headers=headers)))
            await self.idem.aclose()
            return answers

        return asyncio.run(main())


class FastSync(FastAsync):
    def app(self, mark: Any) -> FastAPI:
        app = FastAPI()

        @app.post("/t")
        @mark
        def t(amount: JsonField, memo: JsonField, who: JsonField, once: JsonField) -> int:
            return self.pay(amount)

        self.idem.install(app, without_connection="warn")
        return app


class FlaskSync(Bank):
    def pick(self, name: str) -> Callable[..., Any]:
        return lambda: flask_request.get_json()[name]

    def register(self, app: Flask, mark: Any) -> None:
        @app.post("/t")
        @mark
        def t() -> Any:
            return jsonify(self.pay(flask_request.get_json()["amount"]))

    def ask(self, mark: Any, calls: Sequence[Call]) -> list[str]:
        app = Flask("options")
        self.idem.init_app(app, without_connection="warn")
        self.register(app, mark)
        answers: list[str] = []
        for call in calls:
            sent, headers = request(call)
            answer = app.test_client().post("/t", json=sent, headers=headers)
            answers.append(
                self.outcome(
                    httpx.Response(answer.status_code, headers=list(answer.headers), content=answer.data)
                )
            )
        self.idem.close()
        return answers


class FlaskAsync(FlaskSync):
    def register(self, app: Flask, mark: Any) -> None:
        @app.post("/t")
        @mark
        async def t() -> Any:
            return jsonify(self.pay(flask_request.get_json()["amount"]))


class Functions(Bank):
    key_in_arguments = True

    def told(self) -> Any:
        return 7

    def ask(self, mark: Any, calls: Sequence[Call]) -> list[str]:
        self.idem.install()

        @mark
        def t(amount: Any, memo: Any, who: Any, once: Any) -> int:
            return self.pay(amount)

        answers = [self.called(lambda call=call: t(**request(call)[0])) for call in calls]
        self.idem.close()
        return answers

    def called(self, function: Callable[[], Any]) -> str:
        before = self.runs
        try:
            function()
        except IdempotencyError as error:
            return error.code
        except ConfigurationError:
            return "refused"
        except (AssertionError, RuntimeError):
            return "500"
        return "replayed" if self.runs == before else "executed"


class AsyncFunctions(Functions):
    def ask(self, mark: Any, calls: Sequence[Call]) -> list[str]:
        self.idem.install()

        @mark
        async def t(amount: Any, memo: Any, who: Any, once: Any) -> int:
            return self.pay(amount)

        async def main() -> list[str]:
            answers = [await self.waited(t(**request(call)[0])) for call in calls]
            await self.idem.aclose()
            return answers

        return asyncio.run(main())

    async def waited(self, called: Any) -> str:
        before = self.runs
        try:
            await called
        except IdempotencyError as error:
            return error.code
        except ConfigurationError:
            return "refused"
        except (AssertionError, RuntimeError):
            return "500"
        return "replayed" if self.runs == before else "executed"


BANKS = [FastAsync, FastSync, FlaskSync, FlaskAsync, Functions, AsyncFunctions]


@dataclass(frozen=True)
class Case:
    """What an option does: ``options`` for a bank, the calls, and what has to become of them."""

    option: str
    options: Callable[[Bank], Call]
    calls: tuple[Call, ...]
    expected: tuple[str, ...]
    during: Callable[[Bank, int], None] = nothing
    row: str = "1"
    """SQL: what is true of the record afterwards."""
    holds: Any = 1
    functions: tuple[str, ...] | None = None
    """What plain functions answer, where they refuse."""
    before: Call = field(default_factory=dict)
    """Options of the mark that the same handler carried before, for one call."""


def crash_at_first(bank: Bank, run: int) -> None:
    if run == 1:
        raise RuntimeError("crash")


def forgotten(bank: Bank, run: int) -> None:
    current_attempt().downstream_key("rail")


def crash_under_a_long_lease(bank: Bank, run: int) -> None:
    query = "SELECT in_progress_expiry - created_at > interval '500 seconds' FROM idempotency_records"
    with psycopg.connect(bank.dsn) as db:
        assert db.execute(query).fetchone() != (True,)


OTHER_MEMO = ({}, {"memo": "other"})
OTHER_KEY = ({}, {"headers": {"idempotency-key": "other"}})
KEPT = "round(extract(epoch from expiry_time - completed_at))"
CASES = [
    Case("operation", lambda bank: {"operation": "settle"}, ({},), ("executed",),
         row="scope", holds="5:alice6:settle"),
    Case("effect", lambda bank: {"effect": "external"}, ({}, {}), ("500", "outcome_unknown"), crash_at_first,
         row="status", holds="INPROGRESS"),
    Case("effect", lambda bank: {"effect": "local"}, ({}, {}), ("500", "executed"), crash_at_first),
    Case("key", lambda bank: {"key": bank.pick("once")}, ({}, {"once": "other"}, {"once": "k"}),
         ("executed", "executed", "replayed"), row="idempotency_key", holds="k"),
    Case("key", lambda bank: {"key": bank.pick_later("once")}, ({}, {"once": "other"}, {"once": "k"}),
         ("executed", "executed", "replayed")),
    Case("key", lambda bank: {"key": from_header("x-event")}, ({}, {}), ("executed", "replayed"),
         row="idempotency_key", holds="e", functions=("refused", "refused")),
    Case("key", lambda bank: {"key": standard_webhook()}, ({},), ("executed",),
         row=KEPT, holds=30 * 86_400, functions=("refused",)),
    Case("scope", lambda bank: {"scope": bank.pick("who")}, ({}, {"who": "bob"}, {}),
         ("executed", "executed", "replayed"), row="scope LIKE '5:alice%'", holds=True),
    Case("scope", lambda bank: {"scope": bank.pick_later("who")}, ({}, {"who": "bob"}, {}),
         ("executed", "executed", "replayed")),
    Case("retention", lambda bank: {"retention": 3 * DAY}, ({},), ("executed",), row=KEPT, holds=3 * 86_400),
    Case("record", lambda bank: {"record": lambda status: status < 400}, ({}, {}), ("executed", "replayed"),
         functions=("refused", "refused")),
    Case("ignore", lambda bank: {"ignore": ("/memo",)}, OTHER_MEMO, ("executed", "replayed")),
    Case("fingerprint", lambda bank: {"fingerprint": bank.pick("amount")}, (*OTHER_MEMO, {"amount": 6}),
         ("executed", "replayed", "key_reused")),
    Case("fingerprint", lambda bank: {"fingerprint": bank.pick_later("amount")}, (*OTHER_MEMO, {"amount": 6}),
         ("executed", "replayed", "key_reused")),
    Case("fingerprint", lambda bank: {"fingerprint": bank.pick("who"), "ignore": ("/x",)}, OTHER_MEMO,
         ("executed", "replayed")),
    Case("previous_scopes", lambda bank: {"operation": "new", "previous_scopes": ("old",)}, ({"memo": "m"},),
         ("replayed",),
         before={"operation": "old"}),
    Case("previous_scopes",
         lambda bank: {"operation": "old", "scope": bank.pick("memo"), "previous_scopes": (bank.pick("who"),)},
         ({"memo": "m"},), ("replayed",), before={"operation": "old"}),
    Case("lease", lambda bank: {"effect": "external", "lease": timedelta(seconds=600)}, ({},), ("500",),
         crash_under_a_long_lease),
    Case("reconcile", lambda bank: {"effect": "external", "reconcile": lambda attempt: bank.told()}, ({}, {}),
         ("500", "replayed"), crash_at_first),
    Case("retry_unknown", lambda bank: {"effect": "external", "retry_unknown": True}, ({}, {}),
         ("500", "executed"), crash_at_first),
    Case("horizon", lambda bank: {"effect": "external", "horizon": {"rail": timedelta(0)}}, ({},),
         ("outcome_unknown",), forgotten),
]  # fmt: skip


def completed(bank: Bank, options: Call) -> Call:
    """``options`` with what a plain function needs besides."""
    if not bank.key_in_arguments:
        return options
    own = {"operation": "t", "key": bank.pick("once")} | ({"scope": bank.pick("who")})
    return own | options


def named(case: Case) -> str:
    return f"{case.option}-{CASES.index(case)}"


@pytest.mark.filterwarnings("ignore")  # what these handlers write is not in our transaction
@pytest.mark.parametrize("kind", BANKS)
@pytest.mark.parametrize("case", CASES, ids=named)
def test_an_option_has_an_effect_or_is_refused(dsn: str, db: Database, kind: type[Bank], case: Case) -> None:
    def bank() -> Bank:
        return kind(dsn, Idempotency(dsn, principal=lambda _: "alice"))

    if case.before:
        earlier = bank()
        assert earlier.ask(money_moving(**completed(earlier, case.before)), case.calls) == ["executed"]
    here = bank()
    here.during = case.during
    expected = case.functions if here.key_in_arguments and case.functions else case.expected
    mark = money_moving(**completed(here, case.options(here)))
    assert here.ask(mark, case.calls) == list(expected)
    if "refused" not in expected:
        query = f"SELECT {case.row} FROM idempotency_records ORDER BY created_at LIMIT 1"
        assert db.execute(query).fetchone() == (case.holds,)  # type: ignore[call-overload]


@pytest.mark.filterwarnings("ignore")  # as above
@pytest.mark.parametrize("kind", BANKS)
def test_a_mark_says_how_long_a_duplicate_waits(dsn: str, db: Database, kind: type[Bank]) -> None:
    def ask(during: Callable[[Bank, int], None], wait: float) -> list[str]:
        bank = kind(dsn, Idempotency(dsn, principal=lambda _: "alice", wait=PATIENCE))  # a gate of its own
        bank.during = during
        return bank.ask(money_moving(**completed(bank, {"effect": "external", "wait": wait})), [{}])

    told: list[str] = []

    def duplicate(bank: Bank, run: int) -> None:
        thread = threading.Thread(target=lambda: told.extend(ask(nothing, 0)))
        thread.start()
        thread.join(PATIENCE / 2)

    assert (ask(duplicate, 1), told) == (["executed"], ["in_progress"])


def test_no_option_is_left_out() -> None:
    assert {case.option for case in CASES} | {"wait"} == {option.name for option in fields(MoneyMoving)}
