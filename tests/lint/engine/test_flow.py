"""Where a handler or a mark comes by way of the project's own functions, classes, decorators and scopes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

HEAD = """\
import datetime, functools, typing
from flask import Flask
from flask.views import MethodView
from idem_runtime import money_moving, not_money_moving
app = Flask(__name__)
"""

TABLE = """
### a name bound twice in one branch is the later
def pay(): ...  # found

def draw(): ...

if __debug__:
    view = draw
    view = pay

app.post("/a")(view)

### a mark through functools.partial
refund_mark = functools.partial(not_money_moving, reason="test mode")

@app.post("/a")
@refund_mark(until=datetime.date(2030, 1, 31))
def refund(): ...  # found: not_money_moving

### a mark that a partial is
@app.post("/a")
@functools.partial(money_moving)
def refund(): ...  # found: money_moving

### a reason that stands where the mark is used
def reads(why, *, until=None):
    return not_money_moving(reason=why, until=until)

@app.post("/a")
@reads("a search")
def refund(): ...  # found: not_money_moving

### a mark whose until is not a date
@app.post("/a")
@not_money_moving(reason="test mode", until=datetime.date(2030, x, y))
def refund(): ...  # found: not_money_moving

### an until of texts
@app.post("/a")
@not_money_moving(reason="test mode", until=datetime.date("2030", "1", "2"))
def refund(): ...  # found: not_money_moving

### an until with too few parts
@app.post("/a")
@not_money_moving(reason="test mode", until=soon(1))
def refund(): ...  # found: not_money_moving

### a handler that returns nothing
@app.post("/a")
@money_moving
def pay():  # found: money_moving
    return

### a decorator that returns its function
def same(view):
    return view

@app.post("/a")
@same
@money_moving
def pay(): ...  # found: money_moving

### a lambda that marks
marked = lambda view: money_moving(view)

@app.post("/a")
@marked
def pay(): ...  # found: money_moving

### a lambda that returns something else
other = lambda view: print

@app.post("/a")
@other
@money_moving
def pay(): ...  # found: money_moving

### a decorator without parameters
def broken():
    return None

@app.post("/a")
@broken
def pay(): ...  # found

### a decorator that returns an unrelated function
def replace(view):
    return print

@app.post("/a")
@replace
def pay(): ...  # found

### a decorator with a marked wrapper
def guarded(view):
    @money_moving
    def wrapper(*args):
        return view(*args)
    return wrapper

@app.post("/a")
@guarded
def pay(): ...  # found: money_moving

### a decorator object with a call method
class Guard:
    def __call__(self, view):
        return money_moving(view)

@app.post("/a")
@Guard()
def pay(): ...  # found: money_moving

### one of two decorators, by a condition
if app.debug:
    guard = money_moving
else:
    guard = functools.cache

@app.post("/a")
@guard
def pay(): ...  # idle

### a router that a function declares to return
def make() -> Flask:
    raise ValueError

@make().post("/a")
def pay(): ...  # found

### a router that awaits
async def build():
    made = await make()
    @made.post("/a")
    def pay(): ...  # found

### a router bound by global
def build():
    global router
    router = Flask("x")

@router.post("/a")
def pay(): ...  # found

### a router bound by nonlocal
def build():
    router = None
    def inner():
        nonlocal router
        router = Flask("x")
    @router.post("/a")
    def pay(): ...  # found

### nonlocal through a class body
def build():
    router = None
    class Inner:
        def inner(self):
            nonlocal router, unbound
            router = Flask("x")
    @router.post("/a")
    def pay(): ...  # found

### super outside a class
@super().post("/a")
def pay(): ...  # found

### super in a class without bases
class Router:
    def post(self, path):
        return super().post(path)

router = Router()

@router.post("/a")
def pay(): ...  # found

### arguments that a star hands on to a project function
def register(app, path, *views, methods=("POST",), **rest):
    for view in views:
        app.add_url_rule(path, view_func=view, methods=methods)

def pay(): ...  # found
def draw(): ...  # found

register(app, "/a", *[pay, draw])

### a base class that a call makes
def base():
    return MethodView

class View(base()):
    def post(self): ...  # found

app.add_url_rule("/a", view_func=View.as_view("view"))

### a mark for another member
from django.utils.decorators import method_decorator
from django.views import View

@method_decorator(money_moving, name="get")
class Pay(View):
    def post(self, request): ...  # idle

### a lookalike from the project
def money_moving(view):
    return view

@app.post("/a")
@money_moving
def pay(): ...  # found

### a name in quotes as an annotation
def register(router: "Flask"):
    router.add_url_rule("/a", view_func=pay, methods=["POST"])

def pay(): ...  # found

### an annotation in quotes that is no expression
def register(router: "a b c"):
    router.add_url_rule("/a", view_func=pay, methods=["POST"])

def pay(): ...  # found

### an annotation that may be none
def register(router: Flask | None, other: typing.Annotated["Flask", 1]):
    router.add_url_rule("/a", view_func=pay, methods=["POST"])
    other.add_url_rule("/b", view_func=draw, methods=["POST"])

def pay(): ...  # found
def draw(): ...  # found

### an own table behind a generic base
class Store(Base[int]):
    __tablename__ = "idempotency_keys"

@app.post("/a")
def pay(idempotency_key: str = ""): ...  # found

### a class decorator that registers nothing
@functools.total_ordering
class Pay(MethodView):
    def post(self): ...  # found

### a class decorator that is a route
from flask_smorest import Blueprint
blueprint = Blueprint("a", "b")

@blueprint.route
@blueprint.route("/a")
class Pay(MethodView):
    def post(self): ...  # found

### a call of a base in brackets
class Pay(typing.Generic[int], MethodView):
    def post(self): ...  # found

### a call with what only a route method takes, by use alone
def plugin(server):
    server.post(7)(pay)
    server.post("/a")(draw)

def pay(): ...
def draw(): ...  # found

### a base class that a package's call makes
from somewhere import make_base

class Pay(make_base("x"), MethodView):
    def post(self): ...  # found

### a partial of a lambda
app.add_url_rule("/a", view_func=functools.partial(lambda request: None), methods=["POST"])  # found

### a router made by a function that says nothing of it
def make():
    raise ValueError

@make().post("/a")
def pay(): ...  # found

### a route method used as a decorator with its target given
def pay(): ...  # found

@app.add_url_rule("/a", view_func=pay, methods=["POST"])
def draw(): ...

### a decorator that takes any number of views
def publish(*views):
    for view in views:
        app.post("/a")(view)  # undecided

@publish
def pay(): ...

### a factory whose callers ask for GET alone
def publish(methods):
    @app.route("/a", methods=methods)
    def inner(): ...

publish(["GET"])

### a factory whose callers ask for POST
def publish(methods):
    @app.route("/a", methods=methods)
    def inner(): ...  # found

publish(["POST"])

### a mark in a list of decorators, for another method
from django.utils.decorators import method_decorator

class Pay(MethodView):
    decorators = [method_decorator(money_moving, name="get")]
    def post(self): ...  # idle

app.add_url_rule("/a", view_func=Pay.as_view("pay"))

### a plain attribute list of a class
def plugin(server):
    @server.post(7)
    def refused(): ...
    @server.post("/a")
    def taken(): ...  # found

### registrars of registrars, file by file
--- wallet/app.py
from flask import Flask
app = Flask(__name__)
from wallet.r0 import r0
def pay(): ...  # found
r0(app, pay)
--- wallet/r0.py
from wallet.r1 import r1
def r0(app, view):
    r1(app, view)
--- wallet/r1.py
from wallet.r2 import r2
def r1(app, view):
    r2(app, view)
--- wallet/r2.py
from wallet.r3 import r3
def r2(app, view):
    r3(app, view)
--- wallet/r3.py
from wallet.r4 import r4
def r3(app, view):
    r4(app, view)
--- wallet/r4.py
from wallet.r5 import r5
def r4(app, view):
    r5(app, view)
--- wallet/r5.py
from wallet.r6 import r6
def r5(app, view):
    r6(app, view)
--- wallet/r6.py
from wallet.r7 import r7
def r6(app, view):
    r7(app, view)
--- wallet/r7.py
from wallet.r8 import r8
def r7(app, view):
    r8(app, view)
--- wallet/r8.py
from wallet.r9 import r9
def r8(app, view):
    r9(app, view)
--- wallet/r9.py
def r9(app, view):
    app.add_url_rule("/a", view_func=view, methods=["POST"])
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_the_handler_and_its_mark_are_followed(source: str, tmp_path: Path) -> None:
    check_source(source if source.startswith("---") else HEAD + source, tmp_path)
