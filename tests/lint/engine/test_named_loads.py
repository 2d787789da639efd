"""Loaders that are called with a module's name and names in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.projects import inventory_of

LOADING = """
from importlib import import_module

from django.utils.module_loading import import_string


def handed_on(label, name):
    return import_string("shop.loading.get_class")(label, name)


def get_class(label, name, prefix="shop"):
    return get_classes(label, [name], prefix)[0]


def get_classes(label, names, prefix="shop"):
    module = import_module(f"{prefix}.{label}")
    return [getattr(module, name) for name in names]


def own(label, name):
    return Own


class Own:
    def post(self, request): ...
"""
VIEWS = """
from django.views import View


class Pay(View):
    def post(self, request): ...


class Refund(View):
    def post(self, request): ...
"""
URLS = """
from django.urls import path
from company.loading import get_class as theirs
from shop.loading import get_class, get_classes, handed_on, own

{views}

urlpatterns = [path("pay", view.as_view())]
"""
PAY = ["Pay.post"]
LOADS: dict[str, tuple[str, list[str], int]] = {
    "by the project's loader": ('view = get_class("wallet.views", "Pay")', PAY, 0),
    "by one that asks a package": ('view = handed_on("wallet.views", "Pay")', PAY, 0),
    "several": ('other, view = get_classes("wallet.views", ["Refund", "Pay"])', PAY, 0),
    "by a package's loader": ('view = theirs("wallet.views", "Pay")', PAY, 0),
    "with one more argument": ('view = theirs("wallet.views", "Pay", "shop")', PAY, 0),
    "a name that is not there": ('view = theirs("wallet.views", "Gone")', [], 1),
    "a module that is not there": ('view = theirs("cards.views", "Pay")', [], 1),
    "a label without a dot": ('view = theirs("views", "Pay")', [], 1),
    "no name": ('view = theirs("wallet.views", "Pay now")', [], 1),
    "a number": ('view = theirs("wallet.views", 3)', [], 1),
    "a name that is computed": ('view = theirs("wallet.views", NAME)', [], 1),
    "a label that is computed": ('view = theirs(LABEL, "Pay")', [], 1),
    "something of several that is not there": (
        'gone, view = theirs("wallet.views", ("Gone", "Pay"))',
        PAY,
        0,
    ),
}


@pytest.mark.parametrize(("views", "found", "undecided"), LOADS.values(), ids=LOADS)
def test_what_a_loader_gives_is_what_the_module_has(
    views: str, found: list[str], undecided: int, tmp_path: Path
) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/loading.py": LOADING,
        "shop/wallet/__init__.py": "",
        "shop/wallet/views.py": VIEWS,
        "shop/urls.py": URLS.format(views=views),
    }
    result = inventory_of(tmp_path, files)
    routed = [handler.qualname for handler in result.handlers if handler.route is not None]
    assert (routed, len(result.undecided)) == (found, undecided)


def test_what_a_function_says_itself_is_what_it_gives(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/loading.py": LOADING,
        "shop/wallet/__init__.py": "",
        "shop/wallet/views.py": VIEWS,
        "shop/urls.py": URLS.format(views='view = own("wallet.views", "Pay")'),
    }
    routed = [each.qualname for each in inventory_of(tmp_path, files).handlers if each.route is not None]
    assert "Pay.post" not in routed
