"""The adapter in ``docs/own-adapter.md`` works as it stands; only the address of the database is replaced."""

from __future__ import annotations

import json
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import werkzeug.test

from idem_runtime import ConfigurationError, money_moving
from idem_runtime.testing import storm
from tests.runtime.adapters.asking import Database
from tests.runtime.adapters.contract import ledger, records

PAGE = (Path(__file__).parents[3] / "docs" / "own-adapter.md").read_text(encoding="utf-8")


def program(name: str, dsn: str) -> types.ModuleType:
    """A program of the page, as a module that others can import."""
    found = re.search(rf"<!-- program: {name} -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(found[1].replace("postgresql://…", dsn), f"{name}.py", "exec"), vars(module))
    return module


@pytest.fixture
def adapter(dsn: str) -> types.ModuleType:
    return program("bottle_adapter", dsn)


@pytest.fixture
def bank(dsn: str, db: Database, adapter: types.ModuleType) -> Iterator[types.ModuleType]:
    made = program("bottle_bank", dsn)
    yield made
    made.idem.close()


def post(
    bank: Any, amount: int = 5, key: str | None = "k", tenant: str = "alice"
) -> werkzeug.test.TestResponse:
    headers = {"X-Tenant": tenant} | ({} if key is None else {"Idempotency-Key": key})
    client = werkzeug.test.Client(bank.app)
    return client.post("/wallet/alice/transfers", json={"amount": amount}, headers=headers)


def test_a_retry_gets_the_same_bytes(bank: Any, db: Database) -> None:
    first, second = post(bank), post(bank)
    assert (first.status_code, first.data) == (second.status_code, second.data)
    assert first.status_code == 201
    assert json.loads(first.data).keys() == {"id"}
    assert first.content_type == second.content_type == "application/json"
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (ledger(db), records(db)) == ([5], 1)


def test_an_answer_that_is_raised_undoes_the_effect_and_is_replayed(bank: Any, db: Database) -> None:
    first, second = post(bank, 2000), post(bank, 2000)
    assert (first.status_code, first.data) == (second.status_code, second.data) == (402, b"not enough money")
    assert (ledger(db), records(db)) == ([], 1)


def test_another_payload_another_tenant_and_no_key(bank: Any, db: Database) -> None:
    post(bank)
    assert json.loads(post(bank, 6).data)["code"] == "key_reused"
    assert post(bank, tenant="bob").status_code == 201
    assert json.loads(post(bank, key=None).data)["code"] == "key_missing"
    assert ledger(db) == [5, 5]


def test_an_unmarked_post_is_refused_when_it_is_installed(adapter: Any, bank: Any) -> None:
    app = sys.modules["bottle"].Bottle()
    app.post("/wallet/unmarked")(dict)
    with pytest.raises(ConfigurationError, match="/wallet/unmarked"):
        adapter.install(bank.idem, app, require_marks=True)


def test_a_stream_undoes_its_effect(adapter: Any, bank: Any, db: Database) -> None:
    app, idem = sys.modules["bottle"].Bottle(), bank.idem

    @app.post("/wallet/<account>/transfers")
    @money_moving
    def transfer(account: str) -> Any:
        idem.sync_connection().execute("INSERT INTO ledger (amount) VALUES (5)")
        return (part for part in (b"a", b"b"))

    adapter.install(bank.idem, app)
    bank.app = app
    assert json.loads(post(bank).data)["code"] == "response_unstorable"
    assert ledger(db) == []


def test_a_lost_conflict_runs_the_handler_again_with_a_response_as_it_was(
    adapter: Any, bank: Any, db: Database
) -> None:
    bottle, idem, calls = sys.modules["bottle"], bank.idem, list[int]()
    app = bottle.Bottle()

    @app.post("/wallet/<account>/transfers")
    @money_moving
    def transfer(account: str) -> Any:
        calls.append(bottle.response.status_code)
        connection = idem.sync_connection()
        connection.execute("INSERT INTO ledger (amount) VALUES (5)")
        if len(calls) == 1:
            bottle.response.status = 202
            connection.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")
        return {}

    adapter.install(idem, app)
    bank.app = app
    assert post(bank).status_code == 200
    assert calls == [200, 200]
    assert ledger(db) == [5]


def test_eight_callers_at_once_are_one_execution(bank: Any, db: Database) -> None:
    report = storm(
        bank.app, "/wallet/alice/transfers", json={"amount": 5}, headers={"X-Tenant": "alice"},
        mismatch={"amount": 6}, other_tenant={"X-Tenant": "bob"},
    )  # fmt: skip
    report.assert_executed_once()
    assert ledger(db) == [5, 5]
