"""Decorators of an API and of its resources."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.projects import marks_of

API = """
from {package} import Api, Resource
from idem_runtime import money_moving, not_money_moving

api = Api(decorators=[money_moving])
other = Api()
other.decorators.count(money_moving)
late = Api()
late.decorators.extend([money_moving])


class Guarded(Resource):
    def post(self):
        return {{}}


class Open(Resource):
    def post(self):
        return {{}}


class Late(Resource):
    def post(self):
        return {{}}


class Keyed(Resource):
    method_decorators = {{"post": [not_money_moving(reason="shows")]}}

    def post(self):
        return {{}}


def install(given):
    given.add_resource(Keyed, "/keyed")


api.add_resource(Guarded, "/guarded")
other.add_resource(Open, "/open")
late.add_resource(Late, "/late")
install(other)
"""


@pytest.mark.parametrize(("package", "keyed"), [("flask_restful", True), ("flask_restx", False)])
def test_where_a_mark_guards_a_resource(package: str, keyed: bool, tmp_path: Path) -> None:
    assert marks_of(tmp_path, API.format(package=package)) == {
        "Guarded.post": True,
        "Open.post": False,
        "Late.post": True,
        "Keyed.post": keyed,
    }
