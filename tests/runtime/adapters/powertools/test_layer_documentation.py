"""The page about the layer: its programs run as they stand, and every error of ours is on it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from idem_runtime import errors
from idem_runtime.adapters import powertools
from idem_runtime.adapters.powertools import flyway_migration
from tests.runtime.adapters.powertools.layers import Context, Subject

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "powertools.md").read_text(encoding="utf-8")


def program(heading: str) -> str:
    found = re.search(rf"<!-- program: {heading} -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None, f"docs/powertools.md: no program {heading}"
    return found[1]


@pytest.fixture
def documented(six: Subject, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs programs of the page, one after the other in one module."""
    monkeypatch.setenv("DATABASE_URL", dsn)
    module: dict[str, Any] = {}

    def run(*headings: str) -> dict[str, Any]:
        for heading in headings:
            exec(compile(program(heading), f"{heading}.py", "exec"), module)
        return module

    yield run
    if "pool" in module:
        module["pool"].close()


def test_the_program_protects_its_function(documented: Any, six: Subject) -> None:
    module = documented("layer")
    event = {"token": "t", "amount": 5}
    assert [module["handler"](event, Context()) for _ in range(2)] == [{"statusCode": 201}] * 2
    assert six.db.execute("SELECT amount FROM ledger").fetchall() == [(5,)]


def test_the_route_and_the_clean_up_work(documented: Any, six: Subject) -> None:
    module = documented("layer", "route", "purge")
    event = {
        "path": "/cases",
        "httpMethod": "POST",
        "body": '{"token": "t"}',
        "headers": {},
        "requestContext": {},
    }
    answers = [module["lambda_handler"](event, Context()) for _ in range(2)]
    assert [answer["body"] for answer in answers] == ['{"case":"t"}'] * 2
    assert six.statuses == ["COMPLETED"]
    six.expire()
    assert module["purge"]({}, Context()) == {"removed": 1, "complete": True}


def test_the_migration_is_the_one_that_is_printed(
    documented: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    documented("flyway")
    printed = capsys.readouterr().out
    assert printed.strip() == flyway_migration("aml").strip()
    assert f"```sql\n{printed.strip()}\n```" in PAGE


def test_every_error_of_ours_has_a_line() -> None:
    code = "".join(
        path.read_text()
        for path in sorted(Path(powertools.__path__[0]).glob("*.py"))
        if "resolver" not in path.name
    )
    used = {name for name in vars(errors) if re.search(rf"(raise|return) {name}\b", code)}
    lines = set(re.findall(r"^\| `(\w+)`", PAGE, re.MULTILINE))
    assert used <= lines
    assert {"LeaseLost", "StoreUnavailable", "ConfigurationError"} <= used
