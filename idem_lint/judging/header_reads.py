"""Where a module reads the header ``Idempotency-Key`` of a request: by call, by item, by comparison, by parameter.

A field of that name in a row, a form or a message is no header; a dict that is sent to somebody else is not read from a
request.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.engine.module_facts import Scope, targets, terminal
from idem_lint.engine.value_types import Const, External, Made, Table, Value, options

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator

_HEADER = re.compile(r"(?i)(?:http_)?(?:x[-_])?idempotency[-_]?key")
_ENVIRON = re.compile(r"(?i)http_(?:x_)?idempotency_?key")
"""The header as WSGI spells it: nothing else is called that."""

_MAPPINGS = re.compile(r"(?i)_?(?:\w+_)?(?:headers?|invocation_metadata)")
"""What a request calls its headers, whatever the framework. Metadata of anything but a gRPC call is no header."""

_SENT = re.compile(r"(?i)(?:^|_)(?:resp|response|reply|answer|result|session|client)s?$")
"""Names of what is sent or was answered: its headers are not those of the request that a handler answers."""

_CLIENTS = ("httpx.", "requests.", "urllib", "aiohttp.Client")
_VIEWS = re.compile(r"(?i)(?:request|headers|connection|dict|metadata)\w*$")
"""Calls that give the request that came in, or its headers in another form."""

_GETTERS = frozenset({"get", "getlist", "getone", "getall", "get_list", "get_all", "pop"})
_HEADER_GETTERS = frozenset({"get_header", "getheader", "get_headers", "header", "get_header_value"})
_VIEWS_OF = frozenset({"dict", "get", "items", "multi_items", "cast", "CaseInsensitiveDict"})
_PARAMETERS = frozenset({"Header", "HeaderParameter", "Parameter"})
_NAMED_BY = ("alias", "header", "name")


def is_key(node: ast.expr, evaluator: Evaluator, scope: Scope) -> bool:
    """Whether an expression is the name of the header."""
    if isinstance(node, ast.Constant):
        return _is_name(node.value)
    if not isinstance(node, ast.Name | ast.Attribute):
        return False
    return any(
        isinstance(option, Const) and _is_name(option.value)
        for option in options(evaluator.evaluate(node, scope))
    )


def _is_name(value: object) -> bool:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return isinstance(text, str) and _HEADER.fullmatch(text) is not None


class HeaderReads:
    """Judges single expressions of a module."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator

    def is_read(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an expression reads the header."""
        if isinstance(node, ast.Call):
            return self._by_call(node, scope)
        if isinstance(node, ast.Subscript):
            return isinstance(node.ctx, ast.Load) and self._from_request(node.value, node.slice, scope)
        return isinstance(node, ast.Compare) and self._by_comparison(node, scope)

    def parameters(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> Iterator[ast.arg]:
        """Parameters that a framework fills from the header: ``idempotency_key: str = Header()``."""
        spec = node.args
        positional = [*spec.posonlyargs, *spec.args]
        padding: list[ast.expr | None] = [None] * (len(positional) - len(spec.defaults))
        defaults = [*padding, *spec.defaults, *spec.kw_defaults]
        for argument, default in zip([*positional, *spec.kwonlyargs], defaults, strict=True):
            parts = [part for part in (argument.annotation, default) if part is not None]
            calls = [call for part in parts for call in ast.walk(part) if isinstance(call, ast.Call)]
            if any(self._names_header(call, argument.arg, scope) for call in calls):
                yield argument

    def _names_header(self, call: ast.Call, parameter: str, scope: Scope) -> bool:
        """Whether ``Header(…)`` or ``Parameter(header=…)``, given for a parameter, means this header."""
        if terminal(call.func) not in _PARAMETERS:
            return False
        names = {word.arg: word.value for word in call.keywords if word.arg in _NAMED_BY}
        if terminal(call.func) == "Parameter":
            names = {arg: value for arg, value in names.items() if arg == "header"}
            return any(self._is_key(value, scope) for value in names.values())
        if names:
            return any(self._is_key(value, scope) for value in names.values())
        return _HEADER.fullmatch(parameter) is not None

    def _is_key(self, node: ast.expr, scope: Scope) -> bool:
        return is_key(node, self.evaluator, scope)

    def _by_call(self, node: ast.Call, scope: Scope) -> bool:
        name = terminal(node.func)
        if name == "add_argument":
            return self._by_parser(node, scope)
        if name == "APIKeyHeader":
            return any(word.arg == "name" and self._is_key(word.value, scope) for word in node.keywords)
        receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name in _HEADER_GETTERS and node.args:
            sent = receiver is not None and self._is_sent(receiver, scope)
            return not sent and self._is_key(node.args[0], scope)
        if name not in _GETTERS or receiver is None or not node.args:
            return False
        return self._from_request(receiver, node.args[0], scope)

    def _by_parser(self, node: ast.Call, scope: Scope) -> bool:
        """Flask-RESTful: ``parser.add_argument("Idempotency-Key", location="headers")``."""
        places = [word.value for word in node.keywords if word.arg == "location"]
        texts = [part.value for place in places for part in ast.walk(place) if isinstance(part, ast.Constant)]
        return "headers" in texts and any(self._is_key(argument, scope) for argument in node.args)

    def _by_comparison(self, node: ast.Compare, scope: Scope) -> bool:
        """``"Idempotency-Key" in request.headers``, or the comparison within a loop over what a request carries."""
        left, right = node.left, node.comparators[0]
        if isinstance(node.ops[0], ast.In | ast.NotIn):
            return self._from_request(right, left, scope)
        if not isinstance(node.ops[0], ast.Eq):
            return False
        pairs = [(left, right), (right, left)]
        return any(self._from_request(row, key, scope) for key, item in pairs for row in _rows(item, scope))

    def _from_request(self, mapping: ast.expr, key: ast.expr, scope: Scope) -> bool:
        """Whether a mapping holds the headers of a request that came in, and a key is that of this one."""
        is_environ = (
            isinstance(key, ast.Constant)
            and isinstance(key.value, str)
            and _ENVIRON.fullmatch(key.value) is not None
        )
        if not is_environ and not any(_MAPPINGS.fullmatch(name) for name in _names(mapping, scope)):
            return False
        return self._is_key(key, scope) and not self._is_sent(mapping, scope)

    def _is_sent(self, mapping: ast.expr, scope: Scope) -> bool:
        """Whether a mapping is made here, to be sent, or is what somebody answered."""
        chain = _chain(mapping)
        names = (part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in chain)
        if any(_SENT.search(name) for name in names) or _is_passed_on(chain[-1], scope):
            return True
        owner = chain[1] if len(chain) > 1 else chain[0]
        return any(
            all(map(_is_made, options(self.evaluator.evaluate(part, scope)))) for part in (mapping, owner)
        )


def _is_made(value: Value) -> bool:
    """A dict written here, or the result of a call of another package: a response, an outgoing request."""
    if isinstance(value, Made) and isinstance(value.callee, External):
        name = value.callee.name
        return name.startswith(_CLIENTS) or _VIEWS.search(name) is None
    return isinstance(value, Table)


def _names(node: ast.expr, scope: Scope) -> Iterator[str]:
    """The names by which a mapping is reached: its own, those of what it is a view of, those it was assigned from."""
    seen: set[str] = set()
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Await | ast.Starred):
            waiting.append(part.value)
        elif isinstance(part, ast.Attribute):
            yield part.attr
        elif isinstance(part, ast.Subscript):
            yield _text(part.slice)
        elif isinstance(part, ast.BoolOp):
            waiting.extend(part.values)
        elif isinstance(part, ast.Call):
            yield terminal(part.func)
            if terminal(part.func) in _VIEWS_OF:
                yield from (_text(argument) for argument in part.args)
                waiting.extend(part.args)
                waiting.extend([part.func.value] if isinstance(part.func, ast.Attribute) else [])
        elif isinstance(part, ast.Name) and part.id not in seen:
            seen.add(part.id)
            yield part.id
            waiting.extend(_assigned(part.id, scope))


def _rows(item: ast.expr, scope: Scope) -> Iterator[ast.expr]:
    """What a loop or a comprehension runs over whose names stand in an expression."""
    names = {part.id for part in ast.walk(item) if isinstance(part, ast.Name)}
    if not names:
        return
    bindings = [binding for name in sorted(names) for binding in scope.bindings.get(name, ())]
    loops = [binding.node for binding in bindings if binding.kind == "loop"]
    yield from (node for node in loops if isinstance(node, ast.expr))
    for part in ast.walk(scope.node):
        if isinstance(part, ast.comprehension) and names & {name for name, _ in targets(part.target)}:
            yield part.iter


def _chain(node: ast.expr) -> list[ast.expr]:
    """An expression and what it is reached through, outermost first: ``a.b["c"].get("d")`` down to ``a``."""
    found = [node]
    while True:
        last = found[-1]
        if isinstance(last, ast.Attribute | ast.Subscript | ast.Await):
            found.append(last.value)
        elif isinstance(last, ast.Call) and isinstance(last.func, ast.Attribute):
            found.append(last.func.value)
        else:
            return found


def _assigned(name: str, scope: Scope) -> list[ast.expr]:
    """What a name of this function is assigned from."""
    bindings = scope.bindings.get(name, ())
    return [
        binding.node
        for binding in bindings
        if binding.kind == "assign" and isinstance(binding.node, ast.expr) and not binding.path
    ]


def _is_passed_on(node: ast.expr, scope: Scope) -> bool:
    """Whether a name of this function is given to a call as the headers to send, or among its keywords."""
    return isinstance(node, ast.Name) and any(
        isinstance(part, ast.keyword)
        and part.arg in {"headers", None}
        and isinstance(part.value, ast.Name)
        and part.value.id == node.id
        for part in ast.walk(scope.node)
    )


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
