"""A handler is in a domain by the file of its ``def``, by the file that registers it, or by its route."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from idem_lint.result_types import Handler
from idem_lint.running.project_run import check, config_for, inventory
from tests.lint.front.project import Shell

VIEWS = "def move(request):\n    return request.POST\n"
URLS = 'from django.urls import path\nfrom core import views\n\nurlpatterns = [path("{route}", views.move)]\n'
ROUTER = """\
from fastapi import APIRouter

router = APIRouter()


@router.post("{route}")
def move(amount: int) -> int:
    return amount
"""
RESOURCE = """\
from flask.views import MethodView


class Movements(MethodView):
    def post(self):
        return "moved"
"""
REGISTRAR = 'def mount(app, rule, view):\n    app.add_url_rule(rule, view_func=view, methods=["POST"])\n'

ENDPOINT = """\
from fastapi import FastAPI

app = FastAPI()


def endpoint(path):
    return app.post(path)
"""
MOVE = "def move(amount: int):\n    return amount\n"

REASONS: list[tuple[str, dict[str, str], str, str | None, str]] = [
    (
        "the file of its def",
        {"wallets/api.py": ROUTER.format(route="/x")},
        "",
        "wallet",
        "the word `wallets` of wallets/api.py",
    ),
    (
        "the file before the route",
        {"payroll/api.py": ROUTER.format(route="/wallet")},
        "",
        "payroll",
        "the word `payroll` of payroll/api.py",
    ),
    (
        "the file that registers it",
        {"core/views.py": VIEWS, "wallet/urls.py": URLS.format(route="x")},
        "",
        "wallet",
        "the word `wallet` of wallet/urls.py, which registers it",
    ),
    (
        "a registrar that a money file calls",
        {
            "core/views.py": "def move():\n    return 1\n",
            "lib/mounting.py": REGISTRAR,
            "wallet/setup.py": "from core.views import move\nfrom flask import Flask\nfrom lib.mounting import mount\n\n"
            'app = Flask(__name__)\nmount(app, "/x", move)\n',
        },
        "",
        "wallet",
        "the word `wallet` of wallet/setup.py, which registers it",
    ),
    (
        "a class that inherits it",
        {
            "core/views.py": RESOURCE,
            "savings/views.py": "from core.views import Movements\nfrom flask import Flask\n\n"
            "class Plan(Movements):\n    pass\n",
            "urls.py": "from flask import Flask\nfrom savings.views import Plan\n\napp = Flask(__name__)\n"
            'app.add_url_rule("/x", view_func=Plan.as_view("x"))\n',
        },
        "",
        "savings",
        "the word `savings` of savings/views.py",
    ),
    (
        "its route",
        {"core/api.py": ROUTER.format(route="/wallets/move")},
        "",
        "wallet",
        "the word `wallets` of the route …/wallets/move",
    ),
    (
        "a part of a route in camel case",
        {"core/api.py": ROUTER.format(route="/api/createLoan")},
        "",
        "lending",
        "the word `loan` of the route …/api/createLoan",
    ),
    (
        "a parameter of a route",
        {"core/api.py": ROUTER.format(route="/x/{wallet_id}")},
        "",
        "wallet",
        "the word `wallet` of the route …/x/{wallet_id}",
    ),
    (
        "the route in another file",
        {"core/views.py": VIEWS, "urls.py": URLS.format(route="wallet/x")},
        "",
        "wallet",
        "the word `wallet` of the route /wallet/x",
    ),
    (
        "the route that it gives a decorator of another file",
        {
            "lib/web.py": ENDPOINT,
            "core/api.py": f'from lib.web import endpoint\n\n\n@endpoint("/wallet/x")\n{MOVE}',
        },
        "",
        "wallet",
        "the word `wallet` of the route /wallet/x",
    ),
    (
        "a route that is a constant of a third file",
        {
            "lib/web.py": ENDPOINT,
            "lib/paths.py": 'MOVES = "/wallet/x"\n',
            "core/api.py": "from lib import paths\nfrom lib.web import endpoint\n\n\n"
            f"@endpoint(paths.MOVES)\n{MOVE}",
        },
        "",
        "wallet",
        "the word `wallet` of the route /wallet/x",
    ),
    (
        "the word in a table of routes that another file registers",
        {
            "lib/web.py": ENDPOINT
            + "\n\ndef hang(routes):\n    for path, function in routes:\n        endpoint(path)(function)\n",
            "core/api.py": f'{MOVE}\n\nROUTES = [("/wallet/x", move)]\n',
            "main.py": "from core.api import ROUTES\nfrom lib.web import hang\n\nhang(ROUTES)\n",
        },
        "",
        "wallet",
        "the word `wallet` of the route /wallet/x",
    ),
    ("no word at all", {"core/api.py": ROUTER.format(route="/walletless")}, "", None, ""),
    (
        "a word of the wider list",
        {"core/api.py": ROUTER.format(route="/transfers")},
        'preset = "money"',
        "transfer",
        "the word `transfers` of the route …/transfers",
    ),
    (
        "a glob",
        {"core/api.py": ROUTER.format(route="/x")},
        'domain-paths = ["core/**"]',
        "custom",
        '"core/**" of domain-paths',
    ),
    (
        "a glob that names the domain",
        {"core/api.py": ROUTER.format(route="/x")},
        'domain-paths = { "core/**" = "cash" }',
        "cash",
        '"core/**" of domain-paths',
    ),
    (
        "a tag",
        {"core/api.py": ROUTER.format(route="/x"), "core/project.json": '{"tags": ["scope:loans"]}'},
        "",
        "lending",
        "the tag scope:loans of core/project.json",
    ),
]


def handlers(shell: Shell, files: dict[str, str], table: str = "") -> list[Handler]:
    shell.write({**files, "pyproject.toml": f"[tool.idem-lint]\n{table}\n"})
    return list(inventory([Path()], config_for([Path()])).handlers)


@pytest.mark.parametrize(
    ("files", "table", "domain", "reason"), [case[1:] for case in REASONS], ids=[case[0] for case in REASONS]
)
def test_a_handler_is_in_a_domain_by(
    files: dict[str, str], table: str, domain: str | None, reason: str, shell: Shell
) -> None:
    (handler,) = handlers(shell, files, table)
    assert (handler.domain, handler.domain_reason) == (domain, reason)
    codes = {finding.code for finding in check([Path()], config_for([Path()])).findings}
    assert bool(codes) == (domain is not None), "the check agrees"


def test_an_rpc_is_in_a_domain_by_its_service_and_every_module_when_asked(shell: Shell) -> None:
    shell.write({"core/api.py": ROUTER.format(route="/x")})
    (row,) = json.loads(shell.run("inventory", "--all-domains", "--format", "json").out)["handlers"]
    assert row["domain"] == "all"


def test_a_file_alone_is_judged_with_what_registers_it_elsewhere(shell: Shell) -> None:
    shell.write({"core/views.py": VIEWS, "wallet/urls.py": URLS.format(route="x")})
    assert shell.run("core/views.py").findings == ["core/views.py:1 IDM007"]


def test_a_project_without_a_word_of_money_is_not_linked(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.write({"core/api.py": ROUTER.format(route="/notes").replace("amount", "text")})
    monkeypatch.setattr("idem_lint.running.project_run._reports", lambda *_: pytest.fail("linked"))
    ran = shell.run()
    assert ran.code == 0
    assert "none of them in a money domain" in ran.out


TESTS = ["wallet/tests/test_api.py", "wallet/test_api.py", "wallet/conftest.py", "tests/wallet/helpers.py"]


@pytest.mark.parametrize("file", TESTS)
def test_tests_are_left_out_and_that_is_said(file: str, shell: Shell) -> None:
    shell.write({file: ROUTER.format(route="/wallet/x")})
    ran = shell.run()
    assert (ran.code, ran.findings) == (0, [])
    assert "Left out: 1 handler of tests in a money domain (include-tests = true" in ran.out
    shell.write({"pyproject.toml": "[tool.idem-lint]\ninclude-tests = true\n"})
    assert shell.run().findings == [f"{file}:7 IDM001"]


def test_what_only_a_test_registers_is_not_judged(shell: Shell) -> None:
    shell.write({"core/views.py": VIEWS, "wallet/tests/urls.py": URLS.format(route="wallet/x")})
    assert shell.run().findings == []


def test_include_tests_is_true_or_false(shell: Shell) -> None:
    shell.write({"a.py": "", "pyproject.toml": "[tool.idem-lint]\ninclude-tests = 1\n"})
    assert "include-tests: found 1; allowed: true or false" in shell.run().err


def test_money_outside_the_domains_is_counted_with_its_folders(shell: Shell) -> None:
    files = {f"app{number}/api.py": ROUTER.format(route="/refunds") for number in range(6)}
    shell.write({**files, "notes/api.py": ROUTER.format(route="/notes"), "wallet/a.py": ""})
    ran = shell.run()
    assert ran.code == 0
    assert (
        "Not judged: 7 unmarked handlers outside every domain, 6 of them with a word of money: app0 (1: refund); "
        in ran.out
    )
    assert "app4 (1: refund); and 1 folder more" in ran.out
    assert len(shell.run("--preset", "money").findings) == 6


def test_a_marked_handler_outside_the_domains_has_been_judged(shell: Shell) -> None:
    marked = ROUTER.format(route="/refunds").replace("def move", "@money_moving\ndef move")
    shell.write({"app/api.py": f"from idem_runtime import money_moving\n{marked}"})
    assert "Not judged" not in shell.run().out


def test_a_broken_file_outside_the_domains_is_a_finding_only_if_it_may_hold_money(shell: Shell) -> None:
    broken = ROUTER.format(route="{route}") + "def (\n"
    shell.write({"a/api.py": broken.format(route="/wallet"), "b/api.py": broken.format(route="/notes")})
    assert shell.run().findings == ["a/api.py:9 IDM900"]


def test_an_unknown_preset_is_said_with_those_that_there_are(shell: Shell) -> None:
    ran = shell.run("--preset", "mony")
    assert ran.code == 2
    assert 'found "mony"; allowed: adr007, adr007-extended, money; did you mean "money"?' in ran.err


def test_money_outside_the_domains_is_a_finding_when_asked(shell: Shell) -> None:
    undecided = "import os\nfrom fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n"
    undecided += '@router.api_route("/refunds", methods=os.environ["M"])\ndef back(): ...\n'
    shell.write({"app/api.py": ROUTER.format(route="/refunds"), "app/open.py": undecided})
    shell.write({"app/notes.py": ROUTER.format(route="/notes")})
    shell.write({"app/labels.py": undecided.replace("/refunds", "/labels")})
    assert shell.run().code == 0
    ran = shell.run("--strict-domains")
    assert ran.findings == ["app/api.py:7 IDM012", "app/open.py:8 IDM012"]
    assert "though it speaks of money (the word `refunds` of the route …/refunds)" in ran.out
    assert shell.run("--strict-domains", "--ignore", "IDM012").code == 0


def test_quiet_says_findings_alone(shell: Shell) -> None:
    shell.write({"app/api.py": ROUTER.format(route="/refunds")})
    assert shell.run("--quiet").out == ""
    lines = shell.run("-q", "--preset", "money").out.splitlines()
    assert "IDM001" in lines[0]
    assert lines[-1].startswith("    fix: "), "no summary behind the last finding"


def test_without_any_marker_the_words_of_a_path_are_those_below_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "wallet"
    for name in ("notes", "payroll"):
        (folder / name).mkdir(parents=True)
        (folder / name / "api.py").write_text(ROUTER.format(route="/x"), encoding="utf-8")
    monkeypatch.chdir(folder)
    ran = Shell(folder, capsys).run(".")
    assert ran.findings == ["payroll/api.py:7 IDM001"]
    assert "payroll domain: the word `payroll` of payroll/api.py" in ran.out


PATHS = """\
from enum import Enum

PREFIX = "/wallet"


def constant():
    return "/wallet/move"


def made(name="move"):
    kept = PREFIX
    return f"{kept}/{name}"


def joined(*parts):
    return "/" + "/".join(parts)


def either_of(flag):
    if flag:
        return "/wallet/move"
    return "/rates"


def perhaps(flag):
    if flag:
        return "/wallet/move"


class Paths:
    @staticmethod
    def of(name):
        return PREFIX + "/" + name

    @classmethod
    def by(cls, name):
        return cls.of(name)


def of_another(name):
    return Paths.of(name)
"""


@pytest.mark.parametrize(
    "path",
    [
        "constant()",
        "made()",
        "made('move')",
        "made(name='move')",
        "joined('wallet', 'move')",
        "Paths.of('move')",
        "Paths.by('move')",
        "of_another('move')",
        "(lambda name: f'/wallet/{name}')('move')",
    ],
)
def test_a_route_that_a_function_makes_is_read(tmp_path: Path, path: str) -> None:
    handler = _only_handler(tmp_path, path)
    assert (handler.route, handler.domain) == ("…/wallet/move", "wallet")


@pytest.mark.parametrize("path", ["either_of(flag)", "perhaps(flag)"])
def test_a_route_that_a_function_chooses_is_open(tmp_path: Path, path: str) -> None:
    assert _only_handler(tmp_path, path).route is None


def test_what_is_true_or_false_by_a_function_decides_nothing(tmp_path: Path) -> None:
    handler = _only_handler(tmp_path, "constant()", "def is_on():\n    return False\n\n\nif is_on():\n    ")
    assert handler.domain == "wallet"


def _only_handler(folder: Path, path: str, before: str = "") -> Handler:
    (folder / "core").mkdir()
    (folder / "core" / "paths.py").write_text(PATHS)
    text = f"from fastapi import APIRouter\n\nfrom core.paths import *\n\nrouter = APIRouter()\n\n\ndef move(): ...\n\n\n{before}"
    (folder / "core" / "views.py").write_text(f"{text}router.post({path})(move)\n")
    (folder / "pyproject.toml").touch()
    [handler] = inventory([folder], config_for([folder])).handlers
    return handler


SANIC = """\
from sanic import Blueprint, Sanic

blueprint = Blueprint("w", url_prefix="/wallet"{of_blueprint})
group = Blueprint.group(blueprint, url_prefix="/api")


@blueprint.post("/move"{of_route})
async def move(request): ...


{application}
"""


@pytest.mark.parametrize(
    ("of_blueprint", "of_route", "application", "route"),
    [
        ("", "", 'Sanic("x").blueprint(group)', "/api/wallet/move"),
        (", version=2", "", 'Sanic("x").blueprint(group)', "…/api/wallet/move"),
        ("", ", version=2", 'Sanic("x").blueprint(group)', "…/api/wallet/move"),
        (", version=2", "", "", "…/api/wallet/move"),
    ],
)
def test_a_version_that_stands_before_all_prefixes_leaves_the_rest_known(
    tmp_path: Path, of_blueprint: str, of_route: str, application: str, route: str
) -> None:
    text = SANIC.format(of_blueprint=of_blueprint, of_route=of_route, application=application)
    (tmp_path / "core.py").write_text(text)
    (tmp_path / "pyproject.toml").touch()
    [handler] = inventory([tmp_path], config_for([tmp_path])).handlers
    assert (handler.route, handler.domain) == (route, "wallet")
