"""One marked handler with every adapter, and what became of the calls of it."""

from __future__ import annotations

import asyncio
import uuid
import warnings
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import httpx
import psycopg
import pytest
import quart
import werkzeug.test
from aiohttp import web
from fastapi import Body, FastAPI
from flask import Flask, jsonify
from flask import request as flask_request
from litestar import Litestar, post
from litestar.params import JSONBody

with warnings.catch_warnings():  # it still imports what websockets has deprecated
    warnings.simplefilter("ignore", DeprecationWarning)
    from sanic import HTTPResponse, Sanic
    from sanic import json as sanic_json

from idem_runtime import ConfigurationError, Idempotency, IdempotencyError, Response
from idem_runtime.idempotency import runtime_of
from tests.runtime.adapters import serve, toy
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


class AsyncBank(Bank):
    """A bank on one of the frameworks that have an event loop and no dependencies of FastAPI's."""

    def pick_later(self, name: str) -> Callable[..., Any]:
        return self.pick(name)

    async def answered(self, client: httpx.AsyncClient, calls: Sequence[Call]) -> list[str]:
        answers: list[str] = []
        for call in calls:
            sent, headers = request(call)
            answers.append(self.outcome(await client.post("/t", json=sent, headers=headers)))
        return answers

    def ask_asgi(self, app: Any, calls: Sequence[Call]) -> list[str]:
        async def main() -> list[str]:
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://bank") as client:
                answers = await self.answered(client, calls)
            await self.idem.aclose()
            return answers

        return asyncio.run(main())


class Aiohttp(AsyncBank):
    def pick(self, name: str) -> Callable[..., Any]:
        async def picked(request: Any) -> Any:
            return (await request.json())[name]

        return picked

    def ask(self, mark: Any, calls: Sequence[Call]) -> list[str]:
        app = web.Application()
        self.idem.install(app, without_connection="warn")

        @mark
        async def t(request: web.Request) -> web.Response:
            return web.json_response(self.pay((await request.json())["amount"]))

        app.router.add_post("/t", t)

        async def main() -> list[str]:
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
                answers = await self.answered(client, calls)
            await runner.cleanup()
            return answers

        return asyncio.run(main())


class LitestarAsync(AsyncBank):
    def pick(self, name: str) -> Callable[..., Any]:
        return lambda data: data[name]

    def ask(self, mark: Any, calls: Sequence[Call]) -> list[str]:
        @mark
        async def t(data: Call) -> int:
            return self.pay(data["amount"])

        t.__annotations__ = {"data": JSONBody[Call], "return": int}
        app = Litestar([post("/t", status_code=200)(t)], logging_config=None)
        self.idem.install(app, without_connection="warn")
        return self.ask_asgi(app, calls)


class QuartAsync(AsyncBank):
    def pick(self, name: str) -> Callable[..., Any]:
        async def picked() -> Any:
            return (await quart.request.get_json())[name]

        return picked

    def ask(self, mark: Any, calls: Sequence[Call]) -> list[str]:
        app = quart.Quart("options")
        self.idem.install(app, without_connection="warn")

        @app.post("/t")
        @mark
        async def t() -> Any:
            return quart.jsonify(self.pay((await quart.request.get_json())["amount"]))

        return self.ask_asgi(app, calls)


class SanicAsync(AsyncBank):
    def pick(self, name: str) -> Callable[..., Any]:
        return lambda request: request.json[name]

    def ask(self, mark: Any, calls: Sequence[Call]) -> list[str]:
        app: Any = Sanic(f"options-{uuid.uuid4().hex}")
        self.idem.install(app, without_connection="warn")

        @app.post("/t")
        @mark
        async def t(request: Any) -> HTTPResponse:
            return sanic_json(self.pay(request.json["amount"]))

        with serve.sanic(app) as client:
            sent = [request(call) for call in calls]
            return [
                self.outcome(client.http.post("/t", json=body, headers=headers)) for body, headers in sent
            ]


BANKS = [
    *(FastAsync, FastSync, FlaskSync, FlaskAsync, ToySync, Functions, AsyncFunctions, Aiohttp),
    *(pytest.param(bank, marks=pytest.mark.exhaustive) for bank in (LitestarAsync, QuartAsync, SanicAsync)),
]


def completed(bank: Bank, options: Call) -> Call:
    """``options`` with what a plain function needs besides."""
    if not bank.key_in_arguments:
        return options
    own = {"operation": "t", "key": bank.pick("once")} | ({"principal": bank.pick("who")})
    return own | options
