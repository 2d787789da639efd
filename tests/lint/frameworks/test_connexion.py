"""Connexion: where documents lie, how resolvers name functions, and what cannot be told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lint.frameworks.projects import handlers_of, undecided_of

HANDLERS = """
def pay():
    return {}


def refund():
    return {}


def post():
    return {}


class PayOutsView:
    def post(self):
        return {}
"""
DOCUMENT = """
paths:
  /pay:
    post:
      operationId: wallet.api.pay
    get:
      operationId: wallet.api.refund
"""
RESTY = """
paths:
  /api:
    post: {}
"""
VIEWS = """
paths:
  /pay_outs:
    post:
      responses: {}
  /named:
    post:
      operationId: wallet.api.refund
"""
WAYS = {
    "text": 'app.add_api("api.yaml")',
    "path": 'app.add_api(Path(__file__).parent / "api.yaml")',
    "joinpath": 'app.add_api(Path(__file__).parent.joinpath("api.yaml"))',
    "os.path": 'app.add_api(os.path.join(os.path.dirname(__file__), "api.yaml"))',
    "variable": "app.add_api(SPEC)",
    "specification_dir": 'connexion.FlaskApp(__name__, specification_dir="spec/").add_api("other.yaml")',
    "path of the folder": 'connexion.FlaskApp(__name__, specification_dir=Path("spec")).add_api("other.yaml")',
    "above the package": 'app.add_api("../above.yaml")',
    "named in the root": 'app.add_api("above.yaml")',
    "resolver": 'app.add_api("api.yaml", resolver=connexion.resolver.Resolver())',
    "an application that is given": 'def install(given: connexion.App):\n    given.add_api("api.yaml")',
    "one of two applications": '(app if SPEC else connexion.App(SPEC)).add_api("api.yaml")',
    "no resolver": 'app.add_api("api.yaml", resolver=None)',
    "relative": 'app.add_api("short.yaml", resolver=RelativeResolver("wallet.api"))',
    "a module": 'app.add_api("short.yaml", resolver=RelativeResolver(api))',
    "own class of its kind": 'app.add_api("short.yaml", resolver=Renamed("wallet.api"))',
    "own class that only waits": 'app.add_api("api.yaml", resolver=Waiting())',
    "own class that looks on": 'app.add_api("api.yaml", resolver=Watching())',
    "loaded": 'app.add_api(yaml.safe_load(open("api.yaml")))',
    "loaded from what a path opens": 'with Path(__file__).parent.joinpath("api.yaml").open("rb") as file:\n'
    "    loaded = own_load(file)\napp.add_api(loaded)",
    "loaded from text": 'app.add_api(specification=yaml.load(Path("api.yaml").read_text(), yaml.SafeLoader))',
    "loaded from what is read": 'app.add_api(json.loads(open("api.json").read()))',
    "an API alone": 'connexion.FlaskApi(specification="api.yaml", base_path="/api").blueprint',
    "an API alone under another name": 'from connexion import FlaskApi as Api\nApi("api.yaml")',
    "an API alone, of a function": "def blueprint():\n"
    '    return FlaskApi(yaml.safe_load(open("api.yaml")), resolver=Waiting(), base_path="/api").blueprint',
    "resolver of the application": 'connexion.App(__name__, resolver=RelativeResolver("wallet.api")).add_api("short.yaml")',
}
PRELUDE = """
import json
import os
from pathlib import Path

import connexion
import yaml
from connexion.apis.flask_api import FlaskApi
from connexion.resolver import MethodResolver, RelativeResolver, Resolver, RestyResolver

from wallet import api

app = connexion.App(__name__)
SPEC = "api.yaml"


class Renamed(RelativeResolver):
    pass


class Waiting(Resolver):
    def resolve(self, operation):
        name = self.resolve_operation_id(operation)
        return Later(self.resolve_function_from_operation_id, name)


class Watching(Resolver):
    def resolve(self, operation):
        print(operation)
        return super().resolve(operation)


class Guessing(Resolver):
    def resolve(self, operation):
        return found_somewhere(operation)


def own_load(stream):
    from yaml import load as orig

    try:
        from yaml import CSafeLoader as SafeLoader
    except ImportError:
        from yaml import SafeLoader
    return orig(stream, SafeLoader)


class Own(RestyResolver):
    def resolve_operation_id(self, operation):
        return "wallet.api.pay"


"""


def project(call: str) -> dict[str, str]:
    return {
        "wallet/__init__.py": "",
        "wallet/api.py": HANDLERS,
        "wallet/main.py": PRELUDE + call + "\n",
        "wallet/api.yaml": DOCUMENT,
        "wallet/api.json": json.dumps({"paths": {"/pay": {"post": {"operationId": "wallet.api.pay"}}}}),
        "wallet/short.yaml": "paths: {/pay: {post: {operationId: pay}}}",
        "wallet/resty.yaml": RESTY,
        "wallet/views.yaml": VIEWS,
        "wallet/spec/other.yaml": DOCUMENT,
        "above.yaml": DOCUMENT,
    }


@pytest.mark.parametrize("call", WAYS.values(), ids=WAYS)
def test_documents_are_found_where_connexion_finds_them(call: str, tmp_path: Path) -> None:
    assert handlers_of(tmp_path, project(call)) == {"pay": "POST"}


def test_a_path_names_a_module(tmp_path: Path) -> None:
    call = 'app.add_api("resty.yaml", resolver=RestyResolver("wallet"))'
    assert handlers_of(tmp_path, project(call)) == {"post": "POST"}


def test_a_path_names_a_class(tmp_path: Path) -> None:
    call = 'app.add_api("views.yaml", resolver=MethodResolver("wallet.api"))'
    assert handlers_of(tmp_path, project(call)) == {"PayOutsView.post": "POST", "refund": "POST"}


UNDECIDED = {
    "no such file": ('app.add_api("missing.yaml")', "cannot be read"),
    "an address": ('app.add_api("https://bank.example/api.yaml")', "cannot be read"),
    "computed": ("app.add_api(document_of(app))", "cannot be read"),
    "joined of nothing": ("app.add_api(Path(document_of(app)))", "cannot be read"),
    "own resolver": ('app.add_api("api.yaml", resolver=Own("wallet"))', "resolver"),
    "own resolver of names": ('app.add_api("api.yaml", resolver=Guessing())', "resolver"),
    "an API alone of what nobody can read": ("connexion.FlaskApi(document_of(app))", "cannot be read"),
    "loaded from an address": (
        'app.add_api(yaml.safe_load(connexion.get("https://bank.example/api.yaml").text))',
        "cannot be read",
    ),
    "a function as resolver": ('app.add_api("api.yaml", resolver=lambda name: None)', "resolver"),
    "resolver of no known kind": ('app.add_api("api.yaml", resolver=made_of(app)())', "resolver"),
    "no such function": (
        'app.add_api({"paths": {"/pay": {"post": {"operationId": "wallet.api.gone"}}}})',
        "wallet.api.gone",
    ),
    "no such module": ('app.add_api({"paths": {"/pay": {"post": {"operationId": "gone.pay"}}}})', "gone.pay"),
    "no such class": (
        'app.add_api({"paths": {"/gone": {"post": {"tags": ["x"]}}}}, resolver=MethodResolver("wallet.api"))',
        "GoneView",
    ),
}


@pytest.mark.parametrize(("call", "reason"), UNDECIDED.values(), ids=UNDECIDED)
def test_what_cannot_be_told_is_undecided(call: str, reason: str, tmp_path: Path) -> None:
    found = undecided_of(tmp_path, project(call))
    assert len(found) == 1
    assert reason in "".join(found.values())
