from tornado.web import RequestHandler


class ByName(RequestHandler):
    async def post(self): self.write({})


class NeverNamed(RequestHandler):
    """Nobody routes to it, but it is a handler class: the linter may say so only where it is routed."""

    def get(self): self.write({})
