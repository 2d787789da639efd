"""Where a module keeps idempotency keys of its own: a model, a table, a constraint, a statement, a lock in a cache."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from idem_lint.engine.dotted_names import written
from idem_lint.engine.module_facts import terminal

_KEY = re.compile(r"(?i)(?:\w+_)?(?:idempotency|idempotence|idempotent|idem)_?(?:key|token|id)(?:_?hash)?s?")
"""The name of a column that holds keys."""
_UNIQUE = frozenset({"unique", "primary_key", "pk", "hash_key", "primary", "unique_index"})
_CONSTRAINTS = frozenset(
    {"UniqueConstraint", "PrimaryKeyConstraint", "create_unique_constraint", "create_primary_key"}
)
_INDEXES = frozenset({"Index", "create_index", "ensure_index", "IndexModel"})
_UNIQUE_LISTS = frozenset({"unique_together", "primary_keys"})
_LOCKS = frozenset({"setnx", "msetnx", "add"})

_TABLE_NAME = r"[\"`\[]?(?:\w+[\"`\]]?\.[\"`\[]?)?\w*idempoten\w*[\"`\]]?"
_AFTER_TABLE = (
    r"\s*(?:$|[;),(]|(?:as|where|join|left|right|inner|cross|full|on|set|values|select|group|order|limit|for|returning"
    r"|using|union|default|overriding)\b)"
)
_STATEMENT = re.compile(
    r"(?is)^\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(select|insert|update|delete|create|alter|merge|with)\b"
)
_OF_TABLE = re.compile(
    rf"(?is)\b(?:insert\s+into|merge\s+into|delete\s+from|from|join|create\s+table(?:\s+if\s+not\s+exists)?)\s+{_TABLE_NAME}"
    rf"{_AFTER_TABLE}|\bupdate\s+(?:only\s+)?{_TABLE_NAME}\s+(?:as\s+\w+\s+)?set\s+[\w\"`]+\s*="
)
_SQL_KEY = r"[\"`\[]?(?:\w+_)?(?:idempotency|idempotence|idempotent|idem)_?(?:key|token|id)\w*[\"`\]]?"
_UNIQUE_COLUMN = re.compile(
    rf"(?is)\bcreate\s+unique\s+index\b[^;(]*\([^)]*\b{_SQL_KEY}|\b(?:create|alter)\s+table\b.*?(?:"
    rf"\b{_SQL_KEY}\s+[^,;]*?\b(?:unique|primary\s+key)\b"
    rf"|\b(?:unique|primary\s+key)\b[^(;,]*\([^)]*\b{_SQL_KEY}"
    r")"
)

TABLE = "keeps its own table of idempotency keys"
CACHE = "keeps idempotency keys in a cache"


@dataclass(frozen=True, slots=True)
class Store:
    """A place that keeps keys: the node to point at, and what it does."""

    node: ast.expr | ast.stmt
    what: str


def store(node: ast.AST) -> Store | None:
    """The store that one node of a tree makes or uses, if it does."""
    if isinstance(node, ast.ClassDef):
        return _model(node)
    if isinstance(node, ast.Call):
        return _by_call(node)
    if isinstance(node, ast.Tuple):
        return _named_column(node)
    text = _sql(node)
    if text and (_UNIQUE_COLUMN.search(text) or (_OF_TABLE.search(text) and _STATEMENT.match(text))):
        return Store(node, TABLE) if isinstance(node, ast.expr) else None
    return None


def _sql(node: ast.AST) -> str:
    """The text of a string, if it is a statement; of an f-string, with a name for each value in it."""
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    else:
        return ""
    return text if "idem" in text.lower() and _STATEMENT.match(text) else ""


def _model(node: ast.ClassDef) -> Store | None:
    """A class that is stored, with a unique column of keys; or one named for them."""
    for statement in _columns(node.body):
        if _is_unique_column(statement) or _has_constraint(statement):
            return Store(node, f"`{node.name}` stores keys of its own, unique by line {statement.lineno}")
    if node.bases and (_has_table_of_keys(node) or _is_named_for_keys(node)):
        return Store(node, f"`{node.name}` stores keys of its own")
    return None


def _has_constraint(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return False
    return any(isinstance(part, ast.Call) and _is_constraint(part) for part in ast.walk(statement))


def _columns(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a class and of its ``Meta``."""
    for statement in body:
        if isinstance(statement, ast.ClassDef) and statement.name in {"Meta", "Config", "Settings"}:
            yield from statement.body
        else:
            yield statement


def _is_unique_column(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign):
        names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
        parts: list[ast.expr] = [statement.value]
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        names = [statement.target.id]
        parts = [part for part in (statement.annotation, statement.value) if part is not None]
    else:
        return False
    if _UNIQUE_LISTS.intersection(names):
        return any(_has_key(part) for part in parts)
    return any(_KEY.fullmatch(name) for name in names) and any(map(_has_unique_call, parts))


def _has_unique_call(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Call) and _is_unique(part) for part in ast.walk(node))


def _is_unique(call: ast.Call) -> bool:
    return any(
        word.arg in _UNIQUE and isinstance(word.value, ast.Constant) and word.value.value is True
        for word in call.keywords
    )


def _has_key(node: ast.expr) -> bool:
    """Whether the name of a column of keys stands in an expression."""
    return any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) and _KEY.fullmatch(part.value)
        for part in ast.walk(node)
    )


def _by_call(node: ast.Call) -> Store | None:
    name = terminal(node.func)
    if _is_constraint(node):
        return Store(node, TABLE)
    if name == "Column" and node.args and _is_key(node.args[0]) and _is_unique(node):
        return Store(node, TABLE)
    if name == "AddField":
        words = {word.arg: word.value for word in node.keywords}
        named, field = words.get("name"), words.get("field")
        if named is not None and field is not None and _is_key(named) and _has_unique_call(field):
            return Store(node, TABLE)
    if name in _LOCKS or (name == "set" and any(word.arg == "nx" for word in node.keywords)):
        return Store(node, CACHE) if node.args and _is_lock(node.args[0], name) else None
    return None


def _is_constraint(node: ast.Call) -> bool:
    """Whether a call makes a column of keys unique: ``UniqueConstraint("idempotency_key")``."""
    name = terminal(node.func)
    if name not in _CONSTRAINTS and not (name in _INDEXES and _is_unique(node)):
        return False
    given = [*node.args, *(word.value for word in node.keywords if word.arg not in {"name", "help_text"})]
    return any(map(_has_key, given))


def _is_lock(key: ast.expr, name: str) -> bool:
    """Whether a key of a cache is one of idempotency: ``f"idempotency:{key}"``. Sets have ``add``, too."""
    parts = key.values if isinstance(key, ast.JoinedStr) else [key]
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return any("idempoten" in text.lower() and (name != "add" or ":" in text) for text in texts)


def _named_column(node: ast.Tuple) -> Store | None:
    """A migration's ``("idempotency_key", models.CharField(unique=True))``."""
    if len(node.elts) == 2 and _is_key(node.elts[0]) and isinstance(node.elts[1], ast.Call):
        return Store(node, TABLE) if _is_unique(node.elts[1]) else None
    return None


def _is_key(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _KEY.fullmatch(node.value) is not None
    )


def _has_table_of_keys(node: ast.ClassDef) -> bool:
    """Whether a class says that its table is one of keys: ``__tablename__ = "idempotency_keys"``."""
    return any(
        isinstance(statement, ast.Assign)
        and any(
            isinstance(target, ast.Name)
            and target.id in {"__tablename__", "db_table", "table_name", "collection_name"}
            for target in statement.targets
        )
        and isinstance(statement.value, ast.Constant)
        and "idempoten" in str(statement.value.value).lower()
        for statement in _columns(node.body)
    )


def _is_named_for_keys(node: ast.ClassDef) -> bool:
    named = re.search(r"(?i)idempoten\w*(?:key|record|entry|request|token)s?$", node.name)
    names = [_base_name(base) for base in node.bases]
    stored = any("model" in name.lower() or name == "Base" for name in names)
    return named is not None and stored and "BaseModel" not in names


def _base_name(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript):
        node = node.value
    return written(node)
