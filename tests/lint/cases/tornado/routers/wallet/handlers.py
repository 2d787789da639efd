from tornado.web import RequestHandler

from idem_runtime import money_moving

ROUTES = []


def route(pattern):
    """A project's own class decorator."""

    def decorate(cls):
        ROUTES.append((pattern, cls))
        return cls

    return decorate


class Inner(RequestHandler):
    def post(self): self.write({})


class Subclassed(RequestHandler):
    def post(self): self.write({})


class Appended(RequestHandler):
    @money_moving
    def post(self): self.write({})


class Added(RequestHandler):
    def post(self): self.write({})


class Ruled(RequestHandler):
    async def post(self): self.write({})


@route(r"/wallet/decorated")
class Decorated(RequestHandler):
    def post(self): self.write({})


@route(r"/wallet/decorated/read")
class DecoratedRead(RequestHandler):
    def get(self): self.write({})


def make(name):
    class Made(RequestHandler):
        def post(self): self.write({"name": name})

    return Made


ROUTES.extend((rf"/wallet/{name}", make(name)) for name in ("deposit", "withdraw"))
