"""A company's own `route`: it may say its verb in other words than a framework's, and what it says counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

VERBS = sources(
    """
### under another keyword
from company.web import api, route


@route("/a", verb="POST")
def transfer(amount):  # found
    return amount


@api.route("/b", http_method="post")
def refund(amount):  # found
    return amount


@api.route("/c", verb="GET")
def balance():
    return 1
### in a list under another keyword
from company.web import route


@route("/a", verbs=["GET", "POST"])
def transfer(amount):  # found
    return amount
### before the path
from company.web import route


@route("POST", "/a")
def transfer(amount):  # found
    return amount


@route("GET", "/a")
def balance():
    return 1
### in the text of the path
from company.web import endpoint, route


@route("POST /a")
def transfer(amount):  # found
    return amount


@route("GET /a")
def balance():
    return 1


@endpoint("POST /b")
def refund(amount):  # undecided
    return amount


@endpoint("GET /b")
def refunds():
    return 1
### in a call that is given its handler
from company.web import api


def transfer(amount):  # found
    return amount


api.add_url_rule("/a", view_func=transfer, verb="POST")
### given by the callers of a project's own function
from core.web import expose


@expose("/a", "POST")
def transfer(amount):  # found
    return amount


@expose("/b", "GET")
def balance():
    return 1
--- core/web.py
from company.web import api


def expose(path, verb):
    return api.route(path, verb=verb)
### nowhere
from company.web import route


@route("/a")
def balance():
    return 1
"""
)


@pytest.mark.parametrize("source", VERBS)
def test_a_route_of_an_unread_package_says_its_verb(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
