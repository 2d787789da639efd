from wallet import views  # noqa: F401
from wallet.views import api, hooks, money, rpc
from web import Application

app = Application(__name__)
app.register_blueprint(money)
api.mount(app)
rpc.mount(app)
hooks.fire("settled", {})
