"""What Django itself asks of an app: system checks, migrations, commands, and its own kinds of tests."""

from __future__ import annotations

import io
import unittest
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from idem_runtime import ConfigurationError, Idempotency, money_moving
from tests.runtime.adapters import django_project
from tests.runtime.adapters.contract import Database, ledger, records
from tests.runtime.adapters.django_project import MIDDLEWARE, tenant
from tests.runtime.adapters.django_site import code, replays, site
from tests.runtime.adapters.test_django_transactions import answer, write


@pytest.fixture(autouse=True)
def _django(dsn: str) -> None:
    django_project.set_up(dsn)


@money_moving
def pay(request: Any) -> Any:
    return answer(id=write())


def unmarked(request: Any) -> Any:
    return answer()


class Elsewhere:
    """A router of Django's that writes all models in another database."""

    def db_for_write(self, model: Any, **_: Any) -> str:
        return "other"


class TestChecks:
    @staticmethod
    def said(dsn: str, *views: Any, **more: Any) -> dict[str, str]:
        """What ``manage.py check`` says of us, by its number."""
        from django.core.checks import run_checks

        with site(dsn, *(views or (pay,)), **more):
            messages = [each for each in run_checks() if str(each.id).startswith("idem_guard")]
        return {str(each.id).rpartition(".")[2]: each.msg for each in messages}

    def test_a_project_that_is_set_up_hears_nothing(self, dsn: str) -> None:
        assert self.said(dsn) == {}

    @pytest.mark.parametrize(
        ("guard", "words"),
        [
            (None, "IDEM_GUARD is missing"),
            ({}, "IDEM_GUARD is missing"),
            ({"IDEMPOTENCY": "nowhere.idem"}, "No module named 'nowhere'"),
            ({"IDEMPOTENCY": "json.dumps"}, "is no Idempotency"),
            ({"IDEMPOTENCY": tenant, "MARKS": 1}, "IDEM_GUARD has no 'MARKS'"),
            (
                {"IDEMPOTENCY": Idempotency("postgresql://nowhere.invalid/")},
                "Idempotency(using='default', …)",
            ),
            ({"IDEMPOTENCY": Idempotency(using="default", table="own")}, "leave table= and schema="),
            ({"IDEMPOTENCY": Idempotency(using="default", schema="own")}, "leave table= and schema="),
        ],
    )
    def test_a_setting_that_cannot_be_used_is_an_error(self, dsn: str, guard: Any, words: str) -> None:
        assert words in self.said(dsn, IDEM_GUARD=guard)["E001"]

    @pytest.mark.parametrize(
        ("middleware", "words"),
        [([], "is missing"), ([MIDDLEWARE, "django.middleware.common.CommonMiddleware"], "is not the last")],
    )
    def test_the_middleware_has_to_be_the_innermost(
        self, dsn: str, middleware: list[str], words: str
    ) -> None:
        assert words in self.said(dsn, MIDDLEWARE=middleware)["E002"]

    @pytest.mark.parametrize(("using", "words"), [("lite", "sqlite3 by"), ("missing", "doesn't exist")])
    def test_the_database_has_to_be_postgres_by_psycopg(self, dsn: str, using: str, words: str) -> None:
        idem = Idempotency(using=using, principal=tenant)
        assert words in self.said(dsn, idem=idem)["E003"]

    def test_a_database_without_autocommit_is_refused(self, dsn: str) -> None:
        from django.db import connections

        connections.settings["default"]["AUTOCOMMIT"] = False
        try:
            assert "AUTOCOMMIT: False; leave that out" in self.said(dsn)["E003"]
        finally:
            connections.settings["default"]["AUTOCOMMIT"] = True

    def test_views_of_money_without_a_mark_are_named(self, dsn: str) -> None:
        from django.urls import path
        from rest_framework.viewsets import ViewSet

        class Wallets(ViewSet):
            def create(self, request: Any) -> Any:
                return answer()

        views = (
            path("wallet/pay", unmarked),
            path("wallets/", Wallets.as_view({"post": "create", "get": "create"})),
        )
        said = self.said(dsn, *views, path("other", unmarked))
        assert list(said) == ["W001"]
        assert "POST /wallet/pay" in said["W001"]
        assert "POST /wallets" in said["W001"]
        assert "/other" not in said["W001"]
        assert list(self.said(dsn, *views, guard={"REQUIRE_MARKS": "money"})) == ["E004"]

    def test_a_mark_above_authentication_is_named(self, dsn: str) -> None:
        from rest_framework.decorators import api_view

        view = money_moving(api_view(["POST"])(unmarked))
        assert "above REST framework's authentication" in self.said(dsn, view)["E004"]

    @pytest.mark.parametrize("shape", ["model", "queryset", "serializer"])
    def test_models_of_another_database_are_named(self, dsn: str, shape: str) -> None:
        from django.views.generic import CreateView
        from rest_framework.generics import CreateAPIView
        from rest_framework.serializers import ModelSerializer

        from tests.runtime.adapters.django_project.models import Entry

        class Serializer(ModelSerializer):
            class Meta:
                model = Entry
                fields = ("amount",)

        given: dict[str, Any] = {
            "model": {"model": Entry},
            "queryset": {"queryset": Entry.objects.none()},
            "serializer": {"serializer_class": Serializer},
        }[shape]
        base = CreateView if shape == "model" else CreateAPIView
        view = money_moving(type("Pay", (base,), given)).as_view()
        name = f"{Elsewhere.__module__}.{Elsewhere.__qualname__}"
        assert "written in the database 'other'" in self.said(dsn, view, DATABASE_ROUTERS=[name])["W002"]
        assert self.said(dsn, view) == {}

    def test_nobody_to_ask_for_is_refused(self, dsn: str) -> None:
        assert "principal" in self.said(dsn, idem=Idempotency(using="default"))["E004"]

    def test_a_server_does_not_start_with_what_is_refused(self, dsn: str) -> None:
        from django.core.handlers.wsgi import WSGIHandler

        with (
            site(dsn, unmarked, guard={"REQUIRE_MARKS": True}),
            pytest.raises(ConfigurationError, match="not marked"),
        ):
            WSGIHandler()

    @pytest.mark.parametrize("given", [{"dsn": "postgresql://nowhere.invalid/"}, {"pool": object()}])
    def test_a_database_of_djangos_and_another_store_is_refused(self, given: Any) -> None:
        with pytest.raises(ConfigurationError, match=r"not both|leave pool= out"):
            Idempotency(using="default", **given)

    def test_without_django_it_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import sys

        monkeypatch.setitem(sys.modules, "idem_runtime.drivers.django", None)
        with pytest.raises(ConfigurationError, match="needs Django"):
            Idempotency(using="default")


@pytest.fixture
def empty(dsn: str) -> Iterator[str]:
    """A database without tables of ours, as ``default``."""
    from django.db import connections

    name = f"{psycopg.conninfo.conninfo_to_dict(dsn)['dbname']}_django"
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[call-overload]
        admin.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
        before = connections["default"].settings_dict["NAME"]
        connections["default"].close()
        connections["default"].settings_dict["NAME"] = name
        try:
            yield psycopg.conninfo.make_conninfo(dsn, dbname=name)
        finally:
            connections["default"].close()
            connections["default"].settings_dict["NAME"] = before
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[call-overload]


class TestMigrations:
    KEY = "SELECT count(*) FROM pg_constraint WHERE conrelid = 'idempotency_records'::regclass AND contype = 'p' AND cardinality(conkey) = 2"

    def test_the_table_is_that_of_migrate_and_django_sees_no_change(self, empty: str) -> None:
        from django.core.management import call_command

        call_command("migrate", "idem_guard", verbosity=0)
        call_command("makemigrations", "--check", "--dry-run", verbosity=3)
        with psycopg.connect(empty) as db:
            assert db.execute(self.KEY).fetchone() == (1,)
            indexes = db.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'idempotency_records'")
            assert ("idempotency_records_expiry_time",) in indexes.fetchall()
        call_command("migrate", "idem_guard", "zero", verbosity=0)
        with psycopg.connect(empty) as db:
            assert db.execute("SELECT to_regclass('idempotency_records')").fetchone() == (None,)

    def test_without_migrations_the_table_has_its_key_too(self, empty: str) -> None:
        from django.core.management import call_command
        from django.test import override_settings

        with override_settings(MIGRATION_MODULES={"idem_guard": None}):
            call_command("migrate", run_syncdb=True, verbosity=0)
        with psycopg.connect(empty) as db:
            assert db.execute(self.KEY).fetchone() == (1,)

    def test_before_keys_of_several_columns_django_takes_the_first_for_the_key(
        self, dsn: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from idem_runtime.adapters.django import models

        monkeypatch.setattr(models, "COMPOSITE", False)
        assert [(name, field.primary_key) for name, field in models.key_fields()] == [
            ("scope", True),
            ("idempotency_key", False),
        ]

    def test_another_kind_of_database_gets_no_table(self, dsn: str) -> None:
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", "idem_guard", database="lite", verbosity=0)
        assert "idempotency_records" not in connections["lite"].introspection.table_names()
        call_command("migrate", "idem_guard", "zero", database="lite", verbosity=0)
        connections["lite"].close()

    def test_records_can_be_looked_at(self, dsn: str, db: Database) -> None:
        from idem_runtime.adapters.django.models import IdempotencyRecord

        with site(dsn, pay) as bank:
            bank.post()
            record = IdempotencyRecord.objects.get()
        assert str(record) == "5:alice7:POST /t: COMPLETED"


class TestPurge:
    def run(self, **options: Any) -> str:
        from django.core.management import call_command

        out = io.StringIO()
        call_command("idem_purge", stdout=out, **options)
        return out.getvalue().strip()

    def test_it_removes_what_has_expired(self, dsn: str, db: Database) -> None:
        with site(dsn, pay) as bank:
            for key in ("a", "b", "c", "d"):
                bank.post(key=key)
            db.execute(
                "UPDATE idempotency_records SET expiry_time = now() - interval '1h' WHERE idempotency_key <> 'd'"
            )
            assert self.run(batch=2) == "3 records removed"
        assert records(db) == 1

    def test_it_says_what_it_cannot_do(self, dsn: str) -> None:
        from django.core.management import CommandError

        away = Idempotency(using="nowhere", principal=tenant, store_timeout=1)
        with site(dsn, pay, idem=away), pytest.raises(CommandError, match="0 records are removed"):
            self.run()
        with site(dsn, pay), pytest.raises(CommandError, match="a positive number"):
            self.run(batch=0)


def run(case: type[unittest.TestCase]) -> None:
    """Run the tests of ``case`` as Django's runner does, on the database that is there."""
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    problems = [text for _, text in (*result.errors, *result.failures)]
    assert not problems, "\n".join(problems)
    assert result.testsRun


class TestDjangosTests:
    def test_in_a_test_case_everything_is_a_savepoint_of_the_test(  # noqa: C901 - a class of tests in a test
        self, dsn: str, db: Database
    ) -> None:
        from django.db import IntegrityError, transaction
        from django.http import Http404
        from django.test import TestCase

        called: list[int] = []

        @money_moving
        def view(request: Any) -> Any:
            number = write()
            transaction.on_commit(lambda: called.append(1))
            end = request.headers.get("x-end")
            if end == "raise":
                raise Http404
            if end == "fail":
                with pytest.raises(IntegrityError):
                    write(id=number)
            return answer(409 if end == "fail" else 201)

        @money_moving(effect="external")
        def outside(request: Any) -> Any:
            return answer(id=write())

        from django.urls import path

        with site(dsn, path("t", view), path("e", outside)) as bank:

            class Case(TestCase):
                def counted(self) -> int:
                    from tests.runtime.adapters.django_project.models import Entry

                    return Entry.objects.count()

                def test_it_executes_once(self) -> None:
                    with self.captureOnCommitCallbacks(execute=True) as callbacks:
                        answers = [bank.post(), bank.post()]
                    self.assertEqual([replays(each) for each in answers], [False, True])
                    self.assertEqual((self.counted(), len(callbacks), called), (1, 1, [1]))
                    self.assertEqual(
                        code(bank.post(data={"amount": 6}, content_type="application/json")), "key_reused"
                    )

                def test_what_it_raises_is_undone(self) -> None:
                    for end in ("raise", "fail"):
                        with self.captureOnCommitCallbacks() as callbacks:
                            answers = [bank.post(key=end, headers={"x-end": end}) for _ in range(2)]
                        self.assertEqual([replays(each) for each in answers], [False, True])
                        self.assertEqual((self.counted(), callbacks), (0, []))

                def test_an_external_effect_is_in_the_test_too(self) -> None:
                    answers = [bank.post("/e"), bank.post("/e")]
                    self.assertEqual([replays(each) for each in answers], [False, True])
                    self.assertEqual(self.counted(), 1)

                def test_the_purge_is_in_the_test_too(self) -> None:
                    from idem_runtime.adapters.django.models import IdempotencyRecord

                    bank.post()
                    IdempotencyRecord.objects.update(expiry_time="2020-01-01T00:00:00Z")
                    self.assertEqual(TestPurge().run(), "1 records removed")

                async def test_async_clients_are_served(self) -> None:
                    from django.test import AsyncClient

                    headers = {"x-tenant": "alice", "idempotency-key": "k"}
                    answers = [
                        await AsyncClient().post(
                            "/t", {"amount": 5}, content_type="application/json", headers=headers
                        )
                        for _ in range(2)
                    ]
                    self.assertEqual([replays(each) for each in answers], [False, True])

            run(Case)
        assert (ledger(db), records(db)) == ([], 0)

    def test_a_transaction_test_case_empties_the_records(self, dsn: str, db: Database) -> None:
        from django.test import TransactionTestCase

        with site(dsn, pay) as bank:

            class Case(TransactionTestCase):
                available_apps = ["idem_runtime.adapters.django", "tests.runtime.adapters.django_project"]

                def test_one(self) -> None:
                    self.assertFalse(replays(bank.post()))

                test_two = test_one

            run(Case)
        assert records(db) == 0

    def test_a_live_server_is_served(self, dsn: str, db: Database) -> None:
        import httpx
        from django.test import LiveServerTestCase

        with site(dsn, pay):

            class Case(LiveServerTestCase):
                available_apps = ["idem_runtime.adapters.django"]

                def test_it(self) -> None:
                    headers = {"x-tenant": "alice", "idempotency-key": "k"}
                    with httpx.Client(
                        base_url=self.live_server_url, headers=headers, trust_env=False
                    ) as client:
                        answers = [client.post("/t", json={"amount": 5}) for _ in range(2)]
                    self.assertEqual([replays(each) for each in answers], [False, True])

            run(Case)
        assert ledger(db) == [5]

    def test_nothing_of_ours_stays_connected_to_a_database_of_the_test_runner(self, dsn: str) -> None:
        from django.test.utils import setup_test_environment, teardown_test_environment
        from psycopg_pool import ConnectionPool, NullConnectionPool

        from idem_runtime.drivers.django import DjangoPool

        assert type(DjangoPool("default").beside("apart")) is ConnectionPool
        setup_test_environment()
        try:
            assert type(DjangoPool("default").beside("apart")) is NullConnectionPool
        finally:
            teardown_test_environment()

    def test_what_stands_alone_is_asked_under_the_role_of_the_database(self, dsn: str, db: Database) -> None:
        from idem_runtime.drivers.django import DjangoPool

        db.execute("DROP ROLE IF EXISTS teller")
        db.execute("CREATE ROLE teller")
        with django_project.options(assume_role="teller"):
            pool = DjangoPool("default").beside("apart")
            pool.open()
            with pool.connection() as connection:
                assert connection.execute("SELECT current_user").fetchone() == ("teller",)
            pool.close()
        db.execute("DROP ROLE teller")
