"""Where a mark takes effect in Flask-Admin: every path of the snippet's ``PATHS`` is posted to."""

from __future__ import annotations

import json
from typing import Any

from tests.lint.positions._table import snippets
from tests.lint.positions.recorder import application, executions

PRELUDE = """\
from flask import Flask
from flask.views import MethodView
from flask_admin import Admin, BaseView, expose, expose_plugview
from flask_admin.actions import action
from flask_admin.contrib.sqla import ModelView
from flask_babel import Babel
from flask_sqlalchemy import SQLAlchemy

from recorder import money_moving

PATHS = ["/admin/desk/pay"]
app = Flask(__name__)
app.config.update(SECRET_KEY="positions", SQLALCHEMY_DATABASE_URI="sqlite://", TESTING=True)
Babel(app)
db = SQLAlchemy(app)
admin = Admin(app)


class Transfer(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    amount = db.Column(db.Integer)


with app.app_context():
    db.create_all()

"""

TABLE = """
### + expose, below
class Desk(BaseView):
    @expose("/")
    def index(self):
        return "desk"

    @expose("/pay", methods=("GET", "POST"))
    @money_moving
    def pay(self):
        return "paid"

admin.add_view(Desk())

### + expose, above
class Desk(BaseView):
    @expose("/")
    def index(self):
        return "desk"

    @money_moving
    @expose("/pay", methods=["POST"])
    def pay(self):
        return "paid"

admin.add_view(Desk())

### + action, below
class TransferView(ModelView):
    @action("approve", "Approve")
    @money_moving
    def approve(self, ids):
        pass

PATHS = ["/admin/transfer/action/"]
admin.add_view(TransferView(Transfer, db.session))

### + action, above
class TransferView(ModelView):
    @money_moving
    @action("approve", "Approve")
    def approve(self, ids):
        pass

PATHS = ["/admin/transfer/action/"]
admin.add_view(TransferView(Transfer, db.session))

### + model view, create_model
class TransferView(ModelView):
    @money_moving
    def create_model(self, form):
        return super().create_model(form)

PATHS = ["/admin/transfer/new/"]
admin.add_view(TransferView(Transfer, db.session))

### + plugged view, on its method
class Desk(BaseView):
    @expose("/")
    def index(self):
        return "desk"

    @expose_plugview("/pay")
    class Pay(MethodView):
        @money_moving
        def post(self, cls):
            return "paid"

admin.add_view(Desk())
"""

SNIPPETS = snippets(PRELUDE, TABLE)
ELSEWHERE: set[str] = set()


def is_effective(source: str) -> bool:
    """Whether each POST was answered, and through the mark."""
    module = application(source)
    return all([_runs(module.app, path) for path in module.PATHS])


def _runs(app: Any, path: str) -> bool:
    with executions() as count:
        answer = app.test_client().post(path, data={"amount": "3", "action": "approve", "rowid": "1"})
    assert answer.status_code in {200, 302}, answer.status
    return count() == 1


if __name__ == "__main__":
    print(json.dumps({snippet.name: is_effective(snippet.source) for snippet in SNIPPETS}))
