"""Falcon's truth: the compiled router's tree of responders, and the sinks."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.lint.oracles import VERBS, Truth, Truths, load


def routes(case: Path) -> set[Truth]:
    """The POST handlers of the case's ``app``; a default responder (``on_request``) and a sink answer every method."""
    app = load(case).app
    truths = Truths(case)
    for node in _nodes(app._router._roots):
        for method, responder in (node.method_map or {}).items():
            if method in VERBS:
                _add(node, responder, method, truths)
    for prefix, sink, _ in app._sinks:
        truths.add(sink, {"*"}, prefix.pattern)
    return truths.result()


def _nodes(roots: list[Any]) -> Iterator[Any]:
    for node in roots:
        yield node
        yield from _nodes(node.children)


def _add(node: Any, responder: Any, method: str, truths: Truths) -> None:
    resource, methods = node.resource, node.method_map
    name = getattr(responder, "__name__", "")
    every = all(methods.get(verb) == responder for verb in VERBS)
    reached = {"*"} if every else {method}
    bound = inspect.ismethod(responder) and not isinstance(resource, ModuleType)
    if bound and name not in vars(type(resource)) and hasattr(type(resource), name):
        # Only the class line of an inherited POST counts; an inherited GET is another handler.
        if "*" in reached or method == "POST":
            truths.add(type(resource), reached, node.uri_template)
    else:
        truths.add(responder, reached, node.uri_template)
