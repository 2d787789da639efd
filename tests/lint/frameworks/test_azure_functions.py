"""Azure Functions: triggers that are routes and those that are not."""

from __future__ import annotations

from pathlib import Path

from tests.lint.frameworks.projects import handlers_of

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
