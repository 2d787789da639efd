"""The console, attacked: without rights, from another site, as another tenant, with markup in what is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from idem_runtime import Idempotency
from tests.runtime.adapters.contract import records
from tests.runtime.commands import console_pages
from tests.runtime.commands.conftest import ROW, SCOPE, Database, Pay
from tests.runtime.commands.console_pages import PREFIX, SAME_SITE, Visitor

BOBS = "3:bob3:pay"
MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
DECIDES = {"verdict": "not_executed", "why": "x"}


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    idem = Idempotency(dsn)
    yield idem
    idem.close()


@pytest.fixture
def ann(idem: Idempotency) -> Visitor:
    return Visitor(console_pages.client(idem, may_resolve=lambda who: who == "ann"), "ann")


def hidden(visitor: Visitor, key: str = "crash", scope: str = SCOPE) -> dict[str, str]:
    """The hidden fields of the form that decides."""
    query = {"scope": scope, "key": key}
    page = visitor.client.get(f"{PREFIX}/record", params=query, headers={"x-user": visitor.who}).text
    return console_pages.forms(page).fields[f"{PREFIX}/resolve"]


@pytest.mark.parametrize("user", ["", "   ", "x" * 201, None])
def test_who_is_not_signed_in_sees_nothing(user: str | None, idem: Idempotency, unknown: Pay) -> None:
    client = console_pages.client(idem)
    for path in ("/", "/running", "/find", "/record", "/doctor", "/nothing"):
        answer = client.get(PREFIX + path, headers={} if user is None else {"x-user": user})
        assert (answer.status_code, "crash" in answer.text, "Not signed in" in answer.text) == (
            403,
            False,
            True,
        )
    answer = client.post(
        f"{PREFIX}/resolve", data={"scope": SCOPE, "key": "crash", **DECIDES}, headers=SAME_SITE
    )
    assert answer.status_code == 403


def test_who_may_look_only_gets_no_form_and_is_refused_without_one(
    ann: Visitor, unknown: Pay, db: Database
) -> None:
    form, eve = hidden(ann), Visitor(ann.client, "eve")
    status, said = eve.get("/record", scope=SCOPE, key="crash")
    assert (status, "You may look, and not decide" in said, "How do you know" in said) == (200, True, False)
    status, said = eve.post("/resolve", **form, **DECIDES)
    assert (status, "eve may look, and not decide. Nothing was done." in said, records(db)) == (403, True, 1)
    assert eve.post("/purge", **form)[0] == 403


def test_without_may_resolve_nobody_decides(idem: Idempotency, unknown: Pay, db: Database) -> None:
    visitor = Visitor(console_pages.client(idem), "ann")
    visitor.get("/")
    token = visitor.client.cookies["idem_console"]
    form = {"scope": SCOPE, "key": "crash", "attempt": "", "token": token}
    assert visitor.post("/resolve", **form, **DECIDES)[0] == 403
    assert records(db) == 1


FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},  # a page of another name below the same domain
    {"sec-fetch-site": "none"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_form_from_another_site_does_nothing(
    headers: dict[str, str], ann: Visitor, unknown: Pay, db: Database
) -> None:
    form = hidden(ann)
    ann.headers = headers
    status, said = ann.post("/resolve", **form, **DECIDES)
    assert (status, "Nothing was done" in said, records(db)) == (403, True, 1)


def test_an_older_browser_says_by_its_origin_that_it_is_a_page_of_ours(
    ann: Visitor, unknown: Pay, db: Database
) -> None:
    form = hidden(ann)
    ann.headers = {"origin": "http://testserver"}
    assert (ann.post("/resolve", **form, **DECIDES)[0], records(db)) == (200, 0)


@pytest.mark.parametrize("token", ["", "guessed", "A" * 43, "é"])
def test_a_form_without_this_browsers_token_does_nothing(
    token: str, ann: Visitor, unknown: Pay, db: Database
) -> None:
    form = {**hidden(ann), "token": token}
    assert (ann.post("/resolve", **form, **DECIDES)[0], records(db)) == (403, 1)


def test_a_browser_without_a_token_of_ours_does_nothing(ann: Visitor, unknown: Pay, db: Database) -> None:
    form = hidden(ann)
    ann.client.cookies.clear()
    for cookie in ("", "idem_console=short", "\x00bad\x01=;;", f"other={form['token']}"):
        ann.headers = {**SAME_SITE, "cookie": cookie}
        assert (ann.post("/resolve", **form, **DECIDES)[0], records(db)) == (403, 1)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(30)), "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
    ],
)
def test_a_body_that_is_no_form_of_ours_does_nothing(body: bytes, kind: str, ann: Visitor) -> None:
    ann.get("/")
    headers = {"x-user": "ann", "content-type": kind, **SAME_SITE}
    assert ann.client.post(f"{PREFIX}/resolve", content=body, headers=headers).status_code == 403


def test_a_body_that_is_too_large_is_not_read_to_its_end(ann: Visitor) -> None:
    answer = ann.client.post(f"{PREFIX}/resolve", content=b"x" * 300_000, headers={"x-user": "ann"})
    assert answer.status_code == 413


@pytest.fixture
def tenants(idem: Idempotency, db: Database) -> Iterator[dict[str, Visitor]]:
    """Operators of tenants, who see and decide about their own."""
    for scope in (SCOPE, BOBS, "no scope of ours"):
        db.execute(ROW, (scope, f"key-of-{scope[2:5]}", "-1 s", "-1 s"))
    browser = console_pages.client(
        idem, may_resolve=lambda _: True, may_see=lambda who, principal: who == f"op-{principal}"
    )
    yield {who: Visitor(browser, f"op-{who}") for who in ("alice", "bob")}


def test_an_operator_of_a_tenant_sees_what_is_the_tenants(tenants: dict[str, Visitor]) -> None:
    said = tenants["bob"].get("/")[1]
    assert ("key-of-bob" in said, "key-of-ali" in said, "key-of-" in said.replace("key-of-bob", "")) == (
        True,
        False,
        False,
    )
    assert "unknown 3" not in said


def test_another_tenants_record_looks_as_if_it_were_not_there(tenants: dict[str, Visitor]) -> None:
    there = tenants["bob"].get("/record", scope=SCOPE, key="key-of-ali")
    assert there == tenants["bob"].get("/record", scope=SCOPE, key="none")
    assert there[0] == 404
    digest = tenants["alice"].get("/")[1].partition("key-of-ali ")[2][:12]
    assert tenants["bob"].get("/find", digest=digest)[0] == 404
    assert tenants["alice"].get("/find", digest=digest)[0] == 200


def test_another_tenants_record_is_not_decided(tenants: dict[str, Visitor], db: Database) -> None:
    form = hidden(tenants["bob"], "key-of-bob", BOBS)
    stolen = {**form, "scope": SCOPE, "key": "key-of-ali"}
    assert (tenants["bob"].post("/resolve", **stolen, **DECIDES)[0], records(db)) == (404, 3)
    assert (tenants["bob"].post("/resolve", **form, **DECIDES)[0], records(db)) == (200, 2)


def test_an_operator_of_a_tenant_removes_nothing_of_others(tenants: dict[str, Visitor], db: Database) -> None:
    db.execute("UPDATE idempotency_records SET status = 'COMPLETED', expiry_time = now() - interval '1 s'")
    form = {"token": hidden_token(tenants["bob"])}
    assert (tenants["bob"].post("/purge", **form)[0], records(db)) == (403, 3)


def hidden_token(visitor: Visitor) -> str:
    visitor.get("/")
    return visitor.client.cookies["idem_console"]


def test_markup_in_what_is_shown_is_text(ann: Visitor, db: Database) -> None:
    scope = f"{len(MARKUP)}:{MARKUP}{len(MARKUP)}:{MARKUP}"
    db.execute(ROW, (scope, MARKUP, "-1 s", "-1 s"))
    for path, query in (("/", {}), ("/record", {"scope": scope, "key": MARKUP})):
        page = ann.client.get(PREFIX + path, params=query, headers={"x-user": "ann"}).text
        assert "&lt;script&gt;" in page
        assert "<script" not in page
        assert "<img" not in page
    form = hidden(ann, MARKUP, scope)
    page = ann.client.post(
        f"{PREFIX}/resolve",
        data={**form, "why": MARKUP, "body": "</textarea>" + MARKUP},
        headers={"x-user": "ann", **SAME_SITE},
    ).text
    assert ("<script" in page, "&lt;/textarea&gt;" in page) == (False, True)


def test_the_name_of_a_user_is_text(idem: Idempotency) -> None:
    client = console_pages.client(idem)
    assert "<b>" not in client.get(f"{PREFIX}/", headers={"x-user": "<b>eve</b>"}).text


def test_every_reply_forbids_scripts_frames_and_caches(ann: Visitor, unknown: Pay) -> None:
    for path in ("/", "/record", "/nothing", "/style.css", "/resolve"):
        headers = ann.client.get(PREFIX + path, headers={"x-user": "ann"}).headers
        policy = headers["content-security-policy"]
        assert ("default-src 'none'" in policy, "script-src" in policy, "unsafe" in policy) == (
            True,
            False,
            False,
        )
        assert (headers["cache-control"], headers["x-frame-options"]) == ("no-store", "DENY")


def test_the_token_goes_to_no_script_and_to_no_other_site(ann: Visitor) -> None:
    cookie = ann.client.get(f"{PREFIX}/", headers={"x-user": "ann"}).headers["set-cookie"]
    assert ("HttpOnly" in cookie, "SameSite=Strict" in cookie, f"Path={PREFIX}" in cookie) == (
        True,
        True,
        True,
    )
    ann.client.base_url = "https://testserver"  # type: ignore[assignment]  # - httpx takes a text
    assert "Secure" in ann.client.get(f"{PREFIX}/", headers={"x-user": "ann"}).headers["set-cookie"]


def test_a_notice_is_never_the_text_of_an_address(ann: Visitor, unknown: Pay) -> None:
    said = ann.get("/record", scope=SCOPE, key="crash", notice="You have won")[1]
    assert "won" not in said
    assert "won" not in ann.get("/", removed="won")[1]


def test_a_nul_in_an_address_names_nothing(ann: Visitor) -> None:
    assert ann.get("/record", scope="a\0b", key="k")[0] == 404
    assert ann.client.get(f"{PREFIX}/record?scope=%ff", headers={"x-user": "ann"}).status_code == 404
