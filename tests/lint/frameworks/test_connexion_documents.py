"""OpenAPI documents, with PyYAML and without."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from idem_lint.frameworks.connexion.documents import Operation, operations, read
from idem_lint.source.loaded_documents import from_lines

BLOCK = """
openapi: "3.0.3"   # a comment
info: {title: wallet}
servers:
  - url: https://bank.example
paths:
  /pay:
    parameters:
      - name: id
        in: path
    post:
      operationId: wallet.api.pay  # the payment
      description: |
        Moves money.
        More: than one line.
    get:
      operationId: 'wallet.api.show'
  "/refund/{id}":
    post:
      x-openapi-router-controller: "wallet.refunds"
      operationId: book
      tags:
  '/plain':
    POST:
"""
EXPECTED = [
    Operation("/pay", "post", "wallet.api.pay"),
    Operation("/pay", "get", "wallet.api.show"),
    Operation("/refund/{id}", "post", "book", "wallet.refunds"),
    Operation("/plain", "post"),
]
REFERENCES = """
paths:
  /file:
    $ref: "paths/file.yaml"
  /inside:
    $ref: "#/components/pathItems/a~1b"
  /part:
    $ref: "paths/parts.json#/pay"
  /lost:
    $ref: "paths/lost.yaml#/pay"
  /nothing: 7
components:
  pathItems:
    a/b:
      post: {operationId: inside}
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_yaml_is_read_by_pyyaml(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    assert read(write(tmp_path, "api.yaml", BLOCK)) == EXPECTED


def test_lines_are_read_where_pyyaml_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert read(write(tmp_path, "api.yaml", BLOCK)) == EXPECTED


def test_a_template_is_read_by_its_lines(tmp_path: Path) -> None:
    text = BLOCK + "host: {{ host }}{%\n"
    assert read(write(tmp_path, "api.yaml", text)) == EXPECTED


def test_json_is_read(tmp_path: Path) -> None:
    text = '{"paths": {"/pay": {"post": {"operationId": "pay", "x-swagger-router-controller": "wallet"}}}}'
    assert read(write(tmp_path, "api.json", text)) == [Operation("/pay", "post", "pay", "wallet")]


def test_paths_may_be_references(tmp_path: Path) -> None:
    write(tmp_path, "paths/file.yaml", "post: {operationId: in_file}")
    write(tmp_path, "paths/parts.json", '{"pay": {"post": {"operationId": "in_part"}}}')
    assert read(write(tmp_path, "api.yaml", REFERENCES)) == [
        Operation("/file", "post", "in_file"),
        Operation("/inside", "post", "inside"),
        Operation("/part", "post", "in_part"),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.json", b"{"),
        ("list.json", b"[]"),
        ("binary.yaml", b"\xff\xfe\x00"),
        ("text.yaml", b"only text"),
    ],
)
def test_what_is_no_document_is_said_so(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert read(tmp_path / name) is None


def test_a_document_without_paths_has_no_operations() -> None:
    assert list(operations({"paths": None}, Path())) == []


def test_a_deeper_line_belongs_to_the_line_above() -> None:
    assert from_lines("a:\n  b: 1\nc: 2\n") == {"a": {"b": "1"}, "c": "2"}
