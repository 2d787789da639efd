"""What the standard library hands on (``next``, ``itemgetter``, ``vars``, namespaces, …) registers as what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.engine.evaluated_projects import APP
from tests.lint.engine.test_evaluated import findings

POST = "def transfer(amount: int):  # here\n    return amount\n\n\n"
GET = "def balance():\n    return 0\n"


def _pair(before: str, post: str, get: str = "app.get") -> dict[str, str]:
    """A handler of POST and one of GET, each under a decorator of its own."""
    return {"wallet/v.py": f"{APP}{before}\n\n@{post}('/a')\n{POST}@{get}('/b')\n{GET}"}


def _views(call: str, views: str = f"{POST}{GET}") -> dict[str, str]:
    """Views of a money file, registered by a loop of another one."""
    return {
        "wallet/views.py": views,
        "main.py": f"import inspect\n\nfrom fastapi import FastAPI\nfrom wallet import views\n\napp = FastAPI()\n{call}\n",
    }


_VERB = "methods=['POST' if name == 'transfer' else 'GET']"
_ADD = f"app.add_api_route('/' + name, view, {_VERB})"
_PAIR = "{'w': app.post, 'r': app.get}"

PROJECTS = {
    "the first of a generator": _pair(
        "\n\ndef verbs():\n    yield app.post\n    yield app.get\n\n\nnew = next(verbs())\n", "new"
    ),
    "the next of an iterator": _pair("rows = iter([app.post])\nnew = next(rows)\n", "new"),
    "the next of a set": _pair("new = next(iter({app.post}))\n", "new"),
    "an item getter": _pair(
        f"import operator\n\ntable = {_PAIR}\n",
        "operator.itemgetter('w')(table)",
        "operator.itemgetter('r')(table)",
    ),
    "several items of a getter": _pair(
        f"from operator import itemgetter\n\nnew, old = itemgetter('w', 'r')({_PAIR})\n", "new", "old"
    ),
    "several attributes of a getter": _pair(
        "from operator import attrgetter\n\nnew, old = attrgetter('router.post', 'get')(app)\n", "new", "old"
    ),
    "a static method that is called": _pair(
        "\n\nclass on:\n    made = staticmethod(app.post)\n    read = staticmethod(app.get)\n",
        "on.made",
        "on.read",
    ),
    "a static method of a function": _pair(
        "\n\nclass on:\n    @staticmethod\n    def made(path):\n        return app.post(path)\n\n"
        "    def _read(path):\n        return app.get(path)\n\n    read = staticmethod(_read)\n",
        "on.made",
        "on.read",
    ),
    "a chain of dicts": _pair(
        "from collections import ChainMap\n\nrows = ChainMap({'r': app.get}, {'r': app.post, 'w': app.post})\n",
        "rows['w']",
        "rows['r']",
    ),
    "a proxy of a dict": _pair(
        f"from types import MappingProxyType\n\nrows = MappingProxyType({_PAIR})\n", "rows['w']", "rows['r']"
    ),
    "a namespace of a dict": _pair(
        f"from types import SimpleNamespace\n\non = SimpleNamespace(old=1, **{_PAIR})\n", "on.w", "on.r"
    ),
    "a namespace of what is not known, and a name": _pair(
        "import json\nfrom types import SimpleNamespace\n\n"
        "on = SimpleNamespace(**json.load(open('x')), w=app.post, r=app.get)\n",
        "on.w",
        "on.r",
    ),
    "a context manager of nothing": {
        "wallet/v.py": f"from contextlib import nullcontext\n{APP}\n\nwith nullcontext(app.post) as new:\n\n"
        "    @new('/a')\n    def transfer(amount: int):  # here\n        return amount\n"
    },
    "an item of a named tuple": _pair(
        "from collections import namedtuple\n\nVerbs = namedtuple('Verbs', 'new old')\n"
        "verbs = Verbs(app.post, app.get)\n",
        "verbs[0]",
        "verbs[1]",
    ),
    "a subscript of a class": _pair(
        "\n\nclass Verb:\n    def __class_getitem__(cls, name):\n        return {'w': app.post, 'r': app.get}[name]\n",
        "Verb['w']",
        "Verb['r']",
    ),
    "a subscript of a class that is generic by itself": _pair(
        "\n\nclass Verb:\n    def __class_getitem__(cls, name):\n        print(name)\n\n"
        "    def post(path):\n        return app.post(path)\n",
        "Verb[int].post",
    ),
    "the members of a module": _views(
        f"for name, view in inspect.getmembers(views, inspect.isfunction):\n    {_ADD}"
    ),
    "all members of a module": _views(
        f"for name, view in inspect.getmembers(views):\n    if callable(view):\n        {_ADD}"
    ),
    "the classes of a module": _views(
        "for name, view in inspect.getmembers(views, predicate=inspect.isclass):\n"
        "    app.add_api_route('/' + name, view.handle, methods=['POST'])",
        "class Transfer:\n    @staticmethod\n    def handle(amount: int):  # here\n        return amount\n",
    ),
    "the names of a module": _views(
        f"for name, view in vars(views).items():\n    if name in ('transfer', 'balance'):\n        {_ADD}"
    ),
    "the names of a module that has those of others": {
        **_views(f"for name, view in vars(views).items():\n    if callable(view):\n        {_ADD}", ""),
        "wallet/views.py": "from wallet.moves import *\nfrom json import *\n",
        "wallet/moves.py": f"from wallet.views import *\n\n\n{POST}{GET}",
    },
    "the names of an object are taken for it": _pair("on = vars(app)\n", "on.post", "on.get"),
    "the dict of a module": _views(f"for name, view in views.__dict__.items():\n    {_ADD}"),
    "the dict of a class": _views(
        "for name, view in views.Wallet.__dict__.items():\n    app.add_api_route('/' + name, view, methods=['POST'])",
        "class Base:\n    def other(self):\n        return 0\n\n\nclass Wallet(Base):\n    limit = 3\n    Base.x = 1\n\n"
        "    def transfer(amount: int):  # here\n        return amount\n",
    ),
    "a list of the methods that a caller gives": {
        "core/crud.py": "from fastapi import APIRouter\n\n\ndef attach(router, view, verbs=('GET',)):\n"
        "    router.add_api_route('/x', view, methods=list(verbs))\n",
        "wallet/v.py": f"from core.crud import attach\nfrom fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n{POST}{GET}\n\n"
        "attach(router, transfer, {'POST'})\nattach(router, balance)\n",
    },
}


@pytest.mark.parametrize("name", PROJECTS)
def test_what_the_library_hands_on_registers(name: str, tmp_path: Path) -> None:
    expected = {
        (Path(file).name, number, "IDM001")
        for file, text in PROJECTS[name].items()
        for number, line in enumerate(text.splitlines(), 1)
        if line.endswith("# here")
    }
    assert findings(tmp_path, PROJECTS[name]) == expected


@pytest.mark.parametrize(
    "made",
    [
        "next(load())('/a')",
        "operator.itemgetter('w')(load())('/a')",
        "contextvars.ContextVar('x').get()('/a')",
        "functools.reduce(load, [])('/a', methods=['POST'])",
        "SimpleNamespace(**load()).new('/a')",
    ],
)
def test_a_decorator_that_the_library_gives_and_nobody_can_read_is_said(made: str, tmp_path: Path) -> None:
    imports = "import contextvars\nimport functools\nimport operator\nfrom types import SimpleNamespace\nfrom house import load\n"
    files = {"wallet/v.py": f"{imports}\n\n@{made}\ndef transfer(amount: int):\n    return amount\n"}
    assert {code for _, _, code in findings(tmp_path, files)} == {"IDM006"}


@pytest.mark.parametrize(
    "made",
    [
        "functools.lru_cache(maxsize=1)",
        "functools.singledispatch(print).register(int)",
        "warnings.deprecated('/a')",
        "contextlib.contextmanager(print)",
        "next(load())('a')",
    ],
)
def test_a_decorator_of_the_library_itself_is_quiet(made: str, tmp_path: Path) -> None:
    imports = "import contextlib\nimport functools\nimport warnings\nfrom house import load\n"
    files = {"wallet/v.py": f"{imports}\n\n@{made}\ndef transfer(amount: int):\n    return amount\n"}
    assert findings(tmp_path, files) == set()
