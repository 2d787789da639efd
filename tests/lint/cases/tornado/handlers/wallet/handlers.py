import functools

import tornado.gen
from tornado import web
from tornado.httpclient import AsyncHTTPClient
from tornado.web import RequestHandler as Handler

from idem_runtime import money_moving, not_money_moving

from .base import BankHandler as Base
from .base import CommandHandler


def logged(method):
    @functools.wraps(method)
    def wrapper(self, *args, **kwargs): return method(self, *args, **kwargs)

    return wrapper


class Wallet(Handler):
    def get(self): self.write({})

    @money_moving
    async def post(self): self.write({})


class Reads(web.RequestHandler):
    async def get(self):
        answer = await AsyncHTTPClient().fetch("https://ledger.bank.example", method="POST", body="{}")
        self.write(answer.body)

    def put(self): self.write({})


class Inherits(CommandHandler):
    async def execute(self): return {}


class Overrides(CommandHandler):
    @web.authenticated
    @not_money_moving(reason="search")
    async def post(self): self.write({})


class ReadsOnly(CommandHandler):
    SUPPORTED_METHODS = ("GET", "HEAD")

    def get(self): self.write({})


class Decorated(Base):
    @logged
    def post(self): self.write({})

    @tornado.gen.coroutine
    def delete(self): self.write({})


class Generic(Base):
    @tornado.gen.coroutine
    def post(self, name): self.write({"name": name})


class Aliased(Base):
    def put(self): self.write({})

    post = put


class PostMixin:
    async def post(self): self.write({})


class Writes(PostMixin, Base):
    def get(self): self.write({})


class Mailbox:
    def post(self, letter): return letter
