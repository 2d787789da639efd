"""Extensions of Flask whose methods carry their routes."""

from __future__ import annotations

import re
from pathlib import Path

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from tests.lint.frameworks.projects import handlers_of, marks_of
from tests.lint.front.project import write

CLASSFUL = """
from flask_classful import FlaskView, method, route
from idem_runtime import money_moving


class AccountsView(FlaskView):
    def index(self):
        return []

    def post(self):
        return {}

    @money_moving
    @route("/pay", methods=["POST"])
    def pay(self):
        return {}

    @method("POST")
    def close(self):
        return {}
"""
ADMIN = """
from flask_admin import BaseView, expose
from flask_appbuilder import expose as exposed
from flask_appbuilder.api import BaseApi, protect


class Payouts(BaseView):
    @expose("/", methods=("GET", "POST"))
    def index(self):
        return ""

    @expose("/read")
    def read(self):
        return ""


class Transfers(BaseApi):
    @exposed("/transfer", methods=["POST"])
    @protect()
    def transfer(self):
        return ""
"""


MODELS = """
from flask_appbuilder import CompactCRUDMixin, ModelView, RestCRUDView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.security.sqla.apis import RoleApi
from flask_appbuilder.security.views import UserDBModelView


class Base(ModelView):
    list_columns = ["amount"]


class Transfers(Base):
    datamodel = SQLAInterface(Transfer)


class Shown(Base):
    datamodel = SQLAInterface(Transfer)
    base_permissions = ["can_list", "can_show"]


class Added(Base):
    datamodel = SQLAInterface(Transfer)
    include_route_methods = {"list", "add"}


class Compact(CompactCRUDMixin, RestCRUDView):
    datamodel = SQLAInterface(Transfer)
    exclude_route_methods = {"edit", "delete"}


class Api(RestCRUDView):
    datamodel = SQLAInterface(Transfer)


class Renamed(ModelView):
    datamodel = SQLAInterface(Transfer)
    method_permission_name = {"add": "create", "edit": of_edit()}
    base_permissions = ["can_create", "can_edit"]


class Computed(RestCRUDView):
    datamodel = SQLAInterface(Transfer)
    base_permissions = [granted()]


class Users(UserDBModelView):
    base_permissions = ["can_edit"]


class Roles(RoleApi):
    pass


class Own(RestCRUDView):
    datamodel = SQLAInterface(Transfer)

    def api_create(self):
        return ""
"""


def test_views_of_models_answer_by_what_they_inherit(tmp_path: Path) -> None:
    write(tmp_path, {"wallet/app.py": MODELS})
    found = check([tmp_path], Config(root=tmp_path)).findings
    said = [re.search(r"`(\w+)` answers POST by its inherited (.*?) in", each.message) for each in found]
    assert [match.groups() for match in said if match is not None] == [
        ("Transfers", "`add` and `edit` and `delete` and `api_create`"),
        ("Added", "`add`"),
        ("Compact", "`add` and `api_create`"),
        ("Api", "`api_create`"),
        ("Renamed", "`add` and `edit`"),
        ("Computed", "`api_create`"),
        ("Users", "`edit`"),
        ("Roles", "`post`"),
    ]
    assert "give `class Transfers` these methods, exposed as the inherited ones are" in found[0].advice


def test_flask_classful(tmp_path: Path) -> None:
    assert marks_of(tmp_path, CLASSFUL) == {
        "AccountsView.post": False,
        "AccountsView.pay": True,
        "AccountsView.close": False,
    }


def test_exposed_views(tmp_path: Path) -> None:
    assert handlers_of(tmp_path, {"app.py": ADMIN}) == {
        "Payouts.index": "GET POST",
        "Transfers.transfer": "POST",
    }
