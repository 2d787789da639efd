"""Flask-REST-JSONAPI: a list resource creates without any code."""

from __future__ import annotations

from pathlib import Path

from tests.lint.frameworks.projects import handlers_of

SOURCE = """
from flask_rest_jsonapi import Api, ResourceDetail, ResourceList


class Transfers(ResourceList):
    schema = object


class ReadOnly(ResourceList):
    methods = ["GET"]


class Transfer(ResourceDetail):
    schema = object


api = Api()
api.route(Transfers, "transfers", "/transfers")
api.route(ReadOnly, "read", "/read")
api.route(Transfer, "transfer", "/transfers/<int:id>")
"""


def test_post_comes_from_the_framework(tmp_path: Path) -> None:
    assert handlers_of(tmp_path, {"app.py": SOURCE}) == {"Transfers": "POST"}
