"""JSON-RPC: methods that one route calls by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### Flask-JSONRPC
from flask import Flask
from flask_jsonrpc import JSONRPC, JSONRPCBlueprint
from idem_runtime import money_moving

app = Flask(__name__)
jsonrpc = JSONRPC(app, "/wallet")
cards = JSONRPCBlueprint("cards", __name__)


@jsonrpc.method("Wallet.transfer")
@money_moving
def transfer(amount: int) -> int: ...  # found: money_moving


@money_moving
@cards.method("Cards.charge")
def charge(amount: int) -> int: ...  # idle


def refund(amount: int) -> int: ...  # found


jsonrpc.register(refund, name="refund")

### fastapi-jsonrpc
import fastapi_jsonrpc as jsonrpc
from idem_runtime import money_moving

app = jsonrpc.API()
wallet = jsonrpc.Entrypoint("/wallet")


@wallet.method()
@money_moving
def transfer(amount: int) -> int: ...  # found: money_moving


@wallet.method(name="pay")
def payout(amount: int) -> int: ...  # found


def refund(amount: int) -> int: ...  # found


wallet.add_method_route(refund)


@app.post("/plain")
def plain(): ...  # found


app.bind_entrypoint(wallet)

### jsonrpcserver
from jsonrpcserver import Success, dispatch, method
from idem_runtime import money_moving


@method
@money_moving
def transfer(amount): ...  # found: money_moving


@money_moving
@method
def above(amount): ...  # idle


@method(name="pay")
def payout(amount): ...  # found


def refund(amount): ...  # found


def tip(amount): ...  # found


method(tip)


def answer(text):
    return dispatch(text, methods={"refund": refund})

### a method of another name's
class Registry:
    def method(self, name):
        return lambda function: function


registry = Registry()


@registry.method("transfer")
def transfer(amount): ...
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
