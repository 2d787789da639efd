"""Descriptions of routes are not routes."""

from dataclasses import dataclass, field

OPENAPI = {"paths": {"/wallet/transfers": {"post": {"operationId": "wallet.transfers.create"}}}}
METHODS = ["POST"]


@dataclass
class Described:
    path: str
    methods: list = field(default_factory=lambda: ["POST"])

    def post(self):
        return self.path


class HTTPView:
    """Not Flask's."""

    methods = ["POST"]

    def dispatch_request(self):
        return ""

    def post(self):
        return ""
