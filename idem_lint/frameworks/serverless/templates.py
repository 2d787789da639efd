"""Deployments that name the functions of AWS Lambda: ``serverless.yml`` of the Serverless Framework, and templates of SAM.

Source: serverless.com/framework/docs (``handler``: a path from the document's folder and a name; ``http``, ``httpApi``,
``alb``, ``url``), the AWS SAM specification (``CodeUri``, ``Handler``, ``Globals``, ``FunctionUrlConfig``;
events ``Api`` and ``HttpApi``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from idem_lint.engine.parameter_binding import ANY, Methods
from idem_lint.source.loaded_documents import load, mapping

SERVERLESS = ("serverless.yml", "serverless.yaml", "serverless.json")
SAM = ("template.yaml", "template.yml", "template.json", "sam.yaml", "sam.yml")
_UNREAD = "its events in {name} cannot be read"
_APART = "the requests that {name} sends it cannot be read: they stand apart from its functions"
_FUNCTIONS = frozenset({"AWS::Serverless::Function", "AWS::Lambda::Function"})
_EVENTS_OF_REQUESTS = frozenset({"Api", "HttpApi", "ALB"})


@dataclass(frozen=True, slots=True)
class Request:
    """A request that a function answers. ``problem``: what cannot be read of it, as a clause."""

    methods: Methods
    route: str | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A function that a deployment names: ``name`` in the module whose file is ``file``, without its ending."""

    file: Path
    name: str
    requests: tuple[Request, ...] = ()


def deployed(folder: Path) -> list[Deployed]:
    """The functions that the documents in a folder name."""
    return [
        *(found for name in SERVERLESS for found in _of_serverless(folder, folder / name)),
        *(found for name in SAM for found in _of_sam(folder / name)),
    ]


def unread(folder: Path) -> list[str]:
    """What the documents in a folder say of functions and nobody can read, as clauses."""
    return [
        f"`{text}`, the functions of {name}, cannot be read"
        for name in SERVERLESS
        for text in _unread_functions(folder, folder / name)
    ]


def _file(folder: Path, handler: object) -> tuple[Path, str] | None:
    """Where ``src/wallet.transfer`` and ``src.wallet.transfer`` lead."""
    module, dot, name = str(handler).rpartition(".") if isinstance(handler, str) else ("", "", "")
    parts = [part if part in {".", ".."} else part.replace(".", "/") for part in module.split("/")]
    return (folder.joinpath(*parts), name) if dot and module else None


# the Serverless Framework


def _of_serverless(folder: Path, path: Path) -> Iterator[Deployed]:
    for part in _listed(mapping(load(path)).get("functions")):
        for said in mapping(_included(folder, part)).values():
            function = mapping(_included(folder, said))
            place = _file(folder, function.get("handler"))
            if place is not None:
                yield Deployed(*place, tuple(_requests(folder, function, path.name)))


def _unread_functions(folder: Path, path: Path) -> Iterator[str]:
    """The texts that stand for functions, or for one, and that lead to nothing."""
    for part in _listed(mapping(load(path)).get("functions")):
        found = _included(folder, part)
        for said in (part, *mapping(found).values()):
            if isinstance(said, str) and not mapping(_included(folder, said)):
                yield said


def _included(folder: Path, value: object) -> object:
    """What ``${file(functions.yml):name}`` stands for; every other value as it is."""
    if not isinstance(value, str) or not value.startswith("${file("):
        return value
    name, _, rest = value.removeprefix("${file(").removesuffix("}").partition(")")
    found: object = load(folder / name.strip().strip("'\""))
    keys = rest.removeprefix(":").split(".") if rest.startswith(":") else []
    for key in keys:
        found = mapping(found).get(key)
    return found


def _requests(folder: Path, function: Mapping[str, object], document: str) -> Iterator[Request]:
    if function.get("url"):
        yield Request(ANY, None)
    events = _included(folder, function.get("events"))
    if events is None and function.get("events") is None:
        return
    if not isinstance(events, list):
        yield Request(frozenset(), None, _UNREAD.format(name=document))
        return
    for written in cast("list[object]", events):
        event = _included(folder, written)
        said = mapping(event)
        if isinstance(event, str) and event in {"http", "httpApi"}:
            yield Request(ANY, None)
        elif event is None or (isinstance(event, str) and "${" in event):
            yield Request(frozenset(), None, _UNREAD.format(name=document))
        for kind in ("http", "httpApi", "alb"):
            if kind in said:
                yield _request(said[kind], document)


def _request(event: object, document: str) -> Request:
    """``post /cards``, ``*``, or a mapping with ``method`` and ``path``."""
    if isinstance(event, str):
        method, _, route = event.partition(" ")
        return _with_method(method, route.strip() or None, document)
    said = mapping(event)
    said = mapping(said["conditions"]) if "conditions" in said else said
    path = next(iter(_listed(said.get("path"))), None)
    return _with_method(said.get("method", "*"), path if isinstance(path, str) else None, document)


def _with_method(method: object, route: str | None, document: str) -> Request:
    named = {word.upper() for word in _listed(method) if isinstance(word, str)}
    if any("$" in word for word in named) or not named:
        return Request(frozenset(), route, f"its method in {document} cannot be read")
    return Request(ANY if named & {"*", "ANY"} else frozenset(named), route)


def _listed(value: object) -> list[object]:
    """The items of a list; what is none, as the only one."""
    return cast("list[object]", value) if isinstance(value, list) else [value]


# SAM


def _of_sam(path: Path) -> Iterator[Deployed]:
    document = mapping(load(path))
    general = mapping(mapping(document.get("Globals")).get("Function"))
    resources = [mapping(resource) for resource in mapping(document.get("Resources")).values()]
    apart = (
        [Request(frozenset(), None, _APART.format(name=path.name))] if any(map(_is_apart, resources)) else []
    )
    for resource in resources:
        if resource.get("Type") in _FUNCTIONS:
            said = {**general, **mapping(resource.get("Properties"))}
            code = said.get("CodeUri", "")
            place = _file(path.parent / (code if isinstance(code, str) else ""), said.get("Handler"))
            if place is not None:
                is_started = mapping(said.get("Events")) or "FunctionUrlConfig" in said
                yield Deployed(*place, tuple(_events(said, path.name) if is_started else apart))


def _is_apart(resource: Mapping[str, object]) -> bool:
    """Whether a resource says which function answers which request: by a document of OpenAPI, or piece by piece."""
    kind = str(resource.get("Type"))
    in_a_document = not {"DefinitionBody", "DefinitionUri"}.isdisjoint(mapping(resource.get("Properties")))
    return in_a_document or kind.startswith(("AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Route"))


def _events(function: Mapping[str, object], document: str) -> Iterator[Request]:
    if "FunctionUrlConfig" in function:
        yield Request(ANY, None)
    for event in mapping(function.get("Events")).values():
        said = mapping(event)
        if said.get("Type") in _EVENTS_OF_REQUESTS:
            properties = mapping(said.get("Properties"))
            path = properties.get("Path")
            yield _with_method(
                properties.get("Method", "ANY"), path if isinstance(path, str) else None, document
            )
