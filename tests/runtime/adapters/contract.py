"""What every adapter has to do. A new adapter's test file makes the bank below in its framework and inherits this.

The bank has these POST routes, all @money_moving; each writes ``amount`` to the ledger before it answers:

=================  ==============================================================================
/transfers         201 {"id", "amount"}, headers Location and Set-Cookie
/slow              as /transfers, after 0.3 s; duplicates wait for it
/declined          *returns* 409 {"declined": true}
/insufficient      *raises* the framework's 402
/crash             raises RuntimeError
/unavailable       *returns* 503
/committing        ends the transaction with a raw COMMIT, then answers 200
/conflict          violates a unique index, turns that into *returning* 409
/swallowed         violates a unique index, and answers 200 all the same
/big               a body over the cap
/stream            a streamed body
/empty             204
/redirect          303 to /transfers/1
/accounts/{name}   as /transfers, with a path parameter
/external          effect="external": writes on a connection of its own, 201
/external-crash    effect="external": writes, then raises RuntimeError
/not-executed      effect="external": raises NotExecuted on the first call, then writes
/unmarked          @not_money_moving: answers 200 and writes nothing
=================  ==============================================================================

A body ``{"amount": "many"}`` fails the framework's validation (422 or 400) before the handler.
"""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from tests.runtime.adapters.serve import Client

Database = psycopg.Connection[Any]
CAP = 20_000


def ledger(db: Database) -> list[int]:
    """The amounts that are committed."""
    return [row[0] for row in db.execute("SELECT amount FROM ledger ORDER BY id")]


def records(db: Database) -> int:
    """How many keys are taken."""
    row = db.execute("SELECT count(*) FROM idempotency_records").fetchone()
    assert row is not None
    return int(row[0])


def code(response: httpx.Response) -> str:
    """The problem's code."""
    assert response.headers["content-type"] == "application/problem+json"
    return str(response.json()["code"])


class Contract:
    """Inherit, and define the fixture ``bank`` (a Client) at class or module scope."""

    def test_a_first_request_executes_and_a_retry_replays_the_same_bytes(
        self, bank: Client, db: Database
    ) -> None:
        first, again = bank.post("/transfers"), bank.post("/transfers")
        assert (first.status_code, first.json()["amount"]) == (201, 5)
        assert (again.status_code, again.content) == (201, first.content)
        assert ledger(db) == [5]

    def test_a_replay_says_so_and_keeps_allowed_headers_but_no_cookie(
        self, bank: Client, db: Database
    ) -> None:
        first, again = bank.post("/transfers"), bank.post("/transfers")
        assert "idempotent-replayed" not in first.headers
        assert "set-cookie" in first.headers
        assert again.headers["idempotent-replayed"] == "true"
        assert again.headers["content-type"] == first.headers["content-type"]
        assert again.headers["location"] == first.headers["location"]
        assert "set-cookie" not in again.headers

    def test_a_quoted_key_and_a_bare_one_are_the_same(self, bank: Client, db: Database) -> None:
        bank.post("/transfers", '"one"')
        assert bank.post("/transfers", "one").headers["idempotent-replayed"] == "true"

    @pytest.mark.parametrize("key", [None, "", chr(34) * 2])
    def test_without_a_key_nothing_runs(self, bank: Client, db: Database, key: str | None) -> None:
        response = bank.post("/transfers", key)
        assert (response.status_code, code(response)) == (400, "key_missing")
        assert ledger(db) == []

    @pytest.mark.parametrize("key", ["a" * 256, "a b", '"open', "a,b"])
    def test_a_malformed_key_is_refused(self, bank: Client, db: Database, key: str) -> None:
        response = bank.post("/transfers", key)
        assert (response.status_code, code(response)) == (400, "key_invalid")
        assert ledger(db) == []

    def test_a_repeated_key_header_is_refused(self, bank: Client, db: Database) -> None:
        headers = [("x-tenant", "alice"), ("idempotency-key", "a"), ("idempotency-key", "a")]
        response = bank.http.post("/transfers", headers=headers, json={"amount": 5})
        assert (response.status_code, code(response)) == (400, "key_invalid")
        assert ledger(db) == []

    def test_nobody_is_refused(self, bank: Client, db: Database) -> None:
        response = bank.http.post("/transfers", headers={"idempotency-key": "k"}, json={"amount": 5})
        assert (response.status_code, code(response)) == (401, "principal_missing")
        assert ledger(db) == []

    def test_another_payload_under_the_same_key_is_refused(self, bank: Client, db: Database) -> None:
        bank.post("/transfers")
        response = bank.post("/transfers", json={"amount": 6})
        assert (response.status_code, code(response)) == (409, "key_reused")
        assert ledger(db) == [5]

    def test_the_same_payload_in_other_words_replays(self, bank: Client, db: Database) -> None:
        json_type = {"content-type": "application/json"}
        bank.post("/transfers", content=b'{"amount":5,"memo":"\\u0041"}', headers=json_type)
        again = bank.post("/transfers", content=b'{ "memo": "A",\n "amount": 5 }', headers=json_type)
        assert again.headers["idempotent-replayed"] == "true"
        assert ledger(db) == [5]

    def test_path_parameters_and_query_belong_to_the_payload(self, bank: Client, db: Database) -> None:
        bank.post("/accounts/a")
        assert code(bank.post("/accounts/b")) == "key_reused"
        assert code(bank.post("/accounts/a?fast=1")) == "key_reused"
        assert bank.post("/accounts/a").headers["idempotent-replayed"] == "true"

    def test_another_tenant_with_the_same_key_has_its_own_transfer(self, bank: Client, db: Database) -> None:
        first, second = bank.post("/transfers", who="alice"), bank.post("/transfers", who="bob")
        assert first.json()["id"] != second.json()["id"]
        assert ledger(db) == [5, 5]

    def test_the_same_key_for_another_operation_is_another_key(self, bank: Client, db: Database) -> None:
        bank.post("/transfers")
        assert bank.post("/declined").status_code == 409
        assert ledger(db) == [5, 5]

    def test_concurrent_duplicates_execute_once(self, bank: Client, db: Database) -> None:
        with ThreadPoolExecutor(30) as many:
            answers = list(many.map(lambda _: bank.post("/slow"), range(30)))
        assert {(each.status_code, each.content) for each in answers} == {(201, answers[0].content)}
        assert sum("idempotent-replayed" in each.headers for each in answers) == 29
        assert ledger(db) == [5]

    def test_a_duplicate_that_waited_long_enough_is_told_to_retry(self, bank: Client, db: Database) -> None:
        with psycopg.connect(db.info.dsn) as other:
            bank_thread = threading.Thread(target=lambda: bank.post("/transfers"))
            other.execute("LOCK ledger IN ACCESS EXCLUSIVE MODE")
            bank_thread.start()
            waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            while bank_thread.is_alive() and not db.execute(waits).fetchone():
                time.sleep(0.005)
            response = bank.post("/transfers")
        bank_thread.join()
        assert (response.status_code, code(response)) == (409, "in_progress")
        assert int(response.headers["retry-after"]) >= 1
        assert ledger(db) == [5]

    def test_an_invalid_payload_is_not_recorded(self, bank: Client, db: Database) -> None:
        assert bank.post("/transfers", json={"amount": "many"}).status_code in (400, 422)
        assert records(db) == 0
        assert bank.post("/transfers").status_code == 201

    def test_a_business_answer_that_was_returned_is_recorded_with_its_effect(
        self, bank: Client, db: Database
    ) -> None:
        first, again = bank.post("/declined"), bank.post("/declined")
        assert (first.status_code, again.status_code) == (409, 409)
        assert again.headers["idempotent-replayed"] == "true"
        assert ledger(db) == [5]

    def test_a_business_answer_that_was_raised_is_recorded_without_its_effect(
        self, bank: Client, db: Database
    ) -> None:
        first, again = bank.post("/insufficient"), bank.post("/insufficient")
        assert (first.status_code, again.status_code, again.content) == (402, 402, first.content)
        assert again.headers["idempotent-replayed"] == "true"
        assert (ledger(db), records(db)) == ([], 1)

    def test_a_violation_turned_into_409_is_recorded_without_its_effect(
        self, bank: Client, db: Database
    ) -> None:
        first, again = bank.post("/conflict"), bank.post("/conflict")
        assert (first.status_code, again.status_code) == (409, 409)
        assert again.headers["idempotent-replayed"] == "true"
        assert ledger(db) == []

    def test_a_success_with_a_failed_transaction_is_an_error_and_the_key_is_free(
        self, bank: Client, db: Database
    ) -> None:
        response = bank.post("/swallowed")
        assert (response.status_code, code(response)) == (500, "transaction_broken")
        assert (ledger(db), records(db)) == ([], 0)

    @pytest.mark.parametrize(("path", "status"), [("/crash", 500), ("/unavailable", 503)])
    def test_what_is_our_error_is_not_recorded(
        self, bank: Client, db: Database, path: str, status: int
    ) -> None:
        assert bank.post(path).status_code == status
        again = bank.post(path)
        assert again.status_code == status
        assert "idempotent-replayed" not in again.headers
        assert (ledger(db), records(db)) == ([], 0)

    def test_a_handler_that_ends_its_transaction_is_found_out_before_anyone_is_answered(
        self, bank: Client, db: Database
    ) -> None:
        first, again = bank.post("/committing"), bank.post("/committing")
        assert (first.status_code, code(first)) == (500, "transaction_broken")
        assert (again.status_code, code(again)) == (409, "outcome_unknown")
        assert ledger(db) == [5]

    @pytest.mark.parametrize("path", ["/big", "/stream"])
    def test_a_response_that_cannot_be_stored_undoes_the_effect(
        self, bank: Client, db: Database, path: str
    ) -> None:
        response = bank.post(path)
        assert (response.status_code, code(response)) == (500, "response_unstorable")
        assert (ledger(db), records(db)) == ([], 0)

    def test_an_empty_response_and_a_redirect_replay(self, bank: Client, db: Database) -> None:
        for path, status in (("/empty", 204), ("/redirect", 303)):
            first, again = bank.post(path), bank.post(path)
            assert (first.status_code, again.status_code, again.content) == (status, status, first.content)
            assert again.headers.get("location") == first.headers.get("location")
        assert ledger(db) == [5, 5]

    def test_an_external_effect_happens_once_and_replays(self, bank: Client, db: Database) -> None:
        first, again = bank.post("/external"), bank.post("/external")
        assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
        assert ledger(db) == [5]

    def test_an_external_crash_is_unknown_and_never_runs_again(self, bank: Client, db: Database) -> None:
        assert bank.post("/external-crash").status_code == 500
        again = bank.post("/external-crash")
        assert (again.status_code, code(again)) == (409, "outcome_unknown")
        assert "retry-after" not in again.headers
        assert ledger(db) == [5]

    def test_an_external_handler_that_did_nothing_frees_the_key(self, bank: Client, db: Database) -> None:
        assert bank.post("/not-executed").status_code == 500
        assert bank.post("/not-executed").status_code == 201
        assert ledger(db) == [5]

    def test_an_unmarked_post_needs_no_key(self, bank: Client, db: Database) -> None:
        assert bank.post("/unmarked", None).status_code == 200
        assert records(db) == 0

    def test_a_client_that_leaves_does_not_make_the_effect_happen_twice(
        self, bank: Client, db: Database
    ) -> None:
        with pytest.raises(httpx.ReadTimeout):
            bank.post("/slow", timeout=0.1)
        again = bank.post("/slow")
        assert again.status_code == 201
        assert ledger(db) == [5]

    def test_the_store_keeps_no_payload_and_the_key_replays_after_a_restart(
        self, bank: Client, db: Database
    ) -> None:
        bank.post("/transfers", json={"amount": 5, "memo": "secret-memo"})
        row = db.execute("SELECT row_to_json(r)::text FROM idempotency_records r").fetchone()
        assert row is not None
        assert "secret-memo" not in json.dumps(row[0])


class StoreDownContract:
    """Inherit, and define the fixture ``stranded``: the bank on a store that nobody answers."""

    def test_without_its_store_nothing_runs(self, stranded: Client) -> None:
        response = stranded.post("/transfers")
        assert (response.status_code, code(response)) == (503, "store_unavailable")
        assert "retry-after" in response.headers
