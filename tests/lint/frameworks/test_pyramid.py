"""Pyramid: defaults, predicates and views that answer in another's place."""

from __future__ import annotations

from pathlib import Path

from tests.lint.frameworks.projects import handlers_of, undecided_of

DEFAULTS = """
from pyramid.view import view_config, view_defaults


class money_view(view_config):
    def __init__(self, **settings):
        print(len(settings))
        settings.pop("nothing", None)
        settings.setdefault(name_of(settings), "POST")
        super().__init__(request_method="POST", **settings)


class plain_view(view_config):
    pass


class odd_view(view_config):
    __init__ = object


@money_view(route_name="pay")
def pay(request):
    return {}


@plain_view(route_name="read", request_method="GET")
def read(request):
    return {}


@odd_view(route_name="odd", request_method="POST")
def odd(request):
    return {}


@view_defaults(route_name="cards", request_method="POST")
class Base:
    pass


class Cards(Base):
    @view_config()
    def order(self):
        return {}
"""
CONTEXTS = """
from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config


class Refused(Exception):
    pass


@view_config(context=HTTPNotFound)
def missing(error, request):
    return {}


@view_config(context=Refused)
def refused(error, request):
    return {}


@view_config(context=dict, request_method="POST")
def traversed(context, request):
    return {}
"""
ROUTES = """
from pyramid.config import Configurator, not_


def pay(request):
    return {}


def read(request):
    return {}


def negated(request):
    return {}


def unclear(request):
    return {}


def includeme(config: Configurator):
    config.add_directive(name_of(config), pay)
    config.add_route("pay", "/pay", request_method="POST")
    config.add_route("other", "/other", request_method="GET")
    config.add_route("unclear", "/unclear", request_method=METHOD)
    config.add_route("any", "/any", request_method=None)
    config.add_view(pay, route_name="pay")
    config.add_view(read, route_name="other")
    config.add_view(negated, route_name="any", request_method=not_("POST"))
    config.add_view(unclear, route_name="unclear", request_method="POST")
    config.add_view(7, route_name="seven", request_method="POST")
"""


def test_defaults_of_classes_and_of_decorator_classes(tmp_path: Path) -> None:
    assert handlers_of(tmp_path, {"app.py": DEFAULTS}) == {
        "pay": "POST",
        "odd": "POST",
        "Cards.order": "POST",
    }


def test_views_of_exceptions_are_no_handlers(tmp_path: Path) -> None:
    assert handlers_of(tmp_path, {"app.py": CONTEXTS}) == {"traversed": "POST"}


def test_routes_restrict_their_views(tmp_path: Path) -> None:
    assert handlers_of(tmp_path, {"app.py": ROUTES}) == {"pay": "POST", "unclear": "POST"}


def test_a_view_that_is_no_function_is_undecided(tmp_path: Path) -> None:
    assert list(undecided_of(tmp_path, {"app.py": ROUTES})) == [30]


def test_a_text_without_a_dot_names_no_view(tmp_path: Path) -> None:
    source = 'def includeme(config):\n    for verb in ("get", "post"):\n        config.add_view(verb, route_name="pay")\n'
    assert handlers_of(tmp_path, {"app.py": f"import pyramid\n\n\n{source}"}) == {}
    (reason,) = undecided_of(tmp_path, {"app.py": f"import pyramid\n\n\n{source}"}).values()
    assert "its handler cannot be told" in reason
