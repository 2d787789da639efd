"""The program in the documentation works as it stands; only its connection string is replaced."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import Any

import psycopg

from idem_runtime import settings
from idem_runtime.errors import IdempotencyError
from tests.runtime import orm
from tests.runtime.adapters import serve
from tests.runtime.adapters.contract import ledger

PAGE = (Path(__file__).parents[2] / "docs" / "runtime.md").read_text(encoding="utf-8")


def documented(heading: str, dsn: str) -> Any:
    """The program under ``heading``, as a module."""
    found = re.search(rf"<!-- {heading} -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    program = found[1].replace("postgresql://…", dsn).replace("postgresql+psycopg://…", orm.url(dsn))
    module = types.ModuleType("documented")
    sys.modules["documented"] = module  # FastAPI looks annotations up there
    exec(compile(program, "documented.py", "exec"), vars(module))
    return module


def test_the_program_of_the_documentation_protects_its_transfers(
    dsn: str, db: psycopg.Connection[Any]
) -> None:
    module = documented("program", dsn)
    with serve.asgi(module.app) as bank:
        first, again = bank.post("/wallet/transfers"), bank.post("/wallet/transfers")
        assert (first.status_code, again.content) == (201, first.content)
        assert bank.post("/wallet/transfers", key=None).status_code == 400
        assert bank.post("/wallet/quotes", key=None).json() == {"fee": 1}
    assert ledger(db) == [5]


def test_the_program_with_a_session_protects_its_transfers(dsn: str, db: psycopg.Connection[Any]) -> None:
    module = documented("program: sqlalchemy", dsn)
    with serve.asgi(orm.dispose_with(module.app, module.engine)) as bank:
        first, again = bank.post("/wallet/transfers"), bank.post("/wallet/transfers")
    assert (first.status_code, again.content) == (201, first.content)
    assert ledger(db) == [5]


def test_the_table_of_codes_is_complete() -> None:
    rows = dict(re.findall(r"\| `(\w+)` \| (\d+)", PAGE))
    assert rows == {error.code: str(error.http_status) for error in IdempotencyError.__subclasses__()}


def test_every_setting_is_named() -> None:
    section = PAGE.partition("## Settings")[2].partition("## ")[0]
    assert [name for name in settings.Settings.model_fields if f"`{name}`" not in section] == []
