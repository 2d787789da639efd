"""Decorators of the project that keep what they are put on: the handler is what they were put on, or IDM006 says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.result_types import Finding
from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from tests.lint.frameworks.annotated import check_source
from tests.lint.frameworks.projects import handlers_of, undecided_of

USE = """
@post("/transfers")
def transfer(): ...
"""


def _findings(folder: Path, source: str) -> list[Finding]:
    (folder / "app.py").write_text(f"import flask\n{source}", encoding="utf-8")
    return list(check([folder], Config(root=folder, all_domains=True)).findings)


@pytest.mark.parametrize(
    "decorator",
    [
        pytest.param(
            "HANDLERS = []\ndef post(path):\n    def keep(function):\n"
            "        HANDLERS.append((path, function))\n        return function\n    return keep\n",
            id="appended to a list",
        ),
        pytest.param(
            "HANDLERS = {}\ndef post(path):\n    def keep(function):\n"
            "        HANDLERS[path] = function\n        return function\n    return keep\n",
            id="put into a dict",
        ),
        pytest.param(
            "from company.web import serve\ndef post(path):\n    def keep(function):\n"
            "        served = function\n        serve(path, handler=served)\n        return function\n    return keep\n",
            id="given to what nobody can read",
        ),
        pytest.param(
            "class Service:\n    def post(self, path):\n        def keep(function):\n"
            "            self.add('POST', function)\n            return function\n        return keep\n"
            "    def add(self, verb, view):\n        self.views[verb] = view\n\n\npost = Service().post\n",
            id="handed on to a method that puts it away",
        ),
        pytest.param(
            "HANDLERS = []\ndef post(path):\n    def keep(function):\n        def wrapper(request):\n"
            "            return function(request)\n        HANDLERS.append(wrapper)\n        return wrapper\n"
            "    return keep\n",
            id="its wrapper is put away",
        ),
        pytest.param(
            "HANDLERS = []\nclass post:\n    def __init__(self, path):\n        self.path = path\n"
            "    def __call__(self, function):\n        HANDLERS.append((self.path, function))\n        return function\n",
            id="by the object of a class",
        ),
        pytest.param(
            "HANDLERS = []\nclass Route:\n    def __init__(self, path, function):\n        self.function = function\n"
            "        HANDLERS.append(self)\n\n\ndef post(path):\n    def keep(function):\n"
            "        Route(path, function)\n        return function\n    return keep\n",
            id="its object puts itself away",
        ),
        pytest.param(
            "HANDLERS = []\ndef post(path):\n    return lambda function: HANDLERS.append(function) or function\n",
            id="by a lambda",
        ),
        pytest.param(
            "def post(path):\n    def keep(*functions):\n        return functions[0]\n    return keep\n",
            id="among arguments that have no name",
        ),
    ],
)
def test_what_only_keeps_a_handler_is_said(decorator: str, tmp_path: Path) -> None:
    assert [finding.code for finding in _findings(tmp_path, decorator + USE)] == ["IDM006"]


@pytest.mark.parametrize(
    "decorator",
    [
        pytest.param(
            "def post(path):\n    def wrap(function):\n        def wrapper(*args):\n            log(path)\n"
            "            return function(*args)\n        return wrapper\n    return wrap\n",
            id="a wrapper",
        ),
        pytest.param(
            "import functools\ndef post(path):\n    def wrap(function):\n        count: int\n        prepare(path)\n"
            "        @functools.wraps(function)\n"
            "        def wrapper(*args):\n            return run(function, args)\n"
            "        wrapper.path = path\n        wrapper.inner = function\n        return wrapper\n    return wrap\n",
            id="a wrapper with notes on it",
        ),
        pytest.param(
            "class post:\n    def __init__(self, path):\n        self.path = path\n    def __call__(self, function):\n"
            "        self.function = function\n        return self\n",
            id="an object that has it",
        ),
        pytest.param(
            "import functools\ndef post(path):\n    def wrap(function):\n"
            "        return functools.partial(function, path)\n    return wrap\n",
            id="handed to the standard library",
        ),
        pytest.param(
            "import pydantic\nchecked = pydantic\ndef post(path):\n    def wrap(function):\n"
            "        return checked.validate_call(function)\n    return wrap\n",
            id="handed to a package that is known to register nothing",
        ),
        pytest.param(
            "from starlette.routing import Router\nclass Routes(Router):\n    def post(self, path):\n"
            "        def keep(function):\n            self.add_websocket_route(path, function)\n"
            "            return function\n        return keep\n\n\npost = Routes().post\n",
            id="handed to a framework for something else",
        ),
        pytest.param(
            "class Wrapper:\n    pass\n\n\ndef post(path):\n    def wrap(function):\n"
            "        return Wrapper(function)\n    return wrap\n",
            id="an object of a class without a constructor",
        ),
    ],
)
def test_what_only_wraps_is_quiet(decorator: str, tmp_path: Path) -> None:
    assert _findings(tmp_path, decorator + USE) == []


@pytest.mark.parametrize("arguments", ["'any', 'function'", "'GET', '/transfers'", "'transfers'"])
def test_what_is_kept_for_no_post_is_quiet(arguments: str, tmp_path: Path) -> None:
    decorator = (
        "KEPT = {}\ndef implements(*names):\n    def keep(function):\n"
        "        KEPT[names] = function\n        return function\n    return keep\n\n\n"
    )
    assert _findings(tmp_path, f"{decorator}@implements({arguments})\ndef transfer(): ...\n") == []


LEDGER = """
class Ledger:
    def __init__(self):
        self.rules = {}

    def post(self, event):
        def keep(function):
            self.rules[event] = function
            return function

        return keep


ledger = Ledger()
"""


def test_every_use_of_a_decorator_that_keeps_is_said(tmp_path: Path) -> None:
    uses = (
        '@ledger.post("/fees")\ndef fees(entry): ...\n\n\n@ledger.post("/refunds")\ndef refund(entry): ...\n'
    )
    assert len(_findings(tmp_path, f"{LEDGER}\n\n{uses}")) == 2


@pytest.mark.parametrize(
    ("head", "event", "codes"),
    [
        ("import flask\n", '"debit"', []),
        ("import flask\n", '"/fees"', ["IDM006"]),
        ("import flask\n", 'f"{version}/fees"', ["IDM006"]),
        ("import flask\n", "load()", ["IDM006"]),
        ("from company import server\n", '"/fees"', ["IDM006"]),
        ("import json\nimport pydantic\nfrom idem_runtime import money_moving\n", '"/fees"', []),
    ],
)
def test_a_post_of_accounting_is_told_from_one_of_requests(
    head: str, event: str, codes: list[str], tmp_path: Path
) -> None:
    source = f"{head}{LEDGER}\n\n@ledger.post({event})\ndef fees(entry): ...\n"
    (tmp_path / "app.py").write_text(source, encoding="utf-8")
    found = check([tmp_path], Config(root=tmp_path, all_domains=True)).findings
    assert [each.code for each in found] == codes


def test_the_decorator_is_named_so_that_the_configuration_can_say_what_it_is(tmp_path: Path) -> None:
    source = (
        "import flask\nHANDLERS = []\nclass Route:\n    @classmethod\n    def post(cls, path):\n        def keep(function):\n"
        "            HANDLERS.append(function)\n            return function\n        return keep\n\n\n"
        "@Route.post('/transfers')\ndef transfer(): ...\n"
    )
    (finding,) = _findings(tmp_path, source)
    assert "`Route.post`, which keeps what it is put on" in finding.message
    assert 'routers = { "app.Route.post" = "POST" }' in finding.advice
    for kind, codes in ("POST", ["IDM001"]), ("nothing", []):
        found = check(
            [tmp_path],
            Config(root=tmp_path, all_domains=True, routers={"app.Route.post": kind}),  # type: ignore[dict-item]
        ).findings
        assert [found_one.code for found_one in found] == codes


def test_what_is_kept_and_registered_in_sight_is_found(tmp_path: Path) -> None:
    check_source(
        "from flask import Flask\nHANDLERS = []\n\n\ndef post(path):\n    def keep(function):\n"
        "        HANDLERS.append((path, function))\n        return function\n    return keep\n\n\n"
        "@post('/transfers')\ndef transfer():  # found\n    ...\n\n\napp = Flask(__name__)\n"
        "for path, function in HANDLERS:\n    app.add_url_rule(path, view_func=function, methods=['POST'])\n",
        tmp_path,
    )


ROUTER = """
from starlette.routing import Router


class Routes(Router):
    def post(self, path):
        def decorator(function):
            async def answer(request):
                result = function(request)
                return encoded(result)

            answer.__doc__ = function.__doc__
            self.add_route(path, answer, methods=["POST"])
            return answer

        return decorator


routes = Routes()
"""


def test_a_registered_wrapper_stands_for_what_the_decorator_is_put_on(tmp_path: Path) -> None:
    use = '\n\n@routes.post("/transfers")\nasync def transfer(request): ...\n\n\n@routes.post("/fees")\nasync def fee(r): ...\n'
    assert handlers_of(tmp_path, {"app.py": ROUTER + use}) == {"transfer": "POST", "fee": "POST"}


def test_a_wrapper_of_a_wrapper_that_a_list_keeps_stands_for_the_handler(tmp_path: Path) -> None:
    check_source(
        "from aiohttp import web\n\n\nclass Route:\n    rows = []\n\n    @classmethod\n    def post(cls, path):\n"
        "        return cls._route('POST', path)\n\n    @classmethod\n    def _route(cls, verb, path):\n"
        "        def register(function):\n            async def checked(request):\n"
        "                await function(request)\n                return web.Response()\n\n"
        "            async def locked(request):\n                return await checked(request)\n\n"
        "            cls.rows.append((verb, path, locked))\n            return locked\n\n        return register\n\n\n"
        "@Route.post('/transfers')\nasync def transfer(request):  # found\n    ...\n\n\n"
        "app = web.Application()\nfor verb, path, handler in Route.rows:\n"
        "    app.router.add_route(verb, path, handler)\n",
        tmp_path,
    )


def test_a_closure_that_does_not_use_what_it_is_put_on_is_a_handler_itself(tmp_path: Path) -> None:
    source = (
        "from flask import Flask\napp = Flask(__name__)\n\n\ndef with_ping(function):\n    def ping():\n"
        "        return function.__name__\n\n    app.add_url_rule('/ping', view_func=ping, methods=['POST'])\n"
        "    return function\n\n\n@with_ping\ndef transfer(): ...\n"
    )
    assert handlers_of(tmp_path, {"app.py": source}) == {"with_ping.<locals>.ping": "POST"}


def test_a_mark_on_the_wrapper_counts_for_what_it_stands_for(tmp_path: Path) -> None:
    source = ROUTER.replace(
        "            async def answer", "            @money_moving\n            async def answer"
    )
    use = '\n\n@routes.post("/transfers")\nasync def transfer(request): ...\n'
    text = f"from idem_runtime import money_moving\n{source}{use}"
    (tmp_path / "app.py").write_text(text, encoding="utf-8")
    assert not undecided_of(tmp_path, {"app.py": text})
    assert [finding.code for finding in _findings(tmp_path, text)] == []


def test_a_wrapper_in_a_method_that_decorates_stands_for_what_that_is_put_on(tmp_path: Path) -> None:
    source = (
        "from flask import Flask\napp = Flask(__name__)\n\n\nclass Api:\n"
        "    def expose(self, function):\n        def answer():\n            log(self, function)\n"
        "            return None\n\n        app.add_url_rule('/x', view_func=answer, methods=['POST'])\n"
        "        return function\n\n\napi = Api()\n\n\n@api.expose\ndef transfer(): ...\n"
    )
    assert handlers_of(tmp_path, {"app.py": source}) == {"transfer": "POST"}
