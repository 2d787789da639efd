"""The console: pages over a real database, as an operator uses them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from idem_runtime import ConfigurationError, Idempotency, money_moving
from idem_runtime.operate.console import activity, pages
from idem_runtime.operate.console.activity import Activity
from tests.runtime.adapters.contract import records
from tests.runtime.commands import console_pages
from tests.runtime.commands.conftest import POST, ROW, SCOPE, Database, Pay
from tests.runtime.commands.console_pages import PREFIX, Visitor

UNKNOWN = {"scope": SCOPE, "key": "crash"}


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    idem = Idempotency(dsn)
    yield idem
    idem.close()


@pytest.fixture
def ann(idem: Idempotency) -> Visitor:
    """Somebody who may decide."""
    return Visitor(console_pages.client(idem, may_resolve=lambda who: who == "ann"), "ann")


def decided(db: Database) -> list[Any]:
    rows = db.execute("SELECT verdict, decided_by, reason FROM idempotency_records_decisions")
    return rows.fetchall()


def test_the_front_page_has_unknown_outcomes_oldest_first(ann: Visitor, db: Database) -> None:
    db.execute(ROW, (POST, "new", "-1 s", "-1 min"))
    db.execute(ROW, (SCOPE, "old", "-1 s", "-2 days"))
    status, said = ann.get("/")
    assert status == 200
    assert said.index("2 d alice pay old") < said.index("1 min alice POST /wallet/transfers new")
    assert "unknown 2 oldest 2 d" in said


def test_nothing_that_waits_is_said(ann: Visitor) -> None:
    assert "None. Nothing waits for a decision." in ann.get("/")[1]
    assert "Nothing is in progress." in ann.get("/running")[1]


def test_what_runs_is_on_a_page_of_its_own(ann: Visitor, db: Database) -> None:
    db.execute(ROW, (SCOPE, "runs", "1 min", "-3 s"))
    assert "alice pay runs" in ann.get("/running")[1]
    assert "runs" not in ann.get("/")[1]


def test_more_than_a_page_shows_is_said(ann: Visitor, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "SHOWN", 1)
    db.execute(ROW, (SCOPE, "one", "-1 s", "-2 s"))
    db.execute(ROW, (SCOPE, "two", "-1 s", "-1 s"))
    said = ann.get("/")[1]
    assert ("one" in said, "two" in said, "these are the 1 oldest" in said) == (True, False, True)


def test_a_record_is_told_as_a_timeline_without_what_was_asked_or_answered(
    ann: Visitor, pay: Pay, db: Database
) -> None:
    pay("done")
    db.execute("UPDATE idempotency_records SET response_body = 'SECRET-PAYLOAD'")
    status, said = ann.get("/record", scope=SCOPE, key="done")
    assert status == 200
    for part in ("COMPLETED", "first attempt began", "completed", "expires", "14 bytes", "sha256"):
        assert part in said
    assert "SECRET" not in said


def test_an_answer_that_was_not_stored_is_said(ann: Visitor, pay: Pay, db: Database) -> None:
    pay("done")
    db.execute("UPDATE idempotency_records SET response_body = NULL, payload_hash = NULL, attempt = NULL")
    said = ann.get("/record", scope=SCOPE, key="done")[1]
    assert ("LOST" in said, "body not stored" in said, "no fingerprint" in said) == (True, True, True)


def test_an_operator_says_that_it_happened_and_retries_get_that_answer(
    ann: Visitor, unknown: Pay, db: Database
) -> None:
    status, said = ann.send(
        "/record",
        "/resolve",
        query=UNKNOWN,
        verdict="executed",
        status="200",
        body=" 9 ",
        why="in the report",
    )
    assert (status, "Recorded: it happened" in said, "decided executed by ann" in said) == (200, True, True)
    assert unknown("crash") == 9
    assert decided(db) == [("executed", "ann", "in the report")]


def test_an_operator_says_that_it_did_not_happen_and_the_key_is_free(
    ann: Visitor, unknown: Pay, db: Database
) -> None:
    status, said = ann.send(
        "/record", "/resolve", query=UNKNOWN, verdict="not_executed", why="not in the report"
    )
    assert (status, "The key is free" in said, "free" in said) == (200, True, True)
    assert (records(db), decided(db)) == (0, [("not_executed", "ann", "not in the report")])


WRONG = {
    "say whether it happened": {"why": "x"},
    "say how you know": {"verdict": "not_executed", "why": "  "},
    "at most 2,000 characters": {"verdict": "not_executed", "why": "x" * 2001},
    "status: a number": {"verdict": "executed", "why": "x", "status": "ok", "body": "1"},
    "status 9999": {"verdict": "executed", "why": "x", "status": "99999", "body": "1"},
    "body is not JSON": {"verdict": "executed", "why": "x", "status": "200", "body": "{"},
    "has none": {"verdict": "executed", "why": "x", "status": "204", "body": "1"},
}


@pytest.mark.parametrize("says", WRONG)
def test_what_cannot_be_recorded_is_said_and_what_was_typed_stays(
    says: str, ann: Visitor, unknown: Pay, db: Database
) -> None:
    typed = WRONG[says]
    status, said = ann.send("/record", "/resolve", query=UNKNOWN, **typed)
    assert (status, "Nothing was recorded" in said, says in said) == (400, True, True)
    assert typed.get("body", "") in said
    assert (records(db), decided(db)) == (1, [])


def test_a_decision_is_about_the_attempt_that_was_seen(ann: Visitor, unknown: Pay, db: Database) -> None:
    page = ann.client.get(f"{PREFIX}/record", params=UNKNOWN, headers={"x-user": "ann"}).text
    hidden = console_pages.forms(page).fields[f"{PREFIX}/resolve"]
    db.execute("UPDATE idempotency_records SET attempt = gen_random_uuid()")
    status, said = ann.post("/resolve", **hidden, verdict="not_executed", why="seen")
    assert (status, "Nothing was recorded: since you looked" in said) == (200, True)
    assert (records(db), decided(db)) == (1, [])


def test_a_record_of_another_program_without_an_attempt_is_decided_too(ann: Visitor, db: Database) -> None:
    db.execute(ROW, ("no scope of ours", "k", "-1 s", "-1 s"))
    query = {"scope": "no scope of ours", "key": "k"}
    assert "Recorded" in ann.send("/record", "/resolve", query=query, verdict="not_executed", why="x")[1]


@pytest.fixture
def two(idem: Idempotency) -> Iterator[dict[str, Visitor]]:
    """Two who may decide, together."""
    browser = console_pages.client(idem, may_resolve=lambda _: True, second_person=True)
    yield {who: Visitor(browser, who) for who in ("ann", "bob")}


def test_where_two_decide_it_is_done_when_the_second_says_the_same(
    two: dict[str, Visitor], unknown: Pay, db: Database
) -> None:
    answer = {"verdict": "executed", "status": "201"}
    first = two["ann"].send(
        "/record", "/resolve", query=UNKNOWN, **answer, body='{"a":1,"b":2}', why="report"
    )
    assert "Proposed" in first[1]
    assert "executed proposed by ann: report" in first[1]
    assert "ann has proposed: it happened" in two["bob"].get("/record", **UNKNOWN)[1]
    assert "has proposed" not in two["ann"].get("/record", **UNKNOWN)[1]
    second = two["bob"].send(
        "/record", "/resolve", query=UNKNOWN, **answer, body='{"b": 2, "a": 1}', why="ledger"
    )
    assert "Recorded: it happened" in second[1]
    assert decided(db)[-1] == ("executed", "bob, with ann", "ledger")
    row = db.execute("SELECT status, response_data FROM idempotency_records").fetchone()
    assert row is not None
    assert (row[0], row[1]["status"]) == ("COMPLETED", 201)


@pytest.mark.parametrize(
    ("who", "typed"),
    [
        ("ann", {"verdict": "not_executed"}),
        ("bob", {"verdict": "executed", "status": "200", "body": "1"}),
    ],
    ids=["the same person again", "another verdict"],
)
def test_where_two_decide_neither_decides_alone(
    who: str, typed: dict[str, str], two: dict[str, Visitor], unknown: Pay, db: Database
) -> None:
    two["ann"].send("/record", "/resolve", query=UNKNOWN, verdict="not_executed", why="x")
    assert "Proposed" in two[who].send("/record", "/resolve", query=UNKNOWN, **typed, why="y")[1]
    assert db.execute("SELECT status FROM idempotency_records").fetchone() == ("INPROGRESS",)


def test_a_proposal_about_an_earlier_attempt_counts_no_more(
    two: dict[str, Visitor], unknown: Pay, db: Database
) -> None:
    two["ann"].send("/record", "/resolve", query=UNKNOWN, verdict="not_executed", why="x")
    db.execute("UPDATE idempotency_records SET attempt = gen_random_uuid()")
    assert "it did not happen" not in two["bob"].get("/record", **UNKNOWN)[1].partition("has proposed")[2]
    assert (
        "Proposed"
        in two["bob"].send("/record", "/resolve", query=UNKNOWN, verdict="not_executed", why="y")[1]
    )


def test_what_was_decided_meanwhile_is_neither_proposed_nor_agreed_to(
    two: dict[str, Visitor], unknown: Pay, db: Database
) -> None:
    page = two["ann"].client.get(f"{PREFIX}/record", params=UNKNOWN, headers={"x-user": "ann"}).text
    hidden = console_pages.forms(page).fields[f"{PREFIX}/resolve"]
    two["ann"].post("/resolve", **hidden, verdict="not_executed", why="x")
    db.execute("DELETE FROM idempotency_records")
    said = two["bob"].post("/resolve", **hidden, verdict="not_executed", why="y")[1]
    assert "since you looked" in said
    said = two["bob"].post("/resolve", **hidden, verdict="executed", status="200", body="1", why="y")[1]
    assert "since you looked" in said


def test_a_record_is_found_by_its_digest_or_by_its_names(ann: Visitor, pay: Pay) -> None:
    pay("done")
    digest = ann.get("/record", scope=SCOPE, key="done")[1].partition("in logs ")[2][:12]
    assert "COMPLETED pay" in ann.get("/find", principal="alice", operation="pay", key="done")[1]
    assert "COMPLETED pay" in ann.get("/find", digest=digest)[1]


@pytest.mark.parametrize(
    "asked",
    [{"digest": "0" * 12}, {"principal": "alice", "operation": "pay", "key": "none"}, {"key": "done"}],
)
def test_what_is_not_there_is_said(asked: dict[str, str], ann: Visitor, pay: Pay) -> None:
    pay("done")
    assert "There is no such record" in ann.get("/find", **asked)[1]


def test_the_search_begins_with_an_empty_form(ann: Visitor) -> None:
    status, said = ann.get("/find")
    assert (status, "no such record" in said) == (200, False)


def test_expired_records_are_removed_and_counted(ann: Visitor, pay: Pay, db: Database) -> None:
    pay("old")
    db.execute("UPDATE idempotency_records SET expiry_time = now() - interval '1 s'")
    assert "expired 1 for the next purge" in ann.get("/")[1]
    status, said = ann.send("/", "/purge")
    assert (status, "1 expired records removed" in said, records(db)) == (200, True, 0)


def test_the_examination_is_the_doctors(ann: Visitor) -> None:
    said = ann.get("/doctor")[1]
    assert ("server" in said, "primary" in said, "clock" in said) == (True, True, True)


def test_remedies_are_shown(ann: Visitor, db: Database) -> None:
    db.execute("ALTER TABLE idempotency_records SET UNLOGGED")
    assert "Remedy: ALTER TABLE" in ann.get("/doctor")[1]
    db.execute("ALTER TABLE idempotency_records SET LOGGED")


def test_what_this_process_decided_is_drawn(idem: Idempotency, ann: Visitor, dsn: str) -> None:
    idem.install()

    @money_moving(operation="pay", effect="external", key=lambda key: key, principal=lambda key: "alice")
    def pay(key: str) -> int:
        return 7

    assert [pay("k") for _ in range(3)] == [7, 7, 7]
    page = ann.client.get(f"{PREFIX}/", headers={"x-user": "ann"}).text
    assert '<strong>2</strong> <span class="note">at most 2 in 15 min' in page
    assert page.count("UTC: ") == 2


def test_a_day_is_remembered_and_no_more() -> None:
    clock = [1_000_000.0]
    counted = Activity(lambda: clock[0])
    try:
        for _ in range(3):
            counted.ended(object(), "executed", None)  # type: ignore[arg-type]  # - which execution is not looked at
            counted.admitted(object(), None, None)  # type: ignore[arg-type]
            counted.finishing(object())  # type: ignore[arg-type]
            clock[0] += 3600
        assert [count for _, count in counted.counts("executed") if count] == [1, 1, 1]
        clock[0] += 86_400 - activity.STEP
        counted.admitted(object(), "mismatched", "key_reused")  # type: ignore[arg-type]
        assert sum(count for _, count in counted.counts("executed")) == 0
        assert sum(count for _, count in counted.counts("mismatches")) == 1
    finally:
        counted.stop()


def test_a_closed_console_counts_no_longer(idem: Idempotency) -> None:
    console = idem.console(user=lambda _: "ann")
    console.close()
    assert console._activity.counts("executed")[-1][1] == 0


def test_a_console_needs_to_know_its_users(idem: Idempotency) -> None:
    with pytest.raises(ConfigurationError, match="user="):
        idem.console()

    async def asynchronous(_: str) -> bool:
        return True

    for name in ("may_resolve", "may_see"):
        with pytest.raises(ConfigurationError, match=f"{name}=…"):
            idem.console(user=lambda _: "ann", **{name: asynchronous})


def test_a_store_that_is_away_is_a_page_with_the_reason(dsn: str) -> None:
    idem = Idempotency("postgresql://127.0.0.1:1/bank")
    visitor = Visitor(console_pages.client(idem), "ann")
    status, said = visitor.get("/")
    assert (status, "The store does not answer" in said, "no connection" in said) == (503, True, True)


def test_a_page_that_fails_is_logged_and_shows_nothing_of_it(
    idem: Idempotency, caplog: pytest.LogCaptureFixture
) -> None:
    def rights(_: str) -> bool:
        raise ValueError("SECRET")

    visitor = Visitor(console_pages.client(idem, may_resolve=rights), "ann")
    status, said = visitor.get("/")
    assert (status, "SECRET" in said, "SECRET" in caplog.text) == (500, False, True)


def test_an_async_sign_in_is_waited_for(idem: Idempotency) -> None:
    async def user(_: Any) -> str:
        return "ann"

    with TestClient(idem.console(user=user)) as browser:
        assert "Nothing waits" in browser.get("/").text


def test_pages_that_are_none_and_other_methods_are_refused(ann: Visitor) -> None:
    assert ann.get("/nothing")[0] == 404
    assert ann.post("/")[0] == 405
    assert ann.get("/resolve")[0] == 405
    assert ann.client.head(f"{PREFIX}/", headers={"x-user": "ann"}).content == b""


def test_the_page_is_the_same_with_and_without_a_slash(ann: Visitor) -> None:
    assert ann.get("") == ann.get("/")


def test_json_bodies_of_answers_keep_their_bytes(ann: Visitor, unknown: Pay, db: Database) -> None:
    body = json.dumps({"amount": "1E2", "name": "Zoë"}, ensure_ascii=False)
    ann.send("/record", "/resolve", query=UNKNOWN, verdict="executed", status="200", body=body, why="x")
    row = db.execute("SELECT response_body FROM idempotency_records").fetchone()
    assert row == (body.encode(),)
