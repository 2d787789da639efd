"""Where a mark may stand in Django, REST framework, Ninja and the admin, and what names its operation."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from idem_runtime import ConfigurationError, Idempotency, NotInstalled, money_moving, not_money_moving
from tests.runtime.adapters import django_project
from tests.runtime.adapters.asking import operations
from tests.runtime.adapters.contract import Database, ledger, records
from tests.runtime.adapters.django_project import tenant
from tests.runtime.adapters.django_site import code, replays, site
from tests.runtime.adapters.test_django_transactions import SESSIONS, answer, write


@pytest.fixture(autouse=True)
def _django(dsn: str) -> None:
    django_project.set_up(dsn)


def twice(bank: Any, path: str = "/t", **more: Any) -> tuple[Any, Any]:
    """A request and its retry."""
    return bank.post(path, **more), bank.post(path, **more)


def assert_once(answers: tuple[Any, Any], db: Database, status: int = 201) -> None:
    first, again = answers
    assert (first.status_code, again.status_code) == (status, status), first.content
    assert (replays(first), replays(again), again.content) == (False, True, first.content)
    assert (ledger(db), records(db)) == ([5], 1)


class TestClassViews:
    @pytest.mark.parametrize("shape", ["method", "decorated_method", "class", "decorated_class", "dispatch"])
    @pytest.mark.parametrize("kind", ["def", "async"])
    def test_every_place_of_a_mark_executes_once(self, dsn: str, db: Database, shape: str, kind: str) -> None:
        import django
        from django.utils.decorators import method_decorator
        from django.views import View

        if kind == "async" and "decorated" in shape and django.VERSION < (5, 2):
            pytest.skip("this Django's method_decorator makes a def of an async method")
        if kind == "async":

            class Base(View):
                async def post(self, request: Any) -> Any:
                    from tests.runtime.adapters.django_project.models import Entry

                    entry = await Entry.objects.acreate(amount=5)
                    return answer(id=entry.id)
        else:

            class Base(View):  # type: ignore[no-redef]
                def post(self, request: Any) -> Any:
                    return answer(id=write())

        class Pay(Base):
            pass

        if shape in ("method", "decorated_method"):
            mark: Any = money_moving if shape == "method" else method_decorator(money_moving)
            Pay.post = mark(Pay.post)  # type: ignore[method-assign]
        elif shape == "class":
            Pay = money_moving(Pay)  # type: ignore[misc]
        else:
            name = "post" if shape == "decorated_class" else "dispatch"
            Pay = method_decorator(money_moving, name=name)(Pay)  # type: ignore[misc]
        with site(dsn, Pay.as_view()) as bank:
            assert_once(twice(bank), db)
            assert bank.post(method="get").status_code == 405
            assert bank.post(method="options").status_code == 200

    def test_an_inherited_form_view_keeps_its_get(self, dsn: str, db: Database) -> None:
        from django.forms import Form, IntegerField
        from django.views.generic import FormView

        @money_moving
        class Pay(FormView):
            class form_class(Form):
                amount = IntegerField()

            success_url = "/done"
            template_name = "none"

            def form_valid(self, form: Any) -> Any:
                write(form.cleaned_data["amount"])
                return super().form_valid(form)

            def get(self, request: Any) -> Any:
                return answer(200)

        with site(dsn, Pay.as_view()) as bank:
            from django.test.client import MULTIPART_CONTENT

            assert bank.post(method="get").status_code == 200
            assert_once(twice(bank, data={"amount": "5"}, content_type=MULTIPART_CONTENT), db, 302)

    @pytest.mark.parametrize("kind", ["def", "async"])
    def test_what_a_marked_method_calls_of_its_class_is_a_part_of_it(
        self, dsn: str, db: Database, kind: str
    ) -> None:
        from django.views import View

        if kind == "def":

            @money_moving
            class Pay(View):
                def post(self, request: Any) -> Any:
                    return self.create(request)

                def create(self, request: Any) -> Any:
                    return answer(id=write())
        else:

            @money_moving
            class Pay(View):  # type: ignore[no-redef]
                async def post(self, request: Any) -> Any:
                    return await self.create(request)

                async def create(self, request: Any) -> Any:
                    from tests.runtime.adapters.django_project.models import Entry

                    return answer(id=(await Entry.objects.acreate(amount=5)).id)

        with site(dsn, Pay.as_view()) as bank:
            assert_once(twice(bank), db)

    def test_a_mark_on_a_part_admits_there(self, dsn: str, db: Database) -> None:
        from rest_framework import serializers
        from rest_framework.generics import CreateAPIView

        from tests.runtime.adapters.django_project.models import Entry

        class Amount(serializers.ModelSerializer):
            class Meta:
                model = Entry
                fields = ("id", "amount")

        class Pay(CreateAPIView):
            queryset = Entry.objects.all()
            serializer_class = Amount

            @money_moving
            def perform_create(self, serializer: Any) -> None:
                serializer.save()

        with site(dsn, Pay.as_view(), guard={"REQUIRE_MARKS": True}) as bank:
            invalid = bank.post(key="other", data={"amount": "many"}, content_type="application/json")
            assert (invalid.status_code, records(db)) == (400, 0)
            assert_once(twice(bank), db)
            assert code(bank.post(data={"amount": 6}, content_type="application/json")) == "key_reused"

    def test_one_view_for_several_methods_has_a_mark_for_each(self, dsn: str, db: Database) -> None:
        from django.views import View

        class Pay(View):
            @money_moving
            def post(self, request: Any) -> Any:
                return answer(id=write())

            @not_money_moving(reason="says a name")
            def put(self, request: Any) -> Any:
                return answer(200)

        with site(dsn, Pay.as_view()) as bank:
            assert bank.post(key=None, method="put").status_code == 200
            assert_once(twice(bank), db)


class TestFunctionViews:
    def test_a_view_that_does_not_ask_for_the_method_is_one_operation(self, dsn: str, db: Database) -> None:
        @money_moving
        def view(request: Any) -> Any:
            return answer(id=write())

        with site(dsn, view) as bank:
            assert bank.post().status_code == 201
            assert replays(bank.post(method="put"))
        assert operations(db) == ["POST /t"]

    def test_a_view_that_names_its_methods_gets_one_name(self, dsn: str) -> None:
        from django.views.decorators.http import require_http_methods

        @require_http_methods(["GET", "POST", "PUT"])
        @money_moving
        def view(request: Any) -> Any:
            return answer()

        with site(dsn, view) as bank, pytest.raises(ConfigurationError, match="POST /t and PUT /t"):
            bank.post()

    def test_a_safe_request_runs_the_view_as_it_is(self, dsn: str, db: Database) -> None:
        @money_moving
        async def view(request: Any) -> Any:
            return answer(200)

        with site(dsn, view) as bank:
            assert [bank.post(key=None, method=method).status_code for method in ("get", "head")] == [
                200,
                200,
            ]
        assert records(db) == 0

    def test_a_marked_function_that_a_view_calls_is_refused(self, dsn: str, db: Database) -> None:
        @money_moving
        def pay() -> None:
            write()

        @money_moving
        async def apay() -> None:
            raise AssertionError

        helpers = {"pay": pay, "apay": apay}

        def view(request: Any) -> Any:
            helpers["pay"]()

        async def later(request: Any) -> Any:
            await helpers["apay"]()

        from django.urls import path

        with site(dsn, path("t", view), path("later", later)) as bank:
            bank.client.raise_request_exception = True
            for where in ("/t", "/later"):
                for method in ("post", "get"):
                    with pytest.raises(NotInstalled, match="is not its handler"):
                        bank.post(where, method=method)
        assert ledger(db) == []

    def test_a_plain_function_that_a_view_calls_is_protected(self, dsn: str, db: Database) -> None:
        idem = Idempotency(using="default", principal=tenant)

        @money_moving(operation="pay", key=lambda number: number, principal=lambda number: "alice")
        def pay(number: str) -> int:
            return write()

        @money_moving(operation="apay", key=lambda number: number, principal=lambda number: "alice")
        async def apay(number: str) -> int:
            from asgiref.sync import sync_to_async

            return await sync_to_async(write)()

        functions = {"pay": pay, "apay": apay}

        def view(request: Any) -> Any:
            return answer(id=functions["pay"](request.headers["idempotency-key"]))

        async def later(request: Any) -> Any:
            return answer(id=await functions["apay"](request.headers["idempotency-key"]))  # type: ignore[misc]

        from django.urls import path

        idem.install()
        with site(dsn, path("t", view), path("later", later), idem=idem) as bank:
            assert bank.post().content == bank.post().content
            bank.client.raise_request_exception = True
            with pytest.raises(ConfigurationError, match="has no async pool"):
                bank.post("/later")
        assert (ledger(db), operations(db)) == ([5], ["pay"])

    def test_a_plain_function_in_a_marked_view_joins_it(self, dsn: str, db: Database) -> None:
        idem = Idempotency(using="default", principal=tenant)

        @money_moving(operation="pay", key=lambda number: number, principal=lambda number: "alice")
        def pay(number: str) -> int:
            return write(6)

        functions = [pay]

        @money_moving
        def view(request: Any) -> Any:
            number = functions[0]("1")
            write()
            return answer(201 if request.headers.get("x-end") is None else 503, id=number)

        idem.install()
        with site(dsn, view, idem=idem) as bank:
            assert bank.post(headers={"x-end": "fail"}).status_code == 503
            assert ledger(db) == []
            assert [replays(each) for each in twice(bank)] == [False, True]
        assert (ledger(db), records(db)) == ([6, 5], 2)

    def test_a_plain_async_function_in_a_marked_async_view_is_refused(self, dsn: str, db: Database) -> None:
        """As in Flask: what an async view calls joins the sync transaction only by sync functions."""
        idem = Idempotency(using="default", principal=tenant)

        @money_moving(operation="pay", key=lambda number: number, principal=lambda number: "alice")
        async def pay(number: str) -> int:
            raise AssertionError

        functions = [pay]

        @money_moving
        async def view(request: Any) -> Any:
            with pytest.raises(ConfigurationError):
                await functions[0]("1")
            return answer(503)

        idem.install()
        with site(dsn, view, idem=idem) as bank:
            assert bank.post().status_code == 503

    @pytest.mark.parametrize("kind", ["def", "async"])
    def test_a_decorator_may_admit_before_the_mark(self, dsn: str, db: Database, kind: str) -> None:
        async def principal(request: Any) -> str:
            return tenant(request)

        idem = Idempotency(using="default", principal=principal)

        if kind == "def":

            @money_moving
            def pay(request: Any) -> Any:
                return answer(id=write())
        else:

            @money_moving
            async def pay(request: Any) -> Any:  # type: ignore[misc]
                from tests.runtime.adapters.django_project.models import Entry

                return answer(id=(await Entry.objects.acreate(amount=5)).id)

        def view(request: Any) -> Any:
            return idem.sync_admitted() or (pay(request) if kind == "def" else async_to_sync(pay)(request))

        from asgiref.sync import async_to_sync

        view.__wrapped__ = pay  # type: ignore[attr-defined]
        with site(dsn, view, idem=idem) as bank:
            assert_once(twice(bank), db)

    def test_an_async_view_that_is_interrupted_is_undone(self, dsn: str, db: Database) -> None:
        @money_moving
        async def view(request: Any) -> Any:
            from tests.runtime.adapters.django_project.models import Entry

            await Entry.objects.acreate(amount=5)
            raise asyncio.CancelledError

        with site(dsn, view) as bank, pytest.raises(asyncio.CancelledError):
            bank.post()
        assert (ledger(db), records(db)) == ([], 0)

    def test_outside_of_a_request_a_plain_function_is_protected_too(self, dsn: str, db: Database) -> None:
        idem = Idempotency(using="default")

        @money_moving(operation="pay", key=lambda number: number, principal=lambda number: "alice")
        def pay(number: str) -> int:
            return write()

        idem.install()
        from django.db import connections

        assert pay("1") == pay("1")
        connections.close_all()
        idem.close()
        assert (ledger(db), records(db)) == ([5], 1)

    @pytest.mark.parametrize("take", ["sync_connection", "sync_session"])
    def test_what_is_lent_elsewhere_is_djangos_own_here(self, dsn: str, db: Database, take: str) -> None:
        idem = Idempotency(using="default", principal=tenant)

        @money_moving
        def view(request: Any) -> Any:
            with pytest.raises(ConfigurationError, match="use the ORM"):
                getattr(idem, take)()
            return answer(id=write())

        with site(dsn, view, idem=idem) as bank:
            assert bank.post().status_code == 201

    def test_without_the_middleware_nothing_runs(self, dsn: str, db: Database) -> None:
        from django.test import RequestFactory

        @money_moving
        def view(request: Any) -> Any:
            return answer(id=write())

        with pytest.raises(NotInstalled, match="IdempotencyMiddleware last"):
            view(RequestFactory().post("/t"))
        with site(dsn, view, MIDDLEWARE=[]) as bank:
            assert bank.post().status_code == 500
        assert ledger(db) == []


class TestNames:
    def test_the_language_of_a_route_is_no_part_of_the_operation(self, dsn: str, db: Database) -> None:
        from django.conf.urls.i18n import i18n_patterns
        from django.urls import include, path

        @money_moving
        def view(request: Any, pk: int) -> Any:
            return answer(id=write())

        patterns = [
            *i18n_patterns(path("other/", lambda request: answer())),
            *i18n_patterns(path("pay/", include([path("<int:pk>/", view)]))),
        ]
        languages: Any = {"LANGUAGES": [("en", "English"), ("de", "Deutsch")], "USE_I18N": True}
        locale = "django.middleware.locale.LocaleMiddleware"
        with site(
            dsn, *patterns, path("other", lambda request: answer()), middleware=[locale], **languages
        ) as bank:
            assert bank.post("/en/pay/1/").status_code == 201
            assert replays(bank.post("/de/pay/1/"))
            assert code(bank.post("/de/pay/2/")) == "key_reused"
        assert (ledger(db), operations(db)) == ([5], ["POST /pay/<int:pk>"])

    def test_a_route_that_only_looks_like_one_with_a_language_keeps_its_name(
        self, dsn: str, db: Database
    ) -> None:
        from django.conf.urls.i18n import i18n_patterns
        from django.urls import path

        @money_moving
        def view(request: Any) -> Any:
            return answer(id=write())

        both = [path("en-us/pay", view), *i18n_patterns(path("pay", lambda request: answer()))]
        with site(dsn, *both) as bank:
            assert bank.post("/en-us/pay").status_code == 201
        assert operations(db) == ["POST /en-us/pay"]

    def test_regular_expressions_and_mounts_count(self, dsn: str, db: Database) -> None:
        from django.urls import include, re_path

        @money_moving
        def view(request: Any, name: str, kind: str) -> Any:
            return answer(id=write())

        inner = [re_path(r"^(?P<name>[a-z]{1,5}(?:x|y)?)/(?P<kind>\w+)$", view)]
        with site(dsn, re_path(r"^accounts/", include(inner))) as bank:
            assert bank.post("/accounts/a/b").status_code == 201
            assert code(bank.post("/accounts/a/c")) == "key_reused"
            assert code(bank.post("/accounts/a/b", SCRIPT_NAME="/mounted")) == "key_reused"
            assert replays(bank.post("/accounts/a/b"))
        assert operations(db) == ["POST /accounts/<name>/<kind>"]

    def test_unnamed_groups_are_part_of_the_payload(self, dsn: str, db: Database) -> None:
        from django.urls import re_path

        @money_moving
        def view(request: Any, name: str) -> Any:
            return answer(id=write())

        with site(dsn, re_path(r"^accounts/([a-z])$", view)) as bank:
            assert bank.post("/accounts/a").status_code == 201
            assert code(bank.post("/accounts/b")) == "key_reused"

    def test_a_request_may_have_its_own_urlconf(self, dsn: str, db: Database) -> None:
        from django.urls import path

        @money_moving
        def view(request: Any) -> Any:
            return answer(id=write())

        own = type("own", (), {"urlpatterns": [path("own", view)]})

        class Switches:
            def __init__(self, get_response: Any) -> None:
                self.get_response = get_response

            def __call__(self, request: Any) -> Any:
                request.urlconf = own
                return self.get_response(request)

        django_project.urls_module().Switches = Switches
        name = "tests.runtime.adapters.django_project.urls.Switches"
        with site(dsn, path("t", lambda request: answer()), middleware=[name]) as bank:
            assert_once(twice(bank, "/own"), db)
            assert bank.post("/t").status_code == 404


class TestRestFramework:
    def test_api_views_and_generic_ones_admit_below_authentication(self, dsn: str, db: Database) -> None:
        from django.urls import path
        from rest_framework.permissions import BasePermission
        from rest_framework.response import Response
        from rest_framework.views import APIView

        class HasHeader(BasePermission):
            def has_permission(self, request: Any, view: Any) -> bool:
                return "x-allowed" in request.headers

        class Pay(APIView):
            permission_classes = (HasHeader,)

            @money_moving
            def post(self, request: Any) -> Any:
                return Response({"id": write(request.data["amount"])}, status=201)

        with site(dsn, path("t", Pay.as_view())) as bank:
            assert bank.post().status_code == 403
            assert records(db) == 0
            assert_once(twice(bank, headers={"x-allowed": "yes"}), db)

    @pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "atomic_requests"])
    def test_what_a_viewset_raises_is_recorded_without_its_effect(
        self, dsn: str, db: Database, atomic: bool
    ) -> None:
        from rest_framework.exceptions import APIException
        from rest_framework.views import APIView

        class Insufficient(APIException):
            status_code = 402

        class Pay(APIView):
            @money_moving
            def post(self, request: Any) -> Any:
                write()
                raise Insufficient

        with site(dsn, Pay.as_view(), atomic=atomic) as bank:
            first, again = twice(bank)
        assert (first.status_code, again.status_code, replays(again), ledger(db)) == (402, 402, True, [])

    def test_a_conflict_runs_a_viewset_again_without_its_exception_handler(
        self, dsn: str, db: Database
    ) -> None:
        import psycopg
        from django.db import OperationalError
        from rest_framework.response import Response
        from rest_framework.views import APIView

        runs: list[int] = []
        handled: list[Any] = []

        class Pay(APIView):
            def get_exception_handler(self) -> Any:
                return lambda error, context: handled.append(error)

            @money_moving
            def post(self, request: Any) -> Any:
                runs.append(request.data["amount"])
                write()
                if len(runs) == 1:
                    raise OperationalError from psycopg.errors.DeadlockDetected()
                return Response({}, status=201)

        with site(dsn, Pay.as_view()) as bank:
            assert bank.post().status_code == 201
        assert (runs, handled, ledger(db)) == ([5, 5], [], [5])

    def test_viewsets_actions_and_suffixes_are_one_operation_each(self, dsn: str, db: Database) -> None:
        from django.urls import include, path
        from rest_framework.decorators import action
        from rest_framework.response import Response
        from rest_framework.routers import DefaultRouter
        from rest_framework.viewsets import ViewSet

        class Payments(ViewSet):
            @money_moving
            def create(self, request: Any, format: Any = None) -> Any:  # noqa: A002
                return Response({"id": write()}, status=201)

            @action(detail=True, methods=["post"])
            @money_moving
            def refund(self, request: Any, pk: Any, format: Any = None) -> Any:  # noqa: A002
                return Response({"id": write(int(pk))}, status=201)

            @money_moving
            @action(detail=False, methods=["post"])
            def batch(self, request: Any, format: Any = None) -> Any:  # noqa: A002
                return Response({"id": write(7)}, status=201)

        router = DefaultRouter()
        router.register("payments", Payments, basename="payments")
        with site(dsn, path("api/", include(router.urls))) as bank:
            assert bank.post("/api/payments/").status_code == 201
            assert replays(bank.post("/api/payments.json"))
            assert bank.post("/api/payments/1/refund.json").status_code == 201
            assert replays(bank.post("/api/payments/1/refund/"))
            assert code(bank.post("/api/payments/2/refund/")) == "key_reused"
            assert [replays(each) for each in twice(bank, "/api/payments/batch/")] == [False, True]
        assert ledger(db) == [5, 1, 7]
        base = "POST /api/payments"
        assert operations(db) == [base, f"{base}/<pk>/refund", f"{base}/batch"]

    def test_path_routes_with_format_suffixes_are_one_operation(self, dsn: str, db: Database) -> None:
        from django.urls import path
        from rest_framework.decorators import api_view
        from rest_framework.response import Response
        from rest_framework.urlpatterns import format_suffix_patterns

        @api_view(["POST"])
        @money_moving
        def pay(request: Any, format: Any = None) -> Any:  # noqa: A002
            return Response({"id": write()}, status=201)

        with site(dsn, *format_suffix_patterns([path("pay/", pay)], allowed=["json", "html"])) as bank:
            assert bank.post("/pay/").status_code == 201
            assert replays(bank.post("/pay.json"))
        assert (ledger(db), operations(db)) == ([5], ["POST /pay"])

    def test_an_inherited_create_takes_its_mark_from_the_class(self, dsn: str, db: Database) -> None:
        from rest_framework import serializers
        from rest_framework.generics import CreateAPIView

        from tests.runtime.adapters.django_project.models import Entry

        class Amount(serializers.ModelSerializer):
            class Meta:
                model = Entry
                fields = ("id", "amount")

        @money_moving
        class Pay(CreateAPIView):
            queryset = Entry.objects.all()
            serializer_class = Amount

        with site(dsn, Pay.as_view()) as bank:
            invalid = bank.post(key="other", data={"amount": "many"}, content_type="application/json")
            assert (invalid.status_code, records(db)) == (400, 1)  # validation is inside the handler
            first, again = twice(bank)
        assert (first.status_code, again.content, replays(again)) == (201, first.content, True)
        assert ledger(db) == [5]

    @pytest.mark.parametrize("shape", ["api_view", "as_view", "dispatch"])
    def test_a_mark_above_authentication_is_refused(self, dsn: str, shape: str) -> None:
        from django.utils.decorators import method_decorator
        from rest_framework.decorators import api_view
        from rest_framework.views import APIView

        class Pay(APIView):
            def post(self, request: Any) -> Any:
                return answer()

        def function(request: Any) -> Any:
            return answer()

        view: Any = {
            "api_view": lambda: money_moving(api_view(["POST"])(function)),
            "as_view": lambda: money_moving(Pay.as_view()),
            "dispatch": lambda: method_decorator(money_moving, name="dispatch")(Pay).as_view(),
        }[shape]()
        with site(dsn, view) as bank, pytest.raises(ConfigurationError, match="above REST framework's"):
            bank.post()

    def test_the_test_client_of_rest_framework_is_served(self, dsn: str, db: Database) -> None:
        from rest_framework.decorators import api_view
        from rest_framework.response import Response
        from rest_framework.test import APIClient, APIRequestFactory

        @api_view(["POST"])
        @money_moving
        def pay(request: Any) -> Any:
            return Response({"id": write()}, status=201)

        with site(dsn, pay) as bank:
            bank.client = APIClient()
            assert_once(twice(bank, data=json.dumps({"amount": 5}), content_type="application/json"), db)
            with pytest.raises(NotInstalled):
                pay(APIRequestFactory().post("/t", {}))


class TestNinja:
    @pytest.mark.parametrize("kind", ["def", "async"])
    def test_an_operation_executes_once_behind_authentication_and_schema(
        self, dsn: str, db: Database, kind: str
    ) -> None:
        from django.urls import path
        from ninja import NinjaAPI

        from tests.runtime.adapters.django_project.schemas import Payment

        globals()["Payment"] = Payment
        api = NinjaAPI(urls_namespace=f"once-{kind}", auth=lambda request: request.headers.get("x-tenant"))
        if kind == "def":

            @api.post("/pay", response={201: dict})
            @money_moving
            def pay(request: Any, body: Payment) -> Any:
                return api.create_response(request, {"id": write(body.amount)}, status=201)
        else:

            @api.post("/pay", response={201: dict})
            @money_moving
            async def apay(request: Any, body: Payment) -> Any:
                from tests.runtime.adapters.django_project.models import Entry

                entry = await Entry.objects.acreate(amount=body.amount)
                return api.create_response(request, {"id": entry.id}, status=201)

        with site(dsn, path("api/", api.urls)) as bank:
            assert (
                bank.post("/api/pay", data={"amount": "x"}, content_type="application/json").status_code
                == 422
            )
            assert records(db) == 0
            assert_once(twice(bank, "/api/pay"), db)
            assert bank.post("/api/docs", method="get").status_code in (200, 500)
        assert operations(db) == ["POST /api/pay"]

    def test_what_an_operation_raises_is_recorded_without_its_effect(self, dsn: str, db: Database) -> None:
        from django.urls import path
        from ninja import NinjaAPI
        from ninja.errors import HttpError

        api = NinjaAPI(urls_namespace="raises")

        @api.post("/pay")
        @money_moving
        def pay(request: Any) -> Any:
            write()
            raise HttpError(402, "insufficient")

        with site(dsn, path("api/", api.urls)) as bank:
            first, again = twice(bank, "/api/pay")
        assert (first.status_code, again.content, replays(again), ledger(db)) == (
            402,
            first.content,
            True,
            [],
        )

    def test_a_mark_above_the_operation_is_refused(self, dsn: str) -> None:
        from django.urls import path
        from ninja import NinjaAPI

        api = NinjaAPI(urls_namespace="above")

        @money_moving
        @api.post("/pay")
        def pay(request: Any) -> Any:
            return {}

        with (
            site(dsn, path("api/", api.urls)) as bank,
            pytest.raises(ConfigurationError, match="directly above def"),
        ):
            bank.post("/api/pay")

    def test_an_unmarked_operation_is_missed_by_its_route(self, dsn: str) -> None:
        from django.urls import path
        from ninja import NinjaAPI

        api = NinjaAPI(urls_namespace="unmarked")

        @api.post("/wallet/pay")
        def pay(request: Any) -> Any:
            return {}

        guard = {"REQUIRE_MARKS": ("wallet",)}
        told = pytest.raises(ConfigurationError, match="POST /api/wallet/pay")
        with site(dsn, path("api/", api.urls), guard=guard) as bank, told:
            bank.post("/api/wallet/pay")

    def test_controllers_of_ninja_extra_execute_once(self, dsn: str, db: Database) -> None:
        from django.urls import path
        from ninja_extra import NinjaExtraAPI, api_controller, http_post

        @api_controller("/bank")
        class Bank:
            @http_post("/pay")
            @money_moving
            def pay(self) -> Any:
                return {"id": write()}

        api = NinjaExtraAPI(urls_namespace="extra")
        api.register_controllers(Bank)
        with site(dsn, path("api/", api.urls)) as bank:
            assert_once(twice(bank, "/api/bank/pay"), db, 200)


class TestAdmin:
    @pytest.fixture
    def bank(self, dsn: str, db: Database, request: Any) -> Any:
        from django.contrib import admin
        from django.contrib.auth.models import User
        from django.urls import path

        from tests.runtime.adapters.django_project.models import Entry

        own = admin.AdminSite(name="admin")
        own.register(Entry, request.param())
        idem = Idempotency(using="default", principal=lambda request: request.user.pk)
        with site(
            dsn,
            path("admin/", own.urls),
            idem=idem,
            middleware=SESSIONS,
            TEMPLATES=django_project.ADMIN_TEMPLATES,
        ) as bank:
            django_project.tables()
            bank.client.force_login(User.objects.create_superuser("root", password="x"))
            db.execute("TRUNCATE ledger, idempotency_records RESTART IDENTITY")
            yield bank

    @staticmethod
    def add(bank: Any, key: str = "k", amount: int = 5) -> Any:
        from django.test.client import MULTIPART_CONTENT

        data = {"amount": str(amount), "who": "alice"}
        return bank.post("/admin/django_project/entry/add/", key, data=data, content_type=MULTIPART_CONTENT)

    @staticmethod
    def marked(*names: str) -> Any:
        from django.contrib import admin

        members: dict[str, Any] = {}
        for name in names:

            def method(self: Any, *args: Any, _name: str = name, **kwargs: Any) -> Any:
                return getattr(super(type(self), self), _name)(*args, **kwargs)

            method.__name__ = name
            members[name] = money_moving(method)
        return type("EntryAdmin", (admin.ModelAdmin,), members)

    @pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "atomic_requests"])
    @pytest.mark.parametrize(
        "bank",
        [lambda: TestAdmin.marked("changeform_view"), lambda: TestAdmin.marked("save_model")],
        ids=["changeform_view", "save_model"],
        indirect=True,
    )
    def test_what_is_added_is_added_once(self, bank: Any, dsn: str, db: Database, atomic: bool) -> None:
        with django_project.atomic_requests(dsn, atomic):
            first, again = self.add(bank), self.add(bank)
        assert (first.status_code, again.status_code, replays(again)) == (302, 302, True)
        assert (ledger(db), records(db)) == ([5], 1)
        assert code(self.add(bank, amount=6)) == "key_reused"
        row = db.execute("SELECT count(*) FROM django_admin_log").fetchone()
        assert row is not None
        assert row[0] == 1

    @pytest.mark.parametrize("bank", [lambda: TestAdmin.marked("save_model")], indirect=True)
    def test_without_a_key_nothing_is_saved(self, bank: Any, db: Database) -> None:
        assert code(self.add(bank, None)) == "key_missing"
        assert bank.post("/admin/django_project/entry/add/", method="get", key=None).status_code == 200
        assert ledger(db) == []

    @staticmethod
    def with_action() -> Any:
        from django.contrib import admin

        @admin.action(description="Pay")
        @money_moving
        def pay(model_admin: Any, request: Any, queryset: Any) -> None:
            for entry in queryset:
                write(entry.amount + 1)

        return type("EntryAdmin", (admin.ModelAdmin,), {"actions": [pay]})

    @pytest.mark.parametrize(
        "bank",
        [lambda: TestAdmin.with_action()],  # noqa: PLW0108 - defined by then
        indirect=True,
        ids=["action"],
    )
    def test_an_action_runs_once(self, bank: Any, db: Database) -> None:
        db.execute("INSERT INTO ledger (amount) VALUES (1)")
        from django.test.client import MULTIPART_CONTENT

        data = {"action": "pay", "_selected_action": "1", "index": "0"}
        answers = [
            bank.post("/admin/django_project/entry/", data=data, content_type=MULTIPART_CONTENT)
            for _ in range(2)
        ]
        assert [each.status_code for each in answers] == [302, 302]
        assert (replays(answers[1]), ledger(db)) == (True, [1, 2])


class TestBodies:
    def test_a_form_over_djangos_own_limit_is_taken(self, dsn: str, db: Database) -> None:
        from django.core.files.uploadedfile import SimpleUploadedFile
        from django.test.client import MULTIPART_CONTENT

        @money_moving
        def view(request: Any) -> Any:
            return answer(id=write(), size=request.FILES["slip"].size)

        def form(letter: bytes) -> Any:
            file = SimpleUploadedFile("slip.txt", letter * 3_000_000, "text/plain")
            return {"data": {"slip": file}, "content_type": MULTIPART_CONTENT}

        with site(dsn, view) as bank:
            assert bank.post(**form(b"a")).json()["size"] == 3_000_000
            assert replays(bank.post(**form(b"a")))
            assert code(bank.post(**form(b"b"))) == "key_reused"

    @pytest.mark.parametrize("announced", [True, False])
    def test_a_body_over_the_cap_is_refused(self, dsn: str, db: Database, announced: bool) -> None:
        from io import BytesIO

        from django.test import RequestFactory

        idem = Idempotency(using="default", principal=tenant, body_cap=100)

        @money_moving
        def view(request: Any) -> Any:
            return answer(id=write())

        with site(dsn, view, idem=idem) as bank:
            if announced:
                response = bank.post(data={"memo": "x" * 200}, content_type="application/json")
            else:
                from idem_runtime.adapters.django import IdempotencyMiddleware

                request = RequestFactory().post("/t", headers={"idempotency-key": "k", "x-tenant": "alice"})
                vars(request)["_stream"] = BytesIO(b"x" * 200)
                response = IdempotencyMiddleware(view)(request)
        assert (response.status_code, code(response), records(db)) == (413, "body_too_large", 0)

    @pytest.mark.parametrize("reads", ["POST", "body"])
    def test_a_middleware_that_reads_first_changes_nothing(self, dsn: str, db: Database, reads: str) -> None:
        from django.core.files.uploadedfile import SimpleUploadedFile
        from django.test.client import MULTIPART_CONTENT

        class Reads:
            def __init__(self, get_response: Any) -> None:
                self.get_response = get_response

            def __call__(self, request: Any) -> Any:
                getattr(request, reads)
                return self.get_response(request)

        @money_moving
        def view(request: Any) -> Any:
            return answer(id=write(), read=request.FILES["slip"].read().decode())

        def form(amount: str = "5", text: bytes = b"paid", kind: str = "text/plain") -> Any:
            data = {"amount": amount, "slip": SimpleUploadedFile("slip.txt", text, kind)}
            return {"data": data, "content_type": MULTIPART_CONTENT}

        django_project.urls_module().Reads = Reads
        with site(dsn, view) as bank:
            assert bank.post(**form()).status_code == 201
        name = "tests.runtime.adapters.django_project.urls.Reads"
        with site(dsn, view, middleware=[name]) as bank:
            again = bank.post(**form())
            assert (again.json()["read"], replays(again)) == ("paid", True)
            assert code(bank.post(**form(amount="6"))) == "key_reused"
            assert code(bank.post(**form(text=b"other"))) == "key_reused"
            assert bank.post(key="new", **form(kind="")).status_code == 201

    def test_a_form_that_was_read_first_is_whole_in_a_second_run(self, dsn: str, db: Database) -> None:
        import psycopg
        from django.core.files.uploadedfile import SimpleUploadedFile
        from django.db import OperationalError
        from django.test.client import MULTIPART_CONTENT

        class ReadsFirst:
            def __init__(self, get_response: Any) -> None:
                self.get_response = get_response

            def __call__(self, request: Any) -> Any:
                assert request.POST is not None
                return self.get_response(request)

        runs: list[Any] = []

        @money_moving
        def view(request: Any) -> Any:
            runs.append((request.POST["amount"], request.FILES["slip"].read()))
            write()
            if len(runs) == 1:
                raise OperationalError from psycopg.errors.SerializationFailure()
            return answer()

        django_project.urls_module().ReadsFirst = ReadsFirst
        with site(dsn, view, middleware=["tests.runtime.adapters.django_project.urls.ReadsFirst"]) as bank:
            form = {"amount": "5", "slip": SimpleUploadedFile("slip.txt", b"paid", "text/plain")}
            assert bank.post(data=form, content_type=MULTIPART_CONTENT).status_code == 201
        assert (runs, ledger(db)) == ([("5", b"paid")] * 2, [5])

    def test_a_replay_keeps_the_cookies_of_its_own_request(self, dsn: str, db: Database) -> None:
        def around(view: Any) -> Any:
            def called(request: Any) -> Any:
                response = view(request)
                response.set_cookie("seen", "yes")
                response["X-Request"] = request.headers.get("x-request", "")
                return response

            return called

        @around
        @money_moving
        def view(request: Any) -> Any:
            response = answer(id=write())
            response["X-Request"] = "handler"
            return response

        with site(dsn, view) as bank:
            bank.post(headers={"x-request": "1"})
            again = bank.post(headers={"x-request": "2"})
        assert (again["X-Request"], again.cookies["seen"].value, replays(again)) == ("2", "yes", True)

    def test_a_route_that_is_not_there_is_djangos_404(self, dsn: str) -> None:
        with site(dsn, lambda request: answer()) as bank:
            assert bank.post("/nowhere").status_code == 404
            assert bank.post("/nowhere", method="get").status_code == 404


class TestWhatIsKnownOfAView:
    """It is looked up once, and no change is passed over."""

    def test_a_method_that_a_test_puts_in_the_place_of_another_is_seen(
        self, dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from django.views import View

        class Pay(View):
            def post(self, request: Any) -> Any:
                return answer(id=None)

        def paid(self: Any, request: Any) -> Any:
            return answer(id=write())

        with site(dsn, Pay.as_view()) as bank:
            assert bank.post().status_code == 201
            with monkeypatch.context() as patching:
                patching.setattr(Pay, "post", money_moving(paid))
                assert_once(twice(bank), db)
            assert bank.post(key="another").status_code == 201
        assert (ledger(db), records(db)) == ([5], 1)

    def test_a_decorator_that_copies_the_attributes_of_a_view_is_looked_at_itself(
        self, dsn: str, db: Database
    ) -> None:
        from functools import wraps

        def view(request: Any) -> Any:
            return answer(id=None)

        with site(dsn, view) as bank:
            assert bank.post().status_code == 201

        @money_moving
        def moves(request: Any) -> Any:
            return answer(id=write())

        @wraps(view)
        def wrapper(request: Any) -> Any:
            return moves(request)

        del wrapper.__wrapped__  # type: ignore[attr-defined]  # - the attributes alone are copied
        with site(dsn, wrapper) as bank:
            assert_once(twice(bank), db)

    def test_a_mark_that_comes_behind_a_views_back_is_refused(self, dsn: str, db: Database) -> None:
        from django.views import View

        class Pay(View):
            def post(self, request: Any) -> Any:
                return self.pay()

            def pay(self) -> Any:
                return answer(id=write())

        with site(dsn, Pay.as_view()) as bank:
            assert bank.post().status_code == 201
            Pay.pay = money_moving(Pay.pay)  # type: ignore[method-assign]
            assert bank.post(key="another").status_code == 500
        assert (ledger(db), records(db)) == ([5], 0)
