"""What looks like a change of a balance and is a copy of one: what was read elsewhere, a reading with its time, a row of a
report that is put together in memory.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.reach.name_words import words

_READS = frozenset(
    {
        "get",
        "fetch",
        "read",
        "load",
        "retrieve",
        "query",
        "pick",
        "lookup",
        "request",
        "call",
        "check",
        "latest",
        "current",
    }
)
_CONVERTS = frozenset(
    {
        "Decimal",
        "float",
        "int",
        "str",
        "round",
        "abs",
        "from_wei",
        "fromWei",
        "quantize",
        "json",
        "get",
        "loads",
        "first",
    }
)
"""Calls that give what they are called of, or with, in another form."""
_MAKES_MAPPING = frozenset(
    {"dict", "copy", "deepcopy", "defaultdict", "OrderedDict", "_asdict", "asdict", "model_dump"}
)
_TIMES = frozenset({"snapshot", "observed", "fetched", "scraped", "reading"})
_OUTSIDE = frozenset(
    [
        "api",
        "broker",
        "client",
        "contract",
        "eth",
        "exchange",
        "explorer",
        "gateway",
        "indexer",
        "node",
        "plaid",
        "provider",
        "rpc",
        "w3",
        "web3",
    ]
)
"""What those are called who say what a balance is, and whose word is only kept."""
_SHOWS = frozenset(
    {
        "append",
        "extend",
        "dict",
        "len",
        "jsonify",
        "dumps",
        "print",
        "sorted",
        "isinstance",
        "render_template",
    }
)
"""Calls that keep nothing of what they are given."""
_HISTORY = frozenset({"snapshot", "reading", "history", "cache", "cached"})
_AS_OF = re.compile(r"(?:^|_)as_of(?:_|$)")
_ADDS = re.compile(r"\bset\b.*[+-]\s*(?:[?$:%@{(\d]|excluded|case|coalesce)", re.IGNORECASE | re.DOTALL)
_DEPTH = 6


def is_reading(name: str, columns: Iterable[str]) -> bool:
    """Whether rows of a table or model say what a balance was at some time: its name, or a column, says so."""
    parts = words(name)
    return (bool(parts) and parts[-1] in _HISTORY) or any(
        _AS_OF.search(column) or not _TIMES.isdisjoint(words(column)) for column in columns
    )


def is_in_memory(node: ast.expr, scope: Scope) -> bool:
    """Whether a mapping was made here, a literal or a copy, and is given to nothing that might keep it."""
    if not isinstance(node, ast.Name) or _is_handed_on(node.id, scope):
        return False
    bindings = scope.bindings.get(node.id, ())
    return bool(bindings) and all(
        (binding.kind == "assign" and not binding.path and _makes_mapping(binding.node))
        or (binding.kind == "loop" and not binding.path and _goes_through_copies(binding.node, scope))
        for binding in bindings
    )


def _is_handed_on(name: str, scope: Scope) -> bool:
    for part in ast.walk(scope.node):
        if isinstance(part, ast.Call) and terminal(part.func) not in _SHOWS:
            given = [*part.args, *(word.value for word in part.keywords)]
        elif isinstance(part, ast.Assign) and not all(isinstance(each, ast.Name) for each in part.targets):
            given = [part.value]
        else:
            continue
        if any(isinstance(value, ast.Name) and value.id == name for value in given):
            return True
    return False


def _goes_through_copies(node: ast.AST | None, scope: Scope) -> bool:
    """Whether what is gone through is a list of mappings that was made here."""
    if isinstance(node, ast.Name):
        bindings = scope.bindings.get(node.id, ())
        return (
            bool(bindings)
            and all(isinstance(each.node, ast.ListComp) for each in bindings)
            and all(_goes_through_copies(each.node, scope) for each in bindings)
        )
    return isinstance(node, ast.ListComp) and _makes_mapping(node.elt)


def _makes_mapping(node: ast.AST | None) -> bool:
    if isinstance(node, ast.Call):
        return terminal(node.func) in _MAKES_MAPPING
    return isinstance(node, ast.Dict | ast.DictComp)


def is_copied(node: ast.expr | None, scope: Scope, depth: int = _DEPTH) -> bool:
    """Whether a value is what somebody else said that the balance is, as it came or in another unit."""
    if depth == 0 or node is None:
        return False
    if isinstance(node, ast.Await):
        return is_copied(node.value, scope, depth)
    if isinstance(node, ast.Attribute | ast.Subscript):
        return is_copied(node.value, scope, depth - 1)
    if isinstance(node, ast.BoolOp):
        return is_copied(node.values[0], scope, depth - 1)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Div | ast.Mult) and is_copied(node.left, scope, depth - 1)
    if isinstance(node, ast.Call):
        return _reads_balance(node) or _converts(node, scope, depth)
    if isinstance(node, ast.Name):
        bindings = scope.bindings.get(node.id, ())
        return bool(bindings) and all(
            binding.kind == "assign"
            and isinstance(binding.node, ast.expr)
            and is_copied(binding.node, scope, depth - 1)
            for binding in bindings
        )
    return False


def _reads_balance(node: ast.Call) -> bool:
    """``client.get_balance()``, ``api.balances(account)``, ``exchange.fetch_balance()``, of somebody else than ``self``."""
    if not isinstance(node.func, ast.Attribute):
        return False
    parts = words(node.func.attr)
    reads = len(parts) > 1 and parts[0] in _READS and "balance" in parts
    owner = words(terminal(node.func.value))
    return (reads or parts == ("balance",)) and not _OUTSIDE.isdisjoint(owner)


def _converts(node: ast.Call, scope: Scope, depth: int) -> bool:
    name = terminal(node.func)
    picks = "balance" in words(name) and len(node.args) == 1 and not node.keywords
    if name not in _CONVERTS and not picks:
        return False
    if isinstance(node.func, ast.Attribute) and is_copied(node.func.value, scope, depth - 1):
        return True
    return bool(node.args) and is_copied(node.args[0], scope, depth - 1)


def copies_in_sql(text: str, node: ast.Call, scope: Scope) -> bool:
    """Whether a statement that sets a balance is given one that was read elsewhere, and adds nothing to it."""
    values = [
        part
        for argument in [*node.args[1:], *(word.value for word in node.keywords)]
        for part in _parts(argument)
    ]
    return not _ADDS.search(text) and any(is_copied(value, scope) for value in values)


def _parts(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.Tuple | ast.List):
        return list(node.elts)
    if isinstance(node, ast.Dict):
        return list(node.values)
    return [node]
