from bottle import Bottle

from wallet import admin, calls, classes, plugins
from wallet.api import api

app = Bottle()
app.mount("/wallet/api/", api)
app.merge(admin.admin)
calls.install(app)
classes.Desk(app)
plugins.install(app)
