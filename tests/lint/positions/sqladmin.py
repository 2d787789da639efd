"""Where a mark takes effect in SQLAdmin: every POST route of the snippet's views is requested."""

from __future__ import annotations

from typing import Any

from tests.lint.positions._table import snippets
from tests.lint.positions.recorder import application, executions

PRELUDE = """\
from sqladmin import Admin, BaseView, ModelView, expose
from sqlalchemy import Column, Integer, create_engine
from sqlalchemy.orm import declarative_base
from sqlalchemy.pool import StaticPool
from starlette.applications import Starlette
from starlette.responses import JSONResponse

from recorder import money_moving

PATHS = ["/admin/pay"]
Base = declarative_base()


class Transfer(Base):
    __tablename__ = "transfers"
    id = Column(Integer, primary_key=True)
    amount = Column(Integer)


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)
app = Starlette()
admin = Admin(app, engine)

"""

TABLE = """
### + expose, below
class Desk(BaseView):
    @expose("/pay", methods=["GET", "POST"])
    @money_moving
    async def pay(self, request):
        return JSONResponse({})

admin.add_view(Desk)

### + expose, above
class Desk(BaseView):
    @money_moving
    @expose("/pay", methods=["POST"])
    async def pay(self, request):
        return JSONResponse({})

admin.add_view(Desk)

### + model view, insert_model
class TransferAdmin(ModelView, model=Transfer):
    @money_moving
    async def insert_model(self, request, data):
        return await super().insert_model(request, data)

PATHS = ["/admin/transfer/create"]
admin.add_view(TransferAdmin)

### - model view, on a hook that no POST calls
class TransferAdmin(ModelView, model=Transfer):
    @money_moving
    def list_query(self, request):
        return super().list_query(request)

    async def insert_model(self, request, data):
        return await super().insert_model(request, data)

PATHS = ["/admin/transfer/create"]
admin.add_view(TransferAdmin)
"""

SNIPPETS = snippets(PRELUDE, TABLE)
ELSEWHERE = {"model view, on a hook that no POST calls"}


def is_effective(source: str) -> bool:
    """Whether each POST was answered, and through the mark."""
    module = application(source)
    return all([_runs(module.app, path) for path in module.PATHS])


def _runs(app: Any, path: str) -> bool:
    from starlette.testclient import TestClient

    with executions() as count:
        status = TestClient(app).post(path, data={"amount": "3"}).status_code
    assert status == 200, status
    return count() == 1
