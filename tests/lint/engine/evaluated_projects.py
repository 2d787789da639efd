"""Small projects in which a money file registers under names of its own; ``# here`` stands where a POST handler does."""

from __future__ import annotations

APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
HANDLER = "def transfer(amount: int):  # here\n    return amount\n\n\n"
WEB = (
    APP
    + '''

def expose(path):
    """Everything of the house is a JSON call."""

    def decorate(function):
        return app.post(path)(function)

    return decorate
'''
)


def _decorated(before: str, decorator: str) -> dict[str, str]:
    return {"wallet/v.py": f"{APP}{before}\n\n@{decorator}\n{HANDLER}"}


def _decorated_method(made: str, body: str, decorator: str) -> dict[str, str]:
    source = f"{APP}\n\nclass serve:\n    def __init__(self, path):\n        {made}\n\n{body}"
    method = "    def transfer(amount: int):  # here\n        return amount\n\n    def other(self):\n        return 0\n"
    return {"wallet/v.py": f"{source}\n\nclass Wallet:\n    @{decorator}\n{method}"}


def _called(before: str, call: str) -> dict[str, str]:
    return {"wallet/v.py": f"{APP}{before}\n\n{HANDLER}{call}\n"}


PROJECTS: dict[str, dict[str, str]] = {
    "a decorator of another module": {
        "core/web.py": WEB,
        "wallet/v.py": f"from core.web import expose\n\n\n@expose('/a')\n{HANDLER}",
    },
    "a decorator through two packages": {
        "core/web.py": WEB,
        "core/__init__.py": "from core.web import expose as public\n",
        "hub.py": "import core\n\nopen_to_all = core.public\n",
        "wallet/v.py": f"import hub as h\n\n\n@h.open_to_all('/a')\n{HANDLER}",
    },
    "a decorator through a lazy package": {
        "core/web.py": WEB,
        "core/__init__.py": "import importlib\n\n\ndef __getattr__(name):\n"
        "    return getattr(importlib.import_module('core.web'), name)\n",
        "wallet/v.py": f"from core import expose\n\n\n@expose('/a')\n{HANDLER}",
    },
    "a decorator through a package that is lazy in one branch": {
        "core/web.py": WEB,
        "core/__init__.py": "import os\n\nif os.name == 'nt':\n    __getattr__ = None\nelse:\n\n"
        "    def __getattr__(name):\n        from core import web\n\n        return getattr(web, name)\n",
        "wallet/v.py": f"from core import expose\n\n\n@expose('/a')\n{HANDLER}",
    },
    "a decorator written as a class": _decorated(
        "\n\nclass serve:\n    def __init__(self, path):\n        self.path = path\n\n"
        "    def __call__(self, function):\n        app.add_api_route(self.path, function, methods=['POST'])\n"
        "        return function\n",
        "serve('/a')",
    ),
    "a decorator that an instance makes": _decorated(
        "\n\nclass Serve:\n    def __call__(self, path):\n        def decorate(function):\n"
        "            app.add_api_route(path, function, methods=['POST'])\n            return function\n\n"
        "        return decorate\n\n\nserve = Serve()\n",
        "serve('/a')",
    ),
    "a decorator that learns the name of its method": _decorated_method(
        "self.path = path",
        "    def __call__(self, function):\n        self.function = function\n        return self\n\n"
        "    def __set_name__(self, owner, name):\n"
        "        app.add_api_route(self.path, self.function, methods=['POST'])\n",
        "serve('/a')",
    ),
    "a decorator that learns the name of its method and registers another": {
        "wallet/v.py": f"{APP}\n\n{HANDLER}class serve:\n    def __init__(self, path):\n        self.path = path\n\n"
        "    def __call__(self, function):\n        return self\n\n    def __set_name__(self, owner, name):\n"
        "        app.add_api_route(self.path, transfer, methods=['POST'])\n\n\n"
        "class Wallet:\n    @property\n    @serve('/a')\n    def other(self):\n        return 0\n",
    },
    "a decorator that is made of its method and learns its name": _decorated_method(
        "self.function = path",
        "    def __set_name__(self, owner, name):\n"
        "        app.add_api_route('/' + name, self.function, methods=['POST'])\n",
        "serve",
    ),
    "a name for a method": _decorated("new = app.post\nnewer = new\n", "newer('/a')"),
    "an item of a dict": _decorated("new = {'a': app.post}['a']\n", "new('/a')"),
    "one of two": _decorated("import os\n\nnew = app.post if os.name else app.put\n", "new('/a')"),
    "the first that is true": _decorated("new = None or app.post\n", "new('/a')"),
    "a lambda": _decorated("new = lambda path: app.post(path)\n", "new('/a')"),
    "a partial of a decorator": _decorated(
        "import functools\n\n\ndef serve(path, methods):\n    def decorate(function):\n"
        "        app.add_api_route(path, function, methods=methods)\n        return function\n\n"
        "    return decorate\n\n\nnew = functools.partial(serve, methods=['POST'])\n",
        "new('/a')",
    ),
    "a partial with arguments of a row": _called(
        "import functools\n\nrow = ('/a', ['POST'])\n\n\ndef hang(path, methods, function):\n"
        "    app.add_api_route(path, function, methods=methods)\n\n\nput = functools.partial(hang, *row)\n",
        "put(transfer)",
    ),
    "an attribute by its name": _decorated(
        "import operator\n\nnew = operator.attrgetter('router.post')(app)\n", "new('/a')"
    ),
    "a namespace": _decorated(
        "from types import SimpleNamespace\n\napi = SimpleNamespace(old=app.put, new=app.post)\n",
        "api.new('/a')",
    ),
    "a context manager": {
        "wallet/v.py": f"{APP}from contextlib import contextmanager\n\n\n@contextmanager\ndef group():\n"
        f"    yield app.post\n\n\nwith group() as new:\n\n    @new('/a')\n"
        "    def transfer(amount: int):  # here\n        return amount\n"
    },
    "a context manager of a class": {
        "wallet/v.py": f"{APP}\n\nclass Group:\n    def __enter__(self):\n        return app.post\n\n"
        "    def __exit__(self, *error):\n        return None\n\n\nwith Group() as new:\n\n    @new('/a')\n"
        "    def transfer(amount: int):  # here\n        return amount\n"
    },
    "a default argument": {
        "wallet/v.py": f"{APP}\n\ndef make(new=app.post):\n    @new('/a')\n"
        "    def transfer(amount: int):  # here\n        return amount\n\n\nmake()\n"
    },
    "a registering function of another module": {
        "core/web.py": "def hang(app, path, handler):\n    app.add_api_route(path, handler, methods=['POST'])\n",
        "wallet/v.py": f"{APP}from core.web import hang\n\n\n{HANDLER}hang(app, '/a', transfer)\n",
    },
    "a registering function of a registering function": {
        "core/low.py": "def low(app, path, handler):\n    app.add_api_route(path, handler, methods=['POST'])\n",
        "core/web.py": "from core.low import low\n\n\ndef hang(app, handler):\n    low(app, '/x', handler)\n",
        "wallet/v.py": f"from core.web import hang\n\n\n{HANDLER}\n\ndef install(app):\n    hang(app, transfer)\n",
    },
    "a money function that a plain module registers": {
        "core/web.py": f"{APP}from wallet.v import transfer\n\n\ndef hang(handler):\n"
        "    app.add_api_route('/x', handler, methods=['POST'])\n\n\nhang(transfer)\n",
        "wallet/v.py": HANDLER,
    },
    "a money function that reaches its registration by a third module": {
        "core/low.py": f"{APP}\n\ndef hang(handler):\n    app.add_api_route('/x', handler, methods=['POST'])\n",
        "middle.py": "from wallet.v import transfer\n\nhandler = transfer\n",
        "top.py": "from core.low import hang\nfrom middle import handler\n\nhang(handler)\n",
        "wallet/v.py": HANDLER,
    },
    "a class that registers what it is made with": _called(
        "\n\nclass Hang:\n    def __init__(self, path, handler):\n"
        "        app.add_api_route(path, handler, methods=['POST'])\n",
        "Hang('/a', transfer)",
    ),
    "a method that keeps a method": _called(
        "\n\nclass Hang:\n    def __init__(self, app):\n        self.add = app.add_api_route\n\n"
        "    def install(self):\n        self.add('/a', transfer, methods=['POST'])\n",
        "Hang(app).install()",
    ),
    "a call by the method's name": _called(
        "import operator\n", "operator.methodcaller('add_api_route', '/a', transfer, methods=['POST'])(app)"
    ),
    "a lambda that registers": _called(
        "hang = lambda path, f: app.add_api_route(path, f, methods=['POST'])\n", "hang('/a', transfer)"
    ),
    "a map of a method": _called("", "list(map(app.post('/a'), [transfer]))"),
    "an item that is set": _called(
        "\n\nclass Table:\n    def __setitem__(self, path, handler):\n"
        "        app.add_api_route(path, handler, methods=['POST'])\n\n\ntable = Table()\n",
        "table['/a'] = transfer",
    ),
    "an operator": _called(
        "\n\nclass Table:\n    def __lshift__(self, row):\n        path, handler = row\n"
        "        app.add_api_route(path, handler, methods=['POST'])\n        return self\n\n\ntable = Table()\n",
        "table << ('/a', transfer)",
    ),
    "an operator that assigns": _called(
        "\n\nclass Table:\n    def __rshift__(self, handler):\n"
        "        app.add_api_route('/a', handler, methods=['POST'])\n        return self\n\n\ntable = Table()\n",
        "table >>= transfer",
    ),
    "one method in a list that the caller gives": {
        "wallet/v.py": f"{APP}\n\ndef make(method):\n    @app.api_route('/a', methods=[method])\n"
        "    def transfer(amount: int):  # here\n        return amount\n\n\nmake('POST')\nmake('GET')\n"
    },
    "a method's name that the caller gives": {
        "wallet/v.py": f"{APP}\n\ndef make(verb):\n    @getattr(app, verb)('/a')\n"
        "    def transfer(amount: int):  # here\n        return amount\n\n\nmake('post')\n"
    },
    "what a decorator notes and a scan of the module registers": {
        "core/marks.py": "def at(path):\n    def decorate(function):\n        function.served = (path, ['POST'])\n"
        "        return function\n\n    return decorate\n",
        "core/scan.py": f"{APP}import inspect\n\n\ndef install(module):\n"
        "    for _, function in inspect.getmembers(module, inspect.isfunction):\n"
        "        path, methods = function.served\n        app.add_api_route(path, function, methods=methods)\n",
        "top.py": "import wallet.v\nfrom core.scan import install\n\ninstall(wallet.v)\n",
        "wallet/v.py": f"from core.marks import at\n\n\n@at('/a')\n{HANDLER}",
    },
    "what a method of an object notes and a scan of the module registers": {
        "core/marks.py": "class At:\n    path = '/a'\n\n    def served(self, function):\n"
        "        function.served = (self.path, ['POST'])\n        return function\n\n\nat = At()\n",
        "core/scan.py": f"{APP}import inspect\n\n\ndef install(module):\n"
        "    for _, function in inspect.getmembers(module, inspect.isfunction):\n"
        "        path, methods = function.served\n        app.add_api_route(path, function, methods=methods)\n",
        "top.py": "import wallet.v\nfrom core.scan import install\n\ninstall(wallet.v)\n",
        "wallet/v.py": f"from core.marks import at\n\n\n@at.served\n{HANDLER}",
    },
    "a decorator that registers a class": {
        "wallet/v.py": "from flask import Flask\nfrom flask.views import MethodView\n\napp = Flask(__name__)\n\n\n"
        "def serve(klass):\n    app.add_url_rule('/a', view_func=klass.as_view('t'))\n    return klass\n\n\n"
        "@serve\nclass T(MethodView):\n    def post(self):  # here\n        return 'x'\n",
    },
    "a folder that has a framework's name": {
        "fastapi/wallet/v.py": f"{APP}\n\n@app.post('/a')\n{HANDLER}",
    },
    "a class that is made by a call": {
        "core/base.py": "from flask.views import MethodView\n\nBank = type('Bank', (MethodView,), {'tenant': None})\n",
        "wallet/v.py": "from core.base import Bank\nfrom flask import Flask\n\n\nclass T(Bank):\n"
        "    def post(self):  # here\n        return 'x'\n\n\n"
        "app = Flask(__name__)\napp.add_url_rule('/a', view_func=T.as_view('t'))\n",
    },
    "a row that map makes of what is not known": {
        "wallet/v.py": f"{APP}import os\n\n\n{HANDLER}"
        "for path in map(str.upper, os.environ):\n    app.post(path)(transfer)\n"
    },
    "a partial method of nothing": _decorated(
        "from functools import partialmethod\n\n\nclass Api:\n    old = partialmethod()\n\n\nApi().old('/b')\n",
        "app.post('/a')",
    ),
    "a class whose call gives nothing back": _called(
        "\n\nclass Quiet:\n    def __init__(self, function):\n        self.function = function\n\n"
        "    def __call__(self, amount: int):\n        self.function(amount)\n\n\n",
        "app.post('/a')(Quiet(transfer))",
    ),
    "beside what a namespace and a builtin do not tell": _decorated(
        "from types import SimpleNamespace\n\napi = SimpleNamespace(old=app.put)\nkind = type([app])\n"
        "kind(api.new('/b'))\n",
        "app.post('/a')",
    ),
    "what an exit stack enters": {
        "wallet/v.py": f"{APP}from contextlib import ExitStack, contextmanager\n\n\n@contextmanager\ndef group():\n"
        "    yield app.post\n\n\nwith ExitStack() as stack:\n    new = stack.enter_context(group())\n\n"
        "    @new('/a')\n    def transfer(amount: int):  # here\n        return amount\n"
    },
    "a partial method": _decorated(
        "from functools import partialmethod\n\n\nclass Api:\n    def on(self, verb, path):\n"
        "        return app.api_route(path, methods=[verb])\n\n    new = partialmethod(on, 'POST')\n",
        "Api().new('/a')",
    ),
    "a partial method of a framework's method": _decorated(
        "from functools import partialmethod\n\n\nclass Api:\n    new = partialmethod(app.post)\n",
        "Api().new('/a')",
    ),
    "a descriptor": _decorated(
        "\n\nclass Verb:\n    def __init__(self, name):\n        self.name = name\n\n"
        "    def __get__(self, instance, owner):\n        return getattr(app, self.name)\n\n\n"
        "class Api:\n    new = Verb('post')\n",
        "Api().new('/a')",
    ),
    "an item of an object": _decorated(
        "\n\nclass Verb:\n    def __getitem__(self, path):\n        return app.post(path)\n\n\nPOST = Verb()\n",
        "POST['/a']",
    ),
    "an operator of an object": _decorated(
        "\n\nclass Verb:\n    def __truediv__(self, path):\n        return app.post('/' + path)\n\n\nnew = Verb()\n",
        "(new / 'a')",
    ),
    "a row that map makes": _called(
        "from idem_runtime import money_moving\n\n\ndef pair(path):\n    return path, transfer\n\n\n",
        "for path, view in map(pair, ['/a']):\n    app.post(path)(view)",
    ),
    "a row that filter leaves": _called(
        "", "for view in filter(callable, [transfer]):\n    app.post('/a')(view)"
    ),
    "a global by its name": _called("", "for name in ['transfer']:\n    app.post('/a')(globals()[name])"),
    "a variable of the module by its name": _called("", "app.post('/a')(vars()['transfer'])"),
    "an attribute of the running module": _called(
        "import sys\n", "app.post('/a')(getattr(sys.modules[__name__], 'transfer'))"
    ),
    "what a base class keeps whose constructor is called by its name": _called(
        "class Base:\n    def __init__(self, router):\n        self.router = router\n\n\n"
        "class Own(Base):\n    def __init__(self, router):\n        print(router)\n        Base.__init__(self, router)\n\n\n",
        "Own(app).router.post('/a')(transfer)",
    ),
    "a variable of another module": {
        "wallet/v.py": HANDLER,
        "main.py": f"{APP}from wallet import v\n\napp.post('/a')(vars(v)['transfer'])\n",
    },
}
