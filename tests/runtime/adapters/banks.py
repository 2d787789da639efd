"""One marked handler with every adapter, and what became of the calls of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import httpx
import psycopg
import werkzeug.test
from fastapi import Body, FastAPI
from flask import Flask, jsonify
from flask import request as flask_request

from idem_runtime import ConfigurationError, Idempotency, IdempotencyError, Response
from idem_runtime.idempotency import runtime_of
from tests.runtime.adapters import toy
from tests.runtime.adapters.asking import INSERT
from tests.runtime.adapters.contract import code
from tests.runtime.adapters.toy_framework import Toy

Call = dict[str, Any]
Headers = dict[str, str]
JsonField = Annotated[Any, Body()]


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


class ToySync(Bank):
    def pick(self, name: str) -> Callable[..., Any]:
        return lambda body: body[name]

    def pick_later(self, name: str) -> Callable[..., Any]:
        async def later(body: Call) -> Any:
            return body[name]

        return later

    def ask(self, mark: Any, calls: Sequence[Call]) -> list[str]:
        app = Toy()

        @app.post("/t")
        @mark
        def t(body: Call) -> Any:
            return 200, self.pay(body["amount"])

        toy.install(runtime_of(self.idem), app, without_connection="warn")
        client = werkzeug.test.Client(app)
        answers: list[str] = []
        for call in calls:
            sent, headers = request(call)
            answer = client.post("/t", json=sent, headers=headers)
            answers.append(
                self.outcome(
                    httpx.Response(answer.status_code, headers=list(answer.headers), content=answer.data)
                )
            )
        self.idem.close()
        return answers


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


BANKS = [FastAsync, FastSync, FlaskSync, FlaskAsync, ToySync, Functions, AsyncFunctions]


def completed(bank: Bank, options: Call) -> Call:
    """``options`` with what a plain function needs besides."""
    if not bank.key_in_arguments:
        return options
    own = {"operation": "t", "key": bank.pick("once")} | ({"principal": bank.pick("who")})
    return own | options
