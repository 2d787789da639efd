"""What a project function registers, as its arguments decide: conditions, defaults, and options that it fills itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from tests.lint.frameworks.annotated import check_source, sources

APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
TWO = """
@route("/a", {write})
def transfer(amount: int):  # found
    return amount


@route("/b", {read})
def balance():
    return 1
"""

CONDITIONS: dict[str, tuple[str, str, str]] = {
    "an early return": (
        "    if kind == 'write':\n        return app.post(path)\n    return app.get(path)\n",
        "'write'",
        "'read'",
    ),
    "an else": (
        "    if kind in ('write', 'pay'):\n        return app.post(path)\n    else:\n        return app.get(path)\n",
        "'pay'",
        "'read'",
    ),
    "an elif": (
        (
            "    if kind == 'w':\n        return app.post(path)\n    elif kind == 'r':\n        return app.get(path)\n"
            "    raise ValueError(kind)\n"
        ),
        "'w'",
        "'r'",
    ),
    "blocks that all end": (
        (
            "    if kind:\n        if kind == 'w':\n            return app.post(path)\n        else:\n"
            "            return app.put(path)\n    return app.get(path) if not kind else app.post(path)\n"
        ),
        "'w'",
        "None",
    ),
    "a match whose cases all end": (
        (
            "    if kind:\n        match kind:\n            case 'w':\n                return app.post(path)\n"
            "            case other:\n                return app.put(path)\n    return app.get(path)\n"
        ),
        "'w'",
        "None",
    ),
    "an expression": (
        "    return (app.get if kind != 'write' else app.post)(path)\n",
        "'write'",
        "'read'",
    ),
    "a not": ("    return (app.post if not kind else app.get)(path)\n", "False", "True"),
    "a not of an or": (
        "    if not (kind == 'r' or kind is None):\n        return app.post(path)\n    return app.get(path)\n",
        "'w'",
        "None",
    ),
    "an and": (
        "    if kind and kind != 'r':\n        return app.post(path)\n    return app.get(path)\n",
        "'w'",
        "'r'",
    ),
    "a match": (
        (
            "    match kind:\n        case 'write' | 'pay':\n            return app.post(path)\n"
            "        case 'read':\n            return app.get(path)\n        case _:\n            raise ValueError(kind)\n"
        ),
        "'pay'",
        "'read'",
    ),
    "a name that is bound under a condition": (
        "    method = app.get\n    if kind:\n        method = app.post\n    return method(path)\n",
        "True",
        "False",
    ),
    "a parameter that is assigned anew": (
        "    kind = kind.upper()\n    if kind == 'WRITE':\n        return app.post(path)\n    return app.get(path)\n",
        "'write'",
        "'read'",
    ),
    "calls": (
        (
            "    def decorate(function):\n        if kind:\n            app.post(path)(function)\n        else:\n"
            "            app.get(path)(function)\n        return function\n\n    return decorate\n"
        ),
        "True",
        "False",
    ),
    "a call after an early end": (
        (
            "    def decorate(function):\n        for verb in [kind]:\n            if verb == 'GET':\n"
            "                continue\n            with open(path):\n                app.post(path)(function)\n"
            "        return function\n\n    return decorate\n"
        ),
        "'POST'",
        "'GET'",
    ),
    "a function as a flag": (
        "    if kind is None:\n        return app.get(path)\n    return app.post(path)\n",
        "len",
        "None",
    ),
    "methods that are there": (
        "    if kind is None:\n        kind = ['POST']\n    return app.api_route(path, methods=kind)\n",
        "None",
        "['GET']",
    ),
    "methods or others": (
        "    kind = kind or ['POST']\n    return app.api_route(path, methods=kind)\n",
        "None",
        "['GET']",
    ),
}

OPTIONS: dict[str, tuple[str, str, str]] = {
    "an item assignment": ("    options['methods'] = ['POST']\n", "", ""),
    "setdefault": ("    options.setdefault('methods', ['POST'])\n", "", "methods=['GET']"),
    "a default that is missing": (
        "    if 'methods' not in options:\n        options['methods'] = ['POST']\n",
        "",
        "methods=['GET']",
    ),
    "a default that is not true": (
        "    if not options.get('methods'):\n        options['methods'] = ['POST']\n",
        "",
        "methods=['GET']",
    ),
    "update with a dict": ("    options.update({'methods': ['POST']})\n", "", ""),
    "update with keywords": ("    options.update(methods=['POST'])\n", "", ""),
    "update with unpacked keywords": (
        "    more = {'methods': ['POST']}\n    options.update(**more)\n",
        "",
        "",
    ),
    "update with what is not known": (
        "    import os\n\n    options.update(**os.environ)\n",
        "methods=['POST']",
        "",
    ),
    "an overriding under a condition": (
        "    import os\n\n    if os.environ.get('X'):\n        options['methods'] = ['POST']\n",
        "methods=['GET']",
        "",
    ),
    "pop": ("    options['methods'] = options.pop('verbs', ['POST'])\n", "", "verbs=['GET']"),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_the_condition_that_an_argument_decides_is_decided(name: str, tmp_path: Path) -> None:
    body, write, read = CONDITIONS[name]
    source = f"{APP}\n\ndef route(path, kind):\n{body}\n{TWO.format(write=write, read=read)}"
    check_source(source, tmp_path)


@pytest.mark.parametrize("name", OPTIONS)
def test_options_that_a_function_fills_are_followed(name: str, tmp_path: Path) -> None:
    body, write, read = OPTIONS[name]
    other = f"@route('/b', {read})\ndef balance():\n    return 'x'\n" if read else ""
    check_source(
        "from flask import Flask\n\napp = Flask(__name__)\n\n\n"
        f"def route(rule, **options):\n{body}    return app.route(rule, **options)\n\n\n"
        f"@route('/a', {write})\ndef transfer():  # found\n    return 'x'\n\n\n{other}",
        tmp_path,
    )


UNDECIDED = sources(
    f"""
### what an object remembers may have changed
{APP}

class Route:
    def __init__(self, path, write=False):
        self.path = path
        self.write = write

    def writing(self):
        self.write = True
        return self

    def __call__(self, function):
        if self.write:
            return app.post(self.path)(function)
        return app.get(self.path)(function)


@Route("/a").writing()
def transfer(amount: int):  # found
    return amount
### what a module says may be otherwise when it runs
{APP}
DEBUG = False


def hang(path, function):
    if DEBUG:
        app.post(path)(function)


def transfer(amount: int):  # found
    return amount


hang("/a", transfer)
### a comparison that is not of constants
{APP}

def route(path, level):
    if level > 3:
        return app.post(path)
    return app.get(path)


@route("/a", 4)
def transfer(amount: int):  # found
    return amount
### a pattern with a guard
{APP}

def route(path, kind):
    match kind:
        case "a" if path:
            return app.post(path)
        case "a" | None:
            return app.get(path)


@route("/a", "a")
def transfer(amount: int):  # found
    return amount
### a block that ends within try
{APP}

def route(path, kind):
    try:
        if kind == "read":
            raise KeyError
    except KeyError:
        pass
    finally:
        path = path + "/"
    return app.post(path)


@route("/a", "read")
def transfer(amount: int):  # found
    return amount
### a list whose items are not all known
{APP}
import os

KINDS = [os.name]


def route(path, kind):
    if kind in KINDS:
        return app.post(path)
    return app.get(path)


@route("/a", "write")
def transfer(amount: int):  # found
    return amount
### a text whose beginning is not known
import os
from fastapi import FastAPI

app = FastAPI()
PREFIX = os.environ["PREFIX"]


def route(path):
    if path.startswith("/v1"):
        return app.post(path)
    if path == "/v2/a":
        return app.post(path)
    if path in ["/v3/a", PREFIX + "/b"]:
        return app.post(path)
    return app.get(path)


@route(PREFIX + "/a")
def transfer(amount: int):  # found
    return amount
### a text that is known
from fastapi import FastAPI

app = FastAPI()


def route(name):
    verb, _, path = name.partition("_")
    if verb.removesuffix("!").endswith("ost"):
        return app.post("/" + path)
    return app.get("/" + path) if name.startswith("get") else app.put("/" + path)


@route("post!_a")
def transfer(amount: int):  # found
    return amount


@route("get_b")
def balance():
    return 1
### a function that calls itself with other arguments
from fastapi import FastAPI

app = FastAPI()


def hang(kind, path, function):
    if kind == "both":
        hang("read", path, function)
        hang("write", path, function)
    elif kind == "write":
        app.post(path)(function)
    else:
        app.get(path)(function)


def transfer(amount: int):  # found
    return amount


hang("both", "/a", transfer)
### functions that register through each other
from fastapi import FastAPI

app = FastAPI()


def even(path, function, depth):
    if depth:
        return odd(path, function, depth - 1)
    app.post(path)(function)


def odd(path, function, depth):
    return even(path, function, depth)


def transfer(amount: int):  # found
    return amount


odd("/a", transfer, 3)
### functions that register and hand on to each other
from fastapi import FastAPI

app = FastAPI()


def here(path, function, more):
    app.post(path)(function)
    if more:
        there(path, function, False)


def there(path, function, more):
    app.put(path)(function)
    if more:
        here(path, function, False)


def transfer(amount: int):  # found
    return amount


there("/a", transfer, True)
### a list that is not known at all
import os
from fastapi import FastAPI

app = FastAPI()


def route(path, kind):
    if kind in os.environ:
        return app.post(path)
    return app.get(path)


@route("/a", "write")
def transfer(amount: int):  # found
    return amount
### a lambda
from fastapi import FastAPI

app = FastAPI()
route = lambda path, kind: app.post(path) if kind == "write" else app.get(path)


@route("/a", "write")
def transfer(amount: int):  # found
    return amount


@route("/b", "read")
def balance():
    return 1
### a with and a loop in a branch
from fastapi import FastAPI

app = FastAPI()


def hang(path, function, write):
    if write:
        with open(path) as file:
            try:
                for _ in file:
                    app.post(path)(function)
            finally:
                file.close()
    else:
        while path:
            app.get(path)(function)


def transfer(amount: int):  # found
    return amount


def balance():
    return 1


hang("/a", transfer, True)
hang("/b", balance, False)
### a decorator that is applied in a loop
from fastapi import FastAPI
from idem_runtime import money_moving

app = FastAPI()


def stack(*decorators):
    def decorate(function):
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


@stack(app.post("/a"), money_moving)
def transfer(amount: int):  # found: money_moving
    return amount
### a function that is marked before it is registered
from fastapi import FastAPI
from idem_runtime import money_moving

app = FastAPI()


def pay(path):
    def decorate(function):
        function = money_moving(function)
        app.post(path)(function)
        return function

    return decorate


@pay("/a")
def transfer(amount: int):  # found: money_moving
    return amount
### what a try may have bound
import os
from fastapi import FastAPI

app = FastAPI()


def route(path, kind):
    method = app.post
    if kind:
        try:
            method = getattr(app, os.environ["METHOD"], app.get) and app.get
        except KeyError:
            pass
    return method(path)


@route("/a", "w")
def transfer(amount: int):  # found
    return amount
### a namesake in another function
from flask import Flask

app = Flask(__name__)


def other(rule, **options):
    options["methods"] = ["POST"]
    return options


def route(rule, **options):
    return app.route(rule, **options)


@route("/a")
def balance():
    return "x"
### the conditions of a comprehension
{APP}

def transfer(amount: int):  # found
    return amount


def balance():
    return 1


ROUTES = [("POST", "/a", transfer), ("GET", "/b", balance)]
[app.post(path)(function) for verb, path, function in ROUTES if verb == "POST"]
for _, path, function in [route for route in ROUTES if route[0] != "POST"]:
    app.get(path)(function)
### a wrapper that is defined under a condition
{APP}

def route(path, kind):
    def decorate(function):
        if kind == "write":

            @app.post(path)
            def run(amount: int):  # found
                return function(amount)

        else:

            @app.get(path)
            def run(amount: int):
                return function(amount)

        return function

    return decorate


@route("/a", "write")
def transfer(amount: int):  # found
    return amount


@route("/b", "read")
def balance(amount: int):
    return amount
"""
)


def test_a_default_that_is_used_is_the_only_one(tmp_path: Path) -> None:
    """With GET among the methods it would be a money-moving handler that a safe method reaches (IDM008)."""
    (tmp_path / "wallet").mkdir()
    (tmp_path / "wallet" / "v.py").write_text(
        f"{APP}from idem_runtime import money_moving\n\n\ndef route(path, methods=None):\n"
        "    if methods is None:\n        methods = ['POST']\n    return app.api_route(path, methods=methods)\n\n\n"
        "@route('/a')\n@money_moving\ndef transfer(amount: int):\n    return amount\n"
    )
    assert check([tmp_path], Config(root=tmp_path)).findings == ()


def test_of_many_conditions_the_nearest_count(tmp_path: Path) -> None:
    chain = "".join(f"    if kind == {number}:\n        return app.put(path)\n" for number in range(200))
    check_source(
        f"{APP}\n\ndef route(path, kind):\n{chain}    if kind == 'write':\n        return app.post(path)\n"
        f"    return app.get(path)\n{TWO.format(write=repr('write'), read=repr('read'))}",
        tmp_path,
    )


@pytest.mark.parametrize("source", UNDECIDED)
def test_a_condition_counts_only_where_an_argument_or_a_loop_decides_it(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
