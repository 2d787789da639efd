from idem_runtime import money_moving

WRITE = ["POST"]


def command(target, path):
    def decorate(view):
        return target.route(path, methods=WRITE)(view)

    return decorate


def money_command(target, path):
    def decorate(view):
        return target.route(path, methods=["POST"])(money_moving(view))

    return decorate


class Service:
    def __init__(self, app):
        self._app = app

    def routes(self):
        route = self._app.route
        route("/wallet/book", methods=["POST"], name="book")(self.book)
        route("/wallet/show", name="show")(self.show)

        @self._app.route("/wallet/inside", methods=[*WRITE])
        def inside():
            return {}

    def book(self):
        return {}

    def show(self):
        return {}


def freeze():
    return {}


def history():
    return []


TABLE = [("/wallet/freeze", ["POST"], freeze), ("/wallet/history", ["GET"], history)]
