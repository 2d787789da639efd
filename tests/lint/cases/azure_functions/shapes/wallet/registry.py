from idem_runtime import money_moving


def endpoint(target, route, methods=("POST",)):
    def decorate(function):
        return target.route(route=route, methods=list(methods))(function)

    return decorate


def money_endpoint(target, route):
    def decorate(function):
        return target.route(route=route, methods=["POST"])(money_moving(function))

    return decorate


class Registry:
    def __init__(self, app):
        self.app = app

    def install(self):
        @self.app.route(route="wallet/inside", methods=["POST"])
        def inside(req):
            return "ok"

        self.app.function_name("settled")(self.app.route("wallet/settled", methods=["POST"])(settle))


def settle(req):
    return "ok"


def freeze(req):
    return "ok"


def show(req):
    return "ok"


table = [("freeze", freeze, ["POST"]), ("show", show, ["GET"])]
