"""What nobody can read is said (IDM006), with the line of `routers` that settles it; and each kind of it takes effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.result_types import Finding, RouterKind
from idem_lint.running.project_run import check
from idem_lint.settings.config import Config

HANDLER = "def transfer(amount: int):\n    return amount\n\n\n"


def _decorated(arguments: str, name: str = "expose") -> str:
    return f"from company.web import {name}\n\n\n@{name}({arguments})\n{HANDLER}"


def _called(arguments: str) -> str:
    return f"from company.web import hang\n\n\n{HANDLER}hang({arguments})\n"


def _extended(method: str) -> str:
    return f"from company.web import Resource\n\n\nclass Transfers(Resource):\n    def {method}(self):\n        ...\n"


def _findings(
    folder: Path, source: str, routers: dict[str, RouterKind] | None = None, **others: str
) -> list[Finding]:
    for name, text in {"wallet/views.py": source, **others}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(check([folder], Config(root=folder, routers=routers or {})).findings)


def _codes(
    folder: Path, source: str, routers: dict[str, RouterKind] | None = None, **others: str
) -> list[str]:
    return [finding.code for finding in _findings(folder, source, routers, **others)]


@pytest.mark.parametrize(
    ("source", "expression", "sign", "name"),
    [
        pytest.param(_decorated("'/a'"), "`expose`", 'the path "/a"', "company.web.expose", id="a path"),
        pytest.param(_decorated("path='/a'"), "`expose`", 'the path "/a"', "company.web.expose", id="path="),
        pytest.param(_decorated("'x', 'post'"), "`expose`", "verb POST", "company.web.expose", id="a verb"),
        pytest.param(
            "from http import HTTPMethod\n" + _decorated("HTTPMethod.POST"),
            "`expose`",
            "verb POST",
            "company.web.expose",
            id="a verb of the standard library",
        ),
        pytest.param(
            _decorated("methods=['PUT', 'POST']"),
            "`expose`",
            "`methods=`",
            "company.web.expose",
            id="methods=",
        ),
        pytest.param(
            "import os\n" + _decorated("methods=os.environ['M']"),
            "`expose`",
            "`methods=`",
            "company.web.expose",
            id="methods= that is not known",
        ),
        pytest.param(
            _decorated("", "post_json"),
            "`post_json`",
            "POST in its name",
            "company.web.post_json",
            id="a name",
        ),
        pytest.param(
            f"from company.web import table\n\n\n@table['/a']\n{HANDLER}",
            "`table['/a']`",
            'the path "/a"',
            "company.web.table",
            id="an item",
        ),
        pytest.param(
            f"from company.web import table\n\n\n@table['a very long name of a route', '/a']\n{HANDLER}",
            "`…`",
            'the path "/a"',
            "company.web.table",
            id="a long item",
        ),
        pytest.param(_called("'/a', transfer"), "`hang`", 'the path "/a"', "company.web.hang", id="a call"),
        pytest.param(
            _extended("post"), "`company.web.Resource`", "base class", "company.web.Resource", id="a base"
        ),
    ],
)
def test_what_cannot_be_read_is_named_with_the_line_that_settles_it(
    source: str, expression: str, sign: str, name: str, tmp_path: Path
) -> None:
    (finding,) = _findings(tmp_path, source)
    assert finding.code == "IDM006"
    assert expression in finding.message
    assert sign in finding.message
    assert f'routers = {{ "{name}" = "POST" }} (or "verb", "methods", "nothing")' in str(finding)


@pytest.mark.parametrize(
    ("operation", "sign"),
    [
        ("(api + 'a').post['x']", "has POST in its name"),
        ("(api / '/a')", 'is given the path "/a"'),
        ("(api | '/a')", 'is given the path "/a"'),
    ],
)
def test_an_operation_that_cannot_be_read_is_named_as_it_is_written(
    operation: str, sign: str, tmp_path: Path
) -> None:
    (finding,) = _findings(tmp_path, f"from company.web import api\n\n\n@{operation}\n{HANDLER}")
    assert f"`{operation}`, which cannot be read to its end, {sign}" in finding.message
    assert "name what it is where it stands" in finding.advice


@pytest.mark.parametrize(
    "arguments",
    [
        "'/a', 'GET'",
        "'/a', methods=['GET']",
        "'/a', method='PUT'",
        "'a note'",
        "retries=3",
        "'a note', methods=[]",
    ],
)
def test_a_decorator_that_names_no_post_is_quiet(arguments: str, tmp_path: Path) -> None:
    assert _codes(tmp_path, _decorated(arguments)) == []


KINDS: list[tuple[RouterKind, str, list[str]]] = [
    ("POST", "'/a', {}", ["IDM001"]),
    ("POST", "'/a', {}, 'GET'", ["IDM001"]),
    ("verb", "'/a', {}, 'POST'", ["IDM001"]),
    ("verb", "'POST', '/a', {}", ["IDM001"]),
    ("verb", "'/a', {}, 'GET'", []),
    ("verb", "'/a', {}", ["IDM006"]),
    ("methods", "'/a', {}, methods=['GET', 'POST']", ["IDM001"]),
    ("methods", "'/a', {}, ['GET', 'POST']", ["IDM001"]),
    ("methods", "'/a', {}, methods=['GET']", []),
    ("methods", "'/a', {}", []),
    ("nothing", "'/a', {}, methods=['POST']", []),
    ("nothing", "'/a', {}", []),
]
NAMED = pytest.mark.parametrize("name", ["{}", "web.{}", "company.web.{}"])


@NAMED
@pytest.mark.parametrize(("kind", "arguments", "codes"), KINDS)
def test_a_kind_takes_effect_for_a_decorator(
    kind: RouterKind, arguments: str, codes: list[str], name: str, tmp_path: Path
) -> None:
    source = _decorated(arguments.replace(", {}", ""))
    assert _codes(tmp_path, source, {name.format("expose"): kind}) == codes


@NAMED
@pytest.mark.parametrize(("kind", "arguments", "codes"), KINDS)
def test_a_kind_takes_effect_for_a_call(
    kind: RouterKind, arguments: str, codes: list[str], name: str, tmp_path: Path
) -> None:
    source = _called(arguments.format("transfer"))
    assert _codes(tmp_path, source, {name.format("hang"): kind}) == codes


READABLE = (
    "TABLE = {}\n\n\ndef expose(*arguments, **options):\n    def decorate(function):\n"
    "        TABLE[function] = arguments\n        return function\n\n    return decorate\n"
)


@pytest.mark.parametrize(("kind", "arguments", "codes"), KINDS)
def test_a_kind_takes_effect_for_a_decorator_of_the_project(
    kind: RouterKind, arguments: str, codes: list[str], tmp_path: Path
) -> None:
    source = _decorated(arguments.replace(", {}", ""))
    files = {"company/web.py": READABLE}
    assert _codes(tmp_path, source, {"company.web.expose": kind}, **files) == codes


def test_a_method_of_the_project_is_configured_by_the_name_of_its_class(tmp_path: Path) -> None:
    body = "".join(f"    {line}\n" if line else "\n" for line in READABLE.split("\n")[3:])
    method = body.replace("expose(", "expose(self, ").replace("TABLE", "self.table")
    files = {"company/web.py": f"class Site:\n    table = {{}}\n\n{method}\n\nsite = Site()\n"}
    source = _decorated("'/a'", "site.expose").replace("import site.expose", "import site")
    assert _codes(tmp_path, source, {"company.web.Site.expose": "POST"}, **files) == ["IDM001"]


def test_a_mark_that_a_configured_decorator_of_the_project_puts_on_counts(tmp_path: Path) -> None:
    marking = "from idem_runtime import money_moving\n" + READABLE.replace(
        "return function\n", "return money_moving(function)\n"
    )
    files = {"company/web.py": marking}
    assert _codes(tmp_path, _decorated("'/a'"), {"company.web.expose": "POST"}, **files) == []


@pytest.mark.parametrize("method", ["post", "on_post"])
@pytest.mark.parametrize(
    ("kind", "code"), [("POST", "IDM001"), ("verb", "IDM001"), ("methods", "IDM001"), ("nothing", None)]
)
@pytest.mark.parametrize("base", ["", "class Resource:\n    ...\n"])
def test_a_kind_takes_effect_for_a_base(
    kind: RouterKind, code: str | None, method: str, base: str, tmp_path: Path
) -> None:
    files = {"company/web.py": base} if base else {}
    found = _codes(tmp_path, _extended(method), {"company.web.Resource": kind}, **files)
    assert found == ([code] if code is not None else [])


def test_a_base_that_registers_nothing_does_not_hide_another_that_cannot_be_read(tmp_path: Path) -> None:
    source = (
        _extended("post")
        .replace("(Resource)", "(Resource, Remote)")
        .replace("Resource\n", "Resource, Remote\n", 1)
    )
    (finding,) = _findings(tmp_path, source, {"company.web.Resource": "nothing"})
    assert (finding.code, "company.web.Remote" in finding.message) == ("IDM006", True)


@pytest.mark.parametrize(
    ("before", "head"),
    [
        pytest.param("from company.web import make\n\nBase = make()\n", "company.web.make", id="a call"),
        pytest.param(
            "from company import web\n\nBase = web.kinds.Base\n", "company.web.kinds.Base", id="a name"
        ),
    ],
)
def test_a_base_that_a_package_makes_is_named(before: str, head: str, tmp_path: Path) -> None:
    (finding,) = _findings(
        tmp_path, f"{before}\n\nclass Transfers(Base):\n    def post(self):\n        ...\n"
    )
    assert finding.code == "IDM006"
    assert f'"{head}" = "POST"' in str(finding)


def test_a_base_that_is_computed_is_said_to_be(tmp_path: Path) -> None:
    source = "def build(base):\n    class Transfers(base):\n        def post(self):\n            ...\n\n    return Transfers\n"
    (finding,) = _findings(tmp_path, source)
    assert finding.code == "IDM006"
    assert "its base class `base` is computed when the program runs" in finding.message


def test_a_base_of_a_file_that_cannot_be_read_is_said_with_the_line(tmp_path: Path) -> None:
    files = {"company/web.py": "class Resource:\n    x = 1\n<<<<<<< HEAD\n"}
    found = {f.code: f.message for f in _findings(tmp_path, _extended("post"), {}, **files)}
    assert "company/web.py, which cannot be read (line 3: invalid syntax)" in found["IDM006"]


def test_it_is_never_said_beside_a_missing_mark(tmp_path: Path) -> None:
    source = (
        "from company.web import expose\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        f"@app.post('/a')\n@expose('/b')\n{HANDLER}"
    )
    assert _codes(tmp_path, source) == ["IDM001"]


@pytest.mark.parametrize(
    ("imported", "decorator"),
    [
        ("from cachetools import cached", "cached('/a')"),
        ("from tenacity import retry", "retry('/a', methods=['POST'])"),
        ("from pydantic import validator", "validator('method', 'POST')"),
        ("from dataclasses import dataclass", "dataclass(frozen=True)"),
        ("import pytest", "pytest.mark.parametrize('method', ['POST'])"),
        ("import click", "click.command('POST')"),
        ("from company.cache import memo", "memo(60)"),
    ],
)
def test_a_decorator_that_is_no_route_is_quiet(imported: str, decorator: str, tmp_path: Path) -> None:
    assert _codes(tmp_path, f"{imported}\n\n\n@{decorator}\n{HANDLER}") == []


@pytest.mark.parametrize(
    ("above", "below", "codes"),
    [("", "@money_moving\n", ["IDM006"]), ("@money_moving\n", "", ["IDM003", "IDM006"])],
    ids=["in force", "does nothing"],
)
def test_a_mark_is_judged_also_where_the_methods_are_not_known(
    above: str, below: str, codes: list[str], tmp_path: Path
) -> None:
    source = (
        "import os\n\nfrom fastapi import FastAPI\nfrom idem_runtime import money_moving\n\napp = FastAPI()\n\n\n"
        f"{above}@app.api_route('/a', methods=os.environ['M'].split(','))\n{below}{HANDLER}"
    )
    assert _codes(tmp_path, source) == codes


@pytest.mark.parametrize("given", ["app", "transfer"])
def test_a_method_that_is_called_by_a_name_that_is_not_known_is_passed_over(
    given: str, tmp_path: Path
) -> None:
    source = (
        "import operator\nimport os\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        f"{HANDLER}operator.methodcaller(os.environ['M'], '/a', transfer)({given})\n"
    )
    assert _codes(tmp_path, source) == []


READ = """
from company.web import Shown
from django.urls import path
from django.views import View


class Transfers({bases}):
    def get(self, request): ...


urlpatterns = [path("transfers/", Transfers.as_view())]
"""


@pytest.mark.parametrize(("bases", "codes"), [("Shown", ["IDM006"]), ("Shown, View", []), ("View", [])])
def test_a_view_that_shows_may_take_as_well_by_a_base_that_cannot_be_read(
    bases: str, codes: list[str], tmp_path: Path
) -> None:
    assert _codes(tmp_path, READ.format(bases=bases)) == codes


DISPATCHED = """
class View:
    async def answer(self, request):
        handler = getattr(self, {name}, None)
        return await handler(request)

    async def post(self, request):
        return 405


class Transfer(View):
    async def post(self, request): ...
"""


@pytest.mark.parametrize(
    "name", ["request.method.lower()", 'scope["method"].lower()', '"do_" + environ["REQUEST_METHOD"]']
)
def test_a_method_that_is_called_by_the_method_of_a_request_is_said(name: str, tmp_path: Path) -> None:
    (finding,) = _findings(tmp_path, DISPATCHED.format(name=name))
    assert finding.code == "IDM006"
    assert "`Transfer.post`" in finding.message
    assert "`View` calls it by the method of a request" in finding.message
    assert 'routers = { "wallet.views.View" = "POST" }' in finding.advice


@pytest.mark.parametrize("name", ["name", "self.verb", "'post'"])
def test_a_method_that_is_called_by_something_else_is_quiet(name: str, tmp_path: Path) -> None:
    assert _codes(tmp_path, DISPATCHED.format(name=name)) == []


def test_a_class_that_calls_its_own_methods_by_the_method_of_a_request_is_said(tmp_path: Path) -> None:
    source = (
        "class Transfer:\n    def __call__(self, request):\n"
        "        log(getattr(request, 'path'), getattr(self, 'x', getattr))\n"
        "        return getattr(self, request.method.lower())(request)\n\n    def post(self, request): ...\n"
    )
    assert _codes(tmp_path, source) == ["IDM006"]
