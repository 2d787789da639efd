"""gRPC: servicer classes (sync and aio), whatever is added to a server, and method handlers made by hand.

Source: grpc/__init__.py (``unary_unary_rpc_method_handler``), the modules that grpc_tools, grpclib and betterproto write.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from idem_lint.engine.module_facts import terminal
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import Func, Value
from idem_lint.finding import runtime_adapters, view_methods
from idem_lint.finding.interface import POST, Finder, Framework, Refused, Registration, Route, Slot, View
from idem_lint.frameworks.grpc.servers import module_hook
from idem_lint.frameworks.grpc.servicers import NAME, ONE_REPLY, STREAMS, is_generated, servicer

_BEHAVIOR = Route(fixed=POST, path=Slot(), target=Slot(0, ("behavior",)))


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    definition = finder.definition(found.target)
    if not is_generated(found.scope.module) and not _passes_on(found) and not _only_aborts(definition):
        yield replace(found, is_rpc=True, refused=tuple(_refused(finder, found, definition)))


def _refused(finder: Finder, found: Registration, definition: Value | None) -> Iterator[Refused]:
    """The decorators that may not be a mark where a method streams."""
    if not found.written.startswith("unary_unary"):
        links = finder.links(definition) if isinstance(definition, Func) else []
        for value, node in [
            *((link.decorator, link.node) for link in links),
            *view_methods.wrappers(found.target),
        ]:
            yield Refused(value, node, STREAMS, remedy=ONE_REPLY)


def _passes_on(found: Registration) -> bool:
    """An interceptor's handler around another one, whose serializers it takes over."""
    words = found.node.keywords if isinstance(found.node, ast.Call) else []
    return any(isinstance(word.value, ast.Attribute) and word.value.attr == word.arg for word in words)


def _only_aborts(definition: Value | None) -> bool:
    body = definition.node.body if isinstance(definition, Func) else []
    first = body[0].value if body and isinstance(body[0], ast.Expr) else None
    call = first.value if isinstance(first, ast.Await) else first
    return isinstance(call, ast.Call) and terminal(call.func) == "abort"


FRAMEWORK = Framework(
    name=NAME,
    titles=("gRPC (grpcio)", "grpclib", "betterproto"),
    adapter=runtime_adapters.GRPC,
    packages=("grpc", "betterproto"),
    functions={
        f"{request}_{reply}_rpc_method_handler": _BEHAVIOR
        for request in ("unary", "stream")
        for reply in ("unary", "stream")
    },
    views=(View(bases=("*Servicer", "*Base"), handlers={}),),
    view_hook=servicer,
    refine=_refine,
    module_hook=module_hook,
    tokens=(r"Servicer[\W_]", r"_grpc[. ]", "betterproto"),
    generated=("_grpc",),
)
