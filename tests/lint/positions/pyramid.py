"""Where a mark takes effect in Pyramid: ``/pay`` (or each of ``PATHS``) is requested.

A mark above ``view_config`` hides the view from the scan: the answer is 404, the mark has not run.
"""

from __future__ import annotations

from typing import Any

from werkzeug.test import Client

from tests.lint.positions.recorder import Snippet, application, executions

PRELUDE = """\
import sys

from pyramid.config import Configurator
from pyramid.view import view_config, view_defaults
from recorder import money_moving
"""

TABLE = (
    (
        "below",
        True,
        """

@view_config(route_name="pay", request_method="POST", renderer="json")
@money_moving
def pay(context, request):
    return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "above",
        False,
        """

@money_moving
@view_config(route_name="pay", request_method="POST", renderer="json")
def pay(context, request):
    return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "rebound before the scan",
        False,
        """

@view_config(route_name="pay", request_method="POST", renderer="json")
def pay(context, request):
    return {"paid": True}


pay = money_moving(pay)


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "decorator=",
        True,
        """

@view_config(route_name="pay", request_method="POST", renderer="json", decorator=money_moving)
def pay(request):
    return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "decorator=, a tuple",
        True,
        """

@view_config(route_name="pay", request_method="POST", renderer="json", decorator=(money_moving,))
def pay(request):
    return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "add_view, wrapped",
        True,
        """

def pay(context, request):
    return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.add_view(money_moving(pay), route_name="pay", request_method="POST", renderer="json")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "add_view, decorator=",
        True,
        """

def pay(request):
    return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.add_view(pay, route_name="pay", request_method="POST", renderer="json", decorator=money_moving)
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "add_view, on the def",
        True,
        """

@money_moving
def pay(context, request):
    return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.add_view(pay, route_name="pay", request_method="POST", renderer="json")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "add_view, rebound afterwards",
        False,
        """

def pay(context, request):
    return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.add_view(pay, route_name="pay", request_method="POST", renderer="json")
    pay = money_moving(pay)
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "add_view of two, one wrapped",
        False,
        """

def pay(context, request):
    return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.add_view(money_moving(pay), route_name="pay", request_method="POST", renderer="json")
    config.add_route("again", "/again")
    config.add_view(pay, route_name="again", request_method="POST", renderer="json")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()

PATHS = ("/pay", "/again")
""",
    ),
    (
        "method: below",
        True,
        """

class Pay:
    def __init__(self, request):
        self.request = request

    @view_config(route_name="pay", request_method="POST", renderer="json")
    @money_moving
    def post(self):
        return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "method: above",
        True,
        """

class Pay:
    def __init__(self, request):
        self.request = request

    @money_moving
    @view_config(route_name="pay", request_method="POST", renderer="json")
    def post(self):
        return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "method: between two",
        True,
        """

class Pay:
    def __init__(self, request):
        self.request = request

    @view_config(route_name="pay", request_method="POST", renderer="json")
    @money_moving
    @view_config(route_name="pay", request_method="PUT", renderer="json")
    def post(self):
        return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "view_defaults, decorator=",
        True,
        """

@view_defaults(route_name="pay", renderer="json", decorator=money_moving)
class Pay:
    def __init__(self, request):
        self.request = request

    @view_config(request_method="POST")
    def post(self):
        return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "attr: on the method",
        True,
        """

@view_config(route_name="pay", request_method="POST", renderer="json", attr="post")
class Pay:
    def __init__(self, request):
        self.request = request

    @money_moving
    def post(self):
        return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "attr: on another method",
        False,
        """

@view_config(route_name="pay", request_method="POST", renderer="json", attr="post")
class Pay:
    def __init__(self, request):
        self.request = request

    def post(self):
        return {"paid": True}

    @money_moving
    def get(self):
        return {}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
    (
        "class: on __call__",
        True,
        """

@view_config(route_name="pay", request_method="POST", renderer="json")
class Pay:
    def __init__(self, request):
        self.request = request

    @money_moving
    def __call__(self):
        return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.scan(sys.modules[__name__])
    app = config.make_wsgi_app()
""",
    ),
)

SNIPPETS = tuple(Snippet(name, PRELUDE + body, effective) for name, effective, body in TABLE)

REFUSED = (
    (
        "a view of one argument with a wrapper on its def",
        """
@money_moving
def pay(request):
    return {"paid": True}


with Configurator() as config:
    config.add_route("pay", "/pay")
    config.add_view(pay, route_name="pay", request_method="POST", renderer="json")
    app = config.make_wsgi_app()
""",
        TypeError,
        "positional argument",
    ),
)


def is_effective(source: str) -> bool:
    """Whether the mark ran for each path."""
    module = application(source)
    ran = [_runs(module.app, path) for path in getattr(module, "PATHS", ("/pay",))]
    return all(ran)


def _runs(app: Any, path: str) -> bool:
    with executions() as count:
        response = Client(app).post(path)
    assert response.status_code in {200, 404}
    return response.status_code == 200 and count() == 1
