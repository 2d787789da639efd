"""What docs/grpc.md says works as it stands; only its connection string is replaced."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import types
from pathlib import Path
from typing import Any

import psycopg

from idem_runtime.adapters.rpc.codes import NAMES, status_of
from idem_runtime.errors import IdempotencyError
from tests.runtime.adapters.contract import ledger
from tests.runtime.adapters.grpc import rpc_client
from tests.runtime.adapters.grpc.asking import Asking, pb2
from tests.runtime.adapters.grpc.test_answers import FREE, RECORDED
from tests.runtime.adapters.grpclib.grpclib_bank import bank_class, serving

PAGE = (Path(__file__).parents[4] / "docs" / "grpc.md").read_text(encoding="utf-8")
Database = psycopg.Connection[Any]


def documented(heading: str, dsn: str) -> Any:
    """The program under ``heading``, as a module."""
    found = re.search(rf"<!-- {heading} -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    module = types.ModuleType("documented_grpc")
    sys.modules["documented_grpc"] = module
    exec(compile(found[1].replace("postgresql://…", dsn), "documented_grpc.py", "exec"), vars(module))
    return module


def check(ask: Asking) -> None:
    first, again, over = ask(), ask(), ask(message=pb2.Ask(amount=1001), key="l")
    assert (first.code, again.raw, again.replayed) == ("OK", first.raw, True)
    assert (over.code, over.details) == ("FAILED_PRECONDITION", "over the limit")
    assert ask(key=None).problem == "key_missing"


def test_the_program_of_the_page_protects_its_transfers(dsn: str, db: Database) -> None:
    module = documented("program", dsn)
    config = json.dumps(documented("service config", dsn).SERVICE_CONFIG)

    async def main() -> None:
        server, port = await module.serve(0)
        options = {"grpc.enable_retries": 1, "grpc.service_config": config}
        with rpc_client.channel(f"127.0.0.1:{port}", **options) as channel:
            await asyncio.to_thread(check, Asking(channel))
            assert (await asyncio.to_thread(Asking(channel), "Unmarked", key=None)).reply.text == "fee 1"
        await module.stop(server)

    asyncio.run(main())
    assert ledger(db) == [5]


def test_the_program_for_grpclib_protects_its_transfers(dsn: str, db: Database) -> None:
    module = documented("grpclib", dsn)
    bank = bank_class(Transfers=module.Bank.Transfers)
    with serving(module.idem, bank()) as (ask, _):
        check(ask)
    assert ledger(db) == [5]


def test_the_tables_of_codes_are_complete() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|$", PAGE, re.MULTILINE))
    assert rows == {error.code: error.grpc_status for error in IdempotencyError.__subclasses__()}
    listed = re.findall(r"^\| ((?:[A-Z_]+, )+[A-Z_]+) \|", PAGE, re.MULTILINE)
    decided, undecided = (row.split(", ") for row in listed)
    assert (sorted(decided), sorted(undecided)) == (sorted(RECORDED), sorted(FREE))
    said = re.findall(r"(\d{3}(?:, \d{3})+) for", PAGE.replace("\n", " "))
    statuses = [[status_of(NAMES[name]) for name in names] for names in (decided, undecided)]
    assert [[int(status) for status in row.split(", ")] for row in said] == statuses
