"""Azure Functions: triggers that are routes and those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.projects import handlers_of, inventory_of, marks_of

TRIGGERS = """
import azure.functions as func
import azure.durable_functions as df

app = func.FunctionApp()
durable = df.DFApp()


@app.generic_trigger(arg_name="message", type="queueTrigger", queue_name="payouts")
def from_queue(message):
    return None


@app.generic_trigger(arg_name="req", type="httpTrigger", route="pay")
def any_method(req):
    return "ok"


@durable.route(route="start", methods=["POST"])
@durable.durable_client_input(client_name="client")
async def start(req, client):
    return "ok"


@durable.activity_trigger(input_name="amount")
def post(amount):
    return amount
"""


def test_a_generic_trigger_is_a_route_only_for_http(tmp_path: Path) -> None:
    assert handlers_of(tmp_path, {"app.py": TRIGGERS}) == {"any_method": "ANY", "start": "POST"}


OLD = """
import azure.functions as func
from idem_runtime import money_moving

LIMIT = 5


@money_moving
def main(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("paid")


def pay(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("paid")
"""
HTTP = '{"type": "httpTrigger", "direction": "in", "name": "req", "methods": %s}'
DESCRIBED = {
    "named methods": (
        '{"scriptFile": "app.py", "bindings": [%s]}' % (HTTP % '["get", "post"]'),
        {"main": "GET POST"},
    ),
    "all methods": ('{"bindings": [%s]}' % (HTTP % "null"), {"main": "ANY"}),
    "entry point": ('{"entryPoint": "pay", "bindings": [%s]}' % (HTTP % '["post"]'), {"pay": "POST"}),
    "reading": ('{"bindings": [%s]}' % (HTTP % '["get"]'), {}),
    "another trigger": ('{"bindings": [{"type": "queueTrigger"}]}', {}),
    "another file": ('{"scriptFile": "other.py", "bindings": [%s]}' % (HTTP % '["post"]'), {}),
    "no such function": ('{"entryPoint": "gone", "bindings": [%s]}' % (HTTP % '["post"]'), {}),
    "no function": ('{"entryPoint": "LIMIT", "bindings": [%s]}' % (HTTP % '["post"]'), {}),
    "no bindings": ("{}", {}),
    "broken": ("{", {}),
    "a list": ("[]", {}),
}


@pytest.mark.parametrize(("document", "found"), DESCRIBED.values(), ids=DESCRIBED)
def test_a_function_json_names_the_function(document: str, found: dict[str, str], tmp_path: Path) -> None:
    assert handlers_of(tmp_path, {"pay/app.py": OLD, "pay/function.json": document}) == found


def test_a_mark_above_the_old_entry_point_takes_effect(tmp_path: Path) -> None:
    (tmp_path / "function.json").write_text('{"bindings": [%s]}' % (HTTP % '["post"]'))
    assert marks_of(tmp_path, OLD) == {"main": True}


HOSTS = {
    "none": (None, "/api/pay"),
    "another prefix": (
        '{"version": "2.0", "extensions": {"http": {"routePrefix": "bank/v1/"}}}',
        "/bank/v1/pay",
    ),
    "no prefix": ('{"extensions": {"http": {"routePrefix": ""}}}', "/pay"),
    "without a word of it": ('{"version": "2.0"}', "/api/pay"),
    "broken": ("{", "/api/pay"),
}


@pytest.mark.parametrize(("host", "route"), HOSTS.values(), ids=HOSTS)
def test_the_routes_of_a_function_json_stand_below_the_prefix_of_the_host(
    host: str | None, route: str, tmp_path: Path
) -> None:
    files = {"pay/app.py": OLD, "pay/function.json": '{"bindings": [%s]}' % (HTTP % '["post"]')}
    (handler,) = inventory_of(tmp_path, files if host is None else {**files, "host.json": host}).handlers
    assert handler.route == route
