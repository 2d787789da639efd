import azure.functions as func

from idem_runtime import money_moving
from wallet.transfers import bp
from wallet.triggers import triggers

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
app.register_functions(bp)
app.register_blueprint(triggers)


@app.route(route="wallet/payouts", methods=["POST"])
@money_moving
def pay_out(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("paid")


@app.function_name(name="health")
@app.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("ok")


def install(application):
    @application.route(route="wallet/nested", methods=("POST",))
    def nested(req: func.HttpRequest) -> str:
        return "nested"

    application.route("wallet/called", methods=["POST"])(called)
    application.function_name("by_lambda")(application.route("wallet/lambda", methods=["POST"])(lambda req: "ok"))
    for name, view in (("freeze", freeze), ("thaw", thaw)):
        application.route(route=f"wallet/{name}", methods=["POST"])(view)


def called(req):
    return "called"


def freeze(req):
    return "frozen"


def thaw(req):
    return "thawed"


install(app)
