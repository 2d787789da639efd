"""How companies write their own layer over a framework: decorators with optional arguments, tables of records, scans, heirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.result_types import Finding
from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from tests.lint.frameworks.annotated import check_source, sources
from tests.lint.frameworks.projects import handlers_of, inventory_of

TABLE = """
### a decorator that may be left without arguments, by partial
import functools
from fastapi import APIRouter

router = APIRouter()


def command(func=None, *, path=None, method="POST"):
    if func is None:
        return functools.partial(command, path=path, method=method)

    @functools.wraps(func)
    async def wrapper(*args):
        return await func(*args)

    router.add_api_route(path or "/x", wrapper, methods=[method])
    return func


@command
async def transfer():  # found
    ...


@command(path="/payouts")
async def payout():  # found
    ...


@command(path="/balance", method="GET")
async def balance():
    ...

### a decorator that may be left without arguments, by a lambda
from flask import Blueprint

bp = Blueprint("wallet", __name__)


def command(view=None, *, path=None, methods=("POST",)):
    if view is None:
        return lambda inner: command(inner, path=path, methods=methods)
    bp.add_url_rule(path or "/x", view_func=view, methods=list(methods))
    return view


@command
def transfer():  # found
    ...


@command(path="/payouts")
def payout():  # found
    ...


@command(path="/balance", methods=["GET"])
def balance():
    ...

### a decorator that may be left without arguments, by a function
from flask import Blueprint

bp = Blueprint("wallet", __name__)


def action(view=None, **options):
    def decorate(function):
        bp.add_url_rule(options.pop("path", "/x"), view_func=function, methods=["POST"], **options)
        return function

    return decorate if view is None else decorate(view)


@action
def transfer():  # found
    ...


@action(path="/payouts")
def payout():  # found
    ...

### a partial of a decorator of a class
import functools
from fastapi import FastAPI


class Site:
    def __init__(self, app):
        self.app = app

    def expose(self, path, method, function):
        self.app.add_api_route(path, function, methods=[method])
        return function


site = Site(FastAPI())
create = functools.partial(site.expose, "/transfers", "POST")
show = functools.partial(site.expose, "/balance", "GET")


@create
def transfer():  # found
    ...


@show
def balance():
    ...

### a path that is a parameter of the function around
from litestar import post
from bottle import route


def make(path):
    @post(path)
    async def transfer():  # found
        ...

    return transfer


def make_another(path, method):
    decorate = route(path, method=method)

    @decorate
    def payout():  # found
        ...


def make_a_third(path):
    decorate = post(path)

    @decorate
    async def refund():  # found
        ...


make_another("/payouts", "POST")

### what a parameter is put on is no route
from functools import cache
from litestar import post


def made(source):
    kept = cache(source)

    @kept
    def transfer():
        ...

    first = second = source

    @first
    def payout():
        ...

    return transfer

### named tuples that a loop takes apart
from collections import namedtuple
from typing import NamedTuple
from aiohttp import web


async def transfer(request):  # found
    ...


async def payout(request):  # found
    ...


async def refund(request):  # found
    ...


async def charge(request):  # found
    ...


async def balance(request):
    ...


class Endpoint(NamedTuple):
    method: str
    path: str
    handler: object


Route = namedtuple("Route", "method, path handler")
Rule = namedtuple("Rule", ["method", "path", "handler"])
Row = NamedTuple("Row", [("method", str), ("path", str), ("handler", object)])
app = web.Application()
for endpoint in [Endpoint("POST", "/transfers", transfer), Endpoint("GET", "/balance", balance)]:
    app.router.add_route(*endpoint)
for method, path, handler in (Route("POST", "/payouts", payout), Route("GET", "/b", handler=balance)):
    app.router.add_route(method, path, handler)
for rule in [Rule(*("POST", "/refunds", refund)), Rule(method="GET", path="/c", handler=balance)]:
    app.router.add_route(rule.method, rule.path, rule.handler)
for row in [Row("POST", "/charges", charge), Row("GET", "/d", balance)]:
    app.router.add_route(*[*row])

### classes that extend a named tuple
from collections import namedtuple
from typing import NamedTuple
from aiohttp import web
from elsewhere import somewhere


async def transfer(request):  # found
    ...


async def balance(request):
    ...


class Endpoint(namedtuple("Endpoint", "method path handler")):
    def bind(self, app):
        app.router.add_route(self.method, self.path, self.handler)


class Nothing(namedtuple("Nothing")):
    ...


app = web.Application()
made = somewhere()("POST", "/made", balance)
app.router.add_route("GET", made.path, balance)
for endpoint in [Endpoint("POST", "/transfers", transfer), Endpoint("GET", "/balance", balance)]:
    endpoint.bind(app)
Nothing("POST", "/nothing", balance).bind(app)
app.router.add_post(*Nothing("/nothing", balance))  # undecided

### records that are given as keywords
from collections import namedtuple
from elsewhere import somewhere
from dataclasses import asdict, astuple, dataclass, field
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


def transfer():  # found
    ...


def payout():  # found
    ...


def refund():  # found
    ...


def charge():  # found
    ...


def balance():
    ...


Row = namedtuple("Row", "path endpoint methods")


@dataclass
class Spec:
    path: str
    endpoint: object
    methods: list[str] = field(default_factory=lambda: ["POST"])


class Model(BaseModel):
    path: str
    endpoint: object
    methods: list[str] = ["POST"]


for spec in (Spec("/transfers", transfer), Spec("/balance", balance, ["GET"])):
    app.add_api_route(**asdict(spec))
app.add_api_route(**Model(path="/payouts", endpoint=payout).model_dump())
path, endpoint, methods = astuple(Spec("/refunds", refund))
app.add_api_route(path, endpoint, methods=methods)
app.add_api_route(**Row("/charges", charge, ["POST"])._asdict())
app.add_api_route(**somewhere())  # undecided

### defaults of fields
import attrs
from dataclasses import dataclass, field
from fastapi import FastAPI

app = FastAPI()


def transfer():  # found
    ...


def payout():  # found
    ...


def balance():
    ...


@attrs.define
class Spec:
    path: str
    endpoint: object
    methods: list[str] = attrs.field(factory=lambda: ["POST"])


@dataclass
class Rule:
    path: str
    endpoint: object
    verb: str = field(default="POST")
    tags: list[str] = field(repr=False)


for spec in (Spec("/transfers", transfer), Spec("/balance", balance, ["GET"])):
    app.add_api_route(spec.path, spec.endpoint, methods=spec.methods)
for rule in (Rule("/payouts", payout), Rule("/b", balance, "GET")):
    app.add_api_route(rule.path, rule.endpoint, methods=[rule.verb], tags=rule.tags)

### objects that register themselves by what they were made with
from dataclasses import dataclass
from typing import NamedTuple
from flask import Flask

app = Flask(__name__)


def transfer():  # found
    ...


def payout():  # found
    ...


def refund():  # found
    ...


def balance():
    ...


class Resource:
    def __init__(self, path, handler, methods=("GET",)):
        self.path = path
        self.handler = handler
        self.methods = methods

    def register(self, app):
        app.add_url_rule(self.path, self.path, self.handler, methods=list(self.methods))


class Endpoint(NamedTuple):
    path: str
    handler: object
    methods: tuple = ("POST",)

    def bind(self, app):
        app.add_url_rule(self.path, self.path, self.handler, methods=self.methods)


@dataclass
class Rule:
    path: str
    handler: object
    methods: tuple = ("POST",)

    def install(self, app):
        for path in [self.path]:
            app.add_url_rule(path, path, self.handler, methods=self.methods)


for resource in [Resource("/transfers", transfer, ("POST",)), Resource("/balance", balance)]:
    resource.register(app)
for endpoint in [Endpoint("/payouts", payout), Endpoint("/b", balance, ("GET",))]:
    endpoint.bind(app)
Rule("/refunds", refund).install(app)
Rule("/c", balance, ("GET",)).install(app)

### what a class overrides goes with what else it overrides
from flask import Flask

app = Flask(__name__)


class View:
    url = "/"
    methods = ["GET"]

    def attach(self, app):
        app.add_url_rule(self.url, type(self).__name__, self.handle, methods=self.methods)

    def handle(self):
        raise NotImplementedError


class Transfer(View):
    url = "/transfers"
    methods = ["POST"]

    def handle(self):  # found
        ...


class Balance(View):
    url = "/balance"

    def handle(self):
        ...


class Payout(Transfer):
    url = "/payouts"

    def handle(self):  # found
        ...


for view in (Transfer, Balance, Payout):
    view().attach(app)

### a scan for what decorators noted
import inspect
from fastapi import FastAPI


def route(method, path):
    def note(function):
        function._route = method, path
        return function

    return note


class Controller:
    prefix = ""

    def mount(self, router):
        for name, method in inspect.getmembers(self, predicate=inspect.ismethod):
            noted = getattr(method, "_route", None)
            if noted is None:
                continue
            verb, path = noted
            router.add_api_route(self.prefix + path, method, methods=[verb])


class Wallet(Controller):
    prefix = "/wallet"

    @route("POST", "/transfers")
    def transfer(self):  # found
        ...

    @route("GET", "/balance")
    def balance(self):
        ...


app = FastAPI()
Wallet().mount(app)

### a scan by names
from aiohttp import web


class Base:
    def install(self, app):
        for name in dir(self):
            if name.startswith("post_"):
                app.router.add_post("/" + name[5:], getattr(self, name))
            elif name.startswith("get_"):
                app.router.add_get("/" + name[4:], getattr(self, name))


class Wallet(Base):
    async def post_transfer(self, request):  # found
        ...

    async def get_balance(self, request):
        ...


def make():
    app = web.Application()
    Wallet().install(app)
    return app

### a scan by names of a class that nobody extends
from aiohttp import web


class Wallet:
    async def post_transfer(self, request):  # found
        ...

    async def get_balance(self, request):
        ...

    def install(self, app):
        for name in dir(self):
            verb, _, rest = name.partition("_")
            if verb in ("get", "post"):
                app.router.add_route(verb.upper(), f"/{rest}", getattr(self, name))

### a scan of something else
import inspect
import somewhere
from aiohttp import web

app = web.Application()
for name, handler in inspect.getmembers(somewhere):
    app.router.add_post(name, handler)  # undecided
for name in dir(somewhere):
    app.router.add_post(name, getattr(somewhere, name))  # undecided

### a metaclass that reads what decorators noted
from fastapi import APIRouter

router = APIRouter()


def route(method, path):
    def note(function):
        function.__route__ = method, path
        return function

    return note


class RouteMeta(type):
    def __new__(mcls, name, bases, namespace):
        cls = super().__new__(mcls, name, bases, namespace)
        for attribute, value in namespace.items():
            noted = getattr(value, "__route__", None)
            if noted:
                method, path = noted
                router.add_api_route(path, getattr(cls(), attribute), methods=[method])
        return cls


class Controller(metaclass=RouteMeta):
    prefix = ""


class Wallet(Controller):
    prefix = "/wallet"

    @route("POST", "/transfers")
    def transfer(self):  # found
        ...

    @route("GET", "/balance")
    def balance(self):
        ...

### what a decorator notes on a class
from flask import Flask

app = Flask(__name__)


def at(path, *methods):
    def note(cls):
        cls.path = path
        cls.verbs = methods
        return cls

    return note


class Command:
    def handle(self):
        ...


@at("/transfers", "POST")
class Transfer(Command):
    def handle(self):  # found
        ...


@at("/balance", "GET")
class Balance(Command):
    def handle(self):
        ...


for command in (Transfer, Balance):
    app.add_url_rule(command.path, command.__name__, command().handle, methods=list(command.verbs))

### what is assigned to an attribute of a function
from flask import Flask

app = Flask(__name__)


def transfer():  # found
    ...


def balance():
    ...


transfer.verbs = ["POST"]
balance.verbs = ["GET"]
for view in (transfer, balance):
    app.add_url_rule("/" + view.__name__, view_func=view, methods=view.verbs)

### the classes that extend one
from fastapi import FastAPI


class Command:
    path = None

    async def handle(self):
        ...


class Transfer(Command):
    path = "/transfers"

    async def handle(self):  # found
        ...


class Nothing:
    async def handle(self):
        ...


app = FastAPI()
for cls in Command.__subclasses__():
    app.add_api_route(cls.path, cls().handle, methods=["POST"])
for cls in Nothing.__subclasses__():
    app.add_api_route("/none", cls().handle, methods=["POST"])  # undecided

### dicts of dicts that a decorator fills
from collections import OrderedDict, defaultdict, deque
from fastapi import FastAPI

BY_PATH = defaultdict(dict)
BY_VERB = OrderedDict()
ROUTES = defaultdict(list)
QUEUE = deque()


def expose(path, method="POST"):
    def note(function):
        BY_PATH[path][method] = function
        return function

    return note


def listed(path, method="POST"):
    def note(function):
        ROUTES[method].append((path, function))
        QUEUE.append(function)
        return function

    return note


def stored(path, method="POST"):
    def note(function):
        BY_VERB.setdefault(method, {}).setdefault("all", {})[path] = function
        return function

    return note


@expose("/transfers")
def transfer():  # found
    ...


@expose("/transfers", method="GET")
def balance():
    ...


@listed("/payouts")
def payout():  # found
    ...


@listed("/payouts", method="GET")
def payouts():
    ...


@stored("/refunds")
def refund():  # found
    ...


@stored("/refunds", method="GET")
def refunds():
    ...


app = FastAPI()
for path, functions in BY_PATH.items():
    for method, function in functions.items():
        app.add_api_route(path, function, methods=[method])
for method, rows in ROUTES.items():
    for path, function in rows:
        app.add_api_route(path, function, methods=[method])
for method, groups in BY_VERB.items():
    for group in groups.values():
        for path, function in group.items():
            app.add_api_route(path, function, methods=[method])

### a list of lists
from fastapi import FastAPI

app = FastAPI()


def transfer():  # found
    ...


def payout():  # found
    ...


ROWS = [[transfer], []]
ROWS[1].append(payout)
for row in ROWS:
    for function in row:
        app.post("/" + function.__name__)(function)

### resolvers of AWS AppSync, and tools of a Bedrock agent
from aws_lambda_powertools.event_handler import AppSyncResolver, BedrockAgentFunctionResolver

app = AppSyncResolver()
agent = BedrockAgentFunctionResolver()


@app.resolver(type_name="Mutation", field_name="transfer")
def transfer():  # found
    ...


@app.batch_resolver(type_name="Mutation", field_name="transfers")
def transfers():  # found
    ...


@app.resolver(field_name="anything")
def anything():  # found
    ...


@app.resolver(type_name="Query", field_name="balance")
def balance():
    ...


@agent.tool(name="pay", description="pays")
def pay():  # found
    ...
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_the_comments_say_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)


MIXIN = {
    "core/mixins.py": """
class Creates:
    def mount_create(self):
        self.router.add_api_route(self.path, self.create, methods=["POST"])

    async def create(self, body: dict):
        ...
""",
    "wallet/views.py": """
from fastapi import APIRouter
from core.mixins import Creates

router = APIRouter(prefix="/x")


class Transfers(Creates):
    path = "/rows"

    def __init__(self, router):
        self.router = router
        self.mount_create()


Transfers(router)
""",
}


def _findings(folder: Path, files: dict[str, str]) -> list[Finding]:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    return list(check([folder], Config(root=folder)).findings)


def test_a_method_of_a_base_class_is_in_the_domain_of_the_class_that_has_it(tmp_path: Path) -> None:
    (finding,) = _findings(tmp_path, MIXIN)
    assert (finding.code, Path(finding.file).name) == ("IDM001", "mixins.py")
    assert "wallet/views.py, whose `Transfers` has it" in str(finding)


def test_a_method_of_a_base_class_whose_heirs_are_elsewhere_is_in_no_domain(tmp_path: Path) -> None:
    files = {name.replace("wallet", "orders"): text for name, text in MIXIN.items()}
    assert _findings(tmp_path, files) == []


def test_the_routes_are_those_of_the_class_that_has_the_method(tmp_path: Path) -> None:
    source = """
from fastapi import FastAPI

app = FastAPI()


class Crud:
    path = ""

    def attach(self):
        app.add_api_route(self.path, self.create, methods=["POST"])

    async def create(self):
        ...


class Transfers(Crud):
    path = "/transfers"

    async def create(self):
        ...


class Payouts(Crud):
    path = "/payouts"


for klass in (Transfers, Payouts):
    klass().attach()
"""
    found = {each.qualname: each.routes for each in inventory_of(tmp_path, {"app.py": source}).handlers}
    assert found == {"Transfers.create": ("/transfers",), "Crud.create": ("/payouts",)}


def test_a_class_that_too_many_extend_is_asked_once(tmp_path: Path) -> None:
    heirs = "\n\n".join(
        f'class View{number}(View):\n    path = "/{number}"\n\n    def handle(self):\n        ...\n'
        for number in range(70)
    )
    source = (
        "from flask import Flask\n\napp = Flask(__name__)\n\n\nclass View:\n    def attach(self):\n"
        '        app.add_url_rule(self.path, view_func=self.handle, methods=["POST"])\n\n\n' + heirs
    )
    assert len(handlers_of(tmp_path, {"app.py": source})) == 70
