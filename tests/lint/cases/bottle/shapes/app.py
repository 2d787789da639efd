import bottle

from wallet.routes import VIEWS, command, money_command

app = application = bottle.Bottle()


def create(server, prefix):
    @command(server, f"{prefix}/transfers")
    def transfer():
        return {}

    @money_command(server, f"{prefix}/deposits")
    def deposit():
        return {}

    return server


create(app, "/wallet")
for verb, views in VIEWS.items():
    for view in views:
        getattr(app, verb)(f"/wallet/{view.__name__}")(view)

for method in ("GET", "POST"):
    app.route("/wallet/both", method, lambda: {})
