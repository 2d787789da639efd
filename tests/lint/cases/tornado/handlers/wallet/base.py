import tornado.web


class BankHandler(tornado.web.RequestHandler):
    def initialize(self, limit: int = 0) -> None: self.limit = limit

    def prepare(self) -> None: self.set_header("X-Bank", "1")


class CommandHandler(BankHandler):
    async def post(self): self.write(await self.execute())

    async def execute(self): raise tornado.web.HTTPError(501)
