"""OpenAPI documents: which operations they have, and what names their functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from idem_lint.source.loaded_documents import load, mapping

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace"})
_CONTROLLERS = ("x-openapi-router-controller", "x-swagger-router-controller")


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


def operations(document: object, folder: Path) -> Iterator[Operation]:
    """The operations below ``paths``; a path may be a reference to another file in ``folder``."""
    for path, item in mapping(mapping(document).get("paths")).items():
        found = mapping(item)
        reference = found.get("$ref")
        if isinstance(reference, str):
            found = mapping(_referred(document, reference, folder))
        for method, operation in found.items():
            if method.lower() in _METHODS:
                yield _operation(path, method.lower(), mapping(operation))


def _operation(path: str, method: str, said: Mapping[str, object]) -> Operation:
    controllers = [str(said[key]) for key in _CONTROLLERS if said.get(key)]
    return Operation(path, method, str(said.get("operationId") or ""), controllers[0] if controllers else "")


def _referred(document: object, reference: str, folder: Path) -> object:
    file, _, pointer = reference.partition("#")
    value = load(folder / file) if file else document
    for part in pointer.strip("/").split("/") if pointer.strip("/") else ():
        value = mapping(value).get(part.replace("~1", "/").replace("~0", "~"))
    return value
