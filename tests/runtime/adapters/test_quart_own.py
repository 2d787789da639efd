"""What is Quart's own: hooks, views, error handlers, forms, background tasks, start and end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import psycopg
import pytest
from quart import Blueprint, Quart, Response, after_this_request, g, request, session
from quart.signals import appcontext_pushed
from quart.testing.app import LifespanError
from quart.views import MethodView
from starlette.applications import Starlette
from werkzeug.wrappers import Response as WerkzeugResponse

from idem_runtime import ConfigurationError, Idempotency, money_moving, not_money_moving
from tests.runtime.adapters import asking
from tests.runtime.adapters.asking import INSERT, PATIENCE, Wire, finished, operations, tenant
from tests.runtime.adapters.contract import code, ledger, records

Database = psycopg.Connection[Any]
Posts = Callable[..., list[httpx.Response]]


@pytest.fixture
def idem(dsn: str, db: Database) -> Idempotency:
    return Idempotency(dsn, principal=tenant, cap=1000, body_cap=2000)


@pytest.fixture
def app(idem: Idempotency) -> Quart:
    app = Quart("own")
    app.secret_key = "secret"
    idem.install(app)
    return app


@pytest.fixture
def pay(idem: Idempotency) -> Callable[[], Awaitable[None]]:
    async def pay() -> None:
        await (await idem.connection()).execute(INSERT, (5,))

    return pay


@pytest.fixture
def posts(idem: Idempotency) -> Posts:
    def run(app: Any, *calls: dict[str, Any]) -> list[httpx.Response]:
        return asking.asked(idem, app, *calls)

    return run


def test_a_quart_that_is_not_known_here_is_refused_with_the_one_that_is(
    idem: Idempotency, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dispatch(self: Quart, request: Any) -> None: ...

    monkeypatch.delattr("quart.globals.request_ctx", raising=False)
    monkeypatch.setattr(Quart, "full_dispatch_request", dispatch)
    with pytest.raises(ConfigurationError, match=r"pip install 'quart<0\.24'"):
        idem.install(Quart("newer"))


def replayed(answers: list[httpx.Response]) -> list[bool]:
    return ["idempotent-replayed" in answer.headers for answer in answers]


# What answers


class Declined(Exception):
    """The domain's own."""


def test_what_an_error_handler_answers_is_recorded(app: Quart, db: Database, pay: Any, posts: Posts) -> None:
    runs: list[int] = []

    @app.errorhandler(Declined)
    async def declined(error: Declined) -> Any:
        return {"error": str(error)}, 402

    @app.post("/t")
    @money_moving
    async def t() -> Any:
        await pay()
        runs.append(1)
        raise Declined("insufficient")

    answers = posts(app, {}, {})
    assert [(each.status_code, each.json()) for each in answers] == [(402, {"error": "insufficient"})] * 2
    assert (replayed(answers), runs, ledger(db)) == ([False, True], [1], [])


def test_a_replay_keeps_what_after_request_says_of_this_request(
    app: Quart, db: Database, pay: Any, posts: Posts
) -> None:
    requests: list[int] = []

    @app.after_request
    async def numbered(response: Response) -> Response:
        requests.append(1)
        response.headers["x-request"] = str(len(requests))
        response.set_cookie("seen", str(len(requests)))
        response.status_code = 202
        return response

    @app.post("/t")
    @money_moving
    async def t() -> str:
        await pay()
        return "done"

    first, again = posts(app, {}, {})
    assert [(each.status_code, each.text) for each in (first, again)] == [(202, "done")] * 2
    assert [each.headers["x-request"] for each in (first, again)] == ["1", "2"]
    assert [each.headers["set-cookie"] for each in (first, again)] == ["seen=1; Path=/", "seen=2; Path=/"]
    assert ledger(db) == [5]


async def parts() -> AsyncIterator[bytes]:
    yield b"parts"


@pytest.mark.parametrize(
    ("answer", "stored"),
    [
        (lambda: WerkzeugResponse("plain"), True),
        (lambda: WerkzeugResponse(iter(["a"])), False),
        (lambda: WerkzeugResponse(iter(["abcde"]), headers={"content-length": "5"}), True),
        (parts, False),
        (lambda: Response(parts(), headers={"content-length": "5"}), True),
        (lambda: Response(parts(), headers={"content-length": "5000"}), False),
        (lambda: Response(status=204), True),
    ],
    ids=[
        "werkzeug",
        "streamed",
        "announced",
        "generator",
        "announced generator",
        "announced too much",
        "empty",
    ],
)
def test_a_stream_is_stored_where_its_length_is_known(
    app: Quart, db: Database, pay: Any, posts: Posts, answer: Any, stored: bool
) -> None:
    @app.post("/t")
    @money_moving
    async def t() -> Any:
        await pay()
        return answer()

    first, again = posts(app, {}, {})
    assert replayed([first, again]) == [False, stored]
    if stored:
        assert first.content == again.content
    else:
        assert code(first) == "response_unstorable"
    assert ledger(db) == ([5] if stored else [])


# Before the view


def test_admission_may_come_before_what_may_refuse_a_retry(
    app: Quart, idem: Idempotency, db: Database, pay: Any
) -> None:
    closed: list[bool] = []

    @app.before_request
    async def still_open() -> Any:
        await idem.admitted()
        return ("closed", 403) if closed else None

    class Pay(MethodView):
        @money_moving
        def post(self) -> str:
            idem.sync_connection().execute(INSERT, (5,))
            return "paid"

    app.add_url_rule("/t", view_func=Pay.as_view("pay"))

    async def main() -> list[httpx.Response]:
        first = await asking.post(app)
        closed.append(True)
        return [
            first,
            await asking.post(app),
            await asking.post(app, key="other"),
            await asking.post(app, "/"),
        ]

    answers: list[httpx.Response] = finished(idem, main)
    assert [each.status_code for each in answers] == [200, 200, 403, 403]
    assert replayed(answers) == [False, True, False, False]
    assert (ledger(db), records(db)) == ([5], 1)


class Conflict:
    def __init__(self, times: int = 1) -> None:
        self.left = times
        self.runs: list[Any] = []

    def __call__(self, seen: Any) -> None:
        self.runs.append(seen)
        if self.left:
            self.left -= 1
            raise psycopg.errors.SerializationFailure


@pytest.mark.parametrize("changes", [False, True])
@pytest.mark.parametrize("sent", [{"json": {"amount": 5}}, {"json": None, "data": {"amount": "5"}}])
def test_a_conflict_sends_the_same_request_through_again(
    app: Quart, db: Database, pay: Any, posts: Posts, sent: dict[str, Any], changes: bool
) -> None:
    conflict, after = Conflict(), list[int]()

    async def pushed(_: Quart, **_options: Any) -> None:  # Quart 0.23 hands on an option of its own
        g.who = "alice"

    @app.before_request
    async def before() -> None:
        if changes:
            session["visits"] = session.get("visits", 0) + 1

    @app.post("/t")
    @money_moving
    async def t() -> Any:
        @after_this_request
        async def count(response: Response) -> Response:
            after.append(1)
            return response

        assert "seen" not in g
        g.seen = 1
        await pay()
        form = dict(await request.form)
        conflict((form or await request.get_json(), g.who, session.get("visits")))
        return "done"

    with appcontext_pushed.connected_to(pushed, app):
        assert posts(app, sent)[0].status_code == 200
    assert conflict.runs[0] == conflict.runs[1]
    assert (after, ledger(db)) == ([1], [5])


def test_a_conflict_that_stays_is_told_after_the_last_try(
    app: Quart, idem: Idempotency, db: Database, posts: Posts
) -> None:
    @app.post("/t")
    @money_moving
    def t() -> Any:
        idem.sync_connection().execute(INSERT, (5,))
        raise psycopg.errors.SerializationFailure

    (told,) = posts(app, {})
    assert (told.status_code, code(told)) == (503, "retries_exhausted")
    assert ledger(db) == []


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 500):
        yield b"x" * 500
        await asyncio.sleep(0)
    yield b"x" * (size % 500)


@pytest.mark.parametrize(
    ("size", "announced", "own", "status"),
    [
        (1500, True, None, 200),
        (1500, False, 16_000, 200),
        (2001, True, None, 413),
        (2001, False, None, 413),
        (20_000, False, 16_000, 413),
        (600, True, 500, 413),
    ],
)
def test_the_body_is_read_up_to_the_smaller_of_two_limits(
    app: Quart, db: Database, pay: Any, posts: Posts, size: int, announced: bool, own: int | None, status: int
) -> None:
    app.config["MAX_CONTENT_LENGTH"] = own

    @app.post("/t")
    @money_moving
    async def t() -> str:
        await pay()
        return str(len(await request.get_data()))

    (told,) = posts(app, {"json": None, "content": b"x" * size if announced else chunks(size)})
    assert told.status_code == status
    if status == 413:
        assert ("problem" in told.headers["content-type"]) == (own != 500)
    assert ledger(db) == ([5] if status == 200 else [])


def test_a_body_that_came_before_anybody_asked_is_refused_by_its_size(
    app: Quart, db: Database, pay: Any
) -> None:
    """A body without its announced length, which is there when the dispatch begins."""

    @app.post("/t")
    @money_moving
    async def t() -> None:
        await pay()

    async def main() -> Any:
        async with app.test_request_context(
            "/t", method="POST", headers={"idempotency-key": "k", "x-tenant": "alice"}, data=b"x" * 2001
        ) as context:
            context.request.headers.pop("content-length", None)
            return await app.full_dispatch_request(context)

    told = asyncio.run(main())
    assert (told.status_code, b"body_too_large" in asyncio.run(told.get_data(as_text=False))) == (413, True)
    assert ledger(db) == []


def test_the_body_may_be_read_again_whole_and_as_a_form(
    app: Quart, db: Database, pay: Any, posts: Posts
) -> None:
    @app.post("/t")
    @money_moving
    async def t() -> Any:
        await pay()
        whole, form = await request.get_data(), await request.form
        return {"whole": [whole.decode(), (await request.get_data()).decode()], "form": form["amount"]}

    (answer,) = posts(app, {"json": None, "data": {"amount": "5"}})
    assert answer.json() == {"whole": ["amount=5"] * 2, "form": "5"}


def test_a_body_that_does_not_come_is_told_in_time(
    app: Quart, idem: Idempotency, db: Database, pay: Any
) -> None:
    app.config["BODY_TIMEOUT"] = 0.05
    wire = Wire(body=b'{"amount"', more_body=True)

    @app.post("/t")
    @money_moving
    async def t() -> None:
        await pay()

    async def main() -> None:
        going = asyncio.create_task(wire.go(app))
        await wire.started.wait()
        wire.left.set()
        await going

    finished(idem, main)
    assert wire.status == 408
    assert ledger(db) == []


def test_nothing_is_read_without_a_key_and_nothing_of_an_unknown_path(
    app: Quart, db: Database, pay: Any, posts: Posts
) -> None:
    @app.post("/t")
    @money_moving
    async def t() -> None:
        await pay()

    keyless, lost = posts(app, {"key": None, "json": None, "content": b"x" * 2001}, {"path": "/nowhere"})
    assert (code(keyless), lost.status_code) == ("key_missing", 404)


def test_a_client_that_leaves_undoes_the_cancelled_view(
    app: Quart, idem: Idempotency, db: Database, pay: Any
) -> None:
    wire, started = Wire(), asyncio.Event()
    runs: list[int] = []

    @app.post("/t")
    @money_moving
    async def t() -> str:
        await pay()
        runs.append(1)
        if len(runs) == 1:
            started.set()
            await asyncio.sleep(PATIENCE)
        return "done"

    async def main() -> httpx.Response:
        going = asyncio.create_task(wire.go(app))
        await started.wait()
        wire.left.set()
        await going
        return await asking.post(app)

    answer: httpx.Response = finished(idem, main)
    assert (answer.status_code, replayed([answer]), len(runs)) == (200, [False], 2)
    assert ledger(db) == [5]


# What is lent, and what comes after


def test_what_an_unmarked_view_writes_is_committed_before_its_answer(
    app: Quart, idem: Idempotency, db: Database, pay: Any, posts: Posts
) -> None:
    @app.post("/t")
    async def t() -> str:
        await pay()
        return "done"

    @app.post("/fails")
    async def fails() -> Any:
        await pay()
        raise Declined

    @app.errorhandler(Declined)
    async def declined(error: Declined) -> Any:
        return "declined", 402

    assert [each.status_code for each in posts(app, {}, {"path": "/fails"})] == [200, 402]
    assert ledger(db) == [5]


@pytest.mark.parametrize("threaded", [False, True])
def test_background_tasks_of_a_marked_view_begin_after_the_commit(
    app: Quart, idem: Idempotency, db: Database, threaded: bool
) -> None:
    seen: list[Any] = []
    done = asyncio.Event()

    async def after(what: str) -> None:
        seen.append((what, ledger(db)))
        done.set()

    @app.post("/async")
    @money_moving
    async def a() -> Any:
        await (await idem.connection()).execute(INSERT, (5,))
        app.add_background_task(after, "marked")
        if request.headers["idempotency-key"] == "fails":
            raise Declined
        return "done"

    @app.post("/sync")
    @money_moving
    def s() -> Any:
        idem.sync_connection().execute(INSERT, (5,))
        app.add_background_task(after, "marked")
        return "done"

    @app.post("/unmarked")
    async def unmarked() -> str:
        app.add_background_task(after, what="unmarked")
        return "done"

    async def main() -> None:
        path = "/sync" if threaded else "/async"
        assert (await asking.post(app, "/async", key="fails")).status_code == 500
        for _ in range(2):
            await asking.post(app, path)
            await done.wait()
        done.clear()
        await asking.post(app, "/unmarked", key=None)
        await done.wait()

    finished(idem, main)
    assert seen == [("marked", [5]), ("unmarked", [5])]


# Rules


def test_blueprints_views_and_hosts_are_admitted_under_their_rule(
    idem: Idempotency, db: Database, pay: Any, posts: Posts
) -> None:
    app, hosts = Quart("paths"), Quart("hosts", host_matching=True, static_host="static")
    idem.install(app)
    idem.install(hosts)
    wallet, inner = Blueprint("wallet", "wallet", url_prefix="/wallet"), Blueprint("inner", "inner")

    @inner.post("/<int:n>/t")
    @money_moving
    async def t(n: int, db: Any = idem.lent) -> str:
        await db.execute(INSERT, (n,))
        return "done"

    class Decorated(MethodView):
        decorators = [money_moving(operation="decorated", connection="inside")]

        async def post(self) -> str:
            await pay()
            return "done"

    wallet.register_blueprint(inner)
    app.register_blueprint(wallet)
    app.add_url_rule("/d", view_func=Decorated.as_view("d"))

    @hosts.post("/h", host="pay.example")
    @money_moving
    async def h() -> str:
        await pay()
        return "done"

    for application, path in ((app, "/wallet/7/t"), (app, "/d"), (hosts, "/h")):
        assert replayed(posts(application, *[{"path": path, "host": "pay.example"}] * 2)) == [False, True]
    assert operations(db) == ["POST /wallet/<int:n>/t", "decorated", "POST //pay.example/h"]
    assert ledger(db) == [7, 5, 5]


def test_the_mount_belongs_to_the_fingerprint(app: Quart, db: Database, pay: Any, posts: Posts) -> None:
    @app.post("/t")
    @money_moving
    async def t() -> str:
        await pay()
        return "done"

    outer = Starlette()
    outer.mount("/below", app)
    assert replayed(posts(outer, {"path": "/below/t"}, {"path": "/below/t"})) == [False, True]
    assert code(posts(app, {})[0]) == "key_reused"
    assert operations(db) == ["POST /t"]


nowhere = Idempotency("postgresql://nowhere.invalid/", principal=tenant)


async def unmarked() -> str:
    return "open"


@money_moving
async def elsewhere() -> None: ...


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (unmarked, r"not marked .*POST /wallet/t \(endpoint 't'"),
        (elsewhere, r"does not show where(.|\n)*idem.lent"),
        (None, "endpoint 't'"),
    ],
)
def test_what_is_wrong_is_refused_at_start_up_and_at_every_request(view: Any, says: str) -> None:
    app = Quart("wrong")
    nowhere.install(app, require_marks=("wallet",))
    app.add_url_rule("/wallet/t", "t", view, methods=["POST"])

    async def start() -> None:
        async with app.test_app():
            pass

    async def main() -> None:
        with pytest.raises(LifespanError, match=says):
            await start()
        for _ in range(2):
            assert (await app.test_client().post("/wallet/t")).status_code == 500

    asyncio.run(main())


def test_what_is_right_starts_and_ends(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, principal=tenant)
    app = Quart("right")
    idem.install(app, require_marks=True)

    @app.post("/quotes")
    @not_money_moving(reason="reads")
    async def quotes() -> str:
        return "1"

    async def main() -> str:
        async with app.test_app() as running:
            answer = await running.test_client().post("/quotes")
            return await answer.get_data(as_text=True)

    assert asyncio.run(main()) == "1"


def test_an_application_that_never_began_may_end() -> None:
    app = Quart("never")
    nowhere.install(app)
    app.before_serving_funcs.clear()

    async def main() -> None:
        async with app.test_app():
            pass

    asyncio.run(main())


def test_a_second_install_is_refused() -> None:
    app = Quart("twice")
    nowhere.install(app)
    with pytest.raises(ConfigurationError, match="one is enough"):
        nowhere.install(app)
