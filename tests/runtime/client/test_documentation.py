"""The programs in the documentation work as they stand; only where the bank is, and the folder, are replaced."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from idem_runtime import IdempotencyError, client
from idem_runtime.client import CallPolicy, ClientError, sent
from idem_runtime.client.errors import REFUSALS
from tests.runtime.adapters.contract import ledger
from tests.runtime.calls import Database
from tests.runtime.client.callers import TENANT

PAGE = (Path(__file__).parents[3] / "docs" / "client.md").read_text(encoding="utf-8")


@pytest.fixture
def documented(bank: int, tmp_path: Path) -> dict[str, Any]:
    """The names of the programs, run one after the other."""
    programs = re.findall(r"<!-- program: \w+ -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    for program in programs:
        here = program.replace("https://bank.example", f"http://127.0.0.1:{bank}").replace("/wallet/", "/")
        exec(here.replace("/var/lib/payroll", str(tmp_path)), names)
    names["bank"].headers.update(TENANT)
    return names


def test_the_programs_of_the_page_pay_once(documented: dict[str, Any], db: Database) -> None:
    assert documented["pay"](5).status_code == 201
    first, again = (documented["settle"]("invoice-2231", 7) for _ in range(2))
    assert (again.content, sent(again).replayed) == (first.content, True)
    documented["bank"].close()
    assert ledger(db) == [5, 7]


def test_every_option_error_and_store_is_named() -> None:
    named = [*CallPolicy.__dataclass_fields__, *REFUSALS, *(error.__name__ for error in REFUSALS.values())]
    named += [name for name in client.__all__ if name.endswith("Intents")]
    assert [name for name in named if name not in PAGE] == []


def test_codes_are_those_of_the_server_and_errors_are_not() -> None:
    codes = {error.code for error in IdempotencyError.__subclasses__()}
    assert codes >= set(REFUSALS)
    assert not issubclass(ClientError, IdempotencyError)
