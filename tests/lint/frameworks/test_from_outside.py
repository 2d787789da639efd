"""Handlers that something else makes handlers: methods put on classes from outside, class statements that register,
objects and closures that mark what they are given.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.result_types import Finding
from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from tests.lint.frameworks.annotated import check_source, sources

PATCHED = r"""
### setattr on a view class
from flask import Flask
from flask.views import MethodView
app = Flask(__name__)
class Transfers(MethodView): ...
def make(self): ...  # found
setattr(Transfers, "post", make)
app.add_url_rule("/transfers", view_func=Transfers.as_view("t"))
### setattr in a loop, of a marked function
import falcon
from idem_runtime import money_moving
class Transfers: ...
@money_moving
def create(self, req, resp): ...  # found: money_moving
def read(self, req, resp): ...
for name, function in {"on_post": create, "on_get": read}.items():
    setattr(Transfers, name, function)
falcon.App().add_route("/transfers", Transfers())
### an assignment, through a mark
from django.urls import path
from django.views import View
from idem_runtime import money_moving
class Transfers(View): ...  # found: money_moving
class Payouts(View): ...  # found
class Refunds(View):
    def post(self, request): ...  # found: money_moving
class Charges(View):  # found: money_moving
    post = money_moving(lambda self, request: None)
def make(self, request): ...
Transfers.post = money_moving(make)
Payouts.post = make
Refunds.post = money_moving(Refunds.post)
urlpatterns = [path(name, view.as_view()) for name, view in [("a", Transfers), ("b", Payouts), ("c", Refunds), ("d", Charges)]]
### a helper in another module that patches what it is given
from flask import Flask
from flask.views import MethodView
from core.patching import with_post
app = Flask(__name__)
class Transfers(MethodView): ...
def make(self): ...  # found
for cls in [Transfers]:
    with_post(cls, make)
app.add_url_rule("/transfers", view_func=Transfers.as_view("t"))
--- core/__init__.py
--- core/patching.py
def with_post(cls, function):
    cls.post = function
### a class decorator that patches
from flask import Flask
from flask.views import MethodView
app = Flask(__name__)
def make(self): ...  # found
def payable(cls):
    setattr(cls, "post", make)
    return cls
@payable
class Transfers(MethodView): ...
app.add_url_rule("/transfers", view_func=Transfers.as_view("t"))
### a method of a helper object that patches
from flask import Flask
from flask.views import MethodView
app = Flask(__name__)
class Patcher:
    def put(self, cls, function):
        cls.post = function
class Transfers(MethodView): ...
def make(self): ...  # found
Patcher().put(Transfers, make)
app.add_url_rule("/transfers", view_func=Transfers.as_view("t"))
### what the class has itself stays, and what is no function is no method
from flask import Flask
from flask.views import MethodView
app = Flask(__name__)
class Transfers(MethodView):
    def post(self): ...  # found
def other(self): ...
Transfers.post = other
Transfers.put = None
app.x, Transfers.patch = 1, other
setattr(Transfers, "a")
setattr(Transfers, app, other)
lambda cls: setattr(cls, "post", other)
def unused_too(cls): cls.post = other
class Namesake:
    def unused_too(self, cls): ...
Namesake().unused_too(Transfers)
setattr(open("x"), "post", other)
def unused(cls): cls.post = other
app.add_url_rule("/transfers", view_func=Transfers.as_view("t"))
### a method put on a router class, used as a decorator
import core.patches
from fastapi import APIRouter
router = APIRouter()
@router.money("/transfers")
def transfer(): ...  # found
def mount(router: APIRouter):
    @router.money("/payouts")
    def payout(): ...  # found
--- core/__init__.py
--- core/patches.py
from fastapi import APIRouter
def money(self, path):
    return self.post("/wallet" + path)
APIRouter.money = money
### a method put on an application class by its full name, given the handler
import core.patches
from flask import Flask, Blueprint
class Bank(Flask): ...
app, blueprint = Bank(__name__), Blueprint("b", __name__)
def transfer(): ...  # found
def payout(): ...  # found
app.act("/transfers", transfer)
blueprint.act("/payouts", payout)
--- core/__init__.py
--- core/patches.py
import flask
def act(self, rule, view):
    self.add_url_rule(rule, view_func=view, methods=["POST"])
flask.Flask.act = act
setattr(flask.Blueprint, "act", act)
### a lambda put on a router class is not followed, and that is said
from fastapi import APIRouter
APIRouter.money = lambda self, path: self.post(path)
router = APIRouter()
@router.money("/transfers")
def transfer(): ...  # undecided
### a name that is put on another package's class is nobody's route
import httpx
from fastapi import APIRouter
def money(self, path): ...
httpx.Client.money = money
router = APIRouter()
@router.money("/transfers")
def transfer(): ...
### an attribute of nothing known
from fastapi import APIRouter
def post(self, path): ...
APIRouter.money = post
def use(client):
    client.money("/x")
    open("x").money("/x")
"""

CLASSES = r"""
### __init_subclass__ registers a method of an instance
from core.base import Endpoint
from idem_runtime import money_moving
class Transfers(Endpoint, path="/transfers"):
    def handle(self): ...  # found
class Payouts(Endpoint, path="/payouts"):
    @money_moving
    def handle(self): ...  # found: money_moving
--- core/__init__.py
--- core/base.py
from fastapi import APIRouter
router = APIRouter()
class Endpoint:
    def __init_subclass__(cls, path="/", **rest):
        super().__init_subclass__(**rest)
        router.add_api_route(path, cls().handle, methods=["POST"])
### __init_subclass__ registers each verb there is
from core.base import Verbs
class Transfers(Verbs):
    path = "/transfers"
    def get(): ...
    def post(): ...  # found
--- core/__init__.py
--- core/base.py
from fastapi import APIRouter
router = APIRouter()
class Verbs:
    def __init_subclass__(cls):
        for verb in ("get", "post"):
            if hasattr(cls, verb):
                getattr(router, verb)(cls.path)(getattr(cls, verb))
### a metaclass registers in __init__
from core.base import Action
class Transfers(Action):
    rule = "/transfers"
    @staticmethod
    def run(): ...  # found
--- core/__init__.py
--- core/base.py
from flask import Flask
app = Flask(__name__)
class Registering(type):
    def __init__(cls, name, bases, members):
        super().__init__(name, bases, members)
        if bases:
            app.add_url_rule(cls.rule, view_func=cls.run, methods=["POST"])
class Action(metaclass=Registering):
    rule = "/"
### a metaclass registers in __new__, what stands in the body
from fastapi import APIRouter
router = APIRouter()
class RegisteringMeta(type):
    def __new__(mcs, name, bases, members):
        made = super().__new__(mcs, name, bases, members)
        router.post("/" + name)(members["create"])
        router.add_api_route("/" + name, made.run, methods=["POST"])
        return made
class Transfers(metaclass=RegisteringMeta):
    def create(self): ...  # found
    def run(self): ...  # found
### what the hook registers cannot be told, which is said at the class
from core.base import Endpoint
class Transfers(Endpoint):  # undecided
    ...
--- core/__init__.py
--- core/base.py
from fastapi import APIRouter
from core.elsewhere import lookup
router = APIRouter()
class Endpoint:
    def __init_subclass__(cls):
        router.add_api_route("/x", lookup(cls), methods=["POST"])
### a hook that nothing extends and one that registers nothing
from fastapi import APIRouter
router = APIRouter()
class Unused:
    def __init_subclass__(cls):
        router.add_api_route("/x", cls.run, methods=["POST"])
class Counted:
    made = []
    def __init_subclass__(cls):
        cls.made.append(cls)
        print(cls)
class One(Counted):
    def run(self): ...
class Plain(metaclass=print): ...
### a factory's metaclass is a class that it makes
class Kind(type): ...
class Base(metaclass=Kind): ...
class Child(Base): ...
"""

WRAPPERS = r"""
### an object marks what it is given, in __init__, and shows it
import functools
from fastapi import FastAPI
from idem_runtime import money_moving
app = FastAPI()
class Guarded:
    def __init__(self, view):
        self.view = money_moving(view)
        functools.update_wrapper(self, self.view)
    def __call__(self, amount: int):
        return self.view(amount)
def transfer(amount: int): ...  # found: money_moving
@app.post("/payouts")
@Guarded
def payout(amount: int): ...  # found: money_moving
app.add_api_route("/transfers", Guarded(transfer), methods=["POST"])
### with the mark's arguments, and awaited; nothing shows the mark, so that the runtime refuses each request
from fastapi import FastAPI
from idem_runtime import money_moving
app = FastAPI()
class External:
    def __init__(self, view, name=None):
        self._view = money_moving(effect="external")(view)
    async def __call__(self, amount: int):
        answer = await self._view(amount)
        return answer
@app.post("/payouts")
@External
async def payout(amount: int): ...  # idle
async def transfer(amount: int): ...  # idle
app.add_api_route("/transfers", External(transfer, name="t"), methods=["POST"])
### an object that does not mark, and one that does more
from fastapi import FastAPI
app = FastAPI()
class Timed:
    def __init__(self, view):
        self.view = view
    def __call__(self, amount: int):
        return self.view(amount)
class Twice:
    def __init__(self, view):
        self.view = view
    def __call__(self, amount: int):
        return None
@app.post("/payouts")
@Timed
def payout(amount: int): ...  # found
@app.post("/refunds")
@Twice
def refund(amount: int): ...  # found
### the name is bound again below a decorator that only notes
import functions_framework
from firebase_functions import https_fn
from idem_runtime import money_moving
@functions_framework.http
def pay(request): ...  # found: money_moving
pay = money_moving(pay)
@https_fn.on_request()
def refund(request): ...  # found: money_moving
refund = money_moving(effect="external")(refund)
### nobody gives the handler
from flask import Flask
app = Flask(__name__)
def mount(rule, view):
    app.add_url_rule(rule, view_func=view, methods=["POST"])  # undecided
### the name is bound again below a decorator that registers
from fastapi import FastAPI
from idem_runtime import money_moving
app = FastAPI()
@app.post("/pay")
def pay(request): ...  # idle
pay = money_moving(pay)
### an object that hands on to what it loads, marked itself or not
from flask import Flask
from idem_runtime import money_moving
app = Flask(__name__)
class Lazy:
    def __init__(self, name): self.name = name
    def __call__(self, *args, **kwargs):
        return self.load()(*args, **kwargs)
    def load(self): return __import__(self.name)
class Marked(Lazy):
    @money_moving
    def __call__(self, *args, **kwargs):  # idle
        return self.load()(*args, **kwargs)
app.add_url_rule("/a", view_func=Lazy("a"), methods=["POST"])  # undecided
app.add_url_rule("/b", view_func=Marked("a"), methods=["POST"])
### without an object to hand on from
from flask import Flask
app = Flask(__name__)
class Odd:
    def __call__(*args, **kwargs):  # found
        return print(*args, **kwargs)
app.add_url_rule("/a", view_func=Odd(), methods=["POST"])
"""


@pytest.mark.parametrize("source", [*sources(PATCHED), *sources(CLASSES), *sources(WRAPPERS)])
def test_handlers_are_found_wherever_they_become_handlers(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)


def findings(source: str, folder: Path) -> list[Finding]:
    (folder / "wallet.py").write_text(source)
    return list(check([folder], Config(root=folder), is_cached=False).findings)


CLOSURE = """
from flask import Flask
app = Flask(__name__)
def crud(kind):
    def create():
        return kind
    return create
def one(): ...
"""


@pytest.mark.parametrize(
    ("registered", "said"),
    [
        (
            "app.post('/a')(crud('a'))\napp.post('/b')(crud('b'))",
            "; one mark there serves all 2 routes (/a, /b)",
        ),
        (
            "for rule in '/a', '/b', '/c', '/d':\n    app.post(rule)(one)",
            '; one mark there serves all 4 routes (/a, /b, /c, …), and @money_moving needs operation="…" for that',
        ),
        (
            "app.post(open('x'))(crud(1))\napp.post(open('y'))(crud(2))",
            "; one mark there serves all 2 routes",
        ),
        ("app.post('/a')(one)", ""),
    ],
)
def test_a_mark_that_serves_several_routes_says_so(registered: str, said: str, tmp_path: Path) -> None:
    (finding,) = findings(CLOSURE + registered, tmp_path)
    assert finding.advice.partition("moves no money")[2] == said


@pytest.mark.parametrize(
    "framework", ["fastapi import FastAPI", "aiohttp.web import Application", "company import App"]
)
def test_a_route_of_which_nothing_is_known_is_not_printed(framework: str, tmp_path: Path) -> None:
    name = framework.rpartition(" ")[2]
    register = {"Application": "app.router.add_post(a + '/' + b, f)"}.get(name, "app.post(a + '/' + b)(f)")
    source = f"from {framework}\napp = {name}()\ndef f(): ...\na, b = open('a'), open('b')\n{register}\n"
    for finding in findings(source, tmp_path):
        assert "…" not in finding.message.partition("`…`")[0]
        assert "answers POST in" in finding.message or finding.code == "IDM006"
