"""The standard library's servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### a request handler, and functions called by XML-RPC
from http.server import BaseHTTPRequestHandler, HTTPServer
from xmlrpc.server import SimpleXMLRPCServer

from idem_runtime import money_moving


class Handler(BaseHTTPRequestHandler):
    def do_GET(self): ...

    @money_moving
    def do_POST(self): ...  # found: money_moving


HTTPServer(("", 8080), Handler).serve_forever()
server = SimpleXMLRPCServer(("", 8081))


@server.register_function
def transfer(amount): ...  # found


@server.register_function(name="pay")
def payout(amount): ...  # found


def refund(amount): ...  # found


def other(amount): ...


server.register_function(refund, "refund")

### the standard library's own servers are no one's handlers, what a project makes of them is
--- xmlrpc/server.py
from http.server import BaseHTTPRequestHandler

class SimpleXMLRPCRequestHandler(BaseHTTPRequestHandler):
    def do_POST(self): ...

class DocXMLRPCRequestHandler(SimpleXMLRPCRequestHandler):
    def do_GET(self): ...
--- http/server.py
class BaseHTTPRequestHandler:
    def handle(self): ...

class CGIHTTPRequestHandler(BaseHTTPRequestHandler):
    def do_POST(self): ...
--- wallet/server.py
from http.server import BaseHTTPRequestHandler

class Transfers(BaseHTTPRequestHandler):
    def do_POST(self): ...  # found
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
