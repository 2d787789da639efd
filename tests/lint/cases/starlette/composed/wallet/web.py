from starlette.applications import Starlette
from starlette.routing import Route

from idem_runtime import money_moving


class App(Starlette):
    """Gives back the decorators that Starlette removed."""

    def route(self, path, methods=None):
        def decorate(fn):
            self.add_route(path, fn, methods=methods)
            return fn

        return decorate

    def post(self, path): return self.route(path, methods=["POST"])


class Routes(list):
    def on(self, path, *methods):
        def decorate(fn):
            self.append(Route(path, fn, methods=list(methods) or None))
            return fn

        return decorate


application = App()


def moving(path):
    def decorate(fn):
        return application.post(path)(money_moving(fn))

    return decorate
