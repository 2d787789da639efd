"""Protocol Buffers files of a project: the request message of an RPC, and whether it has a field for the key.

``.proto`` files are read by ``proto-schema-parser`` (which asks for no imports and needs no compiler); where there is none,
the ``_pb2.pyi`` beside a generated module says the fields.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from idem_lint.result_types import Place, RpcRequest, Site
from idem_lint.source.discovery import shown
from idem_lint.source.documents import documents_below, is_document, read_document

KEY = "idempotency_key"


class ProtocolFiles:
    """The files below a folder, each read when something asks for a service that it may have."""

    def __init__(self, root: Path, errors: dict[Path, Site]) -> None:
        """``errors``: what nothing could parse is kept there."""
        self._root = root
        self._errors = errors
        self._texts: dict[Path, str] | None = None
        self._parsed: dict[Path, _File | None] = {}

    def request(self, service: str, method: str) -> RpcRequest | None:
        """The request of an RPC of ``package.Service`` (or of ``Service``, in whichever package); ``None`` where no file
        says it.
        """
        name = service.rpartition(".")[2]
        for path, text in self._with(rf"\bservice\s+{re.escape(name)}\b"):
            file = self._file(path, text)
            message = file.requests.get((name, method)) if file is not None else None
            if file is not None and message is not None and service in (name, file.full(name)):
                return self._message(file, message)
        return None

    def _message(self, home: _File, name: str) -> RpcRequest | None:
        short = name.rpartition(".")[2]
        for path, text in [(home.path, home.text), *self._with(rf"\bmessage\s+{re.escape(short)}\b")]:
            file = self._file(path, text)
            if file is not None and short in file.messages:
                found = re.search(rf"\bmessage\s+{re.escape(short)}\b", text)
                line = text.count("\n", 0, found.start()) + 1 if found is not None else 1
                return RpcRequest(short, Place(shown(path), line, 1), file.messages[short])
        return None

    def _with(self, pattern: str) -> Iterator[tuple[Path, str]]:
        if self._texts is None:
            self._texts = dict(_read(self._root))
        yield from ((path, text) for path, text in self._texts.items() if re.search(pattern, text))

    def _file(self, path: Path, text: str) -> _File | None:
        if path not in self._parsed:
            self._parsed[path] = self._parse(path, text)
        return self._parsed[path]

    def _parse(self, path: Path, text: str) -> _File | None:
        from proto_schema_parser import ast as proto
        from proto_schema_parser.parser import Parser

        try:
            with redirect_stderr(StringIO()):  # the grammar's runtime prints what the error says, too
                elements = Parser().parse(text).file_elements
        except Exception as error:  # noqa: BLE001 - a grammar of another's: whatever it raises, the file is not read
            self._errors[path] = Site(Place(shown(path), 1, 1), f"it cannot be parsed: {error}")
            return None
        package = next((each.name for each in elements if isinstance(each, proto.Package)), "")
        requests = {
            (service.name, method.name): method.input_type.type
            for service in elements
            if isinstance(service, proto.Service)
            for method in service.elements
            if isinstance(method, proto.Method)
        }
        messages = {
            message.name: _key([*message.elements, *_in_one_ofs(message.elements)])
            for message in elements
            if isinstance(message, proto.Message)
        }
        return _File(path, text, package, requests, messages)


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    """One file: the request types by service and method, and the type of each message's field for the key."""

    path: Path
    text: str
    package: str
    requests: dict[tuple[str, str], str]
    messages: dict[str, str | None]

    def full(self, service: str) -> str:
        """The name of a service with its package."""
        return f"{self.package}.{service}" if self.package else service


def _in_one_ofs(elements: Iterable[object]) -> Iterator[object]:
    from proto_schema_parser import ast as proto

    for element in elements:
        if isinstance(element, proto.OneOf):
            yield from element.elements


def _key(elements: Iterable[object]) -> str | None:
    from proto_schema_parser import ast as proto

    fields = (each for each in elements if isinstance(each, proto.Field) and each.name == KEY)
    return next(
        (
            field.type if field.cardinality is not proto.FieldCardinality.REPEATED else "repeated"
            for field in fields
        ),
        None,
    )


def _read(root: Path) -> Iterator[tuple[Path, str]]:
    for path in documents_below(root, ".proto"):
        try:
            yield path, read_document(path)
        except (OSError, UnicodeDecodeError):
            continue


def of_stub(generated: Path, source: str, service: str, method: str) -> RpcRequest | None:
    """The request of an RPC by the generated ``…_pb2_grpc.py`` and the ``_pb2.pyi`` beside it."""
    found = re.search(
        rf"['\"]/[\w.]*\b{re.escape(service)}/{re.escape(method)}['\"],\s*request_serializer=([\w.]+)\.",
        source,
    )
    if found is None:
        return None
    module, _, message = found[1].rpartition(".")
    stub = generated.with_name(f"{module.replace('__', '_')}.pyi")
    if not is_document(stub):
        return None
    for node in ast.parse(read_document(stub)).body:
        if isinstance(node, ast.ClassDef) and node.name == message:
            return RpcRequest(message, Place(shown(stub), node.lineno, 1), _key_of_stub(node))
    return None


def _key_of_stub(node: ast.ClassDef) -> str | None:
    """The type of the field for the key, an attribute or a property of the stub's class."""
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) and part.target.id == KEY:
            return ast.unparse(part.annotation)
        if isinstance(part, ast.FunctionDef) and part.name == KEY and part.returns is not None:
            return ast.unparse(part.returns)
    return None
