"""OpenAPI documents: which operations they have, and what names their functions.

JSON is read by the standard library, YAML by PyYAML where that is installed. Where it is not, or where the text is a
template that is no YAML yet, the lines are read for what matters here: paths, methods, and two keys of an operation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from idem_lint.source.documents import read_document

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace"})
_CONTROLLERS = ("x-openapi-router-controller", "x-swagger-router-controller")
_LINE = re.compile(r"""^(\s*)(?:"([^"]+)"|'([^']+)'|([^\s#'"{\[-][^:#]*?)):(?:\s+(.*?))?\s*$""")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. ``operation_id`` and ``controller`` are empty where the document has none."""

    path: str
    method: str
    operation_id: str = ""
    controller: str = ""


def read(path: Path) -> list[Operation] | None:
    """The operations of a document; ``None`` where it cannot be read."""
    loaded = load(path)
    return list(operations(cast("object", loaded), path.parent)) if isinstance(loaded, dict) else None


def load(path: Path) -> object:
    """A document as plain values; ``None`` where there is no such file or it is no text."""
    try:
        text = read_document(path)
    except (OSError, UnicodeDecodeError):
        return None
    if path.suffix == ".json":
        try:
            return json.loads(text)
        except ValueError:
            return None
    return _yaml(text)


def _yaml(text: str) -> object:
    try:
        yaml: Any = import_module("yaml")
    except ImportError:
        return from_lines(text)
    try:
        return cast("object", yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.YAMLError:
        return from_lines(text)


def operations(document: object, folder: Path) -> Iterator[Operation]:
    """The operations below ``paths``; a path may be a reference to another file in ``folder``."""
    for path, item in _mapping(_mapping(document).get("paths")).items():
        found = _mapping(item)
        reference = found.get("$ref")
        if isinstance(reference, str):
            found = _mapping(_referred(document, reference, folder))
        for method, operation in found.items():
            if method.lower() in _METHODS:
                yield _operation(path, method.lower(), _mapping(operation))


def _operation(path: str, method: str, said: Mapping[str, object]) -> Operation:
    controllers = [str(said[key]) for key in _CONTROLLERS if said.get(key)]
    return Operation(path, method, str(said.get("operationId") or ""), controllers[0] if controllers else "")


def _referred(document: object, reference: str, folder: Path) -> object:
    file, _, pointer = reference.partition("#")
    value = load(folder / file) if file else document
    for part in pointer.strip("/").split("/") if pointer.strip("/") else ():
        value = _mapping(value).get(part.replace("~1", "/").replace("~0", "~"))
    return value


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        return {}
    return {str(key): item for key, item in cast("dict[object, object]", value).items()}


def from_lines(text: str) -> dict[str, object]:
    """The mappings of a block-style YAML text by their indentation; lists and other values are passed over."""
    root: dict[str, object] = {}
    stack: list[tuple[int, dict[str, object]]] = [(-1, root)]
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        indent = len(match[1])
        while stack[-1][0] >= indent:
            stack.pop()
        key = next(part for part in (match[2], match[3], match[4]) if part is not None)
        value = re.sub(r"\s+#.*", "", match[5] or "").strip().strip("'\"")
        if value:
            stack[-1][1][key] = value
        else:
            child: dict[str, object] = {}
            stack[-1][1][key] = child
            stack.append((indent, child))
    return root
