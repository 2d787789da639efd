"""What ``docs/tenants.md``, ``docs/pools.md`` and ``docs/migrations.md`` say holds; only the address of the database is replaced."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from idem_runtime import Idempotency, money_moving
from tests.runtime.adapters.asking import PATIENCE, Database
from tests.runtime.adapters.contract import ledger

DOCS = Path(__file__).parents[2] / "docs"
POOL = 4


def block(page: str, name: str) -> str:
    found = re.search(
        rf"<!-- {name} -->\n```\w+\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL
    )
    assert found is not None
    return found[1]


def test_two_tenants_with_the_same_key_have_a_transfer_each(dsn: str, db: Database) -> None:
    program = types.ModuleType("tenants")
    sys.modules["tenants"] = program  # FastAPI looks annotations up there
    exec(block("tenants.md", "program: tenants").replace("postgresql://…", dsn), vars(program))

    async def ask(token: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}", "idempotency-key": "k"}
        transport = httpx.ASGITransport(app=program.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bank", timeout=PATIENCE) as client:
            return await client.post("/wallet/transfers", json={"amount": 5}, headers=headers)

    async def main() -> list[httpx.Response]:
        try:
            return [await ask(f"token of {who}") for who in ("acme", "acme", "globex", "nobody")]
        finally:
            await program.idem.aclose()

    first, retry, other, stranger = asyncio.run(main())
    assert (first.status_code, retry.content) == (201, first.content)
    assert other.json() != first.json()
    assert stranger.status_code == 401
    assert ledger(db) == [5, 5]


@pytest.mark.parametrize(("effect", "most"), [("local", POOL), ("external", POOL + 2 + 1)])
def test_a_process_takes_no_more_connections_than_the_page_says(
    dsn: str, db: Database, effect: Any, most: int
) -> None:
    idem, over, seen = Idempotency(dsn, pool_size=POOL), threading.Event(), list[int]()
    idem.install()

    options: dict[str, Any] = {"connection": "inside"} if effect == "local" else {}

    @money_moving(effect=effect, operation="pay", key=lambda name: name, principal=lambda: "alice", **options)
    def pay(name: str) -> int:
        if effect == "local":
            idem.sync_connection().execute("INSERT INTO ledger (amount) VALUES (5)")
        time.sleep(0.05)
        return 1

    count = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(dsn, autocommit=True) as watching:
        before = watching.execute(count).fetchone()
        assert before is not None

        def watch() -> None:
            while not over.is_set():
                row = watching.execute(count).fetchone()
                seen.append(0 if row is None else row[0] - before[0])

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            with ThreadPoolExecutor(20) as callers:
                assert sum(callers.map(pay, [str(number) for number in range(60)])) == 60
        finally:
            over.set()
            watcher.join()
            idem.close()
    assert 0 < max(seen) <= most


def test_the_grants_of_the_page_are_what_an_application_needs(dsn: str, db: Database) -> None:
    role = f"app_{db.info.dbname}"
    db.execute(f"CREATE ROLE {role} LOGIN")
    try:
        db.execute(block("migrations.md", "sql: grants").replace(" app;", f" {role};"))
        theirs = re.sub(r"//postgres@", f"//{role}@", dsn)
        asked = [sys.executable, "-m", "idem_runtime", "doctor", "--dsn", theirs]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert "GRANT" not in done.stdout, done.stdout
        db.execute(f"REVOKE INSERT ON idempotency_records FROM {role}")
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert "GRANT INSERT" in done.stdout, done.stdout
    finally:
        db.execute(f"DROP OWNED BY {role}")
        db.execute(f"DROP ROLE {role}")
