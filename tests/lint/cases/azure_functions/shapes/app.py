import azure.functions as func

from wallet.registry import Registry, endpoint, money_endpoint, table
from wallet.sections import section

app = func.FunctionApp()
app.register_functions(section)
Registry(app).install()

for name, view, verbs in table:
    app.function_name(name)(app.route(route=f"wallet/{name}", methods=verbs)(view))


@endpoint(app, "wallet/transfers")
def transfer(req: func.HttpRequest) -> str:
    return "ok"


@money_endpoint(app, "wallet/deposits")
def deposit(req: func.HttpRequest) -> str:
    return "ok"


@endpoint(app, "wallet/rates", methods=["GET"])
def rates(req: func.HttpRequest) -> str:
    return "ok"


if app.auth_level is not func.AuthLevel.ANONYMOUS:

    @app.route(route="wallet/conditional", methods=["post"])
    def conditional(req: func.HttpRequest) -> str:
        return "ok"
