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


DEPLOYMENTS = [
    ("", "", ""),
    ("/api", "", ""),  # the proxy strips its prefix
    ("/api", "", "/api"),  # it does not
    ("", "/api", "/api"),  # uvicorn --root-path
    ("", "/eur", "/eur"),  # and one that looks like a route
]


@pytest.mark.filterwarnings("ignore:The `root_path` parameter is deprecated")
@pytest.mark.parametrize(("applications_own", "servers", "prefix"), DEPLOYMENTS)
def test_the_root_path_of_a_proxy_is_no_part_of_the_name(
    idem: Idempotency, db: Database, applications_own: str, servers: str, prefix: str
) -> None:
    app, router = FastAPI(root_path=applications_own), APIRouter()
    idem.install(app)
    router.add_api_route("/t/{name}", transfer(idem), methods=["POST"])
    app.include_router(router, prefix="/eur")
    app.post("/usd/t/{name}")(transfer(idem))
    paths = [f"{prefix}/{currency}/t/a" for currency in ("eur", "usd", "eur")]
    answers = asked(idem, app, *({"path": path, "root_path": servers} for path in paths))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[2].headers["idempotent-replayed"] == "true"
    assert operations(db) == ["POST /eur/t/{name}", "POST /usd/t/{name}"]
    assert ledger(db) == [5, 5]


@pytest.mark.parametrize(("servers", "prefix"), [("", ""), ("/api", "/api")])
def test_mounts_below_the_protected_application_are_part_of_the_name(
    idem: Idempotency, db: Database, servers: str, prefix: str
) -> None:
    parent = FastAPI()
    for currency in ("eur", "usd"):
        mounted = FastAPI()
        mounted.add_api_route("/t/{name}", transfer(idem), methods=["POST"])
        parent.mount(f"/{currency}", mounted)
    idem.install(parent)
    paths = [f"{prefix}/{currency}/t/a" for currency in ("eur", "usd")]
    answers = asked(idem, parent, *({"path": path, "root_path": servers} for path in paths))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert operations(db) == ["POST /eur/t/{name}", "POST /usd/t/{name}"]
    assert ledger(db) == [5, 5]


@pytest.mark.parametrize(("servers", "prefix"), [("", ""), ("/api", "/api")])
def test_a_protected_application_that_is_mounted_twice_executes_once(
    idem: Idempotency, db: Database, servers: str, prefix: str
) -> None:
    """It cannot see where it is mounted before a request comes: the other mount's key is refused, never run."""
    parent, mounted = FastAPI(), FastAPI()
    mounted.add_api_route("/t/{name}", transfer(idem), methods=["POST"])
    idem.install(mounted)
    for version in ("/v1", "/v2"):
        parent.mount(version, mounted)
    paths = [f"{prefix}/{version}/t/a" for version in ("v1", "v2", "v1")]
    answers = asked(idem, parent, *({"path": path, "root_path": servers} for path in paths))
    assert [answer.status_code for answer in answers] == [200, 409, 200]
    assert answers[1].json()["code"] == "key_reused"
    assert operations(db) == ["POST /t/{name}"]
    assert ledger(db) == [5]


def test_hosts_are_part_of_the_name(idem: Idempotency, db: Database) -> None:
    def routes() -> list[Any]:
        return [Route("/t/{name}", transfer(idem), methods=["POST"])]

    app = Starlette(
        routes=[
            Host("eur.bank", Router(routes())),
            Host("usd.bank", Router([Mount("/in", routes=routes())])),
            *routes(),
        ]
    )
    idem.install(app)
    calls = [("eur.bank", "/t/a"), ("usd.bank", "/in/t/a"), ("elsewhere", "/t/a"), ("eur.bank:8080", "/t/b")]
    answers = asked(idem, app, *({"host": host, "path": path} for host, path in calls))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 409]
    assert operations(db) == [
        "POST //eur.bank/t/{name}",
        "POST //usd.bank/in/t/{name}",
        "POST /t/{name}",
    ]


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


def test_a_second_route_that_comes_after_the_start_needs_a_name_before_anything_runs_again(
    idem: Idempotency, db: Database
) -> None:
    app, pay = FastAPI(), transfer(idem)
    app.add_api_route("/first/{name}", pay, methods=["POST"])
    idem.install(app)

    async def main() -> None:
        assert (await post(app, "/first/a")).status_code == 200
        app.add_api_route("/second/{name}", pay, methods=["POST"])
        for path in ("/second/a", "/first/b"):
            with pytest.raises(
                ConfigurationError, match=r"/first/\{name\} and /second/\{name\}.*operation='…'"
            ):
                await post(app, path, key=path, raises=True)

    finished(idem, main)
    assert operations(db) == ["POST /first/{name}"]


def test_the_routing_table_is_looked_through_once_to_check_and_once_for_names(
    idem: Idempotency, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from idem_runtime.adapters.starlette import routes

    walked: list[str] = []
    real = routes.walk

    def counting(app: Any, prefix: str = "", *rest: Any) -> Any:
        walked.extend([] if prefix else ["whole table"])
        return real(app, prefix, *rest)

    app = FastAPI()
    app.add_api_route("/first/{name}", transfer(idem), methods=["POST"])
    idem.install(app)
    monkeypatch.setattr(routes, "walk", counting)

    async def main() -> list[int]:
        answers = [await post(app, f"/first/{name}", key=name) for name in "ab"]
        walked.append("added")
        app.add_api_route("/second/{name}", transfer(idem), methods=["POST"])
        answers += [await post(app, f"/second/{name}", key=name) for name in "ab"]
        return [answer.status_code for answer in answers]

    assert finished(idem, main) == [200] * 4
    assert walked == ["whole table", "whole table", "added", "whole table"]
    assert operations(db) == ["POST /first/{name}"] * 2 + ["POST /second/{name}"] * 2


def test_two_requests_at_once_on_two_mounts_do_not_borrow_each_others_name(
    idem: Idempotency, db: Database
) -> None:
    app = FastAPI()
    idem.install(app)
    for number in range(5):
        mounted = FastAPI()
        mounted.add_api_route("/t", transfer(idem), methods=["POST"])
        app.mount(f"/m{number}", mounted)

    async def main() -> list[str]:
        answers = await asyncio.gather(*(post(app, f"/m{number}/t") for number in range(5)))
        return [answer.text for answer in answers]

    assert finished(idem, main) == [f"/m{number}/t" for number in range(5)]
    assert sorted(operations(db)) == [f"POST /m{number}/t" for number in range(5)]
