import functools
from urllib.request import Request

import httpx
import requests

from . import declarative
from .declarative import Consumer, get, post

session = requests.Session()


def retry(times):
    def decorate(function):
        @functools.wraps(function)
        def again(*args, **kwargs):
            return function(*args, **kwargs)

        return again

    return decorate


class Rail:
    def __init__(self, base):
        self.base = base
        self.client = httpx.Client(base_url=base)

    @retry(times=3)
    def post(self, path, payload):
        return {"path": path, "payload": payload}

    def put_and_post(self, path):
        self.client.put(path)
        self.client.post(path, json={})
        session.post(self.base + path, json={}, timeout=1)
        requests.request("POST", self.base + path, timeout=1)
        return Request(self.base + path, method="POST")

    def routes(self):
        return [("POST", "/payouts", self.post), ("GET", "/rates", self.put_and_post)]


class Partner(Consumer):
    """A declarative client: its decorators describe requests that we send."""

    @post("/partner/payouts")
    def pay(self, body):
        """Pays."""

    @get("/partner/rates")
    def rates(self):
        """Reads."""

    @declarative.route("/partner/reversals", methods=["POST"])
    def reverse(self, body):
        """Reverses."""


def create(self, body):
    return body
