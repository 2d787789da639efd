"""Request bodies of Flask views: those of marked ones are read up to ``body_cap``, after a look at the headers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, abort, request

from idem_runtime import Idempotency, from_payload, money_moving
from tests.runtime.adapters.asking import INSERT, Database
from tests.runtime.adapters.contract import ledger

CAP = 1_000


class Counted(io.BytesIO):
    """A body that counts what was read of it."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found

    def readinto(self, buffer: Any) -> int:
        size = super().readinto(buffer)
        self.taken += size
        return size


@pytest.fixture
def app(dsn: str, db: Database) -> Iterator[Flask]:
    idem = Idempotency(dsn, principal=lambda asked: asked.headers.get("x-tenant"), body_cap=CAP)
    app = Flask("bodies")
    idem.init_app(app, without_connection="warn")

    @app.post("/pay")
    @money_moving
    def pay() -> str:
        idem.sync_connection().execute(INSERT, (5,))
        return str(len(request.get_data()))

    @app.post("/payload")
    @money_moving(key=from_payload("/id"))
    def by_payload() -> str:
        idem.sync_connection().execute(INSERT, (5,))
        return "paid"

    @app.post("/plain")
    def plain() -> str:
        return str(len(request.get_data()))

    @app.before_request
    def authenticate() -> None:
        if "x-intruder" in request.headers:
            abort(403)

    @app.after_request
    def seen(response: Any) -> Any:
        response.headers["x-seen"] = "yes"
        return response

    yield app
    idem.close()


def sent(app: Flask, path: str, size: int, *, chunked: bool = True, **headers: str) -> tuple[Any, Counted]:
    body = Counted(b"x" * size)
    named = {"idempotency-key": "k", "x-tenant": "alice"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    more: dict[str, Any] = (
        {"environ_overrides": {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}}
        if chunked
        else {"content_length": size}
    )
    return app.test_client().post(path, input_stream=body, headers=named, **more), body


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_exactly_the_cap_is_taken(app: Flask, db: Database, chunked: bool) -> None:
    answer, _ = sent(app, "/pay", CAP, chunked=chunked)
    assert (answer.status_code, answer.text, ledger(db)) == (200, str(CAP), [5])


@pytest.mark.parametrize("path", ["/pay", "/payload"])
@pytest.mark.parametrize(("chunked", "read"), [(False, 0), (True, CAP + 1)])
def test_a_body_over_the_cap_is_413_and_not_read_further(
    app: Flask, db: Database, path: str, chunked: bool, read: int
) -> None:
    answer, body = sent(app, path, 50 * CAP, chunked=chunked)
    assert (answer.status_code, answer.json["code"], answer.headers["x-seen"]) == (
        413,
        "body_too_large",
        "yes",
    )
    assert (body.taken, ledger(db)) == (read, [])


@pytest.mark.parametrize(("key", "code"), [("", "key_missing"), ("a b", "key_invalid")])
def test_who_has_no_key_is_told_after_authentication_and_before_the_body_is_read(
    app: Flask, db: Database, key: str, code: str
) -> None:
    answer, body = sent(app, "/pay", 50 * CAP, idempotency_key=key)
    assert (answer.status_code, answer.json["code"], body.taken) == (400, code, 0)
    answer, body = sent(app, "/pay", 50 * CAP, idempotency_key=key, x_intruder="1")
    assert (answer.status_code, body.taken) == (403, 0)


def test_an_unmarked_view_reads_all(app: Flask) -> None:
    assert sent(app, "/plain", 50 * CAP)[0].text == str(50 * CAP)
