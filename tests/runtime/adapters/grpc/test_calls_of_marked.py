"""Marked methods that something else than the server calls: what the refusal says is what works."""

from __future__ import annotations

import functools
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from idem_runtime import Idempotency, money_moving
from idem_runtime.marks import install_for_process
from tests.runtime.adapters.contract import ledger
from tests.runtime.adapters.grpc.asking import BOTH, INSERT, tenant
from tests.runtime.adapters.grpc.test_lending import asked, made

Database = psycopg.Connection[Any]


@pytest.mark.parametrize("kind", BOTH)
def test_a_refusal_of_a_method_that_another_calls_says_what_works(dsn: str, kind: str) -> None:
    idem = Idempotency(dsn, principal=tenant)

    @money_moving(connection="inside")
    def other(self: Any, request: Any, context: Any) -> Any:
        raise AssertionError

    @money_moving(connection="inside")
    async def other_async(self: Any, request: Any, context: Any) -> Any:
        raise AssertionError

    method = other_async if kind == "aio" else other
    (answer,) = asked(idem, kind, made(idem, kind, lambda context: method(None, None, context)))
    assert answer.problem == "not_installed"
    assert "mark the handler, and not what it calls" in answer.details


@pytest.mark.parametrize("installed", [False, True])
@pytest.mark.parametrize("kind", BOTH)
def test_a_retry_above_the_mark_is_refused_and_says_where_it_belongs(
    dsn: str, db: Database, kind: str, installed: bool
) -> None:
    """Whether or not plain functions are protected, too."""
    idem = Idempotency(dsn, principal=tenant)

    def failing(self: Any, request: Any, context: Any) -> Any:
        idem.sync_connection().execute(INSERT, (5,))
        raise ValueError

    async def failing_async(self: Any, request: Any, context: Any) -> Any:
        await (await idem.connection()).execute(INSERT, (5,))
        raise ValueError

    marked = money_moving(failing_async if kind == "aio" else failing)

    @functools.wraps(marked)
    def retried(self: Any, request: Any, context: Any) -> Any:
        with suppress(ValueError):
            return marked(self, request, context)
        return marked(self, request, context)

    @functools.wraps(marked)
    async def retried_async(self: Any, request: Any, context: Any) -> Any:
        with suppress(ValueError):
            return await marked(self, request, context)
        return await marked(self, request, context)

    if installed:
        idem.install()
    try:
        answer, _ = asked(idem, kind, retried_async if kind == "aio" else retried, times=2)
    finally:
        install_for_process(None)
    assert (answer.code, ledger(db)) == ("INTERNAL", [])
    assert "put @money_moving above the decorator" in answer.details
