from sqladmin import Admin
from sqlalchemy import create_engine
from starlette.applications import Starlette
from wallet.admin import Desk, ReadOnlyAdmin, TransferAdmin

app = Starlette()
admin = Admin(app, create_engine("sqlite://"))
for view in (TransferAdmin, ReadOnlyAdmin):
    admin.add_view(view)
admin.add_view(Desk)
