"""What an operation is called: by its route, wherever the application is deployed, and never two by one name."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route, Router

from idem_runtime import ConfigurationError, Idempotency, money_moving
from tests.runtime.adapters.asking import INSERT, Database, asked, finished, operations, post, tenant
from tests.runtime.adapters.contract import ledger


@pytest.fixture
def idem(dsn: str, db: Database) -> Idempotency:
    return Idempotency(dsn, principal=tenant)


def transfer(idem: Idempotency) -> Any:
    @money_moving
    async def transfer(request: Request) -> PlainTextResponse:
        await (await idem.connection()).execute(INSERT, (5,))
        return PlainTextResponse(request.url.path)

    return transfer


@pytest.mark.filterwarnings("ignore:The `root_path` parameter is deprecated")
@pytest.mark.parametrize(
    ("applications_own", "servers", "prefix"),
    [
        ("", "", ""),
        ("/api", "", ""),  # the proxy strips its prefix
        ("/api", "", "/api"),  # it does not
        ("", "/api", "/api"),  # uvicorn --root-path
        ("", "/eur", "/eur"),  # and one that looks like a route
    ],
)
def test_the_root_path_of_a_proxy_is_no_part_of_the_name_and_a_function_on_two_routes_is_two_operations(
    idem: Idempotency, db: Database, applications_own: str, servers: str, prefix: str
) -> None:
    app, router = FastAPI(root_path=applications_own), APIRouter()
    idem.install(app)
    router.add_api_route("/t/{name}", transfer(idem), methods=["POST"])
    app.include_router(router, prefix="/eur")
    app.include_router(router, prefix="/usd")
    paths = [f"{prefix}/{currency}/t/a" for currency in ("eur", "usd", "eur")]
    answers = asked(idem, app, *({"path": path, "root_path": servers} for path in paths))
    assert [each.status_code for each in answers] == [200] * 3
    assert answers[2].headers["idempotent-replayed"] == "true"
    assert operations(db) == ["POST /eur/t/{name}", "POST /usd/t/{name}"]
    assert ledger(db) == [5, 5]


@pytest.mark.parametrize(("servers", "prefix"), [("", ""), ("/api", "/api")])
@pytest.mark.parametrize("where", ["parent", "mounted"])
def test_mounts_are_part_of_the_name_whether_the_parent_or_the_mounted_applications_are_protected(
    idem: Idempotency, db: Database, where: str, servers: str, prefix: str
) -> None:
    parent = FastAPI()
    function = transfer(idem)
    for currency in ("eur", "usd"):
        mounted = FastAPI()
        mounted.add_api_route("/t/{name}", function, methods=["POST"])
        if where == "mounted":
            idem.install(mounted)
        parent.mount(f"/{currency}", mounted)
    if where == "parent":
        idem.install(parent)
    paths = [f"{prefix}/{currency}/t/a" for currency in ("eur", "usd")]
    answers = asked(idem, parent, *({"path": path, "root_path": servers} for path in paths))
    assert [each.status_code for each in answers] == [200, 200]
    assert operations(db) == ["POST /eur/t/{name}", "POST /usd/t/{name}"]
    assert ledger(db) == [5, 5]


def test_hosts_are_part_of_the_name(idem: Idempotency, db: Database) -> None:
    function = transfer(idem)
    routes = [Route("/t/{name}", function, methods=["POST"])]
    app = Starlette(
        routes=[
            Host("eur.bank", Router(routes)),
            Host("usd.bank", Router([Mount("/in", routes=routes)])),
            *routes,
        ]
    )
    idem.install(app)
    calls = [("eur.bank", "/t/a"), ("usd.bank", "/in/t/a"), ("elsewhere", "/t/a"), ("eur.bank:8080", "/t/b")]
    answers = asked(idem, app, *({"host": host, "path": path} for host, path in calls))
    assert [each.status_code for each in answers] == [200, 200, 200, 409]
    assert operations(db) == [
        "POST //eur.bank/t/{name}",
        "POST //usd.bank/in/t/{name}",
        "POST /t/{name}",
    ]


class Rewrite:
    """Middleware of a mounted application that sends every path to one route."""

    def __init__(self, app: Any, path: str) -> None:
        self.app = app
        self.path = path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["path"] = scope.get("root_path", "") + self.path
        await self.app(scope, receive, send)


def rewritten(idem: Idempotency, *, operation: str | None) -> Starlette:
    """One function on two routes, and a path that tells nothing of either."""

    @money_moving(operation=operation)
    async def function(request: Request) -> PlainTextResponse:
        await (await idem.connection()).execute(INSERT, (5,))
        return PlainTextResponse("done")

    inner = Starlette(routes=[Route(path, function, methods=["POST"]) for path in ("/a", "/b")])
    inner.add_middleware(Rewrite, path="/a")
    app = Starlette(routes=[Mount("/m", inner)])
    idem.install(app)
    return app


def test_where_the_route_cannot_be_told_nothing_runs_until_the_mark_names_it(
    idem: Idempotency, db: Database
) -> None:
    with pytest.raises(ConfigurationError, match=r"which route led to .*function cannot be told.*operation="):
        finished(idem, lambda: post(rewritten(idem, operation=None), "/m/other", raises=True))
    assert ledger(db) == []
    assert asked(idem, rewritten(idem, operation="named"), {"path": "/m/other"})[0].status_code == 200
    assert operations(db) == ["named"]


def test_a_function_that_no_route_shows_is_named_by_its_path(idem: Idempotency, db: Database) -> None:
    function = transfer(idem)

    async def opaque(scope: Any, receive: Any, send: Any) -> None:
        scope["endpoint"] = function
        await (await function(Request(scope, receive)))(scope, receive, send)

    app = Starlette(routes=[Mount("/raw", opaque)])
    idem.install(app)
    assert [each.status_code for each in asked(idem, app, {"path": "/raw/x"}, {"path": "/raw/x"})] == [
        200,
        200,
    ]
    assert operations(db) == ["POST /raw/x"]


def test_routes_are_looked_up_once_and_anew_when_one_was_added(
    idem: Idempotency, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from idem_runtime.adapters import starlette_routes

    walked: list[str] = []
    real = starlette_routes.walk

    def counting(app: Any, prefix: str = "", *rest: Any) -> Any:
        walked.extend([] if prefix else ["whole table"])
        return real(app, prefix, *rest)

    app = FastAPI()
    pay = transfer(idem)
    app.add_api_route("/first/{name}", pay, methods=["POST"])
    idem.install(app)
    monkeypatch.setattr(starlette_routes, "walk", counting)

    async def main() -> list[int]:
        answers = [await post(app, f"/first/{name}", key=name) for name in "ab"]
        walked.append("added")
        app.add_api_route("/second/{name}", pay, methods=["POST"])
        answers += [await post(app, f"/second/{name}", key=name) for name in "ab"]
        return [each.status_code for each in answers]

    assert finished(idem, main) == [200] * 4
    assert walked == ["whole table", "whole table", "added", "whole table"], "once to check, once to find"
    assert operations(db) == ["POST /first/{name}"] * 2 + ["POST /second/{name}"] * 2


def test_two_requests_at_once_on_two_mounts_do_not_borrow_each_others_name(
    idem: Idempotency, db: Database
) -> None:
    app, function = FastAPI(), transfer(idem)
    idem.install(app)
    for number in range(5):
        mounted = FastAPI()
        mounted.add_api_route("/t", function, methods=["POST"])
        app.mount(f"/m{number}", mounted)

    async def main() -> list[str]:
        answers = await asyncio.gather(*(post(app, f"/m{number}/t") for number in range(5)))
        return [each.text for each in answers]

    assert finished(idem, main) == [f"/m{number}/t" for number in range(5)]
    assert sorted(operations(db)) == [f"POST /m{number}/t" for number in range(5)]
