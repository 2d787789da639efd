"""The schema of the inventory says what is written, all of it, and no more."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from idem_lint.reports import inventory_report
from tests.lint.front.inventories import FULL
from tests.project import ROOT

SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "inventory-schema.json").read_text(encoding="utf-8"))


def closed(schema: Any) -> Any:
    """The schema without room for keys that it does not name."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if schema.get("type") == "object" else {}
    return {**{key: closed(value) for key, value in schema.items()}, **more}


@pytest.fixture
def document() -> dict[str, Any]:
    written: dict[str, Any] = json.loads("".join(inventory_report("json")(FULL._replace(paths=("wallet",)))))
    assert all(written.values())  # every kind of row is there
    return written


def test_what_is_written_is_described_key_by_key(document: dict[str, Any]) -> None:
    jsonschema.validators.validator_for(SCHEMA).check_schema(SCHEMA)
    jsonschema.validate(document, closed(SCHEMA))


@pytest.mark.parametrize("part", ["handlers", "entry_points", "undecided", "unparsed", "failed"])
def test_every_key_that_is_described_is_written(document: dict[str, Any], part: str) -> None:
    for key in list(document[part][0]):
        row = dict(document[part][0])
        del row[key]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**document, part: [row]}, SCHEMA)


def test_a_reader_does_not_refuse_what_is_added_later(document: dict[str, Any]) -> None:
    jsonschema.validate({**document, "later": 1}, SCHEMA)
