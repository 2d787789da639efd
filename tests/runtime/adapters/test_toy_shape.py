"""What other frameworks will need of the shared passage, shown with the toy adapter."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import werkzeug.test

from idem_runtime import Idempotency, NotInstalled, money_moving
from idem_runtime.errors import StoreUnavailable
from idem_runtime.idempotency import runtime_of
from idem_runtime.model import StoreError
from idem_runtime.protocol import local_effect
from tests.runtime.adapters import toy
from tests.runtime.adapters.asking import INSERT, PATIENCE, Database
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.adapters.toy_framework import Answer, Toy, ToyError


def principal(request: Any) -> str:
    return str(request.headers["x-tenant"])


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    idem = Idempotency(dsn, principal=principal)
    yield idem
    idem.close()


@pytest.fixture
def elsewhere(dsn: str) -> Iterator[Idempotency]:
    """As of another process."""
    other = Idempotency(dsn, principal=principal)
    yield other
    other.close()


@pytest.fixture
def app() -> Toy:
    return Toy()


def post(app: Toy, path: str = "/t", **more: Any) -> werkzeug.test.TestResponse:
    headers = {"x-tenant": "alice", "idempotency-key": "k", **more.pop("headers", {})}
    return werkzeug.test.Client(app).post(path, json={"amount": 5}, headers=headers, **more)


def install(idem: Idempotency, app: Toy) -> None:
    toy.install(runtime_of(idem), app)


def replays(answer: werkzeug.test.TestResponse) -> bool:
    return "idempotent-replayed" in answer.headers


def code(answer: werkzeug.test.TestResponse) -> str:
    return str(json.loads(answer.data)["code"])


def test_a_body_over_the_cap_is_refused_also_where_an_adapter_reads_all_of_it(
    dsn: str, db: Database, app: Toy
) -> None:
    idem = Idempotency(dsn, principal=principal, body_cap=10)

    @app.post("/t")
    @money_moving(connection="inside")
    def t(body: Any) -> Any:
        raise AssertionError

    install(idem, app)
    assert (post(app).status_code, code(post(app)), records(db)) == (413, "body_too_large", 0)
    idem.close()


class TestEqualMarks:
    """Django's ``method_decorator`` decorates a method anew at every call."""

    def test_a_mark_that_is_made_anew_for_a_call_is_the_handlers(
        self, app: Toy, idem: Idempotency, db: Database
    ) -> None:
        class View:
            def pay(self, body: Any) -> Any:
                idem.sync_connection().execute(INSERT, (body["amount"],))
                return 201, {}

            def post(self, body: Any) -> Any:
                return money_moving(operation="pay")(self.pay)(body)

        def view(body: Any) -> Any:
            return View().post(body)

        # what the routing table shows carries a mark of the same function, which is never called itself
        view.__wrapped__ = money_moving(operation="pay")(View.pay)  # type: ignore[attr-defined]
        app.routes["POST", "/t"] = view
        install(idem, app)
        first, again = post(app), post(app)
        assert (first.status_code, again.status_code) == (201, 201)
        assert (replays(first), replays(again)) == (False, True)
        assert (ledger(db), records(db)) == ([5], 1)

    def test_a_mark_with_other_options_made_anew_is_not_the_handlers(
        self, app: Toy, idem: Idempotency, db: Database
    ) -> None:
        def pay(body: Any) -> Any:
            return 201, {}

        def view(body: Any) -> Any:
            with pytest.raises(NotInstalled, match="is not its handler"):
                money_moving(operation="other", connection="inside")(pay)(body)
            return 201, {}

        view.__wrapped__ = money_moving(operation="pay", connection="inside")(pay)  # type: ignore[attr-defined]
        app.routes["POST", "/t"] = view
        install(idem, app)
        assert post(app).status_code == 201
        assert records(db) == 0

    def test_another_function_with_an_equal_mark_is_not_the_handler(
        self, app: Toy, idem: Idempotency, db: Database
    ) -> None:
        """A decorator of the handler's calls it before: it is a call of its own, with what plain functions need."""
        idem.install()
        options: dict[str, Any] = {
            "operation": "t",
            "key": lambda body: "k",
            "principal": lambda body: "alice",
            "connection": "inside",
        }

        @money_moving(**options)
        def audit(body: Any) -> str:
            idem.sync_connection().execute(INSERT, (1,))
            return "audited"

        @money_moving(**options)
        def pay(body: Any) -> Any:
            idem.sync_connection().execute(INSERT, (body["amount"],))
            return 201, {}

        def view(body: Any) -> Any:
            assert audit(body) == "audited"
            return pay(body)

        view.__wrapped__ = pay  # type: ignore[attr-defined]
        app.routes["POST", "/t"] = view
        install(idem, app)
        # they share operation, principal and key, but not the function: what one is asked is not what the other is
        assert code(post(app)) == "key_reused"
        assert ledger(db) == [1]


class TestTimeLeft:
    """Who calls with a deadline (gRPC) is not made to wait longer."""

    @pytest.mark.parametrize(
        ("left", "wait"),
        [("0.05", 60), ("-1", 60), ("60", 0.05)],
    )
    @pytest.mark.parametrize("process", ["same", "other"])
    @pytest.mark.parametrize("effect", ["local", "external"])
    def test_it_cuts_how_long_a_duplicate_waits(
        self,
        app: Toy,
        idem: Idempotency,
        elsewhere: Idempotency,
        db: Database,
        left: str,
        wait: float,
        process: str,
        effect: Any,
    ) -> None:
        begun, go_on = threading.Event(), threading.Event()

        def bank(idem: Idempotency, app: Toy) -> Toy:
            @app.post("/t")
            @money_moving(effect=effect, wait=wait, connection="inside" if effect == "local" else None)
            def t(body: Any) -> Any:
                idem.sync_connection().execute(INSERT, (body["amount"],))
                begun.set()
                assert go_on.wait(2 * PATIENCE)
                return 201, {}

            install(idem, app)
            return app

        bank(idem, app)
        other = app if process == "same" else bank(elsewhere, Toy())
        original: list[Any] = []
        duplicate: list[Any] = []
        first = threading.Thread(target=lambda: original.append(post(app)))
        second = threading.Thread(
            target=lambda: duplicate.append(post(other, headers={"x-time-left": left})), daemon=True
        )
        first.start()
        try:
            assert begun.wait(PATIENCE)
            second.start()
            second.join(PATIENCE)
            assert duplicate, "it waits as long as the mark says"
        finally:
            go_on.set()
            first.join()
        assert (code(duplicate[0]), original[0].status_code) == ("in_progress", 201)
        assert ledger(db) == [5]


class TestUndoneInTheDecorator:
    """What a handler raises is undone before its framework sees it."""

    def test_the_frameworks_error_handler_finds_nothing_of_the_handler(
        self, app: Toy, idem: Idempotency, dsn: str, db: Database
    ) -> None:
        """Were the handler's row still there, the same one on another connection would wait for it."""
        seen: list[Any] = []

        @app.post("/t")
        @money_moving
        def t(body: Any) -> Any:
            idem.sync_connection().execute("INSERT INTO ledger (id, amount) VALUES (1, 5)")
            raise ToyError(402, "insufficient")

        usual = app.on_error

        def on_error(error: ToyError) -> Answer:
            row = idem.sync_connection().execute("SELECT count(*) FROM ledger").fetchone()
            seen.append(row)
            with psycopg.connect(dsn, autocommit=True) as own:
                own.execute("SET lock_timeout = '2s'")
                own.execute("INSERT INTO ledger (id, amount) VALUES (1, 0)")
            return usual(error)

        app.on_error = on_error  # type: ignore[method-assign]
        install(idem, app)
        first, again = post(app), post(app)
        assert (first.status_code, again.status_code, again.data) == (402, 402, first.data)
        assert (replays(again), seen) == (True, [(0,)])
        assert (ledger(db), records(db)) == ([0], 1)

    @pytest.mark.parametrize(("status", "kept"), [(402, True), (409, True), (503, False), (429, False)])
    def test_its_answer_is_recorded_also_where_the_part_around_the_claim_was_rolled_back(
        self, app: Toy, idem: Idempotency, db: Database, status: int, kept: bool
    ) -> None:
        @money_moving
        def handler(body: Any) -> Any:
            idem.sync_connection().execute(INSERT, (body["amount"],))
            raise ToyError(status)

        def around(body: Any) -> Any:
            with idem.sync_connection().transaction():
                idem.sync_connection().execute(INSERT, (1,))
                return handler(body)

        around.__wrapped__ = handler  # type: ignore[attr-defined]
        app.routes["POST", "/t"] = around
        install(idem, app)
        first, again = post(app), post(app)
        assert (first.status_code, again.status_code, again.data) == (status, status, first.data)
        assert (replays(first), replays(again)) == (False, kept)
        assert (ledger(db), records(db)) == ([], int(kept))

    @pytest.mark.parametrize("part", [True, False])
    def test_a_success_made_of_what_it_raised_is_refused(
        self, app: Toy, idem: Idempotency, db: Database, part: bool
    ) -> None:
        """The effect is gone by then, so that nobody may be told of it as done."""

        @money_moving
        def handler(body: Any) -> Any:
            idem.sync_connection().execute(INSERT, (body["amount"],))
            raise RuntimeError

        def around(body: Any) -> Any:
            try:
                if part:
                    with idem.sync_connection().transaction():
                        return handler(body)
                return handler(body)
            except RuntimeError:
                return 200, "done"

        around.__wrapped__ = handler  # type: ignore[attr-defined]
        app.routes["POST", "/t"] = around
        install(idem, app)
        assert [(post(app).status_code, code(post(app)))] == [(500, "raised_success")]
        assert (ledger(db), records(db)) == ([], 0)

    def test_a_row_that_is_written_after_it_raised_is_undone_too(
        self, app: Toy, idem: Idempotency, db: Database
    ) -> None:
        @app.post("/t")
        @money_moving
        def t(body: Any) -> Any:
            idem.sync_connection().execute(INSERT, (body["amount"],))
            raise ToyError(402)

        usual = app.on_error

        def on_error(error: ToyError) -> Answer:
            idem.sync_connection().execute(INSERT, (9,))
            return usual(error)

        app.on_error = on_error  # type: ignore[method-assign]
        install(idem, app)
        assert [post(app).status_code, post(app).status_code] == [402, 402]
        assert (ledger(db), records(db)) == ([], 1)


class TestSwallowing:
    """An application that answers whatever is raised does not get to see that its handler has to go again."""

    @pytest.fixture
    def swallowing(self, app: Toy, idem: Idempotency) -> Toy:
        @money_moving
        def handler(body: Any) -> Any:
            idem.sync_connection().execute(INSERT, (body["amount"],))
            return 201, {"amount": body["amount"]}

        def around(body: Any) -> Any:
            try:
                return handler(body)
            except Exception:
                return 200, "swallowed"

        around.__wrapped__ = handler  # type: ignore[attr-defined]
        app.routes["POST", "/t"] = around
        install(idem, app)
        return app

    @pytest.mark.parametrize("losses", [1, 3])
    def test_a_claim_that_loses_a_conflict_comes_again(
        self, swallowing: Toy, db: Database, losses: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, left = local_effect.admit, [None] * losses

        def admit(*args: Any, **kwargs: Any) -> Any:
            if left:
                left.pop()
                raise StoreError("40001")
            return (yield from real(*args, **kwargs))

        monkeypatch.setattr(local_effect, "admit", admit)
        first, again = post(swallowing), post(swallowing)
        assert (first.status_code, again.status_code, again.data) == (201, 201, first.data)
        assert (ledger(db), records(db)) == ([5], 1)

    def test_a_claim_that_loses_every_time_says_so(
        self, swallowing: Toy, idem: Idempotency, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def admit(*args: Any, **kwargs: Any) -> Any:
            raise StoreError("40001")
            yield

        monkeypatch.setattr(local_effect, "admit", admit)
        assert code(post(swallowing)) == "retries_exhausted"
        assert (ledger(db), records(db)) == ([], 0)

    def test_a_claim_that_ends_a_deadlock_comes_again(
        self, app: Toy, idem: Idempotency, elsewhere: Idempotency, db: Database
    ) -> None:
        """What was done before the claim holds what the original, in another process, waits for."""
        db.execute("INSERT INTO ledger (id, amount) VALUES (100, 0)")
        db.execute("SELECT setval('ledger_id_seq', 100)")
        claimed, locked = threading.Event(), threading.Event()
        rounds: list[int] = []
        lock = "SELECT 1 FROM ledger WHERE id = 100 FOR UPDATE"

        def bank(idem: Idempotency, app: Toy, *, original: bool) -> Toy:
            @money_moving(wait=PATIENCE)
            def handler(body: Any) -> Any:
                connection = idem.sync_connection()
                if original:
                    claimed.set()
                    assert locked.wait(PATIENCE)
                    connection.execute("SET LOCAL deadlock_timeout = '1min'")
                    connection.execute(lock)
                connection.execute(INSERT, (body["amount"],))
                return 201, {"amount": body["amount"]}

            def around(body: Any) -> Any:
                if not original:
                    rounds.append(1)
                    connection = idem.sync_connection()
                    connection.execute("SET LOCAL deadlock_timeout = '50ms'")
                    connection.execute(lock)
                    locked.set()
                try:
                    return handler(body)
                except Exception:
                    return 200, "swallowed"

            around.__wrapped__ = handler  # type: ignore[attr-defined]
            app.routes["POST", "/t"] = around
            install(idem, app)
            return app

        first = bank(elsewhere, Toy(), original=True)
        second = bank(idem, app, original=False)
        answers: list[Any] = []
        thread = threading.Thread(target=lambda: answers.append(post(first)))
        thread.start()
        assert claimed.wait(PATIENCE)
        answers.append(post(second))
        thread.join(PATIENCE)
        assert [answer.status_code for answer in answers] == [201, 201]
        assert sorted(map(replays, answers)) == [False, True]
        assert (len(rounds), ledger(db), records(db)) == (2, [0, 5], 1)

    @pytest.mark.parametrize("when", ["claim", "handler", "seal"])
    def test_a_connection_that_is_lost_gives_the_right_answer(
        self, app: Toy, idem: Idempotency, db: Database, when: str
    ) -> None:
        rounds: list[int] = []

        def cut(here: str) -> None:
            if here == when and len(rounds) == 1:
                row = idem.sync_connection().execute("SELECT pg_backend_pid()").fetchone()
                assert row is not None
                db.execute("SELECT pg_terminate_backend(%s, 5000)", row)

        @money_moving
        def handler(body: Any) -> Any:
            cut("handler")
            idem.sync_connection().execute(INSERT, (body["amount"],))
            cut("seal")
            return 201, {"amount": body["amount"]}

        def around(body: Any) -> Any:
            rounds.append(1)
            cut("claim")
            try:
                return handler(body)
            except Exception:
                return 200, "swallowed"

        around.__wrapped__ = handler  # type: ignore[attr-defined]
        app.routes["POST", "/t"] = around
        install(idem, app)
        first, again = post(app), post(app)
        if when == "claim":
            assert (first.status_code, replays(again), len(rounds)) == (201, True, 3)
        else:
            assert code(first) == StoreUnavailable.code
            assert (again.status_code, replays(again)) == (201, False)
        assert (ledger(db), records(db)) == ([5], 1)
