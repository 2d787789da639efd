"""``idem-lint annotate``: which mark, in which place, imported how; what gets none is said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from idem_lint.fixing import annotations
from idem_lint.fixing.changes import ChangedFile
from idem_lint.fixing.source_text import CannotChange, Edit
from idem_lint.result_types import Handler, Place
from tests.lint.front.project import BROKEN, MARKED, UNMARKED, Shell

TODO = 'not_money_moving(reason="TODO: no write of money was seen; say why running it twice moves no money")'
NAMED = TODO.replace("no write of money was seen", "named like money, no write was seen")
HANDLER = '@router.post("/wallet/quotes")\ndef quote(): ...\n'
ROUTER = "from fastapi import APIRouter\n"
MADE = "router = APIRouter()\n\n\n"


def routes(shell: Shell, file: str = "wallet/routes.py") -> str:
    return (shell.root / file).read_bytes().decode()


def annotated(shell: Shell, files: Mapping[str, str], *options: str) -> str:
    """The first of the files, annotated; the linter has nothing to say about it but what is still to be judged."""
    shell.write(files)
    first = next(iter(files))
    done = shell.run("annotate", *options)
    assert done.code == 0, done.out + done.err
    return routes(shell, first)


def test_a_diff_writes_nothing_and_a_second_run_changes_nothing(shell: Shell) -> None:
    source = ROUTER + MADE + HANDLER
    shell.write({"wallet/routes.py": source})
    shown = shell.run("annotate", "--diff")
    assert routes(shell) == source
    assert shown.code == 1
    assert f"+@{TODO}\n" in shown.out
    assert "1 handler annotated in 1 file" in shown.err
    assert shell.run("annotate").code == 0
    left = shell.run("check")
    assert [finding.split()[1] for finding in left.findings] == ["IDM013"]
    again = shell.run("annotate", "--diff")
    assert (again.code, again.out) == (0, "")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param(
            ROUTER + "\n", ROUTER + "from idem_runtime import not_money_moving\n\n", id="among packages"
        ),
        pytest.param(
            '"""What."""\n\nfrom __future__ import annotations\n\nimport os\n\n' + ROUTER + "import zlib\n\n",
            '"""What."""\n\nfrom __future__ import annotations\n\nimport os\n\n'
            + ROUTER
            + "from idem_runtime import not_money_moving\nimport zlib\n\n",
            id="behind the docstring and __future__",
        ),
        pytest.param(
            "import fastapi\nfrom fastapi import APIRouter\nfrom sqlalchemy import select\n\n",
            "import fastapi\nfrom fastapi import APIRouter\nfrom idem_runtime import not_money_moving\n"
            "from sqlalchemy import select\n\n",
            id="in the order of names",
        ),
        pytest.param(
            "from os import path\n\n# ours\nfrom bank import APIRouter\nfrom .x import y\n\n",
            "from os import path\n\nfrom idem_runtime import not_money_moving\n\n# ours\nfrom bank import APIRouter\n"
            "from .x import y\n\n",
            id="a group of its own before the project's own",
        ),
        pytest.param(
            "import typing\n\n\ndef lazy():\n    from fastapi import APIRouter\n    return APIRouter\n\nAPIRouter = lazy()\n",
            "import typing\n\nfrom idem_runtime import not_money_moving\n\n\ndef lazy():\n"
            "    from fastapi import APIRouter\n    return APIRouter\n\nAPIRouter = lazy()\n",
            id="behind the standard library",
        ),
        pytest.param(
            ROUTER + "from idem_runtime import money_moving\n\n",
            ROUTER + "from idem_runtime import money_moving, not_money_moving\n\n",
            id="into the import that is there",
        ),
        pytest.param(
            ROUTER + "from idem_runtime import (\n    ledger_write,\n    principals,\n)\n\n",
            ROUTER
            + "from idem_runtime import (\n    ledger_write,\n    not_money_moving,\n    principals,\n)\n\n",
            id="into an import of several lines, in order",
        ),
        pytest.param(
            ROUTER + "from idem_runtime import (\n    ledger_write,\n)\n\n",
            ROUTER + "from idem_runtime import (\n    ledger_write,\n    not_money_moving,\n)\n\n",
            id="at the end of an import of several lines",
        ),
        pytest.param(
            ROUTER + "from idem_runtime import zero\n\n",
            ROUTER + "from idem_runtime import not_money_moving, zero\n\n",
            id="before the first that sorts behind it",
        ),
        pytest.param(
            "from typing import TYPE_CHECKING\n"
            + ROUTER
            + "if TYPE_CHECKING:\n    from idem_runtime import not_money_moving\n\n",
            "from typing import TYPE_CHECKING\n" + ROUTER + "from idem_runtime import not_money_moving as "
            "idem_not_money_moving\nif TYPE_CHECKING:\n    from idem_runtime import not_money_moving\n\n",
            id="not the type checker's",
        ),
        pytest.param(
            ROUTER + "from idem_runtime import *\n\n",
            ROUTER + "from idem_runtime import not_money_moving\nfrom idem_runtime import *\n\n",
            id="not a star",
        ),
    ],
)
def test_the_import_stands_where_it_belongs(head: str, expected: str, shell: Shell) -> None:
    bank = {"bank.py": "from fastapi import APIRouter\n", "src/x.py": ""}
    found = annotated(shell, {"wallet/routes.py": head + MADE + HANDLER, **bank})
    mark = "idem_" + TODO if "idem_not" in expected else TODO
    assert found == expected + MADE + HANDLER.replace("def", f"@{mark}\ndef")


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("from idem_runtime import not_money_moving as free\n", "free"),
        ("import idem_runtime\n", "idem_runtime.not_money_moving"),
        ("import idem_runtime as idem\n", "idem.not_money_moving"),
    ],
)
def test_the_name_that_the_file_has_is_used(statement: str, name: str, shell: Shell) -> None:
    head = ROUTER + statement + "\n" + MADE
    found = annotated(shell, {"wallet/routes.py": head + HANDLER})
    assert found == head + HANDLER.replace("def", f"@{TODO.replace('not_money_moving', name)}\ndef")


def test_an_import_below_the_handler_does_not_count(shell: Shell) -> None:
    below = "from idem_runtime import not_money_moving\n"
    found = annotated(shell, {"wallet/routes.py": ROUTER + MADE + HANDLER + below})
    assert found.startswith(ROUTER + "from idem_runtime import not_money_moving as idem_not_money_moving\n")


def test_a_file_without_imports_gets_one_at_its_top(shell: Shell) -> None:
    app = "from fastapi import FastAPI\nfrom wallet import routes, more\napp = FastAPI()\napp.post('/w')(routes.pay)\napp.post('/m')(more.pay)\n"
    found = annotated(
        shell,
        {
            "wallet/routes.py": "# License\n\n\ndef pay(): ...\n",
            "wallet/more.py": '"""More."""\ndef pay(): ...\n',
            "app.py": app,
        },
    )
    assert found == f"# License\n\n\nfrom idem_runtime import not_money_moving\n\n@{NAMED}\ndef pay(): ...\n"
    assert routes(shell, "wallet/more.py") == (
        f'"""More."""\n\nfrom idem_runtime import not_money_moving\n@{NAMED}\ndef pay(): ...\n'
    )


LEDGER = "from idem_runtime import ledger_write\n\n\n@ledger_write\ndef book(amount): ...\n"


def test_a_handler_that_reaches_a_write_is_money_moving(shell: Shell) -> None:
    source = (
        "import stripe\nfrom fastapi import APIRouter, BackgroundTasks\n\nfrom ledger import book\n\n"
        + MADE
        + '@router.post("/wallet/transfers")\ndef transfer(): book(1)\n\n\n'
        '@router.post("/wallet/charges")\ndef charge(): stripe.PaymentIntent.create(amount=1)\n\n\n'
        '@router.post("/wallet/later")\ndef later(tasks: BackgroundTasks): tasks.add_task(book, 1)\n\n\n'
        '@router.post("/wallet/a")\n@router.post("/wallet/b")\ndef both(): book(1)\n\n\n' + HANDLER
    )
    app = "from fastapi import FastAPI\nfrom wallet.routes import router\napp = FastAPI()\napp.include_router(router)\n"
    files = {"wallet/routes.py": source, "ledger.py": LEDGER, "app.py": app}
    shell.write(files)
    only = shell.run("annotate", "--only-money", "--diff")
    assert "1 more left out" in only.err
    assert "not_money_moving(" not in only.out
    found = annotated(shell, files)
    assert "@money_moving\ndef transfer" in found
    assert '@money_moving(effect="external")\ndef charge' in found
    assert '@money_moving(effect="external")\ndef later' in found
    assert '@money_moving(operation="POST /wallet/b")\ndef both' in found
    assert f"@{TODO}\ndef quote" in found
    assert "import book\nfrom idem_runtime" not in found
    assert "BackgroundTasks\nfrom idem_runtime import money_moving, not_money_moving\n" in found


def test_an_operation_needs_a_route_that_is_known(shell: Shell) -> None:
    stacked = '@router.post("/a")\n@router.post("/b")\ndef both(): book(1)\n'
    source = "from fastapi import APIRouter\n\nfrom ledger import book\n\n" + MADE + stacked
    found = annotated(shell, {"wallet/routes.py": source, "ledger.py": LEDGER})
    assert '@money_moving(operation="wallet.routes.both")\ndef both' in found


def test_calls_that_cannot_be_followed_are_said_in_the_reason(shell: Shell) -> None:
    source = (
        ROUTER + "import somewhere\n" + MADE + '@router.post("/wallet/quotes")\ndef quote(hook): hook()\n'
    )
    assert "not every call could be followed" in annotated(shell, {"wallet/routes.py": source})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            "from flask import Flask\nfrom wallet.base import Base\n"
            "app = Flask('x')\nclass Pay(Base):\n    '''Pays.'''\n    name = 1\n"
            "app.add_url_rule('/pay', view_func=Pay.as_view('pay'))\n",
            "    '''Pays.'''\n    decorators = [M]\n    name = 1\n",
            id="decorators of a Flask view, new",
        ),
        pytest.param(
            "from flask import Flask\nfrom wallet.base import Base, other\n"
            "app = Flask('x')\nclass Pay(Base):\n    decorators: list = [other]\n"
            "app.add_url_rule('/pay', view_func=Pay.as_view('pay'))\n",
            "    decorators: list = [M, other]\n",
            id="decorators of a Flask view, more",
        ),
        pytest.param(
            "from flask import Flask\nfrom wallet.base import Base, other\n"
            "app = Flask('x')\nclass Pay(Base):\n    decorators = []\n"
            "app.add_url_rule('/pay', view_func=Pay.as_view('pay'))\n",
            "    decorators = [M]\n",
            id="decorators of a Flask view, none",
        ),
        pytest.param(
            "from django.urls import path\nfrom django.views.generic import CreateView\n"
            "class Pay(CreateView):\n    pass\nurlpatterns = [path('wallet/pay', Pay.as_view())]\n",
            '@method_decorator(M, name="post")\nclass Pay(CreateView):\n',
            id="a Django view that inherits its handler",
        ),
        pytest.param(
            "from django.urls import path\nfrom django.utils.decorators import method_decorator as md\n"
            "from django.views.generic import CreateView\n"
            "class Pay(CreateView):\n    pass\nurlpatterns = [path('wallet/pay', Pay.as_view())]\n",
            '@md(M, name="post")\nclass Pay(CreateView):\n',
            id="under the name that the file has",
        ),
        pytest.param(
            "from django.urls import path\nfrom django.contrib.auth import views\nfrom wallet.base import Form\n"
            "urlpatterns = [path('wallet/in', views.LoginView.as_view(form_class=Form), name='in')]\n",
            "path('wallet/in', M(views.LoginView.as_view(form_class=Form)), name='in')",
            id="a package's view, where it is registered",
        ),
        pytest.param(
            "from fastapi import APIRouter\nfrom some import where\nrouter = APIRouter()\n"
            "router.post('/pay')(where.pay)\n",
            "router.post('/pay')(M(where.pay))\n",
            id="a function of a package",
        ),
        pytest.param(
            "from aiohttp import web\nfrom wallet.base import Create\nclass Pay(Create):\n    pass\n"
            "app = web.Application()\napp.router.add_view('/pay', Pay)\n",
            "@M\nclass Pay(Create):\n",
            id="a class that inherits its handler",
        ),
        pytest.param(
            "from fastapi import FastAPI\napp = FastAPI()\napp.state.x: int = 1\nX = 'é'; app.post('/pay')(lambda: 1)\n",
            "X = 'é'; app.post('/pay')(M(lambda: 1))\n",
            id="a lambda",
        ),
        pytest.param(
            "from fastapi import APIRouter\nrouter = APIRouter()\nclass Desk:\n\t# why\n\t@router.post('/pay')\n"
            "\t# of it\n\t@staticmethod\n\t# of the function\n\tasync def pay():\n\t\treturn 1\n",
            "\t@staticmethod\n\t@M\n\t# of the function\n\tasync def pay():\n",
            id="below every other decorator, with its tabs",
        ),
    ],
)
def test_each_kind_of_handler_has_its_place(source: str, expected: str, shell: Shell) -> None:
    base = (
        "from aiohttp import web\nfrom flask.views import View\n"
        "def other(f): return f\n"
        "class Base(View):\n    methods = ['POST']\n    def dispatch_request(self): ...\n"
        "class Create(web.View):\n    async def post(self): ...\n"
    )
    found = annotated(shell, {"wallet/routes.py": source, "wallet/base.py": base}, "--exclude", "base.py")
    assert expected in found.replace(TODO, "M").replace(NAMED, "M"), found


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param(
            "from pyramid.view import view_config\nfrom wallet.base import Base\n"
            "@view_config(route_name='a', request_method='POST', attr='post')\nclass Pay(Base):\n    pass\n",
            "give `class Pay` a `post`",
            id="a class that needs a method of its own",
        ),
        pytest.param(
            "from flask import Flask\nfrom wallet.base import View, DECORATORS\n"
            "app = Flask('x')\nclass Pay(View):\n    decorators = DECORATORS\n"
            "app.add_url_rule('/pay', view_func=Pay.as_view('pay'))\n",
            "add `decorators = [money_moving]` to",
            id="decorators from elsewhere",
        ),
        pytest.param(
            "from flask import Flask\nfrom wallet.base import View, DECORATORS\n"
            "app = Flask('x')\nclass Pay(View): pass\n"
            "app.add_url_rule('/pay', view_func=Pay.as_view('pay'))\n",
            "add `decorators = [money_moving]` to",
            id="a body in the line of its head",
        ),
        pytest.param(
            "from flask import Flask\nfrom wallet.base import View, DECORATORS\n"
            "app = Flask('x')\nclass Pay(View):\n    decorators = [*DECORATORS]\n"
            "app.add_url_rule('/pay', view_func=Pay.as_view('pay'))\n",
            "add `decorators = [money_moving]` to",
            id="decorators unpacked",
        ),
        pytest.param(
            "from fastapi import APIRouter\nimport somewhere\nrouter = APIRouter()\n"
            "router.post('/pay')(print() or somewhere.pay)\n",
            "wrap it where it is registered: money_moving(somewhere.pay)",
            id="a function of a package that is chosen",
        ),
        pytest.param(
            "from fastapi import APIRouter\nfrom wallet.base import methods\nrouter = APIRouter()\n"
            "@router.api_route('/pay', methods=methods())\ndef pay(): ...\n",
            "cannot tell whether",
            id="what cannot be decided",
        ),
        pytest.param(
            "from fastapi import APIRouter\nfrom ledger import book\nrouter = APIRouter()\n"
            "@router.post('/pay')\ndef pay():\n    yield book(1)\n",
            "it is a generator",
            id="a generator",
        ),
        pytest.param(
            "from bottle import post\nfrom ledger import book\n@post('/pay')\ndef pay(): book(1)\n",
            "the runtime has no adapter for bottle",
            id="a framework that the runtime does not serve",
        ),
        pytest.param(
            "from fastapi import APIRouter\nfrom ledger import book\nrouter = APIRouter()\n"
            "@router.api_route('/pay', methods=['GET', 'POST'])\ndef pay(): book(1)\n",
            "would say IDM008 instead",
            id="what would be wrong with the mark",
        ),
        pytest.param(
            "from fastapi import APIRouter\nrouter = APIRouter()\nX = (\n"
            + "".join(f"    1 + {n} +\n" for n in range(1400))
            + "    0)\n@router.post('/pay')\ndef pay(): ...\n",
            "nests too deeply",
            id="a file that LibCST cannot bear",
        ),
    ],
)
def test_what_gets_no_mark_is_said_with_the_reason(source: str, reason: str, shell: Shell) -> None:
    base = (
        "from somewhere import methods\nfrom flask import views\n"
        "DECORATORS = []\nclass Base:\n    def post(self): ...\n"
        "class View(views.View):\n    methods = ['POST']\n    def dispatch_request(self): ...\n"
    )
    shell.write({"wallet/routes.py": source, "wallet/base.py": base, "ledger.py": LEDGER})
    done = shell.run("annotate", "--exclude", "base.py")
    assert done.code == 1, done.out
    assert reason in done.out
    assert routes(shell) == source


def test_a_file_that_cannot_be_read_is_said(shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED, "wallet/broken.py": BROKEN})
    done = shell.run("annotate")
    assert done.code == 1
    assert "wallet/broken.py:1: IDM900" in done.out


def test_nothing_to_do_is_no_failure(shell: Shell) -> None:
    shell.write({"wallet/routes.py": MARKED})
    done = shell.run("annotate")
    assert (done.code, done.out) == (0, "0 handlers annotated in 0 files\n")


def test_a_handler_in_no_domain_is_left_alone(shell: Shell) -> None:
    source = UNMARKED.replace("/wallet/transfers", "/notes").replace("transfer", "note")
    shell.write({"notes.py": source})
    done = shell.run("annotate")
    assert (done.code, routes(shell, "notes.py")) == (0, source)
    assert done.out.splitlines() == [
        "0 handlers annotated in 0 files",
        (
            "1 unmarked handler is outside every money domain and left alone (--preset money has more words, --all-domains takes "
            "every handler)"
        ),
    ]
    hidden = UNMARKED  # a test in a money domain is left out for another reason
    shell.write({"tests/wallet/test_routes.py": hidden, "more.py": source.replace("/notes", "/more")})
    assert "2 unmarked handlers are outside every money domain" in shell.run("annotate").out
    done = shell.run("annotate", "--all-domains")
    assert done.code == 0
    assert "outside" not in done.out
    assert "@not_money_moving" in routes(shell, "notes.py")


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "the linter would still say: `transfer` answers POST"),
        ("def (\n", "with it the file could not be read"),
    ],
)
def test_what_does_not_hold_is_not_written(
    written: str, reason: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotations, "put_on", lambda *_: Edit(0, 0, written))
    shell.write({"wallet/routes.py": UNMARKED})
    done = shell.run("annotate")
    assert done.code == 1
    assert reason in done.out
    assert routes(shell) == UNMARKED


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ('X = tr"a"\n', "LibCST cannot read the file"),
        ("X = 1\n\\\nY = 2\n", "LibCST reads the file as another text"),
    ],
)
def test_a_file_that_libcst_reads_otherwise_is_left_alone(more: str, reason: str, shell: Shell) -> None:
    shell.write({"wallet/routes.py": UNMARKED + more})
    done = shell.run("annotate")
    assert reason in done.out
    assert routes(shell) == UNMARKED + more


def changed_file(tmp_path: Path, text: str) -> ChangedFile:
    (tmp_path / "a.py").write_text(text)
    return ChangedFile.read(tmp_path / "a.py", tmp_path, None)


@pytest.mark.parametrize("name", ["pay", "<lambda>"])
def test_a_handler_that_is_not_there_is_not_marked(name: str, tmp_path: Path) -> None:
    handler = Handler(Place("a.py", 1, 1), name, "fastapi", ("POST",), None, "wallet")
    with pytest.raises(CannotChange):
        annotations.annotate(changed_file(tmp_path, "x = 1\n"), handler, "IDM001")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import os\n", "import os\n\nfrom idem_runtime import x\n"),
        ('"""Doc."""\n', '"""Doc."""\n\nfrom idem_runtime import x\n'),
    ],
)
def test_an_import_has_a_place_where_there_is_nothing_else(text: str, expected: str, tmp_path: Path) -> None:
    file = changed_file(tmp_path, text)
    assert file.source.changed(file.imports.added("idem_runtime", ["x"], 9)).decode() == expected


def test_what_is_named_like_money_and_marked_as_moving_none_is_listed_apart(shell: Shell) -> None:
    named = '@router.post("/wallet/payments")\ndef pay(): ...\n'
    suggested = '\n\n@router.post("/wallet/budgets")\ndef approve(): ...\n'
    found = annotated(
        shell, {"wallet/routes.py": ROUTER + "\n" + MADE + named + suggested + "\n\n" + HANDLER}
    )
    assert found.count(f"@{NAMED}\n") == 2
    assert found.count(f"@{TODO}\n") == 1
    shell.write({"wallet/routes.py": ROUTER + "\n" + MADE + named})
    assert (
        "1 handler annotated in 1 file\n1 handler is named like money, and marked as moving none because no write was "
        "found; look there first:\n    wallet/routes.py:9 `pay`\n" in shell.run("annotate").out
    )
    shell.write({"wallet/routes.py": ROUTER + "\n" + MADE + named + suggested})
    assert "    wallet/routes.py:11 `approve`\n" in shell.run("annotate", "--diff").err.replace(
        "idem-lint: ", ""
    )
    told = shell.run("annotate").out
    assert "IDM001 `approve`: not_money_moving: named like money, no write of money is reached\n" in told
    assert "2 handlers are named like money" in told
    assert "    wallet/routes.py:14 `approve`\n" in told  # where it stands now
    assert routes(shell).splitlines()[13] == "def approve(): ..."


def test_a_quote_is_not_listed_apart(shell: Shell) -> None:
    shell.write({"wallet/routes.py": ROUTER + "\n" + MADE + HANDLER})
    assert "look there first" not in shell.run("annotate").out
