from chalice import Chalice

from chalicelib.wallet.routes import TABLE, Service, command, money_command

app = Chalice(app_name="shapes")
Service(app).routes()

for path, methods, view in TABLE:
    app.route(path, methods=methods)(view)


@command(app, "/wallet/transfers")
def transfer():
    return {}


@money_command(app, "/wallet/deposits")
def deposit():
    return {}


if app.debug is False:

    @app.route("/wallet/conditional", methods=["GET", "POST"])
    def conditional():
        return {}
