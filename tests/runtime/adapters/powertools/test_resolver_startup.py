"""What is refused before a resolver moves money, and what its description says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aws_lambda_powertools.event_handler import (
    APIGatewayHttpResolver,
    APIGatewayRestResolver,
    BedrockAgentResolver,
    HttpResolverLocal,
)
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from idem_runtime import ConfigurationError, Idempotency, money_moving, not_money_moving
from tests.runtime.adapters.powertools.asking import ask, posted

idem = Idempotency("postgresql://nowhere.invalid/", principal=lambda event: "alice")
Lent = psycopg.Connection[Any]


@money_moving
def transfer(db: Lent = idem.lent):
    db.execute("SELECT 1")
    return {}


def nothing():
    return {}


def test_a_resolver_is_found_by_its_class_and_by_its_base() -> None:
    for resolver in (APIGatewayRestResolver, APIGatewayHttpResolver, HttpResolverLocal):
        idem.install(resolver())


def test_an_unmarked_post_is_refused_where_marks_are_required() -> None:
    app = APIGatewayRestResolver()
    app.post("/wallet/<name>")(lambda name: {})
    with pytest.raises(ConfigurationError, match=r"not marked .* POST /wallet/\{name\}"):
        idem.install(app, require_marks=("wallet",))


def test_a_route_that_comes_later_is_refused_out_of_its_registration() -> None:
    app, router = APIGatewayRestResolver(), APIGatewayRouter()
    idem.install(app, require_marks=True)
    app.get("/t")(nothing)
    with pytest.raises(ConfigurationError, match=r"not marked .* POST /t"):
        app.post("/t")(nothing)
    router.post("/t")(nothing)
    with pytest.raises(ConfigurationError, match=r"not marked .* POST /in/t"):
        app.include_router(router, prefix="/in")


def test_a_pattern_that_matches_no_route_is_refused_at_every_request() -> None:
    app = APIGatewayRestResolver()
    idem.install(app, require_marks=("walet",))
    app.post("/wallet")(transfer)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="'walet' matches no route"):
            ask(app, "/wallet")


def test_a_handler_that_does_not_show_its_connection_is_refused() -> None:
    app = APIGatewayRestResolver()
    idem.install(app)
    with pytest.raises(ConfigurationError, match=r"db: psycopg.Connection = idem.lent"):
        app.post("/t")(money_moving(nothing))


def test_one_function_for_two_methods_needs_an_operation() -> None:
    app = APIGatewayRestResolver()
    idem.install(app)
    with pytest.raises(ConfigurationError, match=r"operation='…'"):
        app.route("/t", method=["POST", "PUT"])(transfer)
    named = APIGatewayRestResolver()
    idem.install(named)
    named.route("/t", method=["POST", "PUT"])(money_moving(operation="pay", connection="inside")(nothing))


def test_the_inventory_of_the_linter_is_compared_with_the_routes(tmp_path: Path) -> None:
    here = Path(__file__)
    inventory = tmp_path / "inventory.json"
    row = {"file": "/".join(here.parts[-2:]), "qualname": "transfer", "mark": "not_money_moving"}
    inventory.write_text(json.dumps({"handlers": [row]}))
    app = APIGatewayRestResolver()
    app.post("/t")(transfer)
    with pytest.raises(
        ConfigurationError, match="runs money_moving, but the inventory says not_money_moving"
    ):
        idem.install(app, inventory=inventory)
    inventory.write_text(json.dumps({"handlers": [row | {"mark": "money_moving"}]}))
    idem.install(app, inventory=inventory)


def test_nobody_to_ask_is_refused() -> None:
    app = APIGatewayRestResolver()
    app.post("/t")(transfer)
    with pytest.raises(ConfigurationError, match="nobody is said to ask"):
        Idempotency("postgresql://nowhere.invalid/").install(app)


@pytest.mark.parametrize(
    ("options", "said"),
    [({"margins": 1}, "no option margins="), ({"margin": -1}, "margin=-1"), ({"margin": "1"}, "margin='1'")],
)
def test_an_option_that_cannot_be_used_is_refused(options: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        idem.install(APIGatewayRestResolver(), **options)


def test_a_resolver_is_protected_once_and_before_its_first_event() -> None:
    app = APIGatewayRestResolver()
    idem.install(app)
    with pytest.raises(ConfigurationError, match="was called for this resolver before"):
        idem.install(app)
    late = APIGatewayRestResolver()
    late.get("/t")(nothing)
    late.resolve(posted("/t", method="GET"), None)
    with pytest.raises(ConfigurationError, match="before the resolver resolves its first event"):
        idem.install(late)


def test_an_agent_sends_no_key() -> None:
    with pytest.raises(ConfigurationError, match="Bedrock"):
        idem.install(BedrockAgentResolver())


def test_an_older_powertools_is_refused_by_its_version() -> None:
    class Older(APIGatewayRestResolver):
        @property
        def _call_route_async(self) -> Any:
            raise AttributeError

    with pytest.raises(ConfigurationError, match=r"Powertools 3\.35 or later"):
        idem.install(Older())


def test_middleware_that_two_routes_share_gets_nothing_of_ours() -> None:
    app, shared = APIGatewayRestResolver(), list[Any]()
    idem.install(app)
    app.post("/a", middlewares=shared)(transfer)
    app.get("/b", middlewares=shared)(nothing)
    assert shared == []


def test_a_method_of_an_object_may_answer(dsn: str, db: psycopg.Connection[Any]) -> None:
    own = Idempotency(dsn, principal=lambda event: "alice")

    class Payments:
        @money_moving
        def pay(self, name: str, db: Lent = own.lent) -> dict[str, str]:
            db.execute("INSERT INTO ledger (amount) VALUES (5)")
            return {"paid": name}

    app = APIGatewayRestResolver(enable_validation=True)
    own.install(app)
    app.post("/t/<name>")(Payments().pay)
    assert [ask(app, "/t/a").json() for _ in range(2)] == [{"paid": "a"}] * 2
    own.close()


def test_openapi_says_what_a_marked_route_requires_and_answers() -> None:
    app = APIGatewayRestResolver(enable_validation=True)
    idem.install(app)
    app.post("/t/<name>")(money_moving(connection="inside")(lambda name: {}))
    app.post("/lent")(transfer)
    app.post("/quote")(not_money_moving(reason="reads only")(lambda: {"fee": 1}))
    app.post("/hidden", include_in_schema=False)(money_moving(connection="inside")(nothing))
    paths = json.loads(app.get_openapi_json_schema())["paths"]
    told, lent = paths["/t/{name}"]["post"], paths["/lent"]["post"]
    assert [(row["name"], row["in"]) for row in told["parameters"]] == [
        ("name", "path"),
        ("Idempotency-Key", "header"),
    ]
    assert [row["name"] for row in lent["parameters"]] == ["Idempotency-Key"], "what is lent is no parameter"
    assert told["parameters"][1]["required"]
    assert "86400 seconds" in told["parameters"][1]["description"]
    assert set(told["responses"]) == {"200", "400", "401", "409", "413", "422", "500", "503"}
    problem = told["responses"]["409"]["content"]["application/problem+json"]["schema"]
    assert set(problem["properties"]["code"]["enum"]) == {"key_reused", "in_progress", "outcome_unknown"}
    assert told["responses"]["200"]["headers"]["Idempotent-Replayed"]["schema"]["enum"] == ["true"]
    assert "parameters" not in paths["/quote"]["post"]
    assert "/hidden" not in paths


def test_importing_the_package_imports_no_powertools() -> None:
    said = "import sys, idem_runtime; sys.exit('aws_lambda_powertools' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", said]).returncode == 0
