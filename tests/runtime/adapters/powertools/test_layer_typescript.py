"""The layer beside Powertools for TypeScript, on one table of six columns: rows of each replay with the other.

``make test`` runs the statements and JSON that a layer in TypeScript sends; where node and npm are there, ``make test-all``
runs that layer itself. The two languages write the digest in a key differently, so the tests give them one form: what is
shared is the table, not the key.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError

from idem_runtime import LeaseLost
from idem_runtime.adapters.powertools import json_values
from tests.runtime.adapters.powertools.layers import Subject, cause

HERE = Path(__file__).with_name("typescript")
STATEMENTS = json.loads((HERE / "statements.json").read_text())
PACKAGES = ["@aws-lambda-powertools/idempotency@^2.20.0", "pg@^8.11.0"]
RESULTS = [
    {"statusCode": 201, "body": '{"id":"1"}'},
    [1, {"a": None}],
    "text",
    0,
    True,
    None,
    {"n": 1.5, "ü": "☃"},
    1e21,
    {},
]


def typescript_hash(self: Any, data: Any) -> str:
    return base64.b64encode(hashlib.md5(json.dumps(data, separators=(",", ":")).encode()).digest()).decode()


@pytest.fixture
def one_form_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer

    monkeypatch.setattr(BasePersistenceLayer, "_generate_hash", typescript_hash)


class Shapes:
    """What a layer in TypeScript sends."""

    def __init__(self, dsn: str) -> None:
        self.db = psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.RawCursor)

    def send(self, name: str, *values: Any) -> Any:
        cursor = self.db.execute(STATEMENTS[name], values)
        return cursor.fetchone() if cursor.description else None

    def put(self, key: str) -> bool:
        now = self.db.execute("SELECT extract(epoch FROM now())::float8").fetchone()
        assert now is not None
        return self.send("put", key, "INPROGRESS", now[0] + 86_400, now[0] + 300, "") is not None

    def update(self, key: str, result: Any) -> None:
        now = self.db.execute("SELECT extract(epoch FROM now())::float8").fetchone()
        assert now is not None
        self.send(
            "update",
            key,
            "COMPLETED",
            now[0] + 86_400,
            json.dumps(result, separators=(",", ":"), ensure_ascii=False),
            "",
        )

    def response(self, key: str) -> Any:
        row = self.send("get", key)
        return row[0], row[3]


@pytest.fixture
def shapes(dsn: str, six: Subject) -> Iterator[Shapes]:
    shapes = Shapes(dsn)
    yield shapes
    shapes.db.close()


def key_of(payload: str) -> str:
    return f"pay#{typescript_hash(None, payload)}"


@pytest.mark.usefixtures("one_form_of_keys")
class TestShapes:
    @pytest.mark.parametrize("result", RESULTS, ids=repr)
    def test_its_completed_record_replays_here(self, six: Subject, shapes: Shapes, result: Any) -> None:
        assert shapes.put(key_of("a"))
        shapes.update(key_of("a"), result)
        assert six.function(key_prefix="pay")(payment="a") == result
        assert six.runs == []

    @pytest.mark.parametrize("result", [result for result in RESULTS if result != 1e21], ids=repr)
    def test_our_completed_record_replays_there(self, six: Subject, shapes: Shapes, result: Any) -> None:
        six.function(lambda payment: result, key_prefix="pay")(payment="a")
        assert not shapes.put(key_of("a"))
        assert shapes.response(key_of("a")) == ("COMPLETED", result)

    def test_what_jsonb_cannot_hold_is_an_object_there(self, six: Subject, shapes: Shapes) -> None:
        six.function(lambda payment: 1e21, key_prefix="pay")(payment="a")
        assert shapes.response(key_of("a")) == ("COMPLETED", {json_values.TEXT: "1e+21"})

    def test_what_runs_there_is_in_progress_here(self, six: Subject, shapes: Shapes) -> None:
        shapes.put(key_of("a"))
        assert isinstance(six.attempt(six.function(key_prefix="pay"), "a"), IdempotencyAlreadyInProgressError)

    def test_what_runs_here_is_in_progress_there(self, six: Subject, shapes: Shapes) -> None:
        pay = six.function(
            lambda payment: [shapes.put(key_of("a")), shapes.response(key_of("a"))[0]], key_prefix="pay"
        )
        assert pay(payment="a") == [False, "INPROGRESS"]

    def test_what_it_left_is_taken_over_here(self, six: Subject, shapes: Shapes) -> None:
        shapes.put(key_of("a"))
        six.age()
        assert six.function(key_prefix="pay")(payment="a") == {"run": 1}

    def test_what_it_took_over_is_not_ours_any_more(self, six: Subject, shapes: Shapes) -> None:
        def slow(payment: Any) -> Any:
            six.age()
            assert shapes.put(key_of("a"))

        assert isinstance(cause(six.attempt(six.function(slow, key_prefix="pay"), "a")), LeaseLost)
        shapes.update(key_of("a"), "theirs")
        assert six.function(key_prefix="pay")(payment="a") == "theirs"

    def test_what_was_never_answered_there_is_no_result(self, six: Subject, shapes: Shapes) -> None:
        shapes.put(key_of("a"))
        six.sql("UPDATE {table} SET status = 'COMPLETED'")
        assert six.function(key_prefix="pay")(payment="a") is None


class Node:
    """The layer in TypeScript, in a process of its own."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.process = subprocess.Popen(
            ["node", "program.mjs", dsn], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def send(self, **request: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def call(self, payload: str, result: Any = None) -> Any:
        self.send(payload=payload, result=result)
        return self.answer()


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not on PATH: the layer in TypeScript cannot be run")
    folder = tmp_path_factory.mktemp("typescript")
    for file in HERE.iterdir():
        shutil.copy(file, folder)
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", *PACKAGES], cwd=folder, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"npm cannot install Powertools for TypeScript here: {done.stderr[-200:]}")
    return folder


@pytest.fixture
def node(packages: Path, dsn: str, six: Subject) -> Iterator[Node]:
    node = Node(packages, dsn)
    yield node
    assert node.process.stdin is not None
    assert node.process.stdout is not None
    node.process.stdin.close()
    node.process.wait(20)
    node.process.stdout.close()


@pytest.mark.exhaustive
@pytest.mark.usefixtures("one_form_of_keys")
class TestNode:
    @pytest.mark.parametrize("result", [result for result in RESULTS if result != 1e21], ids=repr)
    def test_rows_replay_both_ways(self, six: Subject, node: Node, result: Any) -> None:
        assert node.call("theirs", result) == {"executed": True, "result": result}
        assert six.function(key_prefix="pay")(payment="theirs") == result
        assert six.runs == []
        assert six.function(lambda payment: result, key_prefix="pay")(payment="ours") == result
        assert node.call("ours") == {"executed": False, "result": result}

    def test_what_runs_here_is_in_progress_there_and_the_other_way(self, six: Subject, node: Node) -> None:
        inside = six.function(lambda payment: node.call("a"), key_prefix="pay")(payment="a")
        assert inside == {"executed": False, "error": "IdempotencyAlreadyInProgressError"}
        node.send(payload="b", result=1, holds=True)
        assert node.answer() == {"holds": True}
        assert isinstance(six.attempt(six.function(key_prefix="pay"), "b"), IdempotencyAlreadyInProgressError)
        node.send(end=True)
        assert node.answer() == {"executed": True, "result": 1}
        assert six.function(key_prefix="pay")(payment="b") == 1

    def test_it_takes_over_what_we_left_and_we_notice(self, six: Subject, node: Node) -> None:
        def slow(payment: Any) -> Any:
            six.age()
            return node.call("a", "theirs")

        assert isinstance(cause(six.attempt(six.function(slow, key_prefix="pay"), "a")), LeaseLost)
        assert six.function(key_prefix="pay")(payment="a") == "theirs"
        assert node.call("a") == {"executed": False, "result": "theirs"}
