"""The programs of docs/lambda.md work as they stand; only their connection strings are replaced."""

from __future__ import annotations

import json
import re
import types
from pathlib import Path
from typing import Any

import psycopg

from tests.runtime.adapters.contract import ledger
from tests.runtime.adapters.powertools.asking import code, posted
from tests.runtime.adapters.powertools.environment import LONG, Context
from tests.runtime.adapters.powertools.events import response_of
from tests.runtime.adapters.powertools.test_resolver_batch import delivered

PAGE = (Path(__file__).parents[4] / "docs" / "lambda.md").read_text(encoding="utf-8")
Database = psycopg.Connection[Any]


def documented(heading: str, dsn: str) -> Any:
    """The program under ``heading``, as a module."""
    found = re.search(rf"<!-- {heading} -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    module = types.ModuleType("documented")
    exec(compile(found[1].replace("postgresql://…", dsn), "documented.py", "exec"), vars(module))
    return module


def test_the_program_with_a_route_protects_it(dsn: str, db: Database) -> None:
    module = documented("program", dsn)

    def ask(path: str, key: str | None = "k", *, authorized: bool = True) -> Any:
        event = posted(path, key, "http")
        if authorized:
            event["requestContext"]["authorizer"] = {"jwt": {"claims": {"sub": "alice"}, "scopes": []}}
        return response_of(module.lambda_handler(event, Context(LONG)))

    first, again = ask("/cases/a/payments"), ask("/cases/a/payments")
    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert code(ask("/cases/b/payments")) == "key_reused"
    assert code(ask("/cases/a/payments", None)) == "key_missing"
    assert code(ask("/cases/a/payments", authorized=False)) == "principal_missing"
    assert ask("/cases/quote", None).json() == {"fee": 1}
    module.idem.close()
    assert ledger(db) == [5]


def test_the_program_with_a_batch_pays_nothing_twice(dsn: str, db: Database) -> None:
    module = documented("batch", dsn)
    for delivery in (1, 2):
        event = {"Records": [delivered(number, delivery) for number in (1, 2)]}
        for record in event["Records"]:
            record["body"] = json.dumps(json.loads(record["body"]) | {"tenant": "alice"})
        assert module.lambda_handler(event, None) == {"batchItemFailures": []}
    module.idem.close()
    assert sorted(ledger(db)) == [1, 2]


def test_every_link_of_the_page_leads_somewhere() -> None:
    folder = Path(__file__).parents[4] / "docs"
    links = re.findall(r"\]\((?!https?:)([^)#]+)", PAGE)
    assert links
    assert [link for link in links if not (folder / link).exists()] == []
