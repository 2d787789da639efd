"""Where a mark takes effect in Flask-AppBuilder: every path of the snippet's ``PATHS`` is posted to."""

from __future__ import annotations

from typing import Any

from tests.lint.positions._table import snippets
from tests.lint.positions.recorder import application, executions

PRELUDE = """\
from flask import Flask
from flask_appbuilder import AppBuilder, BaseView, Model, ModelRestApi, ModelView, PublicFormView, expose
from flask_appbuilder.api import BaseApi
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.utils.legacy import get_sqla_class
from sqlalchemy import Column, Integer
from wtforms import IntegerField

from recorder import money_moving

PATHS = ["/api/v1/pay/out"]
app = Flask(__name__)
app.config.update(
    SECRET_KEY="a key of more than sixteen", SQLALCHEMY_DATABASE_URI="sqlite://", WTF_CSRF_ENABLED=False,
    FAB_ADD_SECURITY_VIEWS=False, AUTH_ROLE_PUBLIC="Admin",
)
db = get_sqla_class()(app)
context = app.app_context()
context.push()
appbuilder = AppBuilder(app, db.session)


class Transfer(Model):
    __tablename__ = f"transfers_{id(app)}"
    id = Column(Integer, primary_key=True)
    amount = Column(Integer)


class Amount(DynamicForm):
    amount = IntegerField()


Model.metadata.create_all(db.engine)

"""

TABLE = """
### + expose, below
class Pay(BaseApi):
    @expose("/out", methods=["POST"])
    @money_moving
    def out(self):
        return self.response(200)

appbuilder.add_api(Pay)

### + expose, above
class Pay(BaseApi):
    @money_moving
    @expose("/out", methods=["POST"])
    def out(self):
        return self.response(200)

appbuilder.add_api(Pay)

### + view, expose below
class Pay(BaseView):
    @expose("/out", methods=["GET", "POST"])
    @money_moving
    def out(self):
        return "paid"

PATHS = ["/pay/out"]
appbuilder.add_view_no_menu(Pay)

### + model API: class that inherits its handler
@money_moving
class Pay(ModelRestApi):
    datamodel = SQLAInterface(Transfer)

PATHS = ["/api/v1/pay/"]
appbuilder.add_api(Pay)

### + model view, a method that hands on
class Pay(ModelView):
    datamodel = SQLAInterface(Transfer)
    base_permissions = ["can_add"]
    exclude_route_methods = {"api_create"}

    @expose("/add", methods=["GET", "POST"])
    @money_moving
    def add(self):
        return super().add()

PATHS = ["/pay/add"]
appbuilder.add_view_no_menu(Pay)

### + form view, form_post
class Pay(PublicFormView):
    form = Amount

    @money_moving
    def form_post(self, form):
        return "paid"

PATHS = ["/pay/form"]
appbuilder.add_view_no_menu(Pay)
"""

SNIPPETS = snippets(PRELUDE, TABLE)
ELSEWHERE: set[str] = set()


def is_effective(source: str) -> bool:
    """Whether each POST was answered, and through the mark."""
    module = application(source)
    try:
        return all([_runs(module.app, path) for path in module.PATHS])
    finally:
        module.context.pop()


def _runs(app: Any, path: str) -> bool:
    body: dict[str, Any] = {"json": {"amount": 3}} if path.startswith("/api") else {"data": {"amount": 3}}
    with executions() as count:
        answer = app.test_client().post(path, **body)
    assert answer.status_code in {200, 201, 302}, (answer.status, answer.data)
    return count() == 1
