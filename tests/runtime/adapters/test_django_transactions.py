"""What a Django view may do to the transaction that it shares with its record, and what becomes of Django's own callbacks."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async

from idem_runtime import Idempotency, money_moving
from idem_runtime.idempotency import runtime_of
from idem_runtime.model import Pause, Statement, StoreError
from idem_runtime.protocol import local_effect
from tests.runtime.adapters import django_project
from tests.runtime.adapters.contract import Database, ledger, records
from tests.runtime.adapters.django_project import tenant
from tests.runtime.adapters.django_site import code, replays, site

KEYS = 15
PATIENCE = 120.0
"""Seconds after which something that should have happened did not."""
ATOMIC = pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "atomic_requests"])


@pytest.fixture(autouse=True)
def _django(dsn: str) -> None:
    django_project.set_up(dsn)


def write(amount: int = 5, using: str = "default", **more: Any) -> int:
    from tests.runtime.adapters.django_project.models import Entry

    return int(Entry.objects.using(using).create(amount=amount, **more).id)


def answer(status: int = 201, **content: Any) -> Any:
    from django.http import JsonResponse

    return JsonResponse(content, status=status)


class TestEnds:
    """What ends the transaction, or tries to."""

    @ATOMIC
    @pytest.mark.parametrize("how", ["durable", "commit", "rollback", "set_autocommit"])
    def test_what_django_refuses_in_a_transaction_frees_the_key(
        self, dsn: str, db: Database, how: str, atomic: bool
    ) -> None:
        @money_moving
        def view(request: Any) -> Any:
            from django.db import transaction

            write()
            if how == "durable":
                with transaction.atomic(durable=True):
                    write()
            elif how == "set_autocommit":
                transaction.set_autocommit(True)
            else:
                getattr(transaction, how)()
            return answer()

        with site(dsn, view, atomic=atomic) as bank:
            assert bank.post().status_code == 500
        assert (ledger(db), records(db)) == ([], 0)

    @ATOMIC
    @pytest.mark.parametrize("how", ["sql", "driver"])
    def test_a_commit_that_django_does_not_see_makes_the_outcome_unknown(
        self, dsn: str, db: Database, how: str, atomic: bool
    ) -> None:
        @money_moving
        def view(request: Any) -> Any:
            from django.db import connection

            write()
            if how == "sql":
                with connection.cursor() as cursor:
                    cursor.execute("COMMIT")
            else:
                connection.connection.commit()
            return answer()

        with site(dsn, view, atomic=atomic) as bank:
            assert [code(bank.post()), code(bank.post())] == ["transaction_broken", "outcome_unknown"]
        assert ledger(db) == [5]

    @ATOMIC
    @pytest.mark.parametrize(("status", "kept"), [(201, 0), (409, 1)])
    def test_set_rollback_undoes_the_effect(
        self, dsn: str, db: Database, status: int, kept: int, atomic: bool
    ) -> None:
        @money_moving
        def view(request: Any) -> Any:
            from django.db import transaction

            write()
            transaction.set_rollback(True)
            return answer(status)

        with site(dsn, view, atomic=atomic) as bank:
            first, again = bank.post(), bank.post()
            if status == 201:
                assert (code(first), code(again)) == ("transaction_broken", "transaction_broken")
            else:
                assert (first.status_code, replays(first), replays(again)) == (409, False, True)
            bank.post("/t", "other")
        assert (ledger(db), records(db)) == ([], 2 * kept)

    @ATOMIC
    @pytest.mark.parametrize("pool", [False, True], ids=["plain", "pool"])
    @pytest.mark.parametrize("how", ["close", "close_old_connections"])
    @pytest.mark.parametrize(("status", "kept"), [(201, 0), (409, 1)])
    def test_a_connection_that_the_view_closes_undoes_the_effect(
        self, dsn: str, db: Database, how: str, status: int, kept: int, atomic: bool, pool: bool
    ) -> None:
        @money_moving
        def view(request: Any) -> Any:
            from django.db import close_old_connections, connection

            write()
            connection.close() if how == "close" else close_old_connections()
            return answer(status)

        if pool and not django_project.POOLS:
            pytest.skip("this Django has no pools")
        with django_project.options(pool=pool), site(dsn, view, atomic=atomic) as bank:
            first, again = bank.post(), bank.post()
            if status == 201:
                assert (code(first), code(again)) == ("transaction_broken", "transaction_broken")
            else:
                assert (first.status_code, replays(first), replays(again)) == (409, False, True)
        assert (ledger(db), records(db)) == ([], kept)

    @ATOMIC
    def test_an_inner_atomic_block_is_a_part(self, dsn: str, db: Database, atomic: bool) -> None:
        @money_moving
        def view(request: Any) -> Any:
            from django.db import IntegrityError, transaction

            number = write()
            try:
                with transaction.atomic():
                    write(6)
                    write(7, id=number)
            except IntegrityError:
                write(8)
            return answer()

        with site(dsn, view, atomic=atomic) as bank:
            assert [bank.post().status_code, replays(bank.post())] == [201, True]
        assert ledger(db) == [5, 8]

    def test_an_atomic_block_around_the_mark_is_refused(self, dsn: str, db: Database) -> None:
        from django.db import transaction

        @transaction.atomic
        @money_moving
        def view(request: Any) -> Any:
            return answer(id=write())

        with site(dsn, view) as bank:
            bank.client.raise_request_exception = True
            with pytest.raises(Exception, match=r"put @transaction\.atomic below @money_moving"):
                bank.post()
        assert (ledger(db), records(db)) == ([], 0)

    @pytest.mark.parametrize("how", ["returned", "declined", "raised", "conflict"])
    def test_with_atomic_requests_an_atomic_block_around_the_mark_is_a_part(
        self, dsn: str, db: Database, how: str
    ) -> None:
        from django.db import OperationalError, transaction
        from django.http import Http404

        called: list[int] = []
        runs: list[int] = []

        @transaction.atomic
        @money_moving
        def view(request: Any) -> Any:
            runs.append(1)
            transaction.on_commit(lambda: called.append(1))
            write()
            if how == "raised":
                raise Http404
            if how == "conflict" and len(runs) == 1:
                raise OperationalError from psycopg.errors.SerializationFailure()
            return answer(409 if how == "declined" else 201)

        with site(dsn, view, atomic=True) as bank:
            first, again = bank.post(), bank.post()
        status = {"declined": 409, "raised": 404}.get(how, 201)
        assert (first.status_code, replays(first), replays(again)) == (status, False, True)
        assert (ledger(db), records(db)) == ([] if how == "raised" else [5], 1)
        assert called == ([] if how == "raised" else [1])

    def test_an_atomic_block_below_the_mark_is_a_part(self, dsn: str, db: Database) -> None:
        from django.db import transaction

        @money_moving
        @transaction.atomic
        def view(request: Any) -> Any:
            return answer(id=write())

        with site(dsn, view) as bank:
            assert [bank.post().status_code, replays(bank.post())] == [201, True]
        assert ledger(db) == [5]

    @pytest.mark.parametrize("when", ["handler", "seal"])
    def test_a_connection_that_is_lost_gives_the_true_answer(
        self, dsn: str, db: Database, when: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        called: list[int] = []

        def cut() -> None:
            from django.db import connection

            db.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.connection.info.backend_pid,))

        @money_moving
        def view(request: Any) -> Any:
            from django.db import transaction

            transaction.on_commit(lambda: called.append(1))
            if when == "handler":
                cut()
            write()
            cut()
            return answer()

        with site(dsn, view) as bank:
            assert code(bank.post()) == "store_unavailable"
        assert (ledger(db), records(db), called) == ([], 0, [])

    def test_a_commit_whose_acknowledgement_is_lost_is_found_out(
        self, dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from idem_runtime.drivers.django import DjangoSession

        called: list[int] = []
        real = DjangoSession._in_atomic

        def losing(self: Any, statement: Any, deadline: Any) -> Any:
            results = real(self, statement, deadline)
            if statement.name.endswith("+commit"):
                self._committed = False
                self.held.pgconn.finish()
                raise StoreError(None)
            return results

        @money_moving
        def view(request: Any) -> Any:
            from django.db import transaction

            transaction.on_commit(lambda: called.append(1))
            return answer(id=write())

        monkeypatch.setattr(DjangoSession, "_in_atomic", losing)
        with site(dsn, view) as bank:
            assert [bank.post().status_code, replays(bank.post())] == [201, True]
        assert (ledger(db), called) == ([5], [1])

    def test_a_stale_connection_is_replaced(self, dsn: str, db: Database) -> None:
        @money_moving
        def view(request: Any) -> Any:
            return answer(id=write())

        with site(dsn, view) as bank:
            from django.db import connection

            connection.ensure_connection()
            db.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.connection.info.backend_pid,))
            assert bank.post().status_code == 201
        assert ledger(db) == [5]

    def test_a_server_that_can_only_be_read_is_a_store_that_is_away(self, dsn: str, db: Database) -> None:
        @money_moving
        def view(request: Any) -> Any:
            return answer(id=write())

        reading = "-c default_transaction_read_only=on"
        with django_project.options(options=reading), site(dsn, view) as bank:
            assert code(bank.post()) == "store_unavailable"
        assert ledger(db) == []

    def test_a_connection_that_is_lost_before_its_rollback_is_replaced(self, dsn: str, db: Database) -> None:
        from django.db import connection, connections

        idem = Idempotency(using="default")
        store = runtime_of(idem).sync_store()

        def steps() -> Any:
            yield Statement("begin+savepoint", {"savepoint": "one"})
            db.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.connection.info.backend_pid,))
            yield Pause(0.0)

        store.run(steps())
        store.release()
        assert not connection.in_atomic_block
        write()
        connections.close_all()
        assert ledger(db) == [5]

    def test_a_server_that_does_not_answer_a_rollback_is_left(
        self, dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from django.db import connection, connections

        from idem_runtime.drivers import checkout

        def silent(_: Any) -> Any:
            raise psycopg.OperationalError("the store did not answer in time")
            yield

        def steps() -> Any:
            yield Statement("begin+savepoint", {"savepoint": "one"})

        store = runtime_of(Idempotency(using="default")).sync_store()
        store.run(steps())
        monkeypatch.setattr(checkout, "plain_rollback", silent)
        store.release()
        assert connection.connection is None
        connections.close_all()

    def test_a_stream_that_is_left_open_undoes_the_effect(self, dsn: str, db: Database) -> None:
        @money_moving
        def view(request: Any) -> Any:
            from django.db import connection

            write()
            with connection.cursor() as cursor:
                copy = cursor.cursor.copy("COPY ledger (amount) FROM STDIN")
                copy.__enter__().write_row((7,))
            return answer()

        with site(dsn, view) as bank:
            assert code(bank.post()) == "transaction_broken"
        assert (ledger(db), records(db)) == ([], 0)


class TestCallbacks:
    """``transaction.on_commit``."""

    @pytest.fixture
    def called(self) -> list[str]:
        return []

    @ATOMIC
    def test_they_are_called_once_after_the_commit_and_not_for_a_replay(
        self, dsn: str, db: Database, called: list[str], atomic: bool
    ) -> None:
        @money_moving
        def view(request: Any) -> Any:
            from django.db import transaction

            write()
            transaction.on_commit(lambda: called.append(f"{ledger(db)} {records(db)}"))
            return answer()

        with site(dsn, view, atomic=atomic) as bank:
            assert [replays(bank.post()), replays(bank.post())] == [False, True]
        assert called == ["[5] 1"]

    @ATOMIC
    @pytest.mark.parametrize("how", ["raised", "returned", "failed"])
    def test_they_are_not_called_where_the_effect_is_undone(
        self, dsn: str, db: Database, called: list[str], how: str, atomic: bool
    ) -> None:
        from django.http import Http404

        @money_moving
        def view(request: Any) -> Any:
            from django.db import IntegrityError, transaction

            number = write()
            transaction.on_commit(lambda: called.append("called"))
            if how == "raised":
                raise Http404
            if how == "failed":
                with pytest.raises(IntegrityError):
                    write(id=number)
            return answer(409 if how == "failed" else 503)

        with site(dsn, view, atomic=atomic) as bank:
            bank.post()
            assert replays(bank.post()) is (how != "returned")
        assert (ledger(db), called) == ([], [])

    def test_of_an_inner_block_that_is_undone_none_is_called(
        self, dsn: str, db: Database, called: list[str]
    ) -> None:
        @money_moving
        def view(request: Any) -> Any:
            from django.db import transaction

            with pytest.raises(RuntimeError), transaction.atomic():
                transaction.on_commit(lambda: called.append("inner"))
                raise RuntimeError
            write()
            transaction.on_commit(lambda: called.append("outer"), robust=True)
            return answer()

        with site(dsn, view) as bank:
            bank.post()
        assert called == ["outer"]

    def test_one_that_raises_leaves_the_record(self, dsn: str, db: Database, called: list[str]) -> None:
        """As in Django itself the caller gets a 500; the retry learns that it was done."""

        @money_moving
        def view(request: Any) -> Any:
            from django.db import transaction

            write()
            transaction.on_commit(lambda: called.append("before"))
            transaction.on_commit(lambda: 1 / 0)
            return answer()

        with site(dsn, view) as bank:
            first, again = bank.post(), bank.post()
        assert (first.status_code, again.status_code, replays(again)) == (500, 201, True)
        assert (ledger(db), called) == ([5], ["before"])

    def test_a_duplicate_does_not_wait_for_them(self, dsn: str, db: Database) -> None:
        """The record stands before they are called, so that who waits is answered."""
        in_callback, go_on = threading.Event(), threading.Event()
        answers: list[Any] = []

        @money_moving(wait=20)
        def view(request: Any) -> Any:
            from django.db import transaction

            write()
            transaction.on_commit(lambda: (in_callback.set(), go_on.wait(20)))
            return answer()

        with site(dsn, view) as bank:

            def first() -> None:
                from django.db import connections

                answers.append(bank.post())
                connections.close_all()

            thread = threading.Thread(target=first)
            thread.start()
            assert in_callback.wait(20)
            assert replays(bank.post())
            assert not answers
            go_on.set()
            thread.join()
        assert ledger(db) == [5]


class TestErrors:
    """What is raised is undone at once, so that what the application writes about it stays."""

    @ATOMIC
    @pytest.mark.parametrize("status", [402, 500])
    def test_rows_about_an_error_stay_and_the_effect_does_not(
        self, dsn: str, db: Database, status: int, atomic: bool
    ) -> None:
        class Logs:
            def __init__(self, get_response: Any) -> None:
                self.get_response = get_response

            def __call__(self, request: Any) -> Any:
                return self.get_response(request)

            def process_exception(self, request: Any, exception: Exception) -> Any:
                from django.http import HttpResponse

                write(99)
                return HttpResponse("no", status=402) if status == 402 else None

        @money_moving
        def view(request: Any) -> Any:
            write()
            raise RuntimeError

        django_project.urls_module().Logs = Logs
        name = "tests.runtime.adapters.django_project.urls.Logs"
        with site(dsn, view, middleware=[name], atomic=atomic) as bank:
            first, again = bank.post(), bank.post()
        assert (first.status_code, again.status_code, replays(again)) == (status, status, status == 402)
        assert ledger(db) == ([99] if status == 402 else [99, 99])
        assert records(db) == (1 if status == 402 else 0)

    @ATOMIC
    def test_a_row_that_handler500_writes_stays(self, dsn: str, db: Database, atomic: bool) -> None:
        from django.core.signals import got_request_exception

        def note(**_: Any) -> None:
            write(99)

        @money_moving
        def view(request: Any) -> Any:
            write()
            raise RuntimeError

        got_request_exception.connect(note)
        try:
            with site(dsn, view, atomic=atomic) as bank:
                assert bank.post().status_code == 500
        finally:
            got_request_exception.disconnect(note)
        assert (ledger(db), records(db)) == ([99], 0)

    @ATOMIC
    @pytest.mark.parametrize(
        ("raises", "status"), [("Http404", 404), ("PermissionDenied", 403), ("BadRequest", 400)]
    )
    def test_djangos_own_answers_are_recorded_without_the_effect(
        self, dsn: str, db: Database, raises: str, status: int, atomic: bool
    ) -> None:
        from django import http
        from django.core import exceptions

        @money_moving
        def view(request: Any) -> Any:
            write()
            raise (getattr(exceptions, raises, None) or getattr(http, raises))

        with site(dsn, view, atomic=atomic) as bank:
            first, again = bank.post(), bank.post()
        assert (first.status_code, again.status_code, again.content) == (status, status, first.content)
        assert (replays(again), ledger(db), records(db)) == (True, [], 1)

    def test_two_that_raise_at_once_record_one_answer(self, dsn: str, db: Database) -> None:
        """The claim is undone with the effect: in between another may have recorded what the same request came to."""
        from django.http import Http404

        idem = Idempotency(using="default", principal=tenant)
        other = Idempotency(using="default", principal=tenant)
        asked: list[Any] = []

        class Between:
            def __init__(self, get_response: Any) -> None:
                self.get_response = get_response

            def __call__(self, request: Any) -> Any:
                return self.get_response(request)

            def process_exception(self, request: Any, exception: Exception) -> Any:
                if not asked:
                    asked.append(None)
                    thread = threading.Thread(target=ask_other)
                    thread.start()
                    thread.join()

        @money_moving
        def view(request: Any) -> Any:
            write()
            raise Http404

        def ask_other() -> None:
            from django.db import connections

            with site(dsn, view, idem=other) as second:
                asked.append(second.post().status_code)
            connections.close_all()

        django_project.urls_module().Between = Between
        with site(
            dsn, view, idem=idem, middleware=["tests.runtime.adapters.django_project.urls.Between"]
        ) as bank:
            first = bank.post()
        assert (first.status_code, replays(first), asked) == (404, True, [None, 404])
        assert (ledger(db), records(db)) == ([], 1)


class TestAtomicRequests:
    def test_a_view_that_admits_nothing_is_committed_as_django_would(self, dsn: str, db: Database) -> None:
        """Who is refused before the mark (a form, a permission) may have written something."""
        called: list[int] = []

        def around(request: Any) -> Any:
            from django.db import transaction
            from django.http import HttpResponse

            write(1)
            transaction.on_commit(lambda: called.append(1))
            if request.headers.get("x-end") == "raise":
                raise RuntimeError
            return HttpResponse(status=403)

        around.__wrapped__ = money_moving(lambda request: answer())  # type: ignore[attr-defined]
        with site(dsn, around, atomic=True) as bank:
            assert bank.post(headers={"x-end": "raise"}).status_code == 500
            assert (ledger(db), called) == ([], [])
            assert bank.post().status_code == 403
        assert (ledger(db), records(db), called) == ([1], 0, [1])

    def test_what_was_written_before_the_mark_is_in_the_transaction(self, dsn: str, db: Database) -> None:
        def around(view: Any) -> Any:
            def called(request: Any) -> Any:
                write(1)
                return view(request)

            return called

        @around
        @money_moving
        def view(request: Any) -> Any:
            write()
            return answer()

        with site(dsn, view, atomic=True) as bank:
            assert [bank.post().status_code, replays(bank.post())] == [201, True]
        assert ledger(db) == [1, 5]

    def test_get_on_the_same_view_keeps_its_transaction(self, dsn: str, db: Database) -> None:
        seen: list[bool] = []

        @money_moving
        def view(request: Any) -> Any:
            from django.db import connection

            seen.append(connection.in_atomic_block)
            return answer(200)

        with site(dsn, view, atomic=True) as bank:
            for method in ("get", "post", "get"):
                assert bank.post(method=method).status_code == 200
        assert seen == [True, True, True]
        assert records(db) == 1

    def test_a_view_that_wants_no_transaction_gets_one_at_its_mark(self, dsn: str, db: Database) -> None:
        from django.db import connection, transaction

        before: list[bool] = []

        def around(view: Any) -> Any:
            def called(request: Any) -> Any:
                before.append(connection.in_atomic_block)
                return view(request)

            return called

        @transaction.non_atomic_requests
        @around
        @money_moving
        def view(request: Any) -> Any:
            write()
            return answer()

        with site(dsn, view, atomic=True) as bank:
            assert bank.post().status_code == 201
        assert (before, ledger(db)) == ([False], [5])

    def test_an_external_effect_keeps_djangos_own_transaction(self, dsn: str, db: Database) -> None:
        seen: list[bool] = []

        @money_moving(effect="external")
        def view(request: Any) -> Any:
            from django.db import connection

            seen.append(connection.in_atomic_block)
            return answer(id=write())

        with site(dsn, view, atomic=True) as bank:
            assert [bank.post().status_code, replays(bank.post())] == [201, True]
        assert (seen, ledger(db)) == ([True], [5])

    def test_a_bound_method_whose_transaction_cannot_be_taken_over_is_refused(
        self, dsn: str, db: Database
    ) -> None:
        class Views:
            @money_moving
            def pay(self, request: Any) -> Any:
                return answer(id=write())

        with site(dsn, Views().pay, atomic=True) as bank:
            bank.client.raise_request_exception = True
            with pytest.raises(Exception, match="an atomic block of the application's"):
                bank.post()
        with site(dsn, Views().pay) as bank:
            assert bank.post().status_code == 201
        assert ledger(db) == [5]


class TestAgain:
    """A lost conflict runs the view again, from the request as it came in."""

    @ATOMIC
    def test_a_serialization_failure_runs_the_view_again_without_an_error_in_the_log(
        self, dsn: str, db: Database, atomic: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        runs: list[Any] = []

        @money_moving
        def view(request: Any) -> Any:
            from django.db import connection

            runs.append((request.POST["amount"], request.FILES["slip"].read()))
            write()
            if len(runs) == 1:
                with connection.cursor() as cursor:
                    cursor.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")
            return answer()

        with site(dsn, view, atomic=atomic, middleware=SESSIONS) as bank:
            form = {"amount": "5", "slip": slip()}
            from django.test.client import MULTIPART_CONTENT

            assert bank.post(data=form, content_type=MULTIPART_CONTENT).status_code == 201
        assert runs == [("5", b"paid"), ("5", b"paid")]
        assert (ledger(db), records(db)) == ([5], 1)
        assert "django.request" not in {record.name for record in caplog.records}

    @ATOMIC
    def test_conflicts_for_ever_end(self, dsn: str, db: Database, atomic: bool) -> None:
        from django.db import OperationalError

        @money_moving
        def view(request: Any) -> Any:
            write()
            raise OperationalError from psycopg.errors.SerializationFailure()

        with site(
            dsn, view, idem=Idempotency(using="default", principal=tenant, retries=1), atomic=atomic
        ) as bank:
            assert code(bank.post()) == "retries_exhausted"
        assert (ledger(db), records(db)) == ([], 0)

    def test_a_claim_that_loses_comes_again(
        self, dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, left = local_effect.admit, [None]

        def admit(*args: Any, **kwargs: Any) -> Any:
            if left:
                left.pop()
                raise StoreError("40001")
            return (yield from real(*args, **kwargs))

        @money_moving
        def view(request: Any) -> Any:
            return answer(id=write())

        monkeypatch.setattr(local_effect, "admit", admit)
        with site(dsn, view) as bank:
            assert [bank.post().status_code, replays(bank.post())] == [201, True]
        assert ledger(db) == [5]

    def test_who_is_logged_in_is_asked_anew_and_the_session_is_as_before(
        self, dsn: str, db: Database
    ) -> None:
        from django.contrib import messages
        from django.contrib.auth.models import User
        from django.db import OperationalError

        runs: list[Any] = []

        @money_moving
        def view(request: Any) -> Any:
            shown = [str(message) for message in messages.get_messages(request)]
            runs.append((request.user.first_name, dict(request.session), shown, request.META.get("seen")))
            request.META["seen"] = "yes"
            request.session["n"] = request.session.get("n", 0) + 1
            messages.info(request, "paid")
            request.user.first_name = request.user.first_name + "x"
            request.user.save()
            write()
            if len(runs) == 1:
                raise OperationalError from psycopg.errors.SerializationFailure()
            return answer()

        with site(dsn, view, middleware=SESSIONS, MESSAGE_STORAGE=IN_SESSION) as bank:
            django_project.tables()
            user = User.objects.create_user("alice", first_name="a")
            bank.client.force_login(user)
            assert bank.post().status_code == 201
            user.refresh_from_db()
            session = bank.client.session
            assert (user.first_name, session["n"]) == ("ax", 1)
        assert runs[0] == runs[1]
        assert runs[0][0] == "a"


SESSIONS = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
IN_SESSION = "django.contrib.messages.storage.session.SessionStorage"


def slip() -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("slip.txt", b"paid", "text/plain")


class TestDatabases:
    @pytest.mark.parametrize(
        "options",
        [
            {"pool": True},
            {"persistent": True},
            {"server_side_binding": True},
            {"isolation_level": psycopg.IsolationLevel.SERIALIZABLE},
            {"prepare_threshold": 1},
        ],
        ids=str,
    )
    def test_a_storm_gives_one_row_whatever_the_options(
        self, dsn: str, db: Database, options: dict[str, Any]
    ) -> None:
        from django.db import connections

        if "pool" in options and not django_project.POOLS:
            pytest.skip("this Django has no pools")

        @money_moving(wait=20)
        def view(request: Any) -> Any:
            return answer(id=write())

        with django_project.options(**options), site(dsn, view) as bank:

            def one(_: int) -> Any:
                try:
                    return bank.post()
                finally:
                    connections.close_all()

            with ThreadPoolExecutor(12) as many:
                answers = list(many.map(one, range(12)))
        assert {each.status_code for each in answers} == {201}
        assert sum(map(replays, answers)) == 11
        assert ledger(db) == [5]

    def test_what_is_written_in_another_database_is_warned_of(
        self, dsn: str, db: Database, caplog: pytest.LogCaptureFixture
    ) -> None:
        @money_moving
        def view(request: Any) -> Any:
            write()
            write(6, using="other")
            write(7, using="other")
            return answer(503)

        with site(dsn, view) as bank:
            bank.post()
        assert ledger(db) == [6, 7]
        said = [record.message for record in caplog.records if "'other'" in record.message]
        assert len(said) == 1
        assert "commits by itself" in said[0]

    @pytest.mark.parametrize("kind", ["thread_sensitive", "to_thread"])
    @pytest.mark.parametrize("effect", ["local", "external"])
    def test_what_another_thread_writes_in_the_same_database_is_refused(
        self, dsn: str, db: Database, kind: str, effect: str
    ) -> None:
        """Its connection is its own, so that a local effect would not hold it; reads, and external effects, are as ever."""

        def elsewhere(work: Any) -> Any:
            from django.db import connections

            def closing() -> Any:
                try:
                    return work()
                finally:
                    connections.close_all()

            if kind == "to_thread":
                return asyncio.to_thread(closing)
            return sync_to_async(closing, thread_sensitive=False)()

        def read() -> int:
            from tests.runtime.adapters.django_project.models import Entry

            return Entry.objects.count()

        @money_moving(effect=effect)
        async def view(request: Any) -> Any:
            assert await elsewhere(read) == 0
            await sync_to_async(write)()
            await elsewhere(partial(write, 6))
            return answer()

        with site(dsn, view) as bank:
            assert bank.post().status_code == (500 if effect == "local" else 201)
        assert ledger(db) == ([] if effect == "local" else [5, 6])

    def test_a_duplicate_that_waits_holds_no_connection(self, dsn: str, db: Database) -> None:
        from django.db import connection, connections

        begun, go_on = threading.Event(), threading.Event()
        states: list[bool] = []

        @money_moving(wait=20)
        def view(request: Any) -> Any:
            write()
            begun.set()
            assert go_on.wait(20)
            return answer()

        with site(dsn, view) as bank:
            gate = runtime_of(django_project_idem(bank)).policy.gate

            def first() -> None:
                bank.post()
                connections.close_all()

            original = threading.Thread(target=first)
            original.start()
            assert begun.wait(20)
            connection.ensure_connection()

            def look() -> None:
                (running,) = gate._running.values()
                while running.ticket is None:
                    pass
                states.append(len(backends(db)) == 1)
                go_on.set()

            looking = threading.Thread(target=look)
            looking.start()
            assert replays(bank.post())
            original.join()
            looking.join()
        assert ledger(db) == [5]


def backends(db: Database) -> list[Any]:
    """Who is connected besides the test itself."""
    text = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    return list(db.execute(text))


def django_project_idem(_: Any) -> Any:
    from django.conf import settings

    return settings.IDEM_GUARD["IDEMPOTENCY"]


@pytest.mark.parametrize("by", ["wsgi", "asgi"])
@pytest.mark.parametrize("kind", ["def", "async"])
def test_requests_with_different_keys_run_at_once(dsn: str, db: Database, by: str, kind: str) -> None:
    """Each has a connection and a thread of its own: none gets through before all are inside."""
    inside = threading.Barrier(KEYS)

    @money_moving(wait=0)
    def pay(request: Any) -> Any:
        number = write()
        inside.wait(PATIENCE)
        return answer(id=number)

    @money_moving(wait=0)
    async def apay(request: Any) -> Any:
        number = await sync_to_async(write)()
        await sync_to_async(inside.wait)(PATIENCE)
        return answer(id=number)

    many = ThreadPoolExecutor(KEYS)
    with site(dsn, pay if kind == "def" else apay), django_project.served(by) as client, many:
        answers = list(many.map(lambda number: client.post("/t", f"key-{number}"), range(KEYS)))
    assert [each.status_code for each in answers] == [201] * KEYS
    assert ledger(db) == [5] * KEYS
