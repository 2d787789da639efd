"""``idem-lint verify``: live routing tables of real frameworks, held against the inventory."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import MethodType
from typing import Any, ClassVar

import pytest

from idem_lint.adoption import live_comparison, live_routes
from idem_lint.adoption.live_comparison import LiveRoute
from idem_lint.result_types import Handler, Place, Undecided
from tests.lint.casecheck import CASES
from tests.lint.front.project import Shell

APP = """\
from fastapi import FastAPI

from wallet.routes import router, more

app = FastAPI()
app.include_router(router, prefix="/wallet")
print("started")
getattr(app, "po" + "st")("/hidden")(more.hidden)


def make():
    return app


async def make_later():
    return app
"""
ROUTES = """\
from fastapi import APIRouter

from wallet import more

router = APIRouter()


@router.post("/transfers")
def transfer(): ...


other = APIRouter()


@other.post("/forgotten")
def forgotten(): ...
"""
MORE = "def hidden(): ...\n"


def test_what_only_one_side_knows_is_said(shell: Shell) -> None:
    hidden = 'def hidden(): ...\nHOW = __import__("json").loads("[]")\n'
    app = APP.replace('getattr(app, "po" + "st")("/hidden")(more.hidden)', "more.add(app)")
    add = (
        hidden
        + 'def add(app):\n    app.router.routes.extend(made(app))\ndef made(app):\n    from fastapi.routing import APIRoute\n    kind = eval("APIRoute")\n    return [kind("/hidden", hidden, methods=["POST"])]\n'
    )
    shell.write({"app.py": app, "wallet/routes.py": ROUTES, "wallet/more.py": add})
    done = shell.run("verify", "app:app")
    assert done.code == 1, done.out + done.err
    assert done.out.splitlines() == [
        "not seen: POST /hidden is served by wallet/more.py (hidden), and the linter did not list it",
        "not served: wallet/routes.py:16 `forgotten` (POST …/forgotten) is listed, and no application serves it",
        "1 routes agree, 2 do not",
    ]


TABLE = """\
from fastapi import FastAPI

from wallet.handlers import table

app = FastAPI()
for path, handler, methods in table():
    app.add_api_route(path, handler, methods=methods)
"""
HANDLERS = """\
import json


def transfer(): ...


def table():
    return [("/transfers", globals()[json.loads('"transfer"')], ["POST"])]
"""


def test_a_registration_that_the_linter_said_it_cannot_decide_is_named_beside_what_is_not_seen(
    shell: Shell,
) -> None:
    shell.write({"wallet/app.py": TABLE, "wallet/handlers.py": HANDLERS})
    done = shell.run("verify", "wallet.app:app")
    assert done.code == 1, done.out + done.err
    seen, undecided, count = done.out.splitlines()
    assert seen.startswith("not seen: POST /transfers is served by wallet/handlers.py (transfer)")
    assert undecided.startswith(
        "undecided (IDM006): wallet/app.py:7 `app.add_api_route`: its handler cannot be told"
    )
    assert count == "0 routes agree, 1 do not"


def test_an_application_that_registers_when_it_starts_has_to_be_given_as_a_function(shell: Shell) -> None:
    late = "from fastapi import FastAPI\n\nfrom wallet.routes import router\n\n\nasync def start(app):\n    app.include_router(router)\n    yield\n\n\napp = FastAPI(lifespan=start)\n"
    shell.write({"app.py": late, "wallet/routes.py": ROUTES.partition("other =")[0], "wallet/more.py": MORE})
    done = shell.run("verify", "app:app")
    assert done.code == 1, done.out + done.err
    assert done.out.splitlines()[1:] == [live_comparison.STARTS_LATER, "0 routes agree, 1 do not"]


def test_applications_that_agree(shell: Shell) -> None:
    shell.write({"app.py": APP, "wallet/routes.py": ROUTES.partition("other =")[0], "wallet/more.py": MORE})
    done = shell.run("verify", "app:make", "app:make_later")
    assert (done.code, done.out) == (0, "2 routes agree, 0 do not\n")


@pytest.mark.parametrize(
    ("target", "options", "complaint"),
    [
        ("nowhere:app", (), "No module named 'nowhere'"),
        ("app:nothing", (), "has no attribute 'nothing'"),
        ("app:app", ("--python", "/no/such/python"), "No such file"),
        ("app:X", (), "builtins.int is no application"),
        ("app", ("--paths", "nowhere"), "no such file or folder"),
    ],
)
def test_what_cannot_be_imported_says_why(
    target: str, options: tuple[str, ...], complaint: str, shell: Shell
) -> None:
    shell.write({"app.py": "X = 1\nclass App: routes = []\napp = App()\n"})
    done = shell.run("verify", target, *options)
    assert done.code == 2
    assert complaint in done.err


def test_an_import_that_does_not_end_is_given_up(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_comparison, "_LONGEST", 1)
    shell.write({"app.py": "import time\ntime.sleep(60)\n"})
    done = shell.run("verify", "app:app")
    assert done.code == 2
    assert "has not ended after 1 seconds" in done.err


DJANGO = {
    "bank/settings.py": "SECRET_KEY = 'x'\nROOT_URLCONF = 'bank.urls'\n"
    "INSTALLED_APPS = ['django.contrib.auth', 'django.contrib.contenttypes']\n",
    "bank/urls.py": """\
from django.urls import include, path, re_path
from django.contrib.auth.views import LoginView
from wallet import views

urlpatterns = [
    path("wallet/", include([path("pay", views.pay), re_path(r"^list$", views.listing)])),
    path("wallet/any", views.anything),
    path("wallet/view", views.Pay.as_view()),
    path("wallet/read", views.Read.as_view()),
    path("wallet/there", views.There.as_view()),
    path("wallet/only", views.Pay.as_view(http_method_names=["get"])),
    path("wallet/made", views.Made.as_view()),
    path("wallet/all", views.All.as_view()),
    path("wallet/guarded", views.Guarded.as_view()),
    path("wallet/checked", views.Checked.as_view()),
    path("login", LoginView.as_view()),
]
""",
    "wallet/views.py": """\
from django.http import HttpResponse
from django.views.generic import RedirectView, View
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from rest_framework.generics import CreateAPIView


@require_POST
def pay(request): ...


@require_GET
def listing(request): ...


def anything(request):
    if request.method == "POST":
        return HttpResponse(status=405)
    return HttpResponse()


class Pay(View):
    def post(self, request): ...


class Read(View):
    def get(self, request): ...


class There(RedirectView):
    http_method_names = ["get"]


class All(View):
    def dispatch(self, request): ...


class Guarded(Read):
    def dispatch(self, request):
        return super().dispatch(request)


class Made(CreateAPIView):
    def create(self, request): ...


@method_decorator(never_cache, name="post")
class Checked(Made):
    pass
""",
}


def test_a_django_project_is_asked_by_its_settings(shell: Shell) -> None:
    shell.write(DJANGO)
    done = shell.run("verify", "bank.settings")
    assert done.code == 0, done.out + done.err
    assert (
        "of packages: 1 routes that answer POST, not in the project's files: django.contrib.auth.views.LoginView"
        in done.out
    )


def test_the_program_finds_what_djangos_patterns_lead_to(shell: Shell) -> None:
    shell.write(DJANGO)
    # As a module of its package: coverage does not know what is run by its path to be a part of idem_lint.
    command = [sys.executable, "-m", live_routes.__name__, "bank.settings"]
    path = str(Path(live_routes.__file__).parents[2])
    done = subprocess.run(
        command, cwd=shell.root, env={**os.environ, "PYTHONPATH": path}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert [(route["path"], route["name"], route["is_certain"]) for route in json.loads(done.stdout)] == [
        ("/wallet/pay", "wallet.views.pay", True),
        ("/wallet/any", "wallet.views.anything", False),
        ("/wallet/view", "wallet.views.Pay", True),
        ("/wallet/made", "wallet.views.Made", True),
        ("/wallet/all", "wallet.views.All", True),
        ("/wallet/guarded", "wallet.views.Guarded", True),
        ("/wallet/checked", "wallet.views.Checked", True),
        ("/login", "django.contrib.auth.views.LoginView", True),
    ]


def test_what_is_added_to_grpc_servers_is_seen(shell: Shell) -> None:
    shutil.copytree(CASES / "grpc" / "generic", shell.root, dirs_exist_ok=True)
    done = shell.run("verify", "app")
    assert "not looked into: an RPC handler is wallet.handlers.WalletRouter" in done.out
    assert done.out.splitlines()[-1].endswith("agree, 0 do not")


# in this process: what each framework's application says


class Middleware:
    def __init__(self, app: Any) -> None:
        self.app = app


def names(app: Any) -> set[tuple[str, str]]:
    return {
        (route["path"], route.get("opaque") or route["at"][-1][1]) for route in live_routes.routes_of(app)
    }


def handler(request: Any = None) -> None: ...


def wrapped(function: Any) -> Any:
    def wrapper(request: Any) -> Any:
        return function(request)

    return wrapper


def test_starlette_and_what_is_mounted() -> None:
    from starlette.applications import Starlette
    from starlette.endpoints import HTTPEndpoint
    from starlette.routing import Mount, Route, WebSocketRoute
    from starlette.staticfiles import StaticFiles

    class Pay(HTTPEndpoint):
        async def post(self, request: Any) -> None: ...

    class Read(HTTPEndpoint):
        async def get(self, request: Any) -> None: ...

    class Everything(HTTPEndpoint):
        async def dispatch(self) -> None: ...

    async def raw(scope: Any, receive: Any, send: Any) -> None: ...

    app = Starlette(
        routes=[
            Route("/get", wrapped(handler), methods=["GET"]),
            Route("/pay", wrapped(handler), methods=["POST"]),
            Route("/class", Pay),
            Route("/read", Read),
            Route("/every", Everything),
            WebSocketRoute("/ws", raw),
            Mount("/in", Middleware(Starlette(routes=[Route("/deep", handler, methods=["POST"])]))),
            Mount("/raw", raw),
            Mount("/files", StaticFiles(directory=".")),
        ]
    )
    here = "test_starlette_and_what_is_mounted.<locals>."
    assert names(Middleware(app)) == {
        ("/pay", "handler"),
        ("/class", f"{here}Pay.post"),
        ("/every", f"{here}Everything.dispatch"),
        ("/in/deep", "handler"),
        ("/raw", f"{here}raw"),
        ("/files", "starlette.staticfiles.StaticFiles"),
    }


def test_routes_are_asked_of_a_fastapi_that_keeps_none_back(monkeypatch: pytest.MonkeyPatch) -> None:
    from starlette.routing import Route

    monkeypatch.delitem(sys.modules, "fastapi.routing", raising=False)
    assert [path for path, _ in live_routes._starlette_routes([Route("/x", handler)])] == ["/x"]


def test_what_fastapi_includes_has_its_whole_path() -> None:
    from fastapi import APIRouter, FastAPI

    app, router = FastAPI(openapi_url=None), APIRouter(prefix="/wallet")
    router.post("/pay")(handler)
    router.get("/read")(handler)
    app.include_router(router, prefix="/v1")
    assert names(app) == {("/v1/wallet/pay", "handler")}


def made() -> list[str]:
    return ["made"]


async def made_later() -> list[str]:
    return ["made later"]


@pytest.mark.parametrize(
    ("attribute", "app"),
    [("made", ["made"]), ("made_later", ["made later"]), ("ViewSet.kind", "a class's")],
)
def test_an_application_is_an_attribute_or_what_a_function_makes(attribute: str, app: Any) -> None:
    assert live_routes._application(sys.modules[__name__], attribute) == app


def test_what_is_no_application_is_said() -> None:
    with pytest.raises(SystemExit, match=r"builtins\.int is no application whose routes can be asked for"):
        live_routes.routes_of(1)


def test_flask_views_and_classes() -> None:
    from flask import Flask
    from flask.views import MethodView, View

    class Pay(MethodView):
        def post(self) -> None: ...

    class Plain(View):
        methods = ["POST"]

        def dispatch_request(self) -> None: ...

    app = Flask("x")
    app.add_url_rule("/pay", "pay", handler, methods=["POST"])
    app.add_url_rule("/class", view_func=Pay.as_view("class"))
    app.add_url_rule("/plain", view_func=wrapped(Plain.as_view("plain")), endpoint="plain", methods=["POST"])
    app.add_url_rule("/no-view", "none", methods=["POST"])
    here = "test_flask_views_and_classes.<locals>."
    assert names(app) == {
        ("/pay", "handler"),
        ("/class", f"{here}Pay.post"),
        ("/plain", f"{here}Plain.dispatch_request"),
    }


class Inherited:
    """As Flask-AppBuilder's views are: bound methods of one object, permissions, actions that a request names."""

    method_permission_name: ClassVar[dict[str, str]] = {"add": "create"}

    def add(self) -> None: ...

    def delete(self) -> None: ...

    def edit(self) -> None: ...

    def action_post(self) -> None: ...


for _name in ("add", "delete", "edit"):
    getattr(Inherited, _name)._permission_name = _name


class Shown(Inherited):
    base_permissions: ClassVar[list[str]] = ["can_create", "can_edit"]

    def edit(self) -> None: ...

    def settle(self) -> None: ...

    settle._action = ("settle",)  # type: ignore[attr-defined]


def test_methods_of_an_object_are_found_at_its_class_and_refused_without_permission() -> None:
    from flask import Flask

    app = Flask("bank")
    for name in ("add", "delete", "edit", "action_post"):
        app.add_url_rule(f"/{name}", name, getattr(Shown(), name), methods=["POST"])
    found = {route["path"]: [name for _, name in route["at"]] for route in live_routes._of_flask(app)}
    assert found == {
        "/add": ["Shown", "Inherited.add"],
        "/edit": ["Shown.edit"],
        "/action_post": ["Shown.settle", "Inherited.action_post"],
    }
    assert list(live_routes._place_of_object(MethodType(len, []))) == []


def test_aiohttp_resources_and_applications_below() -> None:
    from aiohttp import web

    class Pay(web.View):
        async def post(self) -> None: ...

    class Read(web.View):
        async def get(self) -> None: ...

    async def pay(request: Any) -> None: ...

    below = web.Application()
    below.router.add_post("/deep", pay)
    app = web.Application()
    app.router.add_get("/get", pay)
    app.router.add_view("/class", Pay)
    app.router.add_view("/read", Read)
    app.add_subapp("/in", below)
    here = "test_aiohttp_resources_and_applications_below.<locals>."
    assert names(app) == {("/class", f"{here}Pay.post"), ("/in/deep", f"{here}pay")}


def test_litestar_handlers_and_raw_applications() -> None:
    from litestar import Litestar, asgi, get, post

    @post("/pay", sync_to_thread=False)
    def pay() -> None: ...

    @get("/read", sync_to_thread=False)
    def read() -> None: ...

    @asgi("/raw", copy_scope=True)
    async def raw(scope: Any, receive: Any, send: Any) -> None: ...

    here = "test_litestar_handlers_and_raw_applications.<locals>."
    assert {("/pay", f"{here}pay"), ("/raw", f"{here}raw")} <= names(
        Litestar([pay, read, raw], openapi_config=None)
    )


class ViewSet:
    kind = "a class's"

    def create(self) -> None: ...

    def dispatch(self) -> None: ...


ViewSet.dispatch.__module__ = "django.views.generic.base"


def view_of(**attributes: Any) -> Any:
    def view(request: Any) -> None: ...

    vars(view).update(attributes)
    return view


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (view_of(cls=ViewSet, actions={"post": "create"}), ["create"]),
        (view_of(cls=ViewSet, actions={"get": "list"}), []),
        (view_of(view_class=ViewSet), []),
    ],
)
def test_a_viewset_answers_by_its_actions(view: Any, expected: list[str]) -> None:
    found = [route["at"][-1][1].rpartition(".")[2] for route in live_routes._of_view("/x", view)]
    assert found == expected


def test_every_kind_of_wrapper_is_looked_below() -> None:
    class Callable:
        def __call__(self) -> None: ...

    def late() -> Any:
        def uses() -> Any:
            return unset

        unset: Any
        yield uses
        unset = handler

    class Holder:
        static = staticmethod(handler)

    @functools.wraps(handler)
    def kept(*args: Any) -> Any: ...

    last = [
        live_routes._layers(found)[-1]
        for found in (functools.partial(handler), Holder().static, vars(Holder)["static"], kept)
    ]
    assert last == [handler, handler, handler, handler]
    assert live_routes._layers(Callable())[-1] is Callable.__call__
    assert len(live_routes._layers(next(late()))) == 1
    assert live_routes._layers(Holder) == [Holder]
    assert live_routes._file_of(int) is None
    assert live_routes._opaque("/x", 1)["at"] == []
    assert live_routes._of_class("/x", type("Made", (), {"__module__": "builtins"}), "post")["at"] == []


def test_grpc_servers_themselves_say_nothing() -> None:
    assert list(live_routes._nothing(None)) == []
    assert list(live_routes._of_rpc_handlers([])) == []


@pytest.fixture
def undone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is noted of gRPC's servers is forgotten again."""
    import grpc._server
    import grpc.aio._server

    for cls in (grpc._server._Server, grpc.aio._server.Server):
        monkeypatch.setattr(cls, "add_generic_rpc_handlers", cls.add_generic_rpc_handlers)
    yield


def test_a_server_tells_what_it_is_given(undone: None) -> None:
    from concurrent.futures import ThreadPoolExecutor

    import grpc

    received: list[Any] = []
    live_routes._note_rpc_handlers(received)
    server = grpc.server(ThreadPoolExecutor(1))
    generated: dict[str, Any] = {}
    exec(compile("def refuse(request, context): ...", "bank_pb2_grpc.py", "exec"), generated)
    methods = {"Pay": handler, "Nobody": generated["refuse"]}
    table = {name: grpc.unary_unary_rpc_method_handler(function) for name, function in methods.items()}
    made = grpc.method_handlers_generic_handler("Bank", table)

    class Router(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, handler_call_details: Any) -> Any: ...

    server.add_generic_rpc_handlers([made, Router()])
    paid, opaque = live_routes._of_rpc_handlers(received)
    assert paid["path"] == "/Bank/Pay"
    assert opaque["opaque"].endswith(".Router")


def test_the_program_answers_with_json_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, undone: None
) -> None:
    (tmp_path / "told_app.py").write_text(
        "from flask import Flask\nprint('started')\napp = Flask('x')\n@app.post('/pay')\ndef pay(): ...\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    live_routes.main(["told_app:app"])
    said = capsys.readouterr()
    assert said.out.startswith('[{"path": "/pay"')
    assert said.err == "started\n"
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    live_routes.main(["told_app"])
    assert capsys.readouterr().out == "[]"


def test_a_doubtful_route_fails_nothing() -> None:
    route = LiveRoute("/x", frozenset({(os.path.realpath("a.py"), "f")}), "a.f", is_certain=False)
    compared = live_comparison.compare([route], [], [], Path.cwd())
    assert compared.doubtful == (route,)
    assert next(live_comparison.report(compared)).startswith("perhaps not seen: /x is served by a.py (f)")


def test_handlers_behind_one_route_are_counted_and_not_called_unserved() -> None:
    place = Place("a.py", 1, 1)
    handlers = [
        Handler(place, name, name, ("POST",), None, None) for name in ("strawberry", "mcp", "fastapi")
    ]
    compared = live_comparison.compare([], handlers, [], Path.cwd())
    assert list(live_comparison.report(compared)) == [
        "not served: a.py:1 `fastapi` is listed, and no application serves it",
        "not compared: 2 handlers that no routing table shows (mcp, strawberry)",
        live_comparison.STARTS_LATER,
        "0 routes agree, 1 do not",
    ]


def test_what_is_undecided_was_said_and_a_packages_view_is_known_by_its_name() -> None:
    place = Place("a.py", 1, 1)
    undecided = Undecided(place, "f", "fastapi", None, "why")
    handler = Handler(place, "some.View(…)", "django", ("POST",), None, None, is_defined=False)
    routes = [
        LiveRoute("/x", frozenset({(os.path.realpath("a.py"), "f")}), "a.f"),
        LiveRoute("/y", frozenset(), "some.View"),
    ]
    compared = live_comparison.compare(routes, [handler], [undecided], Path.cwd())
    assert list(live_comparison.report(compared)) == ["2 routes agree, 0 do not"]
